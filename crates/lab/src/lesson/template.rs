//! A sentence with values of the run in it: `head {head}, L{layer}: Δ {step_size(2, 0, 13)}`.

use super::{
    expression::Expression,
    fact::{Facts, Value},
};
use crate::token::TextError;

/// Text with expressions in braces, or one expression alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Value(Expression),
}

/// In place of a value that is not there.
const NOTHING: &str = "—";

impl Template {
    /// Reads a sentence; without braces it is one expression.
    ///
    /// # Errors
    /// [`TextError`] of the first expression that cannot be read.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if !text.contains('{') {
            return Ok(Self(vec![Part::Value(Expression::parse(text)?)]));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let column = |inner: &str| text[..text.len() - inner.len()].chars().count();
            let Some((inner, behind)) = after.split_once('}') else {
                let what = "a brace is opened and not closed".to_owned();
                return Err(TextError { column: column(after), what });
            };
            parts.push(Part::Text(before.to_owned()));
            let read = Expression::parse(inner)
                .map_err(|error| TextError { column: error.column + column(after), ..error });
            parts.push(Part::Value(read?));
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The sentence, with values as `shown` writes them.
    pub fn say(&self, facts: &dyn Facts, shown: fn(&Value) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(it) => it.value(facts).map_or_else(|| NOTHING.to_owned(), |it| shown(&it)),
        });
        parts.collect()
    }

    /// Every expression in it.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.0.iter().filter_map(|it| if let Part::Value(it) = it { Some(it) } else { None })
    }
}
