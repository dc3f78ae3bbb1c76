//! A tile of the lab: a panel of the workspace, or a frame of measured numbers.

use std::sync::Arc;

use lab::format::{View, ViewKind};
use leptos::{ev, html, prelude::*};
use trace::Frame;

use super::study::StudyTile;
use crate::{
    app::{
        panels::{Slot, panel::Panel},
        parts::{
            export::{Picture, svg_of},
            figure::{Layers, Point, follow_size, point_of},
        },
        state::{AppState, follower::follower, labs::OpenLab},
    },
    share::Place,
    text,
    view::{
        Scene,
        frame::{self, FrameKind, Look, Plot, Step, plot, words},
    },
};

/// The tile in a place.
#[component]
pub(super) fn Tile(place: Place) -> impl IntoView {
    let state = AppState::here();
    let view = Memo::new(move |_| {
        let lab = state.open_lab.get()?;
        let (at, view) = lab.view_at(place)?;
        Some((at, view.clone()))
    });
    move || {
        let (at, view) = view.get()?;
        let shown = match view.kind {
            ViewKind::Panel => view! { <PanelTile place view /> }.into_any(),
            _ if view.fact.is_some() => view! { <StudyTile place view /> }.into_any(),
            _ => view! { <FrameTile place at view /> }.into_any(),
        };
        Some(shown)
    }
}

/// A panel of the workspace. Where it is of another network than the one that runs, that network has
/// an engine of its own, on the same prompt and cursor.
#[component]
fn PanelTile(place: Place, view: View) -> impl IntoView {
    let state = AppState::here();
    let models = Memo::new(move |_| {
        let Some(lab) = state.open_lab.get() else { return Vec::new() };
        let Some(running) = lab.network_of(&state.bookmark.read().model) else { return Vec::new() };
        let wanted = lab.lab.networks.iter().position(|it| Some(&it.name) == view.network.as_ref());
        let other = wanted.filter(|at| *at != running.place);
        vec![other.and_then(|at| lab.model_of(at, running.seed)).map(|it| it.model)]
    });
    // Each with an owner of its own, which goes with what it shows.
    view! {
        <For each=move || models.get() key=Clone::clone let:model>
            <OfNetwork place model />
        </For>
    }
}

/// The panel of the network that runs, or of another one.
#[component]
fn OfNetwork(place: Place, model: Option<String>) -> impl IntoView {
    if let Some(model) = model {
        provide_context(follower(AppState::here(), model));
    }
    view! { <Slot place /> }
}

/// What a tile is called: its title, or what it draws.
pub(super) fn title(view: &View) -> String {
    if let Some(title) = &view.title {
        return title.clone();
    }
    let name = match view.kind {
        ViewKind::Panel => view.panel.as_deref().map(|it| text::of(it).to_owned()),
        ViewKind::Claims => Some(tr!("claims").to_owned()),
        _ => view.y.clone().or_else(|| view.fact.clone()),
    };
    let name = name.unwrap_or_default();
    let mut letters = name.chars();
    letters.next().map(|it| it.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What a frame of this kind of view is drawn as.
pub(super) fn kind_of(kind: ViewKind) -> FrameKind {
    match kind {
        ViewKind::Curve | ViewKind::Panel => FrameKind::Curve,
        ViewKind::Bars => FrameKind::Bars,
        ViewKind::Claims => FrameKind::Claims,
        ViewKind::Heat => FrameKind::Heat,
        ViewKind::Stack => FrameKind::Stack,
        ViewKind::Scatter => FrameKind::Scatter,
        ViewKind::Simplex => FrameKind::Simplex,
        ViewKind::Strip => FrameKind::Strip,
        ViewKind::Diagram => FrameKind::Diagram,
        ViewKind::Training => FrameKind::Training,
    }
}

/// A frame that was measured before, from the index.
#[component]
fn FrameTile(place: Place, at: usize, view: View) -> impl IntoView {
    let state = AppState::here();
    let kind = kind_of(view.kind);
    let is_claims = view.kind == ViewKind::Claims;
    let frame = Memo::new(move |_| {
        let lab = state.open_lab.get()?;
        let frame = if is_claims { Some(&lab.claims) } else { lab.tiles.get(at)?.as_ref() };
        frame.cloned().map(Arc::new)
    });
    let title = title(&view);
    let about = move || {
        let frame = frame.get();
        frame.map_or_else(String::new, |it| it.quantity().name.clone())
    };
    let legend = move || frame.get().map(|it| it.about().to_owned());
    view! {
        <FramePanel place kind frame title about=Signal::derive(about)
            legend=Signal::derive(legend) />
    }
}

/// Any frame in the form of a panel: figure, table, files and cursor.
#[component]
pub(super) fn FramePanel(
    place: Place,
    kind: FrameKind,
    #[prop(into)] frame: Signal<Option<Arc<Frame>>>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] about: Signal<String>,
    #[prop(into)] legend: Signal<Option<String>>,
    /// Rows that are joined in ink, the latest last.
    #[prop(optional, into)]
    path: Signal<Vec<usize>>,
) -> impl IntoView {
    let state = AppState::here();
    let size = RwSignal::new([0.0f32, 0.0]);
    let names =
        Memo::new(move |_| state.open_lab.read().as_ref().map(OpenLab::names).unwrap_or_default());
    let drawn = Drawn { kind, frame, size, names, path, state };
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = drawn.with(|it| Arc::new(it.scene()));
        new.or_else(|| before.cloned().flatten())
    });
    let table = move || frame.get().map(|it| words::table(kind, &it)).unwrap_or_default();
    let all = move |()| frame.get_untracked().map(|it| words::full_table(&it));
    let svg = move |()| -> Option<Picture> {
        let lab = state.open_lab.get_untracked()?;
        let (about, legend) = (about.get_untracked(), legend.get_untracked().unwrap_or_default());
        let lab = tr!("lab {id}", id = lab.lab.id);
        let caption = format!("Undercurrent · {lab} · {about} · {legend}");
        scene.get_untracked().map(|it| svg_of(state, &it).captioned(caption))
    };
    view! {
        <Panel
            place
            is_fixed=true
            title
            site=""
            about
            controls=|| ()
            legend=move || view! { <span class="notes">{legend}</span> }
            table=Signal::derive(table)
            svg
            data=Callback::new(all)
        >
            <FrameFigure drawn scene />
        </Panel>
    }
}

/// All that a figure of a frame is drawn from.
#[derive(Clone, Copy)]
struct Drawn {
    kind: FrameKind,
    frame: Signal<Option<Arc<Frame>>>,
    size: RwSignal<Point>,
    names: Memo<Vec<String>>,
    path: Signal<Vec<usize>>,
    state: AppState,
}

impl Drawn {
    /// Works with the frame as it is laid out; nothing while there is none, or no room.
    fn with<T>(self, work: impl FnOnce(&dyn Plot) -> T) -> Option<T> {
        let frame = self.frame.get()?;
        let size_px = self.size.get();
        if size_px[0] < 1.0 || size_px[1] < 1.0 {
            return None;
        }
        let (names, path) = (self.names.get(), self.path.get());
        let palette = self.state.palette();
        let (networks, path) = (&names[..], &path[..]);
        let look = Look { palette, size_px, networks, colour_by: "", path, is_named: true };
        Some(work(plot(self.kind, &frame, look).as_ref()))
    }
}

/// The figure, and the cursor on a layer of its own.
#[component]
fn FrameFigure(drawn: Drawn, scene: Memo<Option<Arc<Scene>>>) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let at = RwSignal::new(None::<frame::Place>);
    follow_size(place, drawn.size);
    let over = Memo::new(move |_| {
        let at = at.get();
        drawn.with(|it| Arc::new(at.map_or_else(|| empty(drawn), |at| it.cursor(at))))
    });
    let label = move || {
        let frame = drawn.frame.get();
        frame.map_or_else(String::new, |it| frame::spoken(drawn.kind, &it, at.get()))
    };
    let aim = move |event: ev::PointerEvent| {
        let found = untrack(|| drawn.with(|it| it.hit(point_of(&event)))).flatten();
        if at.get_untracked() != found {
            at.set(found);
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        let Some(step) = step_of(&event.key()) else { return };
        // The page's cursor stays where it is.
        event.stop_propagation();
        event.prevent_default();
        let here = at.get_untracked();
        let next = match here {
            None => Some(frame::Place::default()),
            Some(here) => untrack(|| drawn.with(|it| it.next(here, step))),
        };
        at.set(next);
    };
    view! {
        <div
            class="figure"
            role="img"
            tabindex="0"
            aria-label=label
            node_ref=place
            on:pointermove=aim
            on:pointerdown=aim
            on:pointerleave=move |_| at.set(None)
            on:keydown=key
        >
            <Layers scene=scene.into() over=over.into() />
        </div>
    }
}

/// A scene without a mark, which clears what the cursor left.
fn empty(drawn: Drawn) -> Scene {
    Scene::new(drawn.size.get(), Vec::new())
}

fn step_of(key: &str) -> Option<Step> {
    Some(match key {
        "ArrowLeft" => Step::Left,
        "ArrowRight" => Step::Right,
        "ArrowUp" => Step::Up,
        "ArrowDown" => Step::Down,
        "Home" => Step::First,
        "End" => Step::Last,
        _ => return None,
    })
}
