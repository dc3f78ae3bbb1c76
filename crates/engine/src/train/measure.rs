//! What is measured of a network on rows of a task, with intervals over rows.

use burn::prelude::*;
use lab::{
    format::{At, Exercise, Measure, MeasureKind, Value},
    stats::{self, Estimate},
    task::{Row, Size, Targets},
};
use trace::SitePattern;

use super::{
    exam::said,
    recipe::{Recipe, RecipeError, Task, exercises},
    rows::{held_out, ids},
};
use crate::{
    geometry::NormalEquations,
    model::Network,
    study::{Cases, Judged, fact_at, mean_of},
};

/// Rows that are read at a time.
const N_AT_ONCE: usize = 50;

/// Every measure of the recipe at every size of its exam; `share` of the exam's rows are asked, but
/// for probes, of which a fit to fewer rows is another fit.
///
/// # Errors
/// [`RecipeError`] where the recipe has no such task.
pub fn measure_network(
    network: &Network,
    recipe: &Recipe,
    share: f64,
    device: &Device,
) -> Result<Vec<Value>, RecipeError> {
    let Task::Rows(specs) = &recipe.task else { return Ok(Vec::new()) };
    let mut values = Vec::new();
    let mut exercises = exercises(specs)?;
    let n_tasks = exercises.len();
    for exercise in &mut exercises {
        let n_rows = exercise.exam_rows;
        for size in exercise.exam.clone() {
            exercise.exam_rows = ((n_rows as f64 * share).ceil() as usize).max(2);
            let answers = Answers::of(network, exercise, size, recipe.seed, device);
            for measure in of_task(&recipe.measures, exercise.task.id(), n_tasks) {
                let found = match measure.kind {
                    MeasureKind::Unexplained => {
                        exercise.exam_rows = n_rows;
                        let all = Answers::of(network, exercise, size, recipe.seed, device);
                        all.probe(network, measure, device)
                    }
                    _ => answers.take(measure),
                };
                let Some((estimate, n)) = found else { continue };
                values.push(Value {
                    measure: measure.name.clone(),
                    at: [(exercise.task.items().name.to_owned(), size.0)].into(),
                    value: estimate.value,
                    n,
                    interval: [estimate.low, estimate.high],
                });
            }
        }
    }
    Ok(values)
}

/// The network of a recipe before its first step.
///
/// # Errors
/// [`RecipeError`] where the network cannot be made.
pub fn untrained(recipe: &Recipe) -> Result<Network, RecipeError> {
    Ok(super::Trainer::new(recipe.clone())?.frozen())
}

/// The measures that are taken on a task.
pub(super) fn of_task<'a>(
    measures: &'a [Measure],
    task: &'static str,
    n_tasks: usize,
) -> impl Iterator<Item = &'a Measure> {
    let is_its = move |it: &&Measure| match &it.task {
        Some(id) => id == task,
        None => n_tasks == 1,
    };
    measures.iter().filter(is_its)
}

/// What a network predicts on held-out rows of one size.
pub(super) struct Answers {
    rows: Vec<Row>,
    /// Log-probabilities of each row: `[positions, d_vocab]`.
    predicted: Vec<Vec<f32>>,
    d_vocab: usize,
}

impl Answers {
    pub(super) fn of(
        network: &Network,
        exercise: &Exercise,
        size: Size,
        seed: u64,
        device: &Device,
    ) -> Self {
        let rows: Vec<_> = held_out(exercise, seed, size, exercise.exam_rows).collect();
        let n_tokens = exercise.task.n_tokens(size);
        let (mut predicted, mut d_vocab) = (Vec::new(), 1);
        for rows in rows.chunks(N_AT_ONCE) {
            let all = said(network, inputs(rows), device);
            let width = all.len() / rows.len();
            d_vocab = width / n_tokens;
            predicted.extend(all.chunks_exact(width).map(<[f32]>::to_vec));
        }
        Self { rows, predicted, d_vocab }
    }

    /// Every row with its log-probabilities.
    fn each(&self) -> impl Iterator<Item = (&Row, &[f32])> {
        self.rows.iter().zip(self.predicted.iter().map(Vec::as_slice))
    }

    /// Log-probabilities at a position.
    fn at<'a>(&self, predicted: &'a [f32], position: usize) -> &'a [f32] {
        &predicted[position * self.d_vocab..][..self.d_vocab]
    }

    /// A measure with its interval over rows, and of how many cases it is.
    pub(super) fn take(&self, measure: &Measure) -> Option<(Estimate, usize)> {
        let n_rows = self.rows.len();
        match measure.kind {
            MeasureKind::Accuracy => {
                let rows = self.right(measure.at);
                let n = rows.iter().map(|it| it.1).sum();
                Some((stats::share_of_rows(&rows)?, n))
            }
            MeasureKind::Exact => {
                let is_whole = |&(right, asked): &(usize, usize)| (usize::from(right == asked), 1);
                let rows: Vec<_> = self.right(measure.at).iter().map(is_whole).collect();
                Some((stats::share_of_rows(&rows)?, n_rows))
            }
            MeasureKind::Loss => Some((stats::mean(&self.costs(measure.at, false))?, n_rows)),
            MeasureKind::Kl => Some((stats::mean(&self.costs(measure.at, true))?, n_rows)),
            MeasureKind::Unexplained => None,
        }
    }

    /// Of each row, how many predictions are right, and of how many.
    fn right(&self, at: At) -> Vec<(usize, usize)> {
        let row = |(row, predicted): (&Row, &[f32])| {
            let asked = positions(row, at);
            let is_right = |&&position: &&usize| {
                first(self.at(predicted, position)).is_some_and(|it| row.is_right(position, it))
            };
            (asked.iter().filter(is_right).count(), asked.len())
        };
        self.each().map(row).collect()
    }

    /// The mean cross-entropy of each row, or its divergence, which is less by the targets' entropy.
    fn costs(&self, at: At, is_divergence: bool) -> Vec<f64> {
        let row = |(row, predicted): (&Row, &[f32])| {
            let asked = positions(row, at);
            let cost = |&position: &usize| {
                cost(row, position, self.at(predicted, position), is_divergence)
            };
            asked.iter().map(cost).sum::<f64>() / asked.len() as f64
        };
        self.each().map(row).collect()
    }

    /// The loss over all positions that count, and how many those are.
    pub(super) fn total_loss(&self) -> (f64, usize) {
        let n: usize = self.rows.iter().map(|it| positions(it, At::Counted).len()).sum();
        let each = self.each().flat_map(|(row, predicted)| {
            let asked = positions(row, At::Counted).into_iter();
            asked.map(move |it| cost(row, it, self.at(predicted, it), false))
        });
        (each.sum(), n)
    }

    /// The share of a fact's variance that no affine map of the stream explains. The map is fitted
    /// by least squares on the first half of the rows and judged on the second; the interval is over
    /// the rows of the second.
    ///
    /// # Source
    /// Shai et al. 2024, section 3, which fits and judges on the same sequences.
    fn probe(
        &self,
        network: &Network,
        measure: &Measure,
        device: &Device,
    ) -> Option<(Estimate, usize)> {
        let name = measure.fact.as_deref()?;
        let sites: Vec<_> = measure.of.iter().map(|it| SitePattern::from(it.as_str())).collect();
        let (first, second) = self.rows.split_at(self.rows.len() / 2);
        let read = |rows: &[Row]| {
            pollster::block_on(Cases::of(network, rows, &sites, device))
                .expect("a measure names sites with a vector at each position")
        };
        let facts = |rows: &[Row], cases: &Cases| -> Vec<Vec<f64>> {
            cases.at.iter().map(|&[row, position]| fact_at(&rows[row], name, position)).collect()
        };
        let mut equations: Option<NormalEquations> = None;
        let mut all = Vec::new();
        for rows in first.chunks(N_AT_ONCE) {
            let cases = read(rows);
            let facts = facts(rows, &cases);
            let d = facts.first()?.len();
            let equations = equations.get_or_insert_with(|| NormalEquations::new(cases.width, d));
            equations.add(&cases.inputs, &facts.concat());
        }
        let judged: Vec<Cases> = second.chunks(N_AT_ONCE).map(read).collect();
        for (rows, cases) in second.chunks(N_AT_ONCE).zip(&judged) {
            all.extend(facts(rows, cases).concat());
        }
        let d = fact_at(second.first()?, name, 0).len();
        let width = judged.first()?.width;
        let fitted = equations?.solve(&(0..width), 0..d)?;
        let mean = mean_of(&all, d);
        let mut sums = Judged::new(second.len());
        for (chunk, (rows, cases)) in second.chunks(N_AT_ONCE).zip(&judged).enumerate() {
            for (case, fact) in facts(rows, cases).iter().enumerate() {
                let row = chunk * N_AT_ONCE + cases.at[case][0];
                sums.add(row, &fitted.map(cases.input(case)), fact, &mean);
            }
        }
        Some((sums.unexplained()?, second.len()))
    }
}

/// Rows of one size as a network reads them.
fn inputs(rows: &[Row]) -> TensorData {
    let words = rows.iter().flat_map(|it| ids(it.inputs.words())).collect::<Vec<i32>>();
    TensorData::new(words, [rows.len(), rows[0].n_positions()])
}

fn positions(row: &Row, at: At) -> Vec<usize> {
    let counted = (0..row.n_positions()).filter(|&it| 0.0 < row.weights[it]);
    match at {
        At::Counted => counted.collect(),
        At::Last => counted.rev().take(1).collect(),
    }
}

/// The word that is more probable than every other one, if any is.
fn first(predicted: &[f32]) -> Option<u32> {
    let most = predicted.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut found = (0u32..).zip(predicted).filter(|it| *it.1 == most);
    found.next().filter(|_| found.next().is_none()).map(|it| it.0)
}

fn cost(row: &Row, position: usize, predicted: &[f32], is_divergence: bool) -> f64 {
    match &row.targets {
        Targets::Words(ids) => -f64::from(predicted[ids[position] as usize]),
        Targets::Distributions { width, values } => {
            let shares = &values[position * width..][..*width];
            let each = |(&share, &predicted): (&f32, &f32)| {
                let share = f64::from(share);
                let own = if is_divergence { share.ln() } else { 0.0 };
                if share == 0.0 { 0.0 } else { share * (own - f64::from(predicted)) }
            };
            shares.iter().zip(predicted).map(each).sum()
        }
        Targets::Numbers { .. } => f64::NAN,
    }
}
