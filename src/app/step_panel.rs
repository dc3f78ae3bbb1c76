//! How firmly each position is written into the state.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{Axis, Memory};

use super::{
    export::svg_of,
    figure::{Figure, Point},
    panel::{Panel, Ramp},
    segments::Segments,
    state::AppState,
};
use crate::{
    share::{Panel as PanelName, ThirdView},
    view::{Pick, Scene, StepKind, StepMap, Table, number, step_map, step_table},
};

/// The panel.
#[component]
pub(super) fn StepPanel() -> impl IntoView {
    let state = AppState::here();
    let kind = RwSignal::new(StepKind::default());
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = scene_of(state, kind.get(), size.get()).map(Arc::new);
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        view! {
            <LensOrSteps />
            <Segments
                name="What the number is"
                choices=vec![(StepKind::Step, "step"), (StepKind::Gate, "gate")]
                chosen=kind
                on_choose=move |it| kind.set(it)
            />
        }
    };
    let at_point = move |at: Point| untrack(|| hit(state, size.get(), at));
    let label = move || {
        let reading = reading(state, kind.get());
        format!("Steps: layers upward, positions to the right. {reading}")
    };
    view! {
        <Panel
            name=PanelName::Lens
            title=Signal::derive(move || title(kind.get()).to_owned())
            site=Signal::derive(move || site(state))
            about=Signal::derive(move || about(state, kind.get()))
            controls
            legend=move || legend(state, kind.get())
            table=Signal::derive(move || table(state, kind.get()))
            svg=move |()| scene.get_untracked().map(|it| svg_of(state, &it))
        >
            <Figure
                scene
                size
                label
                hit=at_point
            />
        </Panel>
    }
}

fn title(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Step => "Steps",
        StepKind::Gate => "Gates",
    }
}

/// What stands below attention: the lens or the steps.
#[component]
pub(super) fn LensOrSteps() -> impl IntoView {
    let state = AppState::here();
    view! {
        <Segments
            name="Lens or steps"
            choices=vec![(ThirdView::Lens, "lens"), (ThirdView::Steps, "steps")]
            chosen=Signal::derive(move || state.third())
            on_choose=move |it| state.bookmark.update(|all| all.third = it)
        />
    }
}

/// The head that is shown, where the reader chose one or looks at one.
fn head(state: AppState) -> Option<usize> {
    let chosen = state.hover.read().head.or(state.bookmark.read().pick.head);
    chosen.map(|_| state.cursor().head)
}

fn with_map<T>(
    state: AppState,
    kind: StepKind,
    size_px: Point,
    work: impl FnOnce(&StepMap<'_>) -> Option<T>,
) -> Option<T> {
    let model = state.model.get()?;
    let labels = state.labels();
    work(&StepMap {
        kind,
        head: head(state),
        shape: &model.shape,
        labels: &labels,
        cursor: state.cursor(),
        lock: state.lock(),
        palette: state.palette(),
        size_px,
    })
}

/// The map together with the answer, where that is about this model and this prompt.
fn with_answer<T>(
    state: AppState,
    kind: StepKind,
    size_px: Point,
    work: impl FnOnce(&Memory, &StepMap<'_>) -> T,
) -> Option<T> {
    let memory = state.answers.memory.get()?;
    with_map(state, kind, size_px, |map| {
        let array = kind.of(&memory);
        let sizes = [Axis::Layer, Axis::Pos].map(|it| array.size(it));
        let is_of_run = map.shape.has_recurrence()
            && sizes == [Some(map.shape.n_layers), Some(map.labels.len())];
        is_of_run.then(|| work(&memory, map))
    })
}

fn scene_of(state: AppState, kind: StepKind, size_px: Point) -> Option<Scene> {
    if size_px[0] < 1.0 {
        return None;
    }
    with_answer(state, kind, size_px, step_map)
}

fn hit(state: AppState, size_px: Point, at: Point) -> Option<Pick> {
    let (grid, first) = with_map(state, StepKind::Step, size_px, |map| Some(map.grid()))?;
    let (row, column) = grid.hit(at)?;
    let layer = Pick::layer(grid.n_rows - 1 - row, &state.ground());
    Some(Pick { pos: Some(first + column), ..layer })
}

fn site(state: AppState) -> String {
    head(state).map_or_else(|| "mean of heads".to_owned(), |it| format!("head {it}"))
}

fn about(state: AppState, kind: StepKind) -> String {
    let model = state.model.get();
    if model.is_some_and(|it| !it.shape.has_recurrence()) {
        return "This model keeps no state that a step could write.".to_owned();
    }
    let memory = state.answers.memory.get();
    if memory.is_some_and(|it| kind.of(&it).values().iter().all(|it| it.is_nan())) {
        return format!("No layer of this model has a {}.", kind.name());
    }
    match kind {
        StepKind::Step => {
            "How firmly each layer writes a token into its state. High: written. Near zero: passed over."
        }
        StepKind::Gate => {
            "Mean of what each head’s reading of its state is multiplied by; it has a sign."
        }
    }
    .to_owned()
}

/// The number of the cursor's cell in words.
fn reading(state: AppState, kind: StepKind) -> String {
    let cursor = state.cursor();
    let said = with_answer(state, kind, [0.0; 2], |memory, map| {
        let word = map.labels.get(cursor.pos).map_or("", String::as_str);
        let reading = map.reading(memory, cursor.layer, cursor.pos);
        let (layer, pos, site, name) = (cursor.layer, cursor.pos, site(state), kind.name());
        format!("Layer {layer}, {site}, at “{word}” ({pos}): {name} {reading}.")
    });
    said.unwrap_or_else(|| "No value yet.".to_owned())
}

fn legend(state: AppState, kind: StepKind) -> AnyView {
    let ends =
        with_answer(state, kind, [0.0; 2], |memory, map| (map.ends(memory), kind.unit(map.shape)));
    match ends {
        Some(([least, most], unit)) if 0.0 < most => {
            let ramp = if least < 0.0 { "div" } else { "seq" };
            let from = if least < 0.0 { number(least) } else { "0".to_owned() };
            view! { <Ramp kind=ramp from to=number(most) unit /> }.into_any()
        }
        _ => view! { <span></span> }.into_any(),
    }
}

fn table(state: AppState, kind: StepKind) -> Table {
    with_answer(state, kind, [0.0; 2], step_table).unwrap_or_default()
}
