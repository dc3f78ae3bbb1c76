//! A lesson on states, with the live instruments beside it.
//!
//! A step says one thing, sets the stage so that it can be seen there, and repeats the number that
//! the run gave. No number of a run is written in the text.

use leptos::prelude::*;
use trace::{AskTimeScales, Component, Intervention, NamedArray, Op, Program, Target, TimeScales};

use super::{
    answers::Asked,
    icon::{Drawing, Icon},
    state::AppState,
};
use crate::{
    share::{Bookmark, Place},
    view::{Pick, Sampling, candidates, memory_meter, number, percent, shown_text, signed},
};

const STORY: &str = "Anna put the lantern in the barn. Tom looked for the lantern in the";
const LIST: &str = "Anna counted: rope, apple, drum, lantern. Again: rope, apple, drum,";
const LONG_LIST: &str = "Anna counted: rope, apple, drum, lantern, kite, lamp, ball, book. \
    Again: rope, apple, drum, lantern, kite, lamp, ball,";

/// A spot in the head of a layer at a position of the prompt.
type Spot = (usize, usize, usize);

/// Where the story's second “lantern” and last “the” stand in the head whose steps are compared.
const FIRM: Spot = (2, 0, 13);
const LIGHT: Spot = (2, 0, 15);
/// A head that remembers for long and one that forgets at once, at the story's end.
const LONG: Spot = (0, 1, 15);
const SHORT: Spot = (1, 1, 15);
/// The story's first “barn”, and the three positions that its convolutions carry it to.
const BARN: [usize; 4] = [7, 8, 9, 10];
/// Layers and heads of tales-mamba2.
const N_LAYERS: usize = 4;
const N_HEADS: usize = 4;

/// What the stage is set to.
#[derive(Clone, Copy)]
struct Scene {
    model: &'static str,
    prompt: &'static str,
    /// Layer, head and position of the cursor; where nothing is said it follows the run.
    place: Option<Spot>,
    /// Which panel stands where; usual ones where nothing is said.
    panels: &'static [(Place, &'static str)],
    /// Positions that every recurrent head passes over.
    passed_over: &'static [usize],
    /// The place that a small screen shows.
    tab: Place,
}

/// What a state-space model shows, and what the page does where nothing is said.
const STATES: &[(Place, &str)] =
    &[(Place::Second, "state"), (Place::Lower, "steps"), (Place::Side, "half-life")];
const USUAL: &[(Place, &str)] = &[(Place::Side, "half-life")];

/// The story in the state-space model.
const IN_STATES: Scene = Scene {
    model: "tales-mamba2",
    prompt: STORY,
    place: Some(LONG),
    panels: STATES,
    passed_over: &[],
    tab: Place::Main,
};

/// One step of the lesson.
struct Step {
    title: &'static str,
    text: &'static str,
    /// What its buttons are called and show; the first is the point itself.
    scenes: &'static [(&'static str, Scene)],
    /// What the run says of it.
    now: fn(AppState, Asked<AskTimeScales>) -> String,
}

const STEPS: &[Step] = &[
    Step {
        title: "A state instead of a cache",
        text: "Attention keeps a key and a value of every token, so what it keeps grows with the \
               text. A state-space model keeps a state, one matrix per head, and works each token \
               into it; the state never grows. For a prompt as short as this one the cache is even \
               the smaller of the two, for a long one it is not.",
        scenes: &[
            ("Show it", Scene { tab: Place::Second, ..IN_STATES }),
            (
                "Show the transformer",
                Scene { model: "tales", place: None, panels: USUAL, ..IN_STATES },
            ),
        ],
        now: memory_kept,
    },
    Step {
        title: "The step: how firmly a token is written",
        text: "At each token a head forgets a part of its state and adds the token. How much of both \
               it does is the step Δ, which the head computes from the token itself; this is what \
               “selective” means. This head takes a longer step at “lantern”, “barn”, “Tom” \
               and the full stop than at “the”.",
        scenes: &[("Show it", Scene { place: Some(FIRM), tab: Place::Lower, ..IN_STATES })],
        now: steps_taken,
    },
    Step {
        title: "How long it lasts",
        text: "What was written fades with every further token. The half-life says after how many \
               tokens half would be left, at the pace of the cursor's position. Heads share the \
               work: in this model head 1 of layer 0 holds on for longer than the prompt, and, at \
               this last “the”, all of layer 1 lets go within two tokens.",
        scenes: &[("Show it", Scene { tab: Place::Side, ..IN_STATES })],
        now: half_lives,
    },
    Step {
        title: "Hidden attention",
        text: "Written out from token to token, all this forgetting and adding amounts to a matrix: \
               how much each later position takes of each earlier one. It stands where attention stands, \
               but its weights have a sign and no sum. Here the last “the” takes most from “Tom”, \
               two tokens past the barn; the next step says why. The hybrid has one layer of real \
               attention, and a head there looks straight at the barn.",
        scenes: &[
            ("Show it", IN_STATES),
            (
                "Show real attention",
                Scene {
                    model: "tales-hybrid",
                    place: Some((2, 1, 15)),
                    panels: USUAL,
                    ..IN_STATES
                },
            ),
        ],
        now: most_read,
    },
    Step {
        title: "Take a token away",
        text: "With its step set to 0 a token is skipped: nothing is written, nothing fades. \
               Let every head pass over the barn and the three tokens after it, and the certainty goes. \
               Passing over the barn alone changes little, for before the state each head's inputs run \
               through a convolution of four tokens, so that the three after the barn still carry it.",
        scenes: &[
            ("Show it", Scene { passed_over: &BARN, tab: Place::Rail, ..IN_STATES }),
            ("Only the barn", Scene { passed_over: &[BARN[0]], tab: Place::Rail, ..IN_STATES }),
        ],
        now: next_word,
    },
    Step {
        title: "Why copying is hard for a state",
        text: "Jelassi et al. (2024, “Repeat After Me”) prove that a state of fixed size cannot copy \
               every text longer than it can hold, where a small transformer copies far longer ones. \
               What is shown here is less: one model of each kind, of one size, on lists that are \
               said again, without a sweep over lengths. On the held-out lists the hybrid, with one \
               layer of attention, does best and the states alone worst. But a single prompt proves \
               nothing: all three say the last of these four items right, of these eight only the states do.",
        scenes: &[
            ("Show it", Scene { prompt: LIST, place: None, ..IN_STATES }),
            ("Eight items", Scene { prompt: LONG_LIST, place: None, ..IN_STATES }),
            (
                "Show the hybrid",
                Scene {
                    model: "tales-hybrid",
                    prompt: LIST,
                    place: None,
                    panels: USUAL,
                    ..IN_STATES
                },
            ),
        ],
        now: lists_again,
    },
];

impl Scene {
    /// Sets the stage. How it is drawn and run stays as the reader has it.
    fn show(self, state: AppState) {
        state.bookmark.update(|it| {
            let digest = if it.model == self.model { it.digest.clone() } else { String::new() };
            // The question is held, so that before and after an intervention compare.
            let word = |word: &str| (self.prompt == STORY).then(|| word.to_owned());
            let (layer, head, pos) = match self.place {
                Some((layer, head, pos)) => (Some(layer), Some(head), Some(pos)),
                None => (None, None, None),
            };
            *it = Bookmark {
                model: self.model.to_owned(),
                digest,
                prompt: self.prompt.to_owned(),
                pick: Pick { layer, head, pos, ..Pick::default() },
                a: word("barn"),
                b: word("garden"),
                panels: self.panels.iter().map(|it| (it.0, it.1.to_owned())).collect(),
                program: skipping(self.passed_over),
                sampling: it.sampling,
                painting: it.painting,
                uses_gpu: it.uses_gpu,
                ..Bookmark::default()
            };
        });
        state.tab.set(self.tab);
    }
}

/// A program in which every head of tales-mamba2 skips some tokens.
fn skipping(positions: &[usize]) -> Program {
    let heads = (0..N_LAYERS).flat_map(|layer| (0..N_HEADS).map(move |head| (layer, head)));
    let at = |(layer, head)| {
        positions.iter().map(move |&pos| {
            let place =
                trace::Place::all(Target::part(Component::Write, layer, Some(head))).at(pos);
            Intervention::new(place, Op::Scale { factor: 0.0 })
        })
    };
    Program { interventions: heads.flat_map(at).collect(), blocks: None }
}

/// The lesson, in place of the rail.
#[component]
pub(super) fn LessonPanel() -> impl IntoView {
    let state = AppState::here();
    let place = RwSignal::new(0usize);
    let step = move || &STEPS[place.get().min(STEPS.len() - 1)];
    let buttons = move || {
        let button = |(at, (name, scene)): (usize, &(&'static str, Scene))| {
            let scene = *scene;
            view! {
                <button class="button" class:primary=at == 0 class:line=at != 0
                    on:click=move |_| scene.show(state)>{*name}</button>
            }
        };
        step().scenes.iter().enumerate().map(button).collect_view()
    };
    let asked = state.ask(|| Some(AskTimeScales));
    let now = Memo::new(move |_| (step().now)(state, asked));
    view! {
        <section class="lesson" class:current=move || state.tab.get() == Place::Rail aria-label="Lesson">
            <header>
                <h2>"Lesson: states"</h2>
                <span class="muted">{move || format!("{} of {}", place.get() + 1, STEPS.len())}</span>
                <button class="tool" aria-label="Close the lesson" title="Close the lesson"
                    on:click=move |_| state.lesson.set(false)>
                    <Drawing icon=Icon::Close />
                </button>
            </header>
            <h3>{move || step().title}</h3>
            <p>{move || step().text}</p>
            <div class="scenes">{buttons}</div>
            <p class="now" aria-live="polite">"now: " <b>{now}</b></p>
            <footer>
                <button class="button line" disabled=move || place.get() == 0
                    on:click=move |_| place.update(|it| *it = it.saturating_sub(1))>"Previous"</button>
                <button class="button line" disabled=move || place.get() + 1 == STEPS.len()
                    on:click=move |_| place.update(|it| *it = (*it + 1).min(STEPS.len() - 1))>"Next"</button>
            </footer>
        </section>
    }
}

/// In place of what is not there.
const NOTHING: &str = "—";

/// What the model on show keeps of the prompt.
fn memory_kept(state: AppState, _: Asked<AskTimeScales>) -> String {
    let Some(model) = state.model.get() else { return NOTHING.to_owned() };
    let n_pos = state.n_pos();
    let kept = memory_meter(&model.shape, n_pos).join("; ");
    format!("{} at {n_pos} tokens: {kept}", model.id)
}

/// A number of the last run's time scales.
fn of_memory(
    asked: Asked<AskTimeScales>,
    (layer, head, pos): Spot,
    which: fn(&TimeScales) -> &NamedArray,
) -> String {
    let value = asked.get().and_then(|it| which(&it).get(&[layer, head, pos]));
    value.map_or_else(|| NOTHING.to_owned(), number)
}

/// A token of the prompt with its position.
fn token(state: AppState, pos: usize) -> String {
    let labels = state.labels();
    format!("“{}” ({pos})", labels.get(pos).map_or(NOTHING, String::as_str))
}

fn steps_taken(state: AppState, asked: Asked<AskTimeScales>) -> String {
    let each = [FIRM, LIGHT].map(|place| {
        let delta = of_memory(asked, place, |it| &it.step);
        format!("Δ {delta} at {}", token(state, place.2))
    });
    format!("head {}, L{}: {}", FIRM.1, FIRM.0, each.join(", "))
}

fn half_lives(_: AppState, asked: Asked<AskTimeScales>) -> String {
    let each = [LONG, SHORT].map(|place| {
        let tokens = of_memory(asked, place, |it| &it.half_life);
        format!("head {}, L{}: half is left after {tokens} tokens", place.1, place.0)
    });
    each.join("; ")
}

/// Where the cursor's query reads most.
fn most_read(state: AppState, _: Asked<AskTimeScales>) -> String {
    let Some(row) = state.derived.row.now() else { return NOTHING.to_owned() };
    let weights = row.weight.values().iter().copied().enumerate().filter(|it| !it.1.is_nan());
    let Some((source, weight)) = weights.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) else {
        return NOTHING.to_owned();
    };
    let (source, query) = (token(state, source), token(state, row.query));
    let place = format!("head {}, L{}", row.head, row.layer);
    if row.is_recurrent {
        format!("{place}: {query} takes {} of {source}", signed(weight))
    } else {
        format!("{place} at {query} reads {source} with {}", percent(weight))
    }
}

/// The most probable next word.
fn next_word(state: AppState, _: Asked<AskTimeScales>) -> String {
    let logits = state.derived.next.get();
    let first = logits
        .and_then(|it| candidates(it.values(), Sampling::default()).first().copied())
        .and_then(|it| Some((state.word(u32::try_from(it.id).ok()?), it.prob)));
    let Some((word, prob)) = first else { return NOTHING.to_owned() };
    format!("next comes “{}” with {prob:.2}", shown_text(&word))
}

/// How the model on show says lists again.
fn lists_again(state: AppState, asked: Asked<AskTimeScales>) -> String {
    let Some(model) = state.model.get() else { return NOTHING.to_owned() };
    let tested = model.phenomena.iter().find(|it| it.name == "induction");
    let tested = tested.map_or_else(
        || format!("{}: —", model.id),
        |it| {
            let share = 100.0 * it.accuracy;
            format!(
                "{}: {share:.1} % of {} held-out items of lists said again",
                model.id, it.n_cases
            )
        },
    );
    format!("{tested}; {}", next_word(state, asked))
}
