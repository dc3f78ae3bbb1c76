//! What a recurrent head reads of its state, computed in three ways.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskForms, Forms};

use super::{
    export::svg_of,
    figure::{Figure, Point},
    head_answer::{HeadAnswer, OfHead},
    panel::{Panel, Ramp},
    state::AppState,
};
use crate::{
    share::Place,
    view::{
        FacesView, Pick, Scene, Table, faces_block, faces_end, faces_largest, faces_map,
        faces_spoken, faces_table,
    },
};

const ABOUT: &str = "One layer computed in three ways: the numbers are the same, the cost is not.";

impl OfHead for AskForms {
    fn of([layer, head]: [usize; 2]) -> Self {
        Self { layer, head }
    }

    fn place(forms: &Forms) -> [usize; 2] {
        [forms.layer, forms.head]
    }
}

/// The panel.
#[component]
pub(super) fn FormsPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let faces = HeadAnswer::<AskForms>::new(state);
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new =
            with_view(state, faces, size.get(), |faces, view| Arc::new(faces_map(faces, view)));
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| {
        untrack(|| {
            let pos = with_view(state, faces, size.get(), |_, view| view.hit(at))??;
            Some(Pick { pos: Some(pos), ..Pick::default() })
        })
    };
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| untrack(|| faces.absence()).is_none());
        scene.map(|it| svg_of(state, &it))
    };
    view! {
        <Panel
            place
            title="Three forms"
            site=Signal::derive(move || faces.site(state))
            about=ABOUT
            controls=|| ()
            legend=move || legend(faces)
            table=Signal::derive(move || {
                faces.get().map_or_else(Table::default, |it| faces_table(&it, &it.run.labels))
            })
            svg=picture
        >
            <Figure
                scene
                size
                label=move || label(faces)
                hit=at_point
            />
            {move || faces.absence().map(|it| view! { <p class="absent why">{it}</p> })}
        </Panel>
    }
}

/// Does `work` with the forms as they are drawn in `size_px`, where there are such.
fn with_view<T>(
    state: AppState,
    faces: HeadAnswer<AskForms>,
    size_px: Point,
    work: impl FnOnce(&Forms, &FacesView<'_>) -> T,
) -> Option<T> {
    let told = faces.drawn(size_px)?;
    let (cursor, lock, palette) = (state.cursor(), state.lock(), state.palette());
    Some(work(&told, &FacesView { labels: &told.run.labels, cursor, lock, palette, size_px }))
}

fn legend(faces: HeadAnswer<AskForms>) -> AnyView {
    let Some(faces) = faces.get() else { return view! { <span></span> }.into_any() };
    let end = faces_end(&faces);
    let (from, to) = (format!("−{end}"), format!("+{end}"));
    let mut notes = format!("largest difference {} of the largest value", faces_largest(&faces));
    let block = faces_block(&faces);
    if 1 < block {
        notes += &format!(" · a cell: farthest from 0 of {block}");
    }
    view! {
        <Ramp kind="div" from to unit="read" />
        <span class="notes">{notes}</span>
    }
    .into_any()
}

/// The largest differences in a sentence.
fn label(faces: HeadAnswer<AskForms>) -> String {
    if let Some(absence) = faces.absence() {
        return absence;
    }
    let Some(told) = faces.get() else { return "Three forms".to_owned() };
    faces_spoken(&told, told.run.labels.len())
}
