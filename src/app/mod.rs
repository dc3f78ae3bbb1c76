//! The page: panels, state, keyboard. The only place with signals.

mod state; // start here

mod browser;
mod labs;
mod language;
mod lesson;
mod panels;
mod parts;
mod shell;

/// Puts the page into the document, in the reader's language where there is a translation.
pub(crate) fn start() {
    match language::readers() {
        None => mount(),
        // Leptos has no executor before it is mounted.
        Some(language) => wasm_bindgen_futures::spawn_local(async move {
            language::take(&language).await;
            mount();
        }),
    }
}

fn mount() {
    leptos::mount::mount_to_body(shell::workspace::Workspace);
    browser::remove("boot");
}
