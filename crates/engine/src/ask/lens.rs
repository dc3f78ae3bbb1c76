//! What each depth would say if the network stopped there.

use burn::{prelude::*, tensor::activation::log_softmax};
use trace::{
    Absence, Answer, AskLens,
    Axis::{Depth, Pos},
    Counted, Lens, Site,
};

use super::{Seen, array, pending::Pending, stream::depths};

/// How many numbers per depth and position the lens gives.
const N_READINGS: usize = 8;

/// The unembedding's reading of the stream at every depth and position.
///
/// # Source
/// nostalgebraist 2020, *interpreting GPT: the logit lens*: final norm and unembedding applied to
/// the stream. The divergence is that of Belrose et al. 2023, eq. (5): from the output to the lens.
pub(super) fn lens(seen: Seen<'_>, &AskLens { a, b }: &AskLens) -> Result<Pending, Absence> {
    seen.check(Counted::Token, a as usize)?;
    seen.check(Counted::Token, b as usize)?;
    let network = &seen.model.network;
    let logits: Tensor<2> = seen.get(Site::Logits)?;
    let [n_pos, _] = logits.dims();
    let output = log_softmax(logits, 1);
    let chance = output.clone().exp();
    let places = depths(seen.trace);
    let mut readings = Vec::with_capacity(places.len());
    for &(_, site) in &places {
        let stream: Tensor<2> = seen.get(site)?;
        let said = log_softmax(network.unembedded(network.normed(stream)), 1);
        let kl = (chance.clone() * (output.clone() - said.clone())).sum_dim(1);
        readings.push(reading(&said, kl, [a, b]).reshape([N_READINGS * n_pos]));
    }
    let sites: Vec<_> = places.iter().map(|it| it.0).collect();
    Ok(Pending::new(readings, move |read| {
        let dims = [(Depth, sites.len()), (Pos, n_pos)];
        let row = |which: usize| -> Vec<f32> {
            read.iter()
                .flat_map(|depth| &depth[which * n_pos..(which + 1) * n_pos])
                .copied()
                .collect()
        };
        Answer::Lens(Lens {
            top: row(0).into_iter().map(|it| it as u32).collect(),
            top_prob: array(row(1), &dims),
            entropy: array(row(2), &dims),
            kl: array(row(3), &dims),
            a,
            b,
            logprob_a: array(row(4), &dims),
            logprob_b: array(row(5), &dims),
            rank_a: array(row(6), &dims),
            rank_b: array(row(7), &dims),
            sites,
        })
    }))
}

/// Top token, its probability, entropy, divergence, and both tokens' log-probability and rank.
///
/// # Shapes
/// `said`: log-probabilities `[pos, vocab]`; `kl`: `[pos, 1]`; what returns: `[N_READINGS, pos]`
fn reading(said: &Tensor<2>, kl: Tensor<2>, pair: [u32; 2]) -> Tensor<2> {
    let [a, b] = pair.map(|it| it as usize);
    let (best, top) = said.clone().max_dim_with_indices(1);
    let entropy = -(said.clone().exp() * said.clone()).sum_dim(1);
    let own = |token: usize| said.clone().narrow(1, token, 1);
    let rank = |token: usize| said.clone().greater(own(token)).int().sum_dim(1).float();
    let columns = vec![top.float(), best.exp(), entropy, kl, own(a), own(b), rank(a), rank(b)];
    Tensor::cat(columns, 1).transpose()
}
