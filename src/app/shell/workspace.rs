//! The one workspace: everything in its place.

use leptos::prelude::*;

use super::{
    columns::Beside,
    help::Help,
    keys,
    missing::Missing,
    notice::Notices,
    prompt_bar::PromptBar,
    status_line::StatusLine,
    top_bar::{TopBar, has_webgpu},
};
use crate::{
    app::{
        browser,
        labs::{LabRail, LabStage, tile_names},
        lesson::{LessonRail, take_dropped_files},
        panels::{self, Slot, interventions::InterventionsPanel, next::NextPanel},
        parts::spine::Spine,
        state::{AppState, address, engine_link, labs, proof},
    },
    paint::Gpu,
    share::{Painting, Place},
    text,
};

/// The page.
#[component]
pub(in crate::app) fn Workspace() -> impl IntoView {
    let (bookmark, troubles) = address::read();
    let state = AppState::new(bookmark, browser::is_dark());
    provide_context(state);
    troubles.into_iter().for_each(|it| state.notice(it));
    engine_link::connect(state);
    address::connect(state);
    proof::expect(state, address::expected());
    proof::connect(state);
    labs::connect(state);
    panels::connect(state);
    keys::connect(state);
    take_dropped_files(state);
    browser::on_system_theme(move || state.is_dark.set(browser::is_dark()));
    start_painter(state);
    let is_beside = Memo::new(move |_| !state.bookmark.read().beside.is_empty());
    let shows_tiles = Memo::new(move |_| state.shows_tiles());
    view! {
        <TopBar />
        <Notices />
        <PromptBar />
        {move || match (is_beside.get(), shows_tiles.get()) {
            (true, _) => view! { <Columns /> }.into_any(),
            (false, true) => view! { <LabStage /> }.into_any(),
            (false, false) => view! { <Stage /> }.into_any(),
        }}
        <Tabs />
        <StatusLine />
        <Help />
    }
}

/// One model: its spine, its panels, what comes out.
#[component]
fn Stage() -> impl IntoView {
    let state = AppState::here();
    let has_lesson = Memo::new(move |_| state.bookmark.read().lesson.is_some());
    view! {
        <div class="main">
            <Spine />
            <main
                class="stage"
                data-zone="stage"
                class:has-maximised=move || state.bookmark.read().maximised.is_some()
            >
                <Missing />
                <div class="row row-a">
                    <Slot place=Place::Main />
                    <Slot place=Place::Second />
                </div>
                <div class="row row-b">
                    <Slot place=Place::Lower />
                    <Slot place=Place::Middle />
                    <Slot place=Place::Side />
                </div>
            </main>
            <aside class="rail" data-zone="rail" aria-label=tr!("Outcome")>
                <Show when=move || has_lesson.get() fallback=Outcome>
                    <LessonRail />
                </Show>
            </aside>
        </div>
    }
}

/// What comes out, and what was done to it.
#[component]
fn Outcome() -> impl IntoView {
    let state = AppState::here();
    let back = move |_| state.toggle_workspace();
    view! {
        <Show when=move || state.bookmark.read().lab.is_some()>
            <p class="back-to-lab">
                <button class="button line" on:click=back>{tr!("Back to the lab")}</button>
            </p>
        </Show>
        <NextPanel />
        <InterventionsPanel />
    }
}

/// Several models, and the text of the lab where one is open.
#[component]
fn Columns() -> impl IntoView {
    let state = AppState::here();
    let has_lab = Memo::new(move |_| state.open_lab.read().is_some());
    view! {
        <main class="main" data-zone="stage" class:with-lab=move || has_lab.get()>
            <Beside />
            <Show when=move || has_lab.get()>
                <aside class="rail" data-zone="rail" aria-label=tr!("Lab")>
                    <LabRail />
                </aside>
            </Show>
        </main>
    }
}

/// Draws with the graphics card where there is a real one, or where the link says so.
fn start_painter(state: AppState) {
    let painting = state.bookmark.read_untracked().painting;
    if painting == Painting::Canvas || !has_webgpu() {
        return;
    }
    leptos::task::spawn_local(async move {
        let lost = move |error: crate::paint::PaintError| {
            state.gpu.set(None);
            state.notice(error.to_string());
        };
        if let Ok(gpu) = Gpu::start(lost).await {
            // WebGPU in software draws slower than the canvas.
            if painting == Painting::Gpu || !gpu.is_software() {
                state.gpu.set(Some(gpu));
            }
        }
    });
}

/// What a column has of the places.
const IN_COLUMNS: [Place; 3] = [Place::Main, Place::Second, Place::Rail];

/// Which place a small screen shows.
#[component]
fn Tabs() -> impl IntoView {
    let state = AppState::here();
    let tabs = Memo::new(move |_| tabs_of(state));
    let maximised = Memo::new(move |_| state.bookmark.read().maximised);
    Effect::new(move |_| {
        let tabs = tabs.read();
        let is_there = |place: &Place| tabs.iter().any(|it| it.0 == *place);
        // What is maximised is what a small screen shows; columns and labs have other places.
        let now = maximised.get().or_else(|| Some(state.tab.get_untracked())).filter(is_there);
        if let Some(place) = now.or_else(|| tabs.first().map(|it| it.0)) {
            state.tab.set(place);
        }
    });
    let button = move |(place, name): (Place, String)| {
        view! {
            <button
                role="tab"
                aria-selected=move || (state.tab.get() == place).to_string()
                on:click=move |_| state.tab.set(place)
            >
                {name}
            </button>
        }
    };
    view! {
        <nav class="tabs" aria-label=tr!("Panels")>
            <div role="tablist" aria-label=tr!("Panels")>
                {move || tabs.get().into_iter().map(button).collect_view()}
            </div>
        </nav>
    }
}

/// The places that a small screen can show, with their names.
fn tabs_of(state: AppState) -> Vec<(Place, String)> {
    let is_beside = !state.bookmark.read().beside.is_empty();
    if state.shows_tiles() && !is_beside {
        let mut tabs = vec![(Place::Rail, tr!("Text").to_owned())];
        tabs.extend(tile_names(state));
        return tabs;
    }
    let has_lesson = state.bookmark.read().lesson.is_some();
    let name = |place: Place| {
        let name = match place {
            Place::Rail if has_lesson => tr!("lesson"),
            Place::Rail => tr!("next"),
            _ => text::of(state.panel_at(place).name),
        };
        let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
        (place, format!("{}{rest}", first.to_uppercase()))
    };
    // Columns have no more places than these.
    TABS.into_iter().filter(|it| !is_beside || IN_COLUMNS.contains(it)).map(name).collect()
}

/// The order of tabs.
const TABS: [Place; 6] =
    [Place::Main, Place::Lower, Place::Second, Place::Middle, Place::Side, Place::Rail];
