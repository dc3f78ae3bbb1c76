//! The engine from outside: one test binary, a module per area.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "allow-unwrap-in-tests covers test functions only, and what tests print is read on failure"
)]

mod tiny; // start here: small random networks and how they are run

mod close; // how far apart the same numbers may be
mod plain; // the same maths in plain loops

mod answers; // attribution, paths and norms, held to plain maths
mod attention; // what is said of patterns
mod changes; // changes of values as they pass
mod checkpoints; // earlier steps of training, packed and read
mod cli; // the built program
mod golden; // every site of tiny random models equals that of PyTorch and of numpy
mod gradients; // of whole networks, held to differences
mod hidden; // what is said of states and of hidden attention
mod hybrids; // attention and a recurrence that have a part in one another
mod identities; // equations between sites that hold for any weights
mod jobs; // work between requests, and the probes that it fits
mod labs; // stored networks give the numbers that are written of them
mod loading; // files that are damaged or not ours are refused with what to do
mod logit_lens; // what each depth says, held to plain maths
mod program; // interventions as a reader writes them
mod recurrence; // the forms of a recurrence are one
mod session; // prompts, runs and looks
mod train; // the loop, its checkpoints, the finished model
