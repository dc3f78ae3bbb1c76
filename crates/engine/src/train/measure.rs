//! What is measured of a network on rows of a task, with intervals over rows.

use std::ops::Range;

use burn::prelude::*;
use lab::{
    format::{ALL_BITS, At, Exercise, Measure, MeasureKind, Named, Value, WEIGHTS_BITS},
    stats::{self, Estimate},
    task::{Row, Size, Targets},
};
use trace::{Site, SitePattern};

use super::{
    exam::said,
    orders::Orders,
    recipe::{Recipe, RecipeError, Task, exercises},
    rounding::rounded,
    rows::{held_out, ids, shuffled},
};
use crate::{
    geometry::NormalEquations,
    model::Network,
    study::{Cases, Judged, fact_at, mean_of},
};

/// Rows that are read at a time.
pub(super) const N_AT_ONCE: usize = 50;

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
            let measures: Vec<&Measure> =
                of_task(&recipe.measures, exercise.task.id(), n_tasks).collect();
            let sites: Vec<&str> =
                measures.iter().flat_map(|it| &it.of).map(String::as_str).collect();
            let rows = if sites.is_empty() { 0 } else { n_rows };
            let rows = held_out(exercise, recipe.seed, size, rows).collect();
            let streams = Streams::of(network, rows, &sites, device);
            for measure in measures {
                let at = [(exercise.task.items().name.to_owned(), size.0)].into();
                let of = (network, &*exercise, size, recipe.seed);
                if !measure.sweep.is_empty() {
                    let is_last = exercise.exam.last() == Some(&size);
                    values.extend(
                        is_last.then(|| swept(measure, &at, of, device)).into_iter().flatten(),
                    );
                    continue;
                }
                let found = match measure.kind {
                    MeasureKind::Unexplained => streams.take(measure, recipe.seed),
                    _ => taken(measure, &answers, of, device)
                        .map(|it| (None, it))
                        .into_iter()
                        .collect(),
                };
                values.extend(found.into_iter().map(|(site, found)| Value {
                    site: site.map(|it: Site| it.to_string()),
                    ..value(measure, at.clone(), found)
                }));
            }
        }
    }
    Ok(values)
}

/// A network, what it is asked, and the seed of the rows.
type Asked<'a> = (&'a Network, &'a Exercise, Size, u64);

/// A measure that is no probe.
fn taken(
    measure: &Measure,
    answers: &Answers,
    (network, exercise, size, seed): Asked<'_>,
    device: &Device,
) -> Option<(Estimate, usize)> {
    let n_orders = if measure.kind == MeasureKind::Order { 2 } else { measure.orders };
    if n_orders == 0 {
        return answers.take(measure);
    }
    Orders::of(network, exercise, size, (seed, n_orders), device).take(measure)
}

/// A measure for each value of its sweep.
fn swept(
    measure: &Measure,
    at: &Named<usize>,
    (network, exercise, size, seed): Asked<'_>,
    device: &Device,
) -> Vec<Value> {
    let bits = measure.sweep.get(WEIGHTS_BITS).into_iter().flatten();
    let one = |&bits: &usize| {
        let changed = if bits < ALL_BITS { rounded(network, bits) } else { network.clone() };
        let answers = Answers::of(&changed, exercise, size, seed, device);
        let found = taken(measure, &answers, (&changed, exercise, size, seed), device)?;
        let mut at = at.clone();
        at.insert(WEIGHTS_BITS.to_owned(), bits);
        Some(value(measure, at, found))
    };
    bits.filter_map(one).collect()
}

fn value(measure: &Measure, at: Named<usize>, (estimate, n): (Estimate, usize)) -> Value {
    Value {
        measure: measure.name.clone(),
        at,
        value: estimate.value,
        n,
        interval: [estimate.low, estimate.high],
        site: None,
    }
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
            MeasureKind::Unexplained | MeasureKind::Order => None,
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
}

/// What passes some sites of a network on held-out rows.
struct Streams {
    rows: Vec<Row>,
    /// Of [`N_AT_ONCE`] rows each.
    chunks: Vec<Cases>,
}

impl Streams {
    fn of(network: &Network, rows: Vec<Row>, sites: &[&str], device: &Device) -> Self {
        let patterns: Vec<SitePattern> = sites.iter().copied().map(SitePattern::from).collect();
        let read = |rows: &[Row]| {
            pollster::block_on(Cases::of(network, rows, &patterns, device))
                .expect("a measure names sites with a vector at each position")
        };
        let chunks = rows.chunks(N_AT_ONCE).map(read).collect();
        Self { rows, chunks }
    }

    /// The sites in the order of the forward pass, each with its columns.
    fn sites(&self) -> &[(Site, Range<usize>)] {
        self.chunks.first().map_or(&[], |it| &it.sites)
    }

    /// A probe's number for every site that it reads alone, or the one for all of them.
    fn take(&self, measure: &Measure, seed: u64) -> Vec<(Option<Site>, (Estimate, usize))> {
        let patterns: Vec<SitePattern> =
            measure.of.iter().map(|it| SitePattern::from(it.as_str())).collect();
        let is_read = |it: &&(Site, Range<usize>)| patterns.iter().any(|of| of.matches(it.0));
        let read = self.sites().iter().filter(is_read);
        if !measure.each {
            let columns: Vec<_> = read.map(|it| it.1.clone()).collect();
            let found = self.probe(measure, &columns, seed);
            return found.map(|it| (None, it)).into_iter().collect();
        }
        let alone = |(site, columns): &(Site, Range<usize>)| {
            Some((Some(*site), self.probe(measure, std::slice::from_ref(columns), seed)?))
        };
        read.filter_map(alone).collect()
    }

    /// The share of a fact's variance that no affine map of some sites explains. The map is fitted
    /// by least squares on the first half of the rows and judged on the second; the interval is over
    /// the rows of the second. Where the measure is shuffled, each row has the facts of another.
    ///
    /// # Source
    /// Shai et al. 2024, section 3, which fits and judges on the same sequences.
    fn probe(
        &self,
        measure: &Measure,
        columns: &[Range<usize>],
        seed: u64,
    ) -> Option<(Estimate, usize)> {
        let name = measure.fact.as_deref()?;
        let n_rows = self.rows.len();
        let whose = if measure.shuffled { shuffled(n_rows, seed) } else { (0..n_rows).collect() };
        let half = n_rows / 2;
        let fact = |row: usize, position: usize| fact_at(&self.rows[whose[row]], name, position);
        let d = fact(0, 0).len();
        let width = columns.iter().map(Range::len).sum();
        let (mut inputs_of_first, mut facts_of_first, mut judged) =
            (Vec::new(), Vec::new(), Vec::new());
        for (row, position, inputs) in self.cases(columns) {
            let fact = fact(row, position);
            if row < half {
                inputs_of_first.extend(inputs);
                facts_of_first.extend(fact);
            } else {
                judged.push((row - half, inputs, fact));
            }
        }
        let mut equations = NormalEquations::new(width, d);
        equations.add(&inputs_of_first, &facts_of_first);
        let fitted = equations.solve(&(0..width), 0..d)?;
        let facts: Vec<f64> = judged.iter().flat_map(|it| it.2.iter().copied()).collect();
        let mean = mean_of(&facts, d);
        let mut sums = Judged::new(n_rows - half);
        for (row, inputs, fact) in &judged {
            sums.add(*row, &fitted.map(inputs), fact, &mean);
        }
        Some((sums.unexplained()?, n_rows - half))
    }

    /// Row, position and inputs in some columns of every case.
    fn cases(&self, columns: &[Range<usize>]) -> impl Iterator<Item = (usize, usize, Vec<f32>)> {
        let of_chunk = move |(chunk, cases): (usize, &'_ Cases)| {
            let case = move |(case, &[row, position]): (usize, &[usize; 2])| {
                let input = cases.input(case);
                let inputs = columns.iter().flat_map(|it| input[it.clone()].iter().copied());
                (chunk * N_AT_ONCE + row, position, inputs.collect())
            };
            cases.at.iter().enumerate().map(case).collect::<Vec<_>>()
        };
        self.chunks.iter().enumerate().flat_map(of_chunk)
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

/// Cross-entropy of a prediction at a position, in nats, or its divergence from the exact
/// distribution. `predicted` holds log-probabilities of all words.
pub(super) fn cost<T: Copy + Into<f64>>(
    row: &Row,
    position: usize,
    predicted: &[T],
    is_divergence: bool,
) -> f64 {
    match &row.targets {
        Targets::Words(ids) => -predicted[ids[position] as usize].into(),
        Targets::Distributions { width, values } => {
            let shares = &values[position * width..][..*width];
            let each = |(&share, &predicted): (&f32, &T)| {
                let share = f64::from(share);
                let own = if is_divergence { share.ln() } else { 0.0 };
                if share == 0.0 { 0.0 } else { share * (own - predicted.into()) }
            };
            shares.iter().zip(predicted).map(each).sum()
        }
        Targets::Numbers { .. } => f64::NAN,
    }
}
