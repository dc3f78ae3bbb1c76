//! The model as a picture: the stream is the spine, heads and MLPs branch off and write back.
//! It is the only chooser of a layer, a head or a depth.

use leptos::prelude::*;
use trace::LensSite;

use crate::{
    app::{
        browser::{after, all_in},
        state::AppState,
    },
    view::{Ground, Pick, depth_name, kind_of, signed, writers_end},
};

/// The left column.
#[component]
pub(in crate::app) fn Spine() -> impl IntoView {
    let state = AppState::here();
    let form = move || {
        let ground = state.ground();
        match (ground.n_layers, ground.n_heads) {
            (0, _) => String::new(),
            // A vector of a whole layer is no head.
            (layers, 0 | 1) => tr_n!(layers, "{n} layer", "{n} layers"),
            (layers, heads) => tr!("{layers} × {heads} heads", layers, heads),
        }
    };
    let kind = move || match state.model.read().as_ref().map(|it| kind_of(&it.shape)) {
        Some("state-space model") => tr!("State space"),
        Some("hybrid") => tr!("Hybrid"),
        Some("recurrent network") => tr!("Recurrent network"),
        Some(_) => tr!("Transformer"),
        None => tr!("No model"),
    };
    let layers = Memo::new(move |_| state.ground().n_layers);
    let rows =
        move || (0..layers.get()).rev().map(|layer| view! { <Layer layer /> }).collect_view();
    let place = NodeRef::<leptos::html::Nav>::new();
    let lock = Memo::new(move |_| state.lock());
    Effect::new(move |_| {
        lock.with(|_| ());
        after(0, move || place.get_untracked().iter().for_each(follow_lock));
    });
    view! {
        <nav node_ref=place class="spine" data-zone="spine" aria-label=tr!("The model")>
            <header>
                <h2>{kind}" "<em>{form}</em></h2>
                <p>{tr!("Pick a place: dot, head, MLP")}</p>
            </header>
            <div class="spine-layers">
                <div class="spine-end"><span>{tr!("logits")}</span></div>
                {rows}
                <div class="spine-end">
                    <Dot depth=Signal::derive(|| 0) />
                    <span>{tr!("embed")}</span>
                </div>
            </div>
            <div class="legend">
                <span>"B"</span>
                <span class="ramp div" role="img" aria-label=tr!("colour scale from {from} to {to}", from = "B", to = "A")></span>
                <span>"A"</span>
                <span class="unit">{tr!("written toward")}</span>
            </div>
        </nav>
    }
}

/// Each kind of place is one stop of the Tab key, and keys move it: the focus goes along.
fn follow_lock(spine: &web_sys::HtmlElement) {
    let Some(active) = document().active_element().filter(|it| spine.contains(Some(it))) else {
        return;
    };
    let classes = active.class_list();
    let places = [
        ("head", ".head.locked"),
        ("dot-button", ".dot-button.locked"),
        ("layer-name", ".layer.chosen .layer-name"),
        ("mlp", ".layer.chosen .mlp"),
    ];
    let place = places.iter().find(|it| classes.contains(it.0));
    let next = place.and_then(|it| all_in(spine, it.1).into_iter().next());
    if let Some(next) = next {
        next.focus().unwrap_or_default();
    }
}

/// Whether the Tab key stops here.
fn stop(is_here: bool) -> &'static str {
    if is_here { "0" } else { "-1" }
}

#[component]
fn Layer(layer: usize) -> impl IntoView {
    let state = AppState::here();
    let ground = Memo::new(move |_| state.ground());
    let n_heads = Memo::new(move |_| ground.read().n_heads);
    let heads = move || (0..n_heads.get()).map(|head| view! { <Head layer head /> }).collect_view();
    let depth_of = move |site: LensSite| ground.read().sites.iter().position(|it| *it == site);
    let mid = Signal::derive(move || depth_of(LensSite::mid(layer)));
    let post = Signal::derive(move || depth_of(LensSite::post(layer)).unwrap_or(0));
    let has_mlp = move || state.model.read().as_ref().is_some_and(|it| it.shape.has_mlp);
    let pick_layer = move |_| state.pick(Pick::layer(layer, &ground.read_untracked()));
    let passes = move || {
        let order = state.bookmark.read().program.blocks.clone();
        order.map_or(1, |it| it.iter().filter(|own| **own == layer).count())
    };
    let name = move || match passes() {
        1 => format!("L{layer}"),
        n => format!("L{layer} ×{n}"),
    };
    view! {
        <div
            class="layer"
            class:chosen=move || state.cursor().layer == layer
            class:out=move || passes() == 0
            class:again=move || 1 < passes()
        >
            <button
                class="layer-name"
                title=tr!("Layer {layer}", layer)
                tabindex=move || stop(state.lock().layer == layer)
                on:click=pick_layer
            >
                {name}
            </button>
            <div class="layer-heads" role="group" aria-label=tr!("Heads of layer {layer}", layer)>
                {heads}
            </div>
            <Branches />
            <div class="stream">
                <i style:background=move || running(state, post.get())></i>
                <i style:background=move || running(state, mid.get().unwrap_or(post.get()))></i>
                <Dot depth=post />
                <Show when=move || mid.get().is_some()>
                    <Dot depth=Signal::derive(move || mid.get().unwrap_or(0)) />
                </Show>
            </div>
            <Show when=has_mlp fallback=|| view! { <span></span> }>
                <Mlp layer />
            </Show>
        </div>
    }
}

/// Lines from the stream to the parts and back.
#[component]
fn Branches() -> impl IntoView {
    view! {
        <svg class="branches" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
            <path d="M50 96C34 96 30 76 0 72" />
            <path class="back" d="M0 66C30 62 34 50 50 50" />
            <path d="M50 46C66 46 70 30 100 28" />
            <path class="back" d="M100 22C70 20 66 6 50 4" />
        </svg>
    }
}

/// One head: its square's colour is what it wrote toward A or B.
#[component]
fn Head(layer: usize, head: usize) -> impl IntoView {
    let state = AppState::here();
    let value = move || state.attribution().and_then(|it| it.heads.get(&[layer, head]));
    let pick = move || Pick::head(layer, head, &untrack(|| state.ground()));
    let is_out = move || state.left_out().read().heads.contains(&[layer, head]);
    let label = move || {
        let wrote = value().map_or_else(|| "—".to_owned(), signed);
        if is_out() {
            tr!("Head {layer}.{head}, adds {wrote} to A − B, ablated", layer, head, wrote)
        } else {
            tr!("Head {layer}.{head}, adds {wrote} to A − B", layer, head, wrote)
        }
    };
    let is_at = move |it: crate::view::Cursor| it.layer == layer && it.head == head;
    view! {
        <button
            class="head"
            tabindex=move || stop(is_at(state.lock()))
            class:out=is_out
            class:locked=move || is_at(state.lock())
            class:preview=move || is_at(state.cursor()) && !is_at(state.lock())
            aria-label=label
            title=label
            on:click=move |_| state.pick(pick())
            on:pointerenter=move |event| {
                if event.pointer_type() == "mouse" {
                    state.hover.set(pick());
                }
            }
            on:pointerleave=move |_| state.hover.set(Pick::default())
        >
            <i style:background=move || colour(state, value())></i>
        </button>
    }
}

#[component]
fn Mlp(layer: usize) -> impl IntoView {
    let state = AppState::here();
    let value = move || state.attribution().and_then(|it| it.mlp.get(&[layer]));
    let is_out = move || state.left_out().read().mlps.contains(&layer);
    let label = move || {
        let wrote = value().map_or_else(|| "—".to_owned(), signed);
        if is_out() {
            tr!("MLP of layer {layer}, adds {wrote} to A − B, ablated", layer, wrote)
        } else {
            tr!("MLP of layer {layer}, adds {wrote} to A − B", layer, wrote)
        }
    };
    view! {
        <button
            class="mlp"
            tabindex=move || stop(state.lock().layer == layer)
            class:out=is_out
            aria-label=label
            title=label
            on:click=move |_| state.pick(Pick::layer(layer, &untrack(|| state.ground())))
        >
            <i style:background=move || colour(state, value())></i>
        </button>
    }
}

/// A place of the stream.
#[component]
fn Dot(#[prop(into)] depth: Signal<usize>) -> impl IntoView {
    let state = AppState::here();
    let name = move || {
        let ground: Ground = state.ground();
        let site = ground.sites.get(depth.get()).map(|it| depth_name(*it));
        tr!("The stream at {site}", site = site.unwrap_or_default())
    };
    let pick = move || Pick::depth(depth.get_untracked(), &untrack(|| state.ground()));
    view! {
        <button
            class="dot-button"
            tabindex=move || stop(state.lock().depth == depth.get())
            class:locked=move || state.lock().depth == depth.get()
            class:preview=move || state.cursor().depth == depth.get()
            aria-label=name
            title=name
            on:click=move |_| state.pick(pick())
            on:pointerenter=move |event| {
                if event.pointer_type() == "mouse" {
                    state.hover.set(pick());
                }
            }
            on:pointerleave=move |_| state.hover.set(Pick::default())
        >
            <i></i>
        </button>
    }
}

/// The colour of one write.
fn colour(state: AppState, value: Option<f32>) -> String {
    let end = state.attribution().map_or(1.0, |it| writers_end(&it));
    state.palette().div(value.unwrap_or(f32::NAN) / end).css()
}

/// The colour of the sum so far.
fn running(state: AppState, depth: usize) -> String {
    let Some(writers) = state.attribution() else { return "transparent".to_owned() };
    let end = writers.running.values().iter().fold(0.01f32, |best, it| best.max(it.abs()));
    let value = writers.running.get(&[depth]).unwrap_or(f32::NAN);
    state.palette().div(value / end).css()
}
