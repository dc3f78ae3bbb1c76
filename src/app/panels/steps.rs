//! How firmly each position is written into the state.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskTimeScales, ModelShape, TimeScales};

use super::panel::{Panel, Ramp};
use crate::{
    app::{
        parts::{
            export::svg_of,
            figure::{Figure, Point},
            segments::Choice,
        },
        state::{AppState, answers::Asked},
    },
    share::Place,
    text,
    view::{
        Pick, Scene, StepKind, StepMap, StepRows, Table, number, sorted_heads, step_map, step_table,
    },
};

/// What the reader chose to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Chosen {
    kind: StepKind,
    rows: StepRows,
}

/// What is drawn, and from what.
#[derive(Clone, Copy)]
struct Shown {
    chosen: RwSignal<Chosen>,
    asked: Asked<AskTimeScales>,
}

/// The panel.
#[component]
pub(in crate::app) fn StepPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let chosen = RwSignal::new(Chosen::default());
    let shown = Shown { chosen, asked: state.ask(|| Some(AskTimeScales)) };
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = scene_of(state, shown, size.get()).map(Arc::new);
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        view! {
            <Choice
                name=tr!("What the number is")
                choices=vec![(StepKind::Step, text!("step")), (StepKind::Gate, text!("gate"))]
                chosen=Signal::derive(move || chosen.get().kind)
                on_choose=move |it| chosen.update(|all| all.kind = it)
            />
            <Rows chosen />
        }
    };
    let at_point = move |at: Point| untrack(|| hit(state, shown, size.get(), at));
    let label = move || {
        let reading = reading(state, shown);
        tr!("Steps: layers upward, positions to the right. {reading}", reading)
    };
    view! {
        <Panel
            place
            title=Signal::derive(move || title(chosen.get().kind).to_owned())
            site=Signal::derive(move || site(state, chosen.get()))
            about=Signal::derive(move || about(state, shown))
            controls
            legend=move || legend(state, shown)
            table=Signal::derive(move || table(state, shown))
            svg=move |()| scene.get_untracked().map(|it| svg_of(state, &it))
            axes=tr!("Up: layers or heads. Across: tokens.")
        >
            <Figure
                scene
                size
                label
                hit=at_point
            />
            {move || absence(state, shown).map(|it| view! { <p class="absent why">{it}</p> })}
        </Panel>
    }
}

const ROWS: [(StepRows, &str, &str); 4] = [
    (StepRows::Layers, "layers", text!("layers")),
    (StepRows::Heads, "heads", text!("heads of the layer")),
    (StepRows::ByHalfLife, "half-life", text!("heads by half-life")),
    (StepRows::ByMean, "mean", text!("heads by mean")),
];

/// What the rows are, and how heads are sorted.
#[component]
fn Rows(chosen: RwSignal<Chosen>) -> impl IntoView {
    let name = move || {
        let rows = chosen.get().rows;
        ROWS.iter().find(|it| it.0 == rows).map_or("", |it| it.1)
    };
    let choose = move |event| {
        let text = event_target_value(&event);
        if let Some(row) = ROWS.iter().find(|it| it.1 == text) {
            chosen.update(|it| it.rows = row.0);
        }
    };
    let options =
        ROWS.map(|(_, value, name)| view! { <option value=value>{text::of(name)}</option> });
    view! {
        <span class="choice">
            <select class="rows" aria-label=tr!("What the rows are") on:change=choose prop:value=name>
                {options.collect_view()}
            </select>
        </span>
    }
}

fn title(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Step => tr!("Steps"),
        StepKind::Gate => tr!("Gates"),
    }
}

/// The head that is shown, where the reader chose one or looks at one.
fn head(state: AppState) -> Option<usize> {
    let chosen = state.hover.read().head.or(state.bookmark.read().pick.head);
    chosen.map(|_| state.cursor().head)
}

/// The heads that have a row each, where the rows are heads.
fn heads(state: AppState, shown: Shown, shape: &ModelShape) -> Vec<usize> {
    let (layer, Chosen { kind, rows }) = (state.cursor().layer, shown.chosen.get());
    let told = shown.asked.get();
    told.map_or_else(Vec::new, |it| sorted_heads(&it, shape, layer, rows, kind))
}

fn with_map<T>(
    state: AppState,
    shown: Shown,
    size_px: Point,
    work: impl FnOnce(&StepMap<'_>) -> Option<T>,
) -> Option<T> {
    let model = state.model.get()?;
    let labels = state.labels();
    let heads = heads(state, shown, &model.shape);
    work(&StepMap {
        kind: shown.chosen.get().kind,
        head: head(state),
        heads: &heads,
        shape: &model.shape,
        labels: &labels,
        cursor: state.cursor(),
        lock: state.lock(),
        palette: state.palette(),
        size_px,
    })
}

/// The map together with the answer, where the model has any.
fn with_answer<T>(
    state: AppState,
    shown: Shown,
    size_px: Point,
    work: impl FnOnce(&TimeScales, &StepMap<'_>) -> T,
) -> Option<T> {
    let told = shown.asked.get()?;
    with_map(state, shown, size_px, |map| map.shape.has_recurrence().then(|| work(&told, map)))
}

fn scene_of(state: AppState, shown: Shown, size_px: Point) -> Option<Scene> {
    if size_px[0] < 1.0 {
        return None;
    }
    with_answer(state, shown, size_px, step_map)
}

fn hit(state: AppState, shown: Shown, size_px: Point, at: Point) -> Option<Pick> {
    with_map(state, shown, size_px, |map| {
        let (grid, first) = map.grid();
        let (row, column) = grid.hit(at)?;
        let (layer, head) = map.place(grid.n_rows - 1 - row);
        let place = match head.filter(|_| !map.heads.is_empty()) {
            Some(head) => Pick::head(layer, head, &state.ground()),
            None => Pick::layer(layer, &state.ground()),
        };
        Some(Pick { pos: Some(first + column), ..place })
    })
}

fn site(state: AppState, chosen: Chosen) -> String {
    if chosen.rows != StepRows::Layers {
        return tr!("L{layer} · heads", layer = state.cursor().layer);
    }
    head(state).map_or_else(|| tr!("mean of heads").to_owned(), |head| tr!("head {head}", head))
}

/// Why there is nothing to draw, where the model has nothing of the kind.
fn absence(state: AppState, shown: Shown) -> Option<String> {
    let kind = shown.chosen.get().kind;
    let model = state.model.get();
    if model.is_some_and(|it| !it.shape.has_recurrence()) {
        return Some(tr!("This model keeps no state that a step could write.").to_owned());
    }
    let is_none = |it: &TimeScales| kind.of(it).values().iter().all(|it| it.is_nan());
    let none = || tr!("No layer of this model has a {name}. See the lens.", name = kind.name());
    shown.asked.absence().or_else(|| shown.asked.get().filter(|it| is_none(it)).map(|_| none()))
}

fn about(state: AppState, shown: Shown) -> String {
    if let Some(absence) = absence(state, shown) {
        return absence;
    }
    match shown.chosen.get().kind {
        StepKind::Step => tr!("How firmly a token is written. Near 0: skipped."),
        StepKind::Gate => {
            tr!("Mean of what each head’s reading of its state is multiplied by; it has a sign.")
        }
    }
    .to_owned()
}

/// The number of the cursor's cell in words.
fn reading(state: AppState, shown: Shown) -> String {
    let (cursor, chosen) = (state.cursor(), shown.chosen.get());
    let said = with_answer(state, shown, [0.0; 2], |memory, map| {
        let word = map.labels.get(cursor.pos).map_or("", String::as_str);
        let reading = map.reading(memory, map.height(cursor), cursor.pos);
        let (layer, pos, name) = (cursor.layer, cursor.pos, chosen.kind.name());
        let site = match map.heads {
            [] => site(state, chosen),
            _ => tr!("head {head}", head = cursor.head),
        };
        tr!(
            "Layer {layer}, {site}, at “{word}” ({pos}): {name} {reading}.",
            layer,
            site,
            word,
            pos,
            name,
            reading
        )
    });
    said.unwrap_or_else(|| tr!("No value yet.").to_owned())
}

fn legend(state: AppState, shown: Shown) -> AnyView {
    let kind = shown.chosen.get().kind;
    let ends =
        with_answer(state, shown, [0.0; 2], |memory, map| (map.ends(memory), kind.unit(map.shape)));
    match ends {
        Some(([least, most], unit)) if 0.0 < most => {
            let ramp = if least < 0.0 { "div" } else { "seq" };
            let from = if least < 0.0 { number(least) } else { "0".to_owned() };
            view! { <Ramp kind=ramp from to=number(most) unit /> }.into_any()
        }
        _ => view! { <span></span> }.into_any(),
    }
}

fn table(state: AppState, shown: Shown) -> Table {
    with_answer(state, shown, [0.0; 2], step_table).unwrap_or_default()
}
