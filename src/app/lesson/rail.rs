//! A lesson in place of the rail: it is there, on its way, missing, or waits for the reader's yes.

use leptos::{html, prelude::*};

use super::{
    OWN, OwnLesson,
    fetch::{fetch, open_file},
    reader::Reader,
};
use crate::{
    app::{
        parts::{
            icon::{Drawing, Icon},
            menu::Menu,
            phrase::phrase,
        },
        state::{
            AppState,
            lessons::{Prepared, Text},
        },
    },
    share::{LessonPlace, Place},
};

/// The lesson that the link names.
#[component]
pub(in crate::app) fn LessonRail() -> impl IntoView {
    let state = AppState::here();
    let place = Memo::new(move |_| state.bookmark.read().lesson.clone());
    let text = Memo::new(move |_| {
        let place = place.get()?;
        state.lessons.texts.read().get(&place).cloned()
    });
    Effect::new(move |_| {
        // Another server is asked only when the reader says so.
        if let Some(place @ LessonPlace::Ours(_)) = place.get() {
            fetch(state, &place);
        }
    });
    let shown = move || {
        let place = place.get()?;
        Some(match text.get() {
            Some(Text::Here(text)) => view! { <Reader text /> }.into_any(),
            Some(Text::Coming) => {
                view! { <Waiting><p role="status">{tr!("The lesson arrives")}</p></Waiting> }
                    .into_any()
            }
            Some(Text::Failed(why)) => view! { <Lost place why /> }.into_any(),
            None => view! { <Absent place /> }.into_any(),
        })
    };
    // The head stays as it is while a text arrives, and so does the focus in it.
    let title = Signal::derive(move || match (text.get(), place.get()) {
        (Some(Text::Here(text)), _) => text.lesson.front.title.clone(),
        (_, Some(LessonPlace::File(name))) => name,
        _ => String::new(),
    });
    let position = Signal::derive(move || {
        let Some(Text::Here(text)) = text.get() else { return String::new() };
        let n_steps = text.lesson.steps.len();
        let step = state.bookmark.read().lesson_step.saturating_add(1).min(n_steps);
        if n_steps == 0 { String::new() } else { tr!("step {step} of {n_steps}", step, n_steps) }
    });
    view! {
        <section class="lesson reader" class:current=move || state.tab.get() == Place::Rail
            aria-label=tr!("Lesson")>
            <Head title position />
            {shown}
        </section>
    }
}

/// What stands in place of a lesson that is not there.
#[component]
fn Waiting(children: Children) -> impl IntoView {
    view! {
        <div class="body">{children()}</div>
    }
}

/// A lesson that did not arrive.
#[component]
fn Lost(place: LessonPlace, why: String) -> impl IntoView {
    let state = AppState::here();
    view! {
        <Waiting>
            <p role="alert">{why}</p>
            <div class="scenes">
                <button class="button line" on:click=move |_| fetch(state, &place)>{tr!("Fetch again")}</button>
            </div>
        </Waiting>
    }
}

/// A lesson that is not fetched before the reader says so, or that only the reader has.
#[component]
fn Absent(place: LessonPlace) -> impl IntoView {
    let state = AppState::here();
    let close = move |_| state.close_lesson();
    match place {
        LessonPlace::Ours(_) | LessonPlace::Lab(_) => view! { <Waiting>""</Waiting> }.into_any(),
        LessonPlace::File(name) => view! {
            <Waiting>
                <p>
                    {tr!(
                        "This link was made beside a lesson in a file, “{name}”, which no link can hold. \
                         Drop the file on the page, or open it from the menu above.",
                        name
                    )}
                </p>
                <div class="scenes">
                    <button class="button line" on:click=close>{tr!("Go on without it")}</button>
                </div>
            </Waiting>
        }
        .into_any(),
        LessonPlace::Web(_) => {
            let host = place.host().unwrap_or_default().to_owned();
            let address = place.to_string();
            view! {
                <Waiting>
                    <p>
                        {phrase(
                            text!("This link wants the lesson at {host}", host),
                            [("host", view! { <b>{host}</b> }.into_any())],
                        )}
                    </p>
                    <p class="address">{address}</p>
                    <div class="scenes">
                        <button class="button primary" on:click=move |_| fetch(state, &place)>{tr!("Load")}</button>
                        <button class="button line" on:click=close>{tr!("Not now")}</button>
                    </div>
                </Waiting>
            }
            .into_any()
        }
    }
}

/// The lesson's title, which is the menu of lessons, the reader's place in it, and a way out.
#[component]
fn Head(title: Signal<String>, position: Signal<String>) -> impl IntoView {
    let state = AppState::here();
    let file = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = file.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|it| it.get(0)) {
            open_file(state, &file);
        }
        // The same file can be chosen again when it was changed.
        input.set_value("");
    };
    let own = move |it: &'static OwnLesson| {
        let open = move |_| state.open_lesson(LessonPlace::Ours(it.id.to_owned()));
        view! {
            <button on:click=open>
                {it.title}" "<span class="muted">{tr_n!(it.minutes as usize, "{n} minute", "{n} minutes")}</span>
            </button>
        }
    };
    let pick = move |_| {
        if let Some(input) = file.get_untracked() {
            input.click();
        }
    };
    let summary = move || {
        view! {
            <h2><span class="muted">{tr!("Lesson:")}" "</span><b>{title}</b></h2>
            <Drawing icon=Icon::Down />
        }
    };
    view! {
        <header>
            <Menu class="lessons" summary_class="" summary>
                {OWN.iter().map(own).collect_view()}
                <button on:click=pick>{tr!("Open a file…")}</button>
            </Menu>
            <input type="file" accept=".md,text/markdown" hidden node_ref=file on:change=take />
            <span class="muted">{position}</span>
            <button class="tool" aria-label=tr!("Close the lesson") title=tr!("Close the lesson")
                on:click=move |_| state.close_lesson()>
                <Drawing icon=Icon::Close />
            </button>
        </header>
    }
}

/// What is wrong with the text, by line.
#[component]
pub(super) fn Faults(text: StoredValue<std::sync::Arc<Prepared>>) -> impl IntoView {
    let troubles = text.with_value(|it| it.troubles.clone());
    (!troubles.is_empty()).then(|| {
        let count = tr_n!(
            troubles.len(),
            "{n} fault in this lesson; the rest works",
            "{n} faults in this lesson; the rest works"
        );
        let row = |it: lab::lesson::Trouble| {
            let line = tr!("line {line}", line = it.line);
            view! { <li><span class="muted">{line}</span><span>{it.what}"; "{it.fix}</span></li> }
        };
        view! {
            <div class="faults" role="group" aria-label=tr!("Faults in this lesson")>
                <p>{count}</p>
                <ul>{troubles.into_iter().map(row).collect_view()}</ul>
            </div>
        }
    })
}
