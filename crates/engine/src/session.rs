//! Owns device, model and the last trace; answers requests.

use burn::prelude::*;
use trace::{
    AskNext, Job, JobId, JobTrouble, ModelInfo, NamedArray, Program, Question, Reply, Report,
    RunId, Site, SitePattern, Token,
};

use crate::{
    ask::{DeviceError, Seen, about_unchanged, answer, kept_for, sites_for},
    job::{Jobs, Stepped, Work},
    load::{CheckpointsError, CheckpointsFile, LoadError, Model, ModelFile},
    model::{InterventionError, Keep, Probe, Trace, most_that_fit},
    program::{Plan, References, checked_order, plan},
    study::Probes,
    timeline::Timeline,
};

pub use crate::timeline::StepError;

/// One model on one device, and what its last run left.
#[derive(Debug)]
pub struct Session {
    device: Device,
    model: Option<Model>,
    /// Where the model has checkpoints of its training.
    timeline: Option<Timeline>,
    references: References,
    last: Option<Last>,
    unchanged: Option<Unchanged>,
    jobs: Jobs,
    /// What jobs have fitted to the model.
    probes: Probes,
}

/// The last run.
#[derive(Debug)]
struct Last {
    id: RunId,
    ids: Vec<u32>,
    trace: Trace,
    /// Whether a program made another run of it than that of the model as trained.
    is_changed: bool,
}

/// The last run as trained, for as long as the prompt stays.
#[derive(Debug)]
struct Unchanged {
    ids: Vec<u32>,
    trace: Trace,
    /// The sites that it holds.
    sites: Vec<SitePattern>,
}

/// What the page wants of a run.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub prompt: &'a str,
    pub program: &'a Program,
    pub ask: &'a [Question],
}

/// Why a run or a look gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("no model is loaded yet")]
    NoModel,
    #[error("no prompt has run yet")]
    NoRun,
    #[error("run {asked} is gone; the last one is {last}")]
    Gone { asked: RunId, last: RunId },
    #[error("there is nothing to read: type a word")]
    Empty,
    #[error(
        "a prompt of {n_tokens} tokens needs more memory than there is; up to {fits} fit, so make it shorter"
    )]
    TooLong { n_tokens: usize, fits: usize },
    #[error(
        "{0} holds NaN or an infinite value, and so does everything after it; undo the intervention there"
    )]
    NotFinite(Site),
    #[error(transparent)]
    Intervention(#[from] InterventionError),
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    /// The step of training that it was of; none for the finished weights.
    pub step: Option<usize>,
    pub tokens: Vec<Token>,
    /// Tokens left out at the end because the model has learned no positions further on.
    pub n_cut: usize,
    /// One to each question, in their order.
    pub answers: Vec<Reply>,
    /// What became of the program.
    pub report: Report,
}

impl Session {
    /// Nothing loaded yet.
    pub fn new(device: Device) -> Self {
        let references = References::new(device.clone());
        Self {
            device,
            model: None,
            timeline: None,
            references,
            last: None,
            unchanged: None,
            jobs: Jobs::default(),
            probes: Probes::default(),
        }
    }

    /// Makes this model the one that answers, and ends the job of the one before.
    ///
    /// # Errors
    /// [`LoadError`]; the model before stays.
    pub fn open(&mut self, file: ModelFile, weights: &[u8]) -> Result<ModelInfo, LoadError> {
        let model = Model::from_bytes(file, weights, &self.device)?;
        let info = model.info();
        self.timeline = Timeline::of(&model, weights)?;
        self.model = Some(model);
        self.forget_runs();
        Ok(info)
    }

    /// Everything that was run, looked up or fitted is of other weights.
    fn forget_runs(&mut self) {
        (self.last, self.unchanged) = (None, None);
        self.references = References::new(self.device.clone());
        self.jobs.end();
        self.probes = Probes::default();
    }

    /// The step of training that answers; none for the finished weights.
    pub fn step(&self) -> Option<usize> {
        self.timeline.as_ref().and_then(Timeline::step)
    }

    /// The file of checkpoints, where going to `step` needs it and it was not added yet.
    pub fn lacking(&self, step: Option<usize>) -> Option<&CheckpointsFile> {
        self.timeline.as_ref()?.lacking(step)
    }

    /// Takes in the file of checkpoints, which stays until another model is opened.
    ///
    /// # Errors
    /// [`StepError`] where the file is not that of this model.
    pub fn add_checkpoints(&mut self, bytes: &[u8]) -> Result<(), StepError> {
        let model = self.model.as_ref().ok_or(StepError::NoModel)?;
        let timeline = self.timeline.as_mut().ok_or(CheckpointsError::None)?;
        Ok(timeline.add(model, bytes)?)
    }

    /// Makes the network of a step of training the one that answers, or the finished one.
    ///
    /// # Errors
    /// [`StepError`]; step and last run stay.
    pub fn go_to(&mut self, step: Option<usize>) -> Result<(), StepError> {
        let model = self.model.as_mut().ok_or(StepError::NoModel)?;
        let Some(timeline) = self.timeline.as_mut() else {
            return if step.is_none() { Ok(()) } else { Err(CheckpointsError::None.into()) };
        };
        if timeline.step() != step {
            timeline.go_to(model, step)?;
            self.forget_runs();
        }
        Ok(())
    }

    /// Begins a job; one that runs is ended.
    ///
    /// # Errors
    /// [`JobTrouble`], after which no job runs.
    pub fn start(&mut self, id: JobId, job: Job) -> Result<(), JobTrouble> {
        self.jobs.end();
        let model = self.model.as_ref().ok_or(JobTrouble::NoModel)?;
        self.jobs.start(id, Work::of(job, model, &self.probes, &self.device)?);
        Ok(())
    }

    /// Ends this job, if it is the one that runs.
    pub fn stop(&mut self, id: JobId) {
        self.jobs.stop(id);
    }

    /// Whether a job has steps to take.
    pub fn has_job(&self) -> bool {
        self.jobs.is_running()
    }

    /// Takes one step of the job that runs, some 30 ms at most.
    pub async fn step_job(&mut self) -> Option<(JobId, Stepped)> {
        self.jobs.step(self.model.as_ref()?, &mut self.probes, &self.device).await
    }

    /// The jobs that were ended before they were done, since this was last asked.
    pub fn take_ended(&mut self) -> Vec<JobId> {
        self.jobs.take_ended()
    }

    /// Runs a prompt with a program and answers questions about it. Of the program, what cannot be
    /// made or waits for later positions is left out, and the report says so.
    ///
    /// # Errors
    /// [`RunError`]; the last run stays.
    pub async fn run(&mut self, id: RunId, asked: Asked<'_>) -> Result<Ran, RunError> {
        let Asked { prompt, program, ask } = asked;
        let model = self.model.as_ref().ok_or(RunError::NoModel)?;
        let (tokens, n_cut) = read_prompt(model, prompt, program)?;
        let ids: Vec<u32> = tokens.iter().map(|it| it.id).collect();
        let plan = plan(&mut self.references, &self.probes, model, &ids, program).await;
        let mut probe = plan.probe(kept_for(ask));
        model.network.forward(token_tensor(&ids, &self.device), &mut probe);
        let trace = probe.into_trace()?;
        let is_changed = plan.changes_run();
        let about = if is_changed { about_unchanged(ask) } else { Vec::new() };
        let unchanged = as_trained(&mut self.unchanged, (model, &self.device), &ids, &about)?;
        let seen = Seen { model, trace: &trace, unchanged, ids: &ids, probes: &self.probes };
        let answers = answer(seen, ask).await?;
        if answers.iter().any(is_broken) {
            return Err(self.first_broken(&ids, &plan).await);
        }
        self.last = Some(Last { id, ids, trace, is_changed });
        let step = self.step();
        Ok(Ran { step, tokens, n_cut, answers, report: plan.report })
    }

    /// Where a run first gave NaN or an infinite value: all of it once more, with every site kept.
    async fn first_broken(&self, ids: &[u32], plan: &Plan) -> RunError {
        let Some(model) = self.model.as_ref() else { return RunError::NoModel };
        let mut probe = plan.probe(Keep::Everything);
        model.network.forward(token_tensor(ids, &self.device), &mut probe);
        let trace = match probe.into_trace() {
            Ok(trace) => trace,
            Err(error) => return error.into(),
        };
        match trace.read().await {
            Ok(values) => {
                let broken = |site: &Site| values.get(site).is_some_and(is_not_finite);
                RunError::NotFinite(trace.sites().find(broken).unwrap_or(Site::Logits))
            }
            Err(text) => DeviceError(text).into(),
        }
    }

    /// Answers questions about the last run.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn look(&mut self, id: RunId, ask: &[Question]) -> Result<Vec<Reply>, RunError> {
        let model = self.model.as_ref().ok_or(RunError::NoModel)?;
        let Last { id: last, ids, trace, is_changed } =
            self.last.as_ref().ok_or(RunError::NoRun)?;
        if *last != id {
            return Err(RunError::Gone { asked: id, last: *last });
        }
        let about = if *is_changed { about_unchanged(ask) } else { Vec::new() };
        let unchanged = as_trained(&mut self.unchanged, (model, &self.device), ids, &about)?;
        Ok(answer(Seen { model, trace, unchanged, ids, probes: &self.probes }, ask).await?)
    }
}

/// The run of a prompt as trained, with what these questions about it need; nothing where there are
/// none. It is kept while the prompt stays.
fn as_trained<'a>(
    kept: &'a mut Option<Unchanged>,
    (model, device): (&Model, &Device),
    ids: &[u32],
    ask: &[Question],
) -> Result<Option<&'a Trace>, RunError> {
    if ask.is_empty() {
        return Ok(None);
    }
    let mut sites = sites_for(ask);
    let before = kept.as_ref().filter(|it| it.ids == ids).map_or(&[][..], |it| &it.sites);
    if !sites.iter().all(|it| before.contains(it)) {
        // What was asked before is asked again as a rule.
        sites.extend(before.iter().filter(|it| !sites.contains(it)).cloned().collect::<Vec<_>>());
        let mut probe = Probe::new(Keep::Matching(sites.clone()), Vec::new());
        model.network.forward(token_tensor(ids, device), &mut probe);
        let trace = probe.into_trace()?;
        *kept = Some(Unchanged { ids: ids.to_vec(), trace, sites });
    }
    Ok(kept.as_ref().map(|it| &it.trace))
}

/// The tokens of a prompt, and how many were left out at its end because the model reads no further.
fn read_prompt(
    model: &Model,
    prompt: &str,
    program: &Program,
) -> Result<(Vec<Token>, usize), RunError> {
    let mut tokens = model.words.tokens(prompt);
    let config = &model.file.config;
    let most = config.most_positions().unwrap_or(usize::MAX);
    let n_cut = tokens.len().saturating_sub(most);
    tokens.truncate(most);
    let order = checked_order(program, config.n_layers).ok().flatten();
    let order = order.unwrap_or_else(|| (0..config.n_layers).collect());
    let (n_tokens, fits) = (tokens.len(), most_that_fit(config, &order));
    if fits < n_tokens {
        return Err(RunError::TooLong { n_tokens, fits });
    }
    if tokens.is_empty() { Err(RunError::Empty) } else { Ok((tokens, n_cut)) }
}

/// Whether the next token's logits are NaN or infinite.
fn is_broken(reply: &Reply) -> bool {
    reply.to::<AskNext>().is_some_and(is_not_finite)
}

/// Whether a value is NaN or infinite.
fn is_not_finite(array: &NamedArray) -> bool {
    !array.values().iter().all(|it| it.is_finite())
}

/// Token numbers as a batch of one, `[1, pos]`.
pub fn token_tensor(ids: &[u32], device: &Device) -> Tensor<2, Int> {
    let values: Vec<i32> = ids.iter().map(|&id| id.cast_signed()).collect();
    Tensor::from_data(TensorData::new(values, [1, ids.len()]), device)
}
