//! The line to the engine: tells the conversation what happens, and does what it says.

use std::{cell::RefCell, rc::Rc};

use js_sys::Uint8Array;
use leptos::prelude::*;
use trace::{Event, Request, decode, encode};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::AppState;
use crate::{
    app::browser::{after, now_secs},
    link::{Effect as Deed, Input, Talk},
};

/// The engine's worker, and the conversation with it.
#[derive(Clone)]
struct Line {
    state: AppState,
    talk: Rc<RefCell<Talk>>,
    worker: Rc<RefCell<Option<Engine>>>,
}

/// A worker with what it calls, which is dropped with it.
struct Engine {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(web_sys::Event)>,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// Starts the engine and keeps it asked: a run for every change of model or prompt, a look for
/// every change of the cursor or of a view. Ends it with the component that this is called in.
pub(in crate::app) fn connect(state: AppState) {
    let talk = Talk::new(&state.bookmark.read_untracked().model);
    let talk = Rc::new(RefCell::new(talk));
    let line = Line { state, talk, worker: Rc::default() };

    let uses_gpu = Memo::new(move |_| state.bookmark.read().uses_gpu);
    let starter = line.clone();
    Effect::new(move |_| starter.tell(Input::Engine { uses_gpu: uses_gpu.get() }));

    // One effect for both, for a step means nothing without its model.
    let place = Memo::new(move |_| {
        let bookmark = state.bookmark.read();
        (bookmark.model.clone(), bookmark.checkpoint)
    });
    let opener = line.clone();
    Effect::new(move |before: Option<String>| {
        let (model, step) = place.get();
        // The first is opened when the engine has started.
        if before.is_some_and(|it| it != model) {
            opener.tell(Input::Model(model.clone()));
        }
        opener.tell(Input::Checkpoint(step));
        model
    });

    let prompt = Memo::new(move |_| {
        let bookmark = state.bookmark.read();
        (bookmark.prompt.clone(), bookmark.program.clone())
    });
    let runner = line.clone();
    Effect::new(move |_| {
        let (prompt, program) = prompt.get();
        if state.model.read().is_some() {
            let ask = state.answers.wanted.get_untracked();
            runner.tell(Input::Run { prompt, program, ask });
        }
    });

    let looker = line.clone();
    Effect::new(move |_| looker.tell(Input::Ask(state.answers.wanted.get())));

    let worker = line.clone();
    Effect::new(move |before: Option<()>| match state.job_wanted.get() {
        Some(job) => worker.tell(Input::StartJob(Box::new(job))),
        // Nothing was ever wanted.
        None if before.is_none() => {}
        None => worker.tell(Input::StopJob),
    });

    let ticker = line.clone();
    let every_second = std::time::Duration::from_secs(1);
    let watch = set_interval_with_handle(move || ticker.tell(Input::Tick), every_second);
    let line = StoredValue::new_local(line);
    on_cleanup(move || {
        if let Ok(watch) = watch {
            watch.clear();
        }
        line.with_value(|it| it.tell(Input::Close));
    });
}

impl Line {
    /// Tells the conversation what happens, and does what it says.
    fn tell(&self, input: Input) {
        let deeds = self.talk.borrow_mut().step(now_secs(), input);
        deeds.into_iter().for_each(|it| self.carry_out(it));
    }

    fn carry_out(&self, deed: Deed) {
        let state = self.state;
        match deed {
            Deed::Stop => drop(self.worker.take()),
            Deed::Start { uses_gpu } => self.start(uses_gpu),
            Deed::Restart { millis } => {
                let line = self.clone();
                after(millis, move || {
                    let uses_gpu = line.state.bookmark.try_with_untracked(|it| it.uses_gpu);
                    if let Some(uses_gpu) = uses_gpu {
                        line.tell(Input::Engine { uses_gpu });
                    }
                });
            }
            Deed::Send(request) => self.send(&request),
            Deed::Status(status) => state.status.set(status),
            Deed::Device(device) => state.device.set(Some(device)),
            Deed::Opened { model, is_other } => {
                if is_other {
                    state.answers.clear();
                }
                state.model.set(Some((*model).into()));
                state.fit_bookmark();
            }
            Deed::Ran { run, answers } => {
                let run = std::sync::Arc::new(run);
                state.run.set(run.clone());
                state.answers.replace(run, answers);
            }
            Deed::Seen(answers) => state.answers.add(answers),
            Deed::Job(job) => state.job.set(job),
            Deed::Notice(text) => state.notice(text),
            Deed::StayAt(step) => state.bookmark.update(|it| it.checkpoint = step),
            Deed::UseCpu => state.bookmark.update(|it| it.uses_gpu = false),
        }
    }

    fn start(&self, uses_gpu: bool) {
        let name = if uses_gpu { "./engine-gpu-worker.js" } else { "./engine-cpu-worker.js" };
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = match Worker::new_with_options(name, &options) {
            Ok(worker) => worker,
            Err(error) => {
                let text = tr!(
                    "the browser would not start the engine: {error}",
                    error = format!("{error:?}")
                );
                // The conversation is still in the step that started it.
                let line = self.clone();
                return after(0, move || line.tell(Input::Broke(text)));
            }
        };
        let line = self.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let bytes = Uint8Array::new(&event.data()).to_vec();
            let text = tr!("the engine and the page are of different versions; reload the page");
            let input = decode::<Event>(&bytes)
                .map_or_else(|| Input::Broke(text.to_owned()), |it| Input::Heard(Box::new(it)));
            line.tell(input);
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let line = self.clone();
        let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            line.tell(Input::Broke(tr!("the engine stopped").to_owned()));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        *self.worker.borrow_mut() =
            Some(Engine { worker, _on_message: on_message, _on_error: on_error });
    }

    fn send(&self, request: &Request) {
        let worker = self.worker.borrow();
        let Some(Engine { worker, .. }) = worker.as_ref() else { return };
        let bytes = Uint8Array::from(encode(request).as_slice());
        let transfer = js_sys::Array::of1(&bytes.buffer());
        // A worker that takes no message has failed, and says so itself.
        worker.post_message_with_transfer(&bytes, &transfer).unwrap_or_default();
    }
}
