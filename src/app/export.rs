//! Files for the reader to keep, with what made them written in.

use leptos::prelude::*;

use super::{browser::download, figure::FONT, state::AppState};
use crate::{
    paint::{Caption, captioned, svg},
    view::{Scene, Table, spoken},
};

/// A scene as SVG text with its caption.
pub(super) fn svg_of(state: AppState, scene: &Scene) -> String {
    let palette = untrack(|| state.palette());
    let caption = Caption { text: caption(state), ink: palette.ink_2, paper: palette.background };
    svg(&captioned(scene, &caption), FONT)
}

/// What made the picture: model, digest, prompt, place.
fn caption(state: AppState) -> String {
    untrack(|| {
        let bookmark = state.bookmark.read();
        let tokens = &state.run.read().tokens;
        let place = spoken(state.cursor(), &state.ground(), tokens, None, None);
        format!(
            "Undercurrent · {} {} · “{}” · {place}",
            bookmark.model, bookmark.digest, bookmark.prompt
        )
    })
}

/// Saves a figure.
pub(super) fn save_svg(state: AppState, name: &str, text: Option<String>) {
    match text {
        Some(text) => saved(state, &format!("undercurrent-{name}.svg"), "image/svg+xml", &text),
        None => state.notice("this view is a table of numbers; export it as CSV"),
    }
}

/// Saves a table.
pub(super) fn save_csv(state: AppState, name: &str, table: &Table) {
    saved(state, &format!("undercurrent-{name}.csv"), "text/csv", &table.csv());
}

fn saved(state: AppState, name: &str, kind: &str, text: &str) {
    if download(name, kind, text).is_err() {
        state.notice(
            "the browser would not save the file; allow downloads for this page and try again",
        );
    }
}
