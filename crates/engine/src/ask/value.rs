//! The whole value at a site.

use trace::{Absence, Answer, AskValue, Value};

use super::{Seen, array, pending::Pending};

/// The value as the run kept it.
pub(super) fn value(seen: Seen<'_>, asked: &AskValue) -> Result<Pending, Absence> {
    let site = asked.site;
    let (flat, dims) = seen.trace.flat(site).ok_or(Absence::NotKept(site))?;
    Ok(Pending::new(vec![flat], move |mut read| {
        let value = array(read.remove(0), &dims);
        Answer::Value(Value { site, value })
    }))
}
