//! The forms in which a recurrent head can be computed.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// What a recurrent head reads of its state, in three forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskForms {
    pub layer: usize,
    pub head: usize,
}

impl Names for AskForms {
    fn names(&mut self) -> Open<'_> {
        Open { layer: Some(&mut self.layer), head: Some(&mut self.head), ..Open::default() }
    }
}

/// The same thing in three forms: what a recurrent head reads of its state, without a skip.
/// Arrays are `[pos, value]`; where many heads are shown as one, the rows of all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forms {
    pub layer: usize,
    pub head: usize,
    /// Position after position.
    pub recurrence: NamedArray,
    /// All positions together: by chunks, or by a scan where a head's value is one number wide.
    pub parallel: NamedArray,
    pub is_scan: bool,
    /// By the matrix of hidden attention.
    pub matrix: NamedArray,
    /// Largest difference of the parallel form, and of the matrix form, from the recurrence, over
    /// the recurrence's largest value.
    pub apart: [f32; 2],
}
