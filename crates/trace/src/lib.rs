//! The words that the page and the engine share: places in a network, arrays, questions, answers.
//!
//! Knows nothing of tensors, browsers or files.

mod array; // start here
mod axis;
mod edit;
mod model;
mod protocol;
mod question;
mod site;

pub use array::{ArrayError, NamedArray};
pub use axis::Axis;
pub use edit::{Edit, EditKind};
pub use model::{Device, MOST_HEADS, MixerShape, ModelInfo, ModelShape, Phenomenon, SsmShape};
pub use protocol::{Event, Notice, Request, RunId, Token, decode, encode};
pub use question::{
    Answer, AttentionRow, Basis, Contrast, Faces, Film, GUESS, LAST, Lens, LensSite, Memory, Norms,
    Paths, Patterns, Poles, Question, STRONGEST, StateLens, Writers, guesses, pair, strongest,
};
pub use site::{Part, Site, SiteError, SitePattern};
