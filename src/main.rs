//! Undercurrent: a page for looking inside transformers while they run.

mod app;
mod paint;
mod share;
mod view;

fn main() {
    console_error_panic_hook::set_once();
    app::start();
}
