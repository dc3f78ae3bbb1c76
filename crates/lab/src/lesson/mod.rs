//! Lessons: Markdown with a head and blocks, read into steps that a page shows.
//!
//! ````text
//! ---
//! title: Where the answer comes from
//! minutes: 5
//! model: tales
//! version: 1
//! ---
//! # Switch it off
//! If that head matters, **barn** should lose its lead.
//!
//! ```stage
//! layer=2&head=1&pos=15
//! a=barn&b=inn
//! ```
//! ```task
//! Ablate head 2.1 at every position.
//! ```
//! ```check
//! cut("head.2.1") and a_minus_b < 5
//! ```
//! ````
//!
//! Steps are `#` headings. A block's first word is one of [`KEYS`]; what follows it on the line is
//! its label. Every fault is a [`Trouble`] with its line, and the rest of the lesson is still read.

mod read; // start here

mod block;
mod expression;
mod fact;
mod formula;
mod front;
mod prose;
mod template;

pub use self::{
    block::KEYS,
    expression::Expression,
    fact::{Fact, Facts, Kind, Value},
    front::Front,
    prose::{Chunk, Formula, Inline},
    template::Template,
};

/// The version of lessons that is read.
pub const VERSION: u32 = 1;
/// Bytes of a lesson.
pub const MOST_BYTES: usize = 256 * 1024;
/// Hints of a step.
pub const MOST_HINTS: usize = 3;

/// A lesson that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lesson {
    pub front: Front,
    pub steps: Vec<Step>,
}

/// What is wrong with a lesson, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}; {fix}")]
pub struct Trouble {
    /// Counted from 1.
    pub line: usize,
    pub what: String,
    pub fix: String,
}

impl Trouble {
    /// `what` is wrong at a line; `fix` says what to write.
    pub fn new(line: usize, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { line, what: what.into(), fix: fix.into() }
    }
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub title: String,
    pub blocks: Vec<Block>,
}

/// What a step is made of, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    Prose(Vec<Chunk>),
    Stage(Stage),
    /// A place of the stage, or a panel, that the text speaks of.
    Spotlight {
        name: String,
        line: usize,
    },
    /// What the run says, live.
    Observe(Template),
    Predict(Predict),
    Task(Task),
    Hint(Vec<Chunk>),
    /// A stage on which the task is done.
    Show(Stage),
    /// Further reading.
    Further(Vec<Chunk>),
}

/// What the page is to show, as the link writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What its button is called.
    pub label: Option<String>,
    /// Parts of a link, joined with `&`.
    pub link: String,
    /// The line of its first part.
    pub line: usize,
}

/// A question that is answered before what follows it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Predict {
    pub question: Vec<Chunk>,
    pub choices: Vec<Choice>,
}

/// One answer of a prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub text: Vec<Inline>,
    pub right: Right,
}

impl Choice {
    /// Whether it is right; `None` while the run does not say.
    pub fn is_right(&self, facts: &dyn Facts) -> Option<bool> {
        match &self.right {
            Right::No => Some(false),
            Right::Yes => Some(true),
            Right::When(expression) => expression.holds(facts),
        }
    }
}

/// When an answer is right.
#[derive(Clone, Debug, PartialEq)]
pub enum Right {
    No,
    Yes,
    /// Where the run says so.
    When(Expression),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub text: Vec<Chunk>,
    /// All of them hold when it is done; without any the reader judges.
    pub checks: Vec<Expression>,
}

impl Task {
    /// Whether it is done; `None` while the run does not say, or nothing is checked.
    pub fn is_done(&self, facts: &dyn Facts) -> Option<bool> {
        let all: Vec<Option<bool>> = self.checks.iter().map(|it| it.holds(facts)).collect();
        if all.contains(&Some(false)) {
            return Some(false);
        }
        (!all.is_empty()).then_some(true).filter(|_| !all.contains(&None))
    }
}

impl Step {
    /// Whether an expression of this step names one of these facts.
    pub fn names(&self, facts: &[Fact]) -> bool {
        self.blocks.iter().any(|it| {
            match it {
            Block::Observe(template) => template.expressions().any(|it| it.names(facts)),
            Block::Task(task) => task.checks.iter().any(|it| it.names(facts)),
            Block::Predict(predict) => predict.choices.iter().any(|choice| {
                matches!(&choice.right, Right::When(expression) if expression.names(facts))
            }),
            _ => false,
        }
        })
    }
}
