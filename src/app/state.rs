//! What the page knows. One struct of signals; what a link restores is in its bookmark.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskPatterns, Device, GUESS, Job, LAST, ModelInfo, Program, STRONGEST};

use super::{
    answers::Answers,
    derived::Derived,
    history::History,
    lab_panel::Exams,
    panels::unknown_panels,
    proof::{Expected, Proof},
};
use crate::{
    link::{JobState, Run, Status},
    paint::Gpu,
    share::{Bookmark, Place, family_of},
    view::{Palette, Pick, Theme, shown_text},
};

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
    /// How far the job is that was started.
    pub(crate) job: RwSignal<JobState>,
    /// What was last wanted of jobs: one, or none any more. The line to the engine sees to it.
    pub(super) job_wanted: RwSignal<Option<Job>>,
    pub(crate) derived: Derived,
    /// Programs before and after the one on the page.
    pub(crate) history: History,
    /// What the link says its writer saw, until it has been compared, and what came of that.
    pub(crate) expected: RwSignal<Option<Expected>>,
    pub(crate) proof: RwSignal<Option<Proof>>,
    pub(crate) notices: RwSignal<Vec<String>>,
    /// What cards of models measured.
    pub(super) exams: Exams,
    pub(crate) is_dark: RwSignal<bool>,
    /// The place that a small screen shows.
    pub(crate) tab: RwSignal<Place>,
    pub(crate) shows_help: RwSignal<bool>,
    /// Whether the lesson on states stands in the rail.
    pub(crate) lesson: RwSignal<bool>,
    /// Places that show their table in place of their figure.
    pub(crate) tables: RwSignal<Vec<Place>>,
    /// The graphics device that figures are drawn with, if they are.
    pub(crate) gpu: RwSignal<Option<Gpu>, LocalStorage>,
    /// Bounds of the paths for the basis they were made for, kept while typing.
    pub(crate) bounds: RwSignal<Option<(trace::Basis, [f32; 4])>>,
    /// How often a figure was drawn since the start, so that a bench sees the last one.
    pub(crate) n_drawn: StoredValue<u64>,
}

impl AppState {
    pub(crate) fn new(bookmark: Bookmark, is_dark: bool) -> Self {
        let answers = Answers::new();
        Self {
            bookmark: RwSignal::new(bookmark),
            hover: RwSignal::new(Pick::default()),
            model: RwSignal::new(None),
            device: RwSignal::new(None),
            status: RwSignal::new(Status::Starting),
            run: RwSignal::new(Arc::default()),
            answers,
            job: RwSignal::new(JobState::None),
            job_wanted: RwSignal::new(None),
            derived: Derived::new(answers),
            history: History::new(),
            expected: RwSignal::new(None),
            proof: RwSignal::new(None),
            notices: RwSignal::new(Vec::new()),
            exams: Exams::default(),
            is_dark: RwSignal::new(is_dark),
            tab: RwSignal::new(Place::Main),
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
            exams: self.exams,
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

    pub(crate) fn palette(self) -> &'static Palette {
        Palette::of(if self.is_dark.get() { Theme::Dark } else { Theme::Light })
    }

    /// How many tokens the last run had.
    pub(super) fn n_pos(self) -> usize {
        self.run.read().tokens.len()
    }

    /// Starts a job in place of the one before, as soon as the model is there. It goes on between
    /// runs; [`AppState::job`] says how far it is and what came of it.
    #[allow(dead_code, reason = "panels of labs start jobs")]
    pub(crate) fn start_job(self, job: Job) {
        self.job_wanted.set(Some(job));
    }

    /// Ends the job, and puts away what came of one that is done.
    #[allow(dead_code, reason = "panels of labs stop jobs")]
    pub(crate) fn stop_job(self) {
        self.job_wanted.set(None);
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
        unknown_panels(&bookmark).into_iter().for_each(|it| self.notice(it));
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
                new.ask(it);
                (it.pick, it.program) = (Pick::default(), Program::default());
            }
            it.beside.retain(|beside| beside != id && family_of(beside) == family);
            (it.model, it.digest) = (id.to_owned(), String::new());
        });
    }

    /// The tokens of the A-versus-B question, guesses left to the run.
    pub(crate) fn asked_pair(self) -> [u32; 2] {
        let bookmark = self.bookmark.read();
        [&bookmark.a, &bookmark.b]
            .map(|it| it.as_ref().and_then(|word| self.id(word)).unwrap_or(GUESS))
    }

    /// What the reader looks at, as far as it was said: a preview where there is one.
    pub(super) fn looked_at(self) -> Pick {
        self.hover.get().over(self.bookmark.read().pick)
    }

    /// The position that questions name: the last, whichever that is, where none was chosen.
    pub(crate) fn asked_pos(self) -> usize {
        self.looked_at().pos.unwrap_or(LAST)
    }

    /// Layer and head that questions name, the strongest left to the run where none was chosen, so
    /// that a prompt that has not run yet can be asked about.
    pub(crate) fn asked_head(self) -> [usize; 2] {
        self.named_head(self.looked_at())
    }

    /// The same of any pick.
    pub(crate) fn named_head(self, pick: Pick) -> [usize; 2] {
        let is_open = pick.layer.is_none() && self.is_additive();
        let place = pick.on(&self.ground(), None);
        match (is_open, pick.head) {
            (true, None) => [STRONGEST, STRONGEST],
            (true, Some(_)) => [STRONGEST, place.head],
            (false, _) => [place.layer, place.head],
        }
    }

    /// The question about all patterns of the layer that is looked at.
    pub(crate) fn asked_patterns(self) -> AskPatterns {
        let n_heads = self.model.read().as_ref().map_or(0, |it| it.shape.n_heads);
        AskPatterns { layer: self.asked_head()[0], heads: (0..n_heads).collect() }
    }

    /// Whether what components add to the stream adds up to the output.
    pub(crate) fn is_additive(self) -> bool {
        self.model.read().as_ref().is_none_or(|it| it.shape.is_additive)
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
    pub(crate) fn toggle_table(self, place: Place) {
        self.tables.update(|all| match all.iter().position(|it| *it == place) {
            Some(found) => drop(all.remove(found)),
            None => all.push(place),
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
