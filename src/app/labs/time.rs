//! The time band: the checkpoints of the network's training, which every panel follows.

use leptos::prelude::*;

use crate::app::{
    browser::after,
    parts::icon::{Drawing, Icon},
    state::AppState,
};

/// How long a checkpoint stays while training is played.
const STAY_MILLIS: u64 = 900;
/// The loss is drawn in a box of this size, which the style sheet stretches.
const BOX: [f64; 2] = [100.0, 40.0];

/// The band, where the network has checkpoints.
#[component]
pub(super) fn TimeBand() -> impl IntoView {
    let state = AppState::here();
    let steps = Memo::new(move |_| {
        state.model.read().as_ref().map(|it| it.checkpoints.clone()).unwrap_or_default()
    });
    view! {
        <Show when=move || !steps.read().is_empty()>
            <Band steps />
        </Show>
    }
}

#[component]
fn Band(steps: Memo<Vec<usize>>) -> impl IntoView {
    let state = AppState::here();
    let at = Memo::new(move |_| place_of(&steps.read(), state.bookmark.read().checkpoint));
    let go = move |to: usize| go_to(state, &steps.read_untracked(), to);
    let is_playing = RwSignal::new(false);
    let play = move |_| {
        is_playing.update(|it| *it = !*it);
        if is_playing.get_untracked() {
            if at.get_untracked() + 1 == steps.read_untracked().len() {
                go(0);
            }
            play_on(is_playing, at, steps, go);
        }
    };
    on_cleanup(move || {
        is_playing.try_set(false);
    });
    let told = move || {
        let (steps, at) = (steps.read(), at.get());
        let step = steps.get(at).copied().unwrap_or(0);
        let last = steps.last().copied().unwrap_or(0);
        (
            tr!("Checkpoint {at} of {of}", at = at + 1, of = steps.len()),
            tr!("step {step} of {last}", step, last),
        )
    };
    view! {
        <section class="time" aria-label=tr!("Training")>
            <p><b>{move || told().0}</b><small>{move || told().1}</small></p>
            <div class="scrub">
                <Loss />
                <input
                    type="range"
                    min="0"
                    max=move || steps.read().len().saturating_sub(1).to_string()
                    aria-label=tr!("Checkpoint")
                    aria-valuetext=move || told().1
                    prop:value=move || at.get().to_string()
                    on:input=move |event| {
                        is_playing.set(false);
                        go(event_target_value(&event).parse().unwrap_or(0));
                    }
                />
            </div>
            <div class="tools">
                <button class="button line" on:click=play>
                    {move || if is_playing.get() { tr!("Pause") } else { tr!("Play") }}
                </button>
                <button class="tool" aria-label=tr!("Finished weights") title=tr!("Finished weights")
                    on:click=move |_| state.bookmark.update(|it| it.checkpoint = None)>
                    <Drawing icon=Icon::Redo />
                </button>
            </div>
        </section>
    }
}

/// The next checkpoint after a while, for as long as it is wanted.
fn play_on(
    is_playing: RwSignal<bool>,
    at: Memo<usize>,
    steps: Memo<Vec<usize>>,
    go: impl Fn(usize) + Copy + 'static,
) {
    after(STAY_MILLIS, move || {
        if is_playing.try_get_untracked() != Some(true) {
            return;
        }
        let (here, count) = (at.get_untracked(), steps.read_untracked().len());
        if here + 1 < count {
            go(here + 1);
            play_on(is_playing, at, steps, go);
        } else {
            is_playing.set(false);
        }
    });
}

/// Where a step stands among the checkpoints; the finished weights are the last.
fn place_of(steps: &[usize], checkpoint: Option<usize>) -> usize {
    let found = checkpoint.and_then(|it| steps.iter().position(|step| *step == it));
    found.unwrap_or(steps.len().saturating_sub(1))
}

/// Makes the checkpoint in this place the one that runs; the last, or one beyond, is that of the
/// finished weights.
fn go_to(state: AppState, steps: &[usize], to: usize) {
    let before_last = &steps[..steps.len().saturating_sub(1)];
    let step = before_last.get(to).copied();
    if state.bookmark.with_untracked(|it| it.checkpoint != step) {
        state.bookmark.update(|it| it.checkpoint = step);
    }
}

impl AppState {
    /// Goes a checkpoint back or on; whether the network has any.
    pub(crate) fn walk_checkpoints(self, is_back: bool) -> bool {
        let model = self.model.get_untracked();
        let Some(model) = model.filter(|it| !it.checkpoints.is_empty()) else { return false };
        let here = self.bookmark.with_untracked(|it| place_of(&model.checkpoints, it.checkpoint));
        let to = if is_back { here.saturating_sub(1) } else { here + 1 };
        go_to(self, &model.checkpoints, to);
        true
    }
}

/// The loss at each checkpoint as it was measured, behind the slider.
#[component]
fn Loss() -> impl IntoView {
    let state = AppState::here();
    let points = move || {
        let lab = state.open_lab.get()?;
        let running = lab.network_of(&state.bookmark.read().model)?;
        let network = &lab.lab.networks[running.place].name;
        let run = lab.measured.run(network, running.seed)?;
        let loss = |it: &lab::format::Moment| {
            it.values.iter().find(|it| it.measure == "loss").map(|it| it.value)
        };
        let losses: Vec<f64> = run.timeline.iter().filter_map(loss).collect();
        let most = losses.iter().copied().fold(f64::MIN, f64::max);
        let least = losses.iter().copied().fold(f64::MAX, f64::min);
        let across = BOX[0] / losses.len().saturating_sub(1).max(1) as f64;
        let point = |(at, loss): (usize, &f64)| {
            let y = BOX[1] * (1.0 - (loss - least) / (most - least).max(f64::MIN_POSITIVE));
            format!("{:.2},{y:.2}", across * at as f64)
        };
        let line: Vec<String> = losses.iter().enumerate().map(point).collect();
        (1 < line.len()).then(|| format!("0,{} {} {},{}", BOX[1], line.join(" "), BOX[0], BOX[1]))
    };
    let view_box = format!("0 0 {} {}", BOX[0], BOX[1]);
    view! {
        <svg viewBox=view_box preserveAspectRatio="none" aria-hidden="true">
            <polygon points=points />
        </svg>
    }
}
