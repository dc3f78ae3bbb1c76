//! The string literals of a Rust file, each with what stands around it: enough to find the page's
//! texts, and those that were forgotten. Reads tokens, knows nothing of types.

use std::{iter::Peekable, str::CharIndices};

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// From 1.
    pub(crate) line: usize,
    /// What it says, without escapes.
    pub(crate) text: String,
    /// What opened each bracket around it, outermost first: `view!`, `Table::new`, or nothing.
    pub(crate) around: Vec<String>,
    /// What stands right before it: `class=`, `p>`, `name:`, `A =>`; at most a word and a sign.
    pub(crate) before: String,
    /// How many literals stand before it in the same bracket.
    pub(crate) nth: usize,
}

/// A text of the page as a key of translations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) text: String,
    /// Whether it has a form for one and one for many.
    pub(crate) is_counted: bool,
}

/// A bracket that is open.
struct Open {
    name: String,
    n_literals: usize,
}

/// Every string literal above the tests of a file.
pub(crate) fn literals(source: &str) -> Vec<Literal> {
    let mut scan = Scan {
        source,
        letters: source.char_indices().peekable(),
        before: String::new(),
        open: Vec::new(),
        found: Vec::new(),
    };
    while scan.step() {}
    scan.found
}

/// The keys in `tr!`, `tr_n!` and `text!`, in the order of the file, each once.
pub(crate) fn keys(source: &str) -> Vec<Key> {
    let all = literals(source);
    let mut found: Vec<Key> = Vec::new();
    for (place, literal) in all.iter().enumerate() {
        let is_counted = match (macro_of(literal), literal.nth) {
            ("tr!" | "text!", 0) => false,
            ("tr_n!", 0) => true,
            _ => continue,
        };
        let many = all[place + 1..].iter().find(|it| macro_of(it) == "tr_n!" && it.nth == 1);
        let text = match many.filter(|_| is_counted) {
            Some(many) => format!("{} | {}", literal.text, many.text),
            None => literal.text.clone(),
        };
        let key = Key { text, is_counted };
        if !found.contains(&key) {
            found.push(key);
        }
    }
    found
}

/// Whether a literal is a key of translations.
#[allow(dead_code, reason = "for the test that looks for texts that are none")]
pub(crate) fn is_key(literal: &Literal) -> bool {
    match macro_of(literal) {
        "tr!" | "text!" => literal.nth == 0,
        "tr_n!" => literal.nth < 2,
        _ => false,
    }
}

/// What opened the bracket that a literal stands in.
fn macro_of(literal: &Literal) -> &str {
    literal.around.last().map_or("", String::as_str)
}

struct Scan<'a> {
    source: &'a str,
    letters: Peekable<CharIndices<'a>>,
    /// The last word or signs, without blanks, as far as they say what comes.
    before: String,
    open: Vec<Open>,
    found: Vec<Literal>,
}

impl Scan<'_> {
    /// Reads one token; `false` at the end, or where tests begin.
    fn step(&mut self) -> bool {
        let Some((at, letter)) = self.letters.next() else { return false };
        let rest = &self.source[at..];
        match letter {
            _ if rest.starts_with("//") => self.skip_until("\n"),
            _ if rest.starts_with("/*") => self.skip_until("*/"),
            _ if rest.starts_with("#[cfg(test)]\nmod tests {") => return false,
            '"' => self.string(at, None),
            'r' if self.is_start() && raw_hashes(rest).is_some() => {
                self.string(at, raw_hashes(rest));
            }
            '\'' => self.quote(rest),
            '(' | '[' | '{' => self.opened(),
            ')' | ']' | '}' => {
                self.open.pop();
                self.before = letter.to_string();
            }
            _ if letter.is_whitespace() => {
                if self.before.ends_with(|it: char| is_word(it) || it == ':') {
                    self.before.push(' ');
                }
            }
            _ => self.note(letter),
        }
        true
    }

    /// Whether no word is going on.
    fn is_start(&self) -> bool {
        !self.before.ends_with(is_word)
    }

    /// Keeps a letter of what stands before the next token.
    fn note(&mut self, letter: char) {
        let is_new = match self.before.chars().next_back() {
            // A word goes on, and so does a path or an attribute: `a::b`, `aria-label=`, `view!`.
            Some(last) if is_word(letter) => {
                !(is_word(last) || last == ':' || last == '-' || last == '.')
            }
            Some(' ') => true,
            _ => !matches!(letter, ':' | '-' | '.' | '=' | '!' | '>'),
        };
        if is_new && !(letter == '=' || letter == '!') {
            self.before.clear();
        }
        self.before.push(letter);
    }

    fn opened(&mut self) {
        let name = std::mem::take(&mut self.before).trim_end().to_owned();
        let is_name = name.ends_with(|it: char| is_word(it) || it == '!');
        self.open.push(Open { name: if is_name { name } else { String::new() }, n_literals: 0 });
    }

    /// A letter such as `'a'` or `'\''`, or a lifetime.
    fn quote(&mut self, rest: &str) {
        let inside = &rest[1..];
        let length = if let Some(escaped) = inside.strip_prefix('\\') {
            let first = escaped.chars().next().map_or(0, char::len_utf8);
            escaped[first..].find('\'').map(|it| 1 + first + it + 1)
        } else {
            let first = inside.chars().next().map_or(0, char::len_utf8);
            inside[first..].starts_with('\'').then_some(first + 1)
        };
        let end = self.letters.peek().map_or(0, |it| it.0) + length.unwrap_or(0);
        while self.letters.next_if(|it| it.0 < end).is_some() {}
        self.before.clear();
    }

    /// A string that begins at `at`, raw where `hashes` says with how many signs.
    fn string(&mut self, at: usize, hashes: Option<usize>) {
        let start = at + hashes.map_or(1, |it| it + 2);
        let inside = &self.source[start..];
        let end = match hashes {
            Some(hashes) => inside.find(&format!("\"{}", "#".repeat(hashes))),
            None => end_of_string(inside),
        };
        let end = end.unwrap_or(inside.len());
        let text =
            if hashes.is_some() { inside[..end].to_owned() } else { unescaped(&inside[..end]) };
        let nth = self.open.last_mut().map_or(0, |it| {
            it.n_literals += 1;
            it.n_literals - 1
        });
        self.found.push(Literal {
            line: 1 + self.source[..at].matches('\n').count(),
            text,
            around: self.open.iter().map(|it| it.name.clone()).collect(),
            before: self.before.trim_end().to_owned(),
            nth,
        });
        let after = start + end + 1 + hashes.unwrap_or(0);
        while self.letters.next_if(|it| it.0 < after).is_some() {}
        "\"".clone_into(&mut self.before);
    }

    fn skip_until(&mut self, end: &str) {
        let at = self.letters.peek().map_or(self.source.len(), |it| it.0);
        let end = self.source[at..].find(end).map_or(self.source.len(), |it| at + it + end.len());
        while self.letters.next_if(|it| it.0 < end).is_some() {}
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// How many signs a raw string that `text` begins with has; `None` where it begins with none.
fn raw_hashes(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('r')?;
    let inside = rest.trim_start_matches('#');
    inside.starts_with('"').then_some(rest.len() - inside.len())
}

/// Where the string ends whose inside `text` begins with.
fn end_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(at, letter)| {
        let is_end = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        is_end.then_some(at)
    })
}

/// What the inside of a literal says.
fn unescaped(inside: &str) -> String {
    let mut text = String::new();
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let letter = after.chars().next().unwrap_or_default();
        rest = &after[letter.len_utf8().min(after.len())..];
        match letter {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '\n' => rest = rest.trim_start(),
            'u' => {
                let (number, after) =
                    rest.trim_start_matches('{').split_once('}').unwrap_or(("", rest));
                text.extend(u32::from_str_radix(number, 16).ok().and_then(char::from_u32));
                rest = after;
            }
            letter => text.push(letter),
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<(String, String, String)> {
        let shown = |it: Literal| (it.text, it.around.join(" "), it.before);
        literals(source).into_iter().map(shown).collect()
    }

    fn one(source: &str) -> (String, String, String) {
        let all = found(source);
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    fn seen(text: &str, around: &str, before: &str) -> (String, String, String) {
        (text.to_owned(), around.to_owned(), before.to_owned())
    }

    #[test]
    fn literals_are_told_with_what_is_around_and_before() {
        assert_eq!(one(r#"let x = f("a b");"#), seen("a b", "f", ""));
        assert_eq!(one(r#"x = Table::new(["a"])"#), seen("a", "Table::new ", ""));
        assert_eq!(one(r#"state.notice("a")"#), seen("a", "state.notice", ""));
        assert_eq!(one(r#"view! { <p class="a b"></p> }"#), seen("a b", "view!", "class="));
        assert_eq!(one(r#"view! { <p aria-label="a" /> }"#), seen("a", "view!", "aria-label="));
        assert_eq!(one(r#"view! { <p>"a"</p> }"#), seen("a", "view!", "p>"));
        assert_eq!(one(r#"Row { name: "a" }"#), seen("a", "Row", "name:"));
        assert_eq!(one(r#"match x { A => "a" }"#), seen("a", "x", "A =>"));
        assert_eq!(one(r#"Row { name: text!("a") }"#), seen("a", "Row text!", ""));
    }

    #[test]
    fn comments_letters_lifetimes_and_tests_are_no_literals() {
        assert_eq!(found("// \"a\"\n/* \"b\" */ '\"' '\\'' '\\u{22}' \n"), []);
        assert_eq!(one("fn f<'a>(x: &'a str) { g('\"', \"c\") }").0, "c");
        assert_eq!(one("f(\"a\");\n#[cfg(test)]\nmod tests {\n \"b\" }").0, "a");
    }

    #[test]
    fn escapes_and_raw_strings_are_read() {
        assert_eq!(one(r#"f("a\n\"b\" \u{41}\\")"#).0, "a\n\"b\" A\\");
        assert_eq!(one("f(\"a \\\n   b\")").0, "a b");
        assert_eq!(one("f(r#\"a\"b\\\"#)").0, "a\"b\\");
        assert_eq!(one("for \"a\"").0, "a");
    }

    #[test]
    fn lines_are_counted() {
        let lines: Vec<usize> =
            literals("\"a\"\n\n\"b\nc\" \"d\"").iter().map(|it| it.line).collect();
        assert_eq!(lines, [1, 3, 4]);
    }

    #[test]
    fn keys_are_those_of_the_macros_each_once() {
        let source = r#"
            let x = tr!("Help"); let y = format!("not {x}");
            tr!("{n} of {m}", n = name("no key"), m = "nor this");
            view! { <p title=tr!("Close")>{tr!("Help")}</p> };
            tr_n!(all.len(), "{n} token", "{n} tokens", of = tr!("inner"));
            const A: &str = text!("attention");
        "#;
        let keys: Vec<String> = keys(source).into_iter().map(|it| it.text).collect();
        let expected =
            ["Help", "{n} of {m}", "Close", "{n} token | {n} tokens", "inner", "attention"];
        assert_eq!(keys, expected);
        let n_keys = literals(source).iter().filter(|it| is_key(it)).count();
        assert_eq!(n_keys, 8);
    }
}
