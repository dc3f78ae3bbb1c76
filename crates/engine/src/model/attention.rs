//! Self-attention: multi-head and grouped-query, causal or full.

use burn::{
    nn::{Initializer, Linear, LinearConfig},
    prelude::*,
    tensor::activation::softmax,
};
use trace::Part;

use super::{
    config::{AttentionConfig, Mask, NetworkConfig, Positions},
    groups::for_heads,
    positions::{Rope, alibi, rotate},
    probe::Probe,
    share::Share,
};

/// Stands for minus infinity. Finite, for WGSL may assume that infinities never occur.
const MASKED: f32 = -1.0e9;

/// The heads of one layer.
#[derive(Module, Debug)]
pub struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    n_heads: usize,
    n_kv_heads: usize,
    d_head: usize,
    #[module(skip)]
    positions: Positions,
    n_rotated: usize,
    #[module(skip)]
    mask: Mask,
    #[module(skip)]
    window: Option<usize>,
}

impl Attention {
    /// Random weights; the output matrix's are smaller by `write_gain`.
    pub fn new(
        own: AttentionConfig,
        config: &NetworkConfig,
        write_gain: f64,
        device: &Device,
    ) -> Self {
        let (n_heads, n_kv_heads, d_head) = (config.n_heads, config.n_kv_heads(), config.d_head());
        let linear = |from: usize, to: usize, bias: bool, gain: f64| {
            let std = gain / (from as f64).sqrt();
            let initializer = Initializer::Normal { mean: 0.0, std };
            LinearConfig::new(from, to).with_bias(bias).with_initializer(initializer).init(device)
        };
        let reads = |heads: usize| linear(config.d_model, heads * d_head, config.bias.qkv, 1.0);
        Self {
            query: reads(n_heads),
            key: reads(n_kv_heads),
            value: reads(n_kv_heads),
            output: linear(n_heads * d_head, config.d_model, config.bias.attn_out, write_gain),
            n_heads,
            n_kv_heads,
            d_head,
            positions: config.positions,
            n_rotated: config.n_rotated(),
            mask: config.mask,
            window: own.window,
        }
    }

    /// What the heads of block `layer` add to the residual stream; where a recurrence shares the
    /// output matrix, through a norm before it.
    ///
    /// # Shapes
    /// `normed`, and what returns: `[batch, pos, d_model]`
    ///
    /// # Sites
    /// `attn.{q,k,v,score,pattern,z,result,out}`
    ///
    /// # Panics
    /// Never: what is written is as wide as what was read.
    ///
    /// # Source
    /// Vaswani et al. 2017, eq. (1); heads that share keys and values as in Ainslie et al. 2023.
    pub(super) fn forward(
        &self,
        layer: usize,
        normed: &Tensor<3>,
        share: Option<&Share>,
        probe: &mut Probe,
    ) -> Tensor<3> {
        let [batch, n_pos, d_model] = normed.dims();
        let heads = |reads: &Linear, n: usize| {
            reads.forward(normed.clone()).reshape([batch, n_pos, n, self.d_head])
        };
        let query = self.placed(heads(&self.query, self.n_heads));
        let query = probe.see_part(layer, Part::AttnQ, query);
        let key = self.placed(heads(&self.key, self.n_kv_heads));
        let key = for_heads(probe.see_part(layer, Part::AttnK, key), self.n_heads);
        let value = probe.see_part(layer, Part::AttnV, heads(&self.value, self.n_kv_heads));
        let value = for_heads(value, self.n_heads);

        let score = query.swap_dims(1, 2).matmul(key.permute([0, 2, 3, 1]));
        let score = self.biased(score / (self.d_head as f64).sqrt());
        let score = probe.see_part(layer, Part::AttnScore, score);
        let pattern = probe.see_part(layer, Part::AttnPattern, softmax(self.masked(score), 3));

        let mixed = pattern.matmul(value.swap_dims(1, 2)).swap_dims(1, 2);
        let mixed = share.map_or(mixed.clone(), |it| it.forward(mixed));
        let mixed = probe.see_part(layer, Part::AttnZ, mixed);
        let out = if probe.edits(layer, Part::AttnResult) {
            self.sum_of_heads(layer, mixed, probe)
        } else {
            if probe.wants(layer, Part::AttnResult) {
                probe.see_part(layer, Part::AttnResult, self.result(mixed.clone()));
            }
            self.output.forward(mixed.reshape([batch, n_pos, self.n_heads * self.d_head]))
        };
        assert_eq!(out.dims(), [batch, n_pos, d_model]);
        probe.see_part(layer, Part::AttnOut, out)
    }

    /// Each head's own addition: its slice of the output matrix, without the shared bias.
    ///
    /// # Shapes
    /// `[batch, pos, head, d_head]` to `[batch, pos, head, d_model]`
    pub fn result(&self, mixed: Tensor<4>) -> Tensor<4> {
        let [_, d_model] = self.output.weight.dims();
        let weight = self.output.weight.val();
        let weight: Tensor<4> = weight.reshape([1, self.n_heads, self.d_head, d_model]);
        mixed.swap_dims(1, 2).matmul(weight).swap_dims(1, 2)
    }

    /// The bias that is added once for all heads, `[d_model]`.
    pub fn output_bias(&self) -> Option<Tensor<1>> {
        self.output.bias.as_ref().map(|it| it.val())
    }

    /// The key–value head that query head `head` reads.
    pub fn kv_head(&self, head: usize) -> usize {
        head / (self.n_heads / self.n_kv_heads)
    }

    /// The output matrix, `[head · d_head, d_model]`.
    pub(super) fn output_weight(&self) -> Tensor<2> {
        self.output.weight.val()
    }

    /// One head's slice of the output matrix, `[d_head, d_model]`.
    pub fn output_of(&self, head: usize) -> Tensor<2> {
        self.output.weight.val().narrow(0, head * self.d_head, self.d_head)
    }

    fn sum_of_heads(&self, layer: usize, mixed: Tensor<4>, probe: &mut Probe) -> Tensor<3> {
        let result = probe.see_part(layer, Part::AttnResult, self.result(mixed));
        let sum = result.sum_dim(2).squeeze_dim(2);
        match self.output_bias() {
            Some(bias) => sum + bias.unsqueeze(),
            None => sum,
        }
    }

    fn placed(&self, heads: Tensor<4>) -> Tensor<4> {
        match self.positions {
            Positions::Rope { theta, interleaved, .. } => {
                rotate(heads, Rope { n_rotated: self.n_rotated, theta, interleaved })
            }
            _ => heads,
        }
    }

    fn biased(&self, score: Tensor<4>) -> Tensor<4> {
        match self.positions {
            Positions::Alibi => {
                let [_, n_heads, n_pos, _] = score.dims();
                let bias = alibi(n_heads, n_pos, &score.device());
                score + bias
            }
            _ => score,
        }
    }

    fn masked(&self, score: Tensor<4>) -> Tensor<4> {
        let [_, _, n_pos, _] = score.dims();
        let (form, device) = ([n_pos, n_pos], score.device());
        let score = match self.mask {
            Mask::Full => score,
            Mask::Causal => {
                // True above the diagonal: where a key comes after its query.
                let future = Tensor::<2, Bool>::tril_mask(form, 0, &device);
                score.mask_fill(future.unsqueeze(), MASKED)
            }
        };
        match self.window {
            Some(window) if window < n_pos => {
                // True where a key comes too long before its query.
                let past = Tensor::<2, Bool>::triu_mask(form, 1 - window as i64, &device);
                score.mask_fill(past.unsqueeze(), MASKED)
            }
            _ => score,
        }
    }
}
