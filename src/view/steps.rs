//! One query's way from scores to weights to what is written, number by number.

use trace::AttentionRow;

/// One key of the chosen query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub key: usize,
    /// Scaled product of query and key.
    pub score: f32,
    /// Whether the mask lets the query read it.
    pub is_open: bool,
    /// `exp(score − largest open score)`; 0 where masked. Of a recurrent head, what the product
    /// became between the two positions: what is left, times the step.
    pub raised: f32,
    /// The model's own weight.
    pub weight: f32,
    pub value_norm: f32,
    pub write_norm: f32,
}

/// Every key in the order of the prompt.
pub fn steps(row: &AttentionRow) -> Vec<Step> {
    let score = row.score.values();
    let is_open = |key: usize| !row.is_causal || key <= row.query;
    let largest = score
        .iter()
        .enumerate()
        .filter(|it| is_open(it.0))
        .fold(f32::NEG_INFINITY, |best, it| best.max(*it.1));
    let value = |values: &[f32], key: usize| values.get(key).copied().unwrap_or(f32::NAN);
    (0..score.len())
        .map(|key| Step {
            key,
            score: score[key],
            is_open: is_open(key),
            raised: match (is_open(key), row.is_recurrent) {
                (false, _) => 0.0,
                (true, true) => value(row.weight.values(), key) / score[key],
                (true, false) => (score[key] - largest).exp(),
            },
            weight: value(row.weight.values(), key),
            value_norm: value(row.value_norm.values(), key),
            write_norm: value(row.write_norm.values(), key),
        })
        .collect()
}
