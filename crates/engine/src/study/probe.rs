//! Affine probes of a fact at many sites at once, beside an untrained network and shuffled facts.

use std::{collections::BTreeMap, ops::Range};

use burn::prelude::*;
use lab::task::{self, Row, Size, Task};
use trace::{
    Entry, Format, Frame, FrameParts, JobTrouble, ProbeJob, Quantity, Role, Side, Site, SitePattern,
};

use super::{
    Cases, FactSpace, FittedProbe, Judged, fact_at,
    kept::{Fitted, Points},
    mean_of, sites_of,
};
use crate::{
    geometry::{Affine, NormalEquations},
    load::Model,
    model::Network,
};

/// How far the seeds of two draws of rows are apart: farther than the seeds of networks.
const DRAWS: u64 = 1 << 32;
/// About as many operations as a step may take: some 10 ms in a browser on one core.
const STEP_OPERATIONS: usize = 100_000_000;
/// Most rows that are read at a time.
const MOST_AT_ONCE: usize = 64;
/// Most columns of all sites together: their products are 32 MB for each of the two networks.
const MOST_WIDTH: usize = 2_048;
/// The column of all sites side by side.
const ALL_SITES: &str = "all layers";
/// The stream of chance that orders the shuffled rows; those of training and exam are others.
const SHUFFLE: u64 = u64::MAX / 2;

/// Fits an affine map by least squares from the values at each site, and from all of them side by
/// side, to a fact, on the first half of the rows, and judges each on the second: of the network, of
/// the same network before its first step, and of the network with the facts of other rows.
///
/// All sites share their sums of products, so that every map is solved out of the same ones.
///
/// # Source
/// Shai et al. 2024, “Transformers Represent Belief State Geometry in their Residual Stream”
/// (arXiv 2405.15943), section 3, which fits and judges on the same sequences and has no untrained
/// control.
#[derive(Debug)]
pub(crate) struct ProbeStudy {
    job: ProbeJob,
    task: Box<dyn Task>,
    fact: FactSpace,
    rows: Vec<Row>,
    /// Whose facts a row has in the shuffled control: one of the same half.
    others: Vec<usize>,
    sites: Vec<(Site, Range<usize>)>,
    untrained: Network,
    equations: [NormalEquations; 2],
    /// For each of the two networks, a map for each column of the result. The trained network's
    /// give the fact, then the shuffled one.
    maps: [Vec<Affine>; 2],
    /// In the order of [`ROWS`], for each column of the result.
    judged: [Vec<Judged>; 3],
    /// The mean of the fact over the second half, and that of shuffled facts.
    means: [Vec<f64>; 2],
    points: Points,
    plan: Vec<Step>,
    n_done: usize,
}

/// What is measured: names and roles of the result's rows.
const ROWS: [(&str, Role); 3] =
    [("trained", Role::Measured), ("untrained", Role::Untrained), ("shuffled", Role::Shuffled)];

/// Which of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Trained = 0,
    Untrained = 1,
}

/// One step.
#[derive(Clone, Debug)]
enum Step {
    /// Rows of the first half are read.
    Fit(Which, Range<usize>),
    /// The map of one column is solved.
    Solve(Which, usize),
    /// Rows of the second half are read by all maps.
    Judge(Which, Range<usize>),
}

impl ProbeStudy {
    /// A study that has read nothing yet.
    ///
    /// # Errors
    /// [`JobTrouble`]: no such fact or site, or one that cannot be probed.
    pub(crate) fn new(
        job: ProbeJob,
        task: Box<dyn Task>,
        model: &Model,
        device: &Device,
    ) -> Result<Self, JobTrouble> {
        let sites = sites_of(&model.network, &job.sites, device)?;
        let width = sites.last().map_or(0, |it| it.1.end);
        if MOST_WIDTH < width {
            return Err(JobTrouble::TooWide { width, most: MOST_WIDTH });
        }
        if let Some(site) = job.shown.filter(|shown| !sites.iter().any(|it| it.0 == *shown)) {
            return Err(JobTrouble::NotShown(site));
        }
        let size = Size(job.size);
        let seed = job.seed.wrapping_add(DRAWS.wrapping_mul(job.draw));
        let rows: Vec<Row> = task::held_out(task.as_ref(), seed, size, job.n_rows).collect();
        let fact = FactSpace::of(&rows, &job.fact).ok_or_else(|| no_fact(&job, &rows))?;
        let untrained = Network::untrained(&model.file.config, job.seed, device);
        let untrained = untrained.map_err(|error| JobTrouble::Task(error.to_string()))?;
        let half = rows.len() / 2;
        let mut rng = task::generator(job.seed, SHUFFLE);
        let mut others = task::shuffled(half, &mut rng);
        others.extend(task::shuffled(rows.len() - half, &mut rng).iter().map(|it| half + it));
        let d = fact.width();
        let n_columns = n_columns(&sites);
        let judged = || vec![Judged::new(rows.len() - half); n_columns];
        let mut study = Self {
            equations: [2 * d, d].map(|d_out| NormalEquations::new(width, d_out)),
            maps: [Vec::new(), Vec::new()],
            judged: [judged(), judged(), judged()],
            means: [Vec::new(), Vec::new()],
            points: Points {
                decoded: sites.iter().map(|it| (it.0, Vec::new())).collect(),
                ..Points::default()
            },
            plan: Vec::new(),
            n_done: 0,
            job,
            task,
            fact,
            rows,
            others,
            sites,
            untrained,
        };
        study.means = study.means();
        study.plan = study.plan(model.n_params);
        Ok(study)
    }

    /// How many steps are done, of how many.
    pub(crate) fn progress(&self) -> [usize; 2] {
        [self.n_done, self.plan.len()]
    }

    /// Takes the next step; the result with the last.
    ///
    /// # Errors
    /// [`JobTrouble`].
    pub(crate) async fn step(
        &mut self,
        model: &Model,
        device: &Device,
    ) -> Result<Option<FittedProbe>, JobTrouble> {
        let Some(step) = self.plan.get(self.n_done).cloned() else { return Ok(None) };
        match step {
            Step::Fit(which, rows) => {
                let cases = self.cases(which, rows.clone(), model, device).await?;
                let facts = self.facts(which, rows.start, &cases);
                self.equations[which as usize].add(&cases.inputs, &facts.concat());
            }
            Step::Solve(which, column) => self.solve(which, column)?,
            Step::Judge(which, rows) => {
                let cases = self.cases(which, rows.clone(), model, device).await?;
                self.judge(which, rows.start, &cases);
            }
        }
        self.n_done += 1;
        Ok((self.n_done == self.plan.len()).then(|| self.result()))
    }

    /// The steps, each of about as much work.
    fn plan(&self, n_params: usize) -> Vec<Step> {
        let n_pos = self.rows.first().map_or(1, Row::n_positions);
        let width = self.sites.last().map_or(0, |it| it.1.end);
        let n_outputs = 3 * self.fact.width();
        let at_once = |operations: usize| {
            (STEP_OPERATIONS / (n_pos * operations).max(1)).clamp(1, MOST_AT_ONCE)
        };
        let [fit, judge] = [at_once(2 * n_params + width * width), {
            at_once(2 * n_params + 4 * width * n_outputs)
        }];
        let (n_rows, half) = (self.rows.len(), self.rows.len() / 2);
        let chunks = |from: usize, to: usize, by: usize| {
            (from..to).step_by(by).map(move |it| it..(it + by).min(to))
        };
        let both = [Which::Trained, Which::Untrained];
        let mut plan = Vec::new();
        for which in both {
            plan.extend(chunks(0, half, fit).map(|rows| Step::Fit(which, rows)));
            plan.extend((0..n_columns(&self.sites)).map(|column| Step::Solve(which, column)));
        }
        for which in both {
            plan.extend(chunks(half, n_rows, judge).map(|rows| Step::Judge(which, rows)));
        }
        plan
    }

    async fn cases(
        &self,
        which: Which,
        rows: Range<usize>,
        model: &Model,
        device: &Device,
    ) -> Result<Cases, JobTrouble> {
        let network = match which {
            Which::Trained => &model.network,
            Which::Untrained => &self.untrained,
        };
        let name = |it: &(Site, Range<usize>)| SitePattern::from(it.0.to_string().as_str());
        let sites: Vec<SitePattern> = self.sites.iter().map(name).collect();
        let cases = Cases::of(network, &self.rows[rows], &sites, device).await?;
        match cases.inputs.iter().position(|it| !it.is_finite()) {
            Some(place) => {
                let column = place % cases.width;
                let found = cases.sites.iter().find(|it| it.1.contains(&column));
                Err(JobTrouble::NotFinite(found.map_or(Site::Logits, |it| it.0)))
            }
            None => Ok(cases),
        }
    }

    /// The facts of cases that a network's maps give; `first` is the number of their first row.
    fn facts(&self, which: Which, first: usize, cases: &Cases) -> Vec<Vec<f64>> {
        let fact = |&[row, position]: &[usize; 2]| {
            let of = |row: usize| fact_at(&self.rows[row], self.fact.name(), position);
            match which {
                Which::Trained => [of(first + row), of(self.others[first + row])].concat(),
                Which::Untrained => of(first + row),
            }
        };
        cases.at.iter().map(fact).collect()
    }

    fn solve(&mut self, which: Which, column: usize) -> Result<(), JobTrouble> {
        let all = 0..self.sites.last().map_or(0, |it| it.1.end);
        let columns = self.sites.get(column).map_or(&all, |it| &it.1);
        let d_out = self.fact.width() * if which == Which::Trained { 2 } else { 1 };
        let found = self.equations[which as usize].solve(columns, 0..d_out);
        let name = || self.sites.get(column).map_or(ALL_SITES.to_owned(), |it| it.0.to_string());
        let found = found.ok_or_else(|| JobTrouble::NoFit(name()))?;
        self.maps[which as usize].push(found);
        Ok(())
    }

    fn judge(&mut self, which: Which, first: usize, cases: &Cases) {
        let d = self.fact.width();
        let half = self.rows.len() / 2;
        let facts = self.facts(which, first, cases);
        for (case, &[row, position]) in cases.at.iter().enumerate() {
            let own = first + row - half;
            let input = cases.input(case);
            let is_point = which == Which::Trained && self.points.names.len() < self.job.n_points;
            for (column, map) in self.maps[which as usize].iter().enumerate() {
                let site = self.sites.get(column);
                let read = map.map(site.map_or(input, |it| &input[it.1.clone()]));
                let (fact, judged) = (&facts[case], &mut self.judged);
                judged[which as usize][column].add(own, &read[..d], &fact[..d], &self.means[0]);
                if which == Which::Trained {
                    judged[2][column].add(own, &read[d..], &fact[d..], &self.means[1]);
                }
                if let Some((site, _)) = site.filter(|_| is_point) {
                    self.points.decoded.entry(*site).or_default().extend(&read[..d]);
                }
            }
            if is_point {
                self.points.exact.extend(&facts[case][..d]);
                self.points.names.push(self.words_up_to(first + row, position));
            }
        }
    }

    /// The last words that were read at a position.
    fn words_up_to(&self, row: usize, position: usize) -> String {
        const MOST_WORDS: usize = 10;
        let words = self.task.words();
        let read = &self.rows[row].inputs.words()[1..=position];
        let cut = read.len().saturating_sub(MOST_WORDS);
        let texts: Vec<&str> = read[cut..].iter().map(|&it| words[it as usize].as_str()).collect();
        format!("{}{}", if cut == 0 { "" } else { "… " }, texts.join(" "))
    }

    /// The means of the fact and of the shuffled fact over what is judged.
    fn means(&self) -> [Vec<f64>; 2] {
        let half = self.rows.len() / 2;
        let mean = |other: bool| {
            let mut all = Vec::new();
            for row in half..self.rows.len() {
                let of = if other { self.others[row] } else { row };
                let weights = self.rows[row].weights.iter().enumerate();
                for (position, _) in weights.filter(|it| 0.0 < *it.1) {
                    all.extend(fact_at(&self.rows[of], self.fact.name(), position));
                }
            }
            mean_of(&all, self.fact.width())
        };
        [mean(false), mean(true)]
    }

    fn result(&self) -> FittedProbe {
        let d = self.fact.width();
        let is_of_shares = self.fact.is_of_shares();
        let own = |(it, columns): &(Site, Range<usize>), map: &Affine| {
            let map = map.first_outputs(d);
            let map = if is_of_shares { map.summing_to_one() } else { map };
            let back = self.equations[Which::Trained as usize].back(columns, &map);
            (*it, Fitted { map, back })
        };
        let maps: BTreeMap<Site, Fitted> =
            self.sites.iter().zip(&self.maps[0]).map(|(site, map)| own(site, map)).collect();
        FittedProbe {
            by_site: self.by_site(),
            job: self.job.clone(),
            fact: self.fact.clone(),
            sites: self.sites.iter().map(|it| it.0).collect(),
            maps,
            points: self.points.clone(),
        }
    }

    /// R² of every site, with the controls beside it.
    fn by_site(&self) -> Frame {
        let n_rows = self.rows.len();
        let half = n_rows / 2;
        let names = self.sites.iter().map(|it| it.0.to_string());
        let all = (self.sites.len() < n_columns(&self.sites)).then(|| ALL_SITES.to_owned());
        let entry = |name: String, role: Role| Entry { name, role, ..Entry::default() };
        let columns = names.chain(all).map(|it| entry(it, Role::Measured)).collect();
        let found = self.judged.iter().flatten().map(Judged::explained);
        let (mut values, mut intervals) = (Vec::new(), Vec::new());
        for estimate in found {
            values.push(estimate.map_or(f32::NAN, |it| it.value as f32));
            let ends = estimate.map_or([f32::NAN; 2], |it| [it.low as f32, it.high as f32]);
            intervals.push(ends);
        }
        let items = self.task.items().name;
        let parts = FrameParts {
            about: format!(
                "fitted on {half} rows of {} {items}, judged on {} others; 95 % intervals over rows",
                self.job.size,
                n_rows - half
            ),
            quantity: Quantity {
                name: format!("R² of {}", self.fact.name()),
                format: Format::Number,
                ..Quantity::default()
            },
            rows: Side {
                name: "network".to_owned(),
                entries: ROWS.map(|(name, role)| entry(name.to_owned(), role)).to_vec(),
                ..Side::default()
            },
            columns: Side { name: "site".to_owned(), entries: columns, ..Side::default() },
            values,
            intervals,
            ..FrameParts::default()
        };
        Frame::new(parts).expect("each of the three rows has a value for each column")
    }
}

/// Columns of the result: a site each, and all side by side where there are several.
fn n_columns(sites: &[(Site, Range<usize>)]) -> usize {
    sites.len() + usize::from(1 < sites.len())
}

fn no_fact(job: &ProbeJob, rows: &[Row]) -> JobTrouble {
    let names = rows.iter().take(1).flat_map(|row| row.facts.iter().map(|it| it.0));
    JobTrouble::NoFact {
        task: job.task.clone(),
        fact: job.fact.clone(),
        known: names.collect::<Vec<_>>().join(", "),
    }
}
