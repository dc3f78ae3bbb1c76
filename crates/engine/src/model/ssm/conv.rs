//! The short convolution before a recurrence: each channel mixes a few neighbouring positions.

use burn::{
    module::{Initializer, Param},
    prelude::*,
};

/// A causal filter for each channel.
#[derive(Module, Debug)]
pub(super) struct ShortConv {
    /// `[channel, tap]`; the last tap is the position's own.
    weight: Param<Tensor<2>>,
    bias: Option<Param<Tensor<1>>>,
}

impl ShortConv {
    /// Random taps with variance one over their number.
    pub(super) fn new(n_channels: usize, n_taps: usize, has_bias: bool, device: &Device) -> Self {
        let std = 1.0 / (n_taps as f64).sqrt();
        let initializer = Initializer::Normal { mean: 0.0, std };
        Self {
            weight: initializer.init([n_channels, n_taps], device),
            bias: has_bias.then(|| Initializer::Zeros.init([n_channels], device)),
        }
    }

    /// `y_t = Σ_k w_k x_{t−K+1+k}`, with nothing before the first position.
    ///
    /// # Shapes
    /// `x`, and what returns: `[batch, pos, channel]`
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, n_pos, n_channels] = x.dims();
        let [_, n_taps] = self.weight.dims();
        let padded = if n_taps == 1 {
            x
        } else {
            let nothing = Tensor::zeros([batch, n_taps - 1, n_channels], &x.device());
            Tensor::cat(vec![nothing, x], 1)
        };
        let weight = self.weight.val();
        let tap = |which: usize| {
            let factor = weight.clone().narrow(1, which, 1).reshape([1, 1, n_channels]);
            padded.clone().narrow(1, which, n_pos) * factor
        };
        let sum = (1..n_taps).fold(tap(0), |sum, which| sum + tap(which));
        match &self.bias {
            Some(bias) => sum + bias.val().unsqueeze(),
            None => sum,
        }
    }
}
