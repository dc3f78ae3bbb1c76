//! The prompt: typed text, its tokens, and the A-versus-B question.

use std::collections::BTreeSet;

use leptos::{ev, prelude::*};
use trace::{AskDecoded, Token};

use crate::{
    app::{
        browser::{after, all_in},
        labs::{LabHeadline, TokenShares, ask_decoded},
        parts::{
            field::{put, refuse},
            phrase::phrase,
        },
        state::{AppState, answers::Asked},
    },
    view::{Pick, shown, signed},
};

/// The band under the top bar.
#[component]
pub(in crate::app) fn PromptBar() -> impl IntoView {
    let state = AppState::here();
    let prompt = Memo::new(move |_| state.bookmark.read().prompt.clone());
    // A new prompt ends the preview: the browser does not say that a token has gone from under the
    // pointer.
    Effect::new(move |_| {
        prompt.with(|_| ());
        state.hover.set(Pick::default());
    });
    view! {
        <section class="prompt" data-zone="prompt" aria-label=tr!("Prompt and question")>
            <Count />
            <div class="prompt-text">
                <textarea
                    id="prompt"
                    rows="1"
                    aria-label=tr!("Prompt")
                    placeholder=tr!("Type a story, or choose one below")
                    spellcheck="false"
                    autocomplete="off"
                    prop:value=prompt
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        state.bookmark.update(|it| it.prompt = text);
                    }
                ></textarea>
                <Tokens />
            </div>
            <LabHeadline><Frame /></LabHeadline>
        </section>
        <datalist id="vocabulary">
            {move || {
                let model = state.model.get();
                let words = model.iter().flat_map(|it| it.vocab.clone());
                words.filter(|it| !it.starts_with('<')).map(|it| view! { <option value=it></option> }).collect_view()
            }}
        </datalist>
    }
}

/// Whether the prompt is longer than what the model was trained on.
fn is_past_training(state: AppState) -> bool {
    let run = state.run.read();
    let n_ctx = state.model.read().as_ref().map_or(usize::MAX, |it| it.shape.n_ctx);
    0 < run.n_cut || n_ctx < run.tokens.len()
}

/// How many tokens there are, and which words the model does not know.
#[component]
fn Count() -> impl IntoView {
    let state = AppState::here();
    let count = move || {
        let run = state.run.get();
        let n_ctx = state.model.read().as_ref().map_or(0, |it| it.shape.n_ctx);
        let n_tokens = run.tokens.len();
        if 0 < run.n_cut {
            let n_cut = run.n_cut;
            tr_n!(
                n_ctx,
                "{n_tokens} of {n} token; {n_cut} more were cut off",
                "{n_tokens} of {n} tokens; {n_cut} more were cut off",
                n_tokens,
                n_cut,
            )
        } else if n_ctx < n_tokens {
            tr_n!(
                n_tokens,
                "{n} token; trained on {n_ctx}, so what comes after is untried",
                "{n} tokens; trained on {n_ctx}, so what comes after is untried",
                n_ctx,
            )
        } else {
            tr_n!(n_ctx, "{n_tokens} of {n} token", "{n_tokens} of {n} tokens", n_tokens)
        }
    };
    let unknown = move || {
        let run = state.run.get();
        let mut words: Vec<Token> = run.tokens.iter().filter(|it| !it.is_known).cloned().collect();
        // Those first that something can be done about; a word that comes again once.
        words.sort_by_key(|it| it.near.is_empty());
        let mut seen = BTreeSet::new();
        words.retain(|it| seen.insert(it.typed.clone()));
        words
    };
    view! {
        <div class="prompt-label">
            <b>{tr!("Prompt")}</b>
            <small class:warn=move || is_past_training(state)>{count}</small>
            {move || unknown().into_iter().take(2).map(|token| view! { <Unknown token /> }).collect_view()}
            {move || {
                let more = unknown().len().saturating_sub(2);
                (0 < more).then(|| view! { <small class="unknown">{tr_n!(more, "{n} more unknown", "{n} more unknown")}</small> })
            }}
        </div>
    }
}

/// One word that the model does not know, with words to put in its place.
#[component]
fn Unknown(token: Token) -> impl IntoView {
    let state = AppState::here();
    let typed = token.typed.clone();
    let near = token.near.into_iter().map(move |word| {
        let (from, to) = (typed.clone(), word.clone());
        let replace = move |_| {
            state.bookmark.update(|it| it.prompt = with_word(&it.prompt, &from, &to));
        };
        view! { <button class="near" on:click=replace>{word}</button> }
    });
    let shown: String = token.typed.chars().take(14).collect();
    let n_words = move || state.model.read().as_ref().map_or(0, |it| it.vocab.len());
    let title = move || {
        tr_n!(
            n_words(),
            "Not among the model’s {n} word: it is read as ⟨unk⟩. Similar words follow.",
            "Not among the model’s {n} words: it is read as ⟨unk⟩. Similar words follow."
        )
    };
    view! { <small class="unknown" role="status" title=title>{tr!("unknown: “{word}”", word = shown)}" "{near.collect_view()}</small> }
}

/// The prompt with every whole word `from` replaced.
fn with_word(prompt: &str, from: &str, to: &str) -> String {
    let is_letter = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
    let mut text = String::new();
    let mut rest = prompt;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        text.push_str(before);
        let is_whole = !is_letter(text.chars().next_back()) && !is_letter(after.chars().next());
        text.push_str(if is_whole { to } else { from });
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Longer strips than this are shown in part; the views still hold all of it.
const MOST_CHIPS: usize = 1_024;

/// A chip for each token; in an empty prompt, prompts to try.
#[component]
fn Tokens() -> impl IntoView {
    let state = AppState::here();
    let is_empty = move || state.bookmark.read().prompt.trim().is_empty();
    let tokens = move || {
        let run = state.run.get();
        run.tokens.iter().take(MOST_CHIPS).cloned().enumerate().collect::<Vec<_>>()
    };
    // A chip stays as it is while its token does.
    let key = |(pos, token): &(usize, Token)| (*pos, token.typed.clone(), token.is_known);
    let place = NodeRef::<leptos::html::Div>::new();
    let fact = ask_decoded(state);
    let lock = Memo::new(move |_| state.lock().pos);
    Effect::new(move |_| {
        lock.with(|_| ());
        after(0, move || place.get_untracked().iter().for_each(|it| show_locked(it)));
    });
    view! {
        <div class="tokens" role="group" aria-label=tr!("Tokens of the prompt") node_ref=place>
            <Show when=move || !is_empty() fallback=|| view! { <Prompts /> }>
                <For each=tokens key=key let((pos, token))>
                    <Chip pos token fact />
                </For>
                <Show when=move || { MOST_CHIPS < state.n_pos() }>
                    <span class="cut">
                        {move || {
                            let more = state.n_pos() - MOST_CHIPS;
                            tr_n!(more, "{n} more runs too; the keys reach it", "{n} more run too; the keys reach them")
                        }}
                    </span>
                </Show>
                <Show when=move || { 0 < state.run.read().n_cut }>
                    <span class="cut">{tr!("the model reads no further")}</span>
                </Show>
            </Show>
        </div>
    }
}

/// Brings the locked chip into the strip's view; the focus goes along where it was on a chip.
fn show_locked(strip: &web_sys::HtmlElement) {
    let Some(chip) = all_in(strip, ".token.locked").into_iter().next() else { return };
    let (left, wide) = (chip.offset_left() - strip.offset_left(), chip.offset_width());
    let (from, room) = (strip.scroll_left(), strip.client_width());
    if left < from || from + room < left + wide {
        strip.set_scroll_left(left - (room - wide) / 2);
    }
    let active = document().active_element();
    if active.is_some_and(|it| it.class_list().contains("token")) {
        chip.focus().unwrap_or_default();
    }
}

#[component]
fn Chip(pos: usize, token: Token, fact: Asked<AskDecoded>) -> impl IntoView {
    let state = AppState::here();
    let pick = Pick { pos: Some(pos), ..Pick::default() };
    let text = shown(&token);
    let title =
        if token.is_known { text.clone() } else { tr!("{text}: unknown to the model", text) };
    view! {
        <button
            class="token"
            class:unknown=!token.is_known
            class:locked=move || state.lock().pos == pos
            class:source=move || state.cursor().source == pos
            class:preview=move || state.cursor().pos == pos && state.lock().pos != pos
            aria-pressed=move || (state.lock().pos == pos).to_string()
            // One stop for all chips; arrows go from one to the next.
            tabindex=move || if state.lock().pos == pos { "0" } else { "-1" }
            title=title
            on:click=move |_| state.pick(pick)
            on:pointerenter=move |event| {
                if event.pointer_type() == "mouse" {
                    state.hover.set(pick);
                }
            }
            on:pointerleave=move |_| state.hover.set(Pick::default())
        >
            <span>{text}</span>
            <small>{pos}</small>
            <TokenShares asked=fact pos />
        </button>
    }
}

/// Prompts of which the right answer is known.
#[component]
fn Prompts() -> impl IntoView {
    let state = AppState::here();
    move || {
        let prompts = state.model.get().map_or_else(Vec::new, |it| it.prompts.clone());
        prompts
            .into_iter()
            .take(3)
            .map(|prompt| {
                let text = prompt.clone();
                view! {
                    <button
                        class="button line"
                        on:click=move |_| state.bookmark.update(|it| it.prompt.clone_from(&prompt))
                    >
                        {text}
                    </button>
                }
            })
            .collect_view()
    }
}

/// Why A rather than B, and by how much.
#[component]
fn Frame() -> impl IntoView {
    let state = AppState::here();
    let slot = move |is_a: bool| {
        let in_force = move || {
            let (a, b) = state.pair();
            state.word(if is_a { a } else { b })
        };
        let set = move |event: ev::Event| {
            let word = event_target_value(&event).trim().to_owned();
            if word.is_empty() {
                state.bookmark.update(|it| if is_a { it.a = None } else { it.b = None });
                return put(&event, &untrack(in_force));
            }
            if state.id(&word).is_none() {
                return refuse(state, &event, &word, &untrack(in_force));
            }
            state.bookmark.update(|it| if is_a { it.a = Some(word) } else { it.b = Some(word) });
        };
        view! {
            <input
                class="slot"
                class:a=is_a
                class:b=!is_a
                list="vocabulary"
                size="9"
                aria-label=if is_a { tr!("Token A") } else { tr!("Token B") }
                prop:value=in_force
                on:change=set
            />
        }
    };
    let attribution = move || state.attribution().filter(|it| (it.a, it.b) == state.pair());
    let total = move || attribution().map_or(f32::NAN, |it| it.total);
    let pos = move || attribution().map_or_else(|| state.cursor().pos, |it| it.pos);
    view! {
        <div class="frame">
            <div>
                {phrase(
                    text!("Why {a} rather than {b}?", a, b),
                    [("a", slot(true).into_any()), ("b", slot(false).into_any())],
                )}
                <small>{move || tr!("of A and B, after token {pos}", pos = pos())}</small>
            </div>
            <div class="headline">
                <b class:a=move || { 0.0 <= total() } class:b=move || { total() < 0.0 }>
                    {move || signed(total())}
                </b>
                <small>{tr!("A − B, logits")}</small>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::with_word;

    #[test]
    fn whole_words_are_replaced() {
        assert_eq!(with_word("teh cat, teh tehx", "teh", "the"), "the cat, the tehx");
        assert_eq!(with_word("nothing", "x", "y"), "nothing");
    }
}
