//! Where the residual stream stands at each depth.

use burn::prelude::*;
use trace::{Absence, LensSite, Part, Site};

use super::Seen;
use crate::{
    geometry::{mean, principal_axes},
    load::Basis,
    model::Trace,
};

/// The places where the stream stands between two sub-blocks, in the order of depth, as far as
/// the trace has them.
pub fn depths(n_layers: usize, trace: &Trace) -> Vec<(LensSite, Site)> {
    let has: Vec<Site> = trace.sites().collect();
    let block = |layer: usize, part: Part| Site::Block { layer, part };
    let first = [(LensSite::Embed, block(0, Part::ResidPre))];
    let rest = (0..n_layers).flat_map(|layer| {
        [
            (LensSite::Mid { layer }, block(layer, Part::ResidMid)),
            (LensSite::Post { layer }, block(layer, Part::ResidPost)),
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
    let places = depths(seen.model.network.n_layers(), seen.trace);
    let n_pos = seen.n_pos()?;
    let d_model = seen.model.file.config.d_model;
    let tensors = places
        .iter()
        .map(|it| Ok(seen.get::<2>(it.1)?.reshape([n_pos * d_model])))
        .collect::<Result<_, Absence>>()?;
    Ok(Streams { sites: places.iter().map(|it| it.0).collect(), tensors, n_pos, d_model })
}

/// The direction of the stream that moves the logit of `token`, `[d_model]`: its row of the
/// unembedding through the final norm's gain and centring.
pub(super) fn read_direction(seen: Seen<'_>, token: u32) -> Tensor<1> {
    let network = &seen.model.network;
    let direction = network.unembed_direction(token as usize);
    match network.final_norm() {
        Some(norm) => norm.centred(direction * norm.gain()),
        None => direction,
    }
}

/// The principal axes of a sample of streams, `[n, d_model]` one after another, to be stored with
/// a model.
pub fn principal_basis(points: &[f32], d_model: usize) -> Basis {
    let [(first, _), (second, _)] = principal_axes(points, d_model);
    Basis { mean: mean(points, d_model), axes: [first, second] }
}
