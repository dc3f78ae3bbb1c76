//! `cargo xtask text`: the page's texts for those who translate, and what a translation still lacks.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    args::Args,
    dist,
    project::{Failure, Project, Result, failed},
    scan::keys,
};

#[path = "../../src/text/file.rs"]
mod file;

use file::{Entries, entry, parse};

/// Where translations lie, a file for each language.
const FOLDER: &str = "assets/text";

/// Prints every text of the page as a file of translations, with what there is of a language.
pub(crate) fn text(project: &Project, words: &[String]) -> Result<()> {
    let words = Args::parse(words, &[], &[])?.words;
    let entries = match &words[..] {
        [] => Entries::new(),
        [language] => read(&project.root.join(FOLDER).join(format!("{language}.txt")))?,
        _ => return Err(Failure::new("it takes one language at most")),
    };
    print!("{}", template(&sources(project)?, &entries));
    Ok(())
}

/// The languages that there are. Says what their files lack.
///
/// # Errors
/// The file and the line that cannot be read.
pub(crate) fn languages(project: &Project) -> Result<Vec<String>> {
    let folder = project.root.join(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let wanted: BTreeSet<String> =
        sources(project)?.iter().flat_map(|it| keys(&it.1)).map(|it| it.text).collect();
    let mut languages = Vec::new();
    for name in dist::files(&folder, Path::new(""))? {
        let path = folder.join(&name);
        let language = name.file_stem().map(|it| it.to_string_lossy().into_owned());
        let language = language.filter(|_| name.extension().is_some_and(|it| it == "txt"));
        let language = language.ok_or_else(|| {
            Failure::new(format!("{}: translations are called LANGUAGE.txt", path.display()))
        })?;
        for lack in lacks(&read(&path)?, &wanted) {
            println!("{}: {lack}", project.shown(&path));
        }
        languages.push(language);
    }
    Ok(languages)
}

/// What a file says that the page does not, and the other way round.
fn lacks(entries: &Entries, wanted: &BTreeSet<String>) -> Vec<String> {
    let unknown = entries.keys().filter(|it| !wanted.contains(*it));
    let missing = wanted.iter().filter(|it| entries.get(*it).is_none_or(Option::is_none));
    let unknown = unknown.map(|it| format!("the page does not say “{it}”"));
    unknown.chain(missing.map(|it| format!("“{it}” is not translated"))).collect()
}

fn read(path: &Path) -> Result<Entries> {
    let text = fs::read_to_string(path).map_err(failed(format!("reading {}", path.display())))?;
    parse(&text).map_err(failed(path.display()))
}

/// The page's Rust files in order, with their names from the root.
fn sources(project: &Project) -> Result<Vec<(PathBuf, String)>> {
    let names = dist::files(&project.root.join("src"), Path::new("src"))?;
    let mut found = Vec::new();
    for name in names {
        let path = project.root.join(&name);
        let text =
            fs::read_to_string(&path).map_err(failed(format!("reading {}", path.display())))?;
        found.push((name, text));
    }
    Ok(found)
}

/// Every key once, under the file that has it first.
fn template(sources: &[(PathBuf, String)], entries: &Entries) -> String {
    let mut text = String::from(
        "# In each entry the first line is the English text, the second its translation.\n\
         # What stands in braces stays as it is. Forms of a plural are set apart by “ | ”.\n\n",
    );
    let mut seen = BTreeSet::new();
    for (name, source) in sources {
        let new: Vec<String> = keys(source)
            .into_iter()
            .map(|it| it.text)
            .filter(|it| seen.insert(it.clone()))
            .collect();
        if !new.is_empty() {
            text += &format!("# {}\n\n", name.display().to_string().replace('\\', "/"));
        }
        for key in new {
            let translation = entries.get(&key).and_then(Option::as_deref);
            text += &(entry(&key, translation) + "\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Vec<(PathBuf, String)> {
        let file = |name: &str, text: &str| (PathBuf::from(name), text.to_owned());
        vec![
            file("src/a.rs", r#"tr!("Help") tr_n!(n, "{n} day", "{n} days")"#),
            file("src/b.rs", r#"tr!("Help")"#),
            file("src/c.rs", r#"text!("Close\nit")"#),
        ]
    }

    #[test]
    fn a_translator_starts_with_every_text_once() {
        let text = template(&sources(), &Entries::new());
        let expected = "# src/a.rs\n\nHelp\n\n{n} day | {n} days\n\n# src/c.rs\n\nClose\\nit\n\n";
        assert!(text.ends_with(expected), "{text}");
        let entries = parse(&text).unwrap();
        assert_eq!(entries.len(), 3);
        assert!(entries.values().all(Option::is_none));
    }

    #[test]
    fn a_translator_goes_on_with_what_there_is() {
        let entries = parse("Help\nHilfe\n\nOld\nAlt\n").unwrap();
        let text = template(&sources(), &entries);
        assert!(text.contains("Help\nHilfe\n\n") && !text.contains("Old"), "{text}");
    }

    #[test]
    fn what_is_unknown_and_what_is_missing_is_told() {
        let entries = parse("Help\nHilfe\n\nOld\nAlt\n\nClose\n").unwrap();
        let wanted = ["Help", "Close", "Open"].map(str::to_owned).into();
        let expected = [
            "the page does not say “Old”",
            "“Close” is not translated",
            "“Open” is not translated",
        ];
        assert_eq!(lacks(&entries, &wanted), expected);
    }
}
