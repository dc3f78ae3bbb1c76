//! Text fields for words of the vocabulary.

use leptos::{ev, prelude::*};

use crate::{app::state::AppState, view::shown_text};

/// Says that no model knows `word`, and leaves in the field what is in force.
pub(in crate::app) fn refuse(state: AppState, event: &ev::Event, word: &str, in_force: &str) {
    put(event, in_force);
    let word = shown_text(word);
    state.notice(tr!("“{word}” is not in the vocabulary; choose a word from the list", word));
}

/// Shows `text` in the field of an event, whatever stands there.
pub(in crate::app) fn put(event: &ev::Event, text: &str) {
    event_target::<web_sys::HtmlInputElement>(event).set_value(text);
}
