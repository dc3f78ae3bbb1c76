//! Who is asked what when: starting the engine, opening a model, runs and looks, and what to do when
//! nothing comes back.

use trace::{
    AskNext, AskUnchanged, Event, ModelInfo, Program, Question, Request, RunId, Unchanged,
};

use super::{
    Answered, Effect, Input, JobState, Run, Status,
    jobs::Jobs,
    model::{address_of, lacking},
    run::UnderWay,
};

/// An engine that says nothing for so long, or for so many times its last run, has stopped.
const PATIENCE_SECS: f64 = 8.0;
const PATIENCE_RUNS: f64 = 20.0;
/// The engine for WebGPU compiles its kernels at the first run, which takes a while.
const GPU_PATIENCE_SECS: f64 = 120.0;
/// After so many failures in a row the page waits for the reader.
const MOST_RESTARTS: u32 = 3;
/// So long after a failure the engine is started again.
const RESTART_MILLIS: u64 = 300;

/// One engine, and what it has been asked.
#[derive(Debug, Default)]
pub struct Talk {
    /// The model that is wanted.
    model: String,
    /// What is on show.
    wanted: Vec<Question>,
    /// The digest of the model that is there.
    opened: Option<String>,
    /// Steps of its training that can be gone back to.
    checkpoints: Vec<usize>,
    /// The step that is wanted, the one that the engine is at, and the one that it was told to go to
    /// and has not said that it is at. None is the finished weights.
    checkpoint: Option<usize>,
    at: Option<usize>,
    going: Option<Option<usize>>,
    /// What this model is to run, and whether that waits for a checkpoint.
    last: Option<(String, Program)>,
    is_due: bool,
    is_gpu: bool,
    /// Whether an engine is there at all.
    is_started: bool,
    /// Whether the engine has its model. Until then nothing is asked; the page keeps its picture.
    is_open: bool,
    /// Whether the engine's model has run a prompt.
    is_live: bool,
    /// The last run that was asked for, and the last that came back.
    sent: RunId,
    done: RunId,
    /// What was sent with the runs that are under way.
    under_way: Vec<UnderWay>,
    /// What has been asked about the last run, as asked and with what the run put in.
    asked: Vec<Question>,
    /// What a look that is under way asks. The next one waits for it, for a waiting look gives way
    /// to a later one, and what it asked would be lost.
    looking: Vec<Question>,
    /// Since when an answer is awaited.
    waits_since: Option<f64>,
    /// Time of the last run.
    run_secs: f64,
    n_failures: u32,
    is_closed: bool,
    jobs: Jobs,
}

impl Talk {
    /// A conversation about this model that has not begun.
    pub fn new(model: &str) -> Self {
        Self { model: model.to_owned(), ..Self::default() }
    }

    /// Takes in what happens at a time (in seconds since whenever) and says what is to be done.
    pub fn step(&mut self, now_secs: f64, input: Input) -> Vec<Effect> {
        if self.is_closed {
            return Vec::new();
        }
        match input {
            Input::Engine { uses_gpu } => self.start(now_secs, uses_gpu),
            Input::Model(model) => {
                // The next one has steps of its own.
                (self.model, self.checkpoint) = (model, None);
                let mut effects = self.jobs.drop_all();
                if self.is_started {
                    effects.extend(self.open(now_secs));
                }
                effects
            }
            Input::Checkpoint(step) => {
                self.checkpoint = step;
                self.go(now_secs)
            }
            Input::Run { prompt, program, ask } => {
                self.wanted = ask;
                self.last = Some((prompt, program));
                self.run(now_secs)
            }
            Input::Ask(wanted) => {
                self.wanted = wanted;
                self.look(now_secs)
            }
            Input::StartJob(job) => self.jobs.start(*job, self.is_open),
            Input::StopJob => self.jobs.stop(),
            Input::Heard(event) => self.hear(now_secs, *event),
            Input::Broke(text) => self.fail(&text),
            Input::Tick if self.is_late(now_secs) => self.fail(tr!("the engine does not answer")),
            Input::Tick => Vec::new(),
            Input::Close => {
                self.is_closed = true;
                vec![Effect::Stop]
            }
        }
    }

    fn start(&mut self, now_secs: f64, uses_gpu: bool) -> Vec<Effect> {
        (self.is_gpu, self.is_started, self.is_open) = (uses_gpu, false, false);
        self.waits_since = Some(now_secs);
        let mut effects = vec![Effect::Stop];
        effects.extend(self.jobs.lost());
        effects.extend([Effect::Status(Status::Starting), Effect::Start { uses_gpu }]);
        effects
    }

    /// Fetches the model. Until it is there nothing is asked, and the picture stands.
    fn open(&mut self, now_secs: f64) -> Vec<Effect> {
        (self.is_open, self.going) = (false, None);
        if self.model.is_empty() {
            // A lab is on its way, which says what comes first.
            return Vec::new();
        }
        let request = Request::Open { url: address_of(&self.model) };
        let loading = Status::Loading { got_bytes: 0, of_bytes: 0 };
        vec![self.send(now_secs, request), Effect::Status(loading)]
    }

    fn send(&mut self, now_secs: f64, request: Request) -> Effect {
        // The wait counts from the first request that has no answer, however many follow.
        self.waits_since.get_or_insert(now_secs);
        Effect::Send(request)
    }

    /// Goes to the step that is wanted, one at a time: of what is wanted meanwhile, the latest counts.
    fn go(&mut self, now_secs: f64) -> Vec<Effect> {
        let step = self.checkpoint;
        if !self.is_open || self.going.is_some() || step == self.at {
            return Vec::new();
        }
        if let Some(step) = step.filter(|it| !self.checkpoints.contains(it)) {
            self.checkpoint = self.at;
            let text = lacking(step, &self.checkpoints);
            return vec![Effect::Notice(text), Effect::StayAt(self.at)];
        }
        self.going = Some(step);
        let url = address_of(&self.model);
        vec![self.send(now_secs, Request::Checkpoint { url, step })]
    }

    /// The engine is at a step: the last prompt runs again, or what was wanted is given up.
    fn arrived(&mut self, now_secs: f64, step: Option<usize>) -> Vec<Effect> {
        if !self.under_way.is_empty() {
            self.waits_since = Some(now_secs);
        }
        let Some(wanted) = self.going.take().filter(|_| self.is_open) else {
            // Another model is on its way.
            return Vec::new();
        };
        let has_moved = self.at != step;
        self.at = step;
        let status = if self.is_live { Status::Live } else { Status::Ready };
        let mut effects = vec![Effect::Status(status)];
        if step != wanted && self.checkpoint == wanted {
            self.checkpoint = step;
            effects.push(Effect::StayAt(step));
        }
        let is_due = std::mem::take(&mut self.is_due) || has_moved;
        effects.extend(if is_due { self.run(now_secs) } else { self.look(now_secs) });
        effects.extend(self.go(now_secs));
        effects
    }

    /// Runs the last prompt, when the engine is where it is wanted.
    fn run(&mut self, now_secs: f64) -> Vec<Effect> {
        if self.going.is_some() {
            self.is_due = true;
            return Vec::new();
        }
        let Some((prompt, program)) = self.last.clone().filter(|_| self.is_open) else {
            return Vec::new();
        };
        let mut ask = self.wanted.clone();
        if !program.is_unchanged() {
            // What comes next in the run as trained stands beside what a program makes of it.
            ask.push(AskUnchanged::of(AskNext).into());
        }
        self.sent += 1;
        let (id, model) = (self.sent, self.model.clone());
        self.looking.clear();
        self.last = Some((prompt.clone(), program.clone()));
        self.under_way.push(UnderWay {
            id,
            prompt: prompt.clone(),
            model,
            program: program.clone(),
            ask: ask.clone(),
        });
        vec![self.send(now_secs, Request::Run { id, prompt, program, ask })]
    }

    /// Asks what is shown and has not been asked about the last run.
    fn look(&mut self, now_secs: f64) -> Vec<Effect> {
        // What is under way is followed by a look when it comes back.
        let is_going = self.going.is_some();
        let is_busy =
            !self.is_open || is_going || !self.looking.is_empty() || self.done != self.sent;
        if is_busy || self.done == 0 {
            return Vec::new();
        }
        let is_new = |it: &&Question| !self.asked.contains(it);
        let mut new: Vec<Question> = self.wanted.iter().filter(is_new).cloned().collect();
        if new.is_empty() {
            return Vec::new();
        }
        // The strongest head is that of the first attribution that is asked along: the same as in
        // the run, though that has its answer already.
        let first = self.wanted.iter().find(|it| matches!(it, Question::Attribution(_)));
        if let Some(first) = first.filter(|_| new.iter().any(Question::has_strongest)) {
            new.retain(|it| it != first);
            new.insert(0, first.clone());
        }
        self.asked.extend(new.iter().cloned());
        self.looking.clone_from(&new);
        vec![self.send(now_secs, Request::Look { id: self.done, ask: new })]
    }

    fn hear(&mut self, now_secs: f64, event: Event) -> Vec<Effect> {
        // An engine that tells of its job works, and its answers are awaited from then on.
        let is_awaited = self.waits_since.take().is_some();
        match event {
            Event::Started { device } => {
                self.is_started = true;
                let mut effects = vec![Effect::Device(device)];
                effects.extend(self.open(now_secs));
                effects
            }
            Event::Loading { got_bytes, of_bytes } => {
                self.waits_since = Some(now_secs);
                vec![Effect::Status(Status::Loading { got_bytes, of_bytes })]
            }
            Event::Opened { model } => self.opened(now_secs, model),
            Event::AtCheckpoint { step } => self.arrived(now_secs, step),
            Event::Ran { id, tokens, n_cut, secs, answers, report, step } => {
                self.done = id;
                self.n_failures = 0;
                self.run_secs = secs;
                let sent = self.came_back(id);
                // A later prompt is on its way; what is on show is this one.
                self.still_waits(now_secs);
                let Some(UnderWay { prompt, model, program, ask, .. }) =
                    sent.filter(|_| self.is_open)
                else {
                    // Another model is on its way; what the one before says comes too late.
                    return Vec::new();
                };
                self.is_live = true;
                let next = |it: &Unchanged| it.to::<AskNext>().cloned();
                let unchanged = answers.iter().find_map(|it| next(it.to::<AskUnchanged>()?));
                let run = Run { prompt, model, program, report, unchanged, ..Run::default() };
                let run = Run { tokens, n_cut, secs, step, ..run };
                let answers = Answered::zip(&ask, answers);
                self.asked = Answered::all_forms(&answers);
                let mut effects = vec![
                    Effect::Ran { run: run.labelled(), answers },
                    Effect::Status(Status::Live),
                ];
                effects.extend(self.look(now_secs));
                effects
            }
            Event::Seen { id, answers } => {
                self.still_waits(now_secs);
                if id != self.done || self.looking.is_empty() {
                    return Vec::new();
                }
                let answers = Answered::zip(&std::mem::take(&mut self.looking), answers);
                self.asked.extend(Answered::all_forms(&answers));
                let mut effects = vec![Effect::Seen(answers)];
                effects.extend(self.look(now_secs));
                effects
            }
            Event::Progress { .. }
            | Event::Done { .. }
            | Event::Stopped { .. }
            | Event::JobFailed { .. } => {
                self.waits_since = is_awaited.then_some(now_secs);
                self.hear_of_job(now_secs, event)
            }
            Event::Failed { notice, .. } if notice.is_fatal => self.fail(&notice.text),
            Event::Failed { id, notice } => self.refused(now_secs, id, notice.text),
        }
    }

    fn hear_of_job(&mut self, now_secs: f64, event: Event) -> Vec<Effect> {
        let mut effects = self.jobs.hear(event);
        // What was fitted answers questions that had no answer, and interventions waited for it.
        let is_done = effects.iter().any(|it| matches!(it, Effect::Job(JobState::Done(_))));
        if is_done && self.last.is_some() {
            effects.extend(self.run(now_secs));
        }
        effects
    }

    /// What was asked for is not to be had; the engine goes on.
    fn refused(&mut self, now_secs: f64, id: Option<RunId>, text: String) -> Vec<Effect> {
        let mut effects = vec![Effect::Notice(text)];
        if !self.is_open {
            effects.push(Effect::Status(Status::Stopped));
        } else if !self.is_live {
            effects.push(Effect::Status(Status::Ready));
        }
        let Some(id) = id else { return effects };
        self.looking.clear();
        self.under_way.retain(|it| id < it.id);
        if self.done < id && self.under_way.is_empty() {
            // The run before stands, and can be looked at again.
            self.sent = self.done;
            effects.extend(self.look(now_secs));
        }
        effects
    }

    fn opened(&mut self, now_secs: f64, model: Box<ModelInfo>) -> Vec<Effect> {
        let digest = model.digest.clone();
        let is_other = self.opened.replace(digest).is_some_and(|it| it != model.digest);
        // No run of this model can be looked at yet.
        (self.is_open, self.is_live, self.done) = (true, false, 0);
        (self.looking, self.asked) = (Vec::new(), Vec::new());
        self.under_way.clear();
        self.checkpoints.clone_from(&model.checkpoints);
        (self.at, self.going, self.last, self.is_due) = (None, None, None, false);
        let mut effects = vec![Effect::Opened { model, is_other }, Effect::Status(Status::Ready)];
        effects.extend(self.go(now_secs));
        effects.extend(self.jobs.opened(is_other));
        effects
    }

    /// Says what happened and starts the engine anew, where that may help.
    fn fail(&mut self, text: &str) -> Vec<Effect> {
        self.waits_since = None;
        (self.is_started, self.is_open, self.going) = (false, false, None);
        self.n_failures += 1;
        let mut effects = vec![Effect::Stop];
        effects.extend(self.jobs.lost());
        if self.is_gpu {
            // What a driver says of itself helps no reader.
            let text =
                tr!("WebGPU does not start here, or has stopped. The page goes on with the CPU; \
                 choose WebGPU again to retry");
            effects.extend([Effect::Notice(text.to_owned()), Effect::UseCpu]);
        } else if self.n_failures <= MOST_RESTARTS {
            let text = tr!(
                "{text}. It is being started again; the picture is that of the last good run",
                text
            );
            effects.extend([
                Effect::Notice(text),
                Effect::Status(Status::Starting),
                Effect::Restart { millis: RESTART_MILLIS },
            ]);
        } else {
            let text =
                tr!("{text}, again and again. Reload the page; the link keeps your place", text);
            effects.extend([Effect::Status(Status::Stopped), Effect::Notice(text)]);
        }
        effects
    }

    /// What was sent with a run that came back; earlier ones are of no more use.
    fn came_back(&mut self, id: RunId) -> Option<UnderWay> {
        self.under_way.retain(|it| id <= it.id);
        self.under_way.first().filter(|it| it.id == id).cloned()
    }

    fn still_waits(&mut self, now_secs: f64) {
        if self.done != self.sent {
            self.waits_since = Some(now_secs);
        }
    }

    fn is_late(&self, now_secs: f64) -> bool {
        let is_fetching = !self.is_open || self.going.is_some();
        let least = if self.is_gpu || is_fetching { GPU_PATIENCE_SECS } else { PATIENCE_SECS };
        let patience = least.max(PATIENCE_RUNS * self.run_secs);
        self.waits_since.is_some_and(|since| patience < now_secs - since)
    }
}
