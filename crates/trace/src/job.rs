//! Work that takes longer than an answer: a fit over many rows, later a search or training.
//!
//! One job runs at a time, a step between requests, so that typing stays live. It says how far it
//! is, and ends with a result, with a typed trouble, or because it was stopped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Frame, Site, SitePattern};

/// Which job an event belongs to. Later jobs have larger numbers.
pub type JobId = u64;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Job {
    /// Affine probes of a fact at several sites.
    Probe(ProbeJob),
}

/// A fit of an affine map from the value at each site to a fact, on rows of a lab's task that
/// training did not draw. It is fitted on the first half of the rows and judged on the second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbeJob {
    /// The task's id, and its arguments by name.
    pub task: String,
    pub args: BTreeMap<String, f64>,
    /// Items of a row.
    pub size: usize,
    pub n_rows: usize,
    /// The seed that the network was trained with: the untrained control is the network before its
    /// first step.
    pub seed: u64,
    /// Which rows: 0 those of the exam, every other number rows of its own.
    pub draw: u64,
    /// The name of the fact: "belief".
    pub fact: String,
    /// Every site that fits one of these. Sites have to have a vector at each position.
    pub sites: Vec<SitePattern>,
    /// At which site the points are read; the last of `sites` where `None`. Starting the same job
    /// with another one fits nothing anew.
    pub shown: Option<Site>,
    /// How many points of the second half are given.
    pub n_points: usize,
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum JobResult {
    Probe(Box<Probed>),
}

/// What came of a [`ProbeJob`]. The maps stay with the model, for
/// [`AskDecoded`](crate::AskDecoded) and [`Source::Fact`](crate::Source::Fact).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probed {
    /// R² with its interval over rows. Rows: the network, the same before its first step, and the
    /// network with the facts of other rows. Columns: the sites, in the order of the forward pass,
    /// then all of them side by side where there are several.
    pub by_site: Frame,
    /// The fact at points of the second half, a row each, which the fact of its name colours. Of up
    /// to three numbers the columns are those, of more the first three principal components.
    pub exact: Frame,
    /// The same points as the map at `shown` reads them, in the same columns and colours.
    pub decoded: Frame,
    pub shown: Site,
}

/// Why a job could not be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum JobTrouble {
    #[error("no model is loaded yet")]
    NoModel,
    #[error("{0}")]
    Task(String),
    #[error("this model does not read the words of the task “{0}”; open a network of its lab")]
    Words(String),
    #[error("rows of the task “{task}” have no fact “{fact}”; there are: {known}")]
    NoFact { task: String, fact: String, known: String },
    #[error("rows of this size have {n_tokens} tokens; this model takes up to {fits}")]
    TooLong { n_tokens: usize, fits: usize },
    #[error("{n_rows} rows are too few or too many; ask for {least} to {most}")]
    Rows { n_rows: usize, least: usize, most: usize },
    #[error("this model has no site like {0}")]
    NoSite(String),
    #[error("{0} has no single vector at each position, so there is nothing to fit a map to")]
    NotByPosition(Site),
    #[error("all sites together are {width} numbers wide, and the most is {most}; choose fewer")]
    TooWide { width: usize, most: usize },
    #[error("{0} is none of the sites that are probed")]
    NotShown(Site),
    #[error("{0} holds NaN or an infinite value")]
    NotFinite(Site),
    #[error("no map could be fitted at {0}")]
    NoFit(String),
    #[error("the device stopped: {0}")]
    Device(String),
}
