//! Work that goes on between requests, one step at a time.
//!
//! Knows no clock and no browser: whoever owns a session decides when the next step is taken.

mod pace; // how often it is said how far a job is
mod probe;

use burn::prelude::*;
use trace::{Job, JobId, JobResult, JobTrouble};

pub use pace::Pace;

use crate::{
    load::Model,
    study::{ProbeStudy, Probes},
};

/// The job that runs, and the jobs that were ended and have not been told of.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    running: Option<(JobId, Work)>,
    ended: Vec<JobId>,
}

/// A job on its way: a variant for each kind.
#[derive(Debug)]
pub(crate) enum Work {
    Probe(Box<ProbeStudy>),
    /// What was asked for is there already.
    Ready(Box<JobResult>),
}

/// What came of a step.
#[derive(Debug)]
pub enum Stepped {
    /// There are more: how many steps are done, of how many.
    Going {
        done: usize,
        of: usize,
    },
    Done(JobResult),
    Failed(JobTrouble),
}

impl Work {
    /// What a job asks for, of which nothing is done yet.
    pub(crate) fn of(
        job: Job,
        model: &Model,
        probes: &Probes,
        device: &Device,
    ) -> Result<Self, JobTrouble> {
        Ok(match job {
            Job::Probe(job) => match probes.of_job(&job) {
                Some(known) => Work::Ready(Box::new(probe::result(known, job.shown)?)),
                None => Work::Probe(Box::new(probe::begin(job, model, device)?)),
            },
        })
    }
}

impl Jobs {
    /// Has a job run; one that ran is ended.
    pub(crate) fn start(&mut self, id: JobId, work: Work) {
        self.end();
        self.running = Some((id, work));
    }

    /// Ends this job, if it is the one that runs.
    pub(crate) fn stop(&mut self, id: JobId) {
        if self.running.as_ref().is_some_and(|it| it.0 == id) {
            self.end();
        }
    }

    /// Ends the job that runs, if one does.
    pub(crate) fn end(&mut self) {
        self.ended.extend(self.running.take().map(|it| it.0));
    }

    /// Whether a job runs.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// The jobs that were ended since this was last asked.
    pub(crate) fn take_ended(&mut self) -> Vec<JobId> {
        std::mem::take(&mut self.ended)
    }

    /// Takes one step of the job that runs. What stays of a result for questions is put into
    /// `probes`.
    pub(crate) async fn step(
        &mut self,
        model: &Model,
        probes: &mut Probes,
        device: &Device,
    ) -> Option<(JobId, Stepped)> {
        let (id, work) = self.running.take()?;
        let stepped = match work {
            Work::Ready(result) => Stepped::Done(*result),
            Work::Probe(mut study) => match study.step(model, device).await {
                Ok(None) => {
                    let [done, of] = study.progress();
                    self.running = Some((id, Work::Probe(study)));
                    Stepped::Going { done, of }
                }
                Ok(Some(fitted)) => {
                    let result = probe::result(&fitted, fitted.job.shown);
                    probes.keep(fitted);
                    result.map_or_else(Stepped::Failed, Stepped::Done)
                }
                Err(trouble) => Stepped::Failed(trouble),
            },
        };
        Some((id, stepped))
    }
}
