//! Bringing the stream to one scale before it is read.

use burn::{
    module::{Initializer, Param},
    prelude::*,
};

use super::config;

/// LayerNorm or RMSNorm over the last axis.
#[derive(Module, Debug)]
pub struct Norm {
    gain: Param<Tensor<1>>,
    /// LayerNorm has one.
    bias: Option<Param<Tensor<1>>>,
    epsilon: f64,
    is_centred: bool,
}

impl Norm {
    /// Gain 1 and bias 0.
    pub fn new(kind: config::Norm, d_model: usize, device: &Device) -> Self {
        let is_centred = matches!(kind, config::Norm::LayerNorm { .. });
        Self {
            gain: Initializer::Ones.init([d_model], device),
            bias: is_centred.then(|| Initializer::Zeros.init([d_model], device)),
            epsilon: kind.epsilon(),
            is_centred,
        }
    }

    /// The stream at one scale, times gain, plus bias.
    ///
    /// # Source
    /// Ba et al. 2016, eq. (4); Zhang & Sennrich 2019, eq. (4).
    pub fn forward<const D: usize>(&self, stream: Tensor<D>) -> Tensor<D> {
        let centred = self.centred(stream);
        let scale = self.scale(centred.clone());
        let scaled = centred / scale * self.gain.val().unsqueeze();
        match &self.bias {
            Some(bias) => scaled + bias.val().unsqueeze(),
            None => scaled,
        }
    }

    /// The stream without its mean, where the norm takes it out.
    pub fn centred<const D: usize>(&self, stream: Tensor<D>) -> Tensor<D> {
        if !self.is_centred {
            return stream;
        }
        let mean = stream.clone().mean_dim(D - 1);
        stream - mean
    }

    /// What the centred stream is divided by.
    ///
    /// # Shapes
    /// `[.., d_model]` to `[.., 1]`.
    pub fn scale<const D: usize>(&self, centred: Tensor<D>) -> Tensor<D> {
        (centred.powi_scalar(2).mean_dim(D - 1) + self.epsilon).sqrt()
    }

    /// The gain, `[d_model]`.
    pub fn gain(&self) -> Tensor<1> {
        self.gain.val()
    }

    /// The bias, `[d_model]`, where there is one.
    pub fn bias(&self) -> Option<Tensor<1>> {
        self.bias.as_ref().map(Param::val)
    }
}
