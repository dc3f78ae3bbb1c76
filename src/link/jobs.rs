//! The job of an engine, as the page follows it.

use std::sync::Arc;

use trace::{Event, Job, JobId, Request};

use super::{Effect, JobState};

/// The job that is wanted, and where it is.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    /// One that waits for its model.
    waiting: Option<Job>,
    /// The last that was sent.
    sent: JobId,
    is_running: bool,
    /// Whether the page shows a job that is done, or why there is none.
    is_shown: bool,
}

impl Jobs {
    /// Starts a job in place of the one before, or has it wait until the model is open.
    pub(super) fn start(&mut self, job: Job, is_open: bool) -> Vec<Effect> {
        self.is_shown = false;
        let running = JobState::Running { done: 0, of: 0, secs_left: None };
        let mut effects = vec![Effect::Job(running)];
        if is_open {
            effects.extend(self.send(job));
        } else {
            self.waiting = Some(job);
        }
        effects
    }

    /// Ends the job that runs or waits; what is done is put away.
    pub(super) fn stop(&mut self) -> Vec<Effect> {
        let request = self.is_running.then_some(Request::Stop { id: self.sent });
        let mut effects: Vec<Effect> = request.into_iter().map(Effect::Send).collect();
        effects.extend(self.drop_all());
        effects
    }

    /// Forgets all: the model is to be another. The engine ends its job by itself.
    pub(super) fn drop_all(&mut self) -> Vec<Effect> {
        let is_there = self.waiting.take().is_some() || self.is_running || self.is_shown;
        (self.is_running, self.is_shown) = (false, false);
        is_there.then_some(Effect::Job(JobState::None)).into_iter().collect()
    }

    /// A model is there: a job that waited for it is sent. What is shown of another one is void.
    pub(super) fn opened(&mut self, is_other: bool) -> Vec<Effect> {
        if let Some(job) = self.waiting.take() {
            return self.send(job);
        }
        if is_other { self.drop_all() } else { Vec::new() }
    }

    /// The engine is gone, and a job that ran with it; one that waits still does.
    pub(super) fn lost(&mut self) -> Vec<Effect> {
        if !std::mem::take(&mut self.is_running) {
            return Vec::new();
        }
        let text = tr!("the engine was started again, which ended what it computed; start it anew");
        self.failed(text.to_owned()).into_iter().chain([Effect::Notice(text.to_owned())]).collect()
    }

    /// What the engine says of its job; nothing where it is one of before.
    pub(super) fn hear(&mut self, event: Event) -> Vec<Effect> {
        let is_own = |id: JobId| self.is_running && self.sent == id;
        match event {
            Event::Progress { id, done, of, secs_left } if is_own(id) => {
                vec![Effect::Job(JobState::Running { done, of, secs_left })]
            }
            Event::Done { id, result } if is_own(id) => {
                (self.is_running, self.is_shown) = (false, true);
                vec![Effect::Job(JobState::Done(Arc::new(result)))]
            }
            Event::Stopped { id } if is_own(id) => self.drop_all(),
            Event::JobFailed { id, trouble } if is_own(id) => self.failed(trouble.to_string()),
            _ => Vec::new(),
        }
    }

    fn send(&mut self, job: Job) -> Vec<Effect> {
        self.sent += 1;
        (self.waiting, self.is_running) = (None, true);
        vec![Effect::Send(Request::Start { id: self.sent, job })]
    }

    fn failed(&mut self, text: String) -> Vec<Effect> {
        (self.is_running, self.is_shown) = (false, true);
        vec![Effect::Job(JobState::Failed(text))]
    }
}
