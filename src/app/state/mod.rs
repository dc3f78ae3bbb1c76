//! What the page knows. One struct of signals; what a link restores is in its bookmark.

pub(in crate::app) mod address;
pub(in crate::app) mod answers;
pub(in crate::app) mod derived;
pub(in crate::app) mod engine_link;
pub(in crate::app) mod follower;
pub(in crate::app) mod history;
pub(in crate::app) mod labs;
pub(in crate::app) mod lessons;
pub(in crate::app) mod proof;

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskPatterns, Device, GUESS, Job, LAST, ModelInfo, ModelShape, Program, STRONGEST};

use self::{
    answers::Answers,
    derived::Derived,
    history::History,
    proof::{Expected, Proof},
};
use crate::{
    app::state::{
        labs::{Labs, OpenLab},
        lessons::Lessons,
    },
    link::{JobState, Run, Status},
    paint::Gpu,
    share::{Bookmark, Place, are_fellows, family_of},
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
    pub(in crate::app) job_wanted: RwSignal<Option<Job>>,
    pub(crate) derived: Derived,
    /// Programs before and after the one on the page.
    pub(crate) history: History,
    /// What the link says its writer saw, until it has been compared, and what came of that.
    pub(crate) expected: RwSignal<Option<Expected>>,
    pub(crate) proof: RwSignal<Option<Proof>>,
    pub(crate) notices: RwSignal<Vec<String>>,
    /// All labs, once one was wanted.
    pub(crate) labs: RwSignal<Labs>,
    /// The lab that the bookmark names, when it is there.
    pub(crate) open_lab: Memo<Option<OpenLab>>,
    pub(crate) is_dark: RwSignal<bool>,
    /// The place that a small screen shows.
    pub(crate) tab: RwSignal<Place>,
    pub(crate) shows_help: RwSignal<bool>,
    pub(crate) lessons: Lessons,
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
        // On a small screen a lesson is what the link was sent for.
        let tab = if bookmark.lesson.is_some() { Place::Rail } else { Place::Main };
        let (bookmark, labs) = (RwSignal::new(bookmark), RwSignal::new(Labs::default()));
        let id = Memo::new(move |_| bookmark.read().lab.as_ref().map(|it| it.id.clone()));
        Self {
            bookmark,
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
            labs,
            open_lab: Memo::new(move |_| OpenLab::find(&labs.read(), id.read().as_deref()?)),
            is_dark: RwSignal::new(is_dark),
            tab: RwSignal::new(tab),
            shows_help: RwSignal::new(false),
            lessons: Lessons::new(),
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
            labs: self.labs,
            open_lab: self.open_lab,
            is_dark: self.is_dark,
            tab: self.tab,
            shows_help: self.shows_help,
            lessons: self.lessons,
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
    pub(in crate::app) fn n_pos(self) -> usize {
        self.run.read().tokens.len()
    }

    /// Starts a job in place of the one before, as soon as the model is there. It goes on between
    /// runs; [`AppState::job`] says how far it is and what came of it.
    pub(crate) fn start_job(self, job: Job) {
        self.job_wanted.set(Some(job));
    }

    /// Ends the job, and puts away what came of one that is done.
    pub(crate) fn stop_job(self) {
        self.job_wanted.set(None);
    }

    /// Holds the bookmark to the model that is there: says so where it was made with other weights
    /// or names words that the model does not know, and leaves those out.
    pub(crate) fn fit_bookmark(self) {
        let Some(model) = self.model.get_untracked() else { return };
        let mut bookmark = self.bookmark.get_untracked();
        if !model.digest.starts_with(&bookmark.digest) {
            self.notice(tr!(
                "this link was made with other weights; numbers may differ from what its writer saw"
            ));
        }
        bookmark.digest = model.digest.chars().take(12).collect();
        let default = Bookmark::default();
        let is_unknown = |word: &String| !model.vocab.contains(word);
        let leave_out = |word: &str| {
            let word = shown_text(word);
            self.notice(tr!(
                "“{word}” is not in the vocabulary; the link's word was left out",
                word
            ));
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
        for (what, place, count) in out_of_range(&mut bookmark.pick, &model.shape) {
            let last = count.saturating_sub(1);
            self.notice(tr!(
                "the link's {what} {place} is not in this model, which has {count} from 0; {last} is shown",
                what,
                place,
                count,
                last
            ));
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
            if !are_fellows(id, &it.model) {
                if let Some(family) = family_of(id) {
                    family.ask(it);
                }
                (it.pick, it.program) = (Pick::default(), Program::default());
            }
            it.beside.retain(|beside| beside != id && are_fellows(beside, id));
            (it.model, it.digest, it.checkpoint) = (id.to_owned(), String::new(), None);
        });
    }

    /// The tokens of the A-versus-B question, guesses left to the run.
    pub(crate) fn asked_pair(self) -> [u32; 2] {
        let bookmark = self.bookmark.read();
        [&bookmark.a, &bookmark.b]
            .map(|it| it.as_ref().and_then(|word| self.id(word)).unwrap_or(GUESS))
    }

    /// What the reader looks at, as far as it was said: a preview where there is one.
    pub(in crate::app) fn looked_at(self) -> Pick {
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

/// Brings layer and head of a cursor to the last ones where the model has none of that number; what
/// was brought in, and how many there are.
fn out_of_range(pick: &mut Pick, shape: &ModelShape) -> Vec<(&'static str, usize, usize)> {
    let parts = [
        (tr!("layer"), &mut pick.layer, shape.n_layers),
        (tr!("head"), &mut pick.head, shape.n_heads),
    ];
    let moved = parts.into_iter().filter_map(|(what, part, count)| {
        let beyond = part.filter(|it| count <= *it)?;
        *part = count.checked_sub(1);
        Some((what, beyond, count))
    });
    moved.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_held_to_the_layers_and_heads_that_there_are() {
        let shape = ModelShape { n_layers: 4, n_heads: 2, ..ModelShape::default() };
        let at = |layer: usize, head: usize| Pick {
            layer: Some(layer),
            head: Some(head),
            ..Pick::default()
        };
        let mut inside = at(3, 1);
        assert_eq!(out_of_range(&mut inside, &shape), []);
        assert_eq!(inside, at(3, 1));
        let mut outside = at(44, 2);
        assert_eq!(out_of_range(&mut outside, &shape), [("layer", 44, 4), ("head", 2, 2)]);
        assert_eq!(outside, at(3, 1));
    }
}
