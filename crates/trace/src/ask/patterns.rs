//! Whole patterns of some heads.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// The whole patterns of some heads of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskPatterns {
    pub layer: usize,
    pub heads: Vec<usize>,
}

impl Names for AskPatterns {
    fn names(&mut self) -> Open<'_> {
        Open { layer: Some(&mut self.layer), ..Open::default() }
    }
}

/// Patterns of some heads of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patterns {
    pub layer: usize,
    pub heads: Vec<usize>,
    /// `[head, query, key]`, in the order of `heads`; NaN where the layer has no such head, or one
    /// that amounts to no matrix.
    pub weights: NamedArray,
    /// Which of `heads` are recurrent, whose weights have a sign and no sum.
    pub is_recurrent: Vec<bool>,
}
