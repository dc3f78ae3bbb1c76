//! The Web Worker: messages in, session, messages out.
//!
//! One message is handled at a time. While one is, later ones wait in an inbox, where a newer run
//! takes the place of an older one.

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(target_family = "wasm")]
mod fetch;

#[cfg(target_family = "wasm")]
fn main() {
    browser::start();
}

#[cfg(not(target_family = "wasm"))]
fn main() {
    eprintln!("the worker runs in a browser; `cargo xtask serve` builds it");
}
