//! Models from files: ours, and folders as `transformers` saves them.

mod package; // start here

mod checkpoints;
mod fill;
#[cfg(not(target_family = "wasm"))]
mod folder;
#[cfg(not(target_family = "wasm"))]
mod transformers;
mod weights;
mod words;

pub use checkpoints::{
    CHECKPOINTS_FILE, CHECKPOINTS_VERSION, Checkpoints, CheckpointsError, CheckpointsFile,
    MOST_LEVELS,
};
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub(crate) use checkpoints::{
    HEADER, Header as StoredHeader, LEVELS, SCALES, n_rows, parameters, step_back,
};
pub use fill::{collect, fill};
#[cfg(not(target_family = "wasm"))]
pub use folder::open_folder;
pub use package::{BASIS_AXES, BASIS_MEAN, Basis, MODEL_FILE, Model, ModelFile, WEIGHTS_FILE};
#[cfg(not(target_family = "wasm"))]
pub use transformers::ImportError;
pub use weights::{HostTensor, Precision, Weights, digest};
pub use words::{BOS, UNKNOWN, Words};

use crate::model::ConfigError;

/// Why a model could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the weights are cut short: {got_bytes} of {of_bytes} bytes; load them again")]
    CutShort { got_bytes: u64, of_bytes: u64 },
    #[error(
        "the weights are not those that the model's description was written for (their SHA-256 differs); load both again"
    )]
    WrongDigest,
    #[error("the weights cannot be read as safetensors; the file may be damaged: {0}")]
    Broken(String),
    #[error("{name} holds numbers of the kind {dtype}; save the model in 32- or 16-bit floats")]
    Dtype { name: String, dtype: String },
    #[error("the weights lack {0}; take those that were saved with this config")]
    Missing(String),
    #[error(
        "the weights hold {0}, which this network does not have; take those that were saved with this config"
    )]
    Unknown(String),
    #[error(
        "{name} has the sizes {got:?}, and the network needs {wanted:?}; take the weights that were saved with this config"
    )]
    Sizes { name: String, wanted: Vec<usize>, got: Vec<usize> },
    #[error(
        "the sizes {got:?} of {name} do not hold the heads that config.json tells of; take the weights that were saved with it"
    )]
    Heads { name: String, got: Vec<usize> },
    #[error(
        "config.json says that embedding and unembedding are one, and {0} is not the embedding; set tie_word_embeddings to false if the model was trained so"
    )]
    Untied(String),
    #[error(
        "the model's description has {n_words} words, and the network {d_vocab}; load both again"
    )]
    Vocabulary { n_words: usize, d_vocab: usize },
    #[error("the model's description cannot be read ({0}); load it again")]
    Description(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[cfg(not(target_family = "wasm"))]
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("cannot read the file ({reason}); check that it is there: {path}")]
    File { path: String, reason: String },
    #[error(
        "there is no model in this folder; it needs model.json, or config.json with model.safetensors: {0}"
    )]
    NoModel(String),
}
