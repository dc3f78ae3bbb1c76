//! The state of a recurrent head, position by position.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// The state of a recurrent head after every position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskFilm {
    pub layer: usize,
    pub head: usize,
}

impl Names for AskFilm {
    fn names(&mut self) -> Open<'_> {
        Open { layer: Some(&mut self.layer), head: Some(&mut self.head), ..Open::default() }
    }
}

/// The states of one recurrent head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Film {
    pub layer: usize,
    pub head: usize,
    /// After every position, `[pos, value, slot]`. Where many heads are shown as one, the rows of
    /// all of them.
    pub states: NamedArray,
    /// Singular values of each state, the largest first, `[pos, rank]`.
    pub singular: NamedArray,
    /// Length (root of the sum of squares) of what was added to the state at each position, `[pos]`.
    pub written: NamedArray,
    /// Length of what was removed from it there, by decay and erasing, `[pos]`.
    pub erased: NamedArray,
}
