//! An answer about the cursor's head at every position: what the panels of a state draw.

use std::sync::Arc;

use leptos::prelude::*;

use super::{figure::Point, state::AppState};

/// An answer about one head.
pub(super) trait OfHead: Clone + PartialEq + Send + Sync + 'static {
    /// Layer and head.
    fn place(&self) -> [usize; 2];
    /// How many positions it has.
    fn n_pos(&self) -> usize;
}

/// An answer with the words that it is of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown<T> {
    pub(super) answer: Arc<T>,
    pub(super) labels: Vec<String>,
}

/// What the parts of a panel read.
pub(super) struct HeadAnswer<T: OfHead> {
    /// Layer and head of the cursor.
    pub(super) place: Memo<[usize; 2]>,
    /// Why there is no such answer, where there is none.
    pub(super) absence: Memo<Option<String>>,
    /// The answer about that head; until it is here, the last good one.
    shown: Memo<Option<Shown<T>>>,
}

// Derived, they would ask the same of `T`.
impl<T: OfHead> Clone for HeadAnswer<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: OfHead> Copy for HeadAnswer<T> {}

impl<T: OfHead> HeadAnswer<T> {
    /// Of the answers that come in `from`; `absence` says why a layer and head have none.
    pub(super) fn new(
        state: AppState,
        from: RwSignal<Option<Arc<T>>>,
        absence: fn(AppState, [usize; 2]) -> Option<String>,
    ) -> Self {
        let place = Memo::new(move |_| {
            let cursor = state.cursor();
            [cursor.layer, cursor.head]
        });
        let absence = Memo::new(move |_| absence(state, place.get()));
        let shown = Memo::new(move |before: Option<&Option<Shown<T>>>| {
            find_shown(state, from, place.get()).or_else(|| before.cloned().flatten())
        });
        Self { place, absence, shown }
    }

    /// What is shown, where there is such.
    pub(super) fn get(self) -> Option<Shown<T>> {
        self.absence.read().is_none().then(|| self.shown.get()).flatten()
    }

    /// What can be drawn in `size_px`: nothing where there is no room or no cursor.
    pub(super) fn drawn(self, state: AppState, size_px: Point) -> Option<Shown<T>> {
        self.get().filter(|it| 1.0 <= size_px[0] && state.cursor().pos < it.labels.len())
    }

    /// The head that is drawn, or the one that has nothing to draw.
    pub(super) fn site(self) -> String {
        let [layer, head] = self.get().map_or_else(|| self.place.get(), |it| it.answer.place());
        format!("L{layer} · head {head}")
    }
}

/// The last answer that came, where it is of this head and of these words.
fn find_shown<T: OfHead>(
    state: AppState,
    from: RwSignal<Option<Arc<T>>>,
    place: [usize; 2],
) -> Option<Shown<T>> {
    let answer = from.get()?;
    let labels = state.labels();
    let is_here = answer.place() == place && answer.n_pos() == labels.len();
    is_here.then_some(Shown { answer, labels })
}
