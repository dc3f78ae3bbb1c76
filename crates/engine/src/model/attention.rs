//! Self-attention: multi-head and grouped-query, causal or full.

use burn::{
    nn::{Initializer, Linear, LinearConfig},
    prelude::*,
};
use trace::Part;

use super::{
    config::{Mask, NetworkConfig, Positions},
    context::{Context, Reads},
    groups::for_heads,
    kernel::softmax,
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
    /// Where the latter half of the heads reads a recurrence.
    context: Option<Context>,
}

/// What stands beside attention and has a part in what it says.
#[derive(Clone, Copy)]
pub(super) enum Beside<'a> {
    Nothing,
    /// A recurrence that writes by the same matrix: a norm before that.
    Share(&'a Share),
    /// What a recurrence said, for the latter half of the heads: `[batch, pos, head · value]`.
    Context(&'a Tensor<3>),
}

impl Attention {
    /// Random weights; the output matrix's are smaller by `write_gain`.
    pub fn new(layer: usize, config: &NetworkConfig, write_gain: f64, device: &Device) -> Self {
        let (n_heads, d_head) = (config.attention_heads(layer), config.d_head());
        let own_kv_heads = config.n_kv_heads();
        let n_kv_heads = own_kv_heads * (n_heads / config.n_heads);
        let window = config.attention(layer).and_then(|it| it.window);
        let linear = |from: usize, to: usize, bias: bool, gain: f64| {
            let std = gain / (from as f64).sqrt();
            let initializer = Initializer::Normal { mean: 0.0, std };
            LinearConfig::new(from, to).with_bias(bias).with_initializer(initializer).init(device)
        };
        let reads = |heads: usize| linear(config.d_model, heads * d_head, config.bias.qkv, 1.0);
        Self {
            query: reads(n_heads),
            key: reads(own_kv_heads),
            value: reads(own_kv_heads),
            output: linear(n_heads * d_head, config.d_model, config.bias.attn_out, write_gain),
            n_heads,
            n_kv_heads,
            d_head,
            positions: config.positions,
            n_rotated: config.n_rotated(),
            mask: config.mask,
            context: config.block_state(layer).zip(window).map(|(own, block)| {
                let widths = [config.d_model, own_kv_heads * d_head];
                Context::new(own, block, widths, |from, to| linear(from, to, config.bias.qkv, 1.0))
            }),
            window,
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
    /// Vaswani et al. 2017, eq. (1); heads that share keys and values as in Ainslie et al. 2023. In a
    /// block-state layer (Fathi et al. 2023, section 3), attention to the own block and to context
    /// states go side by side into one output matrix, as in Hutchins et al. 2022, section 3.1, each
    /// with queries, keys and values of its own; here all are pairs of positions, of which most are
    /// hidden.
    pub(super) fn forward(
        &self,
        layer: usize,
        normed: &Tensor<3>,
        beside: Beside<'_>,
        probe: &mut Probe,
    ) -> Tensor<3> {
        let [batch, n_pos, d_model] = normed.dims();
        let heads = |flat: Tensor<3>| -> Tensor<4> {
            let width = flat.dims()[2];
            flat.reshape([batch, n_pos, width / self.d_head, self.d_head])
        };
        let query = self.placed(heads(self.query.forward(normed.clone())));
        let query = probe.see_part(layer, Part::AttnQ, query);
        let mut key = self.placed(heads(self.key.forward(normed.clone())));
        let mut value = heads(self.value.forward(normed.clone()));
        if let (Some(context), Beside::Context(said)) = (&self.context, beside) {
            let [keys, values] = context.keys_and_values(said, self.d_head);
            key = Tensor::cat(vec![key, keys], 2);
            value = Tensor::cat(vec![value, values], 2);
        }
        let key = self.for_heads(probe.see_part(layer, Part::AttnK, key));
        let value = self.for_heads(probe.see_part(layer, Part::AttnV, value));

        let score = query.swap_dims(1, 2).matmul(key.permute([0, 2, 3, 1]));
        let score = self.known(self.biased(score / (self.d_head as f64).sqrt()));
        let score = probe.see_part(layer, Part::AttnScore, score);
        let pattern = probe.see_part(layer, Part::AttnPattern, self.pattern(score));

        let mixed = pattern.matmul(value.swap_dims(1, 2)).swap_dims(1, 2);
        let mixed = match beside {
            Beside::Share(share) => share.forward(mixed),
            Beside::Nothing | Beside::Context(_) => mixed,
        };
        let mixed = probe.see_part(layer, Part::AttnZ, mixed);
        let out = if probe.changes(layer, Part::AttnResult) {
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

    /// Turned by position; context states and what reads them are not.
    fn placed(&self, heads: Tensor<4>) -> Tensor<4> {
        let Positions::Rope { theta, interleaved, .. } = self.positions else { return heads };
        let rope = Rope { n_rotated: self.n_rotated, theta, interleaved };
        let (count, n_own) = (heads.dims()[2], self.n_own_heads());
        if count <= n_own {
            return rotate(heads, rope);
        }
        let own = rotate(heads.clone().narrow(2, 0, n_own), rope);
        Tensor::cat(vec![own, heads.narrow(2, n_own, count - n_own)], 2)
    }

    /// Heads that read positions.
    fn n_own_heads(&self) -> usize {
        if self.context.is_some() { self.n_heads / 2 } else { self.n_heads }
    }

    fn biased(&self, score: Tensor<4>) -> Tensor<4> {
        match self.positions {
            Positions::Alibi => {
                let [_, n_heads, n_pos, _] = score.dims();
                let (n_own, device) = (self.n_own_heads(), score.device());
                let bias = alibi(n_own, n_pos, &device);
                if n_own == n_heads {
                    return score + bias;
                }
                let none = Tensor::zeros([1, n_heads - n_own, n_pos, n_pos], &device);
                score + Tensor::cat(vec![bias, none], 1)
            }
            _ => score,
        }
    }

    /// Keys or values for every head, at the positions where its queries find them.
    ///
    /// # Shapes
    /// `[batch, pos, kv head, d_head]` to `[batch, pos, head, d_head]`
    fn for_heads(&self, all: Tensor<4>) -> Tensor<4> {
        let Some(context) = &self.context else { return for_heads(all, self.n_heads) };
        let n_own = self.n_kv_heads / 2;
        let n_more = all.dims()[2] - n_own;
        let placed = context.placed(all.clone().narrow(2, n_own, n_more));
        for_heads(Tensor::cat(vec![all.narrow(2, 0, n_own), placed], 2), self.n_heads)
    }

    /// The values that head `head` reads, `[key, d_head]`, of those at the site `attn.v`.
    pub fn values_of(&self, head: usize, all: Tensor<3>) -> Tensor<2> {
        let all = self.for_heads(all.unsqueeze());
        all.narrow(2, head, 1).squeeze_dims(&[0, 2])
    }

    /// Scores with 0 where a context head finds no state.
    fn known(&self, score: Tensor<4>) -> Tensor<4> {
        let Some(hidden) = self.hidden(&score) else { return score };
        let half = self.n_heads / 2;
        let [batch, _, n_pos, _] = score.dims();
        let hidden = hidden.narrow(1, half, half).expand([batch, half, n_pos, n_pos]);
        let of_context = score.clone().narrow(1, half, half).mask_fill(hidden, 0.0);
        Tensor::cat(vec![score.narrow(1, 0, half), of_context], 1)
    }

    /// How much each query reads of each key; nothing where there is nothing to read.
    fn pattern(&self, score: Tensor<4>) -> Tensor<4> {
        let Some(hidden) = self.hidden(&score) else { return softmax(self.masked(score)) };
        let hidden = hidden.expand(score.dims());
        softmax(score.mask_fill(hidden.clone(), MASKED)).mask_fill(hidden, 0.0)
    }

    /// In a block-state layer, true where a head may not read, `[1, head, query, key]`.
    fn hidden(&self, score: &Tensor<4>) -> Option<Tensor<4, Bool>> {
        let context = self.context.as_ref()?;
        let [_, n_heads, n_pos, _] = score.dims();
        let hidden = [Reads::OwnBlock, Reads::Context].map(|reads| {
            let hidden = context.hidden(n_pos, reads, &score.device());
            hidden.unsqueeze::<4>().expand([1, n_heads / 2, n_pos, n_pos])
        });
        Some(Tensor::cat(hidden.to_vec(), 1))
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
