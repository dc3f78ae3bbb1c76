//! How the state of a recurrent head goes on by itself.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// The eigenvalues of what takes a recurrent head's state from one position to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskEigenvalues {
    pub layer: usize,
    pub head: usize,
}

impl Names for AskEigenvalues {
    fn names(&mut self) -> Open<'_> {
        Open { layer: Some(&mut self.layer), head: Some(&mut self.head), ..Open::default() }
    }
}

/// The transition of one recurrent head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eigenvalues {
    pub layer: usize,
    pub head: usize,
    /// Eigenvalues of the transition at each position, real and imaginary part, the farthest from
    /// 0 first where something is erased, `[pos, rank, plane]`. Where many heads are shown as one,
    /// those of all of them.
    pub values: NamedArray,
}
