//! One block: a mixer of positions and an MLP, each reading the stream and writing back to it.

use burn::prelude::*;
use trace::Part;

use super::{
    attention::{Attention, Beside},
    config::{NetworkConfig, Placement, Residual},
    mlp::Mlp,
    norm::Norm,
    probe::Probe,
    share::Share,
    ssm::Ssm,
};

/// A layer of the network.
#[derive(Module, Debug)]
pub(super) struct Block {
    norm1: Norm,
    pub(super) attn: Option<Attention>,
    /// Where there is attention too, both read the same and add what they say.
    pub(super) ssm: Option<Ssm>,
    /// Attention's norm and the recurrence's, where both write by attention's matrix.
    pub(super) share: Option<Shares>,
    /// Whether attention reads what the recurrence says.
    is_context: bool,
    norm2: Option<Norm>,
    mlp: Option<Mlp>,
    #[module(skip)]
    placement: Placement,
    #[module(skip)]
    residual: Residual,
}

#[derive(Module, Debug)]
pub(super) struct Shares {
    attn: Share,
    ssm: Share,
}

impl Block {
    /// Random weights; those of matrices that write to the stream are smaller by `write_gain`.
    pub(super) fn new(
        layer: usize,
        config: &NetworkConfig,
        write_gain: f64,
        device: &Device,
    ) -> Self {
        let mlp = Mlp::new(config, write_gain, device);
        let norm = || Norm::new(config.norm, config.d_model, device);
        let is_shared = config.shares_output(layer);
        let share = || Share::new(config.n_heads * config.d_head(), config.norm, device);
        let has_output = !is_shared && config.block_state(layer).is_none();
        let ssm_gain = has_output.then_some(write_gain);
        Self {
            norm1: norm(),
            attn: config
                .attention(layer)
                .map(|_| Attention::new(layer, config, write_gain, device)),
            ssm: config.ssm(layer).map(|it| Ssm::new(&it, config, ssm_gain, device)),
            is_context: config.block_state(layer).is_some(),
            share: is_shared.then(|| Shares { attn: share(), ssm: share() }),
            norm2: mlp.is_some().then(norm),
            mlp,
            placement: config.placement,
            residual: config.residual,
        }
    }

    /// The stream after this block.
    ///
    /// # Shapes
    /// `stream`, and what returns: `[batch, pos, d_model]`
    ///
    /// # Sites
    /// `resid_pre`, `attn.norm`, `ssm.norm`, `resid_mid`, `mlp.norm`, `resid_post`, and those of the parts
    pub(super) fn forward(&self, layer: usize, stream: Tensor<3>, probe: &mut Probe) -> Tensor<3> {
        let stream = probe.see_part(layer, Part::ResidPre, stream);
        let after = match (self.placement, self.residual) {
            (Placement::Pre, Residual::Serial) => self.serial(layer, stream, probe),
            (Placement::Pre, Residual::Parallel) => self.parallel(layer, stream, probe),
            (Placement::Post, _) => self.post(layer, stream, probe),
        };
        probe.see_part(layer, Part::ResidPost, after)
    }

    fn serial(&self, layer: usize, stream: Tensor<3>, probe: &mut Probe) -> Tensor<3> {
        let mid = stream.clone() + self.mixed(layer, self.norm1.forward(stream), probe);
        let Some((norm, mlp)) = self.second() else { return mid };
        let mid = probe.see_part(layer, Part::ResidMid, mid);
        let normed = probe.see_part(layer, Part::MlpNorm, norm.forward(mid.clone()));
        mid + mlp.forward(layer, normed, probe)
    }

    fn parallel(&self, layer: usize, stream: Tensor<3>, probe: &mut Probe) -> Tensor<3> {
        let mixed = self.mixed(layer, self.norm1.forward(stream.clone()), probe);
        let Some((norm, mlp)) = self.second() else { return stream + mixed };
        let normed = probe.see_part(layer, Part::MlpNorm, norm.forward(stream.clone()));
        stream + mixed + mlp.forward(layer, normed, probe)
    }

    fn post(&self, layer: usize, stream: Tensor<3>, probe: &mut Probe) -> Tensor<3> {
        let mid = self.norm1.forward(stream.clone() + self.mixed(layer, stream, probe));
        let Some((norm, mlp)) = self.second() else { return mid };
        let mid = probe.see_part(layer, Part::ResidMid, mid);
        let read = probe.see_part(layer, Part::MlpNorm, mid.clone());
        norm.forward(mid + mlp.forward(layer, read, probe))
    }

    /// The matrix that the recurrence writes with, `[head · value, d_model]`, where there is one.
    pub(super) fn ssm_output(&self) -> Option<Tensor<2>> {
        match self.share {
            Some(_) => self.attn.as_ref().map(Attention::output_weight),
            None => self.ssm.as_ref()?.output().map(|it| it.weight.val()),
        }
    }

    /// What attention and recurrence add to the stream.
    fn mixed(&self, layer: usize, normed: Tensor<3>, probe: &mut Probe) -> Tensor<3> {
        if let (true, Some(attn), Some(ssm)) = (self.is_context, &self.attn, &self.ssm) {
            let read = probe.see_part(layer, Part::SsmNorm, normed.clone());
            let said = ssm.said(layer, &read, probe);
            let normed = probe.see_part(layer, Part::AttnNorm, normed);
            return attn.forward(layer, &normed, Beside::Context(&said), probe);
        }
        let attn = self.attn.as_ref().map(|attn| {
            let normed = probe.see_part(layer, Part::AttnNorm, normed.clone());
            let beside = self.share.as_ref().map_or(Beside::Nothing, |it| Beside::Share(&it.attn));
            attn.forward(layer, &normed, beside, probe)
        });
        let ssm = self.ssm.as_ref().map(|ssm| {
            let normed = probe.see_part(layer, Part::SsmNorm, normed);
            let weight = self.attn.as_ref().map(Attention::output_weight);
            let shared = self.share.as_ref().map(|it| &it.ssm).zip(weight);
            ssm.forward(layer, &normed, shared, probe)
        });
        match (attn, ssm) {
            (Some(attn), Some(ssm)) => attn + ssm,
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => unreachable!("a mixer is one of the two, or both"),
        }
    }

    fn second(&self) -> Option<(&Norm, &Mlp)> {
        self.norm2.as_ref().zip(self.mlp.as_ref())
    }
}
