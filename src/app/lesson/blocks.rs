//! What a step is made of, block by block.

use lab::lesson::{Block, Choice, Predict, Stage, Task, Template};
use leptos::prelude::*;

use super::{facts::in_words, prose, reader::Reading};
use crate::{
    app::parts::{
        icon::{Drawing, Icon},
        phrase::phrase,
    },
    text,
};

/// A block of the step `at`; nothing where it is no text, or is shown elsewhere.
#[component]
pub(super) fn BlockView(reading: Reading, at: usize, block: usize) -> impl IntoView {
    let text = reading.text.get_value();
    let blocks = text.step(at).map_or(&[][..], |it| &it.blocks);
    let is_first = |is_it: fn(&Block) -> bool| !blocks[..block].iter().any(is_it);
    match blocks.get(block)? {
        Block::Prose(all) => Some(prose::chunks(all)),
        Block::Stage(_) => is_first(is_stage).then(|| view! { <Scenes reading /> }.into_any()),
        Block::Hint(_) => is_first(is_hint).then(|| view! { <Hints reading at /> }.into_any()),
        Block::Spotlight { .. } | Block::Show(_) => None,
        Block::Observe(template) => {
            Some(view! { <Now reading template=template.clone() /> }.into_any())
        }
        Block::Predict(predict) => Some(
            view! { <Prediction reading place=(at, block) predict=predict.clone() /> }.into_any(),
        ),
        Block::Task(task) => Some(view! { <Doing reading task=task.clone() /> }.into_any()),
        Block::Further(all) => Some(
            view! {
                <div class="further">
                    <h4>{tr!("Further reading")}</h4>
                    {prose::chunks(all)}
                </div>
            }
            .into_any(),
        ),
    }
}

fn is_stage(block: &Block) -> bool {
    matches!(block, Block::Stage(_))
}

fn is_hint(block: &Block) -> bool {
    matches!(block, Block::Hint(_))
}

/// What a stage's button is called where it has no label.
pub(super) const SHOW_IT: &str = text!("Show it");

/// Buttons of a step's stages. The first is in the foot where there is nothing to do.
#[component]
fn Scenes(reading: Reading) -> impl IntoView {
    let scenes = Memo::new(move |_| {
        let n_left_out = usize::from(!reading.has_task());
        reading.blocks(|all| {
            let stage = |(block, it): (usize, &Block)| match it {
                Block::Stage(Stage { label, .. }) => {
                    Some((block, label.clone().unwrap_or_else(|| text::of(SHOW_IT).to_owned())))
                }
                _ => None,
            };
            all.iter().enumerate().filter_map(stage).skip(n_left_out).collect::<Vec<_>>()
        })
    });
    let button = move |(place, (block, name)): (usize, (usize, String))| {
        let is_primary = move || place == 0 && reading.has_task() && reading.is_offered();
        view! {
            <button class="button" class:primary=is_primary class:line=move || !is_primary()
                on:click=move |_| reading.set(block)>{name}</button>
        }
    };
    move || {
        let all = scenes.get();
        (!all.is_empty()).then(|| {
            view! { <div class="scenes">{all.into_iter().enumerate().map(button).collect_view()}</div> }
        })
    }
}

/// What the run says.
#[component]
fn Now(reading: Reading, template: Template) -> impl IntoView {
    let text = Memo::new(move |_| template.say(&reading.facts, in_words));
    let now = move || {
        phrase(text!("now: {value}", value), [("value", view! { <b>{text}</b> }.into_any())])
    };
    view! { <p class="now" aria-live="polite">{now()}</p> }
}

/// A question that is answered before what follows is shown.
#[component]
fn Prediction(reading: Reading, place: (usize, usize), predict: Predict) -> impl IntoView {
    let chosen = Memo::new(move |_| reading.answers.read().get(&place).copied());
    let Predict { question, choices } = predict;
    let choices = StoredValue::new(choices);
    let is_right = move |at: usize| {
        choices.with_value(|all| all.get(at).and_then(|it| it.is_right(&reading.facts)))
    };
    let answer = move |at: usize| {
        reading.answers.update(|it| {
            it.insert(place, at);
        });
    };
    let button = move |(at, choice): (usize, &Choice)| {
        let is_chosen = move || chosen.get() == Some(at);
        let is_marked = move || chosen.get().is_some() && is_right(at) == Some(true);
        view! {
            <button aria-pressed=move || is_chosen().to_string() class:right=is_marked
                on:click=move |_| answer(at)>
                <i></i>
                <span>{prose::line(&choice.text)}</span>
            </button>
        }
    };
    let verdict = move || {
        let at = chosen.get()?;
        Some(match is_right(at) {
            Some(true) => view! { <b class="right">{tr!("Right.")}</b> }.into_any(),
            Some(false) => {
                view! { <b>{tr!("Not so.")}</b>" "{tr!("The right answer is marked.")} }.into_any()
            }
            None => tr!("The run decides; its numbers are not there yet.").into_any(),
        })
    };
    view! {
        <div class="predict" role="group" aria-label=tr!("Predict first")>
            <p class="block-head"><b>{tr!("Predict first")}</b></p>
            {prose::chunks(&question)}
            <div class="choices">
                {choices.with_value(|all| all.iter().enumerate().map(button).collect_view())}
            </div>
            <p class="verdict-line" aria-live="polite">{verdict}</p>
        </div>
    }
}

/// Something to do, and whether the reader's run says that it is done.
#[component]
fn Doing(reading: Reading, task: Task) -> impl IntoView {
    let text = prose::chunks(&task.text);
    let is_checked = !task.checks.is_empty();
    let is_done = Memo::new(move |_| task.is_done(&reading.facts));
    let status = move || match is_done.get() {
        Some(true) => {
            view! { <b class="right"><Drawing icon=Icon::Done />{tr!("Done.")}</b> }.into_any()
        }
        Some(false) => tr!("not done").into_any(),
        None => tr!("waits for the run").into_any(),
    };
    view! {
        <div class="task" class:done=move || is_done.get() == Some(true) role="group" aria-label=tr!("Task")>
            <p class="block-head">
                <b>{tr!("Task")}</b>
                {is_checked.then(|| view! { <span class="status-word" aria-live="polite">{status}</span> })}
            </p>
            {text}
        </div>
    }
}

/// The hints that were opened.
#[component]
fn Hints(reading: Reading, at: usize) -> impl IntoView {
    let n_open = Memo::new(move |_| reading.hints.read().get(&at).copied().unwrap_or(0));
    let hint = move |place: usize| {
        let text = reading.text.get_value();
        let blocks = text.step(at).map_or(&[][..], |it| &it.blocks);
        let mut all = blocks.iter().filter_map(|it| match it {
            Block::Hint(all) => Some(all),
            _ => None,
        });
        view! { <li>{all.nth(place).map(|it| prose::chunks(it))}</li> }
    };
    view! {
        <div class="hints" aria-live="polite">
            <Show when=move || 0 < n_open.get()>
                <p class="block-head"><b>{tr!("Hints")}</b></p>
                <ol>
                    <For each=move || 0..n_open.get() key=|place| *place let:place>{hint(place)}</For>
                </ol>
            </Show>
        </div>
    }
}
