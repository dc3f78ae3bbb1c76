//! Files for the reader to keep, with what made them written in.

use leptos::prelude::*;

use super::{browser::download, figure::FONT, state::AppState};
use crate::{
    paint::{Caption, captioned, svg},
    view::{Scene, Table, spoken},
};

/// A scene as SVG text with its caption.
pub(super) fn svg_of(state: AppState, scene: &Scene) -> String {
    svg(&captioned(scene, &caption_of(state)), FONT)
}

/// A chart, which is SVG text already, with its caption.
pub(super) fn svg_of_chart(state: AppState, chart: &str, size_px: [f32; 2]) -> String {
    let scene = Scene { size_px, marks: Vec::new() };
    let frame = svg(&captioned(&scene, &caption_of(state)), FONT);
    // The chart lies on the caption's paper.
    let (paper, caption) = frame.split_at(frame.find("<text").unwrap_or(0));
    format!("{paper}{chart}{caption}")
}

fn caption_of(state: AppState) -> Caption {
    let palette = untrack(|| state.palette());
    Caption { text: caption(state), ink: palette.ink_2, paper: palette.background }
}

/// What made the picture: model, digest, prompt, place.
fn caption(state: AppState) -> String {
    untrack(|| {
        let bookmark = state.bookmark.read();
        let run = state.run.read();
        let place = spoken(state.cursor(), &state.ground(), &run.tokens, None, None);
        format!(
            "Undercurrent · {} {} · “{}” · {place}",
            bookmark.model, bookmark.digest, run.prompt
        )
    })
}

/// Saves a figure.
pub(super) fn save_svg(state: AppState, name: &str, text: Option<String>) {
    match text {
        Some(text) => saved(state, &file_name(state, name, "svg"), "image/svg+xml", &text),
        None => state.notice("this view is a table of numbers; export it as CSV"),
    }
}

/// Saves a table.
pub(super) fn save_csv(state: AppState, name: &str, table: &Table) {
    saved(state, &file_name(state, name, "csv"), "text/csv", &table.csv());
}

/// A name that says what it is of, for a table has no caption.
fn file_name(state: AppState, name: &str, ending: &str) -> String {
    let bookmark = state.bookmark.read_untracked();
    format!("undercurrent-{name}-{}-{}.{ending}", bookmark.model, bookmark.digest)
}

fn saved(state: AppState, name: &str, kind: &str, text: &str) {
    if download(name, kind, text).is_err() {
        state.notice(
            "the browser would not save the file; allow downloads for this page and try again",
        );
    }
}
