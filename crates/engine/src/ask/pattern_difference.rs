//! Two heads' ways of mixing positions, one less the other.

use burn::prelude::*;
use trace::{
    Absence, Answer, AskPatternDifference,
    Axis::{Key, Query},
    PatternDifference,
};

use super::{Seen, array, pending::Pending};

/// The map of a head less that of another, each row as shares of the sum of its absolute values:
/// what attention has anyway, and what makes a recurrent head's row comparable with it.
///
/// # Source
/// Ali, Zimerman & Wolf 2024, *The hidden attention of Mamba models*, section 4, set hidden
/// attention beside attention in this way.
pub(super) fn pattern_difference(
    seen: Seen<'_>,
    &AskPatternDifference { layer, head, minus }: &AskPatternDifference,
) -> Result<Pending, Absence> {
    let (one, other) = (shares(seen, [layer, head])?, shares(seen, minus)?);
    let [n_query, n_key] = one.dims();
    let flat = (one - other).reshape([n_query * n_key]);
    Ok(Pending::new(vec![flat], move |mut read| {
        let weights = array(read.remove(0), &[(Query, n_query), (Key, n_key)]);
        Answer::PatternDifference(PatternDifference { layer, head, minus, weights })
    }))
}

/// `[query, key]`, every row's absolute values adding up to one.
fn shares(seen: Seen<'_>, [layer, head]: [usize; 2]) -> Result<Tensor<2>, Absence> {
    seen.check_head(layer, head)?;
    let all = seen.mixing(layer)?.filter(|it| head < it.dims()[0]);
    let all = all.ok_or(Absence::NoMatrix { layer, head })?;
    let map: Tensor<2> = all.narrow(0, head, 1).squeeze_dim(0);
    let total = map.clone().abs().sum_dim(1).clamp_min(f32::MIN_POSITIVE);
    Ok(map / total)
}
