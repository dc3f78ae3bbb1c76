//! The words after a task's name: options and the rest.

use std::collections::BTreeMap;

use crate::project::{Failure, Result};

/// Options by name, and the words that are none, in order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Args {
    options: BTreeMap<String, String>,
    pub(crate) words: Vec<String>,
}

impl Args {
    /// Sorts `words`. `flags` stand alone, `valued` take the next word or what follows `=`.
    ///
    /// # Errors
    /// An option in neither list, or without its value.
    pub(crate) fn parse(words: &[String], flags: &[&str], valued: &[&str]) -> Result<Self> {
        let mut args = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            if !name.starts_with("--") {
                args.words.push(word.clone());
            } else if flags.contains(&name) && value.is_none() {
                args.options.insert(name.to_owned(), String::new());
            } else if valued.contains(&name) {
                let value = value.or_else(|| words.next().cloned());
                let value = value.ok_or_else(|| Failure::new(format!("{name} needs a value")))?;
                args.options.insert(name.to_owned(), value);
            } else {
                let known = [flags, valued].concat().join(" ");
                let known = if known.is_empty() { "none" } else { &known };
                return Err(Failure::new(format!("no option {word}; there are: {known}")));
            }
        }
        Ok(args)
    }

    /// Whether the option was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.options.contains_key(name)
    }

    /// The number given with an option.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u16>> {
        let Some(value) = self.options.get(name) else { return Ok(None) };
        let number = value.parse().map_err(|_| {
            Failure::new(format!("{name} takes a number from 0 to {}, not {value:?}", u16::MAX))
        })?;
        Ok(Some(number))
    }

    /// For a task that takes no words of its own.
    pub(crate) fn no_words(self) -> Result<Self> {
        match self.words.first() {
            None => Ok(self),
            Some(word) => Err(Failure::new(format!("{word:?} is one word too many"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Args::parse(&words, &["--open"], &["--port"])
    }

    #[test]
    fn options_may_stand_anywhere() {
        let args = parse("lint --port 80 --open unit").unwrap();
        assert_eq!(args.words, ["lint", "unit"]);
        assert!(args.has("--open"));
        assert_eq!(args.number("--port").unwrap(), Some(80));
        assert_eq!(parse("--port=81").unwrap().number("--port").unwrap(), Some(81));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let text = |line| parse(line).unwrap_err().to_string();
        assert_eq!(text("--opne"), "no option --opne; there are: --open --port");
        assert_eq!(text("--port"), "--port needs a value");
        assert!(parse("--port x").unwrap().number("--port").is_err());
        assert!(parse("word").unwrap().no_words().is_err());
    }
}
