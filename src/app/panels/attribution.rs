//! Direct logit attribution: what each component adds to A − B.

use std::sync::Arc;

use leptos::prelude::*;

use super::panel::{Panel, Ramp};
use crate::{
    app::{
        parts::{
            export::svg_of,
            figure::{Figure, Point},
        },
        state::AppState,
    },
    share::Place,
    view::{Grid, Pick, Scene, Table, signed, writers_end, writers_map, writers_table},
};

/// The panel.
#[component]
pub(in crate::app) fn AttributionPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = figure(state, size.get()).map(|it| Arc::new(it.0));
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| untrack(|| hit(state, size.get(), at));
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| untrack(|| state.no_attribution()).is_none());
        scene.map(|it| svg_of(state, &it))
    };
    let label = move || {
        let about = about(state);
        state.no_attribution().map_or_else(|| about.clone(), |it| format!("{about}. {it}"))
    };
    view! {
        <Panel
            place
            title=tr!("Attribution")
            site=""
            about=Signal::derive(move || about(state))
            controls=|| ()
            legend=move || legend(state)
            table=Signal::derive(move || table(state))
            svg=picture
            axes=tr!("Up: layers. Across: heads, then the MLP, then the sum of the layer.")
        >
            <Figure
                scene
                size
                label
                hit=at_point
            />
            {move || state.no_attribution().map(|it| view! { <p class="absent why">{it}</p> })}
        </Panel>
    }
}

fn figure(state: AppState, size_px: Point) -> Option<(Scene, Grid)> {
    if size_px[0] < 1.0 {
        return None;
    }
    let attribution = state.attribution()?;
    let cursors = [state.cursor(), state.lock()];
    let (scene, grid, _) = writers_map(&attribution, cursors, state.palette(), size_px);
    Some((scene, grid))
}

fn hit(state: AppState, size_px: Point, at: Point) -> Option<Pick> {
    let (_, grid) = figure(state, size_px)?;
    let (row, column) = grid.hit(at)?;
    let ground = state.ground();
    let layer = grid.n_rows - 1 - row;
    Some(if column < ground.n_heads {
        Pick::head(layer, column, &ground)
    } else {
        Pick::layer(layer, &ground)
    })
}

fn about(state: AppState) -> String {
    let total = state.attribution().map_or(f32::NAN, |it| it.total);
    tr!("sums to A − B {total}", total = signed(total))
}

fn legend(state: AppState) -> AnyView {
    if state.no_attribution().is_some() {
        return view! { <span></span> }.into_any();
    }
    let end = state.attribution().map_or(1.0, |it| writers_end(&it));
    let (from, to) = (signed(-end), signed(end));
    view! { <Ramp kind="div" from to unit=tr!("logits") /> }.into_any()
}

fn table(state: AppState) -> Table {
    state.attribution().map(|it| writers_table(&it)).unwrap_or_default()
}
