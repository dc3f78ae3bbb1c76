//! Why a question has no answer.

use serde::{Deserialize, Serialize};

use crate::{Lack, Site, SsmKind};

/// Why there is no answer: what the model or the run lacks. The page says it in the answer's place,
/// in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Absence {
    /// The trace does not hold a site.
    NotKept(Site),
    /// The order of blocks leaves this one out.
    Skipped(usize),
    /// A layer, head or token that the model does not have, counted from 0, of how many.
    Outside { what: Counted, index: usize, size: usize },
    /// This layer has fewer heads than others.
    NoHead { layer: usize, head: usize },
    /// No principal axes are stored with the model.
    NoBasis,
    /// Two directions that are one.
    NoPlane,
    /// Norms stand after the sums, so that contributions do not add up to the output.
    NotAdditive,
    /// A layer without attention.
    NoAttention(usize),
    /// A layer without a recurrent mixer.
    NoState { layer: usize, has_attention: bool },
    /// A head of attention beside recurrent ones.
    NoStateInHead { layer: usize, head: usize },
    /// A recurrent mixer of another form, like a GRU, whose state has no eigenvalues.
    NotOfMixer { layer: usize, mixer: SsmKind, lacks: Lack },
    /// A head that amounts to no matrix from token to token.
    NoMatrix { layer: usize, head: usize },
    /// No probe of a fact has been fitted at a site.
    NoProbe { fact: String, site: Site },
    /// The program changes nothing, so that there is no other run.
    NothingChanged,
    /// The prompt was cut, so that it is no row of the task that a probe was fitted on.
    Cut,
    /// There is no such task any more.
    NoTask,
    /// The prompt is no row of the task that a probe was fitted on: why, as the task says it.
    NoRow(String),
}

/// What is counted from 0 in a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counted {
    Layer,
    Head,
    Token,
}
