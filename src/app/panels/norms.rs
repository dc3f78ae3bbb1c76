//! Lengths and angles of the residual stream along the depth.

use std::sync::Arc;

use leptos::prelude::*;
use trace::AskNorms;

use super::panel::Panel;
use crate::{
    app::{
        parts::{
            export::svg_of,
            figure::{Figure, Point},
        },
        state::{AppState, answers::Asked},
    },
    share::Place,
    view::{Grid, Pick, Scene, norms_table, norms_view},
};

/// The panel.
#[component]
pub(in crate::app) fn NormsPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let norms = state.ask(|| Some(AskNorms));
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = figure(state, norms, size.get()).map(|it| Arc::new(it.0));
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| {
        untrack(|| {
            let (_, grid) = figure(state, norms, size.get())?;
            let (row, _) = grid.hit(at)?;
            Some(Pick::depth(grid.n_rows - 1 - row, &state.ground()))
        })
    };
    let table =
        move || norms.get().map(|it| norms_table(&it, state.cursor().pos)).unwrap_or_default();
    view! {
        <Panel
            place
            title=tr!("Lengths")
            site=""
            about=tr!("of the stream")
            controls=|| ()
            legend=|| view! { <span>{tr!("cosine with the depth before, and the last")}</span> }
            table=Signal::derive(table)
            svg=move |()| scene.get_untracked().map(|it| svg_of(state, &it))
            axes=tr!("Up: depth.")
        >
            <Figure
                scene
                size
                label=tr!("Lengths and angles of the residual stream, depth upward.")
                hit=at_point
            />
        </Panel>
    }
}

fn figure(state: AppState, norms: Asked<AskNorms>, size_px: Point) -> Option<(Scene, Grid)> {
    let norms = norms.get().filter(|_| 1.0 <= size_px[0])?;
    Some(norms_view(&norms, [state.cursor(), state.lock()], state.palette(), size_px))
}
