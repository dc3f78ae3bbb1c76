//! The MLP of a block: plain or gated.

use burn::{
    nn::{Initializer, Linear, LinearConfig},
    prelude::*,
    tensor::activation,
};
use trace::Part;

use super::{
    config::{Activation, MlpKind, NetworkConfig},
    kernel,
    probe::Probe,
};

/// Hidden units between two matrices, with a gate where the config has one.
#[derive(Module, Debug)]
pub(super) struct Mlp {
    gate: Option<Linear>,
    up: Linear,
    down: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Mlp {
    /// Random weights, the last matrix's smaller by `write_gain`; `None` where the
    /// config has no MLP.
    pub(super) fn new(config: &NetworkConfig, write_gain: f64, device: &Device) -> Option<Self> {
        let (activation, is_gated) = match config.mlp {
            MlpKind::None => return None,
            MlpKind::Plain { activation } => (activation, false),
            MlpKind::Gated { activation } => (activation, true),
        };
        let linear = |from: usize, to: usize, gain: f64| {
            let std = gain / (from as f64).sqrt();
            let initializer = Initializer::Normal { mean: 0.0, std };
            LinearConfig::new(from, to)
                .with_bias(config.bias.mlp)
                .with_initializer(initializer)
                .init(device)
        };
        let reads = || linear(config.d_model, config.d_mlp, 1.0);
        Some(Self {
            gate: is_gated.then(reads),
            up: reads(),
            down: linear(config.d_mlp, config.d_model, write_gain),
            activation,
        })
    }

    /// What the MLP of block `layer` adds to the residual stream.
    ///
    /// # Shapes
    /// `normed`, and what returns: `[batch, pos, d_model]`
    ///
    /// # Sites
    /// `mlp.{pre,linear,act,out}`
    ///
    /// # Source
    /// Vaswani et al. 2017, eq. (2); gated as in Shazeer 2020, eq. (5) and (6).
    pub(super) fn forward(&self, layer: usize, normed: Tensor<3>, probe: &mut Probe) -> Tensor<3> {
        let hidden = match &self.gate {
            None => {
                let pre = probe.see_part(layer, Part::MlpPre, self.up.forward(normed));
                activate(self.activation, pre)
            }
            Some(gate) => {
                let pre = probe.see_part(layer, Part::MlpPre, gate.forward(normed.clone()));
                let linear = probe.see_part(layer, Part::MlpLinear, self.up.forward(normed));
                activate(self.activation, pre) * linear
            }
        };
        let hidden = probe.see_part(layer, Part::MlpAct, hidden);
        probe.see_part(layer, Part::MlpOut, self.down.forward(hidden))
    }
}

fn activate(kind: Activation, pre: Tensor<3>) -> Tensor<3> {
    match kind {
        Activation::Relu => activation::relu(pre),
        Activation::Gelu => kernel::gelu(pre),
        Activation::GeluTanh => activation::gelu_approximate(pre),
        Activation::Silu => kernel::silu(pre),
        Activation::Identity => pre,
    }
}
