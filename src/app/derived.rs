//! What follows from the state: computed once, whoever asks, and told on only where it changes.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AttentionRow, Writers};

use super::{lab_panel::lab_of, questions::without_writers, state::AppState};
use crate::{
    share::{SecondView, SideView, ThirdView},
    view::{Cursor, Ground, Pick, shown},
};

/// One memo each. [`AppState`] has a method for those that many ask for.
#[derive(Clone, Copy)]
pub(crate) struct Derived {
    ground: Memo<Ground>,
    cursor: Memo<Cursor>,
    lock: Memo<Cursor>,
    frame: Memo<(u32, u32)>,
    labels: Memo<Vec<String>>,
    /// Who wrote what at the cursor.
    writers: Memo<Option<Arc<Writers>>>,
    /// The head that wrote most at the last position: where the cursor is while none is chosen, so
    /// that it keeps its head from token to token, and finds it again from a link.
    pub(super) strongest: Memo<Option<[usize; 2]>>,
    has_recurrence: Memo<bool>,
    /// What stands beside attention, below it, and beside the lens, with what is left open decided.
    second: Memo<SecondView>,
    third: Memo<ThirdView>,
    side: Memo<SideView>,
    /// The row at the lock; answers about a preview leave it as it is.
    locked_row: Memo<Option<Arc<AttentionRow>>>,
}

impl Derived {
    /// Asks the state of the page around, once that is there.
    pub(super) fn new() -> Self {
        let here = AppState::here;
        Self {
            ground: Memo::new(move |_| here().find_ground()),
            cursor: Memo::new(move |_| here().find_cursor()),
            lock: Memo::new(move |_| here().find_lock()),
            frame: Memo::new(move |_| here().find_frame()),
            labels: Memo::new(move |_| here().run.read().tokens.iter().map(shown).collect()),
            writers: Memo::new(move |before| {
                here().find_writers().or_else(|| last_written(before))
            }),
            strongest: Memo::new(move |before| {
                here().find_strongest().or_else(|| last_written(before))
            }),
            has_recurrence: Memo::new(move |_| {
                here().model.read().as_ref().is_some_and(|it| it.shape.has_recurrence())
            }),
            second: Memo::new(move |_| here().find_second()),
            third: Memo::new(move |_| here().find_third()),
            side: Memo::new(move |_| here().find_side()),
            locked_row: Memo::new(move |before| here().find_row().or_else(|| last(before))),
        }
    }
}

/// What stood before, where there is nothing new.
fn last<T: Clone>(before: Option<&Option<T>>) -> Option<T> {
    before.cloned().flatten()
}

/// What stood before of what was written, where the model that is there has such.
fn last_written<T: Clone>(before: Option<&Option<T>>) -> Option<T> {
    without_writers(AppState::here()).is_none().then(|| last(before)).flatten()
}

impl AppState {
    /// What the cursor stands on.
    pub(crate) fn ground(self) -> Ground {
        self.derived.ground.get()
    }

    /// Where the reader looks: a preview where there is one.
    pub(crate) fn cursor(self) -> Cursor {
        self.derived.cursor.get()
    }

    /// Where the cursor is locked.
    pub(crate) fn lock(self) -> Cursor {
        self.derived.lock.get()
    }

    /// The tokens of the A-versus-B question.
    pub(crate) fn frame(self) -> (u32, u32) {
        self.derived.frame.get()
    }

    /// A label for each position.
    pub(crate) fn labels(self) -> Vec<String> {
        self.derived.labels.get()
    }

    /// Whether the model has a layer that keeps a state.
    pub(crate) fn has_recurrence(self) -> bool {
        self.derived.has_recurrence.get()
    }

    /// Whether the paths or a state stand beside attention.
    pub(crate) fn second(self) -> SecondView {
        self.derived.second.get()
    }

    /// Whether the lens or the steps stand below attention.
    pub(crate) fn third(self) -> ThirdView {
        self.derived.third.get()
    }

    /// What stands beside the lens: memory only where there is some.
    pub(crate) fn side(self) -> SideView {
        self.derived.side.get()
    }

    /// Whether numbers of memory are on show.
    pub(crate) fn shows_memory(self) -> bool {
        let is_there = self.third() == ThirdView::Steps || self.side() == SideView::Memory;
        // The lab of a puzzle, which stands in the lesson's place, shows none.
        let has_lesson = || self.lesson.get() && lab_of(&self.bookmark.read().model).is_none();
        self.has_recurrence() && (is_there || has_lesson())
    }

    /// Who wrote what at the cursor.
    pub(crate) fn writers(self) -> Option<Arc<Writers>> {
        self.derived.writers.get()
    }

    fn find_second(self) -> SecondView {
        let chosen = self.bookmark.read().second;
        let layer = self.lock().layer;
        let model = self.model.read();
        let mixer = model.as_ref().and_then(|it| it.shape.mixers.get(layer));
        let has_state = mixer.is_some_and(|it| it.ssm.is_some());
        match chosen {
            SecondView::Auto if has_state => SecondView::State,
            SecondView::Auto => SecondView::Paths,
            chosen => chosen,
        }
    }

    fn find_third(self) -> ThirdView {
        let chosen = self.bookmark.read().third;
        let model = self.model.read();
        let is_recurrent = model.as_ref().is_some_and(|it| !it.shape.has_attention());
        match chosen {
            ThirdView::Auto if is_recurrent => ThirdView::Steps,
            ThirdView::Auto => ThirdView::Lens,
            chosen => chosen,
        }
    }

    fn find_side(self) -> SideView {
        let chosen = self.bookmark.read().side;
        match chosen {
            SideView::Memory if !self.has_recurrence() => SideView::Writers,
            chosen => chosen,
        }
    }

    fn find_ground(self) -> Ground {
        let model = self.model.read();
        let Some(model) = model.as_ref() else { return Ground::default() };
        Ground::new(&model.shape, self.n_pos(), self.derived.strongest.get())
    }

    fn find_cursor(self) -> Cursor {
        let pick = self.hover.get().over(self.bookmark.read().pick);
        self.placed(pick, self.answers.row.get().as_deref())
    }

    fn find_lock(self) -> Cursor {
        self.placed(self.bookmark.read().pick, self.derived.locked_row.get().as_deref())
    }

    /// A pick on the ground, with the source that `row` reads most where none is named.
    fn placed(self, pick: Pick, row: Option<&AttentionRow>) -> Cursor {
        pick.on(&self.ground(), row.map(|it| it.weight.values()))
    }

    fn find_frame(self) -> (u32, u32) {
        let [a, b] = trace::pair(self.open_frame(), self.guesses.get());
        (a, b)
    }

    /// The last answers that came, where they are about the cursor and the question.
    fn find_writers(self) -> Option<Arc<Writers>> {
        let place = (self.cursor().pos, self.frame());
        let known = [self.answers.writers_here.get(), self.answers.writers_end.get()];
        known.into_iter().flatten().find(|it| (it.pos, (it.a, it.b)) == place)
    }

    fn find_strongest(self) -> Option<[usize; 2]> {
        let frame = self.frame();
        let writers = self.answers.writers_end.get().filter(|it| (it.a, it.b) == frame)?;
        trace::strongest(&writers.heads)
    }

    /// The last row that came, where it is that of the lock.
    fn find_row(self) -> Option<Arc<AttentionRow>> {
        let row = self.answers.row.get()?;
        let lock = self.bookmark.read().pick.on(&self.ground(), None);
        let is_there = (row.layer, row.head, row.query) == (lock.layer, lock.head, lock.pos);
        is_there.then_some(row)
    }
}
