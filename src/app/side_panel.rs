//! Beside the lens: who wrote toward A or B, or how long and how turned the stream is.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    export::svg_of,
    figure::{Figure, Point},
    panel::{Panel, Ramp},
    segments::Segments,
    state::AppState,
};
use crate::{
    share::{Panel as PanelName, SideView},
    view::{Grid, Pick, Scene, Table, norms_table, norms_view, signed, writers_map, writers_table},
};

/// The panel.
#[component]
pub(super) fn SidePanel() -> impl IntoView {
    let state = AppState::here();
    let view = Memo::new(move |_| state.bookmark.read().side);
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = figure(state, size.get()).map(|it| Arc::new(it.0));
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        view! {
            <Segments
                name="What stands here"
                choices=vec![(SideView::Writers, "writers"), (SideView::Norms, "norms")]
                chosen=view
                on_choose=move |it| state.bookmark.update(|all| all.side = it)
            />
        }
    };
    let at_point = move |at: Point| untrack(|| hit(state, size.get(), at));
    view! {
        <Panel
            name=PanelName::Side
            title="Stream"
            site=""
            about=Signal::derive(move || about(state))
            controls
            legend=move || legend(state)
            table=Signal::derive(move || table(state))
            svg=move |()| scene.get_untracked().map(|it| svg_of(state, &it))
        >
            <Figure
                scene
                size
                label=move || about(state)
                hit=at_point
            />
        </Panel>
    }
}

fn figure(state: AppState, size_px: Point) -> Option<(Scene, Grid)> {
    if size_px[0] < 1.0 {
        return None;
    }
    let cursors = [state.cursor(), state.lock()];
    match state.bookmark.read().side {
        SideView::Writers => {
            let writers = state.writers()?;
            let (scene, grid, _) = writers_map(&writers, cursors, state.palette(), size_px);
            Some((scene, grid))
        }
        SideView::Norms => {
            let norms = state.answers.norms.get()?;
            Some(norms_view(&norms, cursors, state.palette(), size_px))
        }
    }
}

fn hit(state: AppState, size_px: Point, at: Point) -> Option<Pick> {
    let (_, grid) = figure(state, size_px)?;
    let (row, column) = grid.hit(at)?;
    let ground = state.ground();
    let upward = grid.n_rows - 1 - row;
    Some(match state.bookmark.read().side {
        SideView::Writers if column < ground.n_heads => Pick::head(upward, column, &ground),
        SideView::Writers => Pick::layer(upward, &ground),
        SideView::Norms => Pick::depth(upward, &ground),
    })
}

fn about(state: AppState) -> String {
    match state.bookmark.read().side {
        SideView::Writers => {
            let total = state.writers().map_or(f32::NAN, |it| it.total);
            format!("Wrote A − B {}", signed(total))
        }
        SideView::Norms => "Length and angles".to_owned(),
    }
}

fn legend(state: AppState) -> AnyView {
    match state.bookmark.read().side {
        SideView::Writers => {
            let end = state.writers().map_or(1.0, |it| crate::view::writers_end(&it));
            let (from, to) = (signed(-end), signed(end));
            view! { <Ramp kind="div" from to unit="logits" /> }.into_any()
        }
        SideView::Norms => {
            view! { <span>"cosine with the depth before, and the last"</span> }.into_any()
        }
    }
}

fn table(state: AppState) -> Table {
    match state.bookmark.read().side {
        SideView::Writers => state.writers().map(|it| writers_table(&it)),
        SideView::Norms => state.answers.norms.get().map(|it| norms_table(&it, state.cursor().pos)),
    }
    .unwrap_or_default()
}
