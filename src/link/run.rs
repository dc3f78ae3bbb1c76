//! What ran, and what was asked of it.

use std::sync::Arc;

use trace::{NamedArray, Program, Question, Reply, Report, RunId, Token};

use crate::view::shown;

/// A prompt that ran.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    pub prompt: String,
    /// The model that ran, with which program.
    pub model: String,
    /// The step of its training; none for the finished weights.
    pub step: Option<usize>,
    pub program: Program,
    /// What became of the program.
    pub report: Report,
    /// Logits of the next token in the run as trained, where the program makes another of it.
    pub unchanged: Option<NamedArray>,
    pub tokens: Vec<Token>,
    /// A label for each token.
    pub labels: Vec<String>,
    /// How many tokens were left out because the model reads no further.
    pub n_cut: usize,
    /// Time of the forward pass and of the answers.
    pub secs: f64,
}

impl Run {
    /// With labels made of the tokens.
    pub fn labelled(self) -> Self {
        Self { labels: self.tokens.iter().map(shown).collect(), ..self }
    }
}

/// A question as it was asked, with what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// May leave something to the run; the reply's question has it put in.
    pub asked: Question,
    pub reply: Arc<Reply>,
}

impl Answered {
    /// Each question with its reply, in their order.
    pub fn zip(asked: &[Question], replies: Vec<Reply>) -> Vec<Self> {
        let pairs = asked.iter().cloned().zip(replies);
        pairs.map(|(asked, reply)| Self { asked, reply: Arc::new(reply) }).collect()
    }

    /// Questions as they were asked and as the run closed them: neither need be asked again.
    pub fn all_forms(answers: &[Answered]) -> Vec<Question> {
        answers.iter().flat_map(|it| [it.asked.clone(), it.reply.question.clone()]).collect()
    }
}

/// A run that has not come back.
#[derive(Clone, Debug)]
pub(super) struct UnderWay {
    pub(super) id: RunId,
    pub(super) prompt: String,
    pub(super) model: String,
    pub(super) program: Program,
    pub(super) ask: Vec<Question>,
}
