//! Names of the axes of arrays.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What an axis of an array counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Axis {
    /// Blocks, from 0.
    Layer,
    /// Places where the lens reads: the embedding, then after each sub-block.
    Depth,
    /// Heads of attention, or of a recurrent mixer.
    Head,
    /// Heads that hold keys and values; fewer than [`Axis::Head`] in grouped-query attention.
    KvHead,
    /// Positions of the prompt.
    Pos,
    /// Positions as readers.
    Query,
    /// Positions as read.
    Key,
    /// Width of the residual stream (`d_model`).
    Model,
    /// Width of one head (`d_head`).
    HeadDim,
    /// Hidden units of the MLP (`d_mlp`).
    Mlp,
    /// Channels that a recurrent mixer convolves or gates.
    Channel,
    /// Sets of heads of a recurrent mixer that share where they write and read.
    Group,
    /// Rows of a head's state: entries of what is written (Mamba-1: one, for each channel is a head).
    Value,
    /// Columns of a head's state: where it is written (`d_state`, or the width of a key).
    Slot,
    /// The vocabulary (`d_vocab`).
    Vocab,
    /// Singular values of a matrix, the largest first.
    Rank,
    /// Coordinates in a plane: x, then y.
    Plane,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Axis::Layer => "layer",
            Axis::Depth => "depth",
            Axis::Head => "head",
            Axis::KvHead => "kv_head",
            Axis::Pos => "pos",
            Axis::Query => "query",
            Axis::Key => "key",
            Axis::Model => "d_model",
            Axis::HeadDim => "d_head",
            Axis::Mlp => "d_mlp",
            Axis::Channel => "channel",
            Axis::Group => "group",
            Axis::Value => "value",
            Axis::Slot => "slot",
            Axis::Vocab => "vocab",
            Axis::Rank => "rank",
            Axis::Plane => "plane",
        };
        f.write_str(name)
    }
}
