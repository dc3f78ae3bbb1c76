//! The keyboard: every place can be reached by it.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::{
    app::{
        browser::{after, focus},
        state::AppState,
    },
    share::Place,
    view::{Cursor, Ground, Pick},
};

/// Something that a key does: what the help lists, hints show and tooltips name.
pub(crate) struct Action {
    /// The keys as they are shown, with spaces between.
    pub(crate) chord: &'static str,
    /// As the browser names them.
    keys: &'static [&'static str],
    /// What it does.
    pub(crate) about: &'static str,
    /// A word for the status line, where it is among the first to know.
    pub(crate) hint: Option<&'static str>,
    /// `false` where there is nothing to do here, so that the browser does what it does.
    run: fn(AppState, &str, Shift) -> bool,
}

/// Whether Shift is held.
type Shift = bool;

/// Every key: the one table.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        chord: "← →",
        keys: &["ArrowLeft", "ArrowRight", "Home", "End"],
        about: text!("token"),
        hint: Some(text!("token")),
        run: walk,
    },
    Action {
        chord: "⇧← ⇧→",
        // Those of the token, with Shift.
        keys: &[],
        about: text!("checkpoint of training, where the network has some"),
        hint: None,
        run: walk,
    },
    Action {
        chord: "↑ ↓",
        keys: &["ArrowUp", "ArrowDown"],
        about: text!("depth: after attention, after MLP, layer by layer"),
        hint: Some(text!("depth")),
        run: walk,
    },
    Action {
        chord: "[ ]",
        keys: &["[", "]"],
        about: text!("head"),
        hint: Some(text!("head")),
        run: walk,
    },
    Action {
        chord: ", .",
        keys: &[",", "."],
        about: text!("source: the token that is read"),
        hint: None,
        run: walk,
    },
    Action {
        chord: text!("Page Up, Page Down"),
        keys: &["PageUp", "PageDown"],
        about: text!("layer"),
        hint: None,
        run: walk,
    },
    Action {
        chord: text!("Esc"),
        keys: &["Escape"],
        about: text!("end preview; restore a maximised panel; clear the lock"),
        hint: Some(text!("clear")),
        run: escape,
    },
    Action {
        chord: "T",
        keys: &["t", "T"],
        about: text!("table of the focused panel"),
        hint: None,
        run: |state, _, _| focused_panel().map(|it| show_table(state, it)).is_some(),
    },
    Action {
        chord: "M",
        keys: &["m", "M"],
        about: text!("maximise the focused panel"),
        hint: None,
        run: |state, _, _| focused_panel().map(|it| maximise(state, it)).is_some(),
    },
    Action {
        chord: "Z ⇧Z",
        keys: &["z", "Z"],
        about: text!("undo, redo an intervention"),
        hint: None,
        run: |state, _, shift| if shift { state.redo() } else { state.undo() },
    },
    Action {
        chord: "N",
        keys: &["n", "N"],
        about: text!("next step of the lesson"),
        hint: None,
        run: |state, _, _| state.next_lesson_step(),
    },
    Action {
        chord: "F6",
        keys: &["F6"],
        about: text!("next zone: top, prompt, model, panels, outcome"),
        hint: None,
        run: |_, _, shift| {
            next_zone(shift);
            true
        },
    },
    Action {
        chord: "/",
        keys: &["/"],
        about: text!("go to the prompt"),
        hint: None,
        run: |_, _, _| {
            focus("#prompt");
            true
        },
    },
    Action {
        chord: "?",
        keys: &["?"],
        about: text!("this list"),
        hint: Some(text!("keys")),
        run: |state, _, _| {
            state.shows_help.update(|it| *it = !*it);
            true
        },
    },
];

/// A key that does something even while a field has the focus.
const EVERYWHERE: &str = "F6";

/// Listens to the whole page; typing in a field stays typing.
pub(in crate::app) fn connect(state: AppState) {
    let _listening = window_event_listener(ev::keydown, move |event| {
        let key = event.key();
        let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
        if key != EVERYWHERE && (has_modifier || is_typing(&event)) {
            return;
        }
        let action = ACTIONS.iter().find(|it| it.keys.contains(&key.as_str()));
        if action.is_some_and(|it| (it.run)(state, &key, event.shift_key())) {
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

/// Moves the cursor; with Shift, through the training of a network that has checkpoints.
fn walk(state: AppState, key: &str, shift: Shift) -> bool {
    if shift && ["ArrowLeft", "ArrowRight"].contains(&key) {
        return state.walk_checkpoints(key == "ArrowLeft");
    }
    let (cursor, ground) = untrack(|| (state.lock(), state.ground()));
    moved(cursor, &ground, key).map(|pick| state.pick(pick)).is_some()
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

/// Ends what is nearest: the help, a preview, a maximised panel, the lock.
fn escape(state: AppState, _: &str, _: Shift) -> bool {
    if state.shows_help.get_untracked() {
        state.shows_help.set(false);
    } else if state.hover.get_untracked() != Pick::default() {
        state.hover.set(Pick::default());
    } else if state.bookmark.read_untracked().maximised.is_some() {
        state.bookmark.update(|it| it.maximised = None);
    } else {
        state.bookmark.update(|it| it.pick = Pick::default());
    }
    true
}

/// The panel that has the focus.
fn focused_panel() -> Option<Place> {
    let element = document().active_element()?.closest("[data-place]").ok()??;
    Place::named(&element.get_attribute("data-place")?)
}

/// Maximises a panel, or restores the one that is.
fn maximise(state: AppState, place: Place) {
    state.bookmark.update(|it| {
        it.maximised = if it.maximised.is_some() { None } else { Some(place) };
    });
}

/// Puts the table in place of the figure or back; the focus goes along.
fn show_table(state: AppState, place: Place) {
    state.toggle_table(place);
    let name = place.name();
    after(0, move || focus(&format!("[data-place={name}] .table, [data-place={name}] .figure")));
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
pub(in crate::app) fn focus_figures() {
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
    fn every_key_does_one_thing_and_is_listed() {
        for action in ACTIONS {
            assert!(!action.chord.is_empty() && !action.about.is_empty());
            for key in action.keys {
                let all = ACTIONS.iter().filter(|it| it.keys.contains(key));
                assert_eq!(all.count(), 1, "{key}");
            }
        }
    }

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
