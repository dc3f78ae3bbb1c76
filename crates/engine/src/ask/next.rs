//! The distribution of the next token.

use burn::prelude::*;
use trace::{Absence, Answer, Axis, Site};

use super::{Seen, array, pending::Pending};

/// The logits at the last position.
pub(super) fn next(seen: Seen<'_>) -> Result<Pending, Absence> {
    let logits: Tensor<2> = seen.get(Site::Logits)?;
    let [n_pos, d_vocab] = logits.dims();
    let last = logits.narrow(0, n_pos - 1, 1).reshape([d_vocab]);
    Ok(Pending::new(vec![last], move |mut read| {
        Answer::Next(array(read.remove(0), &[(Axis::Vocab, d_vocab)]))
    }))
}
