//! Every head's pattern, small.

use serde::{Deserialize, Serialize};

use super::Names;

/// Every head's pattern, shrunk to at most `side` × `side` by taking the weight farthest from 0 of
/// each square. A recurrent head's is the matrix that it amounts to, signed.
///
/// The answer is `[layer, head, query, key]`; NaN where a layer has no such head, or one that
/// amounts to no matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskThumbnails {
    pub side: usize,
}

impl Names for AskThumbnails {}
