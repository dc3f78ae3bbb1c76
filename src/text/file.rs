//! A file of translations: for each English text what stands in its place.
//!
//! ```text
//! # A comment.
//! Help
//! Hilfe
//!
//! {n} token | {n} tokens
//! {n} Wort | {n} Wörter
//! ```
//!
//! Entries are set apart by blank lines: the English text, then its translation. An entry of one
//! line has no translation yet. Forms of a plural are set apart by [`FORMS`]. A line break in a
//! text is written `\n`, a backslash `\\`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
};

/// Between the forms of a plural.
pub(crate) const FORMS: &str = " | ";

/// What a file says: each English text with its translation, if it has one yet.
pub(crate) type Entries = BTreeMap<String, Option<String>>;

/// What is wrong with a file, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) about: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.about)
    }
}

/// Reads a file.
///
/// # Errors
/// The first line that is wrong: a third line in an entry, a text that was there before, an unknown
/// escape, a translation with other placeholders than its text, or with forms where the text has none.
pub(crate) fn parse(text: &str) -> Result<Entries, Fault> {
    let mut entries = Entries::new();
    // The text whose translation may come next, with its line.
    let mut open: Option<String> = None;
    let mut is_full = false;
    for (line, written) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let fault = |about: String| Fault { line, about };
        if written.starts_with('#') {
            continue;
        }
        if written.trim().is_empty() {
            (open, is_full) = (None, false);
            continue;
        }
        let read = unescaped(written.trim_end()).map_err(fault)?;
        match open.take() {
            _ if is_full => {
                return Err(fault("an entry has two lines, and a blank one after".to_owned()));
            }
            Some(key) => {
                fits(&key, &read).map_err(fault)?;
                entries.insert(key, Some(read));
                is_full = true;
            }
            None if entries.contains_key(&read) => {
                return Err(fault(format!("“{read}” was there before")));
            }
            None => {
                entries.insert(read.clone(), None);
                open = Some(read);
            }
        }
    }
    Ok(entries)
}

/// One entry as it is written in a file, without the blank line after it.
#[allow(dead_code, reason = "xtask, which has this file too, writes files")]
pub(crate) fn entry(key: &str, translation: Option<&str>) -> String {
    let lines = [Some(key), translation];
    lines.into_iter().flatten().map(|it| escaped(it) + "\n").collect()
}

/// The names in braces of a text.
pub(crate) fn placeholders(text: &str) -> BTreeSet<&str> {
    let inner = text.split('{').skip(1).filter_map(|it| Some(it.split_once('}')?.0));
    inner.filter(|it| is_name(it)).collect()
}

/// Whether a placeholder may be called so.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
}

/// Checks a translation against its text.
fn fits(key: &str, translation: &str) -> Result<(), String> {
    if translation.contains(FORMS) && !key.contains(FORMS) {
        return Err(format!("the English text has one form, so that “{FORMS}” cannot stand here"));
    }
    let wanted = placeholders(key);
    for form in translation.split(FORMS) {
        let has = placeholders(form);
        if has != wanted {
            let shown = |all: &BTreeSet<&str>| {
                let all: Vec<String> = all.iter().map(|it| format!("{{{it}}}")).collect();
                if all.is_empty() { "none".to_owned() } else { all.join(" ") }
            };
            return Err(format!(
                "“{form}” has other placeholders than the English text: {} in place of {}",
                shown(&has),
                shown(&wanted)
            ));
        }
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

fn unescaped(line: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('\\') => '\\',
                other => {
                    let shown = other.map(String::from).unwrap_or_default();
                    return Err(format!("“\\{shown}” is no escape; there are \\n and \\\\"));
                }
            },
            letter => letter,
        };
        text.push(letter);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (usize, String) {
        let fault = parse(text).unwrap_err();
        (fault.line, fault.about)
    }

    #[test]
    fn entries_comments_and_what_is_not_translated_yet() {
        let text = "\u{feff}# German\nHelp\nHilfe\r\n\n\n# later\nClose\n\n{n} of {total}\n{total}, davon {n}\n";
        let entries = parse(text).unwrap();
        let expected = [
            ("Close", None),
            ("Help", Some("Hilfe")),
            ("{n} of {total}", Some("{total}, davon {n}")),
        ];
        let expected = expected.map(|(key, it)| (key.to_owned(), it.map(str::to_owned)));
        assert_eq!(entries, Entries::from(expected));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (key, translation) = ("one\ntwo \\ three", "eins\nzwei \\ drei");
        let text = entry(key, Some(translation)) + "\n" + &entry("Close", None);
        let entries = parse(&text).unwrap();
        assert_eq!(entries[key].as_deref(), Some(translation));
        assert_eq!(entries["Close"], None);
    }

    #[test]
    fn an_entry_has_two_lines() {
        assert_eq!(
            fault("Help\nHilfe\nHülfe\n"),
            (3, "an entry has two lines, and a blank one after".to_owned())
        );
    }

    #[test]
    fn a_text_stands_once() {
        assert_eq!(
            fault("Help\nHilfe\n\nHelp\nHülfe\n"),
            (4, "“Help” was there before".to_owned())
        );
    }

    #[test]
    fn escapes_are_two() {
        assert_eq!(fault("a\\tb\n"), (1, "“\\t” is no escape; there are \\n and \\\\".to_owned()));
        assert_eq!(fault("# x\nab\\\n").0, 2);
    }

    #[test]
    fn placeholders_are_those_of_the_english_text() {
        let told = fault("{n} of {total}\n{n} von {totl}\n");
        assert_eq!(told.0, 2);
        assert!(told.1.ends_with("{n} {totl} in place of {n} {total}"), "{}", told.1);
        assert!(fault("{n} left\nwenige\n").1.ends_with("none in place of {n}"));
        assert!(parse("a set {1, 2}\neine Menge {2, 1}\n").is_ok(), "no name, no placeholder");
    }

    #[test]
    fn forms_stand_where_the_english_text_has_some() {
        let (line, about) = fault("{n} token\n{n} Wort | {n} Wörter\n");
        assert_eq!((line, about.starts_with("the English text has one form")), (2, true));
        assert!(parse("{n} token | {n} tokens\n{n} 個\n").is_ok(), "a language may need fewer");
        assert!(parse("{n} day | {n} days\n{n} dzień | {n} dni | {n} dni\n").is_ok(), "or more");
        assert!(
            parse("{n} day | {n} days\n{n} Tag | Tage\n").is_err(),
            "each has its placeholders"
        );
    }
}
