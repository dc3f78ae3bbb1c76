//! Models from folders on disk: ours, or as `transformers` saves them.

use std::{fs, path::Path};

use burn::prelude::*;

use super::{
    LoadError, MODEL_FILE, Model, ModelFile, WEIGHTS_FILE, Weights, digest,
    transformers::{Imported, PREFIXES, UNEMBEDDINGS, import, is_ignorable, take},
};
use crate::model::{CONFIG_VERSION, Unembed};

/// Opens a folder with our `model.json`, or with `config.json` and `model.safetensors`.
///
/// # Errors
/// [`LoadError`], among them that a config cannot be honoured exactly.
pub fn open_folder(folder: &Path, device: &Device) -> Result<Model, LoadError> {
    let ours = folder.join(MODEL_FILE);
    if ours.exists() {
        let file = ModelFile::parse(&read(&ours)?)?;
        return Model::from_bytes(file, &read(&folder.join(WEIGHTS_FILE))?, device);
    }
    let config = folder.join("config.json");
    if !config.exists() {
        return Err(LoadError::NoModel(folder.display().to_string()));
    }
    let config = String::from_utf8_lossy(&read(&config)?).into_owned();
    let imported = import(&config)?;
    let bytes = read(&folder.join("model.safetensors"))?;
    let weights = renamed(&imported, &Weights::from_safetensors(&bytes)?)?;
    let name = folder.file_name().map(|it| it.to_string_lossy().into_owned());
    let file = ModelFile {
        version: CONFIG_VERSION,
        id: name.unwrap_or_else(|| "model".to_owned()),
        about: "A folder as transformers saves it.".to_owned(),
        licence: String::new(),
        config: imported.config,
        weights_sha256: digest(&bytes),
        weights_bytes: bytes.len() as u64,
        vocab: Vec::new(),
        prompts: Vec::new(),
        phenomena: Vec::new(),
        checkpoints: None,
    };
    Model::new(file, weights, device)
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|error| LoadError::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

/// Their tensors under our names.
fn renamed(imported: &Imported, theirs: &Weights) -> Result<Weights, LoadError> {
    let mut ours = Weights::default();
    let mut used = Vec::new();
    for rename in &imported.names {
        let found = PREFIXES.iter().map(|prefix| format!("{prefix}{}", rename.theirs));
        let name = found
            .into_iter()
            .find(|name| theirs.0.contains_key(name))
            .ok_or_else(|| LoadError::Missing(rename.theirs.clone()))?;
        let tensor = &theirs.0[&name];
        let (values, dims) = take(&tensor.values, &tensor.dims, &rename.take)
            .ok_or_else(|| LoadError::Heads { name: name.clone(), got: tensor.dims.clone() })?;
        ours.0.insert(rename.ours.clone(), super::HostTensor { values, dims });
        used.push(name);
    }
    let is_left = |name: &&String| !used.contains(*name) && !is_ignorable(name, &imported.config);
    if let Some(name) = theirs.0.keys().find(is_left) {
        return Err(LoadError::Unknown(name.clone()));
    }
    // The unembedding of a tied network is passed over, for it is the embedding again: or else
    // config and weights say two things.
    let is_other = |name: &&&str| {
        imported.config.unembed == Unembed::Tied
            && theirs.0.get(**name).is_some_and(|it| Some(it) != ours.0.get("embed.weight"))
    };
    match UNEMBEDDINGS.iter().find(is_other) {
        Some(name) => Err(LoadError::Untied((*name).to_owned())),
        None => Ok(ours),
    }
}
