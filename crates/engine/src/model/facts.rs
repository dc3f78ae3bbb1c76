//! Of which kind the parts of a network are, and how large: what a picture of it needs.

use trace::{
    MOST_HEADS, MixerShape, ModelShape, NormKind, PositionKind, SsmKind, SsmShape, WriteStep,
};

use super::config::{
    MlpKind, NetworkConfig, Norm, Placement, Positions, Residual, Rule, SsmConfig,
};

impl SsmConfig {
    /// Which mixer it is.
    pub fn kind(&self) -> SsmKind {
        match self {
            SsmConfig::S4d(_) => SsmKind::S4d,
            SsmConfig::Mamba(_) => SsmKind::Mamba,
            SsmConfig::Mamba2(_) => SsmKind::Mamba2,
            SsmConfig::Linear(it) => match it.rule {
                Rule::LinearAttention => SsmKind::LinearAttention,
                Rule::RetNet => SsmKind::RetNet,
                Rule::Gla => SsmKind::Gla,
                Rule::DeltaNet => SsmKind::DeltaNet,
                Rule::GatedDeltaNet => SsmKind::GatedDeltaNet,
            },
            SsmConfig::Rwkv7(_) => SsmKind::Rwkv7,
            SsmConfig::Gru(_) => SsmKind::Gru,
            SsmConfig::Lstm(_) => SsmKind::Lstm,
        }
    }

    /// What says how firmly it writes each position, where anything does.
    fn step(&self) -> Option<WriteStep> {
        match self {
            SsmConfig::Mamba(_) | SsmConfig::Mamba2(_) => Some(WriteStep::Delta),
            SsmConfig::Linear(it) => it.rule.has_delta_rule().then_some(WriteStep::Beta),
            _ => None,
        }
    }

    /// Numbers that go on from position to position beside the state: what the convolution still
    /// reads, the position before that RWKV-7 mixes in, and what an LSTM let out last.
    fn beside_the_state(&self, d_model: usize) -> usize {
        let conv = |n_channels: usize, d_conv: usize| n_channels * d_conv.saturating_sub(1);
        match self {
            SsmConfig::Mamba(it) => conv(it.d_inner, it.d_conv),
            SsmConfig::Mamba2(it) => {
                conv(it.n_heads * it.d_head + 2 * it.n_groups * it.d_state, it.d_conv)
            }
            SsmConfig::Linear(it) => conv(it.n_heads * (2 * it.d_key + it.d_value), it.d_conv),
            SsmConfig::Rwkv7(_) => d_model,
            SsmConfig::Lstm(it) => it.d_state,
            SsmConfig::S4d(_) | SsmConfig::Gru(_) => 0,
        }
    }

    /// What a picture of it needs.
    fn shape(&self, d_model: usize) -> SsmShape {
        let [n_heads, d_value, n_slots] = self.form(d_model);
        let together = as_one(n_heads);
        let is_rnn = matches!(self, SsmConfig::Gru(_) | SsmConfig::Lstm(_));
        let rule = if let SsmConfig::Linear(it) = self { Some(it.rule) } else { None };
        let is_mamba = matches!(self, SsmConfig::Mamba(_) | SsmConfig::Mamba2(_));
        let forgets_always = is_mamba || matches!(self, SsmConfig::S4d(_) | SsmConfig::Rwkv7(_));
        let forgets = !matches!(rule, Some(Rule::LinearAttention | Rule::DeltaNet));
        SsmShape {
            kind: self.kind(),
            n_heads: n_heads / together,
            together,
            d_value: d_value * together,
            n_slots,
            state_size: n_heads * d_value * n_slots + self.beside_the_state(d_model),
            has_matrix: !is_rnn,
            step: self.step(),
            has_decay: forgets_always || rule.is_some_and(|_| forgets),
        }
    }
}

impl NetworkConfig {
    /// What a picture of the mixer of block `layer` needs.
    fn mixer_shape(&self, layer: usize) -> MixerShape {
        let attention = self.attention(layer);
        let kept = 2 * self.n_kv_heads() * self.d_head();
        let mut ssm = self.ssm(layer).map(|it| it.shape(self.d_model));
        if let (Some(own), Some(ssm)) = (self.block_state(layer), &mut ssm) {
            // Keys and values of the block before.
            ssm.state_size += own.n_states * kept;
        }
        MixerShape {
            n_attention_heads: self.attention_heads(layer),
            window: attention.and_then(|it| it.window),
            cache_size: attention.map_or(0, |_| kept),
            ssm,
        }
    }

    /// What a picture of the network needs.
    pub fn shape(&self) -> ModelShape {
        let norm = match self.norm {
            Norm::LayerNorm { .. } => NormKind::LayerNorm,
            Norm::RmsNorm { .. } => NormKind::RmsNorm,
        };
        let positions = match self.positions {
            Positions::Learned => PositionKind::Learned,
            Positions::Sinusoidal => PositionKind::Sinusoidal,
            Positions::Rope { .. } => PositionKind::Rotary,
            Positions::Alibi => PositionKind::Alibi,
            Positions::None => PositionKind::None,
        };
        let mixers: Vec<_> = (0..self.n_layers).map(|layer| self.mixer_shape(layer)).collect();
        let n_heads =
            |it: &MixerShape| it.n_attention_heads + it.ssm.as_ref().map_or(0, |ssm| ssm.n_heads);
        ModelShape {
            n_layers: self.n_layers,
            n_heads: mixers.iter().map(n_heads).max().unwrap_or(0),
            mixers,
            n_kv_heads: self.n_kv_heads(),
            d_model: self.d_model,
            d_head: self.d_head(),
            d_mlp: self.d_mlp,
            d_vocab: self.d_vocab,
            n_ctx: self.n_ctx,
            is_parallel: self.residual == Residual::Parallel,
            is_additive: self.placement == Placement::Pre,
            has_mlp: self.mlp != MlpKind::None,
            norm,
            positions,
        }
    }
}

/// How many of so many heads are shown as one, so that there are at most [`MOST_HEADS`].
fn as_one(n_heads: usize) -> usize {
    let fits = |it: &usize| n_heads.is_multiple_of(*it) && n_heads / it <= MOST_HEADS;
    (1..=n_heads).find(fits).unwrap_or(1)
}
