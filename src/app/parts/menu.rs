//! What opens under a word or a sign and closes again: every menu of the page.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDetailsElement, Node};

use crate::app::browser::{after, all_in, edges};

/// What the keys of a menu go through.
const ENTRIES: &str = ":scope > div button:not(:disabled), :scope > div a[href]";
/// How near a menu may come to the window's edge.
const MARGIN_PX: f64 = 8.0;

/// A menu: closed by Escape, by a press elsewhere, by a choice, and when the focus goes elsewhere.
#[component]
pub(in crate::app) fn Menu(
    /// Class names besides `menu`.
    class: &'static str,
    /// Class names of what opens it.
    summary_class: &'static str,
    /// What opens it is called so, where it is no word of its own.
    #[prop(optional)]
    label: Option<&'static str>,
    /// What opens it.
    #[prop(into)]
    summary: ViewFn,
    children: Children,
) -> impl IntoView {
    let place = NodeRef::<html::Details>::new();
    let pressed = window_event_listener(ev::pointerdown, move |event| {
        let target = event.target().and_then(|it| it.dyn_into::<Node>().ok());
        let menu = place.get_untracked();
        if let Some(menu) = menu.filter(|it| it.open() && !it.contains(target.as_ref())) {
            menu.set_open(false);
        }
    });
    on_cleanup(move || pressed.remove());
    let on_toggle = move |_| {
        if let Some(menu) = place.get_untracked().filter(|it| it.open()) {
            bring_into_window(&menu);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if let Some(menu) = place.get_untracked().filter(|it| it.open()) {
            key(&menu, &event);
        }
    };
    let on_leave = move |event: ev::FocusEvent| {
        let to = event.related_target().and_then(|it| it.dyn_into::<Node>().ok());
        // What is taken away with the focus in it is left, too.
        let menu = place.try_get_untracked().flatten();
        // A press on what takes no focus leads nowhere, and stays inside.
        if let Some(menu) = menu.filter(|it| to.is_some() && !it.contains(to.as_ref())) {
            menu.set_open(false);
        }
    };
    let choose = move |event: ev::MouseEvent| {
        let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        let is_entry =
            target.is_some_and(|it| it.closest("button, a").is_ok_and(|it| it.is_some()));
        if let Some(menu) = place.get_untracked().filter(|_| is_entry) {
            // What was chosen may do more; the menu goes when that is done.
            after(0, move || close(&menu));
        }
    };
    view! {
        <details
            class=format!("menu {class}")
            name="menu"
            node_ref=place
            on:toggle=on_toggle
            on:keydown=on_key
            on:focusout=on_leave
        >
            <summary class=summary_class aria-label=label title=label>
                {move || summary.run()}
            </summary>
            <div on:click=choose>{children()}</div>
        </details>
    }
}

/// Closes a menu; the focus goes back to what opened it, unless it is elsewhere already.
fn close(menu: &HtmlDetailsElement) {
    let active = document().active_element();
    let is_inside = active.is_none_or(|it| menu.contains(Some(&it)) || it.tag_name() == "BODY");
    menu.set_open(false);
    if let Some(summary) = all_in(menu, ":scope > summary").first().filter(|_| is_inside) {
        summary.focus().unwrap_or_default();
    }
}

/// What a key does in an open menu. The cursor of the page does not hear of it.
fn key(menu: &HtmlDetailsElement, event: &ev::KeyboardEvent) {
    let key = event.key();
    if ["Tab", "F6"].contains(&key.as_str()) {
        return;
    }
    event.stop_propagation();
    if key == "Escape" {
        event.prevent_default();
        return close(menu);
    }
    let entries = all_in(menu, ENTRIES);
    let active = document().active_element();
    let here = entries.iter().position(|it| Some(it.unchecked_ref()) == active.as_ref());
    if let Some(next) = moved(here, entries.len(), &key) {
        event.prevent_default();
        entries[next].focus().unwrap_or_default();
    }
}

/// The entry that a key leads to from `here`, which is none while the focus is on what opens the
/// menu; nothing where the key leads nowhere.
fn moved(here: Option<usize>, count: usize, key: &str) -> Option<usize> {
    let last = count.checked_sub(1)?;
    match (key, here) {
        ("Home", _) | ("ArrowDown", None) => Some(0),
        ("End", _) | ("ArrowUp", None) => Some(last),
        ("ArrowDown", Some(here)) => Some(if here == last { 0 } else { here + 1 }),
        ("ArrowUp", Some(here)) => Some(here.checked_sub(1).unwrap_or(last)),
        _ => None,
    }
}

/// Moves an open menu sideways until all of it is in the window.
fn bring_into_window(menu: &HtmlDetailsElement) {
    let Some(sheet) = all_in(menu, ":scope > div").into_iter().next() else { return };
    let style = |value: &str| sheet.style().set_property("translate", value).unwrap_or_default();
    style("none");
    let width = window().inner_width().ok().and_then(|it| it.as_f64()).unwrap_or(f64::MAX);
    let shift = shift(edges(&sheet), width);
    if shift != 0.0 {
        style(&format!("{shift:.0}px"));
    }
}

/// How far what has these edges is to go to the right to be in a window of this width; where it is
/// wider than the window its beginning is.
fn shift([left, right]: [f64; 2], width: f64) -> f64 {
    let over = (width - MARGIN_PX - right).min(0.0);
    over.max(MARGIN_PX - left)
}

#[cfg(test)]
mod tests {
    use super::{moved, shift};

    #[test]
    fn arrows_go_round() {
        assert_eq!(moved(None, 3, "ArrowDown"), Some(0));
        assert_eq!(moved(None, 3, "ArrowUp"), Some(2));
        assert_eq!(moved(Some(2), 3, "ArrowDown"), Some(0));
        assert_eq!(moved(Some(0), 3, "ArrowUp"), Some(2));
        assert_eq!([moved(Some(1), 3, "Home"), moved(Some(1), 3, "End")], [Some(0), Some(2)]);
        assert_eq!([moved(Some(1), 3, "ArrowLeft"), moved(None, 0, "ArrowDown")], [None, None]);
    }

    #[test]
    fn a_menu_stays_in_the_window() {
        assert_eq!(shift([100.0, 300.0], 400.0), 0.0);
        assert_eq!(shift([150.0, 410.0], 400.0), -18.0);
        assert_eq!(shift([-40.0, 300.0], 400.0), 48.0);
        assert_eq!(shift([10.0, 500.0], 400.0), -2.0);
    }
}
