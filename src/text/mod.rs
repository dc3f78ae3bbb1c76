//! Every text of the page's own, by its English: `tr!("Help")`.
//!
//! The English text is the key, and what is shown where there is no translation. Content, such as
//! what a lab or a lesson says, is not translated here, and neither are names that links hold.
//!
//! ```text
//! tr!("Help")                                          &'static str
//! tr!("{n} of {total} cases", n, total = percent(x))   String; numbers come formatted
//! tr_n!(count, "{n} token", "{n} tokens")              String; {n} is the count
//! text!("attention")                                   the key itself, for tables of names,
//!                                                      which are shown through text::of(name)
//! text!("now: {value}", value)                         a key whose placeholders are elements
//! ```

mod file;

use std::{collections::BTreeMap, fmt::Display, sync::OnceLock};

use file::FORMS;

/// The text for a key; with arguments, a `String` in which `{name}` is what `name = …` says.
macro_rules! tr {
    (@value $name:ident) => { &$name };
    (@value $name:ident = $value:expr) => { &$value };
    ($key:literal) => {{
        const { assert!($crate::text::names_are($key, &[]), "a placeholder without a value") };
        $crate::text::of($key)
    }};
    ($key:literal, $($name:ident $(= $value:expr)?),+ $(,)?) => {{
        const { assert!($crate::text::names_are($key, &[$(stringify!($name)),+]), "placeholders are the names") };
        $crate::text::filled($key, &[$((stringify!($name), tr!(@value $name $(= $value)?))),+])
    }};
}

/// The text for a count, of two in English: `tr_n!(count, "{n} token", "{n} tokens")`.
macro_rules! tr_n {
    ($count:expr, $one:literal, $many:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        const {
            assert!($crate::text::names_are($one, &["n" $(, stringify!($name))*]), "placeholders are the names");
            assert!($crate::text::names_are($many, &["n" $(, stringify!($name))*]), "placeholders are the names");
        };
        let count: usize = $count;
        $crate::text::counted(
            count,
            concat!($one, " | ", $many),
            &[("n", &count) $(, (stringify!($name), tr!(@value $name $(= $value)?)))*],
        )
    }};
}

/// A key in a table, where nothing can be looked up yet: the literal itself. Whoever shows it calls
/// [`of`].
macro_rules! text {
    ($key:literal $(, $name:ident)* $(,)?) => {{
        const {
            let names: &[&str] = &[$(stringify!($name)),*];
            assert!($crate::text::names_are($key, names), "placeholders are the names");
        };
        $key
    }};
}

/// What placeholders stand for.
type Arguments<'a> = [(&'a str, &'a dyn Display)];

/// A language and its texts by their English.
struct Texts {
    language: String,
    by_key: BTreeMap<String, String>,
}

/// The reader's language where it is not English. Set before the first picture, never changed: a
/// language changes with a reload.
static TEXTS: OnceLock<Texts> = OnceLock::new();

/// Takes the texts of a file of translations for the rest of the visit.
///
/// # Errors
/// What is wrong with the file, by line, or that a language was taken before.
pub(crate) fn take(language: &str, file: &str) -> Result<(), String> {
    let texts = read(language, file)?;
    TEXTS.set(texts).map_err(|_| "a language was taken before".to_owned())
}

fn read(language: &str, file: &str) -> Result<Texts, String> {
    let entries = file::parse(file).map_err(|it| it.to_string())?;
    let by_key = entries.into_iter().filter_map(|(key, it)| Some((key, it?))).collect();
    Ok(Texts { language: language.to_owned(), by_key })
}

/// The text for a key: its translation, or itself.
pub(crate) fn of(key: &str) -> &str {
    TEXTS.get().map_or(key, |it| it.of(key))
}

/// The text for a key with values in place of its placeholders.
pub(crate) fn filled(key: &str, arguments: &Arguments<'_>) -> String {
    fill(of(key), arguments)
}

/// The form for `count` of a key that has several.
pub(crate) fn counted(count: usize, key: &str, arguments: &Arguments<'_>) -> String {
    let language = TEXTS.get().map_or("en", |it| &it.language);
    fill(form(of(key), language, count), arguments)
}

impl Texts {
    fn of<'a>(&'a self, key: &'a str) -> &'a str {
        self.by_key.get(key).map_or(key, String::as_str)
    }
}

/// Puts values in place of `{name}`.
fn fill(text: &str, arguments: &Arguments<'_>) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let found = arguments.iter().find_map(|(name, value)| {
            let after = after.strip_prefix(name)?.strip_prefix('}')?;
            Some((value, after))
        });
        match found {
            Some((value, after)) => {
                filled.push_str(&value.to_string());
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Words(&'a str),
    /// What stood in braces.
    Placeholder(&'a str),
}

/// A text apart at its placeholders, for those that put something else than words in.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        pieces.extend([Piece::Words(before), Piece::Placeholder(name)]);
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    pieces.retain(|it| *it != Piece::Words(""));
    pieces
}

/// The form of `text` for a count; the last one where a language has more forms than are written.
fn form<'a>(text: &'a str, language: &str, count: usize) -> &'a str {
    let mut forms = text.split(FORMS);
    let last = text.rsplit(FORMS).next().unwrap_or(text);
    forms.nth(plural(language, count)).unwrap_or(last)
}

/// Which form of a plural a whole number takes, in the order of Unicode's categories.
///
/// # Source
/// CLDR's plural rules for whole numbers; what is not listed is as in English, or has one form.
fn plural(language: &str, count: usize) -> usize {
    let (ones, tens) = (count % 10, count % 100);
    let is_few = (2..=4).contains(&ones) && !(12..=14).contains(&tens);
    match language.split('-').next().unwrap_or_default() {
        "fr" | "pt" | "hi" | "fa" => usize::from(1 < count),
        "ru" | "uk" | "be" | "sr" | "hr" | "bs" if ones == 1 && tens != 11 => 0,
        "ru" | "uk" | "be" | "sr" | "hr" | "bs" => 2 - usize::from(is_few),
        "pl" if count == 1 => 0,
        "pl" => 2 - usize::from(is_few),
        "cs" | "sk" if count == 1 => 0,
        "cs" | "sk" => 2 - usize::from((2..=4).contains(&count)),
        _ => usize::from(count != 1),
    }
}

/// Whether the placeholders of a text are these names, each at least once; asked while compiling.
pub(crate) const fn names_are(text: &str, names: &[&str]) -> bool {
    let text = text.as_bytes();
    let mut nth = 0;
    while nth < names.len() {
        let mut at = 0;
        while at < text.len() && !stands_at(text, at, names[nth].as_bytes()) {
            at += 1;
        }
        if at == text.len() {
            return false;
        }
        nth += 1;
    }
    let mut at = 0;
    while at < text.len() {
        let (mut is_known, mut nth) = (text[at] != b'{', 0);
        while !is_known && nth < names.len() {
            is_known = stands_at(text, at, names[nth].as_bytes());
            nth += 1;
        }
        if !is_known {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether `{name}` stands in `text` at `at`.
const fn stands_at(text: &[u8], at: usize, name: &[u8]) -> bool {
    let end = at + 1 + name.len();
    if text.len() <= end || text[at] != b'{' || text[end] != b'}' {
        return false;
    }
    let mut nth = 0;
    while nth < name.len() {
        if text[at + 1 + nth] != name[nth] {
            return false;
        }
        nth += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn german() -> Texts {
        let file = "Help\nHilfe\n\nClose\n\n{n} of {total}\nvon {total} sind {n} da\n\n\
                    {n} token | {n} tokens\n{n} Wort | {n} Wörter\n";
        read("de-CH", file).unwrap()
    }

    #[test]
    fn without_a_translation_the_english_text_is_shown_by_the_same_way() {
        let (n, total) = (2, "5 %");
        assert_eq!(tr!("Help"), "Help");
        assert_eq!(text!("Help"), "Help");
        assert_eq!(tr!("{n} of {total}", n, total), "2 of 5 %");
        assert_eq!(
            tr!("{n} of {total}, {n}", total = 1 + 1, n = format!("{:.1}", 1.25)),
            "1.2 of 2, 1.2"
        );
        assert_eq!(
            [0, 1, 2].map(|n| tr_n!(n, "{n} token", "{n} tokens")),
            ["0 tokens", "1 token", "2 tokens"]
        );
        assert_eq!(
            tr_n!(1, "{n} token of {word}", "{n} tokens of {word}", word = "a"),
            "1 token of a"
        );
    }

    #[test]
    fn a_translation_stands_in_place_of_its_text() {
        let texts = german();
        assert_eq!(
            [texts.of("Help"), texts.of("Close"), texts.of("Open")],
            ["Hilfe", "Close", "Open"]
        );
        let text = texts.of("{n} of {total}");
        assert_eq!(fill(text, &[("n", &2), ("total", &"5")]), "von 5 sind 2 da");
    }

    #[test]
    fn a_text_comes_apart_at_its_placeholders() {
        use Piece::{Placeholder, Words};
        let all = pieces(text!("Why {a} rather than {b}?", a, b));
        let expected =
            [Words("Why "), Placeholder("a"), Words(" rather than "), Placeholder("b"), Words("?")];
        assert_eq!(all, expected);
        assert_eq!(pieces("{a}"), [Placeholder("a")]);
        assert_eq!(pieces("no {end"), [Words("no {end")]);
    }

    #[test]
    fn what_a_value_says_is_not_filled_again() {
        assert_eq!(fill("{a} {b} {c", &[("a", &"{b}"), ("b", &"{a}")]), "{b} {a} {c");
        assert_eq!(fill("{é} {}", &[("a", &1)]), "{é} {}");
    }

    #[test]
    fn a_count_takes_the_form_of_its_language() {
        let texts = german();
        let text = texts.of("{n} token | {n} tokens");
        assert_eq!([1, 2].map(|n| form(text, &texts.language, n)), ["{n} Wort", "{n} Wörter"]);
        assert_eq!(form("{n} 個", "ja", 7), "{n} 個");
        let forms = |language: &str| {
            [0, 1, 2, 5, 11, 12, 21, 22].map(|n| plural(language, n).to_string()).concat()
        };
        assert_eq!(forms("en"), "10111111");
        assert_eq!(forms("fr"), "00111111");
        assert_eq!(forms("ru"), "20122201");
        assert_eq!(forms("pl-PL"), "20122221");
        assert_eq!(forms("cs"), "20122222");
    }

    #[test]
    fn names_of_placeholders_are_checked_while_compiling() {
        assert!(names_are("{a} {b} {a}", &["b", "a"]) && names_are("plain", &[]));
        assert!(!names_are("{a}", &[]), "a placeholder without a value");
        assert!(!names_are("{a}", &["a", "b"]), "a value without a placeholder");
        assert!(!names_are("{aa} {a", &["a"]) && !names_are("{", &["a"]));
    }

    #[test]
    fn a_file_with_a_fault_is_told_by_line() {
        let told = read("de", "Help\nHilfe\nHülfe\n").map(drop).unwrap_err();
        assert!(told.starts_with("line 3: "), "{told}");
    }
}
