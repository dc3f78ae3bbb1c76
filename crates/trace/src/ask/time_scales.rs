//! How recurrent heads write and remember.

use serde::{Deserialize, Serialize};

use super::Names;
use crate::NamedArray;

/// How firmly every recurrent head writes, and how long it remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskTimeScales;

impl Names for AskTimeScales {}

/// Steps, half-lives and gates. Arrays are `[layer, head, pos]`, NaN where there is no such head,
/// or nothing of the kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeScales {
    /// The step: how firmly the position is written.
    pub step: NamedArray,
    /// Positions after which half is left, at the pace of this position: −ln 2 / ln ā, with the
    /// mean of ln ā over the head's slots. Infinite where nothing is forgotten.
    pub half_life: NamedArray,
    /// Mean of the gate over the head's channels.
    pub gate: NamedArray,
}
