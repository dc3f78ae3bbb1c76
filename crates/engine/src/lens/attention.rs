//! Questions about what mixes positions: patterns of attention and hidden attention.

use burn::prelude::*;
use trace::{
    Answer, AttentionRow,
    Axis::{Head, Key, Layer, Query},
    Part, Patterns,
};

use super::{LensError, Seen, array, mixing::ShownHead, pending::Pending};
use crate::model::Mask;

/// Every head's mixing; where the prompt is longer than `side`, the weight farthest from nought of
/// each square of neighbouring queries and keys.
pub(super) fn thumbnails(seen: Seen<'_>, side: usize) -> Result<Pending, LensError> {
    let shape = &seen.model.shape;
    let (n_layers, n_heads) = (shape.n_layers, shape.n_heads);
    let step = seen.n_pos()?.div_ceil(side.max(1));
    let n_cells = seen.n_pos()?.div_ceil(step.max(1));
    let (mut flats, mut counts) = (Vec::new(), Vec::new());
    for layer in 0..n_layers {
        let Some(all) = seen.mixing(layer)? else {
            counts.push(0);
            continue;
        };
        let small = if step <= 1 { all } else { farthest_of_squares(all, step) };
        let count = small.dims()[0];
        counts.push(count);
        flats.push(small.reshape([count * n_cells * n_cells]));
    }
    Ok(Pending::new(flats, move |read| {
        let mut read = read.into_iter();
        let width = n_cells * n_cells;
        let values = counts.iter().flat_map(|&count| {
            let mut row = if 0 < count { read.next().unwrap_or_default() } else { Vec::new() };
            row.resize(n_heads * width, f32::NAN);
            row
        });
        let dims = [(Layer, n_layers), (Head, n_heads), (Query, n_cells), (Key, n_cells)];
        Answer::Thumbnails(array(values.collect(), &dims))
    }))
}

/// `[head, query, key]` with every `step` × `step` square made one.
fn farthest_of_squares(all: Tensor<3>, step: usize) -> Tensor<3> {
    let [n_heads, n_pos, _] = all.dims();
    let n_cells = n_pos.div_ceil(step);
    let padded = n_cells * step;
    // Nought is farther from nought than nothing.
    let grid = Tensor::zeros([n_heads, padded, padded], &all.device())
        .slice_assign([0..n_heads, 0..n_pos, 0..n_pos], all);
    let squares: Tensor<5> = grid.reshape([n_heads, n_cells, step, n_cells, step]);
    let most = |of: Tensor<5>| of.max_dim(4).max_dim(2);
    let (above, below) = (most(squares.clone()), most(-squares));
    let is_below = above.clone().lower(below.clone());
    above.mask_where(is_below, -below).reshape([n_heads, n_cells, n_cells])
}

/// The whole patterns of some heads.
pub(super) fn patterns(
    seen: Seen<'_>,
    layer: usize,
    heads: &[usize],
) -> Result<Pending, LensError> {
    seen.check("layer", layer)?;
    for &head in heads {
        seen.check("head", head)?;
    }
    let n_pos = seen.n_pos()?;
    let all = seen.mixing(layer)?;
    let n_known = all.as_ref().map_or(0, |it| it.dims()[0]);
    let width = n_pos * n_pos;
    let flat = all.map(|it| it.reshape([n_known * width]));
    let heads = heads.to_vec();
    let is_recurrent: Vec<bool> = heads
        .iter()
        .map(|&head| matches!(seen.shown_head(layer, head), ShownHead::Recurrent { .. }))
        .collect();
    Ok(Pending::new(flat.into_iter().collect(), move |read| {
        let known = read.concat();
        let of = |head: usize| known.get(head * width..(head + 1) * width);
        let weights = heads
            .iter()
            .flat_map(|&head| of(head).map_or_else(|| vec![f32::NAN; width], <[f32]>::to_vec));
        let dims = [(Head, heads.len()), (Query, n_pos), (Key, n_pos)];
        let weights = array(weights.collect(), &dims);
        Answer::Patterns(Patterns { layer, heads, weights, is_recurrent })
    }))
}

/// Scores, weights and what is written, for one query of one head; no numbers where there is no
/// such head.
pub(super) fn row(
    seen: Seen<'_>,
    layer: usize,
    head: usize,
    query: usize,
) -> Result<Pending, LensError> {
    seen.check("layer", layer)?;
    seen.check("head", head)?;
    let query = seen.position(query)?;
    let n_pos = seen.n_pos()?;
    let shown = seen.shown_head(layer, head);
    let lines = match shown {
        ShownHead::Attention(head) => attention_row(seen, layer, head, query)?.to_vec(),
        ShownHead::Recurrent { first, count } => {
            recurrent_row(seen, layer, [first, count], query)?.map_or(Vec::new(), Vec::from)
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
fn attention_row(
    seen: Seen<'_>,
    layer: usize,
    head: usize,
    query: usize,
) -> Result<[Tensor<1>; 4], LensError> {
    let line = |part: Part| -> Result<Tensor<1>, LensError> {
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
fn recurrent_row(
    seen: Seen<'_>,
    layer: usize,
    [first, count]: [usize; 2],
    query: usize,
) -> Result<Option<[Tensor<1>; 4]>, LensError> {
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
    let output = seen.output_of(layer, first, count).ok_or(LensError::NoState(layer))?;
    let write_norm = lengths(flat(passed).matmul(output));
    let weight = weights.mean_dim(0).squeeze_dim(0);
    Ok(Some([score, weight, lengths(flat(value)), write_norm]))
}

/// Lengths of the rows.
fn lengths(rows: Tensor<2>) -> Tensor<1> {
    rows.powi_scalar(2).sum_dim(1).sqrt().squeeze_dim(1)
}
