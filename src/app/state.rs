//! What the page knows. One struct of signals; what a link restores is in its bookmark.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{
    Answer, AttentionRow, Contrast, Device, Faces, Film, GUESS, Lens, Memory, ModelInfo,
    NamedArray, Norms, Paths, Patterns, Poles, Question, StateLens, Token, Writers,
};

use super::{
    derived::Derived,
    proof::{Expected, Proof},
};
use crate::{
    paint::Gpu,
    share::{Bookmark, Cut, Panel, family_of},
    view::{Palette, Pick, Theme, shown_text},
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
    pub(crate) film: RwSignal<Option<Arc<Film>>>,
    pub(crate) state_lens: RwSignal<Option<Arc<StateLens>>>,
    pub(crate) memory: RwSignal<Option<Arc<Memory>>>,
    pub(crate) faces: RwSignal<Option<Arc<Faces>>>,
    pub(crate) poles: RwSignal<Option<Arc<Poles>>>,
    pub(crate) contrast: RwSignal<Option<Arc<Contrast>>>,
}

/// The tokens of the last run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) prompt: String,
    /// The model that ran, and what was cut.
    pub(crate) model: String,
    pub(crate) cuts: Vec<Cut>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) n_cut: usize,
    pub(crate) secs: f64,
}

/// A − B at the end of a run, with its model, prompt and question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Uncut {
    pub(crate) model: String,
    pub(crate) prompt: String,
    pub(crate) frame: (u32, u32),
    pub(crate) total: f32,
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
    pub(crate) derived: Derived,
    /// The last run that nothing was taken away from.
    pub(crate) uncut: RwSignal<Option<Uncut>>,
    /// The two most probable next tokens: the question where the reader asks none.
    pub(crate) guesses: RwSignal<[u32; 2]>,
    /// What the link says its writer saw, until it has been compared, and what came of that.
    pub(crate) expected: RwSignal<Option<Expected>>,
    pub(crate) proof: RwSignal<Option<Proof>>,
    pub(crate) notices: RwSignal<Vec<String>>,
    pub(crate) is_dark: RwSignal<bool>,
    /// The panel that a small screen shows.
    pub(crate) tab: RwSignal<Panel>,
    pub(crate) shows_help: RwSignal<bool>,
    /// Whether the lesson on states stands in the rail.
    pub(crate) lesson: RwSignal<bool>,
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
                film: RwSignal::new(None),
                state_lens: RwSignal::new(None),
                memory: RwSignal::new(None),
                faces: RwSignal::new(None),
                poles: RwSignal::new(None),
                contrast: RwSignal::new(None),
            },
            derived: Derived::new(),
            uncut: RwSignal::new(None),
            guesses: RwSignal::new([0, 1]),
            expected: RwSignal::new(None),
            proof: RwSignal::new(None),
            notices: RwSignal::new(Vec::new()),
            is_dark: RwSignal::new(is_dark),
            tab: RwSignal::new(Panel::Attention),
            shows_help: RwSignal::new(false),
            lesson: RwSignal::new(false),
            tables: RwSignal::new(Vec::new()),
            gpu: RwSignal::new_local(None),
            bounds: RwSignal::new(None),
            n_drawn: StoredValue::new(0),
        }
    }

    /// The state of a column beside this one: what it shares is hover, theme, painter and notices.
    pub(crate) fn beside(self, bookmark: Bookmark) -> Self {
        Self {
            hover: self.hover,
            notices: self.notices,
            is_dark: self.is_dark,
            tab: self.tab,
            shows_help: self.shows_help,
            lesson: self.lesson,
            tables: self.tables,
            gpu: self.gpu,
            n_drawn: self.n_drawn,
            ..Self::new(bookmark, self.is_dark.get_untracked())
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
                self.guesses.set(trace::guesses(it.values()));
                to.next.set(Some(Arc::new(it)));
            }
            Answer::Film(it) => to.film.set(it.map(Arc::new)),
            Answer::StateLens(it) => to.state_lens.set(it.map(Arc::new)),
            Answer::Faces(it) => to.faces.set(it.map(Arc::new)),
            Answer::Poles(it) => to.poles.set(it.map(Arc::new)),
            Answer::Contrast(it) => to.contrast.set(it.map(Arc::new)),
            Answer::Memory(it) => to.memory.set(Some(Arc::new(it))),
            // No panel shows a whole site.
            Answer::Site { .. } => {}
        }
    }

    pub(crate) fn palette(self) -> &'static Palette {
        Palette::of(if self.is_dark.get() { Theme::Dark } else { Theme::Light })
    }

    /// How many tokens the last run had.
    pub(super) fn n_pos(self) -> usize {
        self.run.read().tokens.len()
    }

    /// Forgets what another model answered; figures stand until there are new ones.
    pub(crate) fn forget_answers(self) {
        let all = self.answers;
        all.thumbnails.set(None);
        all.patterns.set(None);
        all.row.set(None);
        all.lens.set(None);
        all.paths.set(None);
        all.norms.set(None);
        all.writers_here.set(None);
        all.writers_end.set(None);
        all.next.set(None);
        all.film.set(None);
        all.state_lens.set(None);
        all.memory.set(None);
        all.faces.set(None);
        all.poles.set(None);
        all.contrast.set(None);
    }

    /// Forgets the memory of the run before where the one that gave `answers` was not asked for it,
    /// so that it is not taken for this run's when it comes on show again.
    pub(crate) fn forget_unasked(self, answers: &[Answer]) {
        if !answers.iter().any(|it| matches!(it, Answer::Memory(_))) {
            self.answers.memory.set(None);
        }
    }

    /// Holds the bookmark to the model that is there: says so where it was made with other weights
    /// or names words that the model does not know, and leaves those out.
    pub(crate) fn fit_bookmark(self) {
        let Some(model) = self.model.get_untracked() else { return };
        let mut bookmark = self.bookmark.get_untracked();
        if !model.digest.starts_with(&bookmark.digest) {
            self.notice(
                "this link was made with other weights; numbers may differ from what its writer saw",
            );
        }
        bookmark.digest = model.digest.chars().take(12).collect();
        let default = Bookmark::default();
        let is_unknown = |word: &String| !model.vocab.contains(word);
        let leave_out = |word: &str| {
            let word = shown_text(word);
            self.notice(format!("“{word}” is not in the vocabulary; the link's word was left out"));
        };
        for word in [&mut bookmark.a, &mut bookmark.b] {
            if let Some(unknown) = word.take_if(|it| is_unknown(it)) {
                leave_out(&unknown);
            }
        }
        for (word, usual) in bookmark.words.iter_mut().zip(&default.words) {
            if word != usual && is_unknown(word) {
                leave_out(word);
                word.clone_from(usual);
            }
        }
        self.bookmark.set(bookmark);
    }

    /// The head that the difference takes away, where the model has attention.
    pub(crate) fn minus(self) -> Option<[usize; 2]> {
        let heads = self.attention_heads();
        let chosen = self.bookmark.read().minus.filter(|it| heads.contains(it));
        chosen.or(heads.first().copied())
    }

    /// Layer and head of every head of attention.
    pub(crate) fn attention_heads(self) -> Vec<[usize; 2]> {
        let model = self.model.read();
        let Some(model) = model.as_ref() else { return Vec::new() };
        let layers = model.shape.mixers.iter().enumerate();
        layers
            .flat_map(|(layer, it)| (0..it.n_attention_heads).map(move |head| [layer, head]))
            .collect()
    }

    /// Locks the cursor on what `pick` names; the rest of the lock stays.
    pub(crate) fn pick(self, pick: Pick) {
        self.bookmark.update(|it| it.pick = pick.over(it.pick));
    }

    /// Puts another model on the page. One of the same family stays on the prompt, beside the same
    /// columns; one of another does not know its words.
    pub(crate) fn exchange_model(self, id: &str) {
        self.bookmark.update(|it| {
            if it.model == id {
                return;
            }
            let family = family_of(id);
            if let Some(new) = family.filter(|new| family_of(&it.model) != Some(new)) {
                it.prompt = new.prompt.to_owned();
                (it.a, it.b, it.cuts) = (None, None, Vec::new());
                it.pick = Pick::default();
            }
            it.beside.retain(|beside| beside != id && family_of(beside) == family);
            (it.model, it.digest) = (id.to_owned(), String::new());
        });
    }

    /// The tokens of the A-versus-B question, guesses left to the run.
    pub(crate) fn open_frame(self) -> [u32; 2] {
        let bookmark = self.bookmark.read();
        [&bookmark.a, &bookmark.b]
            .map(|it| it.as_ref().and_then(|word| self.id(word)).unwrap_or(GUESS))
    }

    /// A question with what it leaves to the run as the last run had it.
    pub(crate) fn closed(self, question: Question) -> Question {
        let strongest = self.derived.strongest.get().unwrap_or_default();
        question.with_guesses(self.guesses.get()).with_strongest(strongest)
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
