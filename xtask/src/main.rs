//! Everything around the code: build, serve, test, measure, train. `cargo xtask` lists it.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a native command line: it prints, it has threads and it has a clock"
)]

use std::process::ExitCode;

use project::{Failure, Project, Result};

mod args;
mod bench;
mod compress;
mod dist;
mod http;
mod install;
mod lab;
mod project;
mod scan;
mod serve;
mod test;
mod text;
mod wasm;

/// A word after `cargo xtask`.
struct Task {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    run: fn(&Project, &[String]) -> Result<()>,
}

const TASKS: [Task; 9] = [
    Task {
        name: "serve",
        usage: "[--port N] [--no-gpu-engine] [--dist-only] [--open]",
        about: "build the page and the engines, and serve them on this machine",
        run: serve::serve,
    },
    Task {
        name: "build",
        usage: "[--optimize]",
        about: "write dist/, ready to publish, with a .br beside what compresses",
        run: dist::publish,
    },
    Task {
        name: "test",
        usage: "[STEP…]",
        about: "check everything, or only: format lint labs docs unit page browser",
        run: test::test,
    },
    Task {
        name: "bench",
        usage: "[PART…]",
        about: "measure: size native browser",
        run: bench::bench,
    },
    Task {
        name: "profile",
        usage: "[MODEL [N_TOKENS]]",
        about: "say which functions the time of a key goes to, in the worker and on the page",
        run: bench::profile,
    },
    Task {
        name: "train",
        usage: "RECIPE [OPTION…]",
        about: "train a model of assets/recipes, natively",
        run: bench::train,
    },
    Task {
        name: "lab",
        usage: "new|train|measure|check|tables [ID] [--network NAME] [--seed N]",
        about: "make, train, measure and check a lab of assets/labs; write cards and tables",
        run: lab::lab,
    },
    Task {
        name: "text",
        usage: "[LANGUAGE]",
        about: "print every text of the page, for a translation in assets/text",
        run: text::text,
    },
    Task {
        name: "trunk-hook",
        usage: "",
        about: "for Trunk alone: add engines and static files to what it built",
        run: dist::trunk_hook,
    },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = words.split_first() else {
        usage();
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        usage();
        return ExitCode::SUCCESS;
    }
    match run(name, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cargo xtask {name}: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(name: &str, rest: &[String]) -> Result<()> {
    let task = TASKS
        .iter()
        .find(|it| it.name == name)
        .ok_or_else(|| Failure::new("there is no such task; `cargo xtask` lists them"))?;
    (task.run)(&Project::here()?, rest)
}

fn usage() {
    println!("cargo xtask TASK, from anywhere in the repository:");
    for task in &TASKS {
        println!("  {} {}", task.name, task.usage);
        println!("      {}", task.about);
    }
}
