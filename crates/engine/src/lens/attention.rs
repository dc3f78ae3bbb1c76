//! Questions about patterns of attention.

use burn::prelude::*;
use trace::{
    Answer, AttentionRow,
    Axis::{Head, Key, Layer, Query},
    Part, Patterns,
};

use super::{LensError, Seen, array, pending::Pending};
use crate::model::Mask;

/// Every head's pattern; where the prompt is longer than `side`, the largest weight of each square
/// of neighbouring queries and keys.
pub(super) fn thumbnails(seen: Seen<'_>, side: usize) -> Result<Pending, LensError> {
    let n_layers = seen.model.network.n_layers();
    let patterns = (0..n_layers)
        .map(|layer| seen.part(layer, Part::AttnPattern))
        .collect::<Result<Vec<Tensor<3>>, _>>()?;
    let all: Tensor<4> = Tensor::stack(patterns, 0);
    let [_, n_heads, n_pos, _] = all.dims();
    let step = n_pos.div_ceil(side.max(1));
    let small = if step <= 1 { all } else { largest_of_squares(all, step) };
    let n_cells = small.dims()[3];
    let flat = small.reshape([n_layers * n_heads * n_cells * n_cells]);
    let dims = [(Layer, n_layers), (Head, n_heads), (Query, n_cells), (Key, n_cells)];
    Ok(Pending::new(vec![flat], move |mut read| Answer::Thumbnails(array(read.remove(0), &dims))))
}

/// `[layer, head, query, key]` with every `step` × `step` square made one.
fn largest_of_squares(all: Tensor<4>, step: usize) -> Tensor<4> {
    let [n_layers, n_heads, n_pos, _] = all.dims();
    let n_cells = n_pos.div_ceil(step);
    let padded = n_cells * step;
    // Weights are at least 0, so zeros at the edge change no maximum.
    let grid = Tensor::zeros([n_layers, n_heads, padded, padded], &all.device())
        .slice_assign([0..n_layers, 0..n_heads, 0..n_pos, 0..n_pos], all);
    let squares: Tensor<6> = grid.reshape([n_layers, n_heads, n_cells, step, n_cells, step]);
    squares.max_dim(5).max_dim(3).reshape([n_layers, n_heads, n_cells, n_cells])
}

/// The whole patterns of some heads.
pub(super) fn patterns(
    seen: Seen<'_>,
    layer: usize,
    heads: &[usize],
) -> Result<Pending, LensError> {
    seen.check("layer", layer)?;
    let all: Tensor<3> = seen.part(layer, Part::AttnPattern)?;
    let [_, n_pos, _] = all.dims();
    let mut flats = Vec::with_capacity(heads.len());
    for &head in heads {
        seen.check("head", head)?;
        flats.push(all.clone().narrow(0, head, 1).reshape([n_pos * n_pos]));
    }
    let heads = heads.to_vec();
    Ok(Pending::new(flats, move |read| {
        let dims = [(Head, heads.len()), (Query, n_pos), (Key, n_pos)];
        let weights = array(read.concat(), &dims);
        Answer::Patterns(Patterns { layer, heads, weights })
    }))
}

/// Scores, weights and what is written, for one query of one head.
pub(super) fn row(
    seen: Seen<'_>,
    layer: usize,
    head: usize,
    query: usize,
) -> Result<Pending, LensError> {
    seen.check("layer", layer)?;
    seen.check("head", head)?;
    let query = seen.position(query)?;
    let line = |part: Part| -> Result<Tensor<1>, LensError> {
        let all: Tensor<3> = seen.part(layer, part)?;
        let [_, _, n_pos] = all.dims();
        Ok(all.narrow(0, head, 1).narrow(1, query, 1).reshape([n_pos]))
    };
    let (score, weight) = (line(Part::AttnScore)?, line(Part::AttnPattern)?);
    let attention = seen.attention(layer)?;
    let values: Tensor<3> = seen.part(layer, Part::AttnV)?;
    let values: Tensor<2> = values.narrow(1, attention.kv_head(head), 1).squeeze_dim(1);
    let value_norm = lengths(values.clone());
    let write_norm = lengths(values.matmul(attention.output_of(head))) * weight.clone();
    let is_causal = seen.model.file.config.mask == Mask::Causal;
    Ok(Pending::new(vec![score, weight, value_norm, write_norm], move |read| {
        let mut arrays = read.into_iter().map(|values| {
            let n_pos = values.len();
            array(values, &[(Key, n_pos)])
        });
        let mut next = || arrays.next().expect("four were asked for");
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
        })
    }))
}

/// Lengths of the rows.
fn lengths(rows: Tensor<2>) -> Tensor<1> {
    rows.powi_scalar(2).sum_dim(1).sqrt().squeeze_dim(1)
}
