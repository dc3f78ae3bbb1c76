//! What a network predicts of the same items in several orders.

use burn::prelude::*;
use lab::{
    format::{Exercise, Measure, MeasureKind},
    stats::{self, Estimate},
    task::{Row, Size, generator, shuffled},
};

use super::{
    exam::said,
    measure::{N_AT_ONCE, cost},
    rows::{held_out, ids},
};
use crate::model::Network;

/// The stream of orders for rows of a size; far from those of steps and of held-out rows.
const ORDERS: u64 = 1 << 62;

/// Predictions after the last item of held-out rows, each row in several orders.
pub(super) struct Orders {
    rows: Vec<Row>,
    /// Probabilities of every word: `[row][order]`.
    predicted: Vec<Vec<Vec<f64>>>,
}

impl Orders {
    pub(super) fn of(
        network: &Network,
        exercise: &Exercise,
        size: Size,
        (seed, n_orders): (u64, usize),
        device: &Device,
    ) -> Self {
        let rows: Vec<Row> = held_out(exercise, seed, size, exercise.exam_rows).collect();
        let mut rng = generator(seed, ORDERS - size.0 as u64);
        let in_order = |row: &Row, rng: &mut _| {
            let words = ids(row.inputs.words());
            let order = shuffled(words.len() - 1, rng);
            let items = order.into_iter().map(|it| words[1 + it]);
            std::iter::once(words[0]).chain(items).collect::<Vec<i32>>()
        };
        let inputs: Vec<Vec<i32>> = rows
            .iter()
            .flat_map(|row| (0..n_orders).map(|_| in_order(row, &mut rng)).collect::<Vec<_>>())
            .collect();
        let last: Vec<Vec<f64>> =
            inputs.chunks(N_AT_ONCE).flat_map(|it| last_of(network, it, device)).collect();
        Self { rows, predicted: last.chunks(n_orders).map(<[_]>::to_vec).collect() }
    }

    /// A measure with its interval over rows, and of how many rows it is.
    pub(super) fn take(&self, measure: &Measure) -> Option<(Estimate, usize)> {
        let each = self.rows.iter().zip(&self.predicted);
        let values: Vec<f64> = match measure.kind {
            MeasureKind::Order => each.map(|it| total_variation(&it.1[0], &it.1[1])).collect(),
            MeasureKind::Kl => each.map(divergence).collect(),
            _ => return None,
        };
        Some((stats::mean(&values)?, self.rows.len()))
    }
}

/// Probabilities after the last word of rows of one length.
fn last_of(network: &Network, rows: &[Vec<i32>], device: &Device) -> Vec<Vec<f64>> {
    let n_tokens = rows[0].len();
    let input = TensorData::new(rows.concat(), [rows.len(), n_tokens]);
    let all = said(network, input, device);
    let d_vocab = all.len() / (rows.len() * n_tokens);
    let last = |row: &[f32]| {
        let last = &row[(n_tokens - 1) * d_vocab..];
        last.iter().map(|it| f64::from(*it).exp()).collect()
    };
    all.chunks_exact(n_tokens * d_vocab).map(last).collect()
}

fn total_variation(one: &[f64], other: &[f64]) -> f64 {
    0.5 * one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f64>()
}

fn mean(all: &[Vec<f64>]) -> Vec<f64> {
    let sum = |word: usize| all.iter().map(|it| it[word]).sum::<f64>();
    (0..all[0].len()).map(|it| sum(it) / all.len() as f64).collect()
}

/// Divergence of the mean over orders from the exact distribution after the row's last item, in
/// nats.
fn divergence((row, all): (&Row, &Vec<Vec<f64>>)) -> f64 {
    let predicted: Vec<f64> = mean(all).into_iter().map(f64::ln).collect();
    cost(row, row.n_positions() - 1, &predicted, true)
}
