//! What follows from the state: computed once, whoever asks, and told on only where it changes.

use leptos::prelude::*;
use trace::{AskAttentionRow, AskAttribution, AskNext, LAST};

use super::{
    AppState,
    answers::{Answers, Asked, Told},
};
use crate::view::{Cursor, Ground, LeftOut, Pick, left_out};

/// One memo each. [`AppState`] has a method for those that many ask for.
#[derive(Clone, Copy)]
pub(crate) struct Derived {
    ground: Memo<Ground>,
    cursor: Memo<Cursor>,
    lock: Memo<Cursor>,
    pair: Memo<(u32, u32)>,
    labels: Memo<Vec<String>>,
    /// The head that contributes most at the last position: where the cursor is while none is
    /// chosen, so that it keeps its head from token to token, and finds it again from a link.
    strongest: Memo<Option<[usize; 2]>>,
    has_recurrence: Memo<bool>,
    left_out: Memo<LeftOut>,
    /// The distribution of the next token.
    pub(in crate::app) next: Asked<AskNext>,
    /// What components add to A − B at the end of the prompt, and at the cursor.
    pub(in crate::app) attribution_end: Asked<AskAttribution>,
    attribution: Asked<AskAttribution>,
    /// The attention row of the cursor, and that of the lock, which a preview leaves as it is.
    pub(in crate::app) row: Asked<AskAttentionRow>,
    pub(in crate::app) locked_row: Asked<AskAttentionRow>,
}

impl Derived {
    /// Asks the state of the page around, once that is there.
    pub(in crate::app) fn new(answers: Answers) -> Self {
        let here = AppState::here;
        let attribution = move |pos: fn(AppState) -> usize| {
            answers.ask(move || {
                let [a, b] = here().asked_pair();
                Some(AskAttribution { pos: pos(here()), a, b })
            })
        };
        let row = move |pick: fn(AppState) -> Pick| {
            answers.ask(move || {
                let pick = pick(here());
                let [layer, head] = here().named_head(pick);
                Some(AskAttentionRow { layer, head, query: pick.pos.unwrap_or(LAST) })
            })
        };
        Self {
            ground: Memo::new(move |_| here().find_ground()),
            cursor: Memo::new(move |_| here().find_cursor()),
            lock: Memo::new(move |_| here().find_lock()),
            pair: Memo::new(move |_| here().find_pair()),
            labels: Memo::new(move |_| here().run.read().labels.clone()),
            strongest: Memo::new(move |before: Option<&Option<[usize; 2]>>| {
                // Where nothing adds up, what another model's was is no guide.
                let last = before.copied().flatten().filter(|_| here().is_additive());
                here().find_strongest().or(last)
            }),
            has_recurrence: Memo::new(move |_| {
                here().model.read().as_ref().is_some_and(|it| it.shape.has_recurrence())
            }),
            left_out: Memo::new(move |_| {
                let model = here().model.read();
                let program = &here().bookmark.read().program;
                model.as_ref().map_or_else(LeftOut::default, |it| left_out(program, &it.shape))
            }),
            next: answers.ask(|| Some(AskNext)),
            attribution_end: attribution(|_| LAST),
            attribution: attribution(AppState::asked_pos),
            row: row(AppState::looked_at),
            locked_row: row(|state| state.bookmark.read().pick),
        }
    }
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

    /// The tokens A and B.
    pub(crate) fn pair(self) -> (u32, u32) {
        self.derived.pair.get()
    }

    /// A label for each position.
    pub(crate) fn labels(self) -> Vec<String> {
        self.derived.labels.get()
    }

    /// Whether the model has a layer that keeps a state.
    pub(crate) fn has_recurrence(self) -> bool {
        self.derived.has_recurrence.get()
    }

    /// The heads, MLPs and blocks that interventions ablate at every position.
    pub(crate) fn left_out(self) -> Memo<LeftOut> {
        self.derived.left_out
    }

    /// What components add to A − B at the cursor.
    pub(crate) fn attribution(self) -> Option<Told<AskAttribution>> {
        self.derived.attribution.get()
    }

    /// Why nobody can tell, where that is so.
    pub(crate) fn no_attribution(self) -> Option<String> {
        self.derived.attribution.absence()
    }

    /// The attention row of the cursor; until it is here, the last one.
    pub(crate) fn row(self) -> Option<Told<AskAttentionRow>> {
        self.derived.row.get()
    }

    fn find_ground(self) -> Ground {
        let model = self.model.read();
        let Some(model) = model.as_ref() else { return Ground::default() };
        let n_layers = model.shape.n_layers;
        let run = self.run.read();
        // An order that could not be is as trained.
        let order = run.program.blocks.as_deref().filter(|_| run.report.blocks.is_none());
        let order = order.filter(|it| it.iter().all(|layer| *layer < n_layers));
        Ground::new(&model.shape, order, self.n_pos(), self.derived.strongest.get())
    }

    fn find_cursor(self) -> Cursor {
        let pick = self.looked_at();
        self.placed(pick, self.derived.row.get().as_ref())
    }

    fn find_lock(self) -> Cursor {
        let pick = self.bookmark.read().pick;
        self.placed(pick, self.derived.locked_row.get().as_ref())
    }

    /// A pick on the ground, with the source that `row` reads most where none is named.
    fn placed(self, pick: Pick, row: Option<&Told<AskAttentionRow>>) -> Cursor {
        pick.on(&self.ground(), row.map(|it| it.weight.values()))
    }

    fn find_pair(self) -> (u32, u32) {
        let next = self.derived.next.get();
        let guesses = next.map_or([0, 1], |it| trace::guesses(it.values()));
        let [a, b] = trace::pair(self.asked_pair(), guesses);
        (a, b)
    }

    fn find_strongest(self) -> Option<[usize; 2]> {
        trace::strongest(&self.derived.attribution_end.get()?.heads)
    }
}
