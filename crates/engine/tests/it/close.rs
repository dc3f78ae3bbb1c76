//! How far apart numbers may be that are the same on paper.
//!
//! A processor's vectors may be 4, 8 or 16 numbers wide, with multiplication and addition fused or
//! not, and a library chooses among them when the program runs. Each choice takes the terms of a
//! sum in another order. So a tolerance never is what some machine was seen to give, but one of two:
//!
//! - [`sums`], where both sides are made of the same numbers;
//! - [`Spread`], where a network was run twice, so that what differs in one part is carried on by
//!   those after it.

use std::collections::BTreeMap;

use burn::prelude::*;
use engine::{
    load::{Model, collect, fill},
    model::{Keep, Network, Probe},
    session::token_tensor,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trace::Site;

use crate::tiny::{
    Values, all_kinds, describe, distance, generator, prompt, recurrent_kinds, values,
};

/// How far a number may be from the single-precision number next to it, as a share of it.
const UNIT: f32 = f32::EPSILON / 2.0;

/// The longest sum in the tiny networks: what a mixer of 24 channels writes.
const LONGEST: usize = 24;

/// No bound is wider: a sign, an axis or a constant that is wrong is seen from there on.
const WIDEST: f32 = 1e-3;

/// How many networks next to it a network is compared with.
const N_NUDGES: u64 = 3;

/// How far two ways to the same numbers may be apart that come to `n` roundings each, as a share of
/// the largest of those numbers.
///
/// Each rounding is at most [`UNIT`] of the partial sum that it made. In an array of sums of terms
/// of either sign, partial sums are about as large as the largest of the results. That all `n`
/// roundings go one way is the worst case; by chance they come to the square root of it.
///
/// # Source
/// N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, section 3.1.
pub(crate) const fn sums(n: usize) -> f32 {
    2.0 * n as f32 * UNIT
}

/// How far two runs of one network may be apart at each site.
///
/// Whatever the order of a sum of `n` products, what comes out is the exact sum of products whose
/// factors were a little off: by `n` times [`UNIT`] at worst, by the square root of `n` times as a
/// rule. So roundings do no more than weights that are as little off, and what these do at a site is
/// measured: it is small as a rule, and large where a norm divides by next to nothing or a
/// recurrence carries on what it was given.
///
/// # Source
/// N. J. Higham, as above, equation (3.4), and N. J. Higham and T. Mary, *A new approach to
/// probabilistic rounding error analysis*, SIAM J. Sci. Comput. 41 (2019), for the square root.
pub(crate) struct Spread(BTreeMap<Site, f32>);

impl Spread {
    /// Of runs of `model` on `ids`.
    pub(crate) fn of(model: &Model, ids: &[u32]) -> Self {
        let plain = values(model, ids, &[]);
        let mut most: BTreeMap<Site, f32> = plain.keys().map(|&site| (site, 0.0)).collect();
        for seed in 0..N_NUDGES {
            for (site, moved) in nudged(model, ids, seed) {
                let found = distance(moved.values(), plain[&site].values());
                most.entry(site).and_modify(|it| *it = it.max(found));
            }
        }
        Self(most)
    }

    /// Both runs' share together, relative to the largest value of the site.
    pub(crate) fn at(&self, site: Site) -> f32 {
        let bound = sums(LONGEST) + 2.0 * self.0[&site];
        assert!(bound < WIDEST, "{site} shows nothing: {bound:e}");
        bound
    }
}

/// The values of a network whose weights are each off by as much as its sums may be.
fn nudged(model: &Model, ids: &[u32], seed: u64) -> Values {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let share = (LONGEST as f32).sqrt() * UNIT;
    changed(model, ids, |_, it| *it *= if rng.random() { 1.0 + share } else { 1.0 - share })
}

/// The values of a network after `change` of every weight, which is told its tensor's name.
fn changed(model: &Model, ids: &[u32], mut change: impl FnMut(&str, &mut f32)) -> Values {
    let mut weights = collect(&model.network);
    for (name, tensor) in &mut weights.0 {
        tensor.values.iter_mut().for_each(|it| change(name, it));
    }
    let network = {
        let _held = generator();
        let network = Network::new(&model.file.config, &Device::flex()).unwrap();
        fill(network, &mut weights).unwrap()
    };
    let mut probe = Probe::new(Keep::Everything, Vec::new());
    network.forward(token_tensor(ids, &Device::flex()), &mut probe);
    pollster::block_on(probe.into_trace().unwrap().read()).unwrap()
}

/// A bound that lets everything pass would prove nothing.
#[test]
fn a_part_that_is_a_hundredth_off_is_out_of_bounds() {
    let ids = prompt(7);
    for model in all_kinds().step_by(11).chain(recurrent_kinds()) {
        let plain = values(&model, &ids, &[]);
        let bound = Spread::of(&model, &ids).at(Site::Logits);
        let is_read = |name: &str| name.starts_with("blocks.0.") && name.contains(".output.");
        for factor in [1.01, -1.0] {
            let moved = changed(&model, &ids, |name, it| {
                *it *= if is_read(name) { factor } else { 1.0 };
            });
            let found = distance(moved[&Site::Logits].values(), plain[&Site::Logits].values());
            assert!(bound < found, "{factor}: {found:e}, {bound:e}, {}", describe(&model));
        }
    }
}
