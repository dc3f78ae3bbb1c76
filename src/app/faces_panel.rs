//! What a recurrent head reads of its state, computed in three ways.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{Axis, Faces};

use super::{
    export::svg_of,
    figure::{Figure, Point},
    film_panel::{SecondSegments, absence},
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

/// Three forms with the words that they are of.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    faces: Arc<Faces>,
    labels: Vec<String>,
}

/// What the parts of the panel read.
#[derive(Clone, Copy)]
struct Parts {
    /// Layer and head of the cursor.
    place: Memo<[usize; 2]>,
    /// Why there are no such forms, where there are none.
    absence: Memo<Option<String>>,
    /// The forms of that head; until they are here, the last good ones.
    shown: Memo<Option<Shown>>,
}

impl Parts {
    fn new(state: AppState) -> Self {
        let place = Memo::new(move |_| {
            let cursor = state.cursor();
            [cursor.layer, cursor.head]
        });
        let absence =
            Memo::new(move |_| absence(state, place.get()).or_else(|| nothing(state, place.get())));
        let shown = Memo::new(move |before: Option<&Option<Shown>>| {
            find_shown(state, place.get()).or_else(|| before.cloned().flatten())
        });
        Self { place, absence, shown }
    }

    /// What is shown, where there is such.
    fn faces(self) -> Option<Shown> {
        self.absence.read().is_none().then(|| self.shown.get()).flatten()
    }
}

/// The panel.
#[component]
pub(super) fn FacesPanel() -> impl IntoView {
    let state = AppState::here();
    let parts = Parts::new(state);
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new =
            with_view(state, parts, size.get(), |faces, view| Arc::new(faces_map(faces, view)));
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| {
        untrack(|| {
            let pos = with_view(state, parts, size.get(), |_, view| view.hit(at))??;
            Some(Pick { pos: Some(pos), ..Pick::default() })
        })
    };
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| parts.absence.read_untracked().is_none());
        scene.map(|it| svg_of(state, &it))
    };
    view! {
        <Panel
            name=PanelName::Paths
            title="Three faces"
            site=Signal::derive(move || site(parts))
            about=ABOUT
            controls=|| view! { <SecondSegments /> }
            legend=move || legend(parts)
            table=Signal::derive(move || {
                parts
                    .faces()
                    .map_or_else(Table::default, |it| faces_table(&it.faces, &it.labels))
            })
            svg=picture
        >
            <Figure
                scene
                size
                label=move || label(parts)
                hit=at_point
            />
            {move || parts.absence.get().map(|it| view! { <p class="absent film-absent">{it}</p> })}
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

/// The last answer that came, where it is of this head and of these words.
fn find_shown(state: AppState, place: [usize; 2]) -> Option<Shown> {
    let faces = state.answers.faces.get()?;
    let labels = state.labels();
    let n_pos = faces.recurrence.size(Axis::Pos);
    let is_here = [faces.layer, faces.head] == place && n_pos == Some(labels.len());
    is_here.then_some(Shown { faces, labels })
}

/// Does `work` with the forms as they are drawn in `size_px`, where there are such.
fn with_view<T>(
    state: AppState,
    parts: Parts,
    size_px: Point,
    work: impl FnOnce(&Faces, &FacesView<'_>) -> T,
) -> Option<T> {
    let shown = parts.faces()?;
    let (cursor, lock, palette) = (state.cursor(), state.lock(), state.palette());
    if size_px[0] < 1.0 || shown.labels.len() <= cursor.pos {
        return None;
    }
    let labels = &shown.labels;
    Some(work(&shown.faces, &FacesView { labels, cursor, lock, palette, size_px }))
}

/// The head that is drawn, or the one that has nothing to draw.
fn site(parts: Parts) -> String {
    let [layer, head] =
        parts.faces().map_or_else(|| parts.place.get(), |it| [it.faces.layer, it.faces.head]);
    format!("L{layer} · head {head}")
}

fn legend(parts: Parts) -> AnyView {
    let Some(Shown { faces, .. }) = parts.faces() else {
        return view! { <span></span> }.into_any();
    };
    let end = faces_end(&faces);
    let (from, to) = (format!("−{end}"), format!("+{end}"));
    let largest = format!("largest difference {} of the largest value", faces_largest(&faces));
    let block = faces_block(&faces);
    let cell = (1 < block).then(|| format!("a cell: farthest from 0 of {block}"));
    view! {
        <Ramp kind="div" from to unit="read of the state" />
        <span>{largest}</span>
        {cell.map(|it| view! { <span>{it}</span> })}
    }
    .into_any()
}

/// The largest differences in a sentence.
fn label(parts: Parts) -> String {
    if let Some(absence) = parts.absence.get() {
        return absence;
    }
    let Some(Shown { faces, labels }) = parts.faces() else { return "Three faces".to_owned() };
    faces_spoken(&faces, labels.len())
}
