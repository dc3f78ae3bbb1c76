//! Direct logit attribution.

use serde::{Deserialize, Serialize};

use super::{Names, Open};
use crate::NamedArray;

/// What each component adds to the logit of token `a` less that of token `b` at position `pos`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskAttribution {
    pub pos: usize,
    pub a: u32,
    pub b: u32,
}

impl Names for AskAttribution {
    fn names(&mut self) -> Open<'_> {
        Open { pair: Some([&mut self.a, &mut self.b]), ..Open::default() }
    }
}

/// Direct contributions to the logit difference of two tokens, with the final norm's scale frozen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    pub pos: usize,
    pub a: u32,
    pub b: u32,
    /// What the embedding (with positions) adds.
    pub embed: f32,
    /// `[layer, head]`, summed over the passes through the layer; 0 where the layer did not run.
    pub heads: NamedArray,
    /// What the shared output bias of attention adds, and what an intervention at `attn.out` made
    /// of it, `[layer]`, summed as `heads`.
    pub attn_bias: NamedArray,
    /// `[layer]`.
    pub mlp: NamedArray,
    /// What the final norm's and the unembedding's own bias add.
    pub rest: f32,
    /// The logit difference itself: the sum of all of the above, up to rounding and to what
    /// interventions in the stream itself have added.
    pub total: f32,
    /// The same reading of the stream after each depth, `[depth]`.
    pub running: NamedArray,
}

/// Layer and head of the contribution farthest from 0, of `[layer, head]`.
pub fn strongest(heads: &NamedArray) -> Option<[usize; 2]> {
    let n_heads = heads.dims().get(1)?.1;
    let known = heads.values().iter().enumerate().filter(|it| !it.1.is_nan());
    let best = known.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    Some([best.0 / n_heads, best.0 % n_heads])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Axis;

    #[test]
    fn the_strongest_head_is_the_farthest_from_0() {
        let heads = vec![0.5, -0.1, 0.2, -3.0, 1.0, 2.0];
        let heads = NamedArray::new(heads, &[(Axis::Layer, 2), (Axis::Head, 3)]).unwrap();
        assert_eq!(strongest(&heads), Some([1, 0]));
        let none = NamedArray::new(vec![f32::NAN; 2], &[(Axis::Layer, 1), (Axis::Head, 2)]);
        assert_eq!(strongest(&none.unwrap()), None);
    }
}
