//! What `measured.json` says: every number that is shown, and where it comes from.

use serde::{Deserialize, Serialize};

use super::{Lab, Named, Problem};
use crate::stats::Estimate;

/// What was measured of a lab's networks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    pub version: u32,
    /// The lab's id.
    pub lab: String,
    pub runs: Vec<Run>,
}

/// One network of one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub network: String,
    pub seed: u64,
    /// Steps of training that the weights have behind them.
    pub step: usize,
    /// SHA-256 of `weights.safetensors`; for untrained weights, which are made from the seed, of
    /// what the file would be.
    pub sha256: String,
    pub n_params: usize,
    /// Of all steps and cores together, where it is known.
    pub cpu_minutes: Option<f64>,
    pub values: Vec<Value>,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    pub measure: String,
    /// The size of the rows: `{"steps": 20}`.
    pub at: Named<usize>,
    pub value: f64,
    /// Cases: answers for an accuracy, rows for all else.
    pub n: usize,
    /// 95 %, over the choice of rows: see [`crate::stats`].
    pub interval: [f64; 2],
}

impl Value {
    /// The number with its interval.
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.value, low: self.interval[0], high: self.interval[1] }
    }
}

impl Measured {
    /// The run of a network and a seed.
    pub fn run(&self, network: &str, seed: u64) -> Option<&Run> {
        self.runs.iter().find(|it| it.network == network && it.seed == seed)
    }

    /// Everything that does not fit `lab`, or is missing.
    pub fn check(&self, lab: &Lab) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.lab != lab.id {
            problems
                .push(Problem::new("lab", format!("{:?} is not this lab, {:?}", self.lab, lab.id)));
        }
        for (place, run) in self.runs.iter().enumerate() {
            let is_second = self.runs[..place]
                .iter()
                .any(|it| it.network == run.network && it.seed == run.seed);
            let place = format!("runs[{place}]");
            let known = lab.network(&run.network);
            if is_second || known.is_none_or(|it| !lab.seeds(it).contains(&run.seed)) {
                let what =
                    format!("{} with seed {} is in lab.json not once", run.network, run.seed);
                problems.push(Problem::new(&*place, what));
            }
            problems.extend(run.check(lab).into_iter().map(|it| it.inside(&place)));
        }
        for network in &lab.networks {
            for &seed in lab.seeds(network) {
                if self.run(&network.name, seed).is_none() {
                    let what = format!("{} with seed {seed} was not measured", network.name);
                    problems.push(Problem::new("runs", what));
                }
            }
        }
        problems
    }
}

impl Run {
    /// The value of a measure at a size.
    pub fn value(&self, measure: &str, at: &Named<usize>) -> Option<&Value> {
        self.values.iter().find(|it| it.measure == measure && it.at == *at)
    }

    fn check(&self, lab: &Lab) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (place, value) in self.values.iter().enumerate() {
            let place = format!("values[{place}]");
            let task = lab.measure(&value.measure).and_then(|it| lab.task_of(it));
            if task.is_none_or(|it| !it.exam.contains(&value.at)) {
                let what = format!("lab.json does not ask for {} at {:?}", value.measure, value.at);
                problems.push(Problem::new(&*place, what));
            }
            let Estimate { value, low, high } = value.estimate();
            if !(low.is_finite() && high.is_finite() && low <= value && value <= high) {
                let what = format!("{value} is not within [{low}, {high}]");
                problems.push(Problem::new(&*place, what));
            }
        }
        for measure in &lab.measures {
            for at in lab.task_of(measure).into_iter().flat_map(|it| &it.exam) {
                if self.value(&measure.name, at).is_none() {
                    let what = format!("{} at {at:?} was not measured", measure.name);
                    problems.push(Problem::new("values", what));
                }
            }
        }
        problems
    }
}
