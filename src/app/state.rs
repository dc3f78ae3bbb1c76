//! What the page knows. One struct of signals; what a link restores is in its bookmark.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{
    Answer, AttentionRow, Device, Lens, ModelInfo, NamedArray, Norms, Paths, Patterns, RunId,
    Token, Writers,
};

use crate::{
    paint::Gpu,
    share::{Bookmark, Panel},
    view::{Cursor, Ground, Palette, Pick, Theme, shown},
};

/// Whether numbers are live.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Status {
    /// The engine is on its way.
    Starting,
    /// The weights are.
    Loading {
        got_bytes: u64,
        of_bytes: u64,
    },
    Live,
    /// Nothing runs; what is shown is the last good picture.
    Stopped,
}

/// What the last run gave, each part as new as the last answer.
#[derive(Clone, Copy)]
pub(crate) struct Answers {
    pub(crate) thumbnails: RwSignal<Option<Arc<NamedArray>>>,
    pub(crate) patterns: RwSignal<Option<Arc<Patterns>>>,
    pub(crate) row: RwSignal<Option<Arc<AttentionRow>>>,
    pub(crate) lens: RwSignal<Option<Arc<Lens>>>,
    pub(crate) paths: RwSignal<Option<Arc<Paths>>>,
    pub(crate) norms: RwSignal<Option<Arc<Norms>>>,
    /// Writers at the position that was asked for last, and at the end of the prompt.
    pub(crate) writers_here: RwSignal<Option<Arc<Writers>>>,
    pub(crate) writers_end: RwSignal<Option<Arc<Writers>>>,
    pub(crate) next: RwSignal<Option<Arc<NamedArray>>>,
}

/// The tokens of the last run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) id: RunId,
    pub(crate) tokens: Vec<Token>,
    pub(crate) n_cut: usize,
    pub(crate) secs: f64,
}

/// Everything that components share.
#[derive(Clone, Copy)]
pub(crate) struct AppState {
    pub(crate) bookmark: RwSignal<Bookmark>,
    pub(crate) hover: RwSignal<Pick>,
    pub(crate) model: RwSignal<Option<Arc<ModelInfo>>>,
    pub(crate) device: RwSignal<Option<Device>>,
    pub(crate) status: RwSignal<Status>,
    pub(crate) run: RwSignal<Arc<Run>>,
    pub(crate) answers: Answers,
    /// Who wrote what at the cursor.
    pub(crate) writers: Memo<Option<Arc<Writers>>>,
    /// The head that wrote most at the last position: where the cursor is while none is chosen, so
    /// that it keeps its head from token to token, and finds it again from a link.
    pub(crate) strongest: Memo<Option<(usize, usize)>>,
    /// The row at the lock; answers about a preview leave it as it is.
    pub(crate) locked_row: Memo<Option<Arc<AttentionRow>>>,
    /// The two most probable next tokens: the question where the reader asks none.
    pub(crate) top_two: RwSignal<(u32, u32)>,
    pub(crate) notices: RwSignal<Vec<String>>,
    pub(crate) is_dark: RwSignal<bool>,
    /// The panel that a small screen shows.
    pub(crate) tab: RwSignal<Panel>,
    pub(crate) shows_help: RwSignal<bool>,
    /// Panels that show their table in place of their figure.
    pub(crate) tables: RwSignal<Vec<Panel>>,
    /// The graphics device that figures are drawn with, if they are.
    pub(crate) gpu: RwSignal<Option<Gpu>, LocalStorage>,
    /// Bounds of the paths for the basis they were made for, kept while typing.
    pub(crate) bounds: RwSignal<Option<(trace::Basis, [f32; 4])>>,
    /// How often a figure was drawn since the start, so that a bench sees the last one.
    pub(crate) n_drawn: StoredValue<u64>,
}

impl AppState {
    pub(crate) fn new(bookmark: Bookmark, is_dark: bool) -> Self {
        Self {
            bookmark: RwSignal::new(bookmark),
            hover: RwSignal::new(Pick::default()),
            model: RwSignal::new(None),
            device: RwSignal::new(None),
            status: RwSignal::new(Status::Starting),
            run: RwSignal::new(Arc::default()),
            answers: Answers {
                thumbnails: RwSignal::new(None),
                patterns: RwSignal::new(None),
                row: RwSignal::new(None),
                lens: RwSignal::new(None),
                paths: RwSignal::new(None),
                norms: RwSignal::new(None),
                writers_here: RwSignal::new(None),
                writers_end: RwSignal::new(None),
                next: RwSignal::new(None),
            },
            writers: Memo::new(|before: Option<&Option<Arc<Writers>>>| {
                Self::here().writers_at_cursor().or_else(|| before.cloned().flatten())
            }),
            strongest: Memo::new(|before: Option<&Option<(usize, usize)>>| {
                Self::here().strongest_at_end().or_else(|| before.copied().flatten())
            }),
            locked_row: Memo::new(|before: Option<&Option<Arc<AttentionRow>>>| {
                Self::here().row_at_lock().or_else(|| before.cloned().flatten())
            }),
            top_two: RwSignal::new((0, 1)),
            notices: RwSignal::new(Vec::new()),
            is_dark: RwSignal::new(is_dark),
            tab: RwSignal::new(Panel::Attention),
            shows_help: RwSignal::new(false),
            tables: RwSignal::new(Vec::new()),
            gpu: RwSignal::new_local(None),
            bounds: RwSignal::new(None),
            n_drawn: StoredValue::new(0),
        }
    }

    /// The state of the page around.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Takes an answer in.
    pub(crate) fn take(self, answer: Answer) {
        let to = self.answers;
        match answer {
            Answer::Thumbnails(it) => to.thumbnails.set(Some(Arc::new(it))),
            Answer::Patterns(it) => to.patterns.set(Some(Arc::new(it))),
            Answer::AttentionRow(it) => to.row.set(Some(Arc::new(it))),
            Answer::Lens(it) => to.lens.set(Some(Arc::new(it))),
            Answer::Paths(it) => to.paths.set(Some(Arc::new(it))),
            Answer::Norms(it) => to.norms.set(Some(Arc::new(it))),
            Answer::Writers(it) => {
                let writers = Some(Arc::new(it));
                if writers.as_ref().is_some_and(|it| it.pos + 1 == untrack(|| self.n_pos())) {
                    to.writers_end.set(writers.clone());
                }
                to.writers_here.set(writers);
            }
            Answer::Next(it) => {
                self.top_two.set(two_largest(it.values()));
                to.next.set(Some(Arc::new(it)));
            }
            // No panel shows a whole site.
            Answer::Site { .. } => {}
        }
    }

    /// The last answers that came, where they are about the cursor and the question.
    fn writers_at_cursor(self) -> Option<Arc<Writers>> {
        let place = (self.cursor().pos, self.frame());
        let known = [self.answers.writers_here.get(), self.answers.writers_end.get()];
        known.into_iter().flatten().find(|it| (it.pos, (it.a, it.b)) == place)
    }

    fn strongest_at_end(self) -> Option<(usize, usize)> {
        let frame = self.frame();
        let writers = self.answers.writers_end.get().filter(|it| (it.a, it.b) == frame)?;
        largest(&writers.heads)
    }

    /// The last row that came, where it is that of the lock.
    fn row_at_lock(self) -> Option<Arc<AttentionRow>> {
        let row = self.answers.row.get()?;
        let lock = self.bookmark.read().pick.on(&self.ground(), None);
        let is_there = (row.layer, row.head, row.query) == (lock.layer, lock.head, lock.pos);
        is_there.then_some(row)
    }

    pub(crate) fn palette(self) -> &'static Palette {
        Palette::of(if self.is_dark.get() { Theme::Dark } else { Theme::Light })
    }

    /// What the cursor stands on.
    pub(crate) fn ground(self) -> Ground {
        let model = self.model.read();
        let Some(model) = model.as_ref() else { return Ground::default() };
        Ground::new(&model.shape, self.n_pos(), self.strongest.get())
    }

    /// How many tokens the last run had.
    fn n_pos(self) -> usize {
        self.run.read().tokens.len()
    }

    /// Where the reader looks: a preview where there is one.
    pub(crate) fn cursor(self) -> Cursor {
        self.placed(self.hover.get().over(self.bookmark.read().pick), self.answers.row.get())
    }

    /// Where the cursor is locked.
    pub(crate) fn lock(self) -> Cursor {
        self.placed(self.bookmark.read().pick, self.locked_row.get())
    }

    /// A pick on the ground, with the source that `row` reads most where none is named.
    fn placed(self, pick: Pick, row: Option<Arc<AttentionRow>>) -> Cursor {
        pick.on(&self.ground(), row.as_ref().map(|it| it.weight.values()))
    }

    /// Locks the cursor on what `pick` names; the rest of the lock stays.
    pub(crate) fn pick(self, pick: Pick) {
        self.bookmark.update(|it| it.pick = pick.over(it.pick));
    }

    /// The tokens of the A-versus-B question.
    pub(crate) fn frame(self) -> (u32, u32) {
        let bookmark = self.bookmark.read();
        let (first, second) = self.top_two.get();
        let named = |word: &Option<String>| word.as_ref().and_then(|it| self.id(it));
        match (named(&bookmark.a), named(&bookmark.b)) {
            (Some(a), Some(b)) => (a, b),
            (Some(a), None) => (a, if a == first { second } else { first }),
            (None, Some(b)) => (if b == first { second } else { first }, b),
            (None, None) => (first, second),
        }
    }

    /// The number of a word of the vocabulary.
    pub(crate) fn id(self, word: &str) -> Option<u32> {
        let model = self.model.read();
        let place = model.as_ref()?.vocab.iter().position(|it| it == word)?;
        u32::try_from(place).ok()
    }

    /// A word of the vocabulary.
    pub(crate) fn word(self, id: u32) -> String {
        let model = self.model.read();
        let word = model.as_ref().and_then(|it| it.vocab.get(id as usize));
        word.cloned().unwrap_or_default()
    }

    /// A label for each position.
    pub(crate) fn labels(self) -> Vec<String> {
        self.run.read().tokens.iter().map(shown).collect()
    }

    /// Puts a panel's table in place of its figure, or the figure back.
    pub(crate) fn toggle_table(self, panel: Panel) {
        self.tables.update(|all| match all.iter().position(|it| *it == panel) {
            Some(place) => drop(all.remove(place)),
            None => all.push(panel),
        });
    }

    /// Says something to the reader, once.
    pub(crate) fn notice(self, text: impl Into<String>) {
        let text = text.into();
        self.notices.update(|all| {
            if !all.contains(&text) {
                all.push(text);
            }
        });
    }
}

/// Layer and head of the contribution farthest from nought.
fn largest(heads: &NamedArray) -> Option<(usize, usize)> {
    let n_heads = heads.dims().get(1)?.1;
    let best = heads.values().iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    Some((best.0 / n_heads, best.0 % n_heads))
}

fn two_largest(logits: &[f32]) -> (u32, u32) {
    let mut order: Vec<u32> = (0..).take(logits.len()).collect();
    order.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]));
    let at = |place: usize| order.get(place).copied().unwrap_or(0);
    (at(0), at(1))
}

#[cfg(test)]
mod tests {
    use super::two_largest;

    #[test]
    fn the_two_largest_are_in_order() {
        assert_eq!(two_largest(&[0.5, 3.0, -1.0, 2.0]), (1, 3));
        assert_eq!(two_largest(&[1.0]), (0, 0));
    }
}
