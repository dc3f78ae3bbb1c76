//! What a state gives back for a key.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// What the state of a recurrent head at `pos` gives back for the key written at `source`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskStateLens {
    pub layer: usize,
    pub head: usize,
    pub pos: usize,
    pub source: usize,
}

impl Names for AskStateLens {
    fn names(&mut self) -> Open<'_> {
        Open { layer: Some(&mut self.layer), head: Some(&mut self.head), ..Open::default() }
    }
}

/// What a state gives back for a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateLens {
    pub layer: usize,
    pub head: usize,
    pub pos: usize,
    pub source: usize,
    /// What that would add to each logit, through gate and output matrix as they are at `pos` and
    /// the final norm's scale, `[vocab]`.
    pub logits: NamedArray,
}
