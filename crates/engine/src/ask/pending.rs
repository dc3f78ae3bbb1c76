//! Answers that wait for numbers from the device.

use burn::{prelude::*, tensor::Transaction};
use trace::{Absence, Answer, AskAttribution, AskNext, Question, Reply};

use super::Seen;
use crate::{load::Model, model::Trace, study::Probes};

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

    /// The same with something made of the answer.
    pub(super) fn map(self, work: impl FnOnce(Answer) -> Answer + 'static) -> Self {
        let Self { tensors, finish } = self;
        Self { tensors, finish: Box::new(move |read| work(finish(read))) }
    }
}

/// Why nothing can be said of a run at all.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the device stopped while reading: {0}")]
pub struct DeviceError(pub String);

/// A reply to each of `questions` about one run of a model to which nothing was fitted, in their
/// order.
///
/// # Errors
/// [`DeviceError`]; a question that has no answer says so in its reply.
pub async fn answer_all(
    model: &Model,
    trace: &Trace,
    questions: &[Question],
) -> Result<Vec<Reply>, DeviceError> {
    answer(Seen { model, trace, unchanged: None, ids: &[], probes: &Probes::default() }, questions)
        .await
}

/// A reply to each of `questions` about one run, in their order, read back in one transfer. What
/// they leave to the run, the guesses and the strongest head, is read before.
///
/// # Errors
/// [`DeviceError`]; a question that has no answer says so in its reply.
///
/// # Panics
/// Never: every tensor that a question names holds numbers.
pub(crate) async fn answer(
    seen: Seen<'_>,
    questions: &[Question],
) -> Result<Vec<Reply>, DeviceError> {
    let mut questions = questions.to_vec();
    if questions.iter().any(Question::has_guess) {
        let guesses = guesses(seen).await?;
        questions = questions.into_iter().map(|it| it.with_guesses(guesses)).collect();
    }
    if questions.iter().any(Question::has_strongest) {
        let strongest = strongest(seen, &questions).await?;
        questions = questions.into_iter().map(|it| it.with_strongest(strongest)).collect();
    }
    read(seen, questions).await
}

/// The two most probable next tokens.
async fn guesses(seen: Seen<'_>) -> Result<[u32; 2], DeviceError> {
    let replies = read(seen, vec![AskNext.into()]).await?;
    let logits = replies.first().and_then(Reply::to::<AskNext>);
    Ok(logits.map_or([0, 1], |it| trace::guesses(it.values())))
}

/// Layer and head that contribute most, by the first question about attribution; the first of all
/// where that has no answer.
async fn strongest(seen: Seen<'_>, questions: &[Question]) -> Result<[usize; 2], DeviceError> {
    let asked = questions.iter().find(|it| matches!(it, Question::Attribution(_)));
    let replies = read(seen, asked.cloned().into_iter().collect()).await?;
    let attribution = replies.first().and_then(Reply::to::<AskAttribution>);
    Ok(attribution.and_then(|it| trace::strongest(&it.heads)).unwrap_or_default())
}

async fn read(seen: Seen<'_>, questions: Vec<Question>) -> Result<Vec<Reply>, DeviceError> {
    let pending: Vec<Result<Pending, Absence>> =
        questions.iter().map(|it| seen.pending(it)).collect();
    let tensors = pending.iter().flatten().flat_map(|it| it.tensors.iter().cloned());
    let transfer = tensors.fold(Transaction::default(), |all, it| all.register(it));
    let read = transfer.execute_async().await.map_err(|error| DeviceError(error.to_string()))?;
    let mut values = read.into_iter().map(|data| {
        data.convert::<f32>().try_to_vec::<f32>().expect("every tensor here holds floats")
    });
    let answers = pending.into_iter().map(|it| {
        let it = it?;
        let own = values.by_ref().take(it.tensors.len()).collect();
        Ok((it.finish)(own))
    });
    let replies = questions.into_iter().zip(answers);
    Ok(replies.map(|(question, answer)| Reply { question, answer }).collect())
}
