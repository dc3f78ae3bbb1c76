//! What is wrong with a file, and where.

/// Something that is wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Problem {
    /// As in `networks[2].set`.
    pub place: String,
    /// What is wrong, and what to write instead.
    pub what: String,
}

impl Problem {
    /// `what` is wrong at `place`.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }

    /// The same, `place` being inside `outer`.
    #[must_use]
    pub fn inside(mut self, outer: &str) -> Self {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{outer}{dot}{}", self.place);
        self
    }
}
