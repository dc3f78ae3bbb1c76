//! Whole patterns of some heads.

use trace::{
    Absence, Answer, AskPatterns,
    Axis::{Head, Key, Query},
    Counted, Patterns,
};

use super::{Seen, array, mixing::ShownHead, pending::Pending};

/// The whole patterns of some heads.
pub(super) fn patterns(seen: Seen<'_>, asked: &AskPatterns) -> Result<Pending, Absence> {
    let AskPatterns { layer, ref heads } = *asked;
    seen.check(Counted::Layer, layer)?;
    for &head in heads {
        seen.check(Counted::Head, head)?;
    }
    let n_pos = seen.n_pos()?;
    let all = seen.mixing(layer)?;
    let n_known = all.as_ref().map_or(0, |it| it.dims()[0]);
    let width = n_pos * n_pos;
    let flat = all.map(|it| it.reshape([n_known * width]));
    let heads = heads.clone();
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
