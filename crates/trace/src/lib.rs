//! The words that the page and the engine share: places in a network, arrays, questions, answers.
//!
//! Knows nothing of tensors, browsers or files.

mod array; // start here
mod ask;
mod axis;
mod edit;
mod model;
mod protocol;
mod site;

pub use array::{ArrayError, NamedArray};
pub use ask::*;
pub use axis::Axis;
pub use edit::{Edit, EditKind};
pub use model::{Device, MOST_HEADS, MixerShape, ModelInfo, ModelShape, Phenomenon, SsmShape};
pub use protocol::{Event, Notice, Request, RunId, Token, decode, encode};
pub use site::{Part, Site, SiteError, SitePattern};
