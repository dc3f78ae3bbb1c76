//! One of several: a row of buttons of which one is pressed.

use leptos::prelude::*;

/// A row of choices under a common name.
#[component]
pub(super) fn Segments<T>(
    /// What is chosen here, for those who do not see it.
    name: &'static str,
    choices: Vec<(T, &'static str)>,
    #[prop(into)] chosen: Signal<T>,
    #[prop(into)] on_choose: Callback<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let buttons = choices.into_iter().map(|(choice, text)| {
        view! {
            <button
                aria-pressed=move || (chosen.get() == choice).to_string()
                on:click=move |_| on_choose.run(choice)
            >
                {text}
            </button>
        }
    });
    view! {
        <div class="segments" role="group" aria-label=name>
            {buttons.collect_view()}
        </div>
    }
}
