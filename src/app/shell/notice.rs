//! What the reader has to know: one line each, until it is put away.

use leptos::prelude::*;

use crate::{
    app::{
        parts::icon::{Drawing, Icon},
        state::AppState,
    },
    link::Status,
};

/// Progress, then everything that went wrong.
#[component]
pub(in crate::app) fn Notices() -> impl IntoView {
    let state = AppState::here();
    let loading = move || {
        let Status::Loading { got_bytes, of_bytes } = state.status.get() else { return None };
        if of_bytes == 0 {
            return None;
        }
        let [got, of] = [got_bytes, of_bytes].map(|it| it as f64 / 1e6);
        Some(view! {
            <div class="notice" role="status">
                <span>{tr!("The model arrives: {got} of {of} MB", got = format!("{got:.1}"), of = format!("{of:.1}"))}</span>
                <progress max=of_bytes.to_string() value=got_bytes.to_string()></progress>
            </div>
        })
    };
    let close = move |text: String| state.notices.update(|all| all.retain(|it| *it != text));
    let lines = move || {
        let all = state.notices.get();
        all.into_iter()
            .map(|text| {
                let own = text.clone();
                view! {
                    <div class="notice" role="alert">
                        <span>{text}</span>
                        <button class="tool" aria-label=tr!("Put away") on:click=move |_| close(own.clone())>
                            <Drawing icon=Icon::Close />
                        </button>
                    </div>
                }
            })
            .collect_view()
    };
    view! { <div class="notices">{loading} {lines}</div> }
}
