//! `cargo xtask test`: what CI does is what a person does.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::{
    args::Args,
    dist, install, lab,
    project::{Failure, Project, Result, run, spent},
    serve,
    wasm::{CPU_ENGINE, Finish, PAGE},
};

/// A part of the tests that can be run alone.
struct Step {
    name: &'static str,
    about: &'static str,
    /// How long it takes on two cores when nothing is compiled yet; later it is a fraction.
    usually: &'static str,
    run: fn(&Project) -> Result<()>,
}

const STEPS: [Step; 7] = [
    Step { name: "format", about: "rustfmt", usually: "2 s", run: format },
    Step { name: "lint", about: "clippy, natively and for wasm", usually: "10 min", run: lint },
    Step { name: "labs", about: "claims and weights of all labs", usually: "1 s", run: labs },
    Step { name: "docs", about: "rustdoc without a warning", usually: "1 min", run: docs },
    Step { name: "unit", about: "tests of all packages, natively", usually: "15 min", run: unit },
    Step {
        name: "page",
        about: "the page and both engines for wasm",
        usually: "20 min",
        run: page,
    },
    Step { name: "browser", about: "the page in a Chromium", usually: "3 min", run: browser },
];

/// Runs the steps that are named, or all, to the end even where one fails.
pub(crate) fn test(project: &Project, words: &[String]) -> Result<()> {
    let names = Args::parse(words, &[], &[])?.words;
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|it| it.name != *name)) {
        let known = STEPS.map(|it| it.name).join(" ");
        return Err(Failure::new(format!("no step {unknown:?}; there are: {known}")));
    }
    let wanted = |step: &&Step| names.is_empty() || names.iter().any(|it| it == step.name);
    let (mut n_passed, mut failed_steps) = (0, Vec::new());
    for step in STEPS.iter().filter(wanted) {
        println!("\n== {}: {} (from nothing usually {})", step.name, step.about, step.usually);
        let start = Instant::now();
        let outcome = (step.run)(project);
        let time = spent(start.elapsed());
        match outcome {
            Ok(()) => {
                println!("== {} passed in {time}", step.name);
                n_passed += 1;
            }
            Err(failure) => {
                println!("== {} FAILED after {time}: {failure}", step.name);
                failed_steps.push(step.name);
            }
        }
    }
    println!();
    for name in &failed_steps {
        println!("{name} failed; to run it alone: cargo xtask test {name}");
    }
    println!("{n_passed} passed, {} failed", failed_steps.len());
    if failed_steps.is_empty() { Ok(()) } else { Err(Failure::new("not all steps passed")) }
}

fn format(project: &Project) -> Result<()> {
    let mut cargo = Command::new("cargo");
    run(cargo.current_dir(&project.root).args(["fmt", "--all", "--check"]))
}

/// With the profiles that the other steps build with, so that macros are compiled once.
/// The engine for WebGPU shares all code with the one for the CPU but a dozen lines.
fn lint(project: &Project) -> Result<()> {
    let strict = ["--", "-D", "warnings"];
    run(project.cargo(["clippy", "--release", "--workspace", "--all-targets"]).args(strict))?;
    install::wasm_target()?;
    for module in [PAGE, CPU_ENGINE] {
        run(project.cargo(["clippy"]).args(module.choice()).args(strict))?;
    }
    Ok(())
}

fn labs(project: &Project) -> Result<()> {
    lab::check(project, &[])
}

fn docs(project: &Project) -> Result<()> {
    run(project
        .cargo(["doc", "--release", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// One package at a time: together they would ask other features of what they share, and burn
/// would be compiled again for `bench` and `train`.
fn unit(project: &Project) -> Result<()> {
    for package in ["trace", "lab", "engine", "undercurrent", "xtask"] {
        run(&mut project.cargo(["test", "--release", "--package", package]))?;
    }
    Ok(())
}

fn page(project: &Project) -> Result<()> {
    dist::whole(project, Finish::Plain)
}

fn browser(project: &Project) -> Result<()> {
    page(project)?;
    let tests = tests_in(&project.root.join("tests").join("e2e"))?;
    run(node(project)?.arg("--test").args(tests))
}

/// Node in the root, told where the page and the browser are.
pub(crate) fn node(project: &Project) -> Result<Command> {
    let browser = install::chromium()?;
    install::node_modules(project)?;
    let mut node = Command::new("node");
    node.current_dir(&project.root)
        .env("CHROME", browser)
        .env("UNDERCURRENT_URL", serve::in_background(project)?);
    Ok(node)
}

fn tests_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let found = dist::files(folder, Path::new(""))?;
    let is_test = |it: &PathBuf| it.to_string_lossy().ends_with(".test.mjs");
    let is_ours = |it: &PathBuf| it.components().count() == 1;
    let tests: Vec<_> = found.into_iter().filter(is_test).filter(is_ours).collect();
    if tests.is_empty() {
        return Err(Failure::new("tests/e2e holds no *.test.mjs"));
    }
    Ok(tests.iter().map(|it| folder.join(it)).collect())
}
