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

/// The answers to `questions` about one run, in their order, read back in one transfer. What they
/// leave to the run, the guesses and the strongest head, is read before.
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
    let mut questions = questions.to_vec();
    if questions.iter().any(Question::has_guess) {
        let guesses = guesses(seen).await?;
        questions = questions.into_iter().map(|it| it.with_guesses(guesses)).collect();
    }
    if questions.iter().any(Question::has_strongest) {
        let strongest = strongest(seen, &questions).await?;
        questions = questions.into_iter().map(|it| it.with_strongest(strongest)).collect();
    }
    read(seen, &questions).await
}

/// The two most probable next tokens.
async fn guesses(seen: Seen<'_>) -> Result<[u32; 2], LensError> {
    match read(seen, &[Question::Next]).await?.as_slice() {
        [Answer::Next(logits)] => Ok(trace::guesses(logits.values())),
        _ => Ok([0, 1]),
    }
}

/// Layer and head that wrote most, by the first question about writers.
async fn strongest(seen: Seen<'_>, questions: &[Question]) -> Result<[usize; 2], LensError> {
    let writers = questions.iter().find(|it| matches!(it, Question::Writers { .. }));
    let answers = read(seen, writers.map(std::slice::from_ref).unwrap_or_default()).await?;
    match answers.first() {
        Some(Answer::Writers(it)) => Ok(trace::strongest(&it.heads).unwrap_or_default()),
        _ => Err(LensError::NoWriters),
    }
}

async fn read(seen: Seen<'_>, questions: &[Question]) -> Result<Vec<Answer>, LensError> {
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
