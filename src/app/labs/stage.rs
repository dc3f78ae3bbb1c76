//! The stage of a lab: networks and model at the left, tiles, text at the right.

use leptos::prelude::*;

use super::{networks::Networks, rail::LabRail, study, tile::Tile, time::TimeBand};
use crate::{
    app::{
        parts::spine::Spine,
        state::{
            AppState,
            labs::{self, Labs},
        },
    },
    share::Place,
};

/// A lab in place of the workspace.
#[component]
pub(in crate::app) fn LabStage() -> impl IntoView {
    let state = AppState::here();
    study::connect(state);
    let count =
        Memo::new(move |_| state.open_lab.read().as_ref().map_or(0, |it| it.views().count()));
    let places = move || Place::TILES.into_iter().take(count.get()).collect::<Vec<_>>();
    view! {
        <div class="main lab-main">
            <div class="lab-left">
                <Networks />
                <Spine />
            </div>
            <main
                class="stage tiles"
                data-zone="stage"
                data-count=move || count.get().to_string()
                class:has-maximised=move || state.bookmark.read().maximised.is_some()
            >
                <Coming />
                <For each=places key=|it| *it let:place>
                    <Tile place />
                </For>
                <TimeBand />
            </main>
            <aside class="rail" data-zone="rail" aria-label=tr!("Lab")>
                <LabRail />
            </aside>
        </div>
    }
}

/// What stands in place of the tiles while they are not there.
#[component]
fn Coming() -> impl IntoView {
    let state = AppState::here();
    move || match &*state.labs.read() {
        Labs::Unasked | Labs::Coming => {
            Some(view! { <p class="absent">{tr!("The lab arrives")}</p> }.into_any())
        }
        Labs::Failed(why) => {
            let text = why.clone();
            let again = move |_| labs::fetch(state);
            Some(
                view! {
                    <div class="absent why">
                        <p>{text}</p>
                        <button class="button line" on:click=again>{tr!("Try again")}</button>
                    </div>
                }
                .into_any(),
            )
        }
        Labs::Here(_) => None,
    }
}

/// What tabs call the tiles of the lab, in their order.
pub(in crate::app) fn tile_names(state: AppState) -> Vec<(Place, String)> {
    let Some(lab) = state.open_lab.get() else { return Vec::new() };
    let name = |(place, (_, view))| (place, super::tile::title(view));
    Place::TILES.into_iter().zip(lab.views()).map(name).collect()
}
