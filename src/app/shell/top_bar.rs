//! What runs, where, and the link to it.

use leptos::prelude::*;

use super::keys;
use crate::{
    app::{
        browser::{after, focus},
        labs::LabsMenu,
        parts::{
            icon::{Drawing, Icon},
            menu::Menu,
        },
        state::{AppState, address, proof},
    },
    link::Status,
    share::{FAMILIES, MOST_BESIDE, Place, family_of, is_same_model, labs::Shipped},
    text,
    view::{bytes, kind_of, mixers_in_words, norm_in_words, percent, positions_in_words},
};

/// The top of the page.
#[component]
pub(in crate::app) fn TopBar() -> impl IntoView {
    let state = AppState::here();
    view! {
        <header class="top" data-zone="top">
            <button class="skip button line" on:click=move |_| keys::focus_figures()>
                {tr!("Skip to the figures")}
            </button>
            <h1 class="brand"><a href="./">"Undercurrent"</a></h1>
            <Model />
            <Live />
            <span class="grow"></span>
            <DeviceSwitch />
            <Compare />
            <Lesson />
            <LabsMenu />
            <Share />
            <button class="tool" aria-label=tr!("Light or dark") title=tr!("Light or dark") on:click=move |_| switch_theme(state)>
                <Drawing icon=Icon::Theme />
            </button>
            <button class="tool" aria-label=tr!("Keys and help") title=tr!("Keys and help (?)") on:click=move |_| state.shows_help.set(true)>
                <Drawing icon=Icon::Help />
            </button>
        </header>
    }
}

/// The model, with what its card says.
#[component]
fn Model() -> impl IntoView {
    let state = AppState::here();
    // While another one is on its way, the one before has no place beside its name.
    let model =
        move || state.model.get().filter(|it| is_same_model(&state.bookmark.read().model, &it.id));
    let card = move || {
        let model = model()?;
        let shape = &model.shape;
        let phenomena = model.phenomena.iter().map(|it| {
            let text = tr_n!(
                it.n_cases,
                "{share} of {n} held-out case",
                "{share} of {n} held-out cases",
                share = percent(it.accuracy)
            );
            view! { <tr><th scope="row">{it.name.replace('_', " ")}</th><td>{text}</td></tr> }
        });
        let rows = phenomena.collect_view();
        let form = [
            tr_n!(shape.n_layers, "{n} layer", "{n} layers"),
            tr_n!(shape.n_heads, "{n} head", "{n} heads"),
            mixers_in_words(shape),
            format!("d_model {}", shape.d_model),
            norm_in_words(shape),
            positions_in_words(shape).to_owned(),
            tr_n!(model.n_params, "{n} parameter", "{n} parameters"),
            tr_n!(shape.d_vocab, "{n} word", "{n} words"),
            tr_n!(shape.n_ctx, "{n} token at most", "{n} tokens at most"),
        ]
        .join(", ");
        Some(view! {
            <p>{model.about.clone()}</p>
            <p>{form}</p>
            <p class="digest">"SHA-256 "{model.digest.clone()}</p>
            <table>{rows}</table>
        })
    };
    let size = move || {
        model().map_or_else(String::new, |it| {
            tr!(
                "{kind}, {size}",
                kind = text::of(kind_of(&it.shape)),
                size = bytes(it.size_bytes as usize)
            )
        })
    };
    let summary = move || {
        view! {
            <b>{move || state.bookmark.read().model.clone()}</b>
            <span class="muted">{size}</span>
            <Drawing icon=Icon::Down />
        }
    };
    view! {
        <Menu class="model" summary_class="" summary>
            <ModelChoice />
            {card}
        </Menu>
    }
}

/// Opens and closes a lesson, which stands in the rail.
#[component]
fn Lesson() -> impl IntoView {
    let state = AppState::here();
    let is_open = Memo::new(move |_| state.bookmark.read().lesson.is_some());
    let toggle = move |_| {
        if is_open.get_untracked() {
            state.close_lesson();
        } else {
            state.open_first_lesson();
            after(0, || focus(".lesson summary, .lesson button"));
        }
        // On a small screen the rail is behind its tab.
        state.tab.set(Place::Rail);
    };
    view! {
        <button class="button line" aria-pressed=move || is_open.get().to_string() on:click=toggle>
            {tr!("Lesson")}
        </button>
    }
}

/// The models to choose from.
#[component]
pub(in crate::app) fn ModelChoice() -> impl IntoView {
    let state = AppState::here();
    let chosen = Memo::new(move |_| state.bookmark.read().model.clone());
    let button = move |&(id, about): &'static (&'static str, &'static str)| {
        view! {
            <button
                aria-pressed=move || (chosen.get() == id).to_string()
                on:click=move |_| state.exchange_model(id)
            >
                <b>{id}</b>
                <span class="muted">{text::of(about)}</span>
            </button>
        }
    };
    let families = FAMILIES.iter().map(|family| {
        view! {
            <div class="models" role="group" aria-label=text::of(family.name)>
                <h3>{text::of(family.name)}</h3>
                {family.models.iter().map(button).collect_view()}
            </div>
        }
    });
    families.collect_view()
}

/// Puts models of the same family beside the one that is shown.
#[component]
fn Compare() -> impl IntoView {
    let state = AppState::here();
    let model = Memo::new(move |_| state.bookmark.read().model.clone());
    let beside = Memo::new(move |_| state.bookmark.read().beside.clone());
    let toggle = move |id: &str| {
        state.bookmark.update(|it| match it.beside.iter().position(|name| name == id) {
            Some(place) => drop(it.beside.remove(place)),
            None => it.beside.push(id.to_owned()),
        });
    };
    let button = move |(id, about): (String, String)| {
        let (own, shown) = (id.clone(), id.clone());
        let is_there = move || beside.read().contains(&own);
        let is_pressed = is_there.clone();
        view! {
            <button
                aria-pressed=move || is_pressed().to_string()
                disabled=move || !is_there() && beside.read().len() == MOST_BESIDE
                on:click=move |_| toggle(&id)
            >
                <b>{shown}</b>
                <span class="muted">{about}</span>
            </button>
        }
    };
    let others = move || {
        let all = fellows(state).into_iter().filter(|it| it.0 != *model.read());
        all.map(button).collect_view()
    };
    view! {
        <Menu class="compare" summary_class="button line" summary=|| tr!("Compare")>
            <div class="models" role="group" aria-label=tr!("Models beside this one")>
                <p class="muted">
                    {move || tr!("Beside {model}, on the same prompt and cursor; two at most", model = model.get())}
                </p>
                {others}
            </div>
        </Menu>
    }
}

/// Models that can stand beside the one on the page, with what each is: those of its family and of
/// the lab that is open.
fn fellows(state: AppState) -> Vec<(String, String)> {
    let model = state.bookmark.read().model.clone();
    let lab = state.open_lab.get().filter(|it| it.network_of(&model).is_some());
    if let Some(lab) = lab {
        let about = |it: &Shipped| {
            tr!(
                "{network}, seed {seed}",
                network = lab.lab.networks[it.place].about,
                seed = it.seed
            )
        };
        return lab.shipped().into_iter().map(|it| (it.model.clone(), about(&it))).collect();
    }
    let family = family_of(&model).map_or(&[][..], |it| it.models);
    family.iter().map(|&(id, about)| (id.to_owned(), text::of(about).to_owned())).collect()
}

#[component]
fn Live() -> impl IntoView {
    let state = AppState::here();
    let text = move || match state.status.get() {
        Status::Starting => tr!("The engine starts").to_owned(),
        Status::Loading { .. } => tr!("The model arrives").to_owned(),
        Status::Ready => tr!("Ready: type a prompt").to_owned(),
        Status::Live => tr!("Live on this device").to_owned(),
        Status::Stopped if state.model.read().is_none() => tr!("No model is open").to_owned(),
        Status::Stopped => tr!("Stopped; the last good run is shown").to_owned(),
    };
    let detail = move || {
        let device = state.device.get()?;
        let millis = 1e3 * state.run.read().secs;
        let name =
            if device.is_gpu { tr!("WebGPU ({name})", name = device.name) } else { device.name };
        (state.status.get() == Status::Live)
            .then(|| tr!("{name}, {millis} ms per run", name, millis = format!("{millis:.0}")))
    };
    let proof = move || proof::in_words(state).map(|it| view! { <b class="proof">{it}</b> });
    view! {
        <span class="live" role="status">
            <i class="dot" class:on=move || state.status.get() == Status::Live></i>
            {text}
            <span class="muted">{detail}</span>
            {proof}
        </span>
    }
}

/// CPU or WebGPU. For models of this size the CPU is the faster one; see the bench.
#[component]
fn DeviceSwitch() -> impl IntoView {
    let state = AppState::here();
    let has_gpu = has_webgpu();
    view! {
        <label class="device">
            <span class="vh">{tr!("Engine")}</span>
            <select
                on:change=move |event| {
                    let uses_gpu = event_target_value(&event) == "gpu";
                    state.bookmark.update(|it| it.uses_gpu = uses_gpu);
                }
                prop:value=move || if state.bookmark.read().uses_gpu { "gpu" } else { "cpu" }
            >
                <option value="cpu">{tr!("CPU")}</option>
                <option value="gpu" disabled=!has_gpu>
                    {if has_gpu { tr!("WebGPU") } else { tr!("WebGPU (not in this browser)") }}
                </option>
            </select>
        </label>
    }
}

/// Whether the browser offers WebGPU at all.
pub(in crate::app) fn has_webgpu() -> bool {
    let gpu = js_sys::Reflect::get(&window().navigator(), &"gpu".into());
    gpu.is_ok_and(|it| !it.is_undefined() && !it.is_null())
}

#[component]
fn Share() -> impl IntoView {
    let state = AppState::here();
    let is_copied = RwSignal::new(false);
    let copy = move |_| {
        let link = untrack(|| address::to_share(state));
        leptos::task::spawn_local(async move {
            let promise = window().navigator().clipboard().write_text(&link);
            match wasm_bindgen_futures::JsFuture::from(promise).await {
                Ok(_) => {
                    is_copied.set(true);
                    after(2_000, move || is_copied.set(false));
                }
                Err(_) => {
                    state.notice(tr!("the browser would not copy; the link is in the address bar"))
                }
            }
        });
    };
    view! {
        <button class="button primary" on:click=copy>
            {move || if is_copied.get() { tr!("Link copied") } else { tr!("Share") }}
            <span class="long">
                {move || if is_copied.get() { String::new() } else { format!(" {}", tr!("link")) }}
            </span>
        </button>
    }
}

fn switch_theme(state: AppState) {
    let is_dark = !state.is_dark.get_untracked();
    let name = if is_dark { "dark" } else { "light" };
    if let Some(root) = document().document_element() {
        root.set_attribute("data-theme", name).unwrap_or_default();
    }
    if let Ok(Some(storage)) = window().local_storage() {
        // A browser that stores nothing forgets the choice; the page still changes.
        storage.set_item("theme", name).unwrap_or_default();
    }
    state.is_dark.set(is_dark);
}
