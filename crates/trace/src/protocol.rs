//! The messages between the page and the engine.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Device, Job, JobId, JobResult, JobTrouble, ModelInfo, Program, Question, Reply, Report,
};

/// Which run an answer belongs to. Later runs have larger numbers.
pub type RunId = u64;

/// What the page may ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Make the model under this address the one that answers.
    Open { url: String },
    /// Run the prompt with these interventions and answer these questions. A later run replaces one
    /// that has not begun.
    Run { id: RunId, prompt: String, program: Program, ask: Vec<Question> },
    /// Answer questions about the last run. A later look replaces one that has not begun.
    Look { id: RunId, ask: Vec<Question> },
    /// Fail on purpose, so that tests can see the restart.
    Panic,
    /// Make the network at a step of its training the one that answers, or the finished one. `url`
    /// is the address that the model was opened under. A later one replaces one that has not begun.
    Checkpoint { url: String, step: Option<usize> },
    /// Begin a job. One runs at a time: it takes the place of one that runs or waits.
    Start { id: JobId, job: Job },
    /// End this job, if it still runs or waits.
    Stop { id: JobId },
}

/// What the engine tells. The page shows the last of each kind until the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The engine is up, on this device.
    Started { device: Device },
    /// Bytes of the model that have arrived, of how many (0 where the server does not say).
    Loading { got_bytes: u64, of_bytes: u64 },
    /// The model is ready.
    Opened { model: Box<ModelInfo> },
    /// The prompt ran.
    Ran {
        id: RunId,
        tokens: Vec<Token>,
        /// How many tokens of the prompt were left out because the model reads no further.
        n_cut: usize,
        /// Time of the forward pass and of the answers.
        secs: f64,
        /// One to each question, in their order.
        answers: Vec<Reply>,
        /// What became of the program.
        report: Report,
        /// The step of training that ran; none for the finished weights.
        step: Option<usize>,
    },
    /// Replies to the questions of a look, in their order.
    Seen { id: RunId, answers: Vec<Reply> },
    /// Something failed; the last good picture stands.
    Failed { id: Option<RunId>, notice: Notice },
    /// The step of training that answers from now on; none for the finished weights. Where it is not
    /// the one that was asked for, a notice has said why.
    AtCheckpoint { step: Option<usize> },
    /// How many steps of a job are done, of how many, and how long the others may take. Comes at
    /// most about ten times a second.
    Progress { id: JobId, done: usize, of: usize, secs_left: Option<f64> },
    /// A job is done.
    Done { id: JobId, result: JobResult },
    /// A job was ended: the reader stopped it, another took its place, or its model is gone.
    Stopped { id: JobId },
    /// A job could not be done; all else goes on.
    JobFailed { id: JobId, trouble: JobTrouble },
}

/// What went wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub text: String,
    /// Whether the engine is of no more use and has to be started again.
    pub is_fatal: bool,
}

/// A piece of the prompt as the model reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: u32,
    /// As the model knows it.
    pub text: String,
    /// As it was typed; differs from `text` where the model does not know the word.
    pub typed: String,
    pub is_known: bool,
    /// Words of the vocabulary that look like an unknown one, nearest first.
    pub near: Vec<String>,
}

/// The bytes of a message.
///
/// # Panics
/// Never: these types hold nothing that the format cannot write.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_stdvec(message).expect("messages are plain values")
}

/// The message in `bytes`, or `None` where they are none.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Absence, Answer, AskFilm, AskNext, Axis, NamedArray};

    #[test]
    fn a_message_survives_the_wire() {
        let logits = NamedArray::new(vec![1.0, -2.5e-7], &[(Axis::Vocab, 2)]).unwrap();
        let next = Reply { question: AskNext.into(), answer: Ok(Answer::Next(logits)) };
        let absence = Absence::NoState { layer: 1, has_attention: true };
        let film = Reply { question: AskFilm { layer: 1, head: 0 }.into(), answer: Err(absence) };
        let event = Event::Seen { id: 7, answers: vec![next, film] };
        assert_eq!(decode::<Event>(&encode(&event)), Some(event));
    }

    #[test]
    fn bytes_that_are_no_message_are_none() {
        assert_eq!(decode::<Event>(&[255, 1, 2]), None);
        assert_eq!(decode::<Request>(&[]), None);
    }
}
