//! The cursor in words, and the keys.

use leptos::prelude::*;

use super::keys::{ACTIONS, Action};
use crate::{
    app::{
        browser::after,
        panels::lens::{ask_lens, said},
        state::AppState,
    },
    text,
    view::spoken,
};

/// Speech waits until the cursor has rested so long.
const REST_MILLIS: u64 = 400;

/// The foot of the page.
#[component]
pub(in crate::app) fn StatusLine() -> impl IntoView {
    let state = AppState::here();
    let lens = ask_lens(state);
    let text = Memo::new(move |_| {
        let row = state.derived.row.now();
        let (cursor, ground, said) = (state.cursor(), state.ground(), said(state, lens));
        spoken(cursor, &ground, &state.run.read().tokens, row.as_deref(), said)
    });
    // Only locks are spoken, not every place that the pointer passes.
    let aloud = RwSignal::new(String::new());
    let n_changes = StoredValue::new(0u32);
    Effect::new(move |_| {
        let text = text.get();
        let is_lock = state.hover.get_untracked() == crate::view::Pick::default();
        n_changes.update_value(|it| *it += 1);
        let mine = n_changes.get_value();
        if is_lock {
            after(REST_MILLIS, move || {
                if n_changes.get_value() == mine {
                    aloud.set(text);
                }
            });
        }
    });
    view! {
        <footer class="status" data-zone="status">
            <output aria-live="off">{text}</output>
            <span class="vh" aria-live="polite">{aloud}</span>
            <span class="keys" aria-hidden="true">{hints()}</span>
        </footer>
    }
}

/// The keys to know first.
fn hints() -> impl IntoView {
    let hint = |it: &'static Action| {
        let keys =
            text::of(it.chord).split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
        it.hint.map(|hint| view! { <span>{keys}" "{text::of(hint)}</span> })
    };
    ACTIONS.iter().filter_map(hint).collect_view()
}
