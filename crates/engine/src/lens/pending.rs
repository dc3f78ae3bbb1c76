//! Answers that wait for numbers from the device.

use burn::{prelude::*, tensor::Transaction};
use trace::{Answer, Question};

use super::{LensError, Seen};
use crate::{load::Model, model::Trace};

/// Tensors to be read, and what makes an answer of their values, given in the same order.
pub(super) struct Pending {
    tensors: Vec<Tensor<1>>,
    finish: Box<dyn FnOnce(Vec<Vec<f32>>) -> Answer>,
}

impl Pending {
    pub(super) fn new(
        tensors: Vec<Tensor<1>>,
        finish: impl FnOnce(Vec<Vec<f32>>) -> Answer + 'static,
    ) -> Self {
        Self { tensors, finish: Box::new(finish) }
    }
}

/// The answers to `questions` about one run, in their order, read back in one transfer.
///
/// # Errors
/// The first [`LensError`].
///
/// # Panics
/// Never: every tensor that a question names holds numbers.
pub async fn answer_all(
    model: &Model,
    trace: &Trace,
    questions: &[Question],
) -> Result<Vec<Answer>, LensError> {
    let seen = Seen { model, trace };
    let pending =
        questions.iter().map(|it| seen.pending(it)).collect::<Result<Vec<_>, LensError>>()?;
    let tensors = pending.iter().flat_map(|it| it.tensors.iter().cloned());
    let transfer = tensors.fold(Transaction::default(), |all, it| all.register(it));
    let read =
        transfer.execute_async().await.map_err(|error| LensError::Device(error.to_string()))?;
    let mut values = read.into_iter().map(|data| {
        data.convert::<f32>().try_to_vec::<f32>().expect("every tensor here holds floats")
    });
    let answers = pending.into_iter().map(|it| {
        let own = values.by_ref().take(it.tensors.len()).collect();
        (it.finish)(own)
    });
    Ok(answers.collect())
}
