//! `cargo xtask bench` and `cargo xtask train`: what is measured and made outside the page.

use std::path::Path;

use crate::{
    args::Args,
    compress, dist,
    project::{Failure, Project, Result, run},
    test,
    wasm::Finish,
};

/// A part of the measurements that can be run alone.
struct Part {
    name: &'static str,
    run: fn(&Project) -> Result<()>,
}

const PARTS: [Part; 4] = [
    Part { name: "size", run: size },
    Part { name: "native", run: native },
    Part { name: "growth", run: growth },
    Part { name: "browser", run: browser },
];

/// Prints the tables that are named, or all.
pub(crate) fn bench(project: &Project, words: &[String]) -> Result<()> {
    let names = Args::parse(words, &[], &[])?.words;
    if let Some(unknown) = names.iter().find(|name| PARTS.iter().all(|it| it.name != *name)) {
        let known = PARTS.map(|it| it.name).join(" ");
        return Err(Failure::new(format!("no part {unknown:?}; there are: {known}")));
    }
    for part in
        PARTS.iter().filter(|it| names.is_empty() || names.iter().any(|name| name == it.name))
    {
        println!("\n== {}", part.name);
        (part.run)(project)?;
    }
    Ok(())
}

/// `cargo xtask profile`: which functions a key's time goes to, in the worker and on the page.
pub(crate) fn profile(project: &Project, words: &[String]) -> Result<()> {
    let script = project.root.join("tests").join("e2e").join("profile.mjs");
    let named = dist::named(project)?;
    // Node 20 has sockets only by this word.
    run(test::node(&named)?.arg("--experimental-websocket").arg(script).args(words))
}

/// `cargo xtask train`: the command line's `train`, natively and optimised.
pub(crate) fn train(project: &Project, words: &[String]) -> Result<()> {
    if words.is_empty() {
        let recipes = project.root.join("assets").join("recipes");
        let known = dist::files(&recipes, Path::new("")).unwrap_or_default();
        let known: Vec<_> = known.iter().filter_map(|it| it.file_stem()?.to_str()).collect();
        return Err(Failure::new(format!("name a recipe: {}", known.join(" "))));
    }
    run(command_line(project, "train").args(words))
}

/// The prompt has 32 tokens, as the browser's has.
fn native(project: &Project) -> Result<()> {
    let prompt = "Anna put the lantern in the barn. Tom looked for the key in the garden. \
                  Anna gave Tom the lantern. Then Tom went to the attic with the";
    let model = ["--model", "assets/models/tales", "--prompt", prompt];
    run(command_line(project, "bench").current_dir(&project.root).args(model))
}

fn growth(project: &Project) -> Result<()> {
    run(command_line(project, "growth").current_dir(&project.root))
}

fn browser(project: &Project) -> Result<()> {
    let script = project.root.join("tests").join("e2e").join("bench.mjs");
    dist::whole(project, Finish::Plain)?;
    run(test::node(project)?.arg(script))
}

/// What each file of `dist/` weighs, and what of it goes over the wire.
fn size(project: &Project) -> Result<()> {
    dist::whole(project, Finish::Plain)?;
    println!("compressing (usually 2 minutes)");
    println!("{:>12} {:>12}  file", "bytes", "brotli");
    let mut total = [0, 0];
    for path in dist::files(&project.dist, Path::new(""))? {
        if path.extension().is_some_and(|it| it == "br") {
            continue;
        }
        let full = project.dist.join(&path);
        let sizes = [full.metadata().map_or(0, |it| it.len()), compress::wire_bytes(&full)?];
        println!("{:>12} {:>12}  {}", sizes[0], sizes[1], path.display());
        total = [total[0] + sizes[0], total[1] + sizes[1]];
    }
    println!("{:>12} {:>12}  all", total[0], total[1]);
    Ok(())
}

/// The program `undercurrent` of the engine's package.
pub(crate) fn command_line(project: &Project, task: &str) -> std::process::Command {
    let mut cargo = project.cargo(["run", "--release", "--package=engine", "--bin=undercurrent"]);
    cargo.args(["--", task]);
    cargo
}
