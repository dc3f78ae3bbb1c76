//! How well a map reads what it was not fitted on.

use lab::stats::{self, Estimate};

/// Squared errors of a map, and squared distances from the mean, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Judged(Vec<(f64, f64)>);

impl Judged {
    /// Of so many rows, nothing of which is read yet.
    pub(crate) fn new(n_rows: usize) -> Self {
        Self(vec![(0.0, 0.0); n_rows])
    }

    /// Adds what was read at a position of a row; `mean` is that of the fact over all rows.
    pub(crate) fn add(&mut self, row: usize, read: &[f64], fact: &[f64], mean: &[f64]) {
        let sum = &mut self.0[row];
        sum.0 += distance(read, fact);
        sum.1 += distance(mean, fact);
    }

    /// The share of the fact's variance that the map leaves unexplained, with an interval over rows.
    pub(crate) fn unexplained(&self) -> Option<Estimate> {
        stats::ratio(&self.0)
    }

    /// R², the share that it explains.
    pub(crate) fn explained(&self) -> Option<Estimate> {
        let Estimate { value, low, high } = self.unexplained()?;
        Some(Estimate { value: 1.0 - value, low: 1.0 - high, high: 1.0 - low })
    }
}

/// The mean of points that stand one after another.
pub(crate) fn mean_of(points: &[f64], width: usize) -> Vec<f64> {
    let n = (points.len() / width.max(1)).max(1) as f64;
    let sum = |it: usize| points.iter().skip(it).step_by(width).sum::<f64>();
    (0..width).map(|it| sum(it) / n).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}
