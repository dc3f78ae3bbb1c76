//! Interventions: the list of those that are, what they do to A − B, and what can be added at the
//! cursor.

use leptos::prelude::*;
use trace::{Intervention, LensSite, Program, read_program};

use crate::{
    app::{
        parts::icon::{Drawing, Icon},
        state::AppState,
    },
    text,
    view::{
        Offer, Pick, offers, repeated, sentence, signed, skipped, slider, status_in_words, swapped,
    },
};

/// The rail's second section.
#[component]
pub(in crate::app) fn InterventionsPanel() -> impl IntoView {
    let state = AppState::here();
    let count = Memo::new(move |_| state.bookmark.read().program.interventions.len());
    view! {
        <section class="interventions" aria-label=tr!("Interventions")>
            <header>
                <h2>{tr!("Interventions")}</h2>
                <Steps />
            </header>
            <p class="effect" aria-live="polite">{move || effect(state)}</p>
            <ol class="list" aria-label=tr!("In the order in which they are made")>
                <For each=move || 0..count.get() key=|place| *place let:place>
                    <Row place />
                </For>
            </ol>
            <Order />
            <AtCursor />
        </section>
    }
}

/// Undo and redo.
#[component]
fn Steps() -> impl IntoView {
    let state = AppState::here();
    view! {
        <button class="tool" aria-label=tr!("Undo") title=tr!("Undo (Z)")
            disabled=move || !state.has_history()[0] on:click=move |_| { state.undo(); }>
            <Drawing icon=Icon::Undo />
        </button>
        <button class="tool" aria-label=tr!("Redo") title=tr!("Redo (⇧Z)")
            disabled=move || !state.has_history()[1] on:click=move |_| { state.redo(); }>
            <Drawing icon=Icon::Redo />
        </button>
    }
}

/// One intervention: a sentence, on or off, strength, order.
#[component]
fn Row(place: usize) -> impl IntoView {
    let state = AppState::here();
    let own = Memo::new(move |_| state.bookmark.read().program.interventions.get(place).cloned());
    let text =
        Memo::new(move |_| own.get().map_or_else(String::new, |it| sentence(&it, &state.labels())));
    let is_on = move || own.read().as_ref().is_some_and(|it| it.is_on);
    let count = move || state.bookmark.read().program.interventions.len();
    let change = move |work: fn(&mut Program, usize)| state.change_program(|it| work(it, place));
    let tool =
        move |name: &'static str, is_off: Signal<bool>, icon, work: fn(&mut Program, usize)| {
            view! {
                <button class="tool" aria-label=move || format!("{name}: {}", text.get()) title=name
                    disabled=move || is_off.get() on:click=move |_| change(work)>
                    <Drawing icon=icon />
                </button>
            }
        };
    view! {
        <li class:off=move || !is_on()>
            <label class="sentence">
                <input type="checkbox" prop:checked=is_on
                    aria-label=move || tr!("On: {intervention}", intervention = text.get())
                    on:change=move |_| change(|it, place| {
                        let own = &mut it.interventions[place];
                        own.is_on = !own.is_on;
                    }) />
                <span>{text}</span>
            </label>
            <span class="tools">
                {tool(tr!("Move up"), Signal::derive(move || place == 0), Icon::Up,
                    |it, place| it.interventions.swap(place - 1, place))}
                {tool(tr!("Move down"), Signal::derive(move || count() <= place + 1), Icon::Down,
                    |it, place| it.interventions.swap(place, place + 1))}
                {tool(tr!("Remove"), Signal::derive(|| false), Icon::Close,
                    |it, place| drop(it.interventions.remove(place)))}
            </span>
            <Strength place own text />
            <Said place />
        </li>
    }
}

/// The slider of an intervention that has a strength. While it is dragged the latest value wins.
#[component]
fn Strength(place: usize, own: Memo<Option<Intervention>>, text: Memo<String>) -> impl IntoView {
    let state = AppState::here();
    let range = Memo::new(move |before: Option<&Option<[f32; 3]>>| {
        let range = own.read().as_ref().and_then(slider)?;
        // Bounds stay while the value is dragged between them.
        let before = before.copied().flatten();
        Some(
            before
                .filter(|it| it[2] == range[2] && it[0] <= range[0] && range[1] <= it[1])
                .unwrap_or(range),
        )
    });
    let value = move || own.read().as_ref().and_then(Intervention::strength).unwrap_or_default();
    let set = move |to: f32| {
        state.drag_program(|it| {
            if let Some(own) = it.interventions.get_mut(place) {
                *own = own.clone().with_strength(to);
            }
        });
    };
    view! {
        <Show when=move || range.get().is_some()>
            <div class="strength">
                <input type="range" aria-label=move || tr!("Strength of: {intervention}", intervention = text.get())
                    min=move || range.get().map_or(0.0, |it| it[0]).to_string()
                    max=move || range.get().map_or(1.0, |it| it[1]).to_string()
                    step=move || range.get().map_or(0.05, |it| it[2]).to_string()
                    prop:value=move || value().to_string()
                    on:input=move |event| {
                        if let Ok(to) = event_target_value(&event).parse() {
                            set(to);
                        }
                    }
                    on:change=move |_| state.end_drag()
                />
                <output>{move || format!("{:.2}", value()).replace('-', "−")}</output>
            </div>
        </Show>
    }
}

/// Why an intervention was not made, where that is so.
#[component]
fn Said(place: usize) -> impl IntoView {
    let state = AppState::here();
    let said = move || {
        let run = state.run.read();
        // The report is of the program that ran.
        let is_it = run.program.interventions.get(place)
            == state.bookmark.read().program.interventions.get(place);
        run.report.interventions.get(place).filter(|_| is_it).and_then(status_in_words)
    };
    move || said().map(|it| view! { <small class="said" role="status">{it}</small> })
}

/// The order of blocks, where it is not as trained.
#[component]
fn Order() -> impl IntoView {
    let state = AppState::here();
    let order = move || state.bookmark.read().program.blocks.clone();
    let text = move || {
        let names: Vec<String> =
            order().unwrap_or_default().iter().map(|it| format!("L{it}")).collect();
        let trouble = state.run.read().report.blocks.as_ref().map(ToString::to_string);
        let blocks = tr!("Blocks {order}", order = names.join(" "));
        match trouble {
            Some(trouble) => tr!("{blocks}. As trained: {trouble}", blocks, trouble),
            None => blocks,
        }
    };
    view! {
        <Show when=move || order().is_some()>
            <p class="order">
                <span>{text}</span>
                <button class="text-tool" on:click=move |_| state.change_program(|it| it.blocks = None)>
                    {tr!("As trained")}
                </button>
            </p>
        </Show>
    }
}

/// The menus of what can be changed at the cursor.
const MENUS: [(&str, &[&str]); 5] = [
    (text!("Ablate"), &[text!("Ablate: 0"), text!("Ablate: mean")]),
    (text!("State"), &[text!("State")]),
    (text!("Steer"), &[text!("Steer")]),
    (text!("Pattern"), &[text!("Pattern")]),
    (text!("Blocks"), &[]),
];
/// The last menu, in which an intervention is written as text.
const BY_HAND: &str = text!("By hand");

#[component]
fn AtCursor() -> impl IntoView {
    let state = AppState::here();
    let open = RwSignal::new(None::<&'static str>);
    let offered = Memo::new(move |_| offered(state));
    let menu = move |name: &'static str, has: Signal<bool>| {
        view! {
            <button class="button line" aria-expanded=move || (open.get() == Some(name)).to_string()
                hidden=move || !has.get()
                on:click=move |_| open.update(|it| *it = (*it != Some(name)).then_some(name))>
                {text::of(name)}
            </button>
        }
    };
    let menus = MENUS.map(|(name, groups)| {
        let has = Signal::derive(move || {
            groups.is_empty() || offered.read().iter().any(|it| groups.contains(&it.group))
        });
        menu(name, has)
    });
    let groups = move || {
        let groups = MENUS.iter().find(|it| Some(it.0) == open.get()).map_or(&[][..], |it| it.1);
        groups.iter().map(|&group| view! { <Group group offered /> }).collect_view()
    };
    view! {
        <div class="at-cursor" role="group" aria-label=tr!("At the cursor")>
            <span class="muted">{tr!("At cursor")}</span>
            {menus.into_iter().collect_view()}
            {menu(BY_HAND, Signal::derive(|| true))}
        </div>
        {groups}
        <Show when=move || open.get() == Some(text!("Blocks"))>
            <Blocks />
        </Show>
        <Show when=move || open.get() == Some(BY_HAND)>
            <ByHand />
        </Show>
    }
}

/// Buttons of one group.
#[component]
fn Group(group: &'static str, offered: Memo<Vec<Offer>>) -> impl IntoView {
    let state = AppState::here();
    let button = move |it: Offer| {
        let added = it.intervention.clone();
        let label = sentence(&it.intervention, &untrack(|| state.labels()));
        view! {
            <button class="button line" aria-label=label.clone() title=label
                on:click=move |_| add(state, added.clone())>{it.name}</button>
        }
    };
    let buttons = move || {
        let all = offered.get().into_iter().filter(|it| it.group == group);
        all.map(button).collect_view()
    };
    view! {
        <div class="offers" role="group" aria-label=text::of(group)>
            <span class="muted">{text::of(group)}</span>
            {buttons}
        </div>
    }
}

/// What can be changed at the lock.
fn offered(state: AppState) -> Vec<Offer> {
    let lock = state.lock();
    let site = state.ground().sites.get(lock.depth).copied().unwrap_or(LensSite::Embed);
    let (a, b) = state.pair();
    let pair = [a, b].map(|it| state.word(it));
    let model = state.model.read();
    model.as_ref().map_or_else(Vec::new, |it| offers(lock, site, &pair, &it.shape))
}

/// Adds an intervention. The question is held to the tokens that it had, so that before and after
/// compare, and the cursor to its head: the strongest head may be another afterwards.
fn add(state: AppState, added: Intervention) {
    hold(state);
    state.change_program(|it| it.interventions.push(added));
}

fn hold(state: AppState) {
    let ((a, b), lock) = untrack(|| (state.pair(), state.lock()));
    let [first, second] = untrack(|| [a, b].map(|it| state.word(it)));
    state.bookmark.update(|it| {
        it.a.get_or_insert(first);
        it.b.get_or_insert(second);
        it.pick = Pick { layer: Some(lock.layer), head: Some(lock.head), ..it.pick };
    });
}

/// What can be done with the cursor's block: skip, repeat, swap.
#[component]
fn Blocks() -> impl IntoView {
    let state = AppState::here();
    let layer = move || state.lock().layer;
    let order = move || {
        let n_layers = state.ground().n_layers;
        state.bookmark.read().program.blocks.clone().unwrap_or_else(|| (0..n_layers).collect())
    };
    let button = move |name: fn(usize) -> String, to: fn(&[usize], usize) -> Option<Vec<usize>>| {
        let change = move |_| {
            let (order, layer) = untrack(|| (order(), layer()));
            if let Some(after) = to(&order, layer) {
                hold(state);
                let n_layers = untrack(|| state.ground().n_layers);
                let is_trained = after.iter().copied().eq(0..n_layers);
                state.change_program(|it| it.blocks = (!is_trained).then_some(after));
            }
        };
        view! {
            <button class="button line" disabled=move || to(&order(), layer()).is_none() on:click=change>
                {move || name(layer())}
            </button>
        }
    };
    view! {
        <div class="offers" role="group" aria-label=tr!("Blocks")>
            {button(|layer| tr!("Skip L{layer}", layer), skipped)}
            {button(|layer| tr!("Repeat L{layer}", layer), repeated)}
            {button(|layer| tr!("Swap with next: L{layer}", layer), swapped)}
            <button class="button line" disabled=move || state.bookmark.read().program.blocks.is_none()
                on:click=move |_| state.change_program(|it| it.blocks = None)>{tr!("As trained")}</button>
        </div>
    }
}

/// An intervention as it stands in a link.
#[component]
fn ByHand() -> impl IntoView {
    let state = AppState::here();
    let text = RwSignal::new(String::new());
    let errors = RwSignal::new(Vec::<String>::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (found, wrong) = read_program(&text.read_untracked());
        errors.set(wrong.iter().map(ToString::to_string).collect());
        if wrong.is_empty() && !found.is_empty() {
            hold(state);
            state.change_program(|it| it.interventions.extend(found));
            text.set(String::new());
        }
    };
    view! {
        <form class="by-hand" on:submit=submit>
            <input type="text" aria-label=tr!("An intervention: where, op, source")
                placeholder="blocks.1.mlp.out@last set mean" spellcheck="false" autocomplete="off"
                prop:value=text on:input=move |event| text.set(event_target_value(&event)) />
            <button class="button line" type="submit">{tr!("Add")}</button>
            <p class="said" role="alert">{move || errors.get().join(". ")}</p>
        </form>
    }
}

/// A − B at the end with the program, and in the run as trained.
fn effect(state: AppState) -> String {
    if state.bookmark.read().program.is_unchanged() {
        return tr!("Change the run and see what A − B does.").to_owned();
    }
    let (a, b) = state.pair();
    let difference = |logits: &[f32]| Some(logits.get(a as usize)? - logits.get(b as usize)?);
    let run = state.run.read();
    let now = state.derived.next.get().and_then(|it| difference(it.values()));
    let before = run.unchanged.as_ref().and_then(|it| difference(it.values()));
    match (now, before) {
        (Some(now), Some(before)) => {
            tr!(
                "A − B at the end {now}, unchanged {before}",
                now = signed(now),
                before = signed(before)
            )
        }
        (Some(now), None) => tr!("A − B at the end {now}, as unchanged", now = signed(now)),
        _ => String::new(),
    }
}
