//! Where the residual stream stands at each depth.

use burn::prelude::*;
use trace::{
    Answer,
    Axis::{Depth, Plane, Pos},
    Basis as BasisChoice, LensSite, Norms, Part, Paths, Site,
};

use super::{LensError, Seen, array, pending::Pending};
use crate::{
    geometry::{cosine, dot, mean, norm, plane, principal_axes, variance},
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
struct Streams {
    sites: Vec<LensSite>,
    tensors: Vec<Tensor<1>>,
    n_pos: usize,
    d_model: usize,
}

fn streams(seen: Seen<'_>) -> Result<Streams, LensError> {
    let places = depths(seen.model.network.n_layers(), seen.trace);
    let n_pos = seen.n_pos()?;
    let d_model = seen.model.file.config.d_model;
    let tensors = places
        .iter()
        .map(|it| Ok(seen.get::<2>(it.1)?.reshape([n_pos * d_model])))
        .collect::<Result<_, LensError>>()?;
    Ok(Streams { sites: places.iter().map(|it| it.0).collect(), tensors, n_pos, d_model })
}

/// Every token's path through a plane that does not depend on the prompt.
pub(super) fn paths(seen: Seen<'_>, basis: BasisChoice) -> Result<Pending, LensError> {
    let Streams { sites, mut tensors, n_pos, d_model } = streams(seen)?;
    let n_depths = sites.len();
    let stored = seen.model.basis.clone();
    let tokens = match basis {
        BasisChoice::Stored => Vec::new(),
        BasisChoice::Frame { a, b } => vec![a, b],
        BasisChoice::Words { x, y } => vec![x, y],
    };
    if !matches!(basis, BasisChoice::Words { .. }) && stored.is_none() {
        return Err(LensError::NoBasis);
    }
    for &token in &tokens {
        seen.check("token", token as usize)?;
        tensors.push(read_direction(seen, token));
    }
    if tokens.len() == 2 && tokens[0] == tokens[1] {
        return Err(LensError::NoPlane);
    }
    Ok(Pending::new(tensors, move |mut read| {
        let directions = read.split_off(n_depths);
        let points = read.concat();
        let axes = axes(basis, stored, &directions);
        let placed: Vec<f32> = points
            .chunks_exact(d_model)
            .flat_map(|point| axes.each_ref().map(|axis| dot(point, axis) as f32))
            .collect();
        let whole = variance(&points, d_model);
        let share = |which: usize| {
            let along: Vec<f32> = placed.iter().skip(which).step_by(2).copied().collect();
            (variance(&along, 1) / whole.max(f64::MIN_POSITIVE)) as f32
        };
        Answer::Paths(Paths {
            basis,
            points: array(placed.clone(), &[(Depth, n_depths), (Pos, n_pos), (Plane, 2)]),
            variance_share: array(vec![share(0), share(1)], &[(Plane, 2)]),
            sites,
        })
    }))
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

fn axes(choice: BasisChoice, stored: Option<Basis>, directions: &[Vec<f32>]) -> [Vec<f32>; 2] {
    let stored = stored.map(|it| it.axes);
    let chosen = match (choice, directions, stored) {
        (BasisChoice::Frame { .. }, [a, b], Some([first, second])) => {
            let toward: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            plane(&toward, &first).or_else(|| plane(&toward, &second))
        }
        (BasisChoice::Words { .. }, [x, y], _) => plane(x, y),
        (_, _, stored) => stored,
    };
    // Two rows of the unembedding that are one are no plane: everything falls on the origin.
    chosen.unwrap_or_else(|| [Vec::new(), Vec::new()])
}

/// Lengths of the stream and its cosines along the depth.
pub(super) fn norms(seen: Seen<'_>) -> Result<Pending, LensError> {
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

/// The principal axes of a sample of streams, `[n, d_model]` one after another, to be stored with
/// a model.
pub fn principal_basis(points: &[f32], d_model: usize) -> Basis {
    let [(first, _), (second, _)] = principal_axes(points, d_model);
    Basis { mean: mean(points, d_model), axes: [first, second] }
}
