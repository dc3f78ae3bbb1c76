//! RWKV-7: what is found in one direction is taken away, and written in another, slot by slot as
//! the token says.

use burn::{module::Param, nn::Linear, prelude::*, tensor::activation::tanh};
use trace::Part;

use super::{At, Make, Removal, Stated, run};
use crate::model::{
    config::{self, Rwkv7Config},
    kernel::sigmoid,
    norm::Norm,
};

/// How many readings of the stream there are: μ has a row for each of r, k, v, d, a and g.
const N_READINGS: usize = 6;

/// Under the root of the norm of each head, as in the authors' code.
const NORM_EPSILON: f64 = 64e-5;

/// Between which the bias of a decay's precursor d starts: from decays near 1 down to 0.9.
const DECAY_BIAS: [f64; 2] = [-6.5, -1.5];

/// Of ξ at the start, as in the authors' code.
const REMOVE_KEY: f64 = 0.85;

/// Least square of a removal key's length, so that nothing is divided by 0.
const LEAST_SQUARE: f64 = 1e-24;

/// Time mixing.
#[derive(Module, Debug)]
pub(in crate::model) struct Rwkv7 {
    /// μ, `[reading, d_model]`: how much of the position before each reading takes in.
    shift: Param<Tensor<2>>,
    read: Linear,
    key: Linear,
    value: Linear,
    decay_down: Linear,
    decay_up: Linear,
    rate_down: Linear,
    rate_up: Linear,
    gate_down: Linear,
    gate_up: Linear,
    /// ξ, `[head · slot]`, as are the next two.
    remove_key: Param<Tensor<1>>,
    /// α
    write_rate: Param<Tensor<1>>,
    /// ρ
    bonus: Param<Tensor<1>>,
    /// Of each head by itself, with a gain for each of its entries.
    norm: Norm,
    pub(super) output: Option<Linear>,
    n_heads: usize,
    d_head: usize,
}

impl Rwkv7 {
    /// Half of each reading is the position before; the bonus starts at 0.
    pub(super) fn new(config: &Rwkv7Config, make: &Make<'_>) -> Self {
        let Rwkv7Config { n_heads, d_head, decay_rank, rate_rank, gate_rank } = *config;
        let (d_model, width) = (make.d_model, n_heads * d_head);
        let reads = |to: usize| make.matrix(d_model, to, false);
        let mut decay_up = make.matrix(decay_rank, width, true);
        decay_up.bias = Some(make.uniform(DECAY_BIAS[0], DECAY_BIAS[1], [width]));
        let epsilon = NORM_EPSILON;
        Self {
            shift: make.all(0.5, [N_READINGS, d_model]),
            read: reads(width),
            key: reads(width),
            value: reads(width),
            decay_down: reads(decay_rank),
            decay_up,
            rate_down: reads(rate_rank),
            rate_up: make.matrix(rate_rank, width, true),
            gate_down: reads(gate_rank),
            gate_up: make.matrix(gate_rank, width, false),
            remove_key: make.all(REMOVE_KEY, [width]),
            write_rate: make.all(1.0, [width]),
            bonus: make.all(0.0, [width]),
            norm: Norm::new(config::Norm::LayerNorm { epsilon }, width, make.device),
            output: make.output(width, false),
            n_heads,
            d_head,
        }
    }

    /// What the output matrix reads, `[batch, pos, head, value]`.
    ///
    /// # Sites
    /// `ssm.{gate,decay,value,write,remove,erase,read,state,y}`
    ///
    /// # Source
    /// Peng et al. 2025, *RWKV-7 "Goose" with expressive dynamic state evolution*, section 4.1, in
    /// its letters:
    /// `S_t = S_{t−1}(diag(w_t) − κ̂_tᵀ(a_t ⊙ κ̂_t)) + v_tᵀ k̃_t`, where the removal key κ̂ is κ of
    /// length one, `κ = k ⊙ ξ`, the replacement key is `k̃ = k ⊙ lerp(1, a, α)`, and
    /// `w = exp(−e^{−1/2} σ(d))`. It goes on with `(norm(r Sᵀ) + (r · (ρ ⊙ k̃)) v) ⊙ g`.
    /// There is no value residual, by which all layers but the first mix the first one's values into
    /// their own; and what follows in a block is our MLP in place of channel mixing.
    pub(super) fn forward(&self, normed: &Tensor<3>, probe: &mut At<'_>) -> Tensor<4> {
        let [r, k, v, d, a, g] = self.readings(normed);
        let gate = self.gate_up.forward(sigmoid(self.gate_down.forward(g)));
        let gate = self.heads(probe.see(Part::SsmGate, gate));
        let decay = self.decay_up.forward(tanh(self.decay_down.forward(d)));
        let rate = self.heads(sigmoid(self.rate_up.forward(self.rate_down.forward(a))));
        let key = self.heads(self.key.forward(k));
        let remove = of_length_one(key.clone() * self.by_slot(&self.remove_key));
        let write = key * ((rate.clone() - 1.0) * self.by_slot(&self.write_rate) + 1.0);
        let stated = Stated {
            step: None,
            log_decay: Some(self.heads(sigmoid(decay) * -(-0.5f64).exp())),
            value: probe.see(Part::SsmValue, self.heads(self.value.forward(v))),
            write,
            read: self.heads(self.read.forward(r)),
            removal: Removal::Own([remove.clone(), remove * rate]),
        };
        let recurrence = stated.seen(probe);
        let y = run(&recurrence, probe);
        let y = probe.see(Part::SsmY, y);
        let bonus = recurrence.read * recurrence.write * self.by_slot(&self.bonus);
        let bonus = bonus.sum_dim(3) * recurrence.value;
        (self.normed(y) + bonus) * gate
    }

    /// `lerp(x_t, x_{t−1}, μ)` with each row of μ, `[batch, pos, d_model]`; nothing is before the
    /// first position.
    fn readings(&self, normed: &Tensor<3>) -> [Tensor<3>; N_READINGS] {
        let [batch, n_pos, d_model] = normed.dims();
        let nothing = Tensor::zeros([batch, 1, d_model], &normed.device());
        let before = Tensor::cat(vec![nothing, normed.clone()], 1).narrow(1, 0, n_pos);
        let change = before - normed.clone();
        std::array::from_fn(|which| {
            let row = self.shift.val().narrow(0, which, 1).reshape([1, 1, d_model]);
            normed.clone() + change.clone() * row
        })
    }

    /// Each head at one scale, times gain, plus bias.
    fn normed(&self, y: Tensor<4>) -> Tensor<4> {
        let centred = self.norm.centred(y);
        let scale = self.norm.scale(centred.clone());
        let scaled = centred / scale * self.form(self.norm.gain());
        match self.norm.bias() {
            Some(bias) => scaled + self.form(bias),
            None => scaled,
        }
    }

    /// What the norm makes of parts of what the heads from `first` read, its scale being that of the
    /// whole, and without its bias: so parts add up to the whole.
    ///
    /// # Shapes
    /// `y`: `[1, head, value]`; `parts`, and what returns: `[part, head, value]`
    pub(in crate::model) fn normed_part(
        &self,
        first: usize,
        y: &Tensor<3>,
        parts: Tensor<3>,
    ) -> Tensor<3> {
        let gain: Tensor<3> = self.norm.gain().reshape([1, self.n_heads, self.d_head]);
        let scale = self.norm.scale(self.norm.centred(y.clone()));
        self.norm.centred(parts) / scale * gain.narrow(1, first, y.dims()[1])
    }

    fn heads(&self, flat: Tensor<3>) -> Tensor<4> {
        let [batch, n_pos, _] = flat.dims();
        flat.reshape([batch, n_pos, self.n_heads, self.d_head])
    }

    fn by_slot(&self, of: &Param<Tensor<1>>) -> Tensor<4> {
        self.form(of.val())
    }

    fn form(&self, flat: Tensor<1>) -> Tensor<4> {
        flat.reshape([1, 1, self.n_heads, self.d_head])
    }
}

fn of_length_one(keys: Tensor<4>) -> Tensor<4> {
    let square = keys.clone().powi_scalar(2).sum_dim(3);
    keys / square.clamp_min(LEAST_SQUARE).sqrt()
}
