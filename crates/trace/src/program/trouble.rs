//! What became of each part of a program in a run.

use serde::{Deserialize, Serialize};

use crate::Site;

/// What a run says of its program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Why the blocks ran as trained although another order was asked for.
    pub blocks: Option<Trouble>,
    /// One for each intervention, in the program's order.
    pub interventions: Vec<Status>,
}

/// What became of an intervention.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// It was made.
    Made,
    /// It is switched off.
    Off,
    /// Its positions, of which this is the first, come after the end of the prompt as yet.
    Waiting { pos: usize },
    /// It could not be made, and the run went on without it.
    Failed(Trouble),
    /// It waits for a probe of this fact, which is still to be fitted.
    Unfitted { fact: String },
}

/// Why a part of a program cannot be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum Trouble {
    #[error("this model has layers 0 to {last}, and none with number {layer}")]
    NoLayer { layer: usize, last: usize },
    #[error("block {layer} does not run")]
    Skipped { layer: usize },
    #[error("block {layer} runs {n_passes} times, and has no pass {nth}")]
    NoPass { layer: usize, nth: usize, n_passes: usize },
    #[error("an order of blocks must name one block at least")]
    NoBlocks,
    #[error("an order of {count} blocks is too long; the most is {most}")]
    TooManyBlocks { count: usize, most: usize },
    #[error("this model has no site like {0}")]
    NoSite(String),
    #[error("layer {layer} has no {what}")]
    Lacks { layer: usize, what: String },
    #[error("layer {layer} has heads 0 to {last}, and none with number {head}")]
    NoHead { layer: usize, head: usize, last: usize },
    #[error("{site} has heads 0 to {last}, and none with number {head}")]
    NoHeadAt { site: Site, head: usize, last: usize },
    #[error("{0} has no heads to choose from")]
    NoHeads(Site),
    #[error("the model does not know the token “{0}”")]
    NoToken(String),
    #[error("“{a}” and “{b}” point the same way; choose two different tokens")]
    NoDirection { a: String, b: String },
    #[error("the direction of “{0}” has length 0")]
    ZeroDirection(String),
    #[error("this model came without a stored sample, which has the axes")]
    NoBasis,
    #[error("the stored sample has axes 1 and 2, and none with number {0}")]
    NoAxis(usize),
    #[error("this model came without prompts to take a mean over")]
    NoSample,
    #[error("prompts differ in length, so that {0} has no mean; set rows instead")]
    MeanOfPattern(Site),
    #[error("{0} is a second pass, which the run as trained does not have")]
    NoCounterpart(Site),
    #[error("the other prompt has no tokens")]
    EmptyRun,
    #[error("the other prompt has {n_pos} tokens, and position {pos} is asked for")]
    ShortRun { n_pos: usize, pos: usize },
    #[error("a prompt of {n_tokens} tokens needs more memory than there is; up to {fits} fit")]
    LongRun { n_tokens: usize, fits: usize },
    #[error("a direction of the stream does not fit {0}, which is not as wide as the stream")]
    NotStream(Site),
    #[error("{0} is no pattern of attention, so it has no rows or keys")]
    NotPattern(Site),
    #[error("a position has a value here, and what was given is a direction: use add")]
    NeedsValue,
    #[error("this needs a direction: token(…), token(…)-token(…), axis(…) or fact(…)")]
    NeedsDirection,
    #[error("rows of a pattern can only be set")]
    OnlySet,
    #[error("no query may read key {0}: the prompt ends before it")]
    NoKey(usize),
    #[error("from {low} to {high} there is nothing")]
    EmptyRange { low: String, high: String },
    #[error("{0} is not a finite number")]
    NotFinite(String),
    #[error("the device stopped: {0}")]
    Device(String),
    #[error("the probe of “{fact}” has no map at {site}")]
    NoMap { fact: String, site: Site },
    #[error("“{fact}” has {wanted} numbers, and {got} were given")]
    FactSize { fact: String, wanted: usize, got: usize },
    #[error("“{0}” is made of shares: none is below 0, and they sum to 1")]
    NotShares(String),
}
