//! What the reader has cut, and what can be cut at the cursor.

use leptos::prelude::*;
use trace::ModelShape;

use super::{
    icon::{Drawing, Icon},
    state::AppState,
};
use crate::{
    share::{Cut, CutKind},
    view::{Cursor, signed},
};

/// The list of cuts with what they did to A − B, and the buttons that make new ones.
#[component]
pub(super) fn CutsPanel() -> impl IntoView {
    let state = AppState::here();
    let cuts = Memo::new(move |_| state.bookmark.read().cuts.clone());
    let rows = move || cuts.get().into_iter().map(|cut| view! { <Row cut /> }).collect_view();
    view! {
        <section class="interventions" aria-label="Interventions">
            <header>
                <h2>"Interventions"</h2>
                <p>{move || effect(state)}</p>
            </header>
            <ul class="cuts">{rows}</ul>
            <AtCursor />
        </section>
    }
}

#[component]
fn Row(cut: Cut) -> impl IntoView {
    let state = AppState::here();
    let is_absent = move || {
        let model = state.model.read();
        model.as_ref().is_some_and(|it| cut.edits(&it.shape).is_empty())
    };
    let text = move || {
        let is_behind = cut.pos.is_some_and(|pos| state.labels().len() <= pos);
        let absent = match (is_absent(), is_behind) {
            (true, _) => ": not in this model",
            (_, true) => ": behind the end of this prompt",
            _ => "",
        };
        format!("{}{absent}", in_words(cut, &state.labels()))
    };
    let remove = move |_| state.bookmark.update(|it| it.cuts.retain(|other| *other != cut));
    view! {
        <li>
            <span class:muted=is_absent>{text}</span>
            <button
                class="tool"
                aria-label=move || format!("Take back: {}", text())
                title="Take back"
                on:click=remove
            >
                <Drawing icon=Icon::Close />
            </button>
        </li>
    }
}

/// Buttons for what the cursor's head has.
#[component]
fn AtCursor() -> impl IntoView {
    let state = AppState::here();
    let offered = Memo::new(move |_| {
        let Cursor { layer, head, pos, .. } = state.lock();
        let model = state.model.read();
        let Some(shape) = model.as_ref().map(|it| &it.shape) else { return Vec::new() };
        offers(layer, head, pos, shape)
    });
    let buttons = move || {
        let button = |(cut, name): (Cut, &'static str)| {
            let label = move || in_words(cut, &state.labels());
            view! {
                <button class="button line" title=label on:click=move |_| add(state, cut)>{name}</button>
            }
        };
        offered.get().into_iter().map(button).collect_view()
    };
    view! {
        <div class="at-cursor" role="group" aria-label="At the cursor">
            <span class="muted">"At cursor"</span>
            {buttons}
        </div>
    }
}

/// What can be cut there, with short names.
fn offers(layer: usize, head: usize, pos: usize, shape: &ModelShape) -> Vec<(Cut, &'static str)> {
    let all = [
        (CutKind::Head, None, "Knock out head"),
        (CutKind::Step, Some(pos), "Pass over token"),
        (CutKind::State, Some(pos), "Forget up to here"),
    ];
    all.into_iter()
        .map(|(kind, pos, name)| (Cut { kind, layer, head, pos }, name))
        .filter(|it| !it.0.edits(shape).is_empty())
        .collect()
}

/// Makes a cut. The question is held to the words that it had, so that before and after compare.
fn add(state: AppState, cut: Cut) {
    let (a, b) = untrack(|| state.pair());
    let words = [a, b].map(|it| untrack(|| state.word(it)));
    state.bookmark.update(|it| {
        let [first, second] = words;
        it.a.get_or_insert(first);
        it.b.get_or_insert(second);
        if !it.cuts.contains(&cut) {
            it.cuts.push(cut);
        }
    });
}

/// A cut in words.
fn in_words(cut: Cut, labels: &[String]) -> String {
    let Cut { kind, layer, head, pos } = cut;
    let place = pos.map_or_else(String::new, |pos| {
        format!("“{}” {pos}", labels.get(pos).map_or("", String::as_str))
    });
    match kind {
        CutKind::Head if pos.is_some() => format!("Knock out head {head}, L{layer}, at {place}"),
        CutKind::Head => format!("Knock out head {head}, L{layer}"),
        CutKind::Step => format!("Pass over {place}: step 0, head {head}, L{layer}"),
        CutKind::State => format!("Forget up to {place}: state 0, head {head}, L{layer}"),
    }
}

/// What A − B is, and what it was without cuts.
fn effect(state: AppState) -> String {
    if state.bookmark.read().cuts.is_empty() {
        return "Take something away and see what changes.".to_owned();
    }
    let (prompt, pair) = (state.bookmark.read().prompt.clone(), state.pair());
    let model = state.bookmark.read().model.clone();
    let now = state.derived.attribution_end.now().map(|it| it.total);
    let before =
        state.uncut.get().filter(|it| (&it.model, &it.prompt, it.pair) == (&model, &prompt, pair));
    match (now, before) {
        (Some(now), Some(before)) => {
            format!("A − B at the end {}, without cuts {}", signed(now), signed(before.total))
        }
        (Some(now), None) => format!("A − B at the end {}", signed(now)),
        _ => String::new(),
    }
}
