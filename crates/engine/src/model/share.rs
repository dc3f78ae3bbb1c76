//! Hymba's way to put attention and recurrence together: each at one scale, and their mean.

use burn::prelude::*;

use super::{config, norm::Norm};

/// The norm of one of two mixers that write by one matrix.
#[derive(Module, Debug)]
pub(super) struct Share {
    /// Its gain is β.
    norm: Norm,
}

impl Share {
    /// Gain 1.
    pub(super) fn new(width: usize, norm: config::Norm, device: &Device) -> Self {
        let epsilon = norm.epsilon();
        Self { norm: Norm::new(config::Norm::RmsNorm { epsilon }, width, device) }
    }

    /// This mixer's half of the mean, `½ β ⊙ norm(mixed)`, the norm being over all heads together.
    ///
    /// # Shapes
    /// `mixed`, and what returns: `[batch, pos, head, value]`
    ///
    /// # Source
    /// Dong et al. 2024, *Hymba: a hybrid-head architecture for small language models*, section 2.1:
    /// `Y = W_out (β₁ norm(M_attn X̃) + β₂ norm(M_ssm X̃))`, whose sum their figure and code take the
    /// mean of. The norm is RMSNorm, and β, which their formula has beside it, is its gain. Their
    /// meta tokens and the keys and values that layers share are no part of it.
    pub(super) fn forward(&self, mixed: Tensor<4>) -> Tensor<4> {
        let form = mixed.dims();
        let [batch, n_pos, n_heads, d_value] = form;
        let flat: Tensor<3> = mixed.reshape([batch, n_pos, n_heads * d_value]);
        (self.norm.forward(flat) * 0.5).reshape(form)
    }
}
