//! Where the residual stream stands at each depth.

use burn::prelude::*;
use trace::{Absence, LensSite, Part, Site};

use super::Seen;
use crate::{
    geometry::{mean, principal_axes},
    load::Basis,
    model::{Trace, Visit},
};

/// The places where the stream stands between two sub-blocks, in the order of depth, as far as
/// the trace has them: those of each pass through a block.
pub fn depths(trace: &Trace) -> Vec<(LensSite, Site)> {
    let has: Vec<Site> = trace.sites().collect();
    let block =
        |visit: &Visit, part: Part| Site::Block { layer: visit.layer, pass: visit.pass, part };
    let first = trace.visits().first().map(|it| (LensSite::Embed, block(it, Part::ResidPre)));
    let rest = trace.visits().iter().flat_map(|it| {
        let &Visit { layer, pass } = it;
        [
            (LensSite::Mid { layer, pass }, block(it, Part::ResidMid)),
            (LensSite::Post { layer, pass }, block(it, Part::ResidPost)),
        ]
    });
    first.into_iter().chain(rest).filter(|it| has.contains(&it.1)).collect()
}

/// The stream at every depth, flat, and its sizes.
pub(super) struct Streams {
    pub(super) sites: Vec<LensSite>,
    pub(super) tensors: Vec<Tensor<1>>,
    pub(super) n_pos: usize,
    pub(super) d_model: usize,
}

/// The stream at every depth.
pub(super) fn streams(seen: Seen<'_>) -> Result<Streams, Absence> {
    let places = depths(seen.trace);
    let n_pos = seen.n_pos()?;
    let d_model = seen.model.file.config.d_model;
    let tensors = places
        .iter()
        .map(|it| Ok(seen.get::<2>(it.1)?.reshape([n_pos * d_model])))
        .collect::<Result<_, Absence>>()?;
    Ok(Streams { sites: places.iter().map(|it| it.0).collect(), tensors, n_pos, d_model })
}

/// [`crate::model::Network::read_direction`] of a token.
pub(super) fn read_direction(seen: Seen<'_>, token: u32) -> Tensor<1> {
    seen.model.network.read_direction(token as usize)
}

/// The principal axes of a sample of streams, `[n, d_model]` one after another, to be stored with
/// a model.
pub fn principal_basis(points: &[f32], d_model: usize) -> Basis {
    let [(first, _), (second, _)] = principal_axes(points, d_model);
    Basis { mean: mean(points, d_model), axes: [first, second] }
}
