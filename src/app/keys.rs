//! The keyboard: every place can be reached by it.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{browser::after, panel::id_of, state::AppState};
use crate::{
    share::Panel,
    view::{Cursor, Ground, Pick},
};

/// Every key with what it does: the list that the help shows.
pub(super) const KEYS: [(&str, &str); 11] = [
    ("← →", "token"),
    ("↑ ↓", "depth: after attention, after MLP, layer by layer"),
    ("[ ]", "head"),
    (", .", "source: the token that is read"),
    ("Page Up, Page Down", "layer"),
    ("Esc", "end preview; restore a maximised panel; clear the lock"),
    ("T", "table of the focused panel"),
    ("M", "maximise the focused panel"),
    ("F6", "next zone: top, prompt, model, panels, outcome"),
    ("/", "go to the prompt"),
    ("?", "this list"),
];

/// Listens to the whole page; typing in a field stays typing.
pub(super) fn connect(state: AppState) {
    let _listening = window_event_listener(ev::keydown, move |event| {
        if event.key() == "F6" {
            event.prevent_default();
            next_zone(event.shift_key());
            return;
        }
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
            return;
        }
        if act(state, &event.key()) {
            event.prevent_default();
        }
    });
}

fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|it| it.dyn_into::<HtmlElement>().ok());
    let is_field =
        target.is_some_and(|it| ["INPUT", "TEXTAREA", "SELECT"].contains(&it.tag_name().as_str()));
    // Escape leaves a field.
    if is_field && event.key() == "Escape" {
        let field = document().active_element().and_then(|it| it.dyn_into::<HtmlElement>().ok());
        field.map(|it| it.blur().unwrap_or_default()).unwrap_or_default();
    }
    is_field
}

/// Does what the key says; `false` where it says nothing.
fn act(state: AppState, key: &str) -> bool {
    let (cursor, ground) = untrack(|| (state.lock(), state.ground()));
    if let Some(pick) = moved(cursor, &ground, key) {
        state.pick(pick);
        return true;
    }
    match key {
        "Escape" => escape(state),
        "?" => state.shows_help.update(|it| *it = !*it),
        "/" => focus("#prompt"),
        "m" | "M" => return focused_panel().map(|it| maximise(state, it)).is_some(),
        "t" | "T" => return focused_panel().map(|it| show_table(state, it)).is_some(),
        _ => return false,
    }
    true
}

/// Where a key moves the cursor.
fn moved(cursor: Cursor, ground: &Ground, key: &str) -> Option<Pick> {
    let up = |at: usize, count: usize| (at + 1).min(count.saturating_sub(1));
    let down = |at: usize| at.saturating_sub(1);
    let pos = |pos: usize| Pick { pos: Some(pos), ..Pick::default() };
    let source = |it: usize| Pick { source: Some(it), ..Pick::default() };
    let head = |it: usize| Pick { layer: Some(cursor.layer), head: Some(it), ..Pick::default() };
    Some(match key {
        "ArrowLeft" => pos(down(cursor.pos)),
        "ArrowRight" => pos(up(cursor.pos, ground.n_pos)),
        "Home" => pos(0),
        "End" => pos(ground.n_pos.saturating_sub(1)),
        "ArrowUp" => Pick::depth(up(cursor.depth, ground.sites.len()), ground),
        "ArrowDown" => Pick::depth(down(cursor.depth), ground),
        "PageUp" => Pick::layer(up(cursor.layer, ground.n_layers), ground),
        "PageDown" => Pick::layer(down(cursor.layer), ground),
        "[" => head(down(cursor.head)),
        "]" => head(up(cursor.head, ground.n_heads)),
        "," => source(down(cursor.source)),
        "." => source(up(cursor.source, cursor.pos + 1)),
        _ => return None,
    })
}

fn escape(state: AppState) {
    if state.shows_help.get_untracked() {
        state.shows_help.set(false);
    } else if state.hover.get_untracked() != Pick::default() {
        state.hover.set(Pick::default());
    } else if state.bookmark.read_untracked().maximised.is_some() {
        state.bookmark.update(|it| it.maximised = None);
    } else {
        state.bookmark.update(|it| it.pick = Pick::default());
    }
}

/// The panel that has the focus.
fn focused_panel() -> Option<Panel> {
    let element = document().active_element()?.closest("[data-panel]").ok()??;
    let name = element.get_attribute("data-panel")?;
    Panel::ALL.iter().find(|it| it.1 == name).map(|it| it.0)
}

/// Maximises a panel, or restores the one that is.
fn maximise(state: AppState, panel: Panel) {
    state.bookmark.update(|it| {
        it.maximised = if it.maximised.is_some() { None } else { Some(panel) };
    });
}

/// Puts the table in place of the figure or back; the focus goes along.
fn show_table(state: AppState, panel: Panel) {
    state.toggle_table(panel);
    let name = id_of(panel);
    after(0, move || focus(&format!("[data-panel={name}] .table, [data-panel={name}] .figure")));
}

/// Puts the focus on the first thing that `selector` names, where there is one.
pub(super) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        element.focus().unwrap_or_default();
    }
}

/// The first thing that takes the focus in each zone, in the order of the page.
const ZONES: [&str; 5] = [
    "[data-zone=top] summary",
    "[data-zone=prompt] textarea",
    "[data-zone=spine] button",
    "[data-zone=stage] .maximised button, [data-zone=stage]:not(.has-maximised) .figure",
    "[data-zone=rail] button",
];

/// Past the top, the prompt and the model, which have many stops.
pub(super) fn focus_figures() {
    focus(ZONES[3]);
}

fn next_zone(backward: bool) {
    let active = document().active_element();
    let here = ZONES.iter().position(|zone| {
        let zone = zone.split(' ').next().unwrap_or_default();
        active.as_ref().is_some_and(|it| it.closest(zone).ok().flatten().is_some())
    });
    let count = ZONES.len();
    let next = match (here, backward) {
        (Some(here), false) => (here + 1) % count,
        (Some(here), true) => (here + count - 1) % count,
        (None, _) => 0,
    };
    focus(ZONES[next]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_on_the_ground() {
        let ground = Ground { n_layers: 2, n_heads: 3, n_pos: 4, ..Ground::default() };
        let cursor = Cursor { pos: 3, head: 0, source: 3, ..Cursor::default() };
        assert_eq!(moved(cursor, &ground, "ArrowRight").unwrap().pos, Some(3));
        assert_eq!(moved(cursor, &ground, "ArrowLeft").unwrap().pos, Some(2));
        assert_eq!(moved(cursor, &ground, "[").unwrap().head, Some(0));
        assert_eq!(moved(cursor, &ground, ".").unwrap().source, Some(3));
        assert_eq!(moved(cursor, &ground, "q"), None);
    }
}
