//! From a program, which names values, to changes with numbers.
//!
//! Knows networks and what came with them; knows nothing of questions or messages.

mod facts;
mod places; // start here
mod references;
mod rows;

use std::ops::Range;

use burn::prelude::*;
use trace::{
    Axis, Intervention, MOST_BLOCKS, Op, Program, Report, Row, Site, Source, Status, Trouble,
};

use crate::{
    load::Model,
    model::{Change, Held, Keep, Probe, Resolved, is_pattern},
    study::Probes,
};
use places::{Spot, ranges, spots};
pub(crate) use references::References;

/// What a run does of a program.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<Resolved>,
    /// The blocks in their order; as trained where `None`.
    pub(crate) order: Option<Vec<usize>>,
    pub(crate) report: Report,
}

impl Plan {
    /// What makes the run.
    pub(crate) fn probe(&self, keep: Keep) -> Probe {
        Probe::new(keep, self.changes.clone()).with_order(self.order.clone())
    }

    /// Whether the run is another than as trained.
    pub(crate) fn changes_run(&self) -> bool {
        self.order.is_some() || !self.changes.is_empty()
    }
}

/// Finds the numbers of a program for one prompt. What cannot be made is left out and reported.
pub(crate) async fn plan(
    references: &mut References,
    probes: &Probes,
    model: &Model,
    ids: &[u32],
    program: &Program,
) -> Plan {
    let n_layers = model.network.n_layers();
    let (order, blocks) = match checked_order(program, n_layers) {
        Ok(order) => (order, None),
        Err(trouble) => (None, Some(trouble)),
    };
    let run: Vec<usize> = order.clone().unwrap_or_else(|| (0..n_layers).collect());
    let mut resolver = Resolver { references, probes, model, ids, order: &run };
    let (mut changes, mut statuses) = (Vec::new(), Vec::new());
    for intervention in &program.interventions {
        if !intervention.is_on {
            statuses.push(Status::Off);
            continue;
        }
        statuses.push(match resolver.resolve(intervention).await {
            Ok(Found::Changes(found)) => {
                changes.extend(found);
                Status::Made
            }
            Ok(Found::Waiting { pos }) => Status::Waiting { pos },
            Ok(Found::Unfitted { fact }) => Status::Unfitted { fact },
            Err(trouble) => Status::Failed(trouble),
        });
    }
    Plan { changes, order, report: Report { blocks, interventions: statuses } }
}

/// The order of blocks where it is another than as trained.
pub(crate) fn checked_order(
    program: &Program,
    n_layers: usize,
) -> Result<Option<Vec<usize>>, Trouble> {
    let Some(order) = &program.blocks else { return Ok(None) };
    let count = order.len();
    if count == 0 {
        return Err(Trouble::NoBlocks);
    }
    if MOST_BLOCKS.max(n_layers) < count {
        return Err(Trouble::TooManyBlocks { count, most: MOST_BLOCKS.max(n_layers) });
    }
    if let Some(&layer) = order.iter().find(|it| n_layers <= **it) {
        return Err(Trouble::NoLayer { layer, last: n_layers - 1 });
    }
    let is_trained = order.iter().copied().eq(0..n_layers);
    Ok((!is_trained).then(|| order.clone()))
}

/// What became of one intervention.
enum Found {
    Changes(Vec<Resolved>),
    Waiting { pos: usize },
    Unfitted { fact: String },
}

/// One prompt's run, as interventions see it before it starts.
struct Resolver<'a> {
    references: &'a mut References,
    probes: &'a Probes,
    model: &'a Model,
    ids: &'a [u32],
    order: &'a [usize],
}

/// Where and in which prompt a value is looked up.
struct Wanted<'a> {
    sites: &'a [Site],
    /// One past the last position that is changed.
    end: usize,
}

impl Resolver<'_> {
    async fn resolve(&mut self, it: &Intervention) -> Result<Found, Trouble> {
        let sizes = self.references.sites(self.model).clone();
        let spots = spots(&it.place, self.model, &sizes, self.order)?;
        let n_pos = self.ids.len();
        let positions = match &it.place.positions[..] {
            [] => None,
            spans => match ranges(spans, n_pos) {
                Ok(found) => Some(found),
                Err(pos) => return Ok(Found::Waiting { pos }),
            },
        };
        if let Some(fact) = fact_of(&it.op).filter(|it| self.probes.get(it).is_none()) {
            return Ok(Found::Unfitted { fact: fact.to_owned() });
        }
        let sites: Vec<Site> = spots.iter().map(|it| it.site).collect();
        let end = positions.as_ref().map_or(n_pos, |it| it.last().map_or(0, |last| last.end));
        let wanted = Wanted { sites: &sites, end };
        let changes = self.changes(&it.op, &wanted).await?;
        let positions = match row_of(&it.op) {
            Some(row) => Some(self.readers(row, positions)?),
            None => positions,
        };
        Ok(Found::Changes(all_of(spots, changes, positions.as_deref())))
    }

    /// What is done, site by site.
    async fn changes(&mut self, op: &Op, wanted: &Wanted<'_>) -> Result<Vec<Change>, Trouble> {
        let each = |change: &dyn Fn(Site) -> Change| {
            Ok(wanted.sites.iter().map(|site| change(*site)).collect())
        };
        match op {
            Op::Scale { factor } => {
                let factor = finite(*factor)?;
                each(&|_| Change::Scale(factor))
            }
            Op::Set { source: Source::Zero, strength } => {
                let factor = 1.0 - finite(*strength)?;
                each(&|_| Change::Scale(factor))
            }
            Op::Set { source: Source::Fact { fact, value }, strength } => {
                let strength = finite(*strength)?;
                wanted.sites.iter().map(|it| self.reread(fact, value, *it, strength)).collect()
            }
            Op::Set { source, strength } => {
                let strength = finite(*strength)?;
                if is_direction(source) {
                    return Err(Trouble::NeedsValue);
                }
                let values = self.values(source, wanted).await?;
                let blend = |value| Change::Blend { value, strength };
                Ok(values.into_iter().map(blend).collect())
            }
            Op::Add { source: Source::Row(_), .. } => Err(Trouble::OnlySet),
            Op::Add { source, strength } => self.added(source, finite(*strength)?, wanted).await,
            Op::ProjectOut { source, strength } => {
                let strength = finite(*strength)?;
                let directions = self.directions(source, wanted.sites).await?;
                let out = |direction| Change::ProjectOut { direction, strength };
                Ok(directions.into_iter().map(out).collect())
            }
            Op::Clamp { low, high, along } => {
                let [low, high] = range([*low, *high])?;
                let Some(source) = along else {
                    return each(&|_| Change::Clamp { low, high, along: None });
                };
                let directions = self.directions(source, wanted.sites).await?;
                let clamp = |it| Change::Clamp { low, high, along: Some(it) };
                Ok(directions.into_iter().map(clamp).collect())
            }
            Op::Hide { keys } => {
                patterns_only(wanted.sites)?;
                let keys = ranges(keys, self.ids.len()).map_err(Trouble::NoKey)?;
                each(&|_| Change::Hide { keys: keys.clone() })
            }
        }
    }

    /// What is added, site by site: a value, or a direction.
    async fn added(
        &mut self,
        source: &Source,
        strength: f32,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<Change>, Trouble> {
        if !is_direction(source) {
            let values = self.values(source, wanted).await?;
            let add = |value| Change::Add { value, strength };
            return Ok(values.into_iter().map(add).collect());
        }
        let directions = self.directions(source, wanted.sites).await?;
        let add = |(site, vector): (&Site, _)| {
            let value = Held::along_last(*site, vector);
            Change::Add { value, strength }
        };
        Ok(wanted.sites.iter().zip(directions).map(add).collect())
    }

    /// Values of sites, in their order.
    async fn values(&mut self, source: &Source, wanted: &Wanted<'_>) -> Result<Vec<Held>, Trouble> {
        let Wanted { sites, end } = *wanted;
        match source {
            Source::Mean => self.references.means(self.model, sites),
            Source::Unchanged => self.references.values(self.model, self.ids, sites),
            Source::Run { prompt } => {
                let ids = self.references.prompt(self.model, prompt)?;
                if ids.len() < end {
                    return Err(Trouble::ShortRun { n_pos: ids.len(), pos: end - 1 });
                }
                self.references.values(self.model, &ids, sites)
            }
            Source::Row(row) => {
                patterns_only(sites)?;
                sites.iter().map(|site| self.row(*row, *site)).collect()
            }
            // Adding zero.
            Source::Zero => {
                let device = self.references.device();
                let zero = |site: &Site| {
                    Held::spread(Tensor::zeros([1], device), vec![1; site.axes().len()])
                };
                Ok(sites.iter().map(zero).collect())
            }
            Source::Token { .. }
            | Source::Difference { .. }
            | Source::Axis { .. }
            | Source::Fact { .. } => Err(Trouble::NeedsValue),
        }
    }

    /// A direction of length 1 for each of these sites, `[d_model]`; the same for all but where a
    /// probe reads each in its own way.
    async fn directions(
        &mut self,
        source: &Source,
        sites: &[Site],
    ) -> Result<Vec<Tensor<1>>, Trouble> {
        if !is_direction(source) {
            return Err(Trouble::NeedsDirection);
        }
        let narrow = sites.iter().find(|it| it.axes().last() != Some(&Axis::Model));
        if let Some(&site) = narrow {
            return Err(Trouble::NotStream(site));
        }
        if let Source::Fact { fact, value } = source {
            return sites.iter().map(|site| self.fact_direction(fact, value, *site)).collect();
        }
        let vector = self.references.direction(self.model, source).await?;
        Ok(vec![vector; sites.len()])
    }
}

/// Every change at every spot: once for each run of heads and of positions.
fn all_of(
    spots: Vec<Spot>,
    changes: Vec<Change>,
    positions: Option<&[Range<usize>]>,
) -> Vec<Resolved> {
    let options = |of: Option<&[Range<usize>]>| -> Vec<Option<Range<usize>>> {
        of.map_or_else(|| vec![None], |it| it.iter().cloned().map(Some).collect())
    };
    let positions = options(positions);
    let mut all = Vec::new();
    for (spot, change) in spots.into_iter().zip(changes) {
        for heads in options(spot.heads.as_deref()) {
            for positions in &positions {
                all.push(Resolved {
                    site: spot.site,
                    heads: heads.clone(),
                    positions: positions.clone(),
                    carries: spot.carries,
                    change: change.clone(),
                });
            }
        }
    }
    all
}

fn is_direction(source: &Source) -> bool {
    matches!(
        source,
        Source::Token { .. }
            | Source::Difference { .. }
            | Source::Axis { .. }
            | Source::Fact { .. }
    )
}

/// The row that an op sets, where it sets one.
fn row_of(op: &Op) -> Option<Row> {
    match op {
        Op::Set { source: Source::Row(row), .. } => Some(*row),
        _ => None,
    }
}

/// The fact that an op needs a probe of, where it needs one.
fn fact_of(op: &Op) -> Option<&str> {
    let source = match op {
        Op::Set { source, .. } | Op::Add { source, .. } | Op::ProjectOut { source, .. } => source,
        Op::Clamp { along, .. } => along.as_ref()?,
        Op::Scale { .. } | Op::Hide { .. } => return None,
    };
    match source {
        Source::Fact { fact, .. } => Some(fact),
        _ => None,
    }
}

fn patterns_only(sites: &[Site]) -> Result<(), Trouble> {
    sites.iter().find(|it| !is_pattern(**it)).map_or(Ok(()), |it| Err(Trouble::NotPattern(*it)))
}

/// Two ends with numbers between them.
fn range([low, high]: [f32; 2]) -> Result<[f32; 2], Trouble> {
    let ends = [finite(low)?, finite(high)?];
    if high < low {
        return Err(Trouble::EmptyRange { low: low.to_string(), high: high.to_string() });
    }
    Ok(ends)
}

fn finite(number: f32) -> Result<f32, Trouble> {
    if number.is_finite() { Ok(number) } else { Err(Trouble::NotFinite(number.to_string())) }
}
