//! The text of the lab: what is asked, what the network says, prompts, claims, papers.

use std::sync::Arc;

use lab::{
    format::{Paper, Prompt},
    task::Row,
};
use leptos::prelude::*;
use trace::{AskDecoded, FactValues, Frame, Outcome};

use super::study::{OtherRows, SetFact, ask_decoded};
use crate::{
    app::{
        lesson::{Reader, prepare_steps},
        parts::{
            icon::{Drawing, Icon},
            phrase::phrase,
        },
        state::{
            AppState,
            answers::Asked,
            labs::{OpenLab, close},
            lessons::{Prepared, Text},
        },
    },
    share::{
        LessonPlace, Place,
        labs::{Reading, exact_next, new_row, prompt_text, read},
    },
    view::{
        Sampling, candidates,
        frame::claims::{ClaimRow, claim_rows, claims_counted},
        shown_text,
    },
};

/// The mark at the beginning of every prompt, which is no part of a row.
const BOS: &str = "<bos>";

/// The lab, in the rail.
#[component]
pub(in crate::app) fn LabRail() -> impl IntoView {
    let state = AppState::here();
    move || state.open_lab.get().map(|lab| view! { <LabText lab /> })
}

#[component]
fn LabText(lab: OpenLab) -> impl IntoView {
    let state = AppState::here();
    let in_workspace = move || state.bookmark.read().lab.as_ref().is_some_and(|it| it.in_workspace);
    let steps = (!lab.lesson.is_empty()).then(|| steps(state, &lab));
    let has_steps = steps.is_some();
    let heading = if has_steps {
        lab.lab.title.clone()
    } else {
        let minutes = tr_n!(lab.lab.minutes as usize, "{n} minute", "{n} minutes");
        tr!("Lab · {minutes}", minutes)
    };
    let body = match steps {
        Some(text) => view! { <Reader text><Rest lab /></Reader> }.into_any(),
        None => view! { <About lab=lab.clone() /> <Rest lab /> }.into_any(),
    };
    view! {
        <section class="lesson lab" class:reader=has_steps
            class:current=move || state.tab.get() == Place::Rail aria-label=tr!("Lab")>
            <header>
                <h2>{heading}</h2>
                <button class="button line" on:click=move |_| state.toggle_workspace()>
                    {move || if in_workspace() { tr!("Back to the lab") } else { tr!("Workspace") }}
                </button>
                <button class="tool" aria-label=tr!("Close the lab") title=tr!("Close the lab")
                    on:click=move |_| close(state)>
                    <Drawing icon=Icon::Close />
                </button>
            </header>
            {body}
        </section>
    }
}

/// What the lab shows and what it asks of a network, where no steps say it.
#[component]
fn About(lab: OpenLab) -> impl IntoView {
    let asks = lab.lab.tasks.iter().filter_map(|it| it.exercise().ok());
    let asks = asks.map(|it| view! { <p class="muted">{it.task.about()}</p> }).collect_view();
    view! {
        <h3>{lab.lab.title.clone()}</h3>
        <p>{lab.lab.about.clone()}</p>
        {asks}
    }
}

/// What stands below the text: the network's answer, prompts, claims, papers.
#[component]
fn Rest(lab: OpenLab) -> impl IntoView {
    view! {
        <Now lab=lab.clone() />
        <OtherRows />
        <SetFact />
        <Prompts lab=lab.clone() />
        <Claims lab=lab.clone() />
        <Papers lab />
    }
}

/// The text of a lab in steps, which is kept as lessons are.
fn steps(state: AppState, lab: &OpenLab) -> Arc<Prepared> {
    let text = Arc::new(prepare_steps(&lab.lesson, &lab.lab.id));
    let place = LessonPlace::Lab(lab.lab.id.clone());
    state.lessons.texts.update(|all| drop(all.insert(place, Text::Here(text.clone()))));
    text
}

/// What the network on the page says of the prompt, beside what is right.
#[component]
fn Now(lab: OpenLab) -> impl IntoView {
    let state = AppState::here();
    let said = move || {
        let run = state.run.get();
        if run.model != state.bookmark.read().model {
            return None;
        }
        let words = run.tokens.iter().map(|it| it.typed.as_str()).filter(|it| *it != BOS);
        read(&lab.lab, &words.collect::<Vec<_>>())
    };
    let is_changed = move || !state.run.read().program.is_unchanged();
    // Asked here, not in what each run shows anew, so that it is asked along with the run.
    let asked = ask_decoded(state);
    let shown = move || match said() {
        None => view! { <p class="now">{tr!("No answer yet")}</p> }.into_any(),
        Some(Reading::None(why)) => {
            let text = tr!("This prompt is no row: {why}.", why);
            view! { <p class="now">{text}</p> }.into_any()
        }
        Some(Reading::Row { row, words, size }) => {
            let size = if is_changed() { tr!("{size}; with interventions", size) } else { size };
            match exact_next(&row) {
                Some(exact) => view! { <Exact exact=exact.to_vec() words size asked /> }.into_any(),
                None => view! { <Verdict row=*row words size /> }.into_any(),
            }
        }
    };
    view! { <div class="lab-now" aria-live="polite">{shown}</div> }
}

/// Whether the one right word came first.
#[component]
fn Verdict(row: Row, words: Vec<String>, size: String) -> impl IntoView {
    let state = AppState::here();
    let answer = row.answer(row.n_positions().saturating_sub(1));
    let answer = answer.and_then(|it| words.get(it as usize).cloned()).unwrap_or_default();
    let said = first_choice(state);
    let is_right = said.as_ref().is_some_and(|it| *it == answer);
    let (class, word) = if is_right { ("right", tr!("right")) } else { ("wrong", tr!("wrong")) };
    let said = said.unwrap_or_default();
    let name = state.run.read().model.clone();
    view! {
        <p class="now verdict">
            <span>
                {phrase(
                    text!("{model} says {said}; the answer is {answer}", model, said, answer),
                    [
                        ("model", name.into_any()),
                        ("said", view! { <b>{said}</b> }.into_any()),
                        ("answer", view! { <b>{answer}</b> }.into_any()),
                    ],
                )}
            </span>
            " "<b class=class>{word}</b>
            <small>{size}</small>
        </p>
    }
}

fn first_choice(state: AppState) -> Option<String> {
    let logits = state.derived.next.get()?;
    let first = candidates(logits.values(), Sampling::default()).first()?.id;
    Some(shown_text(&state.word(u32::try_from(first).ok()?)))
}

/// The next word by exact inference and by the network.
#[component]
fn Exact(
    exact: Vec<f32>,
    words: Vec<String>,
    size: String,
    asked: Asked<AskDecoded>,
) -> impl IntoView {
    let state = AppState::here();
    let logits = state.derived.next.get();
    let all = logits.map(|it| candidates(it.values(), Sampling::default())).unwrap_or_default();
    let share = move |id: usize| all.iter().find(|it| it.id == id).map(|it| it.prob);
    let number = |share: f32| format!("{share:.3}");
    // What Bayes makes of the belief that is read, which an intervention may have set.
    let read = move |id: usize| {
        let decoded = asked.get()?;
        let [_, next] = decoded.next.as_ref()?;
        let last = next.dims().first()?.1.checked_sub(1)?;
        next.get(&[last, id])
    };
    let row = |(id, (exact, word)): (usize, (&f32, &String))| {
        let said = share(id).map_or_else(|| "—".to_owned(), number);
        let read = move || read(id).map_or_else(|| "—".to_owned(), number);
        view! {
            <tr>
                <th scope="row">{word.clone()}</th>
                <td>{number(*exact)}</td>
                <td>{said}</td>
                <td>{read}</td>
            </tr>
        }
    };
    let rows = exact.iter().zip(&words).enumerate().filter(|(_, it)| 0.0 < *it.0);
    let rows = rows.map(row).collect_view();
    let name = state.run.read().model.clone();
    view! {
        <div class="now">
            <table class="exact">
                <thead>
                    <tr>
                        <th scope="col">{tr!("next")}</th>
                        <th scope="col">{tr!("exact")}</th>
                        <th scope="col">{name}</th>
                        <th scope="col" title=tr!("By Bayes, from the belief that is read from the stream")>
                            {tr!("from what is read")}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <small>{size}</small>
        </div>
    }
}

/// Prompts to try, and fresh rows.
#[component]
fn Prompts(lab: OpenLab) -> impl IntoView {
    let state = AppState::here();
    let prompt = Memo::new(move |_| state.bookmark.read().prompt.clone());
    let put = move |text: &str| state.bookmark.update(|it| text.clone_into(&mut it.prompt));
    let button = |it: &Prompt| {
        let text = prompt_text(&lab.lab, it)?;
        let (shown, title, own) = (text.clone(), text.clone(), text.clone());
        Some(view! {
            <button title=title aria-pressed=move || (*prompt.read() == own).to_string()
                on:click=move |_| put(&text)>
                <span>{shown}</span>
                <small>{it.say.clone()}</small>
            </button>
        })
    };
    let buttons = lab.lab.prompts.iter().filter_map(button).collect_view();
    let n_rows = RwSignal::new(0u64);
    let fresh = move |_| {
        n_rows.update(|it| *it += 1);
        if let Some(text) = new_row(&lab.lab, n_rows.get_untracked()) {
            put(&text);
        }
    };
    view! {
        <div class="models tries" role="group" aria-label=tr!("Prompts to try")>{buttons}</div>
        <div class="scenes"><button class="button line" on:click=fresh>{tr!("New row")}</button></div>
    }
}

/// Every claim: theirs, ours, and whether it holds here.
#[component]
fn Claims(lab: OpenLab) -> impl IntoView {
    let rows = claim_rows(&lab.claims);
    let numbers = texts(&lab.claims, "numbers");
    let claims = lab.lab.claims.iter().zip(rows).zip(numbers);
    let claims = claims.map(|((claim, row), numbers)| {
        let paper = lab.lab.papers.iter().find(|it| Some(&it.key) == claim.paper.as_ref());
        view! { <Claim row paper=paper.cloned() test=claim.test.clone() numbers /> }
    });
    view! {
        <h3>{tr!("Claims")}</h3>
        <p class="muted">{claims_counted(&lab.claims)}"; "{lab.claims.about().to_owned()}</p>
        <ul class="claims">{claims.collect_view()}</ul>
    }
}

fn texts(frame: &Frame, name: &str) -> Vec<String> {
    match frame.rows().fact(name) {
        Some(FactValues::Texts(of)) => of.clone(),
        _ => vec![String::new(); frame.size()[0]],
    }
}

#[component]
fn Claim(row: ClaimRow, paper: Option<Paper>, test: String, numbers: String) -> impl IntoView {
    let class = match row.outcome {
        Some(Outcome::Met) => "mark met",
        Some(Outcome::NotMet | Outcome::Undecided) => "mark open",
        _ => "mark",
    };
    let source = paper.map(|it| {
        let text = format!("{}, {}", it.cite, it.r#where);
        view! { <p><a href=it.url target="_blank" rel="noreferrer">{text}</a></p> }
    });
    let why = (!row.why.is_empty()).then(|| view! { <p>{row.why}</p> });
    view! {
        <li>
            <p class="text">{row.claim}</p>
            <span class=class>{row.outcome_text}</span>
            <dl>
                <dt>{tr!("theirs")}</dt><dd>{row.theirs}</dd>
                <dt>{tr!("ours")}</dt><dd>{row.ours}</dd>
            </dl>
            <details>
                <summary>{tr!("Test and source")}</summary>
                <p><code>{test}</code></p>
                <p class="muted">{tr!("ours: {numbers}", numbers)}</p>
                {why}
                {source}
            </details>
        </li>
    }
}

#[component]
fn Papers(lab: OpenLab) -> impl IntoView {
    let papers = lab.lab.papers.iter().cloned().map(|it| {
        view! {
            <li><a href=it.url target="_blank" rel="noreferrer">{it.cite}</a>", "{it.r#where}</li>
        }
    });
    view! {
        <h3>{tr!("Papers")}</h3>
        <ul class="papers">{papers.collect_view()}</ul>
    }
}
