//! The words that the page and the engine share: places in a network, arrays, questions, answers.
//!
//! Knows nothing of tensors, browsers or files.

mod array; // start here
mod ask;
mod axis;
mod facts;
mod frame;
mod job;
mod model;
mod program;
mod protocol;
mod side;
mod site;

pub use array::{ArrayError, NamedArray};
pub use ask::*;
pub use axis::Axis;
pub use facts::{Lack, NormKind, PositionKind, SsmKind, WriteStep};
pub use frame::{Format, Frame, FrameError, FrameParts, Quantity};
pub use job::{Job, JobId, JobResult, JobTrouble, ProbeJob, Probed};
pub use model::{Device, MOST_HEADS, MixerShape, ModelInfo, ModelShape, Phenomenon, SsmShape};
pub use program::{
    Component, Intervention, MOST_BLOCKS, Op, PROGRAM_VERSION, Passes, Place, Program, Report, Row,
    Source, Span, Status, Target, TextError, TextProblem, Trouble, read_blocks, read_cuts,
    read_program,
};
pub use protocol::{Event, Notice, Request, RunId, Token, decode, encode};
pub use side::{Entry, Fact, FactValues, MarkKind, Outcome, Role, Scale, Side, SideMark};
pub use site::{Part, Site, SiteError, SitePattern};
