//! One of several: a word that is a menu.

use leptos::prelude::*;

use crate::text;

/// A word that is a menu: what a panel shows, at every width. It is the browser's own menu, so that
/// keys and fingers use it as they use every other.
#[component]
pub(in crate::app) fn Choice<T>(
    /// What is chosen here.
    name: &'static str,
    choices: Vec<(T, &'static str)>,
    #[prop(into)] chosen: Signal<T>,
    #[prop(into)] on_choose: Callback<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    // What is chosen goes by its English, which is no part of the language.
    // A menu that has no entries yet cannot be set to one: each entry knows whether it is chosen.
    let options = choices.iter().map(|&(choice, english)| {
        view! {
            <option value=english prop:selected=move || chosen.get() == choice>{text::of(english)}</option>
        }
    });
    let options = options.collect_view();
    let all = StoredValue::new(choices);
    let choose = move |event| {
        let text = event_target_value(&event);
        let found = all.with_value(|all| all.iter().find(|it| it.1 == text).map(|it| it.0));
        if let Some(choice) = found {
            on_choose.run(choice);
        }
    };
    view! {
        <span class="choice">
            <select aria-label=name title=name on:change=choose>
                {options}
            </select>
        </span>
    }
}
