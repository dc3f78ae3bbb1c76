//! The one workspace: everything in its place.

use leptos::prelude::*;

use super::{
    address,
    attention_panel::AttentionPanel,
    beside::Beside,
    browser,
    chart_panel::ChartPanel,
    cuts_panel::CutsPanel,
    engine_link,
    help::Help,
    keys,
    lab_panel::{LabPanel, lab_of},
    lens_panel::LensPanel,
    lesson_panel::LessonPanel,
    missing::Missing,
    next_panel::NextPanel,
    notice::Notices,
    prompt_bar::PromptBar,
    proof,
    second_panel::SecondPanel,
    side_panel::SidePanel,
    spine::Spine,
    state::AppState,
    status_line::StatusLine,
    step_panel::StepPanel,
    top_bar::{TopBar, has_webgpu},
};
use crate::{
    paint::Gpu,
    share::{Painting, Panel, SecondView, ThirdView},
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
                    <AttentionPanel />
                    <SecondPanel />
                </div>
                <div class="row row-b">
                    {move || match state.third() {
                        ThirdView::Steps => view! { <StepPanel /> }.into_any(),
                        _ => view! { <LensPanel /> }.into_any(),
                    }}
                    <ChartPanel />
                    <SidePanel />
                </div>
            </main>
            <aside class="rail" data-zone="rail" aria-label="Outcome">
                <Show when=move || state.lesson.get() fallback=|| view! { <NextPanel /><CutsPanel /> }>
                    <Lesson />
                </Show>
            </aside>
        </div>
    }
}

/// What there is to learn from the model on the page: a lab where it learned a puzzle.
#[component]
fn Lesson() -> impl IntoView {
    let state = AppState::here();
    let family = Memo::new(move |_| lab_of(&state.bookmark.read().model));
    move || match family.get() {
        Some(family) => view! { <LabPanel family /> }.into_any(),
        None => view! { <LessonPanel /> }.into_any(),
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

/// What stands in a panel's place where it is not what the tab is usually called.
fn tab_name(state: AppState, panel: Panel) -> Option<&'static str> {
    match panel {
        Panel::Paths if state.second() == SecondView::State => Some("State"),
        Panel::Paths if state.second() == SecondView::Faces => Some("Faces"),
        Panel::Paths if state.second() == SecondView::Modes => Some("Modes"),
        Panel::Lens if state.third() == ThirdView::Steps => Some("Steps"),
        _ => None,
    }
}

/// What a column has of the panels.
const IN_COLUMNS: [Panel; 3] = [Panel::Attention, Panel::Paths, Panel::Next];

/// Which panel a small screen shows.
#[component]
fn Tabs() -> impl IntoView {
    let state = AppState::here();
    let names = [
        (Panel::Attention, "Attention"),
        (Panel::Lens, "Lens"),
        (Panel::Paths, "Paths"),
        (Panel::Chart, "A and B"),
        (Panel::Side, "Stream"),
        (Panel::Next, "Next"),
    ];
    let is_beside = Memo::new(move |_| !state.bookmark.read().beside.is_empty());
    Effect::new(move |_| {
        // Columns have no more panels than these.
        if is_beside.get() && !IN_COLUMNS.contains(&state.tab.get_untracked()) {
            state.tab.set(Panel::Attention);
        }
    });
    let tabs = names.map(|(panel, name)| {
        view! {
            <button
                role="tab"
                hidden=move || is_beside.get() && !IN_COLUMNS.contains(&panel)
                aria-selected=move || (state.tab.get() == panel).to_string()
                on:click=move |_| state.tab.set(panel)
            >
                {move || tab_name(state, panel).unwrap_or(name)}
            </button>
        }
    });
    view! {
        <nav class="tabs" aria-label="Panels">
            <div role="tablist" aria-label="Panels">{tabs.collect_view()}</div>
        </nav>
    }
}
