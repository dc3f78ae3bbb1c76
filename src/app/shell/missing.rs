//! In place of the panels where a link names a model that is not here.

use leptos::prelude::*;

use super::top_bar::ModelChoice;
use crate::{
    app::state::AppState,
    link::Status,
    share::{family_of, is_same_model},
};

/// The models that there are, where the one that was asked for did not come and is none of them.
#[component]
pub(in crate::app) fn Missing() -> impl IntoView {
    let state = AppState::here();
    let name = Memo::new(move |_| state.bookmark.read().model.clone());
    let is_missing = Memo::new(move |_| {
        let is_open =
            state.model.read().as_ref().is_some_and(|it| is_same_model(&name.read(), &it.id));
        state.status.get() == Status::Stopped && !is_open && family_of(&name.read()).is_none()
    });
    view! {
        <Show when=move || is_missing.get()>
            <section class="missing" aria-label=tr!("Models to choose from")>
                <h2>{move || tr!("There is no model “{name}” here. Choose one:", name = name.get())}</h2>
                <div class="missing-models">
                    <ModelChoice />
                </div>
            </section>
        </Show>
    }
}
