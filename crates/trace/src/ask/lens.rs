//! The logit lens.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// What each depth would predict at each position if the network stopped there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskLens {
    pub a: u32,
    pub b: u32,
}

impl Names for AskLens {
    fn names(&mut self) -> Open<'_> {
        Open { pair: Some([&mut self.a, &mut self.b]), ..Open::default() }
    }
}

/// A place where the lens reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LensSite {
    /// The stream that the first block finds.
    Embed,
    /// After the mixer of a layer, at the pass through it that `pass` counts from 0.
    Mid { layer: usize, pass: usize },
    /// After the MLP of a layer, at that pass.
    Post { layer: usize, pass: usize },
}

impl LensSite {
    /// After the mixer of a layer, at its first pass.
    pub const fn mid(layer: usize) -> Self {
        LensSite::Mid { layer, pass: 0 }
    }

    /// After the MLP of a layer, at its first pass.
    pub const fn post(layer: usize) -> Self {
        LensSite::Post { layer, pass: 0 }
    }
}

/// What the unembedding says of the stream at each depth. Arrays are `[depth, pos]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    /// Which place each index of the depth axis is.
    pub sites: Vec<LensSite>,
    /// The most probable token, row-major like the arrays.
    pub top: Vec<u32>,
    /// Its probability.
    pub top_prob: NamedArray,
    /// Entropy of the distribution, in nats.
    pub entropy: NamedArray,
    /// KL divergence from the output to the lens, KL(output ‖ lens), in nats.
    pub kl: NamedArray,
    pub a: u32,
    pub b: u32,
    /// Log-probability in nats of tokens `a` and `b`.
    pub logprob_a: NamedArray,
    pub logprob_b: NamedArray,
    /// How many tokens are more probable than `a` (and `b`); 0 is first place.
    pub rank_a: NamedArray,
    pub rank_b: NamedArray,
}
