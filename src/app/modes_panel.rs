//! Eigenvalues of a recurrent head's transition, and what is left of one write later.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{Axis, Poles};

use super::{
    export::svg_of,
    figure::{Figure, Point},
    film_panel::{SecondSegments, absence},
    head_answer::{HeadAnswer, OfHead, Shown},
    panel::Panel,
    state::AppState,
};
use crate::{
    share::Panel as PanelName,
    view::{ModesView, Pick, Scene, Table, impulse, modes_map, modes_spoken, modes_table},
};

const ABOUT: &str = "What one token does to what is there: on the circle it stays, inside it fades, left of the middle it changes sign.";

impl OfHead for Poles {
    fn place(&self) -> [usize; 2] {
        [self.layer, self.head]
    }

    fn n_pos(&self) -> usize {
        self.values.size(Axis::Pos).unwrap_or(0)
    }
}

/// The panel.
#[component]
pub(super) fn ModesPanel() -> impl IntoView {
    let state = AppState::here();
    let poles = HeadAnswer::new(state, state.answers.poles, |state, place| {
        absence(state, place).or_else(|| nothing(state, place))
    });
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = with_view(state, poles, size.get(), |poles, handed_on, view| {
            Arc::new(modes_map(poles, handed_on, view))
        });
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| {
        untrack(|| {
            let pos = with_view(state, poles, size.get(), |_, handed_on, view| {
                view.hit(handed_on?.len(), at)
            })??;
            Some(Pick { pos: Some(pos), ..Pick::default() })
        })
    };
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| poles.absence.read_untracked().is_none());
        scene.map(|it| svg_of(state, &it))
    };
    let table = move || {
        poles.get().map_or_else(Table::default, |it| modes_table(&it.answer, state.cursor().pos))
    };
    view! {
        <Panel
            name=PanelName::Paths
            title="Modes"
            site=Signal::derive(move || poles.site())
            about=ABOUT
            controls=|| view! { <SecondSegments /> }
            legend=move || view! { <span class="notes">"large: at the cursor · small: at all other tokens"</span> }
            table=Signal::derive(table)
            svg=picture
        >
            <Figure
                scene
                size
                label=move || label(state, poles)
                hit=at_point
            />
            {move || poles.absence.get().map(|it| view! { <p class="absent why">{it}</p> })}
        </Panel>
    }
}

/// What to say of a recurrent head whose answer is nothing.
fn nothing(state: AppState, [layer, head]: [usize; 2]) -> Option<String> {
    let model = state.model.read();
    let ssm = model.as_ref()?.shape.mixers.get(layer)?.ssm.as_ref()?;
    let name = &ssm.name;
    (!ssm.has_matrix).then(|| {
        format!(
            "The state of head {head} of layer {layer} ({name}) does not go on linearly: it has no eigenvalues."
        )
    })
}

/// Does `work` with the eigenvalues and the curve as they are drawn in `size_px`.
fn with_view<T>(
    state: AppState,
    poles: HeadAnswer<Poles>,
    size_px: Point,
    work: impl FnOnce(&Poles, Option<&[f32]>, &ModesView<'_>) -> T,
) -> Option<T> {
    let Shown { answer, labels } = poles.drawn(state, size_px)?;
    let (cursor, palette) = (state.cursor(), state.palette());
    let patterns = state.answers.patterns.get();
    let column = patterns
        .and_then(|it| impulse(&it, [answer.layer, answer.head], cursor.source))
        .filter(|it| it.len() + cursor.source == labels.len());
    let view = ModesView { labels: &labels, cursor, palette, size_px };
    Some(work(&answer, column.as_deref(), &view))
}

/// The picture in a sentence.
fn label(state: AppState, poles: HeadAnswer<Poles>) -> String {
    if let Some(absence) = poles.absence.get() {
        return absence;
    }
    poles
        .get()
        .map_or_else(|| "Modes".to_owned(), |it| modes_spoken(&it.answer, state.cursor().pos))
}
