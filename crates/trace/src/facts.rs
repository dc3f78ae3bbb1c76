//! Typed facts of a network: of which kind its parts are.
//!
//! Names that papers gave are here; sentences are made where they are shown.

use serde::{Deserialize, Serialize};

/// How the stream is scaled before it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NormKind {
    /// Ba et al. 2016.
    #[default]
    LayerNorm,
    /// Zhang & Sennrich 2019.
    RmsNorm,
}

impl NormKind {
    /// As its paper calls it.
    pub fn name(self) -> &'static str {
        match self {
            NormKind::LayerNorm => "LayerNorm",
            NormKind::RmsNorm => "RMSNorm",
        }
    }
}

/// How a network learns where a token stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PositionKind {
    /// A learned vector for each position.
    #[default]
    Learned,
    /// Fixed waves.
    Sinusoidal,
    /// Queries and keys turned by their position.
    Rotary,
    /// A penalty on scores that grows with distance.
    Alibi,
    /// Nothing but the causal mask.
    None,
}

/// A recurrent mixer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SsmKind {
    S4d,
    Mamba,
    #[default]
    Mamba2,
    LinearAttention,
    RetNet,
    Gla,
    DeltaNet,
    GatedDeltaNet,
    Rwkv7,
    Gru,
    Lstm,
}

impl SsmKind {
    /// As its paper calls it.
    pub fn name(self) -> &'static str {
        match self {
            SsmKind::S4d => "S4D",
            SsmKind::Mamba => "Mamba",
            SsmKind::Mamba2 => "Mamba-2",
            SsmKind::LinearAttention => "linear attention",
            SsmKind::RetNet => "RetNet",
            SsmKind::Gla => "GLA",
            SsmKind::DeltaNet => "DeltaNet",
            SsmKind::GatedDeltaNet => "gated DeltaNet",
            SsmKind::Rwkv7 => "RWKV-7",
            SsmKind::Gru => "GRU",
            SsmKind::Lstm => "LSTM",
        }
    }
}

/// The number that says how firmly a recurrent mixer writes a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WriteStep {
    /// Δ, after softplus: Gu & Dao 2023.
    Delta,
    /// β, the learning rate of the delta rule: Yang et al. 2024.
    Beta,
}

/// What a recurrent mixer does not have that is not of the common form: GRU, LSTM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lack {
    /// A state that does not go on linearly has no eigenvalues.
    Eigenvalues,
    /// It has one form only.
    OtherForms,
    /// It keeps no state of values by keys.
    StateByKeys,
}
