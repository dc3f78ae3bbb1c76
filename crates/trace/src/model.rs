//! What the page must know of a model in order to draw it.

use serde::{Deserialize, Serialize};

/// A model that is ready to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    pub id: String,
    /// One sentence from its card.
    pub about: String,
    pub n_params: usize,
    /// Bytes of the weights file.
    pub size_bytes: u64,
    /// SHA-256 of the weights file, in hexadecimal.
    pub digest: String,
    pub shape: ModelShape,
    /// The text of every token, by id.
    pub vocab: Vec<String>,
    /// Known-good prompts.
    pub prompts: Vec<String>,
    /// Whether a basis fitted on stored text came with the model.
    pub has_basis: bool,
    /// What its card measured, if anything.
    pub phenomena: Vec<Phenomenon>,
}

/// The form of a network, as far as a picture of it needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelShape {
    pub n_layers: usize,
    pub n_heads: usize,
    pub n_kv_heads: usize,
    pub d_model: usize,
    pub d_head: usize,
    pub d_mlp: usize,
    pub d_vocab: usize,
    /// Most positions of a prompt.
    pub n_ctx: usize,
    /// Whether attention and MLP read the same stream, so that there is no place between them.
    pub is_parallel: bool,
    pub has_mlp: bool,
    /// "LayerNorm" or "RMSNorm", and where it stands.
    pub norm: String,
    /// How positions come in.
    pub positions: String,
}

/// One thing that a model was tested on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phenomenon {
    pub name: String,
    /// Share of right answers, 0..=1.
    pub accuracy: f32,
    pub n_cases: usize,
}

/// What runs a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Whether it is the graphics card.
    pub is_gpu: bool,
    /// As the driver names it.
    pub name: String,
}
