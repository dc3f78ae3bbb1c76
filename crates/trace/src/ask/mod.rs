//! What the page asks of a run, and what it is told: one file per question.
//!
//! A question is a type of its own with its answer beside it ([`Ask`]); [`Question`] and [`Answer`]
//! are any of them, as they travel. A [`Reply`] carries both, so that nobody has to guess what an
//! answer is about.

mod absence;
mod attention_row;
mod attribution;
mod decoded;
mod eigenvalues;
mod film;
mod forms;
mod lens;
mod next;
mod norms;
mod open;
mod paths;
mod pattern_difference;
mod patterns;
mod state_lens;
mod thumbnails;
mod time_scales;
mod unchanged;
mod value;

use serde::{Deserialize, Serialize};

use crate::NamedArray;

pub use absence::{Absence, Counted};
pub use attention_row::{AskAttentionRow, AttentionRow};
pub use attribution::{AskAttribution, Attribution, strongest};
pub use decoded::{AskDecoded, Decoded};
pub use eigenvalues::{AskEigenvalues, Eigenvalues};
pub use film::{AskFilm, Film};
pub use forms::{AskForms, Forms};
pub use lens::{AskLens, Lens, LensSite};
pub use next::{AskNext, guesses};
pub use norms::{AskNorms, Norms};
pub use open::{GUESS, LAST, Open, STRONGEST, pair};
pub use paths::{AskPaths, Basis, Paths};
pub use pattern_difference::{AskPatternDifference, PatternDifference};
pub use patterns::{AskPatterns, Patterns};
pub use state_lens::{AskStateLens, StateLens};
pub use thumbnails::AskThumbnails;
pub use time_scales::{AskTimeScales, TimeScales};
pub use unchanged::{AskUnchanged, Unchanged};
pub use value::{AskValue, Value};

/// A question that has an answer of a type of its own.
pub trait Ask: Clone + PartialEq + Send + Sync + 'static {
    /// What it is answered with.
    type Answer: Send + Sync + 'static;

    /// It among all questions.
    fn question(self) -> Question;

    /// It out of all questions, where it is of this kind.
    fn of_question(question: &Question) -> Option<&Self>;

    /// Its answer out of all answers, where it is of this kind.
    fn of_answer(answer: &Answer) -> Option<&Self::Answer>;
}

/// A question that may leave something to the run.
trait Names {
    /// What it names that may be left open.
    fn names(&mut self) -> Open<'_> {
        Open::default()
    }
}

/// Every question: the one table that [`Question`] and [`Answer`] are made of.
macro_rules! questions {
    ($($name:ident: $ask:ty => $answer:ty),+ $(,)?) => {
        /// A question about the last run. Names exactly what is shown, so that nothing else is
        /// computed or sent.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Question { $($name($ask)),+ }

        /// The answer to the question of the same name.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Answer { $($name($answer)),+ }

        impl Question {
            fn names(&mut self) -> Open<'_> {
                match self { $(Question::$name(it) => it.names()),+ }
            }
        }

        $(
            impl Ask for $ask {
                type Answer = $answer;

                fn question(self) -> Question {
                    Question::$name(self)
                }

                fn of_question(question: &Question) -> Option<&Self> {
                    match question {
                        Question::$name(it) => Some(it),
                        _ => None,
                    }
                }

                fn of_answer(answer: &Answer) -> Option<&Self::Answer> {
                    match answer {
                        Answer::$name(it) => Some(it),
                        _ => None,
                    }
                }
            }

            impl From<$ask> for Question {
                fn from(ask: $ask) -> Question {
                    Question::$name(ask)
                }
            }
        )+
    };
}

questions! {
    Thumbnails: AskThumbnails => NamedArray,
    Patterns: AskPatterns => Patterns,
    AttentionRow: AskAttentionRow => AttentionRow,
    Lens: AskLens => Lens,
    Paths: AskPaths => Paths,
    Norms: AskNorms => Norms,
    Attribution: AskAttribution => Attribution,
    Next: AskNext => NamedArray,
    Value: AskValue => Value,
    Film: AskFilm => Film,
    StateLens: AskStateLens => StateLens,
    TimeScales: AskTimeScales => TimeScales,
    Forms: AskForms => Forms,
    Eigenvalues: AskEigenvalues => Eigenvalues,
    PatternDifference: AskPatternDifference => PatternDifference,
    Decoded: AskDecoded => Decoded,
    Unchanged: AskUnchanged => Unchanged,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The question, with what it left to the run put in.
    pub question: Question,
    /// The answer, or why there is none.
    pub answer: Result<Answer, Absence>,
}

impl Reply {
    /// The answer to a question of one kind, where this is such and there is one.
    pub fn to<Q: Ask>(&self) -> Option<&Q::Answer> {
        Q::of_answer(self.answer.as_ref().ok()?)
    }
}
