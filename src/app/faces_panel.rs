//! What a recurrent head reads of its state, computed in three ways.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{Axis, Faces};

use super::{
    export::svg_of,
    figure::{Figure, Point},
    film_panel::{SecondSegments, absence},
    head_answer::{HeadAnswer, OfHead, Shown},
    panel::{Panel, Ramp},
    state::AppState,
};
use crate::{
    share::Panel as PanelName,
    view::{
        FacesView, Pick, Scene, Table, faces_block, faces_end, faces_largest, faces_map,
        faces_spoken, faces_table,
    },
};

const ABOUT: &str = "One layer computed in three ways: the numbers are the same, the cost is not.";

impl OfHead for Faces {
    fn place(&self) -> [usize; 2] {
        [self.layer, self.head]
    }

    fn n_pos(&self) -> usize {
        self.recurrence.size(Axis::Pos).unwrap_or(0)
    }
}

/// The panel.
#[component]
pub(super) fn FacesPanel() -> impl IntoView {
    let state = AppState::here();
    let faces = HeadAnswer::new(state, state.answers.faces, |state, place| {
        absence(state, place).or_else(|| nothing(state, place))
    });
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
        let scene = scene.get_untracked().filter(|_| faces.absence.read_untracked().is_none());
        scene.map(|it| svg_of(state, &it))
    };
    view! {
        <Panel
            name=PanelName::Paths
            title="Three faces"
            site=Signal::derive(move || faces.site())
            about=ABOUT
            controls=|| view! { <SecondSegments /> }
            legend=move || legend(faces)
            table=Signal::derive(move || {
                faces.get().map_or_else(Table::default, |it| faces_table(&it.answer, &it.labels))
            })
            svg=picture
        >
            <Figure
                scene
                size
                label=move || label(faces)
                hit=at_point
            />
            {move || faces.absence.get().map(|it| view! { <p class="absent why">{it}</p> })}
        </Panel>
    }
}

/// What to say of a recurrent head whose answer is nothing.
fn nothing(state: AppState, [layer, head]: [usize; 2]) -> Option<String> {
    let model = state.model.read();
    let ssm = model.as_ref()?.shape.mixers.get(layer)?.ssm.as_ref()?;
    if !ssm.has_matrix {
        let name = &ssm.name;
        return Some(format!(
            "Head {head} of layer {layer} ({name}) has only the one form: step by step."
        ));
    }
    // No answer and the answer that there is nothing look alike.
    let is_nothing = state.answers.faces.read().is_none();
    is_nothing.then(|| {
        format!("Nothing of head {head} of layer {layer} yet, or it has no such three forms.")
    })
}

/// Does `work` with the forms as they are drawn in `size_px`, where there are such.
fn with_view<T>(
    state: AppState,
    faces: HeadAnswer<Faces>,
    size_px: Point,
    work: impl FnOnce(&Faces, &FacesView<'_>) -> T,
) -> Option<T> {
    let Shown { answer, labels } = faces.drawn(state, size_px)?;
    let (cursor, lock, palette) = (state.cursor(), state.lock(), state.palette());
    Some(work(&answer, &FacesView { labels: &labels, cursor, lock, palette, size_px }))
}

fn legend(faces: HeadAnswer<Faces>) -> AnyView {
    let Some(Shown { answer: faces, .. }) = faces.get() else {
        return view! { <span></span> }.into_any();
    };
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
fn label(faces: HeadAnswer<Faces>) -> String {
    if let Some(absence) = faces.absence.get() {
        return absence;
    }
    let Some(Shown { answer, labels }) = faces.get() else { return "Three faces".to_owned() };
    faces_spoken(&answer, labels.len())
}
