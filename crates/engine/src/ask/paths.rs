//! Paths of the residual stream through a plane.

use trace::{
    Absence, Answer, AskPaths,
    Axis::{Depth, Plane, Pos},
    Basis as BasisChoice, Counted, Paths,
};

use super::{
    Seen, array,
    pending::Pending,
    stream::{Streams, read_direction, streams},
};
use crate::{
    geometry::{dot, plane, variance},
    load::Basis,
};

/// Every token's path through a plane that does not depend on the prompt.
pub(super) fn paths(seen: Seen<'_>, &AskPaths { basis }: &AskPaths) -> Result<Pending, Absence> {
    let Streams { sites, mut tensors, n_pos, d_model } = streams(seen)?;
    let n_depths = sites.len();
    let stored = seen.model.basis.clone();
    let tokens = match basis {
        BasisChoice::Stored => Vec::new(),
        BasisChoice::Pair { a, b } => vec![a, b],
        BasisChoice::Words { x, y } => vec![x, y],
    };
    if !matches!(basis, BasisChoice::Words { .. }) && stored.is_none() {
        return Err(Absence::NoBasis);
    }
    for &token in &tokens {
        seen.check(Counted::Token, token as usize)?;
        tensors.push(read_direction(seen, token));
    }
    if tokens.len() == 2 && tokens[0] == tokens[1] {
        return Err(Absence::NoPlane);
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

fn axes(choice: BasisChoice, stored: Option<Basis>, directions: &[Vec<f32>]) -> [Vec<f32>; 2] {
    let stored = stored.map(|it| it.axes);
    let chosen = match (choice, directions, stored) {
        (BasisChoice::Pair { .. }, [a, b], Some([first, second])) => {
            let toward: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            plane(&toward, &first).or_else(|| plane(&toward, &second))
        }
        (BasisChoice::Words { .. }, [x, y], _) => plane(x, y),
        (_, _, stored) => stored,
    };
    // Two rows of the unembedding that are one are no plane: everything falls on the origin.
    chosen.unwrap_or_else(|| [Vec::new(), Vec::new()])
}
