//! The state of a second model that goes with the page's.

use leptos::prelude::*;
use trace::Program;

use super::{AppState, engine_link};
use crate::share::Bookmark;

/// The state of another model that shares prompt, cursor and views with the page. Its engine ends
/// with the owner that this is called under.
pub(in crate::app) fn follower(main: AppState, model: String) -> AppState {
    let own = Own { model, ..Own::default() };
    let state = main.beside(own.over(main.bookmark.get_untracked()));
    follow(main, state);
    follow(state, main);
    engine_link::connect(state);
    state
}

/// What a column's bookmark does not share with the others: heads of one model are not those of
/// another, so interventions stay with their own model, and so do steps of its training.
#[derive(Default)]
struct Own {
    model: String,
    digest: String,
    checkpoint: Option<usize>,
    program: Program,
}

impl Own {
    fn of(bookmark: Bookmark) -> Self {
        let Bookmark { model, digest, checkpoint, program, .. } = bookmark;
        Self { model, digest, checkpoint, program }
    }

    fn over(self, shared: Bookmark) -> Bookmark {
        let Self { model, digest, checkpoint, program } = self;
        Bookmark { model, digest, checkpoint, program, ..shared }
    }
}

/// Keeps what the columns share as it is in `from`.
fn follow(from: AppState, to: AppState) {
    Effect::new(move |_| {
        let shared = from.bookmark.get();
        let before = to.bookmark.get_untracked();
        let after = Own::of(before.clone()).over(shared);
        if after != before {
            to.bookmark.set(after);
        }
    });
}
