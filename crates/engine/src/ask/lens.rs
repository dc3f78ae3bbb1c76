//! What each depth would say if the network stopped there.

use burn::{prelude::*, tensor::activation::log_softmax};
use trace::{
    Absence, Answer, AskLens,
    Axis::{Depth, Pos},
    Counted, Lens, Site,
};

use super::{Seen, array, pending::Pending, stream::depths};
use crate::model::kernel;

/// How many numbers per depth and position the lens gives.
const N_READINGS: usize = 8;
/// Logits that are made at once, 16 MB of them, unless one depth has more.
const MOST_LOGITS: usize = 4 << 20;

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
    let [n_pos, n_vocab] = logits.dims();
    let output = log_softmax(logits, 1);
    let chance = kernel::exp(output.clone());
    let places = depths(seen.trace);
    let streams = places.iter().map(|&(_, site)| seen.get::<2>(site));
    let streams = streams.collect::<Result<Vec<_>, _>>()?;
    // Small products are dear: as many depths at once as memory allows.
    let together = (MOST_LOGITS / (n_pos * n_vocab).max(1)).max(1);
    let mut readings = Vec::with_capacity(places.len());
    for some in streams.chunks(together) {
        let logits = network.unembedded(network.normed(Tensor::cat(some.to_vec(), 0)));
        let of_output = |it: &Tensor<2>| it.clone().repeat_dim(0, some.len());
        let read = reading(logits, [of_output(&chance), of_output(&output)], [a, b]);
        let by_depth: Tensor<3> = read.reshape([N_READINGS, some.len(), n_pos]);
        for depth in by_depth.split(1, 1) {
            readings.push(depth.reshape([N_READINGS * n_pos]));
        }
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

/// Top token, its probability, entropy, divergence from the output, and both tokens'
/// log-probability and rank. One exponential for each logit serves them all.
///
/// # Shapes
/// `logits`, and the output's probabilities and their logarithms: `[row, vocab]`; what returns:
/// `[N_READINGS, row]`
fn reading(logits: Tensor<2>, [chance, output]: [Tensor<2>; 2], pair: [u32; 2]) -> Tensor<2> {
    let [a, b] = pair.map(|it| it as usize);
    let (most, top) = logits.clone().max_dim_with_indices(1);
    let below = logits - most;
    let raised = kernel::exp(below.clone());
    let sum = raised.clone().sum_dim(1);
    let log_sum = sum.clone().log();
    // −Σ p ln p with p = raised / sum.
    let entropy = log_sum.clone() - (raised * below.clone()).sum_dim(1) / sum.clone();
    let said = below - log_sum;
    let kl = (chance * (output - said.clone())).sum_dim(1);
    let own = |token: usize| said.clone().narrow(1, token, 1);
    let rank = |token: usize| said.clone().greater(own(token)).int().sum_dim(1).float();
    let columns = vec![top.float(), sum.recip(), entropy, kl, own(a), own(b), rank(a), rank(b)];
    Tensor::cat(columns, 1).transpose()
}
