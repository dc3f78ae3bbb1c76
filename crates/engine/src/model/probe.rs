//! Looking at a forward pass, and reaching into it.

use std::collections::BTreeMap;

use burn::prelude::*;
use trace::{Axis, Edit, EditKind, NamedArray, Part, Site, SitePattern};

/// Which sites a run keeps.
#[derive(Clone, Debug)]
pub enum Keep {
    Nothing,
    /// Those whose names match one of the patterns.
    Matching(Vec<SitePattern>),
    Everything,
}

/// Goes with a forward pass: every value passes through [`Probe::see`], which keeps what was
/// asked for or changed, and hands on the value, or what the reader put in its place.
#[derive(Debug)]
pub struct Probe {
    keep: Keep,
    edits: Vec<Edit>,
    trace: Trace,
}

/// Why an edit could not be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    #[error("the value for {site} has the sizes {got:?}, and the site has {wanted:?}")]
    Sizes { site: Site, wanted: Vec<usize>, got: Vec<usize> },
    #[error("{site} has {size} {what}s, and the edit names number {index}")]
    Outside { site: Site, what: &'static str, index: usize, size: usize },
    #[error("{site} has no heads to choose from")]
    NoHeads { site: Site },
    #[error("this network has no site {0}")]
    NoSite(Site),
}

/// What one forward pass left at the sites that were asked for. It stays where the model runs.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    kept: BTreeMap<Site, Kept>,
    edited: Vec<Site>,
    error: Option<EditError>,
}

#[derive(Clone, Debug)]
struct Kept {
    flat: Tensor<1>,
    sizes: Vec<usize>,
}

impl Probe {
    /// Keeps what `keep` says and changes what `edits` say.
    pub fn new(keep: Keep, edits: Vec<Edit>) -> Self {
        Self { keep, edits, trace: Trace::default() }
    }

    /// Only lets values pass.
    pub fn blind() -> Self {
        Self::new(Keep::Nothing, Vec::new())
    }

    /// Hands on what the network goes on with: `value`, or its replacement.
    ///
    /// # Shapes
    /// `value` is `[batch, ..]` with the axes of [`Site::axes`] after the batch; of a batch, the
    /// first is kept.
    pub fn see<const D: usize>(&mut self, site: Site, value: Tensor<D>) -> Tensor<D> {
        let value = self.edited(site, value);
        if self.keeps(site) || self.trace.edited.contains(&site) {
            self.trace.keep(site, value.clone());
        }
        value
    }

    /// [`Probe::see`] at a part of block `layer`.
    pub fn see_part<const D: usize>(
        &mut self,
        layer: usize,
        part: Part,
        value: Tensor<D>,
    ) -> Tensor<D> {
        self.see(Site::Block { layer, part }, value)
    }

    /// What the network goes on with after one position of a site that it makes position by
    /// position. When all are made, they go to [`Probe::keep_made`].
    ///
    /// # Shapes
    /// `value`: `[batch, 1, ..]`, the part of the whole at `pos`
    pub fn change_at<const D: usize>(
        &mut self,
        site: Site,
        pos: usize,
        value: Tensor<D>,
    ) -> Tensor<D> {
        let mut value = value;
        for edit in self.edits.iter().filter(|it| it.site == site) {
            if edit.pos.is_some_and(|it| it != pos) {
                continue;
            }
            self.trace.edited.push(site);
            match at_place(edit, pos).and_then(|edit| apply(&edit, value.clone())) {
                Ok(changed) => value = changed,
                Err(error) => self.trace.error = self.trace.error.take().or(Some(error)),
            }
        }
        value
    }

    /// Keeps what was made position by position, changes and all, where somebody asked for it.
    pub fn keep_made<const D: usize>(&mut self, site: Site, value: Tensor<D>) {
        let size = value.dims()[1];
        let far =
            self.edits.iter().find(|it| it.site == site && it.pos.is_some_and(|pos| size <= pos));
        if let Some(index) = far.and_then(|it| it.pos) {
            let error = EditError::Outside { site, what: "position", index, size };
            self.trace.error = self.trace.error.take().or(Some(error));
        }
        if self.keeps(site) || self.trace.edited.contains(&site) {
            self.trace.keep(site, value);
        }
    }

    /// Whether anybody will look at `site` or change it: what is dear to make need not be made.
    pub fn wants(&self, layer: usize, part: Part) -> bool {
        let site = Site::Block { layer, part };
        self.keeps(site) || self.edits.iter().any(|it| it.site == site)
    }

    /// Whether anybody changes `site`.
    pub fn edits(&self, layer: usize, part: Part) -> bool {
        let site = Site::Block { layer, part };
        self.edits.iter().any(|it| it.site == site)
    }

    /// What was kept.
    ///
    /// # Errors
    /// The first [`EditError`] of the pass.
    pub fn into_trace(mut self) -> Result<Trace, EditError> {
        let missed = self.edits.iter().find(|it| !self.trace.edited.contains(&it.site));
        match (self.trace.error.take(), missed) {
            (Some(error), _) => Err(error),
            (None, Some(edit)) => Err(EditError::NoSite(edit.site)),
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

    fn edited<const D: usize>(&mut self, site: Site, value: Tensor<D>) -> Tensor<D> {
        let mut value = value;
        for edit in self.edits.iter().filter(|it| it.site == site) {
            self.trace.edited.push(site);
            match apply(edit, value.clone()) {
                Ok(changed) => value = changed,
                Err(error) => self.trace.error = self.trace.error.take().or(Some(error)),
            }
        }
        value
    }
}

/// The edit as it concerns position `pos` alone.
fn at_place(edit: &Edit, pos: usize) -> Result<Edit, EditError> {
    let kind = match &edit.kind {
        EditKind::Replace(array) => {
            let row = array.select(Axis::Pos, &[pos]);
            EditKind::Replace(row.map_err(|_| {
                let got: Vec<usize> = array.dims().iter().map(|it| it.1).collect();
                EditError::Sizes { site: edit.site, wanted: vec![pos + 1], got }
            })?)
        }
        other => other.clone(),
    };
    Ok(Edit { pos: None, kind, ..edit.clone() })
}

/// `value` after one edit.
fn apply<const D: usize>(edit: &Edit, value: Tensor<D>) -> Result<Tensor<D>, EditError> {
    let site = edit.site;
    let dims = value.dims();
    let device = value.device();
    let whole = match &edit.kind {
        EditKind::Scale(factor) => value.clone() * *factor,
        EditKind::Add { vector, strength } => {
            let mut wanted = [1; D];
            wanted[D - 1] = dims[D - 1];
            let vector = host_tensor(site, vector, &[dims[D - 1]], wanted, &device)?;
            value.clone() + vector * *strength
        }
        EditKind::Replace(array) => {
            let mut wanted = dims;
            wanted[0] = 1;
            host_tensor(site, array, &dims[1..], wanted, &device)?.expand(dims)
        }
    };
    let Some(place) = scope(edit, dims)? else { return Ok(whole) };
    Ok(value.slice_assign(place.clone(), whole.slice(place)))
}

/// Puts host values into a tensor of the form `dims`.
fn host_tensor<const D: usize>(
    site: Site,
    array: &NamedArray,
    sizes: &[usize],
    dims: [usize; D],
    device: &Device,
) -> Result<Tensor<D>, EditError> {
    let got: Vec<usize> = array.dims().iter().map(|it| it.1).collect();
    if got != sizes {
        return Err(EditError::Sizes { site, wanted: sizes.to_vec(), got });
    }
    Ok(Tensor::from_data(TensorData::new(array.values().to_vec(), dims), device))
}

/// The part of the value that an edit touches, or `None` for all of it.
fn scope<const D: usize>(
    edit: &Edit,
    dims: [usize; D],
) -> Result<Option<[std::ops::Range<usize>; D]>, EditError> {
    use trace::Axis::{Group, Head, KvHead, Pos, Query};
    if edit.head.is_none() && edit.pos.is_none() {
        return Ok(None);
    }
    let site = edit.site;
    let axes = site.axes();
    let mut place = dims.map(|size| 0..size);
    let mut narrow = |slot: usize, what: &'static str, index: usize| {
        let size = dims[slot + 1];
        if size <= index {
            return Err(EditError::Outside { site, what, index, size });
        }
        place[slot + 1] = index..index + 1;
        Ok(())
    };
    if let Some(head) = edit.head {
        let slot = axes.iter().position(|it| [Head, KvHead, Group].contains(it));
        narrow(slot.ok_or(EditError::NoHeads { site })?, "head", head)?;
    }
    if let Some(pos) = edit.pos {
        let slot = axes.iter().position(|&it| it == Pos || it == Query);
        narrow(slot.expect("every site has positions"), "position", pos)?;
    }
    Ok(Some(place))
}

impl Trace {
    fn keep<const D: usize>(&mut self, site: Site, value: Tensor<D>) {
        let dims = value.dims();
        let sizes = dims[1..].to_vec();
        let one = value.narrow(0, 0, 1);
        let flat = one.reshape([sizes.iter().product::<usize>()]);
        self.kept.insert(site, Kept { flat, sizes });
    }

    /// Whether the value at `site` is not what the network made of what was before it.
    pub fn is_edited(&self, site: Site) -> bool {
        self.edited.contains(&site)
    }

    /// The sites that were kept, in the order of the forward pass.
    pub fn sites(&self) -> impl Iterator<Item = Site> {
        self.kept.keys().copied()
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

    /// [`Trace::get`] at a part of block `layer`.
    pub fn part<const D: usize>(&self, layer: usize, part: Part) -> Option<Tensor<D>> {
        self.get(Site::Block { layer, part })
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
