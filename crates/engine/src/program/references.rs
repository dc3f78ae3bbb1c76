//! Values that interventions take from elsewhere: means, other runs, directions.

use std::collections::BTreeMap;

use burn::{prelude::*, tensor::Transaction};
use trace::{Axis, Site, SitePattern, Source, Trouble};

use super::places::Sizes;
use crate::{
    load::Model,
    model::{Held, Keep, Probe, Trace, most_that_fit},
    session::token_tensor,
};

/// Runs of prompts whose values are kept at a time: the reader's own and a few to patch from.
const MOST_RUNS: usize = 4;

/// What has been looked up of one model, so that dragging a slider runs one pass and no more.
#[derive(Debug)]
pub(crate) struct References {
    device: Device,
    sizes: Option<Sizes>,
    means: BTreeMap<Site, Held>,
    /// Values of runs as trained by their prompts, the latest last.
    runs: Vec<(Vec<u32>, BTreeMap<Site, Held>)>,
    /// Directions of length 1 by one token or two.
    directions: BTreeMap<(u32, Option<u32>), Tensor<1>>,
}

impl References {
    /// Nothing looked up yet.
    pub(crate) fn new(device: Device) -> Self {
        Self {
            device,
            sizes: None,
            means: BTreeMap::new(),
            runs: Vec::new(),
            directions: BTreeMap::new(),
        }
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    /// Every site of the network with the sizes of its axes in a run of one position.
    pub(super) fn sites(&mut self, model: &Model) -> &Sizes {
        self.sizes.get_or_insert_with(|| {
            let trace = run(model, &[0], Keep::Everything, &self.device);
            trace.map_or_else(
                |_| Sizes::new(),
                |trace| {
                    let sizes = |site: Site| trace.held(site).map(|it| (site, it.sizes().to_vec()));
                    trace.sites().filter_map(sizes).collect()
                },
            )
        })
    }

    /// The tokens of another prompt, as many as the model reads.
    pub(super) fn prompt(&self, model: &Model, prompt: &str) -> Result<Vec<u32>, Trouble> {
        let config = &model.file.config;
        let mut ids: Vec<u32> = model.words.tokens(prompt).iter().map(|it| it.id).collect();
        ids.truncate(config.most_positions().unwrap_or(usize::MAX));
        let order: Vec<usize> = (0..config.n_layers).collect();
        let (n_tokens, fits) = (ids.len(), most_that_fit(config, &order));
        match n_tokens {
            0 => Err(Trouble::EmptyRun),
            _ if fits < n_tokens => Err(Trouble::LongRun { n_tokens, fits }),
            _ => Ok(ids),
        }
    }

    /// What a prompt's run as trained has at these sites.
    pub(super) fn values(
        &mut self,
        model: &Model,
        ids: &[u32],
        sites: &[Site],
    ) -> Result<Vec<Held>, Trouble> {
        first_passes_only(sites)?;
        let known = match self.runs.iter().position(|it| it.0 == ids) {
            Some(place) => self.runs.remove(place).1,
            None => BTreeMap::new(),
        };
        let mut known = known;
        let missing: Vec<Site> =
            sites.iter().filter(|it| !known.contains_key(it)).copied().collect();
        if !missing.is_empty() {
            let trace = run(model, ids, named(&missing), &self.device)?;
            known.extend(missing.iter().filter_map(|it| Some((*it, trace.held(*it)?.clone()))));
        }
        let found: Option<Vec<Held>> = sites.iter().map(|it| known.get(it).cloned()).collect();
        self.runs.push((ids.to_vec(), known));
        if MOST_RUNS < self.runs.len() {
            self.runs.remove(0);
        }
        found.ok_or_else(|| Trouble::NoSite(names(sites)))
    }

    /// The means of sites over all positions but the first of the prompts that came with the model,
    /// run as trained. The first is left out as it is of the stored plane: its vector is far longer
    /// than all others.
    pub(super) fn means(&mut self, model: &Model, sites: &[Site]) -> Result<Vec<Held>, Trouble> {
        first_passes_only(sites)?;
        if let Some(site) = sites.iter().find(|it| it.axes().first() != Some(&Axis::Pos)) {
            return Err(Trouble::MeanOfPattern(*site));
        }
        let missing: Vec<Site> =
            sites.iter().filter(|it| !self.means.contains_key(it)).copied().collect();
        if !missing.is_empty() {
            self.measure_means(model, &missing)?;
        }
        let found: Option<Vec<Held>> = sites.iter().map(|it| self.means.get(it).cloned()).collect();
        found.ok_or_else(|| Trouble::NoSite(names(sites)))
    }

    fn measure_means(&mut self, model: &Model, sites: &[Site]) -> Result<(), Trouble> {
        let mut sums: BTreeMap<Site, (Tensor<1>, Vec<usize>)> = BTreeMap::new();
        let mut count = 0;
        for prompt in &model.file.prompts {
            let ids = self.prompt(model, prompt)?;
            let n_counted = ids.len() - 1;
            if n_counted == 0 {
                continue;
            }
            count += n_counted;
            let trace = run(model, &ids, named(sites), &self.device)?;
            for &site in sites {
                let Some(held) = trace.held(site) else { continue };
                let width: usize = held.sizes()[1..].iter().product();
                let rows: Tensor<2> = held.flat().reshape([n_counted + 1, width]);
                let sum: Tensor<1> = rows.narrow(0, 1, n_counted).sum_dim(0).squeeze_dim(0);
                let sum = match sums.remove(&site) {
                    Some((before, _)) => before + sum,
                    None => sum,
                };
                sums.insert(site, (sum, [&[1], &held.sizes()[1..]].concat()));
            }
        }
        if count == 0 {
            return Err(Trouble::NoSample);
        }
        let mean = |(site, (sum, sizes))| (site, Held::spread(sum / count as f64, sizes));
        self.means.extend(sums.into_iter().map(mean));
        Ok(())
    }

    /// A direction of the stream of length 1, `[d_model]`.
    pub(super) async fn direction(
        &mut self,
        model: &Model,
        source: &Source,
    ) -> Result<Tensor<1>, Trouble> {
        let id =
            |token: &String| model.words.id(token).ok_or_else(|| Trouble::NoToken(token.clone()));
        let (key, none) = match source {
            Source::Token { token } => ((id(token)?, None), Trouble::ZeroDirection(token.clone())),
            Source::Difference { a, b } => {
                let none = Trouble::NoDirection { a: a.clone(), b: b.clone() };
                ((id(a)?, Some(id(b)?)), none)
            }
            Source::Axis { number } => return self.axis(model, *number),
            _ => return Err(Trouble::NeedsDirection),
        };
        if let Some(known) = self.directions.get(&key) {
            return Ok(known.clone());
        }
        let read = |token: u32| model.network.read_direction(token as usize);
        let vector = match key.1 {
            Some(b) => read(key.0) - read(b),
            None => read(key.0),
        };
        let length = vector.clone().powi_scalar(2).sum().sqrt();
        if number(length.clone()).await? == 0.0 {
            return Err(none);
        }
        let unit = vector / length;
        self.directions.insert(key, unit.clone());
        Ok(unit)
    }

    fn axis(&self, model: &Model, number: usize) -> Result<Tensor<1>, Trouble> {
        let basis = model.basis.as_ref().ok_or(Trouble::NoBasis)?;
        let nth = number.checked_sub(1).and_then(|it| basis.axes.get(it));
        let axis = nth.ok_or(Trouble::NoAxis(number))?;
        let data = TensorData::new(axis.clone(), [axis.len()]);
        Ok(Tensor::from_data(data, &self.device))
    }
}

/// A run as trained.
fn run(model: &Model, ids: &[u32], keep: Keep, device: &Device) -> Result<Trace, Trouble> {
    let mut probe = Probe::new(keep, Vec::new());
    model.network.forward(token_tensor(ids, device), &mut probe);
    probe.into_trace().map_err(|error| Trouble::Device(error.to_string()))
}

/// One number, brought to the host.
async fn number(of: Tensor<1>) -> Result<f32, Trouble> {
    let read = Transaction::default().register(of).execute_async().await;
    let data = read.map_err(|error| Trouble::Device(error.to_string()))?;
    let values =
        data.into_iter().next().and_then(|it| it.convert::<f32>().try_to_vec::<f32>().ok());
    values.and_then(|it| it.first().copied()).ok_or_else(|| Trouble::Device(String::new()))
}

fn named(sites: &[Site]) -> Keep {
    Keep::Matching(sites.iter().map(|it| SitePattern::from(it.to_string().as_str())).collect())
}

fn names(sites: &[Site]) -> String {
    sites.iter().map(Site::to_string).collect::<Vec<_>>().join(", ")
}

fn first_passes_only(sites: &[Site]) -> Result<(), Trouble> {
    let second = sites.iter().find(|it| matches!(it, Site::Block { pass, .. } if *pass != 0));
    second.map_or(Ok(()), |it| Err(Trouble::NoCounterpart(*it)))
}
