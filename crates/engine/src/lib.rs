//! All that is computed, in burn. Knows nothing of the page.

pub mod model; // start here

pub mod ask;
pub mod geometry;
pub mod inbox;
pub mod job;
pub mod load;
mod program;
pub mod session;
pub mod study;
mod timeline;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod train;
