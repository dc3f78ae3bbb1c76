//! A training run on disk: where it stands, so that it can go on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use burn::module::Module;
use serde::{Deserialize, Serialize};

use super::{
    recipe::{Recipe, RecipeError},
    trainer::Trainer,
};
use crate::load::{CheckpointsError, LoadError, Precision, Weights, collect, fill};

/// What a run says of itself besides its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub recipe: Recipe,
    pub n_done: usize,
    /// Processor time that the steps took, over all sittings and cores.
    pub cpu_secs: f64,
    /// The loss of every step so far, in nats per token.
    pub losses: Vec<f32>,
}

/// The folder of a run that keeps its timeline.
const STEPS: &str = "steps";

/// Why a run could not be stored or taken up.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("{0} ({1}); check the disk and the permissions")]
    File(String, PathBuf),
    #[error("this folder holds a run of another recipe; give --fresh to begin anew")]
    OtherRecipe,
    #[error("the stored optimizer cannot be read; give --fresh to begin anew: {0}")]
    Optimizer(String),
    #[error("this network keeps no checkpoints; set has_timeline in its lab's recipe and train it")]
    NoSteps,
    #[error(
        "the run kept here is not the one that gave the published weights; train the network again: {0}"
    )]
    OtherRun(PathBuf),
    #[error(transparent)]
    Checkpoints(#[from] CheckpointsError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    #[error("the stored state cannot be read; give --fresh to begin anew: {0}")]
    State(#[from] serde_json::Error),
}

/// Stores the run; a later one takes the place of an earlier one only when it is whole.
///
/// # Errors
/// [`CheckpointError`].
pub fn save(folder: &Path, trainer: &Trainer, state: &State) -> Result<(), CheckpointError> {
    let next = folder.join("next");
    made(fs::create_dir_all(&next), &next)?;
    let weights = collect(&trainer.frozen()).to_safetensors(Precision::Single, &[]);
    write(&next.join("weights.safetensors"), &weights)?;
    let optimizer = trainer.optimizer.into_bytes();
    let optimizer = optimizer.map_err(|error| CheckpointError::Optimizer(error.to_string()))?;
    write(&next.join("optimizer.bin"), &optimizer)?;
    write(&next.join("state.json"), serde_json::to_string(state)?.as_bytes())?;
    let [last, before] = ["last", "before"].map(|it| folder.join(it));
    if last.exists() {
        made(fs::rename(&last, &before), &before)?;
    }
    made(fs::rename(&next, &last), &last)?;
    if before.exists() {
        made(fs::remove_dir_all(&before), &before)?;
    }
    Ok(())
}

/// Stores the weights as they are now among those of the run's timeline.
///
/// # Errors
/// [`CheckpointError::File`].
pub fn save_step(folder: &Path, trainer: &Trainer) -> Result<(), CheckpointError> {
    let steps = folder.join(STEPS);
    made(fs::create_dir_all(&steps), &steps)?;
    let weights = collect(&trainer.frozen()).to_safetensors(Precision::Single, &[]);
    write(&steps_file(folder, trainer.step), &weights)
}

/// Where a run keeps the weights of a step.
pub(super) fn steps_file(folder: &Path, step: usize) -> PathBuf {
    folder.join(STEPS).join(format!("{step}.safetensors"))
}

/// The run in this folder, or a new one where there is none.
///
/// # Errors
/// [`CheckpointError`], among them that the folder belongs to another recipe.
pub fn resume(folder: &Path, recipe: Recipe) -> Result<(Trainer, State), CheckpointError> {
    // Where the last save was broken off, the one before it stands under another name.
    let kept = ["last", "before"].map(|it| folder.join(it)).into_iter().find(|it| it.exists());
    let mut trainer = Trainer::new(recipe.clone())?;
    let Some(last) = kept else {
        return Ok((trainer, State { recipe, n_done: 0, cpu_secs: 0.0, losses: Vec::new() }));
    };
    let state: State = serde_json::from_slice(&read(&last.join("state.json"))?)?;
    if state.recipe != recipe {
        return Err(CheckpointError::OtherRecipe);
    }
    let mut weights = Weights::from_safetensors(&read(&last.join("weights.safetensors"))?)?;
    trainer.network = fill(trainer.network, &mut weights)?.train();
    let stored = burn::tensor::Bytes::from_bytes_vec(read(&last.join("optimizer.bin"))?);
    let optimizer = trainer.optimizer.from_bytes(stored);
    trainer.optimizer = optimizer.map_err(|error| CheckpointError::Optimizer(error.to_string()))?;
    trainer.step = state.n_done;
    Ok((trainer, state))
}

/// Reads a file.
///
/// # Errors
/// [`CheckpointError::File`].
pub(super) fn read(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    made(fs::read(path), path)
}

/// Writes a file.
///
/// # Errors
/// [`CheckpointError::File`].
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    made(fs::write(path, bytes), path)
}

fn made<T>(result: std::io::Result<T>, path: &Path) -> Result<T, CheckpointError> {
    result.map_err(|error| CheckpointError::File(error.to_string(), path.to_owned()))
}
