//! What comes next: the distribution, how it is drawn from, and writing on.

use leptos::prelude::*;

use crate::{
    app::{browser::after, parts::export::save_csv, state::AppState},
    link::Status,
    view::{Draw, Sampling, Table, candidates, number, shown_text},
};

/// Most tokens that one press writes.
const MOST_STEPS: u32 = 20;
/// How many of the most probable are listed.
const N_LISTED: usize = 8;

/// The most probable next tokens alone, as they stand in a column.
#[component]
pub(in crate::app) fn NextBars() -> impl IntoView {
    let state = AppState::here();
    let all = drawn(state);
    view! {
        <section
            class="next"
            class:current=move || state.tab.get() == crate::share::Place::Rail
            aria-label=move || tr!("Next token of {model}", model = state.bookmark.read().model)
        >
            <Bars all shows_all=RwSignal::new(false) />
        </section>
    }
}

/// What the last run says comes next, most probable first.
fn drawn(state: AppState) -> Memo<Vec<Draw>> {
    Memo::new(move |_| {
        let logits = state.derived.next.get();
        logits.map_or_else(Vec::new, |it| candidates(it.values(), state.bookmark.read().sampling))
    })
}

/// The rail's first section.
#[component]
pub(in crate::app) fn NextPanel() -> impl IntoView {
    let state = AppState::here();
    let all = drawn(state);
    let shows_table = RwSignal::new(false);
    let unit = move || {
        if state.run.read().unchanged.is_some() {
            tr!(
                "bar: the model’s probability; tick: after temperature, top-k, top-p; dotted: unchanged"
            )
        } else {
            tr!("bar: the model’s probability; tick: after temperature, top-k, top-p")
        }
    };
    view! {
        <section class="next" class:current=move || state.tab.get() == crate::share::Place::Rail aria-label=tr!("Next token")>
            <header>
                <h2>{tr!("Next token")}</h2>
                <div class="tools">
                    <button class="text-tool" aria-pressed=move || shows_table.get().to_string()
                        on:click=move |_| shows_table.update(|it| *it = !*it)>{tr!("all")}</button>
                    <button class="text-tool" on:click=move |_| save_csv(state, "next", &table(state, &all.read_untracked()))>
                        {tr!("CSV")}
                    </button>
                </div>
            </header>
            <Bars all shows_all=shows_table />
            <p class="unit">{unit}</p>
            <Controls />
            <Writing all />
        </section>
    }
}

fn table(state: AppState, all: &[Draw]) -> Table {
    let mut table = Table::new([tr!("token"), tr!("probability"), tr!("drawn with")]);
    for draw in all {
        let word = state.word(u32::try_from(draw.id).unwrap_or(0));
        table.rows.push(vec![shown_text(&word), number(draw.prob), number(draw.drawn)]);
    }
    table
}

/// The probability of every token in the run as trained, where interventions make another of it.
fn unchanged(state: AppState) -> Memo<Option<Vec<f32>>> {
    Memo::new(move |_| {
        let run = state.run.read();
        let mut all = candidates(run.unchanged.as_ref()?.values(), Sampling::default());
        all.sort_by_key(|it| it.id);
        Some(all.into_iter().map(|it| it.prob).collect())
    })
}

#[component]
fn Bars(all: Memo<Vec<Draw>>, shows_all: RwSignal<bool>) -> impl IntoView {
    let state = AppState::here();
    let listed = move || {
        let (a, b) = state.pair();
        let all = all.read();
        let most = if shows_all.get() { all.len() } else { N_LISTED };
        // A and B stay on the list even where they are less probable than all listed.
        let is_frame = |it: &Draw| it.id == a as usize || it.id == b as usize;
        let rows = all.iter().enumerate().filter(|(place, it)| *place < most || is_frame(it));
        rows.map(|(_, it)| (*it, it.id == a as usize, it.id == b as usize)).collect::<Vec<_>>()
    };
    let unchanged = unchanged(state);
    let row = move |(draw, is_a, is_b): (Draw, bool, bool)| {
        let before = unchanged.read().as_ref().and_then(|it| it.get(draw.id).copied());
        let word = state.word(u32::try_from(draw.id).unwrap_or(0));
        let (to_a, to_b) = (word.clone(), word.clone());
        let text = shown_text(&word);
        let (title, prob) = (text.clone(), number(draw.prob));
        let label = match before.map(number) {
            Some(before) => {
                tr!("{text}, probability {prob}, unchanged {before}", text, prob, before)
            }
            None => tr!("{text}, probability {prob}", text, prob),
        };
        view! {
            <li class="next-row" class:a=is_a class:b=is_b>
                <span class="word" title=title>{text}</span>
                <span class="bar" role="img" aria-label=label>
                    <i style:transform=format!("scaleX({:.4})", draw.prob)></i>
                    <u style:left=format!("{:.1}%", 100.0 * draw.drawn)></u>
                    {before.map(|it| view! { <s style:width=format!("{:.1}%", 100.0 * it)></s> })}
                </span>
                <span class="value">{in_row(draw.prob)}</span>
                <span class="ab-buttons">
                    <button aria-label=tr!("Make {word} token A", word = shown_text(&to_a)) aria-pressed=is_a.to_string()
                        on:click=move |_| state.bookmark.update(|it| it.a = Some(to_a.clone()))>"A"</button>
                    <button aria-label=tr!("Make {word} token B", word = shown_text(&to_b)) aria-pressed=is_b.to_string()
                        on:click=move |_| state.bookmark.update(|it| it.b = Some(to_b.clone()))>"B"</button>
                </span>
            </li>
        }
    };
    view! { <ol class="next-rows" class:long=move || shows_all.get()>{move || listed().into_iter().map(row).collect_view()}</ol> }
}

/// A probability beside its bar: none that there is reads as if there were none.
fn in_row(prob: f32) -> String {
    if prob < 0.005 { "<.01".to_owned() } else { format!("{prob:.2}") }
}

#[component]
fn Controls() -> impl IntoView {
    let state = AppState::here();
    let change =
        move |work: &dyn Fn(&mut Sampling)| state.bookmark.update(|it| work(&mut it.sampling));
    let sampling = move || state.bookmark.read().sampling;
    let slider = move |name: &'static str,
                       range: [&'static str; 3],
                       value: Signal<f32>,
                       set: Callback<f32>| {
        view! {
            <label>
                <span>{name}</span>
                <input
                    type="range"
                    min=range[0]
                    max=range[1]
                    step=range[2]
                    prop:value=move || value.get().to_string()
                    on:input=move |event| {
                        if let Ok(value) = event_target_value(&event).parse() {
                            set.run(value);
                        }
                    }
                />
                <output>{move || value.get().to_string()}</output>
            </label>
        }
    };
    view! {
        <div class="sampling" role="group" aria-label=tr!("How the next token is drawn; the model does not run again")>
            {slider(
                tr!("temperature"),
                ["0", "2", "0.05"],
                Signal::derive(move || sampling().temperature),
                Callback::new(move |value| change(&|it| it.temperature = value)),
            )}
            {slider(
                tr!("top-k (0: all)"),
                ["0", "50", "1"],
                Signal::derive(move || sampling().top_k as f32),
                Callback::new(move |value| change(&|it| it.top_k = value as usize)),
            )}
            {slider(
                tr!("top-p"),
                ["0.05", "1", "0.05"],
                Signal::derive(move || sampling().top_p),
                Callback::new(move |value| change(&|it| it.top_p = value)),
            )}
        </div>
    }
}

/// Writing on: one drawn token, or several one after another.
#[component]
fn Writing(all: Memo<Vec<Draw>>) -> impl IntoView {
    let state = AppState::here();
    // How many tokens are still to be written.
    let left = RwSignal::new(0u32);
    let write = move || {
        let sampling = state.bookmark.read_untracked().sampling;
        let turn = state.run.read_untracked().tokens.len() as u64;
        let drawn = sampling.draw(&all.read_untracked(), turn);
        let word = drawn.map(|id| state.word(u32::try_from(id).unwrap_or(0)));
        match word {
            Some(word) if !word.starts_with('<') => {
                state.bookmark.update(|it| it.prompt = followed_by(&it.prompt, &word));
            }
            // A mark of the model ends the story.
            _ => left.set(0),
        }
    };
    Effect::new(move |_| {
        // Each new run brings the next distribution; another model has none until its first run.
        if state.derived.next.get().is_none() {
            return;
        }
        let is_full = state.run.read_untracked().n_cut > 0;
        if is_full {
            left.set(0);
        }
        if 0 < left.get_untracked() {
            left.update(|it| *it -= 1);
            if 0 < left.get_untracked() {
                after(120, move || {
                    if 0 < left.get_untracked() {
                        write();
                    }
                });
            }
        }
    });
    let is_off = move || state.status.get() != Status::Live;
    view! {
        <div class="writing">
            <button class="button line" disabled=is_off on:click=move |_| {
                left.set(1);
                write();
            }>{tr!("Write one")}</button>
            <Show
                when=move || { left.get() < 2 }
                fallback=move || view! { <button class="button line" on:click=move |_| left.set(0)>{move || tr!("Stop ({left} left)", left = left.get())}</button> }
            >
                <button class="button line" disabled=is_off on:click=move |_| {
                    left.set(MOST_STEPS);
                    write();
                }>{tr!("Write on")}</button>
            </Show>
            <label class="seed">
                {tr!("seed")}" "
                <input
                    type="number"
                    min="0"
                    prop:value=move || state.bookmark.read().sampling.seed.to_string()
                    on:change=move |event| {
                        if let Ok(seed) = event_target_value(&event).parse() {
                            state.bookmark.update(|it| it.sampling.seed = seed);
                        }
                    }
                />
            </label>
        </div>
    }
}

/// The prompt with a word more: marks that close stand without a space before.
fn followed_by(prompt: &str, word: &str) -> String {
    let closes = [".", ",", "?", "!", ":", ";"].contains(&word);
    let prompt = prompt.trim_end();
    if closes || prompt.is_empty() { format!("{prompt}{word}") } else { format!("{prompt} {word}") }
}

#[cfg(test)]
mod tests {
    use super::{followed_by, in_row};

    #[test]
    fn small_probabilities_are_told_from_none() {
        assert_eq!([0.984, 0.0051, 0.0049, 0.0].map(in_row), ["0.98", "0.01", "<.01", "<.01"]);
    }

    #[test]
    fn marks_stand_without_a_space() {
        assert_eq!(followed_by("in the ", "barn"), "in the barn");
        assert_eq!(followed_by("in the barn", "."), "in the barn.");
        assert_eq!(followed_by("", "Anna"), "Anna");
    }
}
