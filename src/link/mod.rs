//! The conversation with an engine as a pure state machine: what happens → what is to be done.
//!
//! Knows no browser, no clock and no signals: the page tells it what happens and when, and does
//! what it says ([`Effect`]). So every order of events can be tested natively.

mod jobs; // work between runs
mod model; // its files and its steps
mod run; // what a run was asked, and what came back
mod talk; // start here
#[cfg(test)]
mod tests;

use std::sync::Arc;

use trace::{Device, Event, Job, JobResult, ModelInfo, Program, Question, Request};

pub use run::{Answered, Run};
pub use talk::Talk;

/// Whether numbers are live.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// The engine is on its way.
    Starting,
    /// The weights are.
    Loading {
        got_bytes: u64,
        of_bytes: u64,
    },
    /// The model is ready, and no prompt has run yet.
    Ready,
    Live,
    /// Nothing runs; what is shown is the last good picture.
    Stopped,
}

/// How far a job is, which goes on between runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum JobState {
    /// None was started, or it was stopped, or its model is gone.
    #[default]
    None,
    /// It runs, or waits for its model. `of` is 0 until its first step is done.
    Running {
        done: usize,
        of: usize,
        secs_left: Option<f64>,
    },
    Done(Arc<JobResult>),
    /// Why there is no result.
    Failed(String),
}

/// What happens: the reader wants something, or the engine says something.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// An engine of this kind is wanted.
    Engine { uses_gpu: bool },
    /// A model is wanted, at the end of its training.
    Model(String),
    /// A step of the model's training is wanted; none for the finished weights.
    Checkpoint(Option<usize>),
    /// This prompt is to run with this program, and these questions are on show.
    Run { prompt: String, program: Program, ask: Vec<Question> },
    /// Other questions are on show.
    Ask(Vec<Question>),
    /// A job is wanted, in place of the one before; it waits for a model that is on its way.
    StartJob(Box<Job>),
    /// The job is no longer wanted.
    StopJob,
    /// The engine said something.
    Heard(Box<Event>),
    /// The engine failed, in words.
    Broke(String),
    /// Some time has passed.
    Tick,
    /// Nobody needs the engine any more.
    Close,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// End the engine.
    Stop,
    /// Start an engine.
    Start {
        uses_gpu: bool,
    },
    /// Tell `Input::Engine` again after a while.
    Restart {
        millis: u64,
    },
    /// Send this to the engine.
    Send(Request),
    Status(Status),
    Device(Device),
    /// A model is ready; what another one answered is void where `is_other`.
    Opened {
        model: Box<ModelInfo>,
        is_other: bool,
    },
    /// A prompt ran.
    Ran {
        run: Run,
        answers: Vec<Answered>,
    },
    /// More was answered about the last run.
    Seen(Vec<Answered>),
    /// How far the job is.
    Job(JobState),
    /// Say this to the reader.
    Notice(String),
    /// The step that is wanted is not to be had; want this one, which answers.
    StayAt(Option<usize>),
    /// The graphics card is of no use; go on with the CPU.
    UseCpu,
}
