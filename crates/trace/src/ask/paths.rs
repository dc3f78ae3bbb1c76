//! Paths of the residual stream through a plane.

use serde::{Deserialize, Serialize};

use super::{LensSite, Names, Open};
use crate::NamedArray;

/// Where each token's vector stands at each depth, in a plane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskPaths {
    pub basis: Basis,
}

impl Names for AskPaths {
    fn names(&mut self) -> Open<'_> {
        let pair = match &mut self.basis {
            Basis::Pair { a, b } => Some([a, b]),
            _ => None,
        };
        Open { pair, ..Open::default() }
    }
}

/// The plane in which paths are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Basis {
    /// The first two principal axes of a sample that is stored with the model.
    Stored,
    /// Across: from token `b` to token `a` in the unembedding. Up: the first stored axis without it.
    Pair { a: u32, b: u32 },
    /// Two words of the reader's, as directions of the unembedding, made orthogonal in this order.
    Words { x: u32, y: u32 },
}

/// Paths through a plane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paths {
    pub sites: Vec<LensSite>,
    pub basis: Basis,
    /// `[depth, pos, plane]`, in units of the stream.
    pub points: NamedArray,
    /// Share of the stream's variance (over depths and positions of this prompt, about its mean)
    /// that each of the two directions holds, `[plane]`.
    pub variance_share: NamedArray,
}
