//! The lab of a family that learned a puzzle, in place of the rail: what is asked, whether the model
//! on the page is right, how the family does by size, and what papers say.
//!
//! Numbers of the family are those of its cards, fetched when the lab opens; none is written here.

use std::{collections::BTreeMap, sync::Arc};

use js_sys::{Array, Reflect};
use leptos::prelude::*;
use trace::Phenomenon;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{
    export::{Words, save_csv, save_svg, svg_of},
    figure::{Figure, Point},
    icon::{Drawing, Icon},
    segments::Segments,
    state::AppState,
};
use crate::{
    link::address_of,
    share::{Family, Place, family_of},
    view::{
        LabLine, Measure, Sampling, Scene, Table, Task, Verdict, candidates, glyph, lab_chart,
        lab_ends, lab_spoken, lab_table, line_colour, printed_table, shown_text, size_of_prompt,
        verdict,
    },
};

/// The mark at the beginning of every prompt, which is no part of a row.
const BOS: &str = "<bos>";

/// What each card measured, or why it is not there: kept by the page, so that a lab that is opened
/// again fetches nothing.
pub(super) type Exams = RwSignal<BTreeMap<&'static str, Result<Vec<Phenomenon>, String>>>;

/// The family of the model on the page, where it learned a puzzle.
pub(super) fn lab_of(model: &str) -> Option<&'static Family> {
    family_of(model).filter(|it| !it.tasks.is_empty())
}

/// The lab, in place of the rail.
#[component]
pub(super) fn LabPanel(family: &'static Family) -> impl IntoView {
    let state = AppState::here();
    let exams = state.exams;
    fetch_missing(family, exams);
    let measures = Measure::all(family.tasks);
    let measure = measures.first().copied().map(RwSignal::new);
    let asks = family.tasks.iter().map(|it| view! { <p>{it.asks}</p> }).collect_view();
    let says_state = family.tasks.iter().any(|it| it.puzzle.says_state());
    let note = says_state.then_some(
        "At every place these networks say the state after that token, not the token that comes \
         next: “next token”, and why A rather than B, are about the state here.",
    );
    view! {
        <section class="lesson lab" class:current=move || state.tab.get() == Place::Rail aria-label="Lab">
            <header>
                <h2>"Lab: "{family.name}</h2>
                <button class="tool" aria-label="Close the lab" title="Close the lab"
                    on:click=move |_| state.lesson.set(false)>
                    <Drawing icon=Icon::Close />
                </button>
            </header>
            {asks}
            {note.map(|it| view! { <p class="muted">{it}</p> })}
            <Live family />
            <Prompts family />
            {measure.map(|measure| view! {
                <Curves family measure measures exams />
                <Missing family exams />
            })}
            {family.tasks.iter().map(|task| view! { <Claim family task exams /> }).collect_view()}
        </section>
    }
}

/// What the model on the page says of the prompt, and whether it is right.
#[component]
fn Live(family: &'static Family) -> impl IntoView {
    let state = AppState::here();
    let now = Memo::new(move |_| verdict_now(state, family.tasks).unwrap_or_default());
    let name = move || state.run.read().model.clone();
    let text = move || {
        let text = now.read().text.clone();
        if text.is_empty() { "no answer yet".to_owned() } else { text }
    };
    let mark = move || {
        let is_right = now.read().is_right?;
        let (class, word) = if is_right { ("right", "right") } else { ("wrong", "wrong") };
        Some(view! { <b class=class>{word}</b> })
    };
    let size = move || {
        let is_unchanged = state.run.read().program.is_unchanged();
        let changes = if is_unchanged { "" } else { "; with interventions" };
        format!("{}{changes}", now.read().size)
    };
    view! {
        <p class="now verdict" aria-live="polite">
            <span>{name}" "<b>{text}</b></span>
            " "{mark}
            <small>{size}</small>
        </p>
    }
}

/// What the last run says, where that was of the model on the page.
fn verdict_now(state: AppState, tasks: &[Task]) -> Option<Verdict> {
    let run = state.run.get();
    if run.model != state.bookmark.read().model {
        return None;
    }
    let logits = state.derived.next.get()?;
    let first = candidates(logits.values(), Sampling::default()).first()?.id;
    let said = shown_text(&state.word(u32::try_from(first).ok()?));
    let words = run.tokens.iter().map(|it| it.typed.as_str()).filter(|it| *it != BOS);
    Some(verdict(tasks, &words.collect::<Vec<_>>(), &said))
}

/// Prompts to try: those of the model, and one beyond training for each puzzle.
#[component]
fn Prompts(family: &'static Family) -> impl IntoView {
    let state = AppState::here();
    let prompt = Memo::new(move |_| state.bookmark.read().prompt.clone());
    let prompts = Memo::new(move |_| {
        let model = state.model.get();
        let own = model.iter().flat_map(|it| it.prompts.clone());
        own.chain(family.tasks.iter().map(|it| it.long.to_owned())).collect::<Vec<_>>()
    });
    let button = move |text: String| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let size = size_of_prompt(family.tasks, &words)?;
        let (shown, title, own) = (text.clone(), text.clone(), text.clone());
        Some(view! {
            <button title=title aria-pressed=move || (*prompt.read() == own).to_string()
                on:click=move |_| state.bookmark.update(|it| it.prompt.clone_from(&text))>
                <span>{shown}</span>
                <small>{size}</small>
            </button>
        })
    };
    view! {
        <div class="models tries" role="group" aria-label="Prompts to try">
            {move || prompts.get().into_iter().filter_map(button).collect_view()}
        </div>
    }
}

/// Accuracy against size, as a figure and as a table; its legend exchanges the model.
#[component]
fn Curves(
    family: &'static Family,
    measure: RwSignal<Measure>,
    measures: Vec<Measure>,
    exams: Exams,
) -> impl IntoView {
    let state = AppState::here();
    let size = RwSignal::new([0.0f32, 0.0]);
    let chosen = Memo::new(move |_| state.bookmark.read().model.clone());
    let lines = Memo::new(move |_| lines_of(family, measure.get(), exams));
    let scene = Memo::new(move |_| {
        let size_px = size.get();
        let drawn =
            || lab_chart(&lines.read(), measure.get(), &chosen.read(), state.palette(), size_px);
        (1.0 < size_px[0]).then(|| Arc::new(drawn()))
    });
    let label = move || lab_spoken(&lines.read(), measure.get(), &chosen.read());
    let table = Memo::new(move |_| lab_table(&lines.read(), measure.get()));
    let choices: Vec<_> = measures.into_iter().map(|it| (it, it.name())).collect();
    let segments = (1 < choices.len()).then(|| {
        view! { <Segments name="What is counted" choices chosen=measure on_choose=move |it| measure.set(it) /> }
    });
    view! {
        <h3>"Right answers by size"</h3>
        <div class="lab-tools">
            {segments}
            <button class="text-tool" on:click=move |_| save_svg(state, "lab", svg_now(state, scene))>"SVG"</button>
            <button class="text-tool" on:click=move |_| save_csv(state, "lab", &table.read_untracked())>"CSV"</button>
        </div>
        <div class="plot"><Figure scene size label=Signal::derive(label) hit=move |_: Point| None /></div>
        <Legend family />
        <Rows table label="Right answers by size" />
    }
}

/// The figure as SVG text.
fn svg_now(state: AppState, scene: Memo<Option<Arc<Scene>>>) -> Option<String> {
    let title = "Right answers by size".to_owned();
    let words = Words { title, ..Words::default() };
    scene.get_untracked().map(|it| svg_of(state, &it).with(words))
}

/// Which line is whose; a press puts that model on the page, on the same prompt.
#[component]
fn Legend(family: &'static Family) -> impl IntoView {
    let state = AppState::here();
    let chosen = Memo::new(move |_| state.bookmark.read().model.clone());
    let button = move |(place, &(model, about)): (usize, &'static (&'static str, &'static str))| {
        view! {
            <button title=about aria-pressed=move || (*chosen.read() == model).to_string()
                on:click=move |_| state.exchange_model(model)>
                <i aria-hidden="true" style:color=move || line_colour(place, state.palette()).css()>
                    {glyph(place)}
                </i>
                {model}
            </button>
        }
    };
    view! {
        <div class="models lab-legend" role="group" aria-label="Models of the family">
            {family.models.iter().enumerate().map(button).collect_view()}
        </div>
    }
}

/// A table that may be wider than the rail.
#[component]
fn Rows(#[prop(into)] table: Signal<Table>, label: &'static str) -> impl IntoView {
    let head = move || {
        let table = table.read();
        table.headings.iter().map(|it| view! { <th scope="col">{it.clone()}</th> }).collect_view()
    };
    let row = |row: &Vec<String>| {
        let mut cells = row.iter().cloned();
        let first = cells.next().map(|it| view! { <th scope="row">{it}</th> });
        view! { <tr>{first}{cells.map(|it| view! { <td>{it}</td> }).collect_view()}</tr> }
    };
    view! {
        <div class="lab-table" tabindex="0" role="region" aria-label=label>
            <table>
                <thead><tr>{head}</tr></thead>
                <tbody>{move || table.read().rows.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// Which cards did not arrive, and a button to ask again.
#[component]
fn Missing(family: &'static Family, exams: Exams) -> impl IntoView {
    let troubles = Memo::new(move |_| {
        exams.read().values().filter_map(|it| it.clone().err()).collect::<Vec<_>>()
    });
    view! {
        <Show when=move || !troubles.read().is_empty()>
            <div class="troubles" role="status">
                {move || troubles.get().into_iter().map(|it| view! { <p>{it}</p> }).collect_view()}
                <button class="button line" on:click=move |_| fetch_missing(family, exams)>"Fetch again"</button>
            </div>
        </Show>
    }
}

/// What a paper says of a puzzle, beside what is so here.
#[component]
fn Claim(family: &'static Family, task: &'static Task, exams: Exams) -> impl IntoView {
    let claim = &task.claim;
    // Where rows count as one in the paper, they do here.
    let measures = Measure::all(std::slice::from_ref(task));
    let measure = measures.last().copied();
    let lines = Memo::new(move |_| measure.map(|it| lines_of(family, it, exams)));
    let printed = Memo::new(move |_| printed_table(lines.read().as_deref()?, measure?));
    let has_table = !claim.printed.is_empty();
    let table = Signal::derive(move || printed.get().unwrap_or_default());
    let ours = move || {
        let lines = lines.read();
        let measure = measure?;
        let item = |it: &LabLine| view! { <li>{it.name}": "{lab_ends(it, measure)}</li> };
        Some(lines.iter().flatten().map(item).collect_view())
    };
    let counted = measure.map_or("", |it| if it.is_whole { " (rows all right)" } else { "" });
    view! {
        <div class="claim">
            <h3>"What a paper says of "{task.puzzle.name()}</h3>
            <p>{claim.text}</p>
            {has_table.then(|| view! { <Rows table label="The paper’s numbers and ours" /> })}
            <p class="source"><a href=claim.address target="_blank" rel="noopener">{claim.source}</a></p>
            <h3>"Ours"{counted}", where training ended and at the largest size"</h3>
            <ul>{ours}</ul>
            <p>{claim.here}</p>
        </div>
    }
}

/// The family's lines: those whose card did not come have no points.
fn lines_of(family: &'static Family, measure: Measure, exams: Exams) -> Vec<LabLine> {
    let exams = exams.read();
    let line = |&(name, _): &(&'static str, &'static str)| {
        let card = exams.get(name);
        let points =
            card.map(|it| it.as_ref().map_or_else(|_| Vec::new(), |it| measure.points(it)));
        LabLine { name, points }
    };
    family.models.iter().map(line).collect()
}

/// Asks for every card that is not there.
fn fetch_missing(family: &'static Family, exams: Exams) {
    exams.update(|all| all.retain(|_, it| it.is_ok()));
    for &(model, _) in family.models {
        if exams.with_untracked(|all| all.contains_key(model)) {
            continue;
        }
        leptos::task::spawn_local(async move {
            let card = card_of(model).await;
            // The lab may be closed by now.
            exams.try_update(|all| all.insert(model, card));
        });
    }
}

/// What the card of a model measured.
async fn card_of(model: &str) -> Result<Vec<Phenomenon>, String> {
    let failed = |why: String| {
        format!(
            "{model}: its numbers did not arrive ({why}); press “Fetch again” when the network is \
             back"
        )
    };
    let lost = |_: JsValue| failed("the network did not give the file".to_owned());
    let unread = |_: JsValue| failed("the file is no model.json".to_owned());
    let address = format!("{}/model.json", address_of(model));
    let response = JsFuture::from(window().fetch_with_str(&address)).await.map_err(lost)?;
    let response: web_sys::Response = response.unchecked_into();
    if !response.ok() {
        return Err(failed(format!("the server answers {}", response.status())));
    }
    let file = JsFuture::from(response.json().map_err(unread)?).await.map_err(unread)?;
    let measured = Reflect::get(&file, &"phenomena".into()).map_err(unread)?;
    let measured: Vec<Phenomenon> =
        Array::from(&measured).iter().filter_map(|it| phenomenon(&it)).collect();
    if measured.is_empty() { Err(failed("its card has no exam".to_owned())) } else { Ok(measured) }
}

/// One line of a card.
fn phenomenon(value: &JsValue) -> Option<Phenomenon> {
    let part = |name: &str| Reflect::get(value, &name.into()).ok();
    Some(Phenomenon {
        name: part("name")?.as_string()?,
        accuracy: part("accuracy")?.as_f64()? as f32,
        n_cases: part("n_cases")?.as_f64()? as usize,
    })
}
