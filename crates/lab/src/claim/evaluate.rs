//! Whether an expression holds of what was measured, and how sure that is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Outcome,
    parse::{Metric, Number, Operator, Sign, Test},
};
use crate::{
    format::{Measured, Value},
    stats::{self, Estimate},
};

/// What a test comes to, and the numbers that it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub outcome: Outcome,
    /// Every number that the test names, in the order of its text.
    pub ours: Vec<Ours>,
    /// Every comparison, in the order of the text.
    pub compared: Vec<Compared>,
}

/// A number that a test names, over seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ours {
    /// As the test names it, with its size where that was left open: "right(gru; steps=60)".
    pub name: String,
    pub estimate: Estimate,
    /// With one, the interval is over rows, else over seeds.
    pub n_seeds: usize,
}

/// One comparison: left less right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub difference: Estimate,
    pub outcome: Outcome,
    /// Seeds that both sides have.
    pub n_seeds: usize,
}

/// Why a test cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    #[error("{0} was not measured")]
    Missing(String),
    #[error("{name} is not one number; say which of {sizes}")]
    Several { name: String, sizes: String },
    #[error("no seed was measured of all that is compared: {0}")]
    NoSeed(String),
    #[error("{0} has fewer than 2 sizes, or does not vary, or its two series have other sizes")]
    Series(String),
    #[error("a value is not finite; is something divided by 0?")]
    NotFinite,
}

/// Values of one metric, by seed, then by size: one where no size is left open.
type Values = BTreeMap<u64, Vec<(usize, Estimate)>>;
/// What each metric is worth, size by size, in one evaluation.
type Picked<'a> = BTreeMap<&'a Metric, Vec<(usize, f64)>>;

impl Test {
    /// Evaluates the test on what was measured; see [`crate::claim`] for when it is met.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn evaluate(&self, measured: &Measured) -> Result<Finding, EvaluateError> {
        let mut values = BTreeMap::new();
        let mut ours = Vec::new();
        for metric in self.metrics() {
            let found = values_of(metric, measured)?;
            ours.extend(shown(metric, &found));
            values.insert(metric.clone(), found);
        }
        let mut compared = Vec::new();
        let outcome = self.outcome(&values, &mut compared)?;
        Ok(Finding { outcome, ours, compared })
    }

    fn outcome(
        &self,
        values: &BTreeMap<Metric, Values>,
        compared: &mut Vec<Compared>,
    ) -> Result<Outcome, EvaluateError> {
        match self {
            Test::And(left, right) => {
                Ok(left.outcome(values, compared)?.and(right.outcome(values, compared)?))
            }
            Test::Or(left, right) => {
                Ok(left.outcome(values, compared)?.or(right.outcome(values, compared)?))
            }
            Test::Compare(left, sign, right) => {
                let number = Number::Binary(Operator::Minus, left.clone(), right.clone());
                let (difference, n_seeds) = over_seeds(&number, values)?;
                let outcome = sign.of(difference);
                compared.push(Compared { difference, outcome, n_seeds });
                Ok(outcome)
            }
        }
    }
}

impl Sign {
    /// Whether a difference has this sign for the whole of its interval, for none, or for a part.
    fn of(self, difference: Estimate) -> Outcome {
        let Estimate { low, high, .. } = difference;
        let (is_met, is_not) = match self {
            Sign::Less => (high < 0.0, 0.0 <= low),
            Sign::AtMost => (high <= 0.0, 0.0 < low),
            Sign::More => (0.0 < low, high <= 0.0),
            Sign::AtLeast => (0.0 <= low, high < 0.0),
        };
        match (is_met, is_not) {
            (true, _) => Outcome::Met,
            (_, true) => Outcome::NotMet,
            _ => Outcome::Undecided,
        }
    }
}

fn values_of(metric: &Metric, measured: &Measured) -> Result<Values, EvaluateError> {
    let mut values = Values::new();
    let open = metric.keys.iter().find(|it| it.1.is_none()).map(|it| &it.0);
    for run in measured.runs.iter().filter(|it| it.network == metric.network) {
        let fits = |name: &String, size: &Option<usize>, at: &BTreeMap<String, usize>| {
            at.get(name).is_some_and(|it| size.is_none_or(|size| size == *it))
        };
        let found = run.values.iter().filter(|value| {
            value.measure == metric.measure
                && (metric.site.is_none() || value.site == metric.site)
                && metric.keys.iter().all(|(name, size)| fits(name, size, &value.at))
        });
        let mut sizes: Vec<_> =
            found.map(|it| (open.map_or(0, |name| it.at[name]), it.estimate(), it)).collect();
        sizes.sort_by_key(|it| it.0);
        let is_clear = sizes.windows(2).all(|it| it[0].0 != it[1].0);
        if !is_clear {
            let text = |it: &Value| match &it.site {
                Some(site) => format!("{:?} {site}", it.at),
                None => format!("{:?}", it.at),
            };
            let all: Vec<_> = sizes.iter().map(|it| text(it.2)).collect();
            let sizes = all.join(" ");
            return Err(EvaluateError::Several { name: metric.to_string(), sizes });
        }
        if !sizes.is_empty() {
            values.insert(run.seed, sizes.into_iter().map(|it| (it.0, it.1)).collect());
        }
    }
    if values.is_empty() { Err(EvaluateError::Missing(metric.to_string())) } else { Ok(values) }
}

/// The numbers of a metric for the reader, a line for each size.
fn shown(metric: &Metric, values: &Values) -> Vec<Ours> {
    let sizes: BTreeSet<usize> = values.values().flatten().map(|it| it.0).collect();
    let line = |size: usize| {
        let mut one = metric.clone();
        one.keys.iter_mut().filter(|it| it.1.is_none()).for_each(|it| it.1 = Some(size));
        let found: Vec<Estimate> =
            values.values().filter_map(|it| Some(it.iter().find(|it| it.0 == size)?.1)).collect();
        let n_seeds = found.len();
        Ours { name: one.to_string(), estimate: stats::over_seeds(&found), n_seeds }
    };
    sizes.into_iter().map(line).collect()
}

/// A number over all seeds that its metrics have in common.
fn over_seeds(
    number: &Number,
    values: &BTreeMap<Metric, Values>,
) -> Result<(Estimate, usize), EvaluateError> {
    let mut metrics = Vec::new();
    number.collect(&mut metrics);
    metrics.sort();
    metrics.dedup();
    let Some((first, rest)) = metrics.split_first() else {
        return Ok((Estimate::exact(finite(number.value(&Picked::new())?)?), 0));
    };
    let is_in_all = |seed: &&u64| rest.iter().all(|it| values[*it].contains_key(seed));
    let common: Vec<u64> = values[*first].keys().filter(is_in_all).copied().collect();
    if common.is_empty() {
        let names: Vec<_> = metrics.iter().map(|it| it.to_string()).collect();
        return Err(EvaluateError::NoSeed(names.join(", ")));
    }
    let of_seed = |seed: &u64| {
        let parts: Vec<_> = metrics.iter().map(|it| (*it, &values[*it][seed])).collect();
        within_rows(number, &parts)
    };
    let found = common.iter().map(of_seed).collect::<Result<Vec<_>, _>>()?;
    Ok((stats::over_seeds(&found), common.len()))
}

/// A number of one seed with its interval over rows: what each metric's own interval moves it by,
/// one after another, added as independent parts are.
///
/// # Source
/// Zou & Donner 2008, the method of variance estimates recovery, which is exact in this form for
/// sums and differences and a first-order estimate for all else.
fn within_rows(
    number: &Number,
    parts: &[(&Metric, &Vec<(usize, Estimate)>)],
) -> Result<Estimate, EvaluateError> {
    let middle: Picked = parts
        .iter()
        .map(|(metric, sizes)| (*metric, sizes.iter().map(|it| (it.0, it.1.value)).collect()))
        .collect();
    let value = finite(number.value(&middle)?)?;
    let (mut below, mut above) = (0.0, 0.0);
    for (metric, sizes) in parts {
        for (place, (_, estimate)) in sizes.iter().enumerate() {
            let mut moved = [0.0; 2];
            for (moved, end) in moved.iter_mut().zip([estimate.low, estimate.high]) {
                let mut picked = middle.clone();
                picked.get_mut(metric).expect("it is one of the parts")[place].1 = end;
                *moved = finite(number.value(&picked)?)? - value;
            }
            below += moved[0].min(moved[1]).min(0.0).powi(2);
            above += moved[0].max(moved[1]).max(0.0).powi(2);
        }
    }
    Ok(Estimate { value, low: value - f64::sqrt(below), high: value + f64::sqrt(above) })
}

fn finite(value: f64) -> Result<f64, EvaluateError> {
    if value.is_finite() { Ok(value) } else { Err(EvaluateError::NotFinite) }
}

impl Number {
    fn value(&self, picked: &Picked) -> Result<f64, EvaluateError> {
        Ok(match self {
            Number::Constant(value) => *value,
            Number::Measured(metric) => picked[metric][0].1,
            Number::Negative(it) => -it.value(picked)?,
            Number::Binary(operator, left, right) => {
                let (left, right) = (left.value(picked)?, right.value(picked)?);
                match operator {
                    Operator::Plus => left + right,
                    Operator::Minus => left - right,
                    Operator::Times => left * right,
                    Operator::By => left / right,
                }
            }
            Number::Least(all) => fold(all, picked, f64::min)?,
            Number::Most(all) => fold(all, picked, f64::max)?,
            Number::LeastOf(it) => picked[it].iter().map(|it| it.1).fold(f64::INFINITY, f64::min),
            Number::MostOf(it) => {
                picked[it].iter().map(|it| it.1).fold(f64::NEG_INFINITY, f64::max)
            }
            Number::Slope(it) => {
                let points: Vec<_> = picked[it].iter().map(|it| (it.0 as f64, it.1)).collect();
                let [xx, _, xy] = moments(&points).ok_or_else(|| no_series(it))?;
                if xx <= 0.0 {
                    return Err(no_series(it));
                }
                xy / xx
            }
            Number::Correlation(first, second) => {
                let points: Vec<_> = match second {
                    None => picked[first].iter().map(|it| (it.0 as f64, it.1)).collect(),
                    Some(second) => pairs(&picked[first], &picked[second]),
                };
                let [xx, yy, xy] = moments(&points).ok_or_else(|| no_series(first))?;
                if xx <= 0.0 || yy <= 0.0 {
                    return Err(no_series(first));
                }
                xy / (xx * yy).sqrt()
            }
        })
    }
}

fn no_series(metric: &Metric) -> EvaluateError {
    EvaluateError::Series(metric.to_string())
}

fn fold(
    all: &[Number],
    picked: &Picked,
    choose: fn(f64, f64) -> f64,
) -> Result<f64, EvaluateError> {
    let values = all.iter().map(|it| it.value(picked)).collect::<Result<Vec<_>, _>>()?;
    // min and max of floats pass over NaN, which must not be lost.
    if values.iter().any(|it| it.is_nan()) {
        return Err(EvaluateError::NotFinite);
    }
    Ok(values.into_iter().reduce(choose).expect("a function has arguments"))
}

/// Values of two series at the sizes that both have.
fn pairs(first: &[(usize, f64)], second: &[(usize, f64)]) -> Vec<(f64, f64)> {
    let other = |size: usize| second.iter().find(|it| it.0 == size).map(|it| it.1);
    first.iter().filter_map(|&(size, value)| Some((value, other(size)?))).collect()
}

/// Sums of squares around the means, and of products: xx, yy, xy.
fn moments(points: &[(f64, f64)]) -> Option<[f64; 3]> {
    let n = points.len() as f64;
    let mean = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>() / n;
    let (x, y) = (mean(|it| it.0), mean(|it| it.1));
    let sum = |part: &dyn Fn(f64, f64) -> f64| -> f64 {
        points.iter().map(|it| part(it.0 - x, it.1 - y)).sum()
    };
    (2 <= points.len()).then(|| [sum(&|x, _| x * x), sum(&|_, y| y * y), sum(&|x, y| x * y)])
}
