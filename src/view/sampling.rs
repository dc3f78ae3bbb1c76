//! From logits to the next token: temperature, cut-offs and a draw, without a new forward pass.

use serde::{Deserialize, Serialize};

/// How the next token is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Divides the logits; 0 takes the most probable.
    pub temperature: f32,
    /// Only so many of the most probable; 0 for all.
    pub top_k: usize,
    /// Only the most probable that together have this share; 1 for all.
    pub top_p: f32,
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: 0, top_p: 1.0, seed: 1 }
    }
}

/// A token that may come next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    pub id: usize,
    /// Its probability before any cut, at temperature 1: the model's own.
    pub prob: f32,
    /// Its probability with temperature and cut-offs; 0 where cut.
    pub drawn: f32,
}

/// Every token, the most probable first.
///
/// # Source
/// Temperature as in Ackley et al. 1985; nucleus (top-p) as in Holtzman et al. 2020, section 3.1:
/// the smallest set of most probable tokens whose share is at least p.
pub fn candidates(logits: &[f32], sampling: Sampling) -> Vec<Draw> {
    let own = softmax(logits, 1.0);
    let warm = if sampling.temperature <= 0.0 {
        Vec::new()
    } else {
        softmax(logits, sampling.temperature)
    };
    let mut all: Vec<Draw> = (0..logits.len())
        .map(|id| Draw { id, prob: own[id], drawn: warm.get(id).copied().unwrap_or(0.0) })
        .collect();
    all.sort_by(|a, b| b.prob.total_cmp(&a.prob).then(a.id.cmp(&b.id)));
    if warm.is_empty() {
        if let Some(first) = all.first_mut() {
            first.drawn = 1.0;
        }
        return all;
    }
    cut(&mut all, sampling);
    all
}

fn cut(all: &mut [Draw], sampling: Sampling) {
    let most = if sampling.top_k == 0 { all.len() } else { sampling.top_k };
    let mut share = 0.0;
    for (place, draw) in all.iter_mut().enumerate() {
        if most <= place || (0 < place && sampling.top_p <= share) {
            draw.drawn = 0.0;
        }
        share += draw.drawn;
    }
    let total: f32 = all.iter().map(|it| it.drawn).sum();
    if 0.0 < total {
        all.iter_mut().for_each(|it| it.drawn /= total);
    }
}

fn softmax(logits: &[f32], temperature: f32) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f32> = logits.iter().map(|it| ((it - largest) / temperature).exp()).collect();
    let total: f32 = raised.iter().sum();
    raised.into_iter().map(|it| it / total).collect()
}

impl Sampling {
    /// The token drawn at the `turn`-th draw of this seed; the same seed and turn draw the same.
    pub fn draw(self, candidates: &[Draw], turn: u64) -> Option<usize> {
        let mut left = unit(self.seed, turn);
        let possible = || candidates.iter().filter(|it| 0.0 < it.drawn);
        for draw in possible() {
            left -= draw.drawn;
            if left < 0.0 {
                return Some(draw.id);
            }
        }
        possible().next_back().map(|it| it.id)
    }
}

/// A number in 0..1 from seed and turn: Steele et al. 2014 (SplitMix64).
fn unit(seed: u64, turn: u64) -> f32 {
    let mut state = seed.wrapping_add(turn.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state ^ (state >> 31)) >> 40) as f32 / (1u64 << 24) as f32
}

#[cfg(test)]
mod tests {
    use std::f32::consts::LN_2;

    use super::*;

    /// Probabilities 1/2, 1/4, 1/8, 1/8.
    const LOGITS: [f32; 4] = [3.0 * LN_2, 2.0 * LN_2, LN_2, LN_2];

    fn drawn(sampling: Sampling) -> Vec<f32> {
        candidates(&LOGITS, sampling).iter().map(|it| it.drawn).collect()
    }

    fn close(got: &[f32], wanted: &[f32]) {
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5), "{got:?} {wanted:?}");
    }

    #[test]
    fn the_cuts_are_those_of_the_papers() {
        let all = Sampling::default();
        close(&drawn(all), &[0.5, 0.25, 0.125, 0.125]);
        close(&drawn(Sampling { top_k: 2, ..all }), &[2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0]);
        close(&drawn(Sampling { top_p: 0.5, ..all }), &[1.0, 0.0, 0.0, 0.0]);
        close(&drawn(Sampling { top_p: 0.6, ..all }), &[2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0]);
        close(&drawn(Sampling { temperature: 0.0, ..all }), &[1.0, 0.0, 0.0, 0.0]);
        close(
            &drawn(Sampling { temperature: 0.5, ..all }),
            &[0.727_27, 0.181_82, 0.045_45, 0.045_45],
        );
    }

    #[test]
    fn the_models_own_probabilities_are_never_cut() {
        let own: Vec<f32> = candidates(&LOGITS, Sampling { top_k: 1, ..Sampling::default() })
            .iter()
            .map(|it| it.prob)
            .collect();
        close(&own, &[0.5, 0.25, 0.125, 0.125]);
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let sampling = Sampling::default();
        let candidates = candidates(&LOGITS, sampling);
        let mut counts = [0.0f32; 4];
        for turn in 0..20_000 {
            counts[sampling.draw(&candidates, turn).unwrap()] += 1.0 / 20_000.0;
        }
        for (got, wanted) in counts.iter().zip([0.5, 0.25, 0.125, 0.125]) {
            // Four standard deviations of a share near one half over 20,000 draws.
            assert!((got - wanted).abs() < 0.015, "{counts:?}");
        }
        assert_eq!(sampling.draw(&candidates, 3), sampling.draw(&candidates, 3));
    }

    #[test]
    fn nothing_to_draw_from_is_none() {
        assert_eq!(Sampling::default().draw(&[], 0), None);
    }
}
