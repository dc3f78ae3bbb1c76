//! What can be wrong with a program's text.

use super::text::{MOST, MOST_BLOCKS, PROGRAM_VERSION};

/// A text that is no intervention or order, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("“{text}”: {problem}")]
pub struct TextError {
    /// The piece that was left out.
    pub text: String,
    pub problem: TextProblem,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TextProblem {
    #[error("it is of version {0}, and this page reads up to {PROGRAM_VERSION}")]
    Newer(u32),
    #[error("it says nothing")]
    Empty,
    #[error("a quote is not closed")]
    OpenQuote,
    #[error("what is to be done is missing: scale, set, freeze, add, project-out, clamp or hide")]
    NoOp,
    #[error("“{0}” is no op; there are scale, set, freeze, add, project-out, clamp and hide")]
    UnknownOp(String),
    #[error("no site is like “{0}”")]
    UnknownSite(String),
    #[error("“{0}” wants {1}")]
    Place(String, &'static str),
    #[error("“{0}” is not a number up to {MOST}")]
    NotCount(String),
    #[error("“{0}” is no finite number")]
    NotNumber(String),
    #[error("a number is missing")]
    NoNumber,
    #[error("positions go up: “{0}” goes down")]
    Backwards(String),
    #[error(
        "a source is missing: zero, mean, unchanged, run(…), token(…), axis(…), fact(…) or a row"
    )]
    NoSource,
    #[error(
        "“{0}” is no source; there are zero, mean, unchanged, run(…), token(…), token(…)-token(…), axis(…), fact(…), uniform, first, self, previous, key(…)"
    )]
    UnknownSource(String),
    #[error("“{0}” is too much")]
    TooMuch(String),
    #[error("it is no intervention of an old link: head.L.H, step.L.H.P or state.L.H.P")]
    OldCut,
    #[error("at most {MOST_BLOCKS} blocks run")]
    TooManyBlocks,
}
