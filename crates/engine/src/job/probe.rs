//! Probes as a job: what is asked for is checked before anything is read.

use burn::prelude::*;
use lab::task::{Size, Task, task};
use trace::{JobResult, JobTrouble, ProbeJob, Site};

use crate::{
    load::Model,
    model::most_that_fit,
    study::{FittedProbe, ProbeStudy},
};

/// Fewer rows have no interval in either half.
const LEAST_ROWS: usize = 4;
/// More take minutes, and add no digit.
const MOST_ROWS: usize = 20_000;

/// A study of what a job asks for.
pub(super) fn begin(
    job: ProbeJob,
    model: &Model,
    device: &Device,
) -> Result<ProbeStudy, JobTrouble> {
    let made = task(&job.task, &job.args).map_err(|error| JobTrouble::Task(error.to_string()))?;
    if made.words() != model.words.texts() {
        return Err(JobTrouble::Words(made.name().to_owned()));
    }
    check_sizes(&job, made.as_ref(), model)?;
    ProbeStudy::new(job, made, model, device)
}

fn check_sizes(job: &ProbeJob, task: &dyn Task, model: &Model) -> Result<(), JobTrouble> {
    let items = task.items();
    let most = items.most.unwrap_or(usize::MAX);
    if !(1..=most).contains(&job.size) {
        let what = format!("a row of {} has no {} {}", task.name(), job.size, items.name);
        return Err(JobTrouble::Task(what));
    }
    let config = &model.file.config;
    let order: Vec<usize> = (0..config.n_layers).collect();
    let fits = most_that_fit(config, &order).min(config.most_positions().unwrap_or(usize::MAX));
    // Ahead of the task's own sum, which a size without bounds might overflow.
    let n_tokens = if fits < job.size { job.size } else { task.n_tokens(Size(job.size)) };
    if fits < n_tokens {
        return Err(JobTrouble::TooLong { n_tokens, fits });
    }
    if !(LEAST_ROWS..=MOST_ROWS).contains(&job.n_rows) {
        let (n_rows, least, most) = (job.n_rows, LEAST_ROWS, MOST_ROWS);
        return Err(JobTrouble::Rows { n_rows, least, most });
    }
    Ok(())
}

/// What the page is told of a fitted probe.
pub(super) fn result(probe: &FittedProbe, shown: Option<Site>) -> Result<JobResult, JobTrouble> {
    let missing = || JobTrouble::NotShown(shown.unwrap_or(Site::Logits));
    Ok(JobResult::Probe(Box::new(probe.result(shown).ok_or_else(missing)?)))
}
