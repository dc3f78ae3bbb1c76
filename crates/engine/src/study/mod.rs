//! Many rows of a task through a network: what can be read of its sites.
//!
//! Knows no messages. Training measures with it, and the session's jobs take it step by step.

mod streams; // start here

mod fact;
mod judged;
mod kept;
mod probe;

pub(crate) use fact::{FactSpace, fact_at};
pub(crate) use judged::{Judged, mean_of};
pub(crate) use kept::{Fitted, FittedProbe, Probes};
pub(crate) use probe::ProbeStudy;
pub(crate) use streams::{Cases, sites_of};
