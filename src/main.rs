//! Undercurrent: a page for looking inside transformers while they run.
#![allow(unreachable_pub, reason = "a module's front door says `pub` for what others may use")]

#[macro_use]
mod text; // before those that use its macros

mod app;
mod link;
mod paint;
mod share;
mod view;

fn main() {
    console_error_panic_hook::set_once();
    app::start();
}
