//! Whether what the writer of a link saw comes out on this device too.

use leptos::prelude::*;
use trace::Program;

use super::AppState;
use crate::{
    link::Status,
    view::{Pick, signed},
};

/// Logits differ by so much at most where the same numbers are summed in another order.
const ROUNDING: f32 = 1e-3;

/// What a link says of A − B, and of which prompt, position and words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expected {
    there: f32,
    of: Sight,
}

/// A result that was compared with the link's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Proof {
    here: f32,
    there: f32,
}

type Sight =
    (String, Option<usize>, String, Program, Option<usize>, Option<String>, Option<String>);

fn sight(state: AppState) -> Sight {
    let it = state.bookmark.read();
    (
        it.model.clone(),
        it.checkpoint,
        it.prompt.clone(),
        it.program.clone(),
        it.pick.pos,
        it.a.clone(),
        it.b.clone(),
    )
}

/// Remembers what a link that was just opened says.
pub(in crate::app) fn expect(state: AppState, result: Option<f32>) {
    let of = untrack(|| sight(state));
    state.expected.set(result.map(|there| Expected { there, of }));
}

/// A − B in logits at the lock, once the page shows the answer to what it asks.
pub(in crate::app) fn seen(state: AppState) -> Option<f32> {
    let attribution = state.attribution().filter(|it| !it.is_stale)?;
    let is_run = {
        let (run, bookmark) = (state.run.read(), state.bookmark.read());
        (&run.model, run.step, &run.prompt, &run.program)
            == (&bookmark.model, bookmark.checkpoint, &bookmark.prompt, &bookmark.program)
    };
    let is_lock = state.hover.get() == Pick::default() && attribution.pos == state.lock().pos;
    let is_asked = (attribution.a, attribution.b) == state.pair();
    (state.status.get() == Status::Live && is_run && is_lock && is_asked)
        .then_some(attribution.total)
}

/// Compares what the link says with what comes out, once, unless the reader has gone elsewhere.
pub(in crate::app) fn connect(state: AppState) {
    Effect::new(move |_| {
        let Some(Expected { there, of }) = state.expected.get() else { return };
        if sight(state) != of {
            return state.expected.set(None);
        }
        let Some(here) = seen(state) else { return };
        state.expected.set(None);
        state.proof.set(Some(Proof { here, there }));
        if ROUNDING < (here - there).abs() {
            state.notice(tr!(
                "the writer of this link saw A − B = {there}; here it is {here}",
                there = signed(there),
                here = signed(here)
            ));
        }
    });
}

/// How near the link's result was, as long as what is shown is what was compared.
pub(in crate::app) fn in_words(state: AppState) -> Option<String> {
    let Proof { here, there } = state.proof.get()?;
    let difference = (here - there).abs();
    let is_same = state.attribution().is_some_and(|it| it.total == here) && difference <= ROUNDING;
    is_same.then(|| match difference {
        0.0 => tr!("as in the link, to the last digit").to_owned(),
        _ => tr!("as in the link, Δ {difference}", difference = format!("{difference:.0e}")),
    })
}
