//! How two heads differ in what they mix.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// The map of a head less that of the head `minus` (layer and head), as shares of each row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskPatternDifference {
    pub layer: usize,
    pub head: usize,
    pub minus: [usize; 2],
}

impl Names for AskPatternDifference {
    fn names(&mut self) -> Open<'_> {
        Open { layer: Some(&mut self.layer), head: Some(&mut self.head), ..Open::default() }
    }
}

/// One pattern less another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatternDifference {
    pub layer: usize,
    pub head: usize,
    /// Layer and head of the pattern that is subtracted.
    pub minus: [usize; 2],
    /// Each row as shares of the sum of its absolute values, the other's subtracted,
    /// `[query, key]`.
    pub weights: NamedArray,
}
