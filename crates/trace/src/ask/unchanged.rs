//! The same question about the prompt's run as trained.

use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Names, Open, Question};

/// A question about the prompt's run as trained, where a program makes another of it. What it leaves
/// open is put in from the changed run, so that both answers are about the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskUnchanged {
    pub of: Box<Question>,
}

impl AskUnchanged {
    /// The same question about the run as trained.
    pub fn of(ask: impl Ask) -> Self {
        Self { of: Box::new(ask.question()) }
    }
}

impl Names for AskUnchanged {
    fn names(&mut self) -> Open<'_> {
        self.of.names()
    }
}

/// What the run as trained answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unchanged {
    pub answer: Box<Answer>,
}

impl Unchanged {
    /// The answer to a question of one kind, where it is such.
    pub fn to<Q: Ask>(&self) -> Option<&Q::Answer> {
        Q::of_answer(&self.answer)
    }
}
