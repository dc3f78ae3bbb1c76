//! The networks, and looking into them.
//!
//! Knows nothing of files, lenses or training.

mod config; // start here

mod attention;
mod block;
mod change;
mod context;
mod facts;
mod groups;
pub(crate) mod kernel;
mod mlp;
mod network;
mod norm;
mod positions;
mod probe;
mod room;
mod share;
mod ssm;

pub use attention::Attention;
pub(crate) use change::is_pattern;
pub use change::{Change, Held, InterventionError, Reader, Resolved};
pub use config::{
    Activation, AttentionConfig, Bias, BlockState, CONFIG_VERSION, ConfigError, Join, LinearConfig,
    Mamba2Config, MambaConfig, Mask, Mixer, MlpKind, NetworkConfig, Norm, Placement, Positions,
    Residual, RnnConfig, Rule, Rwkv7Config, S4dConfig, SsmConfig, States, Unembed,
};
pub(crate) use groups::for_heads;
pub use network::Network;
pub use probe::{Keep, Probe, Trace, Visit};
pub(crate) use room::most_that_fit;
pub use ssm::{Decay, Recurrence};
