//! Eigenvalues of a recurrent head's transition, and what is left of one write later.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskEigenvalues, AskPatterns, Eigenvalues};

use super::panel::Panel;
use crate::{
    app::{
        parts::{
            export::svg_of,
            figure::{Figure, Point},
            head_answer::{HeadAnswer, OfHead},
        },
        state::{AppState, answers::Asked},
    },
    share::Place,
    text,
    view::{
        EigenvaluesView, Pick, Scene, Table, eigenvalues_map, eigenvalues_spoken,
        eigenvalues_table, impulse,
    },
};

const ABOUT: &str = text!(
    "What one token does to what is there: on the circle it stays, inside it fades, left of the middle it changes sign."
);

impl OfHead for AskEigenvalues {
    fn of([layer, head]: [usize; 2]) -> Self {
        Self { layer, head }
    }

    fn place(found: &Eigenvalues) -> [usize; 2] {
        [found.layer, found.head]
    }
}

/// The panel.
#[component]
pub(in crate::app) fn EigenvaluesPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let eigenvalues = HeadAnswer::<AskEigenvalues>::new(state);
    let patterns = state.ask(move || Some(state.asked_patterns()));
    let shown = Shown { eigenvalues, patterns };
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = with_view(state, shown, size.get(), |eigenvalues, column, view| {
            Arc::new(eigenvalues_map(eigenvalues, column, view))
        });
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| {
        untrack(|| {
            let pos = with_view(state, shown, size.get(), |_, column, view| {
                view.hit(column?.len(), at)
            })??;
            Some(Pick { pos: Some(pos), ..Pick::default() })
        })
    };
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| untrack(|| eigenvalues.absence()).is_none());
        scene.map(|it| svg_of(state, &it))
    };
    let table = move || {
        eigenvalues
            .get()
            .map_or_else(Table::default, |it| eigenvalues_table(&it, state.cursor().pos))
    };
    view! {
        <Panel
            place
            title=tr!("Eigenvalues")
            site=Signal::derive(move || eigenvalues.site(state))
            about=text::of(ABOUT)
            controls=|| ()
            legend=move || view! { <span class="notes">{tr!("large: at the cursor · small: at all other tokens")}</span> }
            table=Signal::derive(table)
            svg=picture
        >
            <Figure
                scene
                size
                label=move || label(state, eigenvalues)
                hit=at_point
            />
            {move || eigenvalues.absence().map(|it| view! { <p class="absent why">{it}</p> })}
        </Panel>
    }
}

/// What is drawn.
#[derive(Clone, Copy)]
struct Shown {
    eigenvalues: HeadAnswer<AskEigenvalues>,
    /// Whose column is the curve.
    patterns: Asked<AskPatterns>,
}

/// Does `work` with the eigenvalues and the curve as they are drawn in `size_px`.
fn with_view<T>(
    state: AppState,
    Shown { eigenvalues, patterns }: Shown,
    size_px: Point,
    work: impl FnOnce(&Eigenvalues, Option<&[f32]>, &EigenvaluesView<'_>) -> T,
) -> Option<T> {
    let told = eigenvalues.drawn(size_px)?;
    let (cursor, palette) = (state.cursor(), state.palette());
    let column = patterns.get().and_then(|it| impulse(&it, [told.layer, told.head], cursor.source));
    let view = EigenvaluesView { labels: &told.run.labels, cursor, palette, size_px };
    Some(work(&told, column.as_deref(), &view))
}

/// The picture in a sentence.
fn label(state: AppState, eigenvalues: HeadAnswer<AskEigenvalues>) -> String {
    eigenvalues.absence().unwrap_or_else(|| {
        eigenvalues.get().map_or_else(
            || tr!("Eigenvalues").to_owned(),
            |it| eigenvalues_spoken(&it, state.cursor().pos),
        )
    })
}
