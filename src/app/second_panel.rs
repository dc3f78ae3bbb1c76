//! What stands beside attention: the paths, or a state in one of its views.

use leptos::prelude::*;

use super::{
    faces_panel::FacesPanel, film_panel::FilmPanel, modes_panel::ModesPanel,
    paths_panel::PathsPanel, state::AppState,
};
use crate::share::SecondView;

/// The panel that the reader or the cursor's layer chose.
#[component]
pub(super) fn SecondPanel() -> impl IntoView {
    let state = AppState::here();
    move || match state.second() {
        SecondView::State => view! { <FilmPanel /> }.into_any(),
        SecondView::Faces => view! { <FacesPanel /> }.into_any(),
        SecondView::Modes => view! { <ModesPanel /> }.into_any(),
        _ => view! { <PathsPanel /> }.into_any(),
    }
}
