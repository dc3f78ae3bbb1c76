//! The networks of the lab: the legend of all tiles, and the choice of the one that runs.

use lab::format::Network;
use leptos::prelude::*;

use crate::{
    app::state::{AppState, labs::OpenLab},
    share::labs::Shipped,
    view::frame::network_hue,
};

/// Every network with its colour; pressing one makes it the one that runs.
#[component]
pub(super) fn Networks() -> impl IntoView {
    let state = AppState::here();
    let lab = state.open_lab;
    let rows = move || {
        let lab = lab.get()?;
        let rows = (0..lab.lab.networks.len()).map(|place| {
            let lab = lab.clone();
            view! { <Row lab place /> }
        });
        Some(rows.collect_view())
    };
    view! {
        <section class="nets" aria-label=tr!("Networks")>
            <h2>{tr!("Networks")}</h2>
            <div class="nets-list" role="group" aria-label=tr!("The network that runs")>{rows}</div>
            <Seeds />
        </section>
    }
}

#[component]
fn Row(lab: OpenLab, place: usize) -> impl IntoView {
    let state = AppState::here();
    let network = lab.lab.networks[place].clone();
    let is_open = lab.model_of(place, 0).is_some();
    let running = Memo::new({
        let lab = lab.clone();
        move |_| lab.network_of(&state.bookmark.read().model)
    });
    let colour = move || network_hue(place, !is_open, state.palette()).css();
    let note = note_of(&lab, &network, is_open);
    let about = if is_open {
        network.about.clone()
    } else {
        tr!("{network}; it is measured only, no weights are kept", network = network.about)
    };
    let choose = move |_| {
        let seed = running.get_untracked().map_or(0, |it| it.seed);
        if let Some(chosen) = lab.model_of(place, seed) {
            state.exchange_model(&chosen.model);
        }
    };
    let dash = if is_open { "" } else { "4 2" };
    view! {
        <button
            class="net"
            title=about
            disabled=!is_open
            aria-pressed=move || running.read().as_ref().is_some_and(|it| it.place == place).to_string()
            on:click=choose
        >
            <svg width="16" height="12" aria-hidden="true">
                <path d="M0 6H16" stroke=colour stroke-width="2.5" stroke-dasharray=dash />
            </svg>
            <span>{network.name.clone()}</span>
            <small>{note}</small>
        </button>
    }
}

fn note_of(lab: &OpenLab, network: &Network, is_open: bool) -> String {
    let n_seeds = lab.lab.seeds(network).len();
    match (is_open, n_seeds) {
        (false, _) => tr!("control").to_owned(),
        (true, n) => tr_n!(n, "{n} seed", "{n} seeds"),
    }
}

/// Which of the network's seeds runs, where there are several.
#[component]
fn Seeds() -> impl IntoView {
    let state = AppState::here();
    let running = Memo::new(move |_| {
        state.open_lab.get().and_then(|it| it.network_of(&state.bookmark.read().model))
    });
    let seeds = move || {
        let (lab, running) = (state.open_lab.get()?, running.get()?);
        let all = lab.shipped().into_iter().filter(|it| it.place == running.place);
        let all: Vec<_> = all.collect();
        let button = |it: Shipped| {
            let is_running = it.seed == running.seed;
            view! {
                <button aria-pressed=is_running.to_string()
                    on:click=move |_| state.exchange_model(&it.model)>{it.seed}</button>
            }
        };
        (1 < all.len()).then(|| {
            view! {
                <div class="seeds">
                    <span class="muted">{tr!("Seed")}</span>
                    <div class="segments" role="group" aria-label=tr!("Seed")>
                        {all.into_iter().map(button).collect_view()}
                    </div>
                </div>
            }
        })
    };
    view! { {seeds} }
}
