//! The bookmark in the address: written after each change, read when the reader goes back.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsValue;

use super::{AppState, proof};
use crate::{
    app::browser::{after, now_secs},
    share::{Bookmark, read_link, result_of, with_result, write_link},
};

/// Typing within so many seconds is one step back in the history.
const ONE_STEP_SECS: f64 = 2.0;
/// The address follows typing after a rest of so long: browsers count changes and slow down.
const REST_MILLIS: u64 = 250;

/// What the address says, and what of it could not be kept.
pub(in crate::app) fn read() -> (Bookmark, Vec<String>) {
    read_link(&window().location().hash().unwrap_or_default())
}

/// What the address says its writer saw.
pub(in crate::app) fn expected() -> Option<f32> {
    result_of(&window().location().hash().unwrap_or_default())
}

/// Keeps address and bookmark alike.
pub(in crate::app) fn connect(state: AppState) {
    // When the last step was, and whether it was typing.
    let last_step = StoredValue::new((0.0, false));
    // What typing is about to write, and the number of the change that it belongs to.
    let pending = StoredValue::new(None::<String>);
    let n_changes = StoredValue::new(0u64);
    let link = Memo::new(move |_| state.bookmark.with(write_link));
    Effect::new(move |before: Option<Bookmark>| {
        let text = link.get();
        let bookmark = state.bookmark.get_untracked();
        let is_typing = before.as_ref().is_none_or(|it| {
            let typed = Bookmark { prompt: bookmark.prompt.clone(), ..it.clone() };
            let (secs, was_typing) = last_step.get_value();
            let is_same_step = was_typing && now_secs() - secs < ONE_STEP_SECS;
            it.digest.is_empty() || (typed == bookmark && is_same_step)
        });
        let is_prompt = before.as_ref().is_some_and(|it| it.prompt != bookmark.prompt);
        let is_there = window().location().hash().unwrap_or_default() == format!("#{text}");
        n_changes.update_value(|it| *it += 1);
        if is_there {
            return bookmark;
        }
        last_step.set_value((now_secs(), is_prompt));
        let typed = pending.try_update_value(Option::take).flatten();
        if is_typing && is_prompt {
            let mine = n_changes.get_value();
            pending.set_value(Some(text));
            after(REST_MILLIS, move || {
                // A later change writes the address itself.
                let is_last = n_changes.get_value() == mine;
                let text = pending.try_update_value(|it| it.take_if(|_| is_last)).flatten();
                text.into_iter().for_each(|it| write(&it, true));
            });
            return bookmark;
        }
        // A new step in the history leaves the one before as it was typed.
        if let Some(typed) = typed.filter(|_| !is_typing) {
            write(&typed, true);
        }
        write(&text, is_typing);
        bookmark
    });
    let _back = window_event_listener(ev::popstate, move |_| {
        let (bookmark, troubles) = read();
        let result = expected();
        let (is_other, is_painted_so) = state
            .bookmark
            .with_untracked(|it| (it.model != bookmark.model, it.painting == bookmark.painting));
        if !is_painted_so {
            // Another painter starts the page anew; without leave it stays as it is.
            return window().location().reload().unwrap_or_default();
        }
        state.bookmark.set(bookmark);
        // What another model cannot hold is seen when it is there.
        if !is_other {
            state.fit_bookmark();
        }
        proof::expect(state, result);
        troubles.into_iter().for_each(|it| state.notice(it));
        write(&state.bookmark.with_untracked(write_link), true);
        last_step.set_value((0.0, false));
    });
}

fn write(text: &str, replaces: bool) {
    let Ok(history) = window().history() else { return };
    let address = format!("#{text}");
    let written = if replaces {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&address))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(&address))
    };
    // A browser that counts too many changes keeps the last address; the page goes on.
    written.unwrap_or_default();
}

/// The whole address that brings a colleague here, with what is to come out there.
pub(in crate::app) fn to_share(state: AppState) -> String {
    let here = window().location().href().unwrap_or_default();
    let page = here.split('#').next().unwrap_or_default();
    let link = state.bookmark.with(write_link);
    let link = proof::seen(state).map_or_else(|| link.clone(), |it| with_result(&link, it));
    format!("{page}#{link}")
}
