//! All that is computed, in burn. Knows nothing of the page.

pub mod model; // start here

pub mod ask;
pub mod geometry;
pub mod inbox;
pub mod load;
mod program;
pub mod session;
mod timeline;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod train;
