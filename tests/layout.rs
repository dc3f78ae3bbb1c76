//! The layout that ARCHITECTURE.md describes is the one that the code has.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What lies in a folder, but for what is built and what is hidden.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let built = ["target", "dist", "node_modules", "runs"];
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .flatten()
        .map(|it| it.path())
        .filter(|it| !name(it).starts_with('.') && !built.contains(&name(it).as_str()))
        .collect();
    all.sort();
    all
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned())
}

/// Every Rust file below a folder.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(inside(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    assert!(!found.is_empty(), "{folder} holds Rust");
    found
}

/// The lines of a file that are code.
fn code(path: &Path) -> Vec<String> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    read(path).lines().filter(is_code).map(str::to_owned).collect()
}

#[track_caller]
fn never_names(folder: &str, words: &[&str]) {
    for path in sources(folder) {
        for line in code(&path) {
            let found = words.iter().find(|it| line.contains(**it));
            assert!(
                found.is_none(),
                "{}: {folder} must not know {found:?}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn the_map_names_every_folder() {
    let map = read(&root().join("ARCHITECTURE.md"));
    for place in ["", "src", "crates", "crates/engine/src", "crates/engine/src/bin", "tests"] {
        for folder in inside(&root().join(place)).iter().filter(|it| it.is_dir()) {
            let name = format!("{}/", name(folder));
            assert!(map.contains(&name), "ARCHITECTURE.md does not name {name} of {place:?}");
        }
    }
}

#[test]
fn at_the_top_lies_only_what_earns_its_place() {
    let expected = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "Trunk.toml",
        "assets",
        "clippy.toml",
        "crates",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "src",
        "tests",
        "www",
        "xtask",
    ];
    for path in inside(root()) {
        let name = name(&path);
        assert!(
            expected.contains(&name.as_str()),
            "{name} lies at the top; it has to earn it here"
        );
    }
}

#[test]
fn views_are_numbers_to_marks() {
    never_names("src/view", &["paint::", "app::", "share::", "web_sys", "leptos", "js_sys"]);
}

#[test]
fn signals_are_the_apps_alone() {
    for folder in ["src/view", "src/share", "src/paint", "src/link"] {
        never_names(folder, &["leptos", "RwSignal"]);
    }
    for folder in ["src/share", "src/link"] {
        never_names(folder, &["web_sys", "js_sys", "app::", "paint::"]);
    }
}

#[test]
fn the_page_knows_no_tensor_and_the_engine_no_page() {
    never_names("src", &["burn", "engine::"]);
    never_names("crates/trace/src", &["burn", "web_sys", "leptos"]);
    never_names("crates/engine/src", &["leptos", "undercurrent::"]);
}

#[test]
fn the_model_does_not_know_who_looks() {
    never_names("crates/engine/src/model", &["crate::ask", "session::", "train::"]);
    never_names("crates/engine/src/geometry", &["crate::", "burn"]);
}
