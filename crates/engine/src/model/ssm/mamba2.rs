//! Mamba-2: one decay for a whole head, so that the recurrence is a masked matrix too.

use burn::{
    module::{Initializer, Param},
    nn::Linear,
    prelude::*,
    tensor::activation::softplus,
};
use trace::Part;

use super::{At, Make, Removal, STEP_BIAS, Stated, conv::ShortConv};
use crate::model::{
    config::{self, Mamba2Config},
    kernel::silu,
    norm::Norm,
};

/// State-space duality with its convolution, gated norm and skip.
#[derive(Module, Debug)]
pub(in crate::model) struct Mamba2 {
    in_gate: Linear,
    in_conv: Linear,
    in_step: Linear,
    conv: ShortConv,
    /// `[head]`, as are the next two.
    step_bias: Param<Tensor<1>>,
    a_log: Param<Tensor<1>>,
    skip: Param<Tensor<1>>,
    norm: Norm,
    pub(super) output: Option<Linear>,
    n_heads: usize,
    n_groups: usize,
    d_state: usize,
    #[module(skip)]
    steps: [f64; 2],
}

impl Mamba2 {
    /// Heads start with A between 1 and 16, evenly in its logarithm.
    pub(super) fn new(config: &Mamba2Config, norm: config::Norm, make: &Make<'_>) -> Self {
        let Mamba2Config { n_heads, d_head, d_state, n_groups, d_conv, bias, conv_bias, .. } =
            *config;
        let d_inner = n_heads * d_head;
        let n_channels = d_inner + 2 * n_groups * d_state;
        let epsilon = norm.epsilon();
        Self {
            in_gate: make.matrix(make.d_model, d_inner, bias),
            in_conv: make.matrix(make.d_model, n_channels, bias),
            in_step: make.matrix(make.d_model, n_heads, bias),
            conv: ShortConv::new(n_channels, d_conv, conv_bias, make.device),
            step_bias: make.uniform(STEP_BIAS[0], STEP_BIAS[1], [n_heads]),
            a_log: make.uniform(0.0, 16f64.ln(), [n_heads]),
            skip: Initializer::Ones.init([n_heads], make.device),
            norm: Norm::new(config::Norm::RmsNorm { epsilon }, d_inner, make.device),
            output: make.output(d_inner, bias),
            n_heads,
            n_groups,
            d_state,
            steps: [config.min_step, config.max_step.unwrap_or(f64::from(f32::MAX))],
        }
    }

    /// What the output matrix reads, `[batch, pos, head, d_head]`.
    ///
    /// # Sites
    /// `ssm.{conv,gate,step,decay,value,write,read,state,y}`
    ///
    /// # Source
    /// Dao & Gu 2024, section 7.1 (the block) and eq. (2) with scalar A; the norm reads what the
    /// gate let pass, group by group, as in `transformers` 5.
    pub(super) fn forward(&self, normed: &Tensor<3>, probe: &mut At<'_>) -> Tensor<4> {
        let [batch, n_pos, _] = normed.dims();
        let gate = probe.see(Part::SsmGate, silu(self.in_gate.forward(normed.clone())));
        let d_inner = gate.dims()[2];
        let conv = silu(self.conv.forward(self.in_conv.forward(normed.clone())));
        let conv = probe.see(Part::SsmConv, conv);
        let step =
            softplus(self.in_step.forward(normed.clone()) + self.step_bias.val().unsqueeze(), 1.0);
        let step = probe.see(Part::SsmStep, step.clamp(self.steps[0], self.steps[1]));
        let log_decay = step.clone() * (-self.a_log.val().exp()).unsqueeze();
        let groups = |from: usize| {
            let width = self.n_groups * self.d_state;
            let part = conv.clone().narrow(2, from, width);
            part.reshape([batch, n_pos, self.n_groups, self.d_state])
        };
        let d_head = d_inner / self.n_heads;
        let value = conv.clone().narrow(2, 0, d_inner);
        let value = probe.see(Part::SsmValue, value.reshape([batch, n_pos, self.n_heads, d_head]));
        let skipped = value.clone() * self.skip.val().reshape([1, 1, self.n_heads, 1]);
        let stated = Stated {
            step: Some(step),
            log_decay: Some(log_decay.unsqueeze_dim(3)),
            value,
            write: groups(d_inner),
            read: groups(d_inner + self.n_groups * self.d_state),
            removal: Removal::Nothing,
        };
        let y = stated.read(probe, Some(skipped));
        let groups = [batch, n_pos, self.n_groups, d_inner / self.n_groups];
        let gated = (y.reshape([batch, n_pos, d_inner]) * gate).reshape(groups);
        let scaled = gated.clone() / self.norm.scale(gated);
        let gain = self.norm.gain().reshape([1, 1, self.n_heads, d_head]);
        scaled.reshape([batch, n_pos, self.n_heads, d_head]) * gain
    }
}
