//! Lengths and angles of the residual stream.

use trace::{
    Absence, Answer,
    Axis::{Depth, Pos},
    Norms,
};

use super::{
    Seen, array,
    pending::Pending,
    stream::{Streams, streams},
};
use crate::geometry::{cosine, norm};

/// Lengths of the stream and its cosines along the depth.
pub(super) fn norms(seen: Seen<'_>) -> Result<Pending, Absence> {
    let Streams { sites, tensors, n_pos, d_model } = streams(seen)?;
    Ok(Pending::new(tensors, move |read| {
        let dims = [(Depth, sites.len()), (Pos, n_pos)];
        let at = |depth: usize, pos: usize| &read[depth][pos * d_model..(pos + 1) * d_model];
        let each = |value: &dyn Fn(usize, usize) -> f64| {
            let places = (0..sites.len()).flat_map(|depth| (0..n_pos).map(move |pos| (depth, pos)));
            array(places.map(|(depth, pos)| value(depth, pos) as f32).collect(), &dims)
        };
        let last = sites.len() - 1;
        Answer::Norms(Norms {
            norm: each(&|depth, pos| norm(at(depth, pos))),
            cosine_before: each(&|depth, pos| {
                cosine(at(depth, pos), at(depth.saturating_sub(1), pos))
            }),
            cosine_last: each(&|depth, pos| cosine(at(depth, pos), at(last, pos))),
            sites: sites.clone(),
        })
    }))
}
