//! The line to the engine: starting it, asking it, and starting it anew when it fails.

use std::{cell::RefCell, mem::take, rc::Rc};

use js_sys::Uint8Array;
use leptos::{leptos_dom::helpers::IntervalHandle, prelude::*};
use trace::{Edit, Event, Question, Request, RunId, decode, encode};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::{
    browser::{after, now_secs},
    questions::questions,
    state::{AppState, Run, Status, Uncut},
};
use crate::share::Cut;

/// An engine that says nothing for so long, or for so many times its last run, has stopped.
const PATIENCE_SECS: f64 = 8.0;
const PATIENCE_RUNS: f64 = 20.0;
/// The engine for WebGPU compiles its kernels at the first run, which takes a while.
const GPU_PATIENCE_SECS: f64 = 120.0;
/// After so many failures in a row the page waits for the reader.
const MOST_RESTARTS: u32 = 3;

/// The engine's worker and what it has been asked.
#[derive(Clone)]
struct Link {
    state: AppState,
    line: Rc<RefCell<Line>>,
}

#[derive(Default)]
struct Line {
    worker: Option<Worker>,
    /// What the worker calls; dropped with it.
    heard: Option<(Closure<dyn FnMut(MessageEvent)>, Closure<dyn FnMut(web_sys::Event)>)>,
    is_gpu: bool,
    /// Whether the engine has its model. Until then nothing is asked; the page keeps its picture.
    is_open: bool,
    /// The last run that was asked for, and the last that came back.
    sent: RunId,
    done: RunId,
    /// What was sent with the runs that are under way.
    under_way: Vec<UnderWay>,
    /// What has been asked about the last run.
    asked: Vec<Question>,
    /// Whether a look is under way. The next one waits for it, for a waiting look gives way to a
    /// later one, and what it asked would be lost.
    is_looking: bool,
    /// Since when an answer is awaited.
    waits_since: Option<f64>,
    n_failures: u32,
    /// Looks now and then whether the engine still answers.
    watch: Option<IntervalHandle>,
    /// Whether nobody needs the engine any more.
    is_closed: bool,
}

/// A run that has not come back.
#[derive(Clone, Default)]
struct UnderWay {
    id: RunId,
    prompt: String,
    model: String,
    cuts: Vec<Cut>,
}

impl Line {
    /// What was sent with a run that came back; earlier ones are of no more use.
    fn came_back(&mut self, id: RunId) -> UnderWay {
        self.under_way.retain(|it| id <= it.id);
        self.under_way.first().filter(|it| it.id == id).cloned().unwrap_or_default()
    }
}

/// Starts the engine and keeps it asked: a run for every change of model or prompt, a look for
/// every change of the cursor or of a view.
pub(super) fn connect(state: AppState) {
    let link = Link { state, line: Rc::default() };
    let uses_gpu = Memo::new(move |_| state.bookmark.read().uses_gpu);
    let starter = link.clone();
    Effect::new(move |_| starter.start(uses_gpu.get()));

    let model = Memo::new(move |_| state.bookmark.read().model.clone());
    let opener = link.clone();
    Effect::new(move |before: Option<String>| {
        let model = model.get();
        // The first is opened when the engine has started.
        if before.is_some_and(|it| it != model) {
            opener.open(&model);
        }
        model
    });

    let prompt = Memo::new(move |_| {
        let bookmark = state.bookmark.read();
        (bookmark.prompt.clone(), bookmark.cuts.clone())
    });
    let runner = link.clone();
    Effect::new(move |_| {
        // A memo that is only tracked and never read is never computed, and so never tells of a change.
        prompt.with(|_| ());
        if state.model.read().is_some() {
            runner.run();
        }
    });

    let ask = Memo::new(move |_| questions(state));
    let looker = link.clone();
    Effect::new(move |_| {
        ask.with(|_| ());
        looker.look();
    });
    link.watch();
    // The page's own engine lives as long as the page, that of a column as long as the column.
    let link = StoredValue::new_local(link);
    on_cleanup(move || link.with_value(Link::close));
}

/// The changes that the reader's cuts are, as far as the prompt that ran last had their positions.
fn edits(state: AppState) -> Vec<Edit> {
    let model = state.model.read();
    let Some(shape) = model.as_ref().map(|it| &it.shape) else { return Vec::new() };
    state.bookmark.read().cuts.iter().flat_map(|it| it.edits(shape)).collect()
}

/// Keeps what A − B was while nothing was cut.
fn keep_uncut(state: AppState) {
    let run = state.run.get_untracked();
    let writers = state.answers.writers_end.get_untracked();
    if let (true, Some(writers)) = (run.cuts.is_empty(), writers) {
        let (model, prompt) = (run.model.clone(), run.prompt.clone());
        let frame = (writers.a, writers.b);
        state.uncut.set(Some(Uncut { model, prompt, frame, total: writers.total }));
    }
}

impl Link {
    fn start(&self, uses_gpu: bool) {
        if self.line.borrow().is_closed {
            return;
        }
        let name = if uses_gpu { "./engine-gpu-worker.js" } else { "./engine-cpu-worker.js" };
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        self.stop();
        self.state.status.set(Status::Starting);
        let worker = match Worker::new_with_options(name, &options) {
            Ok(worker) => worker,
            Err(error) => {
                return self.fail(&format!("the browser would not start the engine: {error:?}"));
            }
        };
        let heard = self.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let bytes = Uint8Array::new(&event.data()).to_vec();
            match decode::<Event>(&bytes) {
                Some(event) => heard.hear(event),
                None => {
                    heard.fail("the engine and the page are of different versions; reload the page")
                }
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let failed = self.clone();
        let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            failed.fail("the engine stopped");
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let mut line = self.line.borrow_mut();
        line.heard = Some((on_message, on_error));
        (line.worker, line.is_gpu, line.is_open) = (Some(worker), uses_gpu, false);
        line.waits_since = Some(now_secs());
    }

    fn stop(&self) {
        let mut line = self.line.borrow_mut();
        if let Some(worker) = line.worker.take() {
            worker.set_onmessage(None);
            worker.set_onerror(None);
            worker.terminate();
        }
        line.heard = None;
        line.waits_since = None;
    }

    /// Says what happened and starts the engine anew, where that may help.
    fn fail(&self, text: &str) {
        self.stop();
        let state = self.state;
        let n_failures = {
            let mut line = self.line.borrow_mut();
            line.n_failures += 1;
            line.n_failures
        };
        let was_gpu = self.line.borrow().is_gpu;
        if was_gpu {
            state.notice(format!(
                "{text}. The page goes on with the CPU; choose WebGPU again to retry"
            ));
            state.bookmark.update(|it| it.uses_gpu = false);
        } else if n_failures <= MOST_RESTARTS {
            state.notice(format!(
                "{text}. It is being started again; the picture is that of the last good run"
            ));
            let link = self.clone();
            state.status.set(Status::Starting);
            after(300, move || {
                link.start(link.state.bookmark.with_untracked(|it| it.uses_gpu));
            });
        } else {
            state.status.set(Status::Stopped);
            state.notice(format!(
                "{text}, again and again. Reload the page; the link keeps your place"
            ));
        }
    }

    fn send(&self, request: &Request) {
        let mut line = self.line.borrow_mut();
        let Some(worker) = &line.worker else { return };
        let bytes = Uint8Array::from(encode(request).as_slice());
        let transfer = js_sys::Array::of1(&bytes.buffer());
        if worker.post_message_with_transfer(&bytes, &transfer).is_ok() {
            // The wait counts from the first request that has no answer, however many follow.
            line.waits_since.get_or_insert_with(now_secs);
        }
    }

    /// Fetches a model. Until it is there nothing is asked, and the picture stands.
    fn open(&self, model: &str) {
        self.line.borrow_mut().is_open = false;
        self.send(&Request::Open { url: address_of(model) });
        self.state.status.set(Status::Loading { got_bytes: 0, of_bytes: 0 });
    }

    fn run(&self) {
        let state = self.state;
        let ask = untrack(|| questions(state));
        let bookmark = state.bookmark.get_untracked();
        let (prompt, model, cuts) = (bookmark.prompt, bookmark.model, bookmark.cuts);
        let edits = untrack(|| edits(state));
        let id = {
            let mut line = self.line.borrow_mut();
            if !line.is_open {
                return;
            }
            line.sent += 1;
            let id = line.sent;
            line.asked.clone_from(&ask);
            line.under_way.push(UnderWay { id, prompt: prompt.clone(), model, cuts });
            line.is_looking = false;
            id
        };
        self.send(&Request::Run { id, prompt, edits, ask });
    }

    /// Asks what is shown and has not been asked about the last run.
    fn look(&self) {
        let (id, is_busy) = {
            let line = self.line.borrow();
            (line.done, !line.is_open || line.is_looking || line.done != line.sent)
        };
        // What is under way is followed by a look when it comes back.
        if is_busy || id == 0 {
            return;
        }
        let wanted = self.closed(untrack(|| questions(self.state)));
        let new: Vec<Question> = {
            let line = self.line.borrow();
            wanted.iter().filter(|it| !line.asked.contains(it)).cloned().collect()
        };
        if !new.is_empty() {
            let mut line = self.line.borrow_mut();
            (line.asked, line.is_looking) = (wanted, true);
            drop(line);
            self.send(&Request::Look { id, ask: new });
        }
    }

    /// Questions as the last run closed what they left open.
    fn closed(&self, questions: Vec<Question>) -> Vec<Question> {
        untrack(|| questions.into_iter().map(|it| self.state.closed(it)).collect())
    }

    fn hear(&self, event: Event) {
        let state = self.state;
        self.line.borrow_mut().waits_since = None;
        match event {
            Event::Started { device } => {
                state.device.set(Some(device));
                let model = state.bookmark.with_untracked(|it| it.model.clone());
                self.open(&model);
            }
            Event::Loading { got_bytes, of_bytes } => {
                self.line.borrow_mut().waits_since = Some(now_secs());
                state.status.set(Status::Loading { got_bytes, of_bytes });
            }
            Event::Opened { model } => self.opened(*model),
            Event::Ran { id, tokens, n_cut, secs, answers } => {
                self.line.borrow_mut().done = id;
                self.line.borrow_mut().n_failures = 0;
                if id < self.line.borrow().sent {
                    // A later prompt is on its way; what is on show is this one.
                    self.line.borrow_mut().waits_since = Some(now_secs());
                }
                let UnderWay { prompt, model, cuts, .. } = self.line.borrow_mut().came_back(id);
                if !self.line.borrow().is_open {
                    // Another model is on its way; what the one before says comes too late.
                    return;
                }
                state.run.set(Run { prompt, model, cuts, tokens, n_cut, secs }.into());
                state.forget_unasked(&answers);
                answers.into_iter().for_each(|it| state.take(it));
                if id == self.line.borrow().sent {
                    let asked = take(&mut self.line.borrow_mut().asked);
                    self.line.borrow_mut().asked = self.closed(asked);
                }
                keep_uncut(state);
                state.status.set(Status::Live);
                self.look();
            }
            Event::Seen { id, answers } => {
                if self.line.borrow().done != self.line.borrow().sent {
                    self.line.borrow_mut().waits_since = Some(now_secs());
                }
                let is_last = id == self.line.borrow().done;
                if is_last {
                    self.line.borrow_mut().is_looking = false;
                    answers.into_iter().for_each(|it| state.take(it));
                    self.look();
                }
            }
            Event::Failed { notice, .. } if notice.is_fatal => self.fail(&notice.text),
            Event::Failed { id, notice } => {
                // A run that failed is followed by the next; a look may be asked for again.
                if id.is_some() {
                    let mut line = self.line.borrow_mut();
                    line.is_looking = false;
                    line.asked.clear();
                }
                if !self.line.borrow().is_open {
                    state.status.set(Status::Stopped);
                }
                state.notice(notice.text);
            }
        }
    }

    fn opened(&self, model: trace::ModelInfo) {
        {
            let mut line = self.line.borrow_mut();
            // No run of this model can be looked at yet.
            (line.is_open, line.is_looking, line.done) = (true, false, 0);
            line.asked.clear();
        }
        let digest = self.state.model.with_untracked(|it| it.as_ref().map(|it| it.digest.clone()));
        if digest.is_some_and(|it| it != model.digest) {
            self.state.forget_answers();
        }
        self.state.model.set(Some(model.into()));
        self.state.fit_bookmark();
    }

    /// Looks now and then whether the engine still answers.
    fn watch(&self) {
        let link = self.clone();
        let look = move || {
            let late = {
                let line = link.line.borrow();
                let secs = link.state.run.with_untracked(|it| it.secs);
                let least = if line.is_gpu { GPU_PATIENCE_SECS } else { PATIENCE_SECS };
                let is_loading = matches!(
                    link.state.status.get_untracked(),
                    Status::Starting | Status::Loading { .. }
                );
                let patience =
                    if is_loading { GPU_PATIENCE_SECS } else { least.max(PATIENCE_RUNS * secs) };
                line.waits_since.is_some_and(|since| patience < now_secs() - since)
            };
            if late {
                link.fail("the engine does not answer");
            }
        };
        let watch = set_interval_with_handle(look, std::time::Duration::from_secs(1));
        self.line.borrow_mut().watch = watch.ok();
    }

    /// Ends the engine for good.
    fn close(&self) {
        self.stop();
        let mut line = self.line.borrow_mut();
        line.is_closed = true;
        if let Some(watch) = line.watch.take() {
            watch.clear();
        }
    }
}

/// Where the files of a model are, seen from the worker.
pub(super) fn address_of(model: &str) -> String {
    format!("./models/{model}")
}
