//! The steps of its training that a model can go back to.

use crate::{
    load::{Checkpoints, CheckpointsError, CheckpointsFile, LoadError, Model, Weights, fill},
    model::Network,
};

/// What leads back from a model's finished weights.
#[derive(Debug)]
pub(crate) struct Timeline {
    file: CheckpointsFile,
    finished: Network,
    /// The same on the host, where differences are added to them.
    weights: Weights,
    /// None until the file was fetched, which only going back needs.
    checkpoints: Option<Checkpoints>,
    step: Option<usize>,
}

/// Why a model stays at the step where it is.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("no model is loaded yet")]
    NoModel,
    #[error(transparent)]
    Checkpoints(#[from] CheckpointsError),
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl Timeline {
    /// That of a model that was just opened from the bytes of its weights; none where it has no
    /// checkpoints.
    pub(crate) fn of(model: &Model, weights: &[u8]) -> Result<Option<Self>, LoadError> {
        let Some(file) = model.file.checkpoints.clone() else { return Ok(None) };
        let (finished, weights) = (model.network.clone(), Weights::from_safetensors(weights)?);
        Ok(Some(Self { file, finished, weights, checkpoints: None, step: None }))
    }

    /// The step that the model is at; none for the finished weights.
    pub(crate) fn step(&self) -> Option<usize> {
        self.step
    }

    /// The file that going to `step` needs, where it was not given yet.
    pub(crate) fn lacking(&self, step: Option<usize>) -> Option<&CheckpointsFile> {
        let earlier = self.file.steps.split_last().map_or(&[][..], |it| it.1);
        let needs = step.is_some_and(|it| earlier.contains(&it)) && self.checkpoints.is_none();
        needs.then_some(&self.file)
    }

    /// Takes in the file's bytes.
    pub(crate) fn add(&mut self, model: &Model, bytes: &[u8]) -> Result<(), CheckpointsError> {
        self.checkpoints = Some(Checkpoints::read(bytes, &model.file, &self.weights)?);
        Ok(())
    }

    /// Puts the network of a step in the model's place.
    pub(crate) fn go_to(
        &mut self,
        model: &mut Model,
        step: Option<usize>,
    ) -> Result<(), StepError> {
        model.network = self.network(step)?;
        self.step = step;
        Ok(())
    }

    fn network(&self, step: Option<usize>) -> Result<Network, StepError> {
        let Some(step) = step.filter(|it| Some(it) != self.file.steps.last()) else {
            return Ok(self.finished.clone());
        };
        if !self.file.steps.contains(&step) {
            let steps = self.file.steps.clone();
            return Err(CheckpointsError::NoStep { step, steps }.into());
        }
        let lacking = || CheckpointsError::Missing("what leads back".to_owned());
        let checkpoints = self.checkpoints.as_ref().ok_or_else(lacking)?;
        let mut weights = checkpoints.weights_at(&self.weights, step)?;
        Ok(fill(self.finished.clone(), &mut weights)?)
    }
}
