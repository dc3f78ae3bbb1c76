//! All labs, in the top bar.

use lab::index::Entry;
use leptos::prelude::*;

use crate::{
    app::{
        parts::menu::Menu,
        state::{
            AppState,
            labs::{Labs, fetch, open},
        },
    },
    view::frame::claims::claims_counted,
};

/// The menu of labs; the lab that is open is pressed.
#[component]
pub(in crate::app) fn LabsMenu() -> impl IntoView {
    let state = AppState::here();
    let id = Memo::new(move |_| state.bookmark.read().lab.as_ref().map(|it| it.id.clone()));
    let button = move |entry: &Entry| {
        let (own, wanted) = (entry.lab.id.clone(), entry.lab.id.clone());
        let minutes = tr_n!(entry.lab.minutes as usize, "{n} minute", "{n} minutes");
        let about = format!("{minutes} · {}", claims_counted(&entry.claims));
        view! {
            <button
                aria-pressed=move || (id.read().as_deref() == Some(&own)).to_string()
                on:click=move |_| open(state, &wanted)
            >
                <b>{entry.lab.title.clone()}</b>
                <span class="muted">{about}</span>
            </button>
        }
    };
    let all = move || match &*state.labs.read() {
        Labs::Here(index) => index.labs.iter().map(button).collect_view().into_any(),
        Labs::Failed(why) => view! {
            <p>{why.clone()}</p>
            <button on:click=move |_| fetch(state)>{tr!("Try again")}</button>
        }
        .into_any(),
        Labs::Unasked | Labs::Coming => {
            view! { <p class="muted">{tr!("The labs arrive")}</p> }.into_any()
        }
    };
    view! {
        <span class="opens-labs" on:click=move |_| fetch(state)>
            <Menu class="labs" summary_class="button line" summary=|| tr!("Labs")>
                <div class="models" role="group" aria-label=tr!("Labs")>{all}</div>
            </Menu>
        </span>
    }
}
