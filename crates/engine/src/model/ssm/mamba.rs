//! Mamba: a diagonal recurrence for each channel whose step, write and read depend on the token.

use burn::{module::Param, nn::Linear, prelude::*, tensor::activation::softplus};
use trace::Part;

use super::{At, Make, Removal, STEP_BIAS, Stated, conv::ShortConv};
use crate::model::{config::MambaConfig, kernel::silu};

/// S6 with its convolution, gate and skip.
#[derive(Module, Debug)]
pub(in crate::model) struct Mamba {
    in_x: Linear,
    in_gate: Linear,
    conv: ShortConv,
    step_down: Linear,
    step_up: Linear,
    write: Linear,
    read: Linear,
    /// `[channel, slot]`
    a_log: Param<Tensor<2>>,
    /// `[channel]`
    skip: Param<Tensor<1>>,
    pub(super) output: Option<Linear>,
}

impl Mamba {
    /// Slots start with the decays 1, 2, … of S4D-real: Gu & Dao 2023, section 3.6.
    pub(super) fn new(config: &MambaConfig, make: &Make<'_>) -> Self {
        let MambaConfig { d_inner, d_state, d_conv, dt_rank, bias, conv_bias } = *config;
        let mut step_up = make.matrix(dt_rank, d_inner, true);
        step_up.bias = Some(make.uniform(STEP_BIAS[0], STEP_BIAS[1], [d_inner]));
        Self {
            in_x: make.matrix(make.d_model, d_inner, bias),
            in_gate: make.matrix(make.d_model, d_inner, bias),
            conv: ShortConv::new(d_inner, d_conv, conv_bias, make.device),
            step_down: make.matrix(d_inner, dt_rank, false),
            step_up,
            write: make.matrix(d_inner, d_state, false),
            read: make.matrix(d_inner, d_state, false),
            a_log: make.rows(d_inner, (1..=d_state).map(|it| (it as f64).ln())),
            skip: make.ones(d_inner),
            output: make.output(d_inner, bias),
        }
    }

    /// What the output matrix reads, `[batch, pos, channel, 1]`.
    ///
    /// # Sites
    /// `ssm.{conv,gate,step,decay,value,write,read,state,y}`
    ///
    /// # Source
    /// Gu & Dao 2023, algorithm 2 and section 3.4: Ā = exp(Δ A), and Δ B for B̄ as in their code.
    pub(super) fn forward(&self, normed: &Tensor<3>, probe: &mut At<'_>) -> Tensor<4> {
        let conv = silu(self.conv.forward(self.in_x.forward(normed.clone())));
        let conv = probe.see(Part::SsmConv, conv);
        let gate = probe.see(Part::SsmGate, silu(self.in_gate.forward(normed.clone())));
        let step = softplus(self.step_up.forward(self.step_down.forward(conv.clone())), 1.0);
        let step = probe.see(Part::SsmStep, step);
        let a: Tensor<4> = (-self.a_log.val().exp()).unsqueeze();
        let log_decay = step.clone().unsqueeze_dim::<4>(3) * a;
        let value = probe.see(Part::SsmValue, conv.clone().unsqueeze_dim(3));
        let skipped = value.clone() * self.skip.val().reshape([1, 1, -1, 1]);
        let stated = Stated {
            step: Some(step),
            log_decay: Some(log_decay),
            value,
            write: self.write.forward(conv.clone()).unsqueeze_dim(2),
            read: self.read.forward(conv).unsqueeze_dim(2),
            removal: Removal::Nothing,
        };
        let y = stated.read(probe, Some(skipped));
        y * gate.unsqueeze_dim(3)
    }
}
