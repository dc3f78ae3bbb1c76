//! Claims as tests: an expression over measures, and whether it holds of what was measured.
//!
//! ```text
//! right(gru; steps=60) > 0.9 && right(transformer; steps=60) < 0.6
//! slope(right(mamba; steps=*)) < 0 || max(loss(a; words=10), loss(b; words=10)) - 0.8 < 0.01
//! ```
//!
//! `measure(network; size=value)` is a number for every seed of the network; `size=*` makes it a
//! series over sizes, for `slope`, `corr`, `min` and `max`. Then `+ − * /`, comparisons, `&&`, `||`
//! and brackets, which bind as usual. A probe that reads each site alone takes `site=…` beside the
//! size: `by-layer(transformer; words=10, site=blocks.3.resid_post)`. A hyphen between letters belongs to a name.
//!
//! # When a comparison is met
//! Its difference, left less right, is computed for every seed that all of its networks have. With
//! two or more seeds, it has Student's 95 % interval over seeds, which is what a claim about a
//! recipe needs; it is never taken narrower than the interval over rows within the seeds, so that
//! seeds that agree by chance, or all at 100 %, are not taken for certainty. With one seed there is
//! only the interval over rows, and the finding says so. The comparison is *met* where the whole
//! interval is on its side, *not met* where none of it is, *undecided* otherwise. `&&` and `||` take
//! undecided for what may go either way.

mod parse; // start here

mod evaluate;

use serde::{Deserialize, Serialize};

pub use self::{
    evaluate::{Compared, EvaluateError, Finding, Ours},
    parse::{Metric, Test},
};
use crate::format::Expect;
pub use crate::token::TextError as ClaimError;

/// What a test comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Met,
    NotMet,
    Undecided,
}

impl Outcome {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Met => "met",
            Outcome::NotMet => "not met",
            Outcome::Undecided => "undecided",
        }
    }

    /// Whether it is what the lab's author says that it is.
    pub fn is(self, expect: Expect) -> bool {
        match expect {
            Expect::Met => self == Outcome::Met,
            Expect::NotMet | Expect::NotAtThisSize => self == Outcome::NotMet,
            Expect::Undecided => self == Outcome::Undecided,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Outcome::NotMet, _) | (_, Outcome::NotMet) => Outcome::NotMet,
            (Outcome::Met, Outcome::Met) => Outcome::Met,
            _ => Outcome::Undecided,
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    fn not(self) -> Self {
        match self {
            Outcome::Met => Outcome::NotMet,
            Outcome::NotMet => Outcome::Met,
            Outcome::Undecided => Outcome::Undecided,
        }
    }
}
