//! What the worker has to do with the browser: messages, panics, the device.

use std::{cell::RefCell, rc::Rc};

use burn::prelude::Device as BurnDevice;
use engine::{
    inbox::Inbox,
    job::{Pace, Stepped},
    session::{Asked, Ran, Session},
};
use js_sys::Uint8Array;
use trace::{Device, Event, Notice, Request, RunId, decode, encode};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::fetch;

// CubeCL keeps its kernels in constructors; see `start`.
#[allow(unsafe_code, reason = "the linker's own function, which has no safe form")]
unsafe extern "C" {
    fn __wasm_call_ctors();
}

/// Starts the engine; answers come as messages.
pub(crate) fn start() {
    // SAFETY: called once, before anything else; without a call from `main`, the linker would run
    // the constructors anew on every call from outside.
    #[allow(unsafe_code, reason = "the linker's own function, which has no safe form")]
    unsafe {
        __wasm_call_ctors();
    }
    std::panic::set_hook(Box::new(|panic| {
        let text = format!("the engine stopped: {panic}");
        tell(&Event::Failed { id: None, notice: Notice { text, is_fatal: true } });
    }));
    wasm_bindgen_futures::spawn_local(run());
}

async fn run() {
    let (device, named) = match start_device().await {
        Ok(started) => started,
        Err(text) => return tell(&failed(None, text, true)),
    };
    let inbox = Rc::new(RefCell::new(Inbox::default()));
    let session = Session::new(device);
    let worker = Worker { session, pace: Pace::default(), is_busy: false };
    let worker = Rc::new(RefCell::new(worker));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let bytes = Uint8Array::new(&event.data()).to_vec();
        match decode::<Request>(&bytes) {
            Some(request) => inbox.borrow_mut().put(request),
            None => {
                tell(&failed(None, "the page sent an unknown message; reload it".into(), false))
            }
        }
        wasm_bindgen_futures::spawn_local(work(worker.clone(), inbox.clone()));
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    tell(&Event::Started { device: named });
}

struct Worker {
    session: Session,
    pace: Pace,
    is_busy: bool,
}

/// Handles what waits, one after another, and takes a step of the job whenever nothing waits, unless
/// that is being done already.
#[allow(clippy::await_holding_refcell_ref, reason = "is_busy lets one call in at a time")]
async fn work(worker: Rc<RefCell<Worker>>, inbox: Rc<RefCell<Inbox>>) {
    match worker.try_borrow_mut() {
        Ok(mut it) if !it.is_busy => it.is_busy = true,
        _ => return,
    }
    loop {
        // Messages that came meanwhile are delivered first, so that only the latest is handled.
        next_task().await;
        let request = inbox.borrow_mut().take();
        let Worker { session, pace, .. } = &mut *worker.borrow_mut();
        let event = match request {
            Some(request) => handle(session, request).await,
            None if session.has_job() => advance(session, pace).await,
            None => break,
        };
        // What took the place of a job comes after the end of it.
        session.take_ended().into_iter().for_each(|id| tell(&Event::Stopped { id }));
        event.iter().for_each(tell);
    }
    worker.borrow_mut().is_busy = false;
}

/// Takes a step of the job that runs; says what came of it, or now and then how far it is.
async fn advance(session: &mut Session, pace: &mut Pace) -> Option<Event> {
    let start = now_secs();
    let (id, stepped) = session.step_job().await?;
    match stepped {
        Stepped::Going { done, of } => {
            let now = now_secs();
            pace.after(id, done, of, [now - start, now])
        }
        Stepped::Done(result) => Some(Event::Done { id, result }),
        Stepped::Failed(trouble) => Some(Event::JobFailed { id, trouble }),
    }
}

/// What there is to say at once: a job says it later.
async fn handle(session: &mut Session, request: Request) -> Option<Event> {
    Some(match request {
        Request::Open { url } => open(session, &url).await,
        Request::Run { id, prompt, program, ask } => {
            let start = now_secs();
            let asked = Asked { prompt: &prompt, program: &program, ask: &ask };
            match session.run(id, asked).await {
                Ok(Ran { step, tokens, n_cut, answers, report }) => {
                    let secs = now_secs() - start;
                    Event::Ran { id, tokens, n_cut, secs, answers, report, step }
                }
                Err(error) => failed(Some(id), error.to_string(), false),
            }
        }
        Request::Look { id, ask } => match session.look(id, &ask).await {
            Ok(answers) => Event::Seen { id, answers },
            Err(error) => failed(Some(id), error.to_string(), false),
        },
        Request::Checkpoint { url, step } => {
            if let Err(text) = go_to(session, &url, step).await {
                tell(&failed(None, text, false));
            }
            Event::AtCheckpoint { step: session.step() }
        }
        Request::Panic => panic!("a panic was asked for"),
        Request::Start { id, job } => match session.start(id, job) {
            Ok(()) => return None,
            Err(trouble) => Event::JobFailed { id, trouble },
        },
        Request::Stop { id } => {
            session.stop(id);
            return None;
        }
    })
}

async fn open(session: &mut Session, url: &str) -> Event {
    let opened = match fetch::model(url, |event| tell(&event)).await {
        Ok((file, weights)) => session.open(file, &weights).map_err(|error| error.to_string()),
        Err(text) => Err(text),
    };
    match opened {
        Ok(model) => Event::Opened { model: Box::new(model) },
        Err(text) => failed(None, format!("the model did not open: {text}"), false),
    }
}

/// Goes to a step of training; its file is fetched the first time.
async fn go_to(session: &mut Session, url: &str, step: Option<usize>) -> Result<(), String> {
    if let Some(file) = session.lacking(step).cloned() {
        let bytes = fetch::checkpoints(url, &file, |event| tell(&event)).await?;
        session.add_checkpoints(&bytes).map_err(|error| error.to_string())?;
    }
    session.go_to(step).map_err(|error| error.to_string())
}

fn failed(id: Option<RunId>, text: String, is_fatal: bool) -> Event {
    Event::Failed { id, notice: Notice { text, is_fatal } }
}

#[cfg(not(feature = "gpu"))]
async fn start_device() -> Result<(BurnDevice, Device), String> {
    Ok((BurnDevice::flex(), Device { is_gpu: false, name: "CPU".to_owned() }))
}

#[cfg(feature = "gpu")]
async fn start_device() -> Result<(BurnDevice, Device), String> {
    let started = BurnDevice::wgpu_options().tasks_max(64).init_with_setup_async().await;
    let (device, setup) = started.map_err(|error| {
        format!("WebGPU would not start; close other pages that use the graphics card: {error}")
    })?;
    // burn's own handlers panic; ours tell the page, which starts the engine anew.
    let stop = |text: String| tell(&failed(None, text, true));
    setup.device.on_uncaptured_error(std::sync::Arc::new(
        move |error: burn::tensor::wgpu::wgpu::Error| {
            stop(format!("the graphics device reported an error: {error}"));
        },
    ));
    setup.device.set_device_lost_callback(move |reason, text| {
        stop(format!("the graphics device was lost ({reason:?}): {text}"));
    });
    let info = setup.adapter.get_info();
    let name = if info.name.is_empty() { "WebGPU".to_owned() } else { info.name };
    Ok((device, Device { is_gpu: true, name }))
}

/// Sends an event to the page; its bytes are handed over, not copied.
fn tell(event: &Event) {
    let bytes = Uint8Array::from(encode(event).as_slice());
    let transfer = js_sys::Array::of1(&bytes.buffer());
    // A page that is gone needs no answer.
    scope().post_message_with_transfer(&bytes, &transfer).unwrap_or_default();
}

pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn now_secs() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now() / 1e3)
}

/// Waits until the browser has delivered what it has.
async fn next_task() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let set = scope().set_timeout_with_callback(&resolve);
        set.map(drop).unwrap_or_else(|_: JsValue| ());
    });
    wasm_bindgen_futures::JsFuture::from(promise).await.map(drop).unwrap_or_default();
}
