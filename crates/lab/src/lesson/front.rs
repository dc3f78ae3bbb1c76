//! The head of a lesson: `key: value` between two lines of `---`.

use super::{Trouble, VERSION};

/// What a lesson says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Front {
    pub title: String,
    /// How long it takes.
    pub minutes: Option<u32>,
    /// The model of every stage that names none.
    pub model: Option<String>,
    pub version: u32,
}

impl Default for Front {
    fn default() -> Self {
        Self { title: "Lesson".to_owned(), minutes: None, model: None, version: VERSION }
    }
}

const FENCE: &str = "---";
const EXAMPLE: &str = "begin with the lines: --- title: … version: 1 ---";

/// The head, what comes after it, and the number of that line.
pub(super) fn read<'a>(text: &'a str, troubles: &mut Vec<Trouble>) -> (Front, &'a str, usize) {
    let mut front = Front::default();
    let mut lines = text.split_inclusive('\n').enumerate();
    if lines.next().map(|it| it.1.trim_end()) != Some(FENCE) {
        troubles.push(Trouble::new(1, "the lesson has no head", EXAMPLE));
        return (front, text, 1);
    }
    let mut length = text.split_inclusive('\n').next().map_or(0, str::len);
    let mut seen: Vec<&str> = Vec::new();
    for (at, line) in lines {
        length += line.len();
        let words = line.trim();
        if words == FENCE {
            for key in ["title", "version"].into_iter().filter(|it| !seen.contains(it)) {
                let fix = format!("add a line such as `{key}: {}`", example(key));
                troubles.push(Trouble::new(1, format!("the head says no {key}"), fix));
            }
            return (front, &text[length..], at + 2);
        }
        let key = words.split(':').next().unwrap_or_default().trim();
        if !words.is_empty() {
            if let Err((what, fix)) = take(&mut front, words, seen.contains(&key)) {
                troubles.push(Trouble::new(at + 1, what, fix));
            }
            seen.push(key);
        }
    }
    troubles.push(Trouble::new(1, "the head does not end", "close it with a line of `---`"));
    (Front::default(), text, 1)
}

fn example(key: &str) -> &'static str {
    if key == "version" { "1" } else { "Where the answer comes from" }
}

/// Takes in one line of the head.
fn take(front: &mut Front, line: &str, is_again: bool) -> Result<(), (String, String)> {
    let fail = |what: String, fix: &str| Err((what, fix.to_owned()));
    let Some((key, value)) = line.split_once(':').map(|it| (it.0.trim(), it.1.trim())) else {
        return fail(
            format!("“{}” is no `key: value`", clipped(line)),
            "write a colon after the key",
        );
    };
    if is_again {
        return fail(format!("`{key}` is said twice"), "leave one of the two out");
    }
    match key {
        "title" if !value.is_empty() => value.clone_into(&mut front.title),
        "title" => return fail("the title is empty".into(), "write it after the colon"),
        "model" => front.model = Some(value.to_owned()),
        "minutes" => match value.parse() {
            Ok(minutes) => front.minutes = Some(minutes),
            Err(_) => {
                return fail(
                    format!("“{}” is no number of minutes", clipped(value)),
                    "write a whole number",
                );
            }
        },
        "version" => match value.parse() {
            Ok(version) if (1..=VERSION).contains(&version) => front.version = version,
            Ok(version) if VERSION < version => {
                front.version = version;
                return fail(
                    format!("the lesson is of version {version} and this page reads {VERSION}"),
                    "what both know is shown",
                );
            }
            _ => {
                let what = format!("“{}” is no version", clipped(value));
                return fail(what, "write `version: 1`");
            }
        },
        _ => {
            let what = format!("`{}` is no key of the head", clipped(key));
            return fail(what, "there are: title, minutes, model, version");
        }
    }
    Ok(())
}

/// As much of a text as fits a sentence.
pub(super) fn clipped(text: &str) -> String {
    if text.chars().count() <= 40 {
        text.to_owned()
    } else {
        text.chars().take(39).chain(['…']).collect()
    }
}
