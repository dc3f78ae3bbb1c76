//! The networks, and looking into them.
//!
//! Knows nothing of files, lenses or training.

mod config; // start here

mod attention;
mod block;
mod mlp;
mod network;
mod norm;
mod positions;
mod probe;

pub use config::{
    Activation, Bias, CONFIG_VERSION, ConfigError, Mask, MlpKind, NetworkConfig, Norm, Placement,
    Positions, Residual, Unembed,
};
pub use network::Network;
pub use probe::{EditError, Keep, Probe, Trace};
