//! An answer about the cursor's head at every position: what the panels of a state draw.

use trace::Ask;

use super::figure::Point;
use crate::app::state::{
    AppState,
    answers::{Asked, Told},
};

/// A question about one head.
pub(in crate::app) trait OfHead: Ask {
    /// The question about a layer and head.
    fn of(place: [usize; 2]) -> Self;
    /// Layer and head that an answer is about.
    fn place(answer: &Self::Answer) -> [usize; 2];
}

/// What the parts of a panel read.
pub(in crate::app) struct HeadAnswer<Q: OfHead> {
    asked: Asked<Q>,
}

// Derived, they would ask the same of `Q`.
impl<Q: OfHead> Clone for HeadAnswer<Q> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Q: OfHead> Copy for HeadAnswer<Q> {}

impl<Q: OfHead> HeadAnswer<Q> {
    /// Asks about the cursor's head as long as the component lives.
    pub(in crate::app) fn new(state: AppState) -> Self {
        Self { asked: state.ask(move || Some(Q::of(state.asked_head()))) }
    }

    /// The answer about the cursor's head; until it is here, the last good one.
    pub(in crate::app) fn get(self) -> Option<Told<Q>> {
        self.asked.get()
    }

    /// Why there is none.
    pub(in crate::app) fn absence(self) -> Option<String> {
        self.asked.absence()
    }

    /// What can be drawn in `size_px`: nothing where the panel is closed.
    pub(in crate::app) fn drawn(self, size_px: Point) -> Option<Told<Q>> {
        self.get().filter(|_| 1.0 <= size_px[0])
    }

    /// The head that is drawn, or the one that has nothing to draw.
    pub(in crate::app) fn site(self, state: AppState) -> String {
        let cursor = || [state.cursor().layer, state.cursor().head];
        let [layer, head] = self.get().map_or_else(cursor, |it| Q::place(&it));
        tr!("L{layer} · head {head}", layer, head)
    }
}
