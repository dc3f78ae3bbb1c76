//! What `measured.json` says: every number that is shown, and where it comes from.

use serde::{Deserialize, Serialize};

use super::{Lab, Measure, Named, Problem, lab::does_name};
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
    /// What a smaller exam gave at each checkpoint of the training, the last being `step`; empty
    /// where none are kept.
    #[serde(default)]
    pub timeline: Vec<Moment>,
}

/// What was measured at one step of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    pub step: usize,
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
    /// The site that was read, where a probe reads each alone.
    #[serde(default)]
    pub site: Option<String>,
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
    /// The value of a measure at a size; of a probe that reads each site alone there is none.
    pub fn value(&self, measure: &str, at: &Named<usize>) -> Option<&Value> {
        self.value_of(measure, at, None)
    }

    /// The value of a measure at a size and a site, where it has sites.
    pub fn value_of(&self, measure: &str, at: &Named<usize>, site: Option<&str>) -> Option<&Value> {
        let is_it =
            |it: &&Value| it.measure == measure && it.at == *at && it.site.as_deref() == site;
        self.values.iter().find(is_it)
    }

    fn check(&self, lab: &Lab) -> Vec<Problem> {
        let mut problems = check(&self.values, lab);
        for (place, moment) in self.timeline.iter().enumerate() {
            let place = format!("timeline[{place}]");
            problems.extend(check(&moment.values, lab).into_iter().map(|it| it.inside(&place)));
        }
        let steps: Vec<usize> = self.timeline.iter().map(|it| it.step).collect();
        let is_ascending = steps.windows(2).all(|it| it[0] < it[1]);
        if !is_ascending || steps.last().is_some_and(|it| *it != self.step) {
            let what = format!("{steps:?} do not ascend to the run's own step, {}", self.step);
            problems.push(Problem::new("timeline", what));
        }
        problems
    }
}

/// Everything that does not fit `lab`, or is missing.
fn check(values: &[Value], lab: &Lab) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, value) in values.iter().enumerate() {
        let is_double = values[..place]
            .iter()
            .any(|it| (&it.measure, &it.at, &it.site) == (&value.measure, &value.at, &value.site));
        let place = format!("values[{place}]");
        let mut add = |what| problems.push(Problem::new(&*place, what));
        let measure = lab.measure(&value.measure);
        let is_asked = measure.is_some_and(|it| {
            lab.places_of(it).contains(&value.at) && it.has(value.site.as_deref())
        });
        if !is_asked {
            let site = value.site.as_ref().map_or_else(String::new, |it| format!(" and {it}"));
            let Value { measure, at, .. } = value;
            add(format!("lab.json does not ask for {measure} at {at:?}{site}"));
        }
        if is_double {
            add(format!("{} at {:?} is there already", value.measure, value.at));
        }
        let Estimate { value, low, high } = value.estimate();
        if !(low.is_finite() && high.is_finite() && low <= value && value <= high) {
            add(format!("{value} is not within [{low}, {high}]"));
        }
    }
    for measure in &lab.measures {
        for at in lab.places_of(measure) {
            let missing = measure.missing(values, &at).into_iter();
            problems.extend(missing.map(|it| Problem::new("values", it)));
        }
    }
    problems
}

impl Measure {
    /// Whether it has a value for this site, or for none.
    fn has(&self, site: Option<&str>) -> bool {
        site.map_or(!self.each, |it| self.each && self.names(it))
    }

    /// What it lacks at a size. Which sites a pattern names follows from the network, which only the
    /// engine knows: there has to be one.
    fn missing(&self, values: &[Value], at: &Named<usize>) -> Vec<String> {
        let mut found = values.iter().filter(|it| it.measure == self.name && it.at == *at);
        if !self.each {
            let what = || format!("{} at {at:?} was not measured", self.name);
            return found.next().is_none().then(what).into_iter().collect();
        }
        let sites: Vec<&str> = found.filter_map(|it| it.site.as_deref()).collect();
        let is_missing = |it: &&String| !sites.iter().any(|site| does_name(it, site));
        let what = |it: &String| format!("{} at {at:?} and {it} was not measured", self.name);
        self.of.iter().filter(is_missing).map(what).collect()
    }
}
