//! A model as Undercurrent ships it: `model.json` beside `weights.safetensors`.

use burn::prelude::*;
use serde::{Deserialize, Serialize};
use trace::{ModelInfo, ModelShape, Phenomenon};

use super::{CheckpointsFile, HostTensor, LoadError, Weights, Words, digest, fill};
use crate::model::{CONFIG_VERSION, ConfigError, Network, NetworkConfig};

/// The name of the file that describes a model.
pub const MODEL_FILE: &str = "model.json";
/// The name of the file that holds its weights.
pub const WEIGHTS_FILE: &str = "weights.safetensors";
/// Name of the tensor of stored principal axes, `[2, d_model]`.
pub const BASIS_AXES: &str = "basis.axes";
/// Name of the tensor of the stored sample's mean, `[d_model]`.
pub const BASIS_MEAN: &str = "basis.mean";

/// What `model.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    pub version: u32,
    pub id: String,
    /// One sentence.
    pub about: String,
    pub licence: String,
    pub config: NetworkConfig,
    /// SHA-256 of `weights.safetensors`.
    pub weights_sha256: String,
    pub weights_bytes: u64,
    /// Words by number; empty where the model reads numbers only.
    #[serde(default)]
    pub vocab: Vec<String>,
    #[serde(default)]
    pub prompts: Vec<String>,
    #[serde(default)]
    pub phenomena: Vec<Phenomenon>,
    /// Earlier steps of its training, where they were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<CheckpointsFile>,
}

/// A model that is ready to run.
#[derive(Debug)]
pub struct Model {
    pub file: ModelFile,
    /// What a picture of it needs, as the file's config says it.
    pub shape: ModelShape,
    pub network: Network,
    pub words: Words,
    pub basis: Option<Basis>,
    pub n_params: usize,
}

/// Principal axes of the stream, fitted on a stored sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// `[d_model]`
    pub mean: Vec<f32>,
    /// Two unit vectors of `d_model`, at right angles.
    pub axes: [Vec<f32>; 2],
}

impl ModelFile {
    /// Reads `model.json`.
    ///
    /// # Errors
    /// [`LoadError::Description`], or that its version is newer than this program.
    pub fn parse(text: &[u8]) -> Result<Self, LoadError> {
        let broken = |error: serde_json::Error| LoadError::Description(error.to_string());
        let value: serde_json::Value = serde_json::from_slice(text).map_err(broken)?;
        let version = value.get("version").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if u64::from(CONFIG_VERSION) < version {
            return Err(ConfigError::Newer(u32::try_from(version).unwrap_or(u32::MAX)).into());
        }
        serde_json::from_value(value).map_err(broken)
    }
}

impl Model {
    /// The model of `model.json` and the bytes of its weights.
    ///
    /// # Errors
    /// [`LoadError`] where a file is cut short or is another than `model.json` tells of, or where
    /// weights and config do not fit.
    pub fn from_bytes(file: ModelFile, weights: &[u8], device: &Device) -> Result<Self, LoadError> {
        let got_bytes = weights.len() as u64;
        if got_bytes < file.weights_bytes {
            return Err(LoadError::CutShort { got_bytes, of_bytes: file.weights_bytes });
        }
        if digest(weights) != file.weights_sha256 {
            return Err(LoadError::WrongDigest);
        }
        Self::new(file, Weights::from_safetensors(weights)?, device)
    }

    /// The model of these weights.
    ///
    /// # Errors
    /// As [`Model::from_bytes`], but for the file itself.
    pub fn new(file: ModelFile, mut weights: Weights, device: &Device) -> Result<Self, LoadError> {
        let network = Network::new(&file.config, device)?;
        let (n_words, d_vocab) = (file.vocab.len(), file.config.d_vocab);
        if n_words != 0 && n_words != d_vocab {
            return Err(LoadError::Vocabulary { n_words, d_vocab });
        }
        let basis = take_basis(&mut weights, file.config.d_model)?;
        let network = fill(network, &mut weights)?;
        if let Some(name) = weights.0.keys().next() {
            return Err(LoadError::Unknown(name.clone()));
        }
        let words = Words::new(file.vocab.clone());
        let n_params = network.num_params();
        let shape = file.config.shape();
        Ok(Self { file, shape, network, words, basis, n_params })
    }

    /// What the page must know.
    pub fn info(&self) -> ModelInfo {
        let file = self.file.clone();
        ModelInfo {
            id: file.id,
            about: file.about,
            n_params: self.n_params,
            size_bytes: file.weights_bytes,
            digest: file.weights_sha256,
            shape: self.shape.clone(),
            vocab: file.vocab,
            prompts: file.prompts,
            has_basis: self.basis.is_some(),
            phenomena: file.phenomena,
            checkpoints: file.checkpoints.map_or_else(Vec::new, |it| it.steps),
        }
    }
}

fn take_basis(weights: &mut Weights, d_model: usize) -> Result<Option<Basis>, LoadError> {
    let (axes, mean) = match (weights.take(BASIS_AXES), weights.take(BASIS_MEAN)) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(LoadError::Missing(BASIS_MEAN.to_owned())),
        (None, Some(_)) => return Err(LoadError::Missing(BASIS_AXES.to_owned())),
        (Some(axes), Some(mean)) => (axes, mean),
    };
    let fits = |tensor: &HostTensor, name: &str, wanted: Vec<usize>| {
        let got = tensor.dims.clone();
        let is_right = got == wanted;
        is_right.then_some(()).ok_or(LoadError::Sizes { name: name.to_owned(), wanted, got })
    };
    fits(&axes, BASIS_AXES, vec![2, d_model])?;
    fits(&mean, BASIS_MEAN, vec![d_model])?;
    let (first, second) = axes.values.split_at(d_model);
    Ok(Some(Basis { mean: mean.values, axes: [first.to_vec(), second.to_vec()] }))
}
