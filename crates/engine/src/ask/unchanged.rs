//! A question about the run as trained.

use trace::{Absence, Answer, AskUnchanged, Unchanged};

use super::{Seen, pending::Pending};

/// The answer that the same question has about the run as trained.
pub(super) fn unchanged(seen: Seen<'_>, ask: &AskUnchanged) -> Result<Pending, Absence> {
    let trace = seen.unchanged.ok_or(Absence::NothingChanged)?;
    let pending = Seen { trace, unchanged: None, ..seen }.pending(&ask.of)?;
    Ok(pending.map(|it| Answer::Unchanged(Unchanged { answer: Box::new(it) })))
}
