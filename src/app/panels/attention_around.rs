//! What stands around the figure of attention: its choices, its legend, and the lists beside it.

use leptos::prelude::*;

use super::{
    attention::{Maps, difference, is_recurrent, pattern, with_map, without_matrix},
    panel::Ramp,
};
use crate::{
    app::{parts::segments::Choice, state::AppState},
    share::AttentionView,
    view::{Pick, number, shown},
};

/// Every view with its name on the page.
const VIEWS: [(AttentionView, &str); 6] = [
    (AttentionView::Map, text!("map")),
    (AttentionView::Heads, text!("all heads")),
    (AttentionView::Overlay, text!("heads overlaid")),
    (AttentionView::Lines, text!("lines")),
    (AttentionView::Steps, text!("calculation")),
    (AttentionView::Difference, text!("difference of two heads")),
];

/// How it is drawn.
#[component]
pub(in crate::app) fn Views(view: Memo<AttentionView>) -> impl IntoView {
    let state = AppState::here();
    view! {
        <Choice
            name=tr!("How attention is drawn")
            choices=VIEWS.to_vec()
            chosen=view
            on_choose=move |it| state.bookmark.update(|all| all.attention = it)
        />
        <Show when=move || view.get() == AttentionView::Difference>
            <Minus />
        </Show>
    }
}

/// Which head is taken away.
#[component]
fn Minus() -> impl IntoView {
    let state = AppState::here();
    let name = |[layer, head]: [usize; 2]| tr!("L{layer} · head {head}", layer, head);
    let options = move || {
        let all = state.attention_heads().into_iter();
        all.map(|it| view! { <option value=format!("{}.{}", it[0], it[1])>{name(it)}</option> })
            .collect_view()
    };
    let value = move || state.minus().map_or_else(String::new, |it| format!("{}.{}", it[0], it[1]));
    let choose = move |event| {
        let text = event_target_value(&event);
        let place = text
            .split_once('.')
            .and_then(|(layer, head)| Some([layer.parse().ok()?, head.parse().ok()?]));
        state.bookmark.update(|it| it.minus = place);
    };
    view! {
        <label class="minus">
            {tr!("less")}" "
            <span class="choice">
                <select aria-label=tr!("Attention head that is taken away") on:change=choose prop:value=value>
                    {options}
                </select>
            </span>
        </label>
    }
}

/// What the colours are.
pub(in crate::app) fn legend(state: AppState, maps: Maps, view: AttentionView) -> AnyView {
    if view != AttentionView::Heads && without_matrix(state).is_some() {
        return view! { <span></span> }.into_any();
    }
    let scale = || {
        let pattern = pattern(state, maps);
        pattern.map_or(1.0, |it| with_map(state, [0.0; 2], |map| map.scale(&it)))
    };
    let is_signed = is_recurrent(state);
    let skips = state.bookmark.read().skips_first && view == AttentionView::Map;
    let to = if skips || is_signed { number(scale()) } else { "1".to_owned() };
    let switch = (view == AttentionView::Map).then(|| {
        view! {
            <label class="switch">
                <input
                    type="checkbox"
                    prop:checked=move || state.bookmark.read().skips_first
                    on:change=move |event| {
                        let is_on = event_target_checked(&event);
                        state.bookmark.update(|it| it.skips_first = is_on);
                    }
                />
                {tr!("scale without the first token")}
            </label>
        }
    });
    match view {
        AttentionView::Overlay => view! { <span>{tr!("opacity is weight to the power 0.6, a recurrent head’s as a share of its largest; colour is the head")}</span> }.into_any(),
        AttentionView::Lines => view! { <span>{tr!("width and opacity are the weight")}</span> }.into_any(),
        AttentionView::Steps if is_signed => view! {
            <span>{tr!("weight = read · written × what is left × step; write = weight × |value through gate, norm and output matrix|")}</span>
        }
        .into_any(),
        AttentionView::Steps => view! {
            <span>{tr!("weight = exp(score − largest) ÷ their sum; write = weight × |value through the output matrix|")}</span>
        }
        .into_any(),
        AttentionView::Difference => {
            let end = difference(maps)
                .map_or(1.0, |it| with_map(state, [0.0; 2], |map| map.scale(&it)));
            let (from, to) = (format!("−{}", number(end)), number(end));
            view! { <Ramp kind="div" from to unit=tr!("share of a row (colour: power 0.6)") /> }.into_any()
        }
        AttentionView::Map if is_signed => view! {
            <Ramp kind="div" from=format!("−{to}") to=to.clone() unit=tr!("weight (colour: power 0.6)") />
            {switch}
        }
        .into_any(),
        AttentionView::Heads if state.has_recurrence() => view! {
            <span>{tr!("attention: 0 to 1; recurrent heads: signed, each to its own largest")}</span>
        }
        .into_any(),
        AttentionView::Map | AttentionView::Heads => view! {
            <Ramp kind="seq" from="0" to=to unit=tr!("weight (colour: power 0.6)") />
            {switch}
        }
        .into_any(),
    }
}

/// The heads of the layer as small maps, and the cursor's row, largest first.
#[component]
pub(in crate::app) fn Aside() -> impl IntoView {
    let state = AppState::here();
    let is_signed = move || state.row().is_some_and(|it| it.is_recurrent);
    let rows = move || {
        let Some(row) = state.row() else { return Vec::new() };
        let tokens = state.run.read().tokens.clone();
        let mut all: Vec<(usize, f32)> = row.weight.values().iter().copied().enumerate().collect();
        all.truncate(row.query + 1);
        all.retain(|it| !it.1.is_nan());
        all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        all.truncate(7);
        let word = |pos: usize| tokens.get(pos).map_or_else(String::new, shown);
        let most = if row.is_recurrent { all.first().map_or(1.0, |it| it.1.abs()) } else { 1.0 };
        let named = |pos: usize| format!("{} {pos}", word(pos));
        all.into_iter()
            .map(|(pos, weight)| (pos, named(pos), weight, weight.abs() / most))
            .collect()
    };
    view! {
        <div class="row-bars" role="group" aria-label=tr!("The row of the chosen token")>
            <HeadButtons />
            <h3>
                {move || {
                    let Some(row) = state.row() else { return String::new() };
                    let word = state.labels().get(row.query).cloned().unwrap_or_default();
                    tr!("“{word}” {pos} reads, largest first", word, pos = row.query)
                }}
            </h3>
            {move || {
                rows()
                    .into_iter()
                    .map(|(pos, word, weight, length): (usize, String, f32, f32)| {
                        let pick = Pick { source: Some(pos), ..Pick::default() };
                        view! {
                            <button
                                class="bar-row"
                                class:signed=is_signed
                                class:chosen=move || state.cursor().source == pos
                                on:click=move |_| state.pick(pick)
                                on:pointerenter=move |_| state.hover.set(pick)
                                on:pointerleave=move |_| state.hover.set(Pick::default())
                            >
                                <span>{word}</span>
                                <i>
                                    <b
                                        class:negative=weight < 0.0
                                        style:width=format!("{:.1}%", 100.0 * length)
                                    ></b>
                                </i>
                                <span>{in_bars(weight)}</span>
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}

/// A weight beside its bar, with a proper minus.
fn in_bars(weight: f32) -> String {
    format!("{weight:.2}").replace('-', "−")
}

/// A button for each head of the layer.
#[component]
fn HeadButtons() -> impl IntoView {
    let state = AppState::here();
    let heads = move || state.ground().n_heads;
    view! {
        <h3>{move || tr!("heads of L{layer}", layer = state.cursor().layer)}</h3>
        <div class="heads" role="group" aria-label=tr!("Heads of this layer")>
            {move || {
                (0..heads())
                    .map(|head| {
                        let pick = Pick { head: Some(head), ..Pick::default() };
                        view! {
                            <button
                                aria-label=tr!("Head {head}", head)
                                aria-pressed=move || (state.lock().head == head).to_string()
                                class:preview=move || state.cursor().head == head && state.lock().head != head
                                on:click=move |_| {
                                    let layer = state.lock().layer;
                                    state.pick(Pick { layer: Some(layer), ..pick });
                                }
                                on:pointerenter=move |_| {
                                    let layer = state.lock().layer;
                                    state.hover.set(Pick { layer: Some(layer), ..pick });
                                }
                                on:pointerleave=move |_| state.hover.set(Pick::default())
                            >
                                {head}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}

/// Which heads the overlay shows, each in its colour.
#[component]
pub(in crate::app) fn OverlayHeads() -> impl IntoView {
    let state = AppState::here();
    let is_shown = move |head: usize| {
        let overlay = &state.bookmark.read().overlay;
        overlay.is_empty() || overlay.contains(&head)
    };
    let toggle = move |head: usize| {
        let n_heads = untrack(|| state.ground()).n_heads;
        state.bookmark.update(|it| {
            if it.overlay.is_empty() {
                it.overlay = (0..n_heads).collect();
            }
            match it.overlay.iter().position(|other| *other == head) {
                Some(place) if 1 < it.overlay.len() => drop(it.overlay.remove(place)),
                Some(_) => {}
                None => it.overlay.push(head),
            }
            it.overlay.sort_unstable();
            if it.overlay.len() == n_heads {
                it.overlay.clear();
            }
        });
    };
    view! {
        <div class="overlay-heads" role="group" aria-label=tr!("Heads in the overlay")>
            {move || {
                (0..state.ground().n_heads)
                    .map(|head| {
                        view! {
                            <button
                                aria-pressed=move || is_shown(head).to_string()
                                on:click=move |_| toggle(head)
                            >
                                <i style:background=format!("var(--cat-{})", head % 8 + 1)></i>
                                {tr!("head {head}", head)}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}
