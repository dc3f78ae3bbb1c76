//! What the small languages of labs and lessons are made of: tokens, and the walk over them.

use std::fmt::{self, Display};

/// Why an expression cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {column}: {what}")]
pub struct TextError {
    /// Counted from 1.
    pub column: usize,
    pub what: String,
}

/// Brackets in brackets that are read; more would need more stack than there may be.
const MOST_NESTED: usize = 50;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Number(f64),
    Name(String),
    /// What stood between quotes.
    Quoted(String),
    /// A sign of one or two characters.
    Sign(&'static str),
    End,
}

impl Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(it) => write!(f, "{it}"),
            Token::Name(it) => write!(f, "`{it}`"),
            Token::Quoted(it) => write!(f, "{it:?}"),
            Token::Sign(it) => write!(f, "`{it}`"),
            Token::End => f.write_str("the end"),
        }
    }
}

/// What makes one language's tokens differ from another's.
#[derive(Clone, Copy)]
pub(crate) struct Language {
    /// Longer ones before shorter ones.
    pub(crate) signs: &'static [&'static str],
    /// Whether a hyphen between letters belongs to a name.
    pub(crate) has_hyphens: bool,
    /// Whether a point between letters belongs to a name.
    pub(crate) has_points: bool,
    /// Whether there are texts in double quotes.
    pub(crate) has_quotes: bool,
    /// Most characters of a text.
    pub(crate) most_characters: usize,
}

/// The tokens of a text, and how many of them have been read.
pub(crate) struct Tokens {
    all: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

pub(crate) type Read<T> = Result<T, TextError>;

impl Tokens {
    pub(crate) fn of(text: &str, language: Language) -> Read<Self> {
        let most = language.most_characters;
        if most < text.chars().count() {
            let what = format!("an expression has at most {most} characters; make two of it");
            return Err(TextError { column: most + 1, what });
        }
        Ok(Self { all: tokens(text, language)?, next: 0, depth: 0 })
    }

    pub(crate) fn peek(&self) -> &Token {
        &self.all[self.next].1
    }

    /// Where the next token begins, counted from 1.
    pub(crate) fn column(&self) -> usize {
        self.all[self.next].0
    }

    /// Goes on behind the next token; the end stays.
    pub(crate) fn skip(&mut self) {
        self.next = (self.next + 1).min(self.all.len() - 1);
    }

    pub(crate) fn fail<T>(&self, what: impl Into<String>) -> Read<T> {
        Err(TextError { column: self.column(), what: what.into() })
    }

    /// Takes the next token if it is one of these signs.
    pub(crate) fn take(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let Token::Sign(sign) = *self.peek() else { return None };
        signs.contains(&sign).then(|| {
            self.skip();
            sign
        })
    }

    pub(crate) fn need(&mut self, sign: &'static str) -> Read<()> {
        if self.take(&[sign]).is_some() {
            return Ok(());
        }
        self.fail(format!("`{sign}` is missing before {}", self.peek()))
    }

    pub(crate) fn name(&mut self, what: &str) -> Read<String> {
        let Token::Name(name) = self.peek().clone() else {
            return self.fail(format!("{what} is missing before {}", self.peek()));
        };
        self.skip();
        Ok(name)
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Read<()> {
        if self.peek() == &Token::End {
            return Ok(());
        }
        self.fail(format!("{} is one too many", self.peek()))
    }

    /// Goes into a bracket; [`Tokens::leave`] comes out of it.
    pub(crate) fn enter(&mut self) -> Read<()> {
        if self.depth == MOST_NESTED {
            return self.fail(format!("brackets are more than {MOST_NESTED} deep"));
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }
}

/// Tokens with the columns at which they begin, and an end.
fn tokens(text: &str, language: Language) -> Read<Vec<(usize, Token)>> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let column = text.chars().count() - rest.chars().count() + 1;
        let Some(first) = rest.chars().next() else {
            found.push((column, Token::End));
            return Ok(found);
        };
        let (token, length) = match first {
            '0'..='9' | '.' => {
                let word = &rest[..number_length(rest)];
                (number(word, column)?, word.len())
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let word = &rest[..name_length(rest, language)];
                (Token::Name(word.to_owned()), word.len())
            }
            '"' if language.has_quotes => quoted(rest, column)?,
            _ => match language.signs.iter().find(|it| rest.starts_with(**it)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => {
                    let what = format!("{first:?} has no meaning here");
                    return Err(TextError { column, what });
                }
            },
        };
        found.push((column, token));
        rest = &rest[length..];
    }
}

fn number(word: &str, column: usize) -> Read<Token> {
    let value = word.parse::<f64>().ok().filter(|it| it.is_finite());
    let what = || TextError { column, what: format!("{word:?} is not a number") };
    value.map(Token::Number).ok_or_else(what)
}

/// What stands in quotes at the beginning of a text, and the bytes that it takes with them. A
/// backslash takes the meaning from a quote.
fn quoted(text: &str, column: usize) -> Read<(Token, usize)> {
    let mut inner = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((Token::Quoted(inner), at + 1)),
            '\\' => inner.extend(letters.next().map(|it| it.1)),
            _ => inner.push(letter),
        }
    }
    Err(TextError { column, what: "a quote is opened and not closed".into() })
}

/// Bytes of the number at the beginning: digits, a point, an exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_in = |place: usize| match bytes[place] {
        b'0'..=b'9' | b'.' => true,
        b'e' | b'E' => bytes.get(place + 1).is_some_and(|it| it.is_ascii_digit() || *it == b'-'),
        b'-' => matches!(bytes[place - 1], b'e' | b'E'),
        _ => false,
    };
    (0..bytes.len()).find(|&it| !is_in(it)).unwrap_or(bytes.len())
}

/// Bytes of the name at the beginning: letters, digits, `_`, and what the language allows between
/// them.
fn name_length(text: &str, language: Language) -> usize {
    let bytes = text.as_bytes();
    let is_letter = |it: &u8| it.is_ascii_alphanumeric() || *it == b'_';
    let is_in = |place: usize| {
        let is_between = match bytes[place] {
            b'-' => language.has_hyphens,
            b'.' => language.has_points,
            _ => false,
        };
        is_letter(&bytes[place]) || (is_between && bytes.get(place + 1).is_some_and(is_letter))
    };
    (0..bytes.len()).find(|&it| !is_in(it)).unwrap_or(bytes.len())
}
