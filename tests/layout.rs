//! The layout that ARCHITECTURE.md describes is the one that the code has.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

#[path = "../src/text/file.rs"]
mod file;
#[path = "../xtask/src/scan.rs"]
mod scan;

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
    for place in
        ["", "src", "src/app", "crates", "crates/engine/src", "crates/engine/src/bin", "tests"]
    {
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

/// Folders of the page's source, each with those that it may use besides itself.
const MAY_USE: &[(&str, &[&str])] = &[
    // Its macros are everywhere; that it uses nothing is what matters.
    ("text", &[]),
    ("view", &[]),
    ("paint", &["view"]),
    ("share", &["view"]),
    ("link", &["share", "view"]),
    ("app/browser", &[]),
    ("app/language", &["app/browser"]),
    ("app/state", &["app/browser", "link", "paint", "share", "view"]),
    ("app/parts", &["app/browser", "app/state", "link", "paint", "share", "view"]),
    ("app/panels", &["app/browser", "app/state", "app/parts", "link", "paint", "share", "view"]),
    (
        "app/labs",
        &[
            "app/browser",
            "app/state",
            "app/parts",
            "app/panels",
            "app/lesson",
            "link",
            "share",
            "view",
        ],
    ),
    ("app/lesson", &["app/browser", "app/state", "app/parts", "app/panels", "share", "view"]),
    (
        "app/shell",
        &[
            "app/browser",
            "app/state",
            "app/parts",
            "app/panels",
            "app/labs",
            "app/lesson",
            "link",
            "paint",
            "share",
            "view",
        ],
    ),
];

/// The paths that the `use` lines of a file name from the crate's root, two steps of each.
fn imports(path: &Path) -> BTreeSet<String> {
    let text = code(path).join(" ");
    let mut found = BTreeSet::new();
    for part in text.split("crate::").skip(1) {
        leaves(part, "", &mut found);
    }
    found
}

/// Adds the first two steps of every path of a tree such as `a::{b, c::d}`.
fn leaves(text: &str, before: &str, found: &mut BTreeSet<String>) {
    let end = text.find(|it: char| !(it.is_alphanumeric() || it == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path = if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") };
    match rest.strip_prefix("::") {
        Some(rest) if path == "app" => leaves(rest, &path, found),
        _ if !rest.starts_with('{') => drop(found.insert(path)),
        _ => {}
    }
    let Some(inside) = text.strip_prefix('{') else { return };
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                leaves(inside[start..at].trim(), before, found);
                start = at + 1;
                if letter == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
}

#[test]
fn folders_of_the_page_use_what_lies_below_them() {
    for (folder, may) in MAY_USE {
        let known = |it: &str| MAY_USE.iter().any(|row| row.0 == it);
        let file = format!("src/{folder}.rs");
        let paths = if root().join(&file).exists() {
            vec![root().join(file)]
        } else {
            sources(&format!("src/{folder}"))
        };
        for path in paths {
            for used in imports(&path).iter().filter(|it| known(it)) {
                let is_fine = used == folder || used == "text" || may.contains(&used.as_str());
                assert!(is_fine, "{} uses {used}, which lies above {folder}", path.display());
            }
        }
    }
    for folder in inside(&root().join("src")).iter().chain(&inside(&root().join("src/app"))) {
        let path = folder.strip_prefix(root().join("src")).expect("below src");
        let is_room = folder.is_dir() && name(folder) != "app";
        let path = path.display().to_string();
        assert!(!is_room || MAY_USE.iter().any(|it| it.0 == path), "no row for src/{path}");
    }
}

#[test]
fn imports_are_read_from_trees() {
    let mut found = BTreeSet::new();
    leaves(
        "{app::{parts::{figure::X, icon::Y}, state::Z}, link::Run, view::{self, A}};",
        "",
        &mut found,
    );
    let expected = ["app/parts", "app/state", "link", "view"];
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn files_are_no_longer_than_a_reader_can_hold() {
    /// Lines above the tests of a file.
    const MOST: usize = 400;
    /// Files that are longer, each to be split when it is next worked on; none may grow.
    const LONGER: &[(&str, usize)] = &[
        ("crates/engine/src/model/config.rs", 737),
        ("crates/engine/src/model/ssm/recurrence.rs", 450),
        ("crates/lab/src/claim/parse.rs", 407),
        ("src/view/film.rs", 407),
    ];
    for folder in ["src", "crates", "xtask/src"] {
        for path in sources(folder) {
            let text = read(&path);
            let n = text.lines().take_while(|it| *it != "#[cfg(test)]").count();
            let short = path.strip_prefix(root()).expect("below the root").display().to_string();
            let most = LONGER.iter().find(|it| it.0 == short).map_or(MOST, |it| it.1);
            let is_test = short.contains("/tests");
            assert!(
                is_test || n <= most,
                "{short} has {n} lines above its tests; {most} are allowed"
            );
        }
    }
}

/// Every recipe of ARCHITECTURE.md: what is added, how many files it says, and the paths it names.
fn recipes() -> Vec<(String, usize, BTreeSet<String>)> {
    let map = read(&root().join("ARCHITECTURE.md"));
    let (_, list) = map.split_once("## To add").expect("there are recipes");
    let recipe = |line: &str| {
        let (name, rest) = line.strip_prefix("- **")?.split_once("** (")?;
        let (count, text) = rest.split_once(" file")?;
        let quoted = text.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|it| it.contains('/') && !it.contains(' '));
        // What is besides, "(6 then)", is not counted.
        let besides = text.matches(" then)").count();
        let paths: BTreeSet<String> = paths.map(str::to_owned).collect();
        Some((name.to_owned(), count.parse::<usize>().ok()? + besides, paths))
    };
    list.lines().filter(|it| it.starts_with("- **")).map(|it| recipe(it).expect(it)).collect()
}

#[test]
fn recipes_name_what_is_there_and_count_it() {
    let recipes = recipes();
    assert!(18 <= recipes.len(), "{}", recipes.len());
    for (name, count, paths) in recipes {
        assert_eq!(paths.len(), count, "{name}: {paths:?}");
        for path in paths {
            let known = match path.find("NAME") {
                Some(at) => path[..at].trim_end_matches('/'),
                None => path.as_str(),
            };
            let is_there = known == "assets/text" || root().join(known).exists();
            assert!(is_there, "{name}: there is no {path}");
        }
    }
}

/// Folders of the page whose texts go through `tr!`, `tr_n!` or `text!`.
const TRANSLATED: &[&str] = &["src/app", "src/link", "src/paint", "src/share", "src/view"];

/// What a literal is for that no reader sees, by what stands around or before it.
const NOT_SHOWN: &[&str] = &[
    // Tests of our own faults, which end in the console.
    "assert!",
    "assert_eq!",
    "debug_assert!",
    "expect",
    "warn!",
    // What elements are found by, styled by, and why a lint is off.
    "all_in",
    "closest",
    "contains",
    "focus",
    "query_selector",
    "class=",
    "reason =",
    "rel=",
    "summary_class=",
];

/// Literals that look like texts and are none, each with its reason.
const NO_TEXTS: &[(&str, &str)] = &[
    ("Undercurrent", "a name"),
    ("SHA-256 ", "a name"),
    ("Home", "a key, as browsers name it"),
    ("End", "a key, as browsers name it"),
    ("Escape", "a key, as browsers name it"),
    ("Tab", "a key, as browsers name it"),
    ("menu {class}", "names of styles"),
    ("ramp {kind}", "names of styles"),
    ("[data-place={}] .heading select", "a selector"),
    ("{name}, number", "a heading in files for programs"),
    ("Mamba", "a name"),
    ("States", "the title of a lesson, as the lesson has it"),
    ("mark met", "names of styles"),
    ("mark open", "names of styles"),
    ("M{x1} {y1}L{x2} {y2}", "a path of SVG"),
    ("{} {size_px}px {}", "a font of CSS"),
    ("Files", "a kind of what is dropped, as browsers name it"),
    ("Anna put the lantern in the barn. Tom looked for the lantern in the", "a prompt"),
    ("recurrent network", "a name of `kind_of`, compared with"),
    ("blocks.1.mlp.out@last set mean", "a program's own words"),
    (
        "[data-zone=stage] .maximised button, [data-zone=stage]:not(.has-maximised) .figure",
        "a selector",
    ),
];

/// Whether a literal looks like something that a reader is to read: two words, a capital word, or
/// a word where elements, attributes, tables and notices have theirs.
fn looks_like_text(literal: &scan::Literal) -> bool {
    let is_word = |it: &str| 2 <= it.len() && it.chars().all(|it| it.is_ascii_alphabetic());
    let plain = without_placeholders(&literal.text);
    let words: Vec<&str> =
        plain.split(' ').map(|it| it.trim_matches(|it| ",.:;“”()".contains(it))).collect();
    let is_placeholder = |it: &str| it.trim_matches('x').is_empty();
    let is_phrase = words.windows(2).any(|it| {
        it.iter().all(|word| is_word(word)) && !it.iter().all(|word| is_placeholder(word))
    });
    let is_capital =
        |it: &str| it.starts_with(char::is_uppercase) && it[1..] == it[1..].to_lowercase();
    let is_name = 2 < plain.len() && is_word(&literal.text) && is_capital(&plain);
    is_phrase || is_name || is_shown(literal) && words.iter().any(|it| is_word(it))
}

/// What `format!` puts in stands for a word.
fn without_placeholders(text: &str) -> String {
    let parts: Vec<&str> =
        text.split('{').map(|it| it.split_once('}').map_or(it, |it| it.1)).collect();
    parts.join("xx")
}

/// Whether a literal stands where only texts stand.
fn is_shown(literal: &scan::Literal) -> bool {
    let (around, before) = (literal.around.last().map_or("", String::as_str), &literal.before);
    let is_child = around == "view!" && before.ends_with(['>', '}', '"']);
    ["aria-label=", "title=", "placeholder="].contains(&before.as_str())
        || is_child
        || around.ends_with(".notice")
        || literal.around.iter().any(|it| it.trim() == "Table::new")
}

/// The texts of the page's files, each with its place.
fn keys() -> Vec<(String, scan::Key)> {
    let files = sources("src").into_iter();
    let keys = files.flat_map(|path| {
        let place = path.display().to_string();
        scan::keys(&read(&path)).into_iter().map(move |it| (place.clone(), it))
    });
    keys.collect()
}

#[test]
fn texts_of_the_page_can_be_translated() {
    let is_none = |literal: &scan::Literal| {
        let around =
            literal.around.last().map_or("", |it| it.rsplit(['.', ':', ' ']).next().unwrap_or(""));
        scan::is_key(literal)
            || NOT_SHOWN.contains(&around)
            || NOT_SHOWN.contains(&literal.before.as_str())
            || NO_TEXTS.iter().any(|it| it.0 == literal.text)
    };
    let mut found = Vec::new();
    for path in TRANSLATED.iter().flat_map(|it| sources(it)) {
        let is_test = ["tests.rs", "testing.rs", "sample.rs"].contains(&name(&path).as_str());
        let literals = if is_test { Vec::new() } else { scan::literals(&read(&path)) };
        for literal in literals.iter().filter(|it| looks_like_text(it) && !is_none(it)) {
            found.push(format!("{}:{}: {:?}", path.display(), literal.line, literal.text));
        }
    }
    assert!(found.is_empty(), "these go through tr!, tr_n! or text!:\n{}", found.join("\n"));
}

#[test]
fn texts_of_the_page_are_lines_that_a_translator_can_write() {
    for (place, scan::Key { text, is_counted }) in keys() {
        assert!(!text.is_empty() && text.trim() == text, "{place}: blanks are lost: {text:?}");
        assert!(!text.starts_with('#'), "{place}: a comment in a file of translations: {text:?}");
        let n_forms = text.split(file::FORMS).count();
        assert_eq!(n_forms, 1 + usize::from(is_counted), "{place}: forms of a plural: {text:?}");
    }
}

#[test]
fn translations_are_of_texts_that_the_page_has() {
    let folder = root().join("assets/text");
    let files = if folder.is_dir() { inside(&folder) } else { Vec::new() };
    let known: BTreeSet<String> = keys().into_iter().map(|it| it.1.text).collect();
    for path in files {
        let entries =
            file::parse(&read(&path)).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
        for key in entries.keys() {
            assert!(known.contains(key), "{}: the page does not say {key:?}", path.display());
        }
    }
}

#[test]
fn what_looks_like_a_text_is_found() {
    let found = |source: &str| {
        let all = scan::literals(source);
        all.iter().filter(|it| looks_like_text(it)).map(|it| it.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        found(r#"f("of the page", "page", "Page", "x y", "M2 4h8")"#),
        ["of the page", "Page"]
    );
    assert_eq!(
        found(r#"format!("{n} tokens {a} {b}") + &format!("{a} {b}")"#),
        ["{n} tokens {a} {b}"]
    );
    assert_eq!(
        found(r#"view! { <p id="one" title="two">"three" {x} "four"</p> }"#),
        ["two", "three", "four"]
    );
    assert_eq!(
        found(r#"Table::new(["token"]); state.notice("lost"); other("token")"#),
        ["token", "lost"]
    );
}
