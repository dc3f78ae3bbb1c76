//! Every head's pattern, small.

use burn::prelude::*;
use trace::{
    Absence, Answer, AskThumbnails,
    Axis::{Head, Key, Layer, Query},
};

use super::{Seen, array, pending::Pending};

/// Every head's mixing; where the prompt is longer than `side`, the weight farthest from 0 of
/// each square of neighbouring queries and keys.
pub(super) fn thumbnails(seen: Seen<'_>, asked: &AskThumbnails) -> Result<Pending, Absence> {
    let side = asked.side;
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
    // Padding with 0 never wins the maximum of |w|.
    let grid = Tensor::zeros([n_heads, padded, padded], &all.device())
        .slice_assign([0..n_heads, 0..n_pos, 0..n_pos], all);
    let squares: Tensor<5> = grid.reshape([n_heads, n_cells, step, n_cells, step]);
    let most = |of: Tensor<5>| of.max_dim(4).max_dim(2);
    let (above, below) = (most(squares.clone()), most(-squares));
    let is_below = above.clone().lower(below.clone());
    above.mask_where(is_below, -below).reshape([n_heads, n_cells, n_cells])
}
