//! What the page asks of a trace, and what it is told.

use serde::{Deserialize, Serialize};

use crate::{NamedArray, Site};

/// The last position of the prompt, whichever that is. Positions past the end mean it too.
pub const LAST: usize = usize::MAX;

/// A question about the last run. Names exactly what is shown, so that nothing else is shipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Every head's pattern, shrunk to at most `side` × `side` by taking the largest weight.
    Thumbnails { side: usize },
    /// The whole patterns of some heads of one layer.
    Patterns { layer: usize, heads: Vec<usize> },
    /// How one query of one head comes to its weights and to what it writes.
    AttentionRow { layer: usize, head: usize, query: usize },
    /// What each depth would say at each position if the network stopped there.
    Lens { a: u32, b: u32 },
    /// Where each token's vector stands at each depth, in a plane.
    Paths { basis: Basis },
    /// Lengths and angles of the stream along the depth.
    Norms,
    /// What each part wrote toward token `a` rather than `b` at position `pos`.
    Writers { pos: usize, a: u32, b: u32 },
    /// The logits of the next token.
    Next,
    /// The whole value at a site, which the run keeps where it was asked together with it.
    Site { site: Site },
}

/// The plane in which paths are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Basis {
    /// The first two principal axes of a sample that is stored with the model.
    Stored,
    /// Across: from token `b` to token `a` in the unembedding. Up: the first stored axis without it.
    Frame { a: u32, b: u32 },
    /// Two words of the reader's, as directions of the unembedding, made orthogonal in this order.
    Words { x: u32, y: u32 },
}

/// The answer to the question of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// `[layer, head, query, key]`, at most `side` each way.
    Thumbnails(NamedArray),
    Patterns(Patterns),
    AttentionRow(AttentionRow),
    Lens(Lens),
    Paths(Paths),
    Norms(Norms),
    Writers(Writers),
    /// `[vocab]`, at the last position.
    Next(NamedArray),
    /// With the axes of [`Site::axes`].
    Site {
        site: Site,
        value: NamedArray,
    },
}

/// Patterns of some heads of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patterns {
    pub layer: usize,
    pub heads: Vec<usize>,
    /// `[head, query, key]`, in the order of `heads`.
    pub weights: NamedArray,
}

/// One query's way from scores to what it writes. Each array is `[key]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttentionRow {
    pub layer: usize,
    pub head: usize,
    pub query: usize,
    /// Scaled product of query and key; present for masked keys too.
    pub score: NamedArray,
    /// Weight after mask and softmax.
    pub weight: NamedArray,
    /// Length of each key position's value vector.
    pub value_norm: NamedArray,
    /// Length of what each key position adds to the stream: weight × value through the output matrix.
    pub write_norm: NamedArray,
    /// Whether keys after the query are masked.
    pub is_causal: bool,
}

/// A place where the lens reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LensSite {
    /// The stream that the first block finds.
    Embed,
    /// After the attention of a layer.
    Mid { layer: usize },
    /// After the MLP of a layer.
    Post { layer: usize },
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

/// Direct contributions to the logit difference of two tokens, with the final norm's scale frozen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Writers {
    pub pos: usize,
    pub a: u32,
    pub b: u32,
    /// What the embedding (with positions) wrote.
    pub embed: f32,
    /// `[layer, head]`.
    pub heads: NamedArray,
    /// What the shared output bias of attention wrote, and what an edit of `attn.out` made of it,
    /// `[layer]`.
    pub attn_bias: NamedArray,
    /// `[layer]`.
    pub mlp: NamedArray,
    /// What the final norm's and the unembedding's own bias add.
    pub rest: f32,
    /// The logit difference itself: the sum of all of the above, up to rounding and to what edits
    /// of the stream itself have added.
    pub total: f32,
    /// The same reading of the stream after each depth, `[depth]`.
    pub running: NamedArray,
}
