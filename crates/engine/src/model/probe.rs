//! Looking at a forward pass, and reaching into it.

use std::collections::BTreeMap;

use burn::prelude::*;
use trace::{Axis, NamedArray, Part, Site, SitePattern};

use super::change::{Held, InterventionError, Resolved};

/// Which sites a run keeps.
#[derive(Clone, Debug)]
pub enum Keep {
    Nothing,
    /// Those whose names match one of the patterns.
    Matching(Vec<SitePattern>),
    Everything,
}

/// Goes with a forward pass: every value passes through [`Probe::see`], which keeps what was
/// asked for or changed, and returns the value, or what the reader put in its place.
#[derive(Debug)]
pub struct Probe {
    keep: Keep,
    changes: Vec<Resolved>,
    /// The blocks in the order in which they run; as trained where `None`.
    order: Option<Vec<usize>>,
    /// The pass through the block that runs now.
    pass: usize,
    trace: Trace,
}

/// One pass through one block. Passes are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    pub layer: usize,
    pub pass: usize,
}

/// What one forward pass left at the sites that were asked for. It stays where the model runs.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    kept: BTreeMap<Site, Held>,
    /// The sites of `kept` in the order of the forward pass.
    order: Vec<Site>,
    visits: Vec<Visit>,
    changed: Vec<Site>,
    error: Option<InterventionError>,
    /// Whether every row of a batch is kept, and not the first alone.
    has_all_rows: bool,
}

impl Probe {
    /// Keeps what `keep` says and makes these changes, where they meet in their order.
    pub fn new(keep: Keep, changes: Vec<Resolved>) -> Self {
        Self { keep, changes, order: None, pass: 0, trace: Trace::default() }
    }

    /// The same, with the blocks in this order: one may be left out, or run several times.
    #[must_use]
    pub fn with_order(self, order: Option<Vec<usize>>) -> Self {
        Self { order, ..self }
    }

    /// The same, which keeps all rows of a batch: at sites that have positions, those of the second
    /// row come after those of the first, and so on.
    #[must_use]
    pub fn of_all_rows(mut self) -> Self {
        self.trace.has_all_rows = true;
        self
    }

    /// Only lets values pass.
    pub fn blind() -> Self {
        Self::new(Keep::Nothing, Vec::new())
    }

    /// Hands on what the network goes on with: `value`, or its replacement.
    ///
    /// # Shapes
    /// `value` is `[batch, ..]` with the axes of [`Site::axes`] after the batch; of a batch, the
    /// first is kept, but for [`Probe::of_all_rows`].
    pub fn see<const D: usize>(&mut self, site: Site, value: Tensor<D>) -> Tensor<D> {
        let value = self.changed(site, value);
        if self.keeps(site) || self.trace.changed.contains(&site) {
            self.trace.keep(site, value.clone());
        }
        value
    }

    /// The passes through the blocks of a network of `n_layers` that begins to run.
    pub(super) fn begin(&mut self, n_layers: usize) -> Vec<Visit> {
        let order = self.order.clone().unwrap_or_else(|| (0..n_layers).collect());
        let nth = |at: usize| order[..at].iter().filter(|it| **it == order[at]).count();
        self.trace.visits =
            (0..order.len()).map(|at| Visit { layer: order[at], pass: nth(at) }).collect();
        self.trace.visits.clone()
    }

    /// All parts from here on are of this pass through their block.
    pub(super) fn enter(&mut self, visit: Visit) {
        self.pass = visit.pass;
    }

    /// A part of block `layer` at the pass that runs now.
    pub(super) fn site(&self, layer: usize, part: Part) -> Site {
        Site::Block { layer, pass: self.pass, part }
    }

    /// [`Probe::see`] at a part of block `layer`.
    pub fn see_part<const D: usize>(
        &mut self,
        layer: usize,
        part: Part,
        value: Tensor<D>,
    ) -> Tensor<D> {
        self.see(self.site(layer, part), value)
    }

    /// What the network carries on, and what it reads, of one position of a site that it makes
    /// position by position. When all are made, those that are read go to [`Probe::keep_made`].
    ///
    /// # Shapes
    /// `value`: `[batch, 1, ..]`, the part of the whole at `pos`
    pub fn change_at<const D: usize>(
        &mut self,
        site: Site,
        pos: usize,
        value: Tensor<D>,
    ) -> [Tensor<D>; 2] {
        let mut values = [value.clone(), value];
        for change in self.changes.iter().filter(|it| it.site == site) {
            let here = match change.at_place(pos) {
                Ok(Some(here)) => here,
                Ok(None) => continue,
                Err(error) => {
                    self.trace.error.get_or_insert(error);
                    continue;
                }
            };
            self.trace.changed.push(site);
            let first = usize::from(!change.carries);
            for value in &mut values[first..] {
                match here.apply(value.clone()) {
                    Ok(changed) => *value = changed,
                    Err(error) => {
                        self.trace.error.get_or_insert(error);
                    }
                }
            }
        }
        values
    }

    /// Keeps what was made position by position, changes and all, where somebody asked for it.
    pub fn keep_made<const D: usize>(&mut self, site: Site, value: Tensor<D>) {
        let size = value.dims()[1];
        let ends = self.changes.iter().filter(|it| it.site == site);
        let far = ends.filter_map(|it| it.positions.as_ref()).find(|it| size < it.end);
        if let Some(index) = far.map(|it| it.end - 1) {
            let error = InterventionError::Outside { site, what: "position", index, size };
            self.trace.error.get_or_insert(error);
        }
        if self.keeps(site) || self.trace.changed.contains(&site) {
            self.trace.keep(site, value);
        }
    }

    /// Whether anybody will look at `site` or change it: what is dear to make need not be made.
    pub fn wants(&self, layer: usize, part: Part) -> bool {
        self.keeps(self.site(layer, part)) || self.changes(layer, part)
    }

    /// Whether anybody changes `site`.
    pub fn changes(&self, layer: usize, part: Part) -> bool {
        let site = self.site(layer, part);
        self.changes.iter().any(|it| it.site == site)
    }

    /// What was kept.
    ///
    /// # Errors
    /// The first [`InterventionError`] of the pass.
    pub fn into_trace(mut self) -> Result<Trace, InterventionError> {
        let missed = self.changes.iter().find(|it| !self.trace.changed.contains(&it.site));
        match (self.trace.error.take(), missed) {
            (Some(error), _) => Err(error),
            (None, Some(change)) => Err(InterventionError::NoSite(change.site)),
            (None, None) => Ok(self.trace),
        }
    }

    fn keeps(&self, site: Site) -> bool {
        match &self.keep {
            Keep::Nothing => false,
            Keep::Everything => true,
            Keep::Matching(patterns) => patterns.iter().any(|it| it.matches(site)),
        }
    }

    fn changed<const D: usize>(&mut self, site: Site, value: Tensor<D>) -> Tensor<D> {
        let mut value = value;
        for change in self.changes.iter().filter(|it| it.site == site) {
            self.trace.changed.push(site);
            match change.apply(value.clone()) {
                Ok(changed) => value = changed,
                Err(error) => {
                    self.trace.error.get_or_insert(error);
                }
            }
        }
        value
    }
}

impl Trace {
    fn keep<const D: usize>(&mut self, site: Site, value: Tensor<D>) {
        let dims = value.dims();
        let mut sizes = dims[1..].to_vec();
        let n_rows = match (self.has_all_rows, site.axes().first(), sizes.first_mut()) {
            (true, Some(Axis::Pos), Some(n_pos)) => {
                *n_pos *= dims[0];
                dims[0]
            }
            _ => 1,
        };
        let kept = value.narrow(0, 0, n_rows);
        let flat = kept.reshape([sizes.iter().product::<usize>()]);
        if self.kept.insert(site, Held { flat, sizes, spreads: false }).is_none() {
            self.order.push(site);
        }
    }

    /// Whether the value at `site` is not what the network made of what was before it.
    pub fn is_changed(&self, site: Site) -> bool {
        self.changed.contains(&site)
    }

    /// The passes through blocks in the order in which they ran.
    pub fn visits(&self) -> &[Visit] {
        &self.visits
    }

    /// Whether block `layer` ran.
    pub fn has_run(&self, layer: usize) -> bool {
        self.visits.iter().any(|it| it.layer == layer)
    }

    /// The value at `site`, or `None` as of [`Trace::get`].
    pub(crate) fn held(&self, site: Site) -> Option<&Held> {
        self.kept.get(&site)
    }

    /// The sites that were kept, in the order of the forward pass.
    pub fn sites(&self) -> impl Iterator<Item = Site> {
        self.order.iter().copied()
    }

    /// The value at `site` without the batch axis, or `None` where it was not kept or the network
    /// has no such site.
    ///
    /// # Panics
    /// Where `D` is not the number of the site's axes.
    pub fn get<const D: usize>(&self, site: Site) -> Option<Tensor<D>> {
        let kept = self.kept.get(&site)?;
        let dims: [usize; D] = kept.sizes.clone().try_into().expect("D is the site's rank");
        Some(kept.flat.clone().reshape(dims))
    }

    /// The values at `site` in one row with the axes that they have, or `None` as of [`Trace::get`].
    pub fn flat(&self, site: Site) -> Option<(Tensor<1>, Vec<(Axis, usize)>)> {
        let kept = self.kept.get(&site)?;
        let dims = site.axes().iter().copied().zip(kept.sizes.iter().copied());
        Some((kept.flat.clone(), dims.collect()))
    }

    /// [`Trace::get`] at a part of the first pass through block `layer`.
    pub fn part<const D: usize>(&self, layer: usize, part: Part) -> Option<Tensor<D>> {
        self.get(Site::block(layer, part))
    }

    /// All that was kept, brought to the host in one transfer.
    ///
    /// # Errors
    /// The device's, as text.
    ///
    /// # Panics
    /// Never: every site holds numbers of the sizes that its tensor has.
    pub async fn read(&self) -> Result<BTreeMap<Site, NamedArray>, String> {
        let flats = self.kept.values().map(|it| it.flat.clone());
        let transaction =
            flats.fold(burn::tensor::Transaction::default(), |all, flat| all.register(flat));
        let data = transaction.execute_async().await.map_err(|error| error.to_string())?;
        let arrays = self.kept.iter().zip(data).map(|((&site, kept), data)| {
            let values = data.convert::<f32>().try_to_vec::<f32>().expect("the sites hold numbers");
            let dims: Vec<_> =
                site.axes().iter().copied().zip(kept.sizes.iter().copied()).collect();
            (site, NamedArray::new(values, &dims).expect("sizes come from the tensor"))
        });
        Ok(arrays.collect())
    }
}
