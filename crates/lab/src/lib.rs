//! Labs: tasks with a known truth, the folders that describe a lab, and claims that are tested.
//!
//! Pure: no tensor, no page, no clock. Trainer, page and command line share it, so a rule, a
//! number and an outcome are the same in all three.

pub mod task; // start here

pub mod claim;
pub mod format;
#[cfg(feature = "measure")]
pub mod frames;
pub mod index;
pub mod lesson;
pub mod report;
pub mod stats;

mod token;
