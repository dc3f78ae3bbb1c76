//! A fact as a probe reads it at every position of the run.

use serde::{Deserialize, Serialize};

use super::Names;
use crate::{Frame, NamedArray, Site};

/// What the fitted probe of a fact reads at a site, beside the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskDecoded {
    pub site: Site,
    pub fact: String,
}

impl Names for AskDecoded {}

/// The truth and what is read, a row for each position, in the columns of
/// [`Probed::exact`](crate::Probed).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decoded {
    pub site: Site,
    pub fact: String,
    pub exact: Box<Frame>,
    pub decoded: Box<Frame>,
    /// All numbers of the fact, `[pos, slot]`: the truth, and what is read.
    pub values: [NamedArray; 2],
    /// What the exact predictor would say comes next, `[pos, vocab]`, if the fact were the truth and
    /// if it were what is read; none where the fact does not tell.
    pub next: Option<[NamedArray; 2]>,
}
