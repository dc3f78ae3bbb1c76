//! Keys, and what the page is.

use leptos::prelude::*;

use super::keys::ACTIONS;
use crate::{app::state::AppState, text};

/// A sheet over the page, put away by Escape or its button.
#[component]
pub(in crate::app) fn Help() -> impl IntoView {
    let state = AppState::here();
    let rows = ACTIONS.iter().map(|it| {
        view! { <tr><th scope="row"><kbd>{text::of(it.chord)}</kbd></th><td>{text::of(it.about)}</td></tr> }
    });
    let rows = rows.collect_view();
    let place = NodeRef::<leptos::html::Dialog>::new();
    // The browser's own dialog holds the focus and gives it back.
    Effect::new(move |_| {
        let Some(dialog) = place.get() else { return };
        if !state.shows_help.get() {
            dialog.close();
        } else if !dialog.open() && dialog.show_modal().is_err() {
            state.notice(tr!("the browser would not open the help; the keys are in the README"));
        }
    });
    view! {
        <dialog
            class="help"
            node_ref=place
            aria-label=tr!("Keys and help")
            on:close=move |_| state.shows_help.set(false)
        >
            <div>
                <h2>{tr!("What this is")}</h2>
                <p>
                    {tr!(
                        "A small language model runs on your device while you type. Hover to look, click to lock, \
                         and every panel follows. The address holds all that you see: copy it to share the sight; \
                         the reader’s device computes it anew and says whether the same came out."
                    )}
                </p>
                <p>
                    {tr!(
                        "Attention weights say what is read, not what it does. The logit lens reads the stream \
                         with the model’s own last step, which early layers were not trained for; the panel says from \
                         which depth on it is near the output. Attribution is what each part adds directly, with the \
                         final norm’s scale frozen; what a head does through later layers is not in it."
                    )}
                </p>
                <h2>{tr!("Keys")}</h2>
                <table>{rows}</table>
                <button class="button line" on:click=move |_| state.shows_help.set(false)>{tr!("Close")}</button>
            </div>
        </dialog>
    }
}
