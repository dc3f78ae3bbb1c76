//! What a recurrent head reads of its state, computed in three ways.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskForms, Forms};

use super::panel::{Panel, Ramp};
use crate::{
    app::{
        parts::{
            export::svg_of,
            figure::{Figure, Point},
            head_answer::{HeadAnswer, OfHead},
        },
        state::AppState,
    },
    share::Place,
    text,
    view::{
        FormsView, Pick, Scene, Table, forms_block, forms_end, forms_largest, forms_map,
        forms_spoken, forms_table,
    },
};

const ABOUT: &str =
    text!("One layer computed in three ways: the numbers are the same, the cost is not.");

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
pub(in crate::app) fn FormsPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let forms = HeadAnswer::<AskForms>::new(state);
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new =
            with_view(state, forms, size.get(), |forms, view| Arc::new(forms_map(forms, view)));
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| {
        untrack(|| {
            let pos = with_view(state, forms, size.get(), |_, view| view.hit(at))??;
            Some(Pick { pos: Some(pos), ..Pick::default() })
        })
    };
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| untrack(|| forms.absence()).is_none());
        scene.map(|it| svg_of(state, &it))
    };
    view! {
        <Panel
            place
            title=tr!("Three forms")
            site=Signal::derive(move || forms.site(state))
            about=text::of(ABOUT)
            controls=|| ()
            legend=move || legend(forms)
            table=Signal::derive(move || {
                forms.get().map_or_else(Table::default, |it| forms_table(&it, &it.run.labels))
            })
            svg=picture
        >
            <Figure
                scene
                size
                label=move || label(forms)
                hit=at_point
            />
            {move || forms.absence().map(|it| view! { <p class="absent why">{it}</p> })}
        </Panel>
    }
}

/// Does `work` with the forms as they are drawn in `size_px`, where there are such.
fn with_view<T>(
    state: AppState,
    forms: HeadAnswer<AskForms>,
    size_px: Point,
    work: impl FnOnce(&Forms, &FormsView<'_>) -> T,
) -> Option<T> {
    let told = forms.drawn(size_px)?;
    let (cursor, lock, palette) = (state.cursor(), state.lock(), state.palette());
    Some(work(&told, &FormsView { labels: &told.run.labels, cursor, lock, palette, size_px }))
}

fn legend(forms: HeadAnswer<AskForms>) -> AnyView {
    let Some(forms) = forms.get() else { return view! { <span></span> }.into_any() };
    let end = forms_end(&forms);
    let (from, to) = (format!("−{end}"), format!("+{end}"));
    let largest = forms_largest(&forms);
    let mut notes = tr!("largest difference {largest} of the largest value", largest);
    let block = forms_block(&forms);
    if 1 < block {
        notes += &format!(" · {}", tr!("a cell: farthest from 0 of {block}", block));
    }
    view! {
        <Ramp kind="div" from to unit=tr!("read") />
        <span class="notes">{notes}</span>
    }
    .into_any()
}

/// The largest differences in a sentence.
fn label(forms: HeadAnswer<AskForms>) -> String {
    if let Some(absence) = forms.absence() {
        return absence;
    }
    let Some(told) = forms.get() else { return tr!("Three forms").to_owned() };
    forms_spoken(&told, told.run.labels.len())
}
