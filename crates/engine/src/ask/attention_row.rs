//! One query of one head, step by step.

use burn::prelude::*;
use trace::{Absence, Answer, AskAttentionRow, AttentionRow, Axis::Key, Part};

use super::{Seen, array, mixing::ShownHead, pending::Pending};
use crate::model::Mask;

/// Scores, weights and what is written, for one query of one head; NaN where there is no such
/// head.
pub(super) fn attention_row(
    seen: Seen<'_>,
    &AskAttentionRow { layer, head, query }: &AskAttentionRow,
) -> Result<Pending, Absence> {
    seen.check_head(layer, head)?;
    seen.check_run(layer)?;
    let query = seen.position(query)?;
    let n_pos = seen.n_pos()?;
    let shown = seen.shown_head(layer, head);
    let lines = match shown {
        ShownHead::Attention(head) => row_of_attention(seen, layer, head, query)?.to_vec(),
        ShownHead::Recurrent { first, count } => {
            row_of_recurrence(seen, layer, [first, count], query)?.map_or(Vec::new(), Vec::from)
        }
        ShownHead::None => Vec::new(),
    };
    let is_causal = seen.model.file.config.mask == Mask::Causal;
    let is_recurrent = matches!(shown, ShownHead::Recurrent { .. });
    Ok(Pending::new(lines, move |read| {
        let mut lines = read.into_iter();
        let mut next =
            || array(lines.next().unwrap_or_else(|| vec![f32::NAN; n_pos]), &[(Key, n_pos)]);
        let (score, weight, value_norm, write_norm) = (next(), next(), next(), next());
        Answer::AttentionRow(AttentionRow {
            layer,
            head,
            query,
            score,
            weight,
            value_norm,
            write_norm,
            is_causal,
            is_recurrent,
        })
    }))
}

/// Scores, weights, lengths of values and of what each writes; each `[key]`.
fn row_of_attention(
    seen: Seen<'_>,
    layer: usize,
    head: usize,
    query: usize,
) -> Result<[Tensor<1>; 4], Absence> {
    let line = |part: Part| -> Result<Tensor<1>, Absence> {
        let all: Tensor<3> = seen.part(layer, part)?;
        let [_, _, n_pos] = all.dims();
        Ok(all.narrow(0, head, 1).narrow(1, query, 1).reshape([n_pos]))
    };
    let (score, weight) = (line(Part::AttnScore)?, line(Part::AttnPattern)?);
    let attention = seen.attention(layer)?;
    let values = attention.values_of(head, seen.part(layer, Part::AttnV)?);
    let value_norm = lengths(values.clone());
    let passed = if seen.model.network.shares_output(layer) {
        // The norm between as it is at the query.
        let z: Tensor<3> = seen.part(layer, Part::AttnZ)?;
        let z: Tensor<2> = z.narrow(0, query, 1).narrow(1, head, 1).squeeze_dim(1);
        let mixed = weight.clone().unsqueeze::<2>().matmul(values.clone());
        let is_nothing = mixed.clone().equal_elem(0.0);
        values * (z / mixed.mask_fill(is_nothing.clone(), 1.0)).mask_fill(is_nothing, 0.0)
    } else {
        values
    };
    let write_norm = lengths(passed.matmul(attention.output_of(head))) * weight.clone();
    Ok([score, weight, value_norm, write_norm])
}

/// The same of some recurrent heads that are shown as one: products of where it reads and where was
/// written, the entries of their matrices (both as means), lengths of values, and of what each
/// position adds to the stream through gate, norm and output matrix as they are at the query.
/// Nothing where the mixer has no matrix.
fn row_of_recurrence(
    seen: Seen<'_>,
    layer: usize,
    [first, count]: [usize; 2],
    query: usize,
) -> Result<Option<[Tensor<1>; 4]>, Absence> {
    let is_other = seen.has_other_states(layer);
    if is_other || seen.part::<3>(layer, Part::SsmRead).is_err() {
        return Ok(None);
    }
    let n_pos = seen.n_pos()?;
    let of = seen.recurrence(layer, first, count)?;
    let by_head = |it: &Tensor<4>| -> Tensor<3> { it.clone().squeeze_dim::<3>(0).swap_dims(0, 1) };
    let (write, value) = (by_head(&of.write), by_head(&of.value));
    let read = by_head(&of.read).narrow(1, query, 1);
    let score = (write * read).sum_dim(2).mean_dim(0).reshape([n_pos]);
    let matrix = seen.matrix(layer, [first, count], &of);
    let weights: Tensor<2> = matrix.narrow(1, query, 1).squeeze_dim(1);
    let d_value = value.dims()[2];
    // [head, key, value] to [key, head, value], and that to rows.
    let flat = |it: Tensor<3>| -> Tensor<2> { it.reshape([n_pos, count * d_value]) };
    let weighed = (value.clone() * weights.clone().unsqueeze_dim(2)).swap_dims(0, 1);
    let value = value.swap_dims(0, 1);
    let passed = seen.passed(layer, query, [first, count], weighed)?;
    let output = seen.output_of(layer, first, count).ok_or_else(|| seen.no_state(layer))?;
    let write_norm = lengths(flat(passed).matmul(output));
    let weight = weights.mean_dim(0).squeeze_dim(0);
    Ok(Some([score, weight, lengths(flat(value)), write_norm]))
}

/// Lengths of the rows.
fn lengths(rows: Tensor<2>) -> Tensor<1> {
    rows.powi_scalar(2).sum_dim(1).sqrt().squeeze_dim(1)
}
