//! Probes that were fitted, for as long as their model is there.

use std::collections::BTreeMap;

use lab::task::{Task, task};
use trace::{Frame, Part, ProbeJob, Probed, Site};

use super::FactSpace;
use crate::geometry::Affine;

/// The latest probe of each fact.
#[derive(Debug, Default)]
pub(crate) struct Probes(BTreeMap<String, FittedProbe>);

/// A probe of one fact at several sites.
#[derive(Debug)]
pub(crate) struct FittedProbe {
    pub(crate) job: ProbeJob,
    pub(crate) fact: FactSpace,
    /// In the order of the forward pass.
    pub(crate) sites: Vec<Site>,
    pub(crate) maps: BTreeMap<Site, Fitted>,
    pub(crate) by_site: Frame,
    pub(crate) points: Points,
}

/// A map, and its way back.
#[derive(Clone, Debug)]
pub(crate) struct Fitted {
    pub(crate) map: Affine,
    /// [`NormalEquations::back`](crate::geometry::NormalEquations::back); `None` where none is found.
    pub(crate) back: Option<Vec<f32>>,
}

/// Points of the second half, `[n, numbers of the fact]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Points {
    pub(crate) names: Vec<String>,
    pub(crate) exact: Vec<f64>,
    pub(crate) decoded: BTreeMap<Site, Vec<f64>>,
}

impl Probes {
    /// The probe of a fact.
    pub(crate) fn get(&self, fact: &str) -> Option<&FittedProbe> {
        self.0.get(fact)
    }

    /// Keeps a probe in place of the one of the same fact.
    pub(crate) fn keep(&mut self, probe: FittedProbe) {
        self.0.insert(probe.job.fact.clone(), probe);
    }

    /// The probe that this job asks for, where it is fitted already: only the site at which points
    /// are shown may be another.
    pub(crate) fn of_job(&self, job: &ProbeJob) -> Option<&FittedProbe> {
        let same = |it: &&FittedProbe| ProbeJob { shown: job.shown, ..it.job.clone() } == *job;
        self.get(&job.fact).filter(same)
    }
}

impl FittedProbe {
    /// What the page is told; `None` where there is no map at the site that is to be shown.
    pub(crate) fn result(&self, shown: Option<Site>) -> Option<Probed> {
        let shown = shown.unwrap_or_else(|| self.last());
        let decoded = self.points.decoded.get(&shown)?;
        let Points { names, exact, .. } = &self.points;
        Some(Probed {
            by_site: self.by_site.clone(),
            exact: self.fact.frame(names, exact, exact),
            decoded: self.fact.frame(names, decoded, exact),
            shown,
        })
    }

    /// The task whose rows it was fitted on.
    pub(crate) fn task(&self) -> Option<Box<dyn Task>> {
        task(&self.job.task, &self.job.args).ok()
    }

    /// The last stream that a block leaves, or the last site where there is none.
    fn last(&self) -> Site {
        let is_stream = |it: &&Site| matches!(it, Site::Block { part: Part::ResidPost, .. });
        let last = self.sites.iter().rev().find(is_stream).or(self.sites.last());
        last.copied().unwrap_or(Site::Logits)
    }
}
