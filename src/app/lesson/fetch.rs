//! Where the texts of lessons come from: the page's own, an address that the reader agreed to, a
//! file that was picked or dropped.

use std::{borrow::Cow, sync::Arc};

use lab::lesson::MOST_BYTES;
use leptos::{ev, prelude::*};
use wasm_bindgen_futures::JsFuture;

use super::prepared::prepare;
use crate::{
    app::{
        browser::fetched,
        state::{AppState, lessons::Text},
    },
    share::LessonPlace,
};

/// The ending of a lesson's file.
const ENDING: &str = ".md";

/// Fetches a lesson, unless it is there or on its way.
pub(super) fn fetch(state: AppState, place: &LessonPlace) {
    let address = match place {
        LessonPlace::Ours(id) => format!("./lessons/{id}{ENDING}"),
        LessonPlace::Web(address) => address.clone(),
        LessonPlace::File(_) | LessonPlace::Lab(_) => return,
    };
    let texts = state.lessons.texts;
    if texts.with_untracked(|all| matches!(all.get(place), Some(Text::Coming | Text::Here(_)))) {
        return;
    }
    texts.update(|all| drop(all.insert(place.clone(), Text::Coming)));
    let place = place.clone();
    leptos::task::spawn_local(async move {
        let text = match fetched(&address).await {
            Ok(bytes) => Text::Here(Arc::new(prepare(text_of(&bytes).as_ref()))),
            Err(why) => Text::Failed(failure(&place, &why)),
        };
        texts.update(|all| drop(all.insert(place, text)));
    });
}

/// What happened and what to do.
fn failure(place: &LessonPlace, why: &str) -> String {
    match place {
        LessonPlace::Web(address) => tr!(
            "the lesson at {address} did not arrive ({why}); its server has to allow this page to \
             read it, or you can open it as a file",
            address,
            why
        ),
        _ => tr!(
            "the lesson {place} did not arrive ({why}); choose another, or fetch again",
            place,
            why
        ),
    }
}

/// The text of a file, without the mark that some editors put at its beginning.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes))
}

/// Opens a file of the reader's as a lesson.
pub(super) fn open_file(state: AppState, file: &web_sys::File) {
    let name = file.name();
    if !name.to_lowercase().ends_with(ENDING) {
        return state.notice(tr!(
            "“{name}” is no lesson; a lesson's name ends in {ending}",
            name,
            ending = ENDING
        ));
    }
    if MOST_BYTES as f64 * 2.0 < file.size() {
        return state.notice(tr!("“{name}” is too long for a lesson; make two of it", name));
    }
    let reading = file.text();
    leptos::task::spawn_local(async move {
        let Ok(text) = JsFuture::from(reading).await else {
            return state.notice(tr!("“{name}” could not be read; choose it again", name));
        };
        let read = prepare(&text.as_string().unwrap_or_default());
        let place = LessonPlace::File(name);
        state
            .lessons
            .texts
            .update(|all| drop(all.insert(place.clone(), Text::Here(Arc::new(read)))));
        // The same file may have been changed: it begins again only where it is another.
        state.open_lesson(place);
    });
}

/// Lessons that are dropped anywhere on the page are opened.
pub(in crate::app) fn take_dropped_files(state: AppState) {
    let files = |event: &ev::DragEvent| event.data_transfer()?.files().filter(|it| 0 < it.length());
    let has_files = |event: &ev::DragEvent| {
        let kinds = event.data_transfer().map(|it| it.types());
        kinds.is_some_and(|it| it.includes(&"Files".into(), 0))
    };
    let _over = window_event_listener(ev::dragover, move |event| {
        if has_files(&event) {
            event.prevent_default();
        }
    });
    let _drop = window_event_listener(ev::drop, move |event| {
        let Some(file) = files(&event).and_then(|it| it.get(0)) else { return };
        event.prevent_default();
        open_file(state, &file);
    });
}
