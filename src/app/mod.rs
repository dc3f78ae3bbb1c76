//! The page: panels, state, keyboard. The only place with signals.

mod state; // start here

mod browser;
mod labs;
mod lesson;
mod panels;
mod parts;
mod shell;

/// Puts the page into the document.
pub(crate) fn start() {
    leptos::mount::mount_to_body(shell::workspace::Workspace);
}
