//! What parts of the page ask of the run while they are on show, and what they are told.
//!
//! A part asks with [`AppState::ask`] and gets a handle; the line to the engine sends what all of
//! them ask, once. A reply is kept under its question, so nobody has to find out whether an answer
//! is about what is shown: [`Asked::now`] is, and [`Asked::get`] may be the last good one.

use std::{ops::Deref, sync::Arc};

use leptos::prelude::*;
use trace::{Absence, Ask, AskUnchanged, Question, Reply};

use super::AppState;
use crate::{
    link::{Answered, Run},
    view::absence_in_words,
};

/// Questions of everything on show, and the replies about the last run.
#[derive(Clone, Copy)]
pub(crate) struct Answers {
    askers: RwSignal<Vec<Asker>>,
    n_askers: StoredValue<usize>,
    replies: RwSignal<Replies>,
    /// What is asked by everything on show, each question once.
    pub(crate) wanted: Memo<Vec<Question>>,
}

/// One part that asks.
#[derive(Clone, Copy)]
struct Asker {
    id: usize,
    question: Memo<Option<Question>>,
}

/// Replies about one run.
#[derive(Clone, Default)]
struct Replies {
    /// Nothing where the model has not run yet.
    run: Option<Arc<Run>>,
    all: Vec<Answered>,
}

impl Replies {
    /// The reply to a question, as it was asked or as the run closed it.
    fn find(&self, question: &Question) -> Option<&Arc<Reply>> {
        let is_it = |it: &&Answered| it.asked == *question || it.reply.question == *question;
        self.all.iter().find(is_it).map(|it| &it.reply)
    }
}

impl Answers {
    pub(in crate::app) fn new() -> Self {
        let askers = RwSignal::new(Vec::<Asker>::new());
        let wanted = Memo::new(move |_| {
            let mut all: Vec<Question> = Vec::new();
            for question in askers.read().iter().filter_map(|it| it.question.get()) {
                if !all.contains(&question) {
                    all.push(question);
                }
            }
            all
        });
        let replies = RwSignal::new(Replies::default());
        Self { askers, n_askers: StoredValue::new(0), replies, wanted }
    }

    /// Takes in what a new run said; what the one before said is gone.
    pub(in crate::app) fn replace(self, run: Arc<Run>, all: Vec<Answered>) {
        self.replies.set(Replies { run: Some(run), all });
    }

    /// Takes in what else was said of the last run.
    pub(in crate::app) fn add(self, more: Vec<Answered>) {
        self.replies.update(|it| it.all.extend(more));
    }

    /// Forgets all: another model is there. Figures keep their picture until there is a new one.
    pub(in crate::app) fn clear(self) {
        self.replies.set(Replies::default());
    }

    /// Asks as long as the reactive owner lives that this is called under; nothing where `question`
    /// says so.
    pub(in crate::app) fn ask<Q: Ask>(
        self,
        question: impl Fn() -> Option<Q> + Send + Sync + 'static,
    ) -> Asked<Q> {
        let question = Memo::new(move |_| question().map(Ask::question));
        let id = self.n_askers.get_value();
        self.n_askers.set_value(id + 1);
        self.askers.update(|all| all.push(Asker { id, question }));
        on_cleanup(move || {
            // The page may go as a whole, its signals before this.
            self.askers.try_update(|all| all.retain(|it| it.id != id));
        });
        let heard = Memo::new(move |before: Option<&Heard<Q>>| {
            let question = question.get();
            self.replies.with(|replies| hear(replies, question.as_ref(), before))
        });
        Asked { heard }
    }
}

/// What there is to a question: the reply of this run, or else the last good one of as many tokens.
fn hear<Q: Ask>(
    replies: &Replies,
    question: Option<&Question>,
    before: Option<&Heard<Q>>,
) -> Heard<Q> {
    let (Some(run), Some(question)) = (&replies.run, question) else { return Heard::default() };
    match replies.find(question) {
        Some(reply) => match &reply.answer {
            Ok(_) => Heard { told: Told::new(reply, run), absence: None },
            Err(absence) => Heard { told: None, absence: Some(absence.clone()) },
        },
        None => {
            let last = before.and_then(|it| it.told.clone());
            let fits = last.filter(|it| it.run.tokens.len() == run.tokens.len());
            Heard { told: fits.map(|it| Told { is_stale: true, ..it }), absence: None }
        }
    }
}

/// What came of a question.
struct Heard<Q: Ask> {
    told: Option<Told<Q>>,
    absence: Option<Absence>,
}

impl<Q: Ask> Default for Heard<Q> {
    fn default() -> Self {
        Self { told: None, absence: None }
    }
}

impl<Q: Ask> Clone for Heard<Q> {
    fn clone(&self) -> Self {
        Self { told: self.told.clone(), absence: self.absence.clone() }
    }
}

impl<Q: Ask> PartialEq for Heard<Q> {
    fn eq(&self, other: &Self) -> bool {
        self.told == other.told && self.absence == other.absence
    }
}

/// An answer with the run that it is about. Reads as the answer itself.
pub(crate) struct Told<Q: Ask> {
    reply: Arc<Reply>,
    pub(crate) run: Arc<Run>,
    /// Whether it answers what was asked before: the answer to what is asked now is on its way.
    pub(crate) is_stale: bool,
    kind: std::marker::PhantomData<Q>,
}

impl<Q: Ask> Told<Q> {
    /// Nothing where the reply is to a question of another kind, which none is.
    fn new(reply: &Arc<Reply>, run: &Arc<Run>) -> Option<Self> {
        reply.to::<Q>()?;
        let kind = std::marker::PhantomData;
        Some(Self { reply: reply.clone(), run: run.clone(), is_stale: false, kind })
    }
}

impl<Q: Ask> Clone for Told<Q> {
    fn clone(&self) -> Self {
        let (reply, run) = (self.reply.clone(), self.run.clone());
        Self { reply, run, is_stale: self.is_stale, kind: self.kind }
    }
}

impl<Q: Ask> PartialEq for Told<Q> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.reply, &other.reply) && self.is_stale == other.is_stale
    }
}

impl<Q: Ask> Deref for Told<Q> {
    type Target = Q::Answer;

    fn deref(&self) -> &Q::Answer {
        self.reply.to::<Q>().expect("checked when it was made")
    }
}

/// A question that is asked as long as somebody shows it.
pub(crate) struct Asked<Q: Ask> {
    heard: Memo<Heard<Q>>,
}

impl<Q: Ask> Clone for Asked<Q> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Q: Ask> Copy for Asked<Q> {}

impl<Q: Ask> Asked<Q> {
    /// The answer; until it is here, the last good one about as many tokens.
    pub(crate) fn get(self) -> Option<Told<Q>> {
        self.heard.read().told.clone()
    }

    /// The answer to what is asked now.
    pub(crate) fn now(self) -> Option<Told<Q>> {
        self.get().filter(|it| !it.is_stale)
    }

    /// Why there is no answer, where there is none.
    pub(crate) fn absence(self) -> Option<String> {
        self.heard.read().absence.as_ref().map(absence_in_words)
    }
}

impl AppState {
    /// Asks the run something as long as the component lives that this is called in.
    pub(crate) fn ask<Q: Ask>(
        self,
        question: impl Fn() -> Option<Q> + Send + Sync + 'static,
    ) -> Asked<Q> {
        self.answers.ask(question)
    }

    /// Asks the same of the prompt's run as trained, while a program makes another of it.
    pub(crate) fn ask_unchanged<Q: Ask>(
        self,
        question: impl Fn() -> Option<Q> + Send + Sync + 'static,
    ) -> Unchanged<Q> {
        let asked = self.answers.ask(move || {
            let is_changed = !self.bookmark.read().program.is_unchanged();
            is_changed.then(|| question().map(AskUnchanged::of)).flatten()
        });
        Unchanged { asked, kind: std::marker::PhantomData }
    }
}

/// A question about the run as trained.
pub(crate) struct Unchanged<Q: Ask> {
    asked: Asked<AskUnchanged>,
    kind: std::marker::PhantomData<Q>,
}

impl<Q: Ask> Clone for Unchanged<Q> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Q: Ask> Copy for Unchanged<Q> {}

impl<Q: Ask> Unchanged<Q> {
    /// What the run as trained answers; nothing where no program changes the run.
    pub(crate) fn get(self) -> Option<Q::Answer>
    where
        Q::Answer: Clone,
    {
        self.asked.get()?.to::<Q>().cloned()
    }
}
