//! What the page asks of a run, and why a model has no answer to some of it.

use leptos::prelude::*;
use trace::{Basis, GUESS, LAST, Question, STRONGEST};

use super::state::AppState;
use crate::share::{AttentionView, BasisView, SecondView};

/// Small maps have at most so many cells a side.
const THUMBNAIL_SIDE: usize = 32;

/// What the panels show now, as far as the model has it: one question without an answer fails the
/// run. What follows from the run is left open, so that a prompt that has not run yet can be asked
/// about, and one answer says it all.
pub(super) fn questions(state: AppState) -> Vec<Question> {
    let cursor = state.cursor();
    let [a, b] = state.open_frame();
    let pick = state.hover.get().over(state.bookmark.read().pick);
    let pos = pick.pos.unwrap_or(LAST);
    // The strongest head is known by what it wrote.
    let has_writers = without_writers(state).is_none();
    let is_layer_open = has_writers && pick.layer.is_none();
    let is_head_open = is_layer_open && pick.head.is_none();
    let layer = if is_layer_open { STRONGEST } else { cursor.layer };
    let head = if is_head_open { STRONGEST } else { cursor.head };
    let n_heads = state.model.read().as_ref().map_or(0, |it| it.shape.n_heads);
    let mut all = vec![
        Question::Next,
        Question::Thumbnails { side: THUMBNAIL_SIDE },
        Question::Lens { a, b },
        Question::Norms,
        Question::Patterns { layer, heads: (0..n_heads).collect() },
        Question::AttentionRow { layer, head, query: pos },
    ];
    if has_writers {
        all.push(Question::Writers { pos: LAST, a, b });
    }
    if has_writers && pos != LAST {
        all.push(Question::Writers { pos, a, b });
    }
    if without_paths(state).is_none() {
        all.push(Question::Paths { basis: basis(state) });
    }
    if state.shows_memory() {
        all.push(Question::Memory);
    }
    if let (AttentionView::Difference, Some(minus)) =
        (state.bookmark.read().attention, state.minus())
    {
        all.push(Question::Contrast { layer, head, minus });
    }
    match state.second() {
        SecondView::State if state.has_recurrence() => {
            let source = pick.source.unwrap_or(cursor.source);
            all.push(Question::Film { layer, head });
            all.push(Question::StateLens { layer, head, pos, source });
        }
        SecondView::Faces if state.has_recurrence() => all.push(Question::Faces { layer, head }),
        SecondView::Modes if state.has_recurrence() => all.push(Question::Poles { layer, head }),
        _ => {}
    }
    all
}

/// The plane that the reader chose for the paths; the stored one where that is none.
fn basis(state: AppState) -> Basis {
    let [a, b] = state.open_frame();
    let bookmark = state.bookmark.read();
    let word = |which: usize| state.id(&bookmark.words[which]);
    match bookmark.basis {
        BasisView::Sample => Basis::Stored,
        BasisView::Frame if a == b && a != GUESS => Basis::Stored,
        BasisView::Frame => Basis::Frame { a, b },
        BasisView::Words => match (word(0), word(1)) {
            (Some(x), Some(y)) if x != y => Basis::Words { x, y },
            _ => Basis::Stored,
        },
    }
}

/// Why nobody can tell who wrote toward A or B, where that is so.
pub(super) fn without_writers(state: AppState) -> Option<&'static str> {
    let model = state.model.read();
    // Where the norms stand is told in words alone.
    let is_after = model.as_ref()?.shape.norm.ends_with("after each sum");
    is_after.then_some("With norms after each sum, what is written does not add up to the output.")
}

/// Why there are no paths in the plane that was chosen, where there are none.
pub(super) fn without_paths(state: AppState) -> Option<&'static str> {
    let has_plane =
        state.model.read().as_ref()?.has_basis || matches!(basis(state), Basis::Words { .. });
    (!has_plane).then_some(
        "This model came without a stored sample: choose two different words as directions.",
    )
}
