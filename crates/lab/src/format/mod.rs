//! The files of a lab: `lab.json`, which says what is done, and `measured.json`, what came out.
//!
//! Both have a version; unknown fields are refused, and every error names its place. The types go
//! through JSON in the repository and through postcard in `labs/index.bin`, hence no field is ever
//! left out and no enum is told apart by its content.

mod lab; // start here

mod check;
mod fits;
#[cfg(feature = "json")]
mod json;
mod measured;
mod problem;
#[cfg(feature = "json")]
mod resolve;
mod task;

#[cfg(feature = "json")]
pub use self::resolve::Resolved;
pub use self::{
    lab::{
        ALL_BITS, At, Claim, Control, Expect, Json, Lab, Measure, MeasureKind, Network, Paper,
        Prompt, Recipe, View, ViewKind, WEIGHTS_BITS,
    },
    measured::{Measured, Moment, Run, Value},
    problem::Problem,
    task::{Exercise, Named, TaskSpec},
};

/// The newest version of both files that this program reads, and the one that it writes.
pub const VERSION: u32 = 1;
