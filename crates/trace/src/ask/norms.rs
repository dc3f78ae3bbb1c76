//! Lengths and angles of the residual stream.

use serde::{Deserialize, Serialize};

use super::{LensSite, Names};
use crate::NamedArray;

/// Lengths and angles of the stream along the depth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskNorms;

impl Names for AskNorms {}

/// Lengths and angles. Arrays are `[depth, pos]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Norms {
    pub sites: Vec<LensSite>,
    /// Length of the stream.
    pub norm: NamedArray,
    /// Cosine with the stream one depth earlier; 1 at the first depth.
    pub cosine_before: NamedArray,
    /// Cosine with the stream at the last depth.
    pub cosine_last: NamedArray,
}
