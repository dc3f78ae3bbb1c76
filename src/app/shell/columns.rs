//! Two or three models on one prompt and one cursor, a column each.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::{
    app::{
        panels::{Slot, next::NextBars},
        state::{AppState, follower::follower},
    },
    link::Status,
    share::Place,
    text,
    view::{kind_of, memory_meter, shown_text, signed},
};

/// Bytes that each column's run keeps: of keys and values, and of states.
#[derive(Clone, Copy)]
struct Meters(RwSignal<BTreeMap<String, [usize; 2]>>);

/// The page's model, and those that the reader put beside it.
#[component]
pub(in crate::app) fn Beside() -> impl IntoView {
    let main = AppState::here();
    let others = Memo::new(move |_| main.bookmark.read().beside.clone());
    provide_context(Meters(RwSignal::default()));
    view! {
        <div class="columns" data-count=move || (1 + others.read().len()).to_string()>
            <Column leave=None />
            <For each=move || others.get() key=Clone::clone let:model>
                <Other main model />
            </For>
        </div>
    }
}

/// The column of another model. It has an engine and answers of its own; prompt, cursor and views
/// are those of the page.
#[component]
fn Other(main: AppState, model: String) -> impl IntoView {
    provide_context(follower(main, model.clone()));
    let leave = move |()| main.bookmark.update(|it| it.beside.retain(|it| *it != model));
    view! { <Column leave=Some(Callback::new(leave)) /> }
}

/// One model: what it says, what it keeps, and its panels.
#[component]
fn Column(leave: Option<Callback<()>>) -> impl IntoView {
    let state = AppState::here();
    let name = move || state.bookmark.read().model.clone();
    view! {
        <section class="column" aria-label=name>
            <Head leave />
            <Slot place=Place::Main />
            <Slot place=Place::Second />
            <NextBars />
        </section>
    }
}

#[component]
fn Head(leave: Option<Callback<()>>) -> impl IntoView {
    let state = AppState::here();
    let name = move || state.bookmark.read().model.clone();
    let kind = move || {
        let model = state.model.get();
        model.map(|it| {
            tr_n!(
                it.n_params,
                "{kind}, {n} parameter",
                "{kind}, {n} parameters",
                kind = text::of(kind_of(&it.shape))
            )
        })
    };
    let leave = leave.map(|leave| {
        view! {
            <button
                class="tool"
                aria-label=move || tr!("Leave {model} out", model = name())
                title=tr!("Leave out")
                on:click=move |_| leave.run(())
            >
                "×"
            </button>
        }
    });
    view! {
        <header class="column-head">
            <h2>{name}" "<em>{kind}</em></h2>
            {leave}
            <p>{move || said(state)}</p>
            <Meter />
        </header>
    }
}

/// A − B in this model, or why there is none.
fn said(state: AppState) -> String {
    match state.status.get() {
        Status::Starting => return tr!("The engine starts").to_owned(),
        Status::Loading { .. } => return tr!("The model arrives").to_owned(),
        Status::Ready => return tr!("Ready").to_owned(),
        Status::Stopped => return tr!("Stopped").to_owned(),
        Status::Live => {}
    }
    let pair = state.pair();
    let attribution = state.derived.attribution_end.get().filter(|it| (it.a, it.b) == pair);
    let [a, b] = [pair.0, pair.1].map(|it| shown_text(&state.word(it)));
    let difference = attribution.map_or_else(String::new, |it| {
        tr!("{a} − {b} {amount} logits", a, b, amount = signed(it.total))
    });
    match state.run.read().program.interventions.iter().filter(|it| it.is_on).count() {
        0 => difference,
        n => tr_n!(
            n,
            "{difference}, with {n} intervention",
            "{difference}, with {n} interventions",
            difference
        ),
    }
}

/// What the run keeps, as bars to the measure of the column that keeps most.
#[component]
fn Meter() -> impl IntoView {
    let state = AppState::here();
    let Meters(meters) = expect_context();
    let name = Memo::new(move |_| state.bookmark.read().model.clone());
    let bytes = Memo::new(move |_| {
        let model = state.model.read();
        model.as_ref().map(|it| it.shape.memory_bytes(state.n_pos()))
    });
    Effect::new(move |before: Option<String>| {
        let name = name.get();
        let bytes = bytes.get();
        meters.update(|all| {
            before.filter(|it| *it != name).map(|it| all.remove(&it));
            bytes.map(|it| all.insert(name.clone(), it));
        });
        name
    });
    on_cleanup(move || {
        let name = name.get_untracked();
        meters.try_update(|all| all.remove(&name));
    });
    let share = move |which: usize| {
        let most = meters.read().values().flatten().copied().max().unwrap_or(0).max(1);
        let own = bytes.get().map_or(0, |it| it[which]);
        format!("scaleX({:.4})", own as f64 / most as f64)
    };
    let lines = move || {
        let model = state.model.read();
        let lines = model.as_ref().map(|it| memory_meter(&it.shape, state.n_pos()));
        lines.unwrap_or_default().into_iter().map(|it| view! { <span>{it}</span> }).collect_view()
    };
    view! {
        <div class="meter column-meter">
            <span class="meter-bar cache" aria-hidden="true"><i style:transform=move || share(0)></i></span>
            <span class="meter-bar state" aria-hidden="true"><i style:transform=move || share(1)></i></span>
            {lines}
        </div>
    }
}
