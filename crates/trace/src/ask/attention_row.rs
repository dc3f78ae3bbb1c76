//! One query of one head, step by step.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// How one query of one head comes to its weights and to what it adds to the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskAttentionRow {
    pub layer: usize,
    pub head: usize,
    pub query: usize,
}

impl Names for AskAttentionRow {
    fn names(&mut self) -> Open<'_> {
        Open { layer: Some(&mut self.layer), head: Some(&mut self.head), ..Open::default() }
    }
}

/// One query's way from scores to what it adds. Each array is `[key]`. Of a recurrent head, the
/// score is the product of what reads and what was written, and the weight is what is left of it,
/// times the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttentionRow {
    pub layer: usize,
    pub head: usize,
    pub query: usize,
    /// Scaled product of query and key; present for masked keys too.
    pub score: NamedArray,
    /// Weight after mask and softmax; NaN where the head amounts to no matrix.
    pub weight: NamedArray,
    /// Length of each key position's value vector.
    pub value_norm: NamedArray,
    /// Length of what each key position adds to the stream: weight × value through the output matrix.
    pub write_norm: NamedArray,
    /// Whether keys after the query are masked.
    pub is_causal: bool,
    /// Whether the head is recurrent: its weights have a sign and no sum.
    pub is_recurrent: bool,
}
