//! Beside the lens: who wrote toward A or B, how long and how turned the stream is, or how long
//! recurrent heads remember.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskNorms, AskTimeScales, TimeScales};

use super::{
    answers::Asked,
    export::svg_of,
    figure::{Figure, Point},
    panel::{Panel, Ramp},
    segments::Choice,
    state::AppState,
};
use crate::{
    share::{Panel as PanelName, SideView},
    view::{
        Grid, MemoryStrip, Pick, Scene, Table, memory_meter, memory_strip, memory_table,
        norms_table, norms_view, signed, writers_map, writers_table,
    },
};

/// The panel.
#[component]
pub(super) fn SidePanel() -> impl IntoView {
    let state = AppState::here();
    let shown = Shown {
        norms: state.ask(move || (state.side() == SideView::Norms).then_some(AskNorms)),
        time_scales: state.ask(move || (state.side() == SideView::Memory).then_some(AskTimeScales)),
    };
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = figure(state, shown, size.get()).map(|it| Arc::new(it.0));
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        let mut choices = vec![(SideView::Writers, "attribution"), (SideView::Norms, "lengths")];
        if state.has_recurrence() {
            choices.push((SideView::Memory, "half-life"));
        }
        view! {
            <Choice
                name="What stands here"
                choices
                chosen=Signal::derive(move || state.side())
                on_choose=move |it| state.bookmark.update(|all| all.side = it)
            />
        }
    };
    let at_point = move |at: Point| untrack(|| hit(state, shown, size.get(), at));
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| untrack(|| absence(state)).is_none());
        scene.map(|it| svg_of(state, &it))
    };
    view! {
        <Panel
            name=PanelName::Side
            title=Signal::derive(move || title(state).to_owned())
            site=""
            about=Signal::derive(move || about(state))
            controls
            legend=move || legend(state)
            table=Signal::derive(move || table(state, shown))
            svg=picture
            axes=Signal::derive(move || axes(state).to_owned())
        >
            <Figure
                scene
                size
                label=move || label(state, shown)
                hit=at_point
            />
            {move || absence(state).map(|it| view! { <p class="absent why">{it}</p> })}
        </Panel>
    }
}

fn title(state: AppState) -> &'static str {
    match state.side() {
        SideView::Writers => "Attribution",
        SideView::Norms => "Lengths",
        SideView::Memory => "Half-life",
    }
}

/// Why there is nothing to show, where the model has no such thing.
fn absence(state: AppState) -> Option<String> {
    (state.side() == SideView::Writers).then(|| state.no_attribution()).flatten()
}

/// What the views are drawn from beside the attribution, which the whole page asks.
#[derive(Clone, Copy)]
struct Shown {
    norms: Asked<AskNorms>,
    time_scales: Asked<AskTimeScales>,
}

/// The strip with the answer.
fn with_strip<T>(
    state: AppState,
    shown: Shown,
    size_px: Point,
    work: impl FnOnce(&TimeScales, &MemoryStrip<'_>) -> T,
) -> Option<T> {
    let told = shown.time_scales.get()?;
    let model = state.model.get()?;
    let (cursor, lock) = (state.cursor(), state.lock());
    let (shape, n_pos, palette) = (&model.shape, state.n_pos(), state.palette());
    let strip = MemoryStrip { shape, n_pos, cursor, lock, palette, size_px };
    Some(work(&told, &strip))
}

fn figure(state: AppState, shown: Shown, size_px: Point) -> Option<(Scene, Grid)> {
    if size_px[0] < 1.0 {
        return None;
    }
    let cursors = [state.cursor(), state.lock()];
    match state.side() {
        SideView::Writers => {
            let attribution = state.attribution()?;
            let (scene, grid, _) = writers_map(&attribution, cursors, state.palette(), size_px);
            Some((scene, grid))
        }
        SideView::Norms => {
            let norms = shown.norms.get()?;
            Some(norms_view(&norms, cursors, state.palette(), size_px))
        }
        SideView::Memory => with_strip(state, shown, size_px, memory_strip),
    }
}

fn hit(state: AppState, shown: Shown, size_px: Point, at: Point) -> Option<Pick> {
    let (_, grid) = figure(state, shown, size_px)?;
    let (row, column) = grid.hit(at)?;
    let ground = state.ground();
    let upward = grid.n_rows - 1 - row;
    Some(match state.side() {
        SideView::Writers if column < ground.n_heads => Pick::head(upward, column, &ground),
        SideView::Writers => Pick::layer(upward, &ground),
        SideView::Norms => Pick::depth(upward, &ground),
        SideView::Memory => Pick::layer(upward, &ground),
    })
}

fn about(state: AppState) -> String {
    match state.side() {
        SideView::Writers => {
            let total = state.attribution().map_or(f32::NAN, |it| it.total);
            format!("sums to A − B {}", signed(total))
        }
        SideView::Norms => "of the stream".to_owned(),
        SideView::Memory => "tokens until half is left".to_owned(),
    }
}

/// What runs along the sides.
fn axes(state: AppState) -> &'static str {
    match state.side() {
        SideView::Writers => "Up: layers. Across: heads, then the MLP, then the sum of the layer.",
        SideView::Norms => "Up: depth.",
        SideView::Memory => "Up: layers. Across: tokens until half is left.",
    }
}

/// The picture in a sentence.
fn label(state: AppState, shown: Shown) -> String {
    let reading = match state.side() {
        SideView::Memory => with_strip(state, shown, [0.0; 2], |told, strip| strip.reading(told)),
        SideView::Writers | SideView::Norms => None,
    };
    let about = about(state);
    if let Some(absence) = absence(state) {
        return format!("{about}. {absence}");
    }
    reading.map_or_else(|| about.clone(), |it| format!("{about}. {it}"))
}

fn legend(state: AppState) -> AnyView {
    match state.side() {
        SideView::Writers if absence(state).is_some() => view! { <span></span> }.into_any(),
        SideView::Writers => {
            let end = state.attribution().map_or(1.0, |it| crate::view::writers_end(&it));
            let (from, to) = (signed(-end), signed(end));
            view! { <Ramp kind="div" from to unit="logits" /> }.into_any()
        }
        SideView::Norms => {
            view! { <span>"cosine with the depth before, and the last"</span> }.into_any()
        }
        SideView::Memory => meter(state),
    }
}

/// What a run keeps, and whether that grows with the prompt.
fn meter(state: AppState) -> AnyView {
    let model = state.model.read();
    let lines = model.as_ref().map(|it| memory_meter(&it.shape, state.n_pos())).unwrap_or_default();
    let lines = lines.into_iter().map(|it| view! { <span>{it}</span> }).collect_view();
    view! { <div class="meter">{lines}</div> }.into_any()
}

fn table(state: AppState, shown: Shown) -> Table {
    match state.side() {
        SideView::Writers => state.attribution().map(|it| writers_table(&it)),
        SideView::Norms => shown.norms.get().map(|it| norms_table(&it, state.cursor().pos)),
        SideView::Memory => with_strip(state, shown, [0.0; 2], memory_table),
    }
    .unwrap_or_default()
}
