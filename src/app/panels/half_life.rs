//! How long recurrent heads remember, and what a run keeps.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskTimeScales, TimeScales};

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
    text,
    view::{HalfLifeStrip, Pick, Scene, half_life_strip, half_life_table, memory_meter},
};

const ABOUT: &str = text!("tokens until half is left");

/// The panel.
#[component]
pub(in crate::app) fn HalfLifePanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let asked = state.ask(|| Some(AskTimeScales));
    let size = RwSignal::new([0.0, 0.0]);
    let drawn = move |size_px: Point| {
        let is_open = 1.0 <= size_px[0];
        is_open.then(|| with_strip(state, asked, size_px, half_life_strip)).flatten()
    };
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = drawn(size.get()).map(|it| Arc::new(it.0));
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| {
        untrack(|| {
            let (_, grid) = drawn(size.get())?;
            let (row, _) = grid.hit(at)?;
            Some(Pick::layer(grid.n_rows - 1 - row, &state.ground()))
        })
    };
    let label = move || {
        let reading = with_strip(state, asked, [0.0; 2], |told, strip| strip.reading(told));
        let about = text::of(ABOUT);
        reading.map_or_else(|| about.to_owned(), |it| format!("{about}. {it}"))
    };
    let table = move || with_strip(state, asked, [0.0; 2], half_life_table).unwrap_or_default();
    view! {
        <Panel
            place
            title=tr!("Half-life")
            site=""
            about=text::of(ABOUT)
            controls=|| ()
            legend=move || view! { <Meter /> }
            table=Signal::derive(table)
            svg=move |()| scene.get_untracked().map(|it| svg_of(state, &it))
            axes=tr!("Up: layers. Across: tokens until half is left.")
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

/// The strip with the answer.
fn with_strip<T>(
    state: AppState,
    asked: Asked<AskTimeScales>,
    size_px: Point,
    work: impl FnOnce(&TimeScales, &HalfLifeStrip<'_>) -> T,
) -> Option<T> {
    let told = asked.get()?;
    let model = state.model.get()?;
    let (cursor, lock) = (state.cursor(), state.lock());
    let (shape, n_pos, palette) = (&model.shape, state.n_pos(), state.palette());
    Some(work(&told, &HalfLifeStrip { shape, n_pos, cursor, lock, palette, size_px }))
}

/// What a run keeps, and whether that grows with the prompt.
#[component]
fn Meter() -> impl IntoView {
    let state = AppState::here();
    let lines = move || {
        let model = state.model.read();
        let lines = model.as_ref().map(|it| memory_meter(&it.shape, state.n_pos()));
        lines.unwrap_or_default().into_iter().map(|it| view! { <span>{it}</span> }).collect_view()
    };
    view! { <div class="meter">{lines}</div> }
}
