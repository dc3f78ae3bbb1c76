//! Why a question has no answer.

use serde::{Deserialize, Serialize};

use crate::Site;

/// Why there is no answer: what the model or the run lacks. The page shows it in the answer's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Absence {
    /// The trace does not hold a site.
    #[error("The run did not keep {0}.")]
    NotKept(Site),
    /// The order of blocks leaves this one out.
    #[error("Block {0} does not run: the order of blocks leaves it out.")]
    Skipped(usize),
    /// A layer, head, position or token that the model does not have.
    #[error("This model has no {what} {index}: it has {size}, counted from 0.")]
    Outside { what: String, index: usize, size: usize },
    /// This layer has fewer heads than others.
    #[error("Layer {layer} has no head {head}.")]
    NoHead { layer: usize, head: usize },
    /// No principal axes are stored with the model.
    #[error("This model came without a stored sample: choose two different words as directions.")]
    NoBasis,
    /// Two directions that are one.
    #[error("The two directions point the same way: choose two different words.")]
    NoPlane,
    /// Norms stand after the sums.
    #[error("With norms after each sum, contributions do not add up to the output.")]
    NotAdditive,
    /// A layer without attention.
    #[error("Layer {0} has no attention.")]
    NoAttention(usize),
    /// A layer without a recurrent mixer.
    #[error("Layer {layer} has no state: {}.", instead(*has_attention))]
    NoState { layer: usize, has_attention: bool },
    /// A head of attention beside recurrent ones.
    #[error("Head {head} of layer {layer} has no state: {}.", instead(true))]
    NoStateInHead { layer: usize, head: usize },
    /// A recurrent mixer that has no such thing, like a GRU, whose state has no eigenvalues.
    #[error("Layer {layer} is {mixer}: {lacks}.")]
    NotOfMixer { layer: usize, mixer: String, lacks: String },
    /// A head that amounts to no matrix from token to token.
    #[error("Head {head} of layer {layer} amounts to no matrix from token to token.")]
    NoMatrix { layer: usize, head: usize },
    /// No probe of a fact has been fitted at a site.
    #[error("No probe of “{fact}” is fitted at {site} yet.")]
    NoProbe { fact: String, site: Site },
    /// The program changes nothing, so that there is no other run.
    #[error("Nothing is changed, so the run is as trained.")]
    NothingChanged,
    /// The prompt is no row of the task that a probe was fitted on.
    #[error("The prompt is no row of the task: {0}.")]
    NoRow(String),
}

fn instead(has_attention: bool) -> &'static str {
    if has_attention {
        "attention keeps every key and value instead"
    } else {
        "it mixes no positions"
    }
}
