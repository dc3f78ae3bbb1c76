//! Owns device, model and the last trace; answers requests.

use burn::prelude::*;
use trace::{AskNext, Edit, ModelInfo, NamedArray, Question, Reply, RunId, Site, Token};

use crate::{
    ask::{DeviceError, answer_all, kept_for},
    load::{LoadError, Model, ModelFile},
    model::{EditError, Keep, Probe, Trace, most_that_fit},
};

/// One model on one device, and what its last run left.
#[derive(Debug)]
pub struct Session {
    device: Device,
    model: Option<Model>,
    last: Option<(RunId, Trace)>,
}

/// Why a run or a look gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("no model is loaded yet")]
    NoModel,
    #[error("no prompt has run yet")]
    NoRun,
    #[error("run {asked} is gone; the last one is {last}")]
    Gone { asked: RunId, last: RunId },
    #[error("there is nothing to read: type a word")]
    Empty,
    #[error(
        "a prompt of {n_tokens} tokens needs more memory than there is; up to {fits} fit, so make it shorter"
    )]
    TooLong { n_tokens: usize, fits: usize },
    #[error(
        "{0} holds NaN or an infinite value, and so does everything after it; undo the intervention there"
    )]
    NotFinite(Site),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    pub tokens: Vec<Token>,
    /// Tokens left out at the end because the model has learned no positions further on.
    pub n_cut: usize,
    /// One to each question, in their order.
    pub answers: Vec<Reply>,
}

impl Session {
    /// Nothing loaded yet.
    pub fn new(device: Device) -> Self {
        Self { device, model: None, last: None }
    }

    /// Makes this model the one that answers.
    ///
    /// # Errors
    /// [`LoadError`]; the model before stays.
    pub fn open(&mut self, file: ModelFile, weights: &[u8]) -> Result<ModelInfo, LoadError> {
        let model = Model::from_bytes(file, weights, &self.device)?;
        let info = model.info();
        (self.model, self.last) = (Some(model), None);
        Ok(info)
    }

    /// Runs a prompt and answers questions about it. Edits of positions that the prompt does not
    /// have are passed over.
    ///
    /// # Errors
    /// [`RunError`]; the last run stays.
    pub async fn run(
        &mut self,
        id: RunId,
        prompt: &str,
        edits: Vec<Edit>,
        ask: &[Question],
    ) -> Result<Ran, RunError> {
        let model = self.model.as_ref().ok_or(RunError::NoModel)?;
        let mut tokens = model.words.tokens(prompt);
        let config = &model.file.config;
        let most = config.most_positions().unwrap_or(usize::MAX);
        let n_cut = tokens.len().saturating_sub(most);
        tokens.truncate(most);
        let (n_tokens, fits) = (tokens.len(), most_that_fit(config));
        if fits < n_tokens {
            return Err(RunError::TooLong { n_tokens, fits });
        }
        if tokens.is_empty() {
            return Err(RunError::Empty);
        }
        // While a prompt is being typed, a change far behind waits until it gets there.
        let edits = edits.into_iter().filter(|it| it.pos.is_none_or(|pos| pos < tokens.len()));
        let edits: Vec<Edit> = edits.collect();
        let ids: Vec<u32> = tokens.iter().map(|it| it.id).collect();
        let mut probe = Probe::new(kept_for(ask), edits.clone());
        model.network.forward(token_tensor(&ids, &self.device), &mut probe);
        let trace = probe.into_trace()?;
        let answers = answer_all(model, &trace, ask).await?;
        if answers.iter().any(is_broken) {
            return Err(self.first_broken(&ids, edits).await);
        }
        self.last = Some((id, trace));
        Ok(Ran { tokens, n_cut, answers })
    }

    /// Where a run first gave NaN or an infinite value: all of it once more, with every site kept.
    async fn first_broken(&self, ids: &[u32], edits: Vec<Edit>) -> RunError {
        let Some(model) = self.model.as_ref() else { return RunError::NoModel };
        let mut probe = Probe::new(Keep::Everything, edits);
        model.network.forward(token_tensor(ids, &self.device), &mut probe);
        let values = match probe.into_trace() {
            Ok(trace) => trace.read().await,
            Err(error) => return error.into(),
        };
        match values {
            Ok(values) => {
                let broken = values.iter().find(|it| is_not_finite(it.1));
                RunError::NotFinite(broken.map_or(Site::Logits, |it| *it.0))
            }
            Err(text) => DeviceError(text).into(),
        }
    }

    /// Answers questions about the last run.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn look(&self, id: RunId, ask: &[Question]) -> Result<Vec<Reply>, RunError> {
        let model = self.model.as_ref().ok_or(RunError::NoModel)?;
        let (last, trace) = self.last.as_ref().ok_or(RunError::NoRun)?;
        if *last != id {
            return Err(RunError::Gone { asked: id, last: *last });
        }
        Ok(answer_all(model, trace, ask).await?)
    }
}

/// Whether the next token's logits are NaN or infinite.
fn is_broken(reply: &Reply) -> bool {
    reply.to::<AskNext>().is_some_and(is_not_finite)
}

/// Whether a value is NaN or infinite.
fn is_not_finite(array: &NamedArray) -> bool {
    !array.values().iter().all(|it| it.is_finite())
}

/// Token numbers as a batch of one, `[1, pos]`.
pub fn token_tensor(ids: &[u32], device: &Device) -> Tensor<2, Int> {
    let values: Vec<i32> = ids.iter().map(|&id| id.cast_signed()).collect();
    Tensor::from_data(TensorData::new(values, [1, ids.len()]), device)
}
