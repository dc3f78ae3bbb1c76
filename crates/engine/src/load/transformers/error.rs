//! Why a checkpoint of `transformers` cannot be taken as a network of ours.

use super::tables::{activation_names, family_names};
use crate::model::ConfigError;

/// Why a `config.json` makes no network here.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImportError {
    #[error("config.json is not a JSON object ({0}); save the model again with `save_pretrained`")]
    NotJson(String),
    #[error("config.json lacks {0}; take the config.json that was saved with the weights")]
    Missing(String),
    #[error(
        "config.json says {key} is {value}, where {wanted} belongs; take the config.json that was saved with the weights"
    )]
    WrongKind { key: String, value: String, wanted: &'static str },
    #[error(
        "models of the type {0} cannot be opened; choose one of the types {names}",
        names = family_names()
    )]
    Architecture(String),
    #[error(
        "the activation {0} is not among ours; choose a model with one of {names}",
        names = activation_names()
    )]
    Activation(String),
    /// A key that is known asks for what we do not compute.
    #[error(
        "config.json says {key} is {value}: {why}, which is not computed here; choose a model whose {key} is {only}"
    )]
    NotComputed { key: String, value: String, why: &'static str, only: &'static str },
    #[error(
        "config.json has the key {key} ({value}), and it is not known here whether that changes the numbers; remove it if you know that it does not, or choose another model"
    )]
    UnknownKey { key: String, value: String },
    #[error(
        "config.json says {key} is {says}, and `transformers` goes by {holds}; let config.json say one thing"
    )]
    Disagree { key: String, says: String, holds: String },
    #[error(
        "config.json has both rope_parameters and rope_scaling; keep the one that the model was trained with"
    )]
    TwoRopes,
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl ImportError {
    pub(super) fn disagree(key: &str, says: f64, holds: f64) -> Self {
        Self::Disagree { key: key.to_owned(), says: says.to_string(), holds: holds.to_string() }
    }
}
