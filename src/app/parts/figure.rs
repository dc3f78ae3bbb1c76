//! A figure on the page: two canvases, drawn again whenever its scene changes.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use leptos::{ev, html, prelude::*};

use crate::{
    app::{
        browser::{observe_size, pixel_ratio},
        state::AppState,
    },
    paint::{Look, PaintError, Painter},
    view::{Pick, Scene},
};

/// Where on a figure the pointer is, in the scene's pixels.
pub(in crate::app) type Point = [f32; 2];

/// The fonts of texts in figures, as in the style sheet.
pub(in crate::app) const FONT: &str = "Inter, -apple-system, BlinkMacSystemFont, \"Segoe UI\", Roboto, \"Helvetica Neue\", Arial, sans-serif";

/// Draws `scene`; `size` is set to the room there is.
#[component]
pub(in crate::app) fn Figure(
    #[prop(into)] scene: Signal<Option<Arc<Scene>>>,
    size: RwSignal<Point>,
    /// The picture in a sentence.
    #[prop(into)]
    label: Signal<String>,
    /// What a place on the figure names: previewed under the pointer, locked where it is pressed.
    #[prop(into)]
    hit: Callback<Point, Option<Pick>>,
) -> impl IntoView {
    let state = AppState::here();
    let place = NodeRef::<html::Div>::new();
    follow_size(place, size);
    // What stays while the cursor moves is not painted again.
    let still = Memo::new_with_compare(move |_| scene.get(), |old, new| !is_same_still(old, new));
    let moving = Memo::new(move |_| scene.read().as_ref().map(|it| Arc::new(it.cursor())));
    let preview = move |event: ev::PointerEvent| {
        // A finger that slides scrolls; only a mouse hovers.
        if event.pointer_type() == "mouse" {
            let pick = hit.run(point_of(&event)).unwrap_or_default();
            if state.hover.get_untracked() != pick {
                state.hover.set(pick);
            }
        }
    };
    let lock = move |event: ev::PointerEvent| {
        if let Some(pick) = hit.run(point_of(&event)) {
            state.pick(pick);
        }
    };
    view! {
        <div
            class="figure"
            role="img"
            tabindex="0"
            aria-label=label
            node_ref=place
            on:pointermove=preview
            on:pointerleave=move |_| state.hover.set(Pick::default())
            on:pointerup=lock
        >
            <Layers scene=still.into() over=moving.into() />
        </div>
    }
}

/// Whether two scenes are the same but for what moves with the cursor.
fn is_same_still(old: Option<&Option<Arc<Scene>>>, new: Option<&Option<Arc<Scene>>>) -> bool {
    let of = |it: Option<&Option<Arc<Scene>>>| it.cloned().flatten();
    match (of(old), of(new)) {
        (Some(old), Some(new)) => old.size_px == new.size_px && old.marks == new.marks,
        (old, new) => old.is_none() && new.is_none(),
    }
}

/// Keeps `size` the room that a figure has.
pub(in crate::app) fn follow_size(place: NodeRef<html::Div>, size: RwSignal<Point>) {
    Effect::new(move |_| {
        if let Some(element) = place.get() {
            observe_size(&element, move |it| size.set(it));
        }
    });
}

/// Where on its figure a pointer is.
pub(in crate::app) fn point_of(event: &ev::PointerEvent) -> Point {
    [event.offset_x() as f32, event.offset_y() as f32]
}

/// The canvases of a figure: its scene, and over it what moves with the cursor, where that is a scene
/// of its own.
#[component]
pub(in crate::app) fn Layers(
    scene: Signal<Option<Arc<Scene>>>,
    #[prop(optional)] over: Option<Signal<Option<Arc<Scene>>>>,
) -> impl IntoView {
    let state = AppState::here();
    // A canvas keeps its first kind of context, so a change of painter makes new canvases.
    let painters = move || [state.gpu.with(Option::is_some)];
    view! {
        <For each=painters key=|uses_gpu| *uses_gpu let:_uses_gpu>
            <Canvases scene />
            {over.map(|scene| view! { <Over scene /> })}
        </For>
        <Show when=move || scene.read().is_none()>
            <p class="absent">{tr!("No value yet")}</p>
        </Show>
    }
}

/// What moves with the cursor; no canvas before there is something.
#[component]
fn Over(scene: Signal<Option<Arc<Scene>>>) -> impl IntoView {
    let is_used = Memo::new(move |before: Option<&bool>| {
        before == Some(&true) || scene.read().as_ref().is_some_and(|it| !it.marks.is_empty())
    });
    view! { <Show when=move || is_used.get()><Canvases scene /></Show> }
}

/// Marks and texts of a scene, one above the other.
#[component]
fn Canvases(scene: Signal<Option<Arc<Scene>>>) -> impl IntoView {
    let state = AppState::here();
    let gpu = state.gpu.get_untracked();
    let (marks, texts) = (NodeRef::<html::Canvas>::new(), NodeRef::<html::Canvas>::new());
    let painter: Rc<RefCell<Option<Painter>>> = Rc::default();
    Effect::new(move |_| {
        let (Some(marks), Some(texts)) = (marks.get(), texts.get()) else { return };
        let Some(scene) = scene.get() else { return };
        if scene.size_px[0] < 1.0 || scene.size_px[1] < 1.0 {
            return;
        }
        let mut painter = painter.borrow_mut();
        let drawn = draw(&mut painter, || Painter::new(&marks, &texts, gpu.as_ref()), &scene);
        match drawn {
            Ok(()) => state.n_drawn.update_value(|it| *it += 1),
            Err(error) => {
                state.notice(error.to_string());
                if gpu.is_some() {
                    state.gpu.set(None);
                }
            }
        }
    });
    view! {
        <canvas node_ref=marks aria-hidden="true"></canvas>
        <canvas node_ref=texts aria-hidden="true"></canvas>
    }
}

fn draw(
    painter: &mut Option<Painter>,
    make: impl FnOnce() -> Result<Painter, PaintError>,
    scene: &Scene,
) -> Result<(), PaintError> {
    if painter.is_none() {
        *painter = Some(make()?);
    }
    let look = Look { scale: pixel_ratio(), font: FONT.to_owned() };
    painter.as_mut().map_or(Ok(()), |it| it.draw(scene, &look))
}
