//! The one workspace: everything in its place.

use leptos::prelude::*;

use super::{
    address,
    beside::Beside,
    browser, engine_link,
    help::Help,
    interventions_panel::InterventionsPanel,
    keys,
    lab_panel::{LabPanel, lab_of},
    lesson::{LessonRail, take_dropped_files},
    missing::Missing,
    next_panel::NextPanel,
    notice::Notices,
    panels::Slot,
    prompt_bar::PromptBar,
    proof,
    spine::Spine,
    state::AppState,
    status_line::StatusLine,
    top_bar::{TopBar, has_webgpu},
};
use crate::{
    paint::Gpu,
    share::{Painting, Place},
};

/// The page.
#[component]
pub(super) fn Workspace() -> impl IntoView {
    let (bookmark, troubles) = address::read();
    let state = AppState::new(bookmark, browser::is_dark());
    provide_context(state);
    troubles.into_iter().for_each(|it| state.notice(it));
    engine_link::connect(state);
    address::connect(state);
    proof::expect(state, address::expected());
    proof::connect(state);
    keys::connect(state);
    take_dropped_files(state);
    browser::on_system_theme(move || state.is_dark.set(browser::is_dark()));
    start_painter(state);
    let is_beside = Memo::new(move |_| !state.bookmark.read().beside.is_empty());
    view! {
        <TopBar />
        <Notices />
        <PromptBar />
        <Show when=move || is_beside.get() fallback=Stage>
            <main class="main" data-zone="stage">
                <Beside />
            </main>
        </Show>
        <Tabs />
        <StatusLine />
        <Help />
    }
}

/// One model: its spine, its panels, what comes out.
#[component]
fn Stage() -> impl IntoView {
    let state = AppState::here();
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
            <aside class="rail" data-zone="rail" aria-label="Outcome">
                <Show when=move || has_lesson(state) fallback=|| view! { <NextPanel /><InterventionsPanel /> }>
                    <Lesson />
                </Show>
            </aside>
        </div>
    }
}

/// Whether a lesson or a lab stands in the rail.
pub(super) fn has_lesson(state: AppState) -> bool {
    let bookmark = state.bookmark.read();
    bookmark.lesson.is_some() || state.lesson.get() && lab_of(&bookmark.model).is_some()
}

/// The lesson that is open, or else the lab of the puzzle that the model on the page learned.
#[component]
fn Lesson() -> impl IntoView {
    let state = AppState::here();
    let is_open = Memo::new(move |_| state.bookmark.read().lesson.is_some());
    let family = Memo::new(move |_| lab_of(&state.bookmark.read().model));
    move || match (is_open.get(), family.get()) {
        (false, Some(family)) => view! { <LabPanel family /> }.into_any(),
        _ => view! { <LessonRail /> }.into_any(),
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
    let is_beside = Memo::new(move |_| !state.bookmark.read().beside.is_empty());
    Effect::new(move |_| {
        // Columns have no more places than these.
        if is_beside.get() && !IN_COLUMNS.contains(&state.tab.get_untracked()) {
            state.tab.set(Place::Main);
        }
    });
    let name = move |place: Place| {
        let has_lesson = state.bookmark.read().lesson.is_some();
        let name = match place {
            Place::Rail if has_lesson => "lesson",
            Place::Rail => "next",
            _ => state.panel_at(place).name,
        };
        let (first, rest) = name.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    };
    let tabs = TABS.map(|place| {
        view! {
            <button
                role="tab"
                hidden=move || is_beside.get() && !IN_COLUMNS.contains(&place)
                aria-selected=move || (state.tab.get() == place).to_string()
                on:click=move |_| state.tab.set(place)
            >
                {move || name(place)}
            </button>
        }
    });
    view! {
        <nav class="tabs" aria-label="Panels">
            <div role="tablist" aria-label="Panels">{tabs.collect_view()}</div>
        </nav>
    }
}

/// The order of tabs.
const TABS: [Place; 6] =
    [Place::Main, Place::Lower, Place::Second, Place::Middle, Place::Side, Place::Rail];
