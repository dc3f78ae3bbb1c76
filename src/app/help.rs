//! Keys, and what the page is.

use leptos::prelude::*;

use super::{keys::KEYS, state::AppState};

/// A sheet over the page, put away by Escape or its button.
#[component]
pub(super) fn Help() -> impl IntoView {
    let state = AppState::here();
    let rows = KEYS.iter().map(|(key, text)| {
        view! { <tr><th scope="row"><kbd>{*key}</kbd></th><td>{*text}</td></tr> }
    });
    let rows = rows.collect_view();
    view! {
        <div class="help" hidden=move || !state.shows_help.get() role="dialog" aria-label="Keys and help">
            <div>
                <h2>"Keys"</h2>
                <table>{rows}</table>
                <h2>"What this is"</h2>
                <p>
                    "A transformer runs on your device while you type. Hover to look, click to lock, "
                    "and every panel follows. The address holds all that you see: copy it to share the sight; "
                    "the reader’s device computes it anew."
                </p>
                <p>
                    "Attention weights say what is read, not what it does. The logit lens reads the stream "
                    "with the model’s own last step, which early layers were not trained for; the panel says from "
                    "which depth on it is near the output. Writers are direct contributions with the final "
                    "norm’s scale frozen; what a head does through later layers is not in them."
                </p>
                <button class="button line" on:click=move |_| state.shows_help.set(false)>"Close"</button>
            </div>
        </div>
    }
}
