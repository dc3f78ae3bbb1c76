//! What is done with a value as it passes a site.

use std::ops::Range;

use burn::prelude::*;
use trace::{Axis, NamedArray, Part, Site};

/// An intervention whose numbers are found: one change at one site.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub site: Site,
    /// Indices along the site's head axis; all where `None`.
    pub heads: Option<Range<usize>>,
    /// Positions (or query positions); all where `None`.
    pub positions: Option<Range<usize>>,
    /// At `ssm.state`, whether the recurrence goes on with the changed state. Otherwise the change
    /// is of what is read at that position alone.
    pub carries: bool,
    pub change: Change,
}

/// How a value is changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// Multiplied; 0 ablates.
    Scale(f32),
    /// Moved toward another value; at strength 1 it takes the place.
    Blend { value: Held, strength: f32 },
    /// Another value, times a strength, comes on top.
    Add { value: Held, strength: f32 },
    /// What lies along a unit direction of the last axis is taken away, times a strength.
    ProjectOut { direction: Tensor<1>, strength: f32 },
    /// Every entry, or the coordinate along a unit direction, stays between two numbers.
    Clamp { low: f32, high: f32, along: Option<Tensor<1>> },
    /// The weights of these keys become 0 and the rest of each row sums to 1.
    Hide { keys: Vec<Range<usize>> },
    /// Moved as little as makes an affine map read something else of it.
    Reread { reader: Box<Reader>, strength: f32 },
}

/// An affine map of the last axis, `y = x · weights + bias`, and what it is to read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// `[width, fact]`
    pub weights: Tensor<2>,
    /// `[fact]`
    pub bias: Tensor<1>,
    /// `[fact, width]`: how the value moves so that a reading moves by 1.
    pub back: Tensor<2>,
    /// `[fact]`
    pub wanted: Tensor<1>,
}

/// A value on the device, flat, with the sizes of its axes (without the batch).
#[derive(Clone, Debug)]
pub struct Held {
    pub(super) flat: Tensor<1>,
    pub(super) sizes: Vec<usize>,
    /// Whether an axis of size 1 stands for every index: a mean over positions, a direction.
    pub(super) spreads: bool,
}

/// Why an intervention could not be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InterventionError {
    #[error("the value for {site} has the sizes {got:?}, and the site has {wanted:?}")]
    Sizes { site: Site, wanted: Vec<usize>, got: Vec<usize> },
    #[error("{site} has {size} {what}s, and the intervention names number {index}")]
    Outside { site: Site, what: &'static str, index: usize, size: usize },
    #[error("{site} has no heads to choose from")]
    NoHeads { site: Site },
    #[error("{0} is no pattern of attention, so it has no keys to hide")]
    NotPattern(Site),
    #[error("this network has no site {0}")]
    NoSite(Site),
}

impl Held {
    /// Values of the host.
    pub fn from_array(array: &NamedArray, device: &Device) -> Self {
        let sizes = array.dims().iter().map(|it| it.1).collect();
        let data = TensorData::new(array.values().to_vec(), [array.values().len()]);
        Self { flat: Tensor::from_data(data, device), sizes, spreads: false }
    }

    /// A tensor whose axes of size 1 stand for every index.
    pub(crate) fn spread(flat: Tensor<1>, sizes: Vec<usize>) -> Self {
        Self { flat, sizes, spreads: true }
    }

    /// A vector along the last axis of `site`, the same at every other index.
    pub fn along_last(site: Site, vector: Tensor<1>) -> Self {
        let mut sizes = vec![1; site.axes().len()];
        if let Some(last) = sizes.last_mut() {
            *last = vector.dims()[0];
        }
        Self::spread(vector, sizes)
    }

    /// The sizes of its axes.
    pub(crate) fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The values in one row.
    pub fn flat(&self) -> Tensor<1> {
        self.flat.clone()
    }

    /// Position `pos` of a value whose first axis is positions; `None` past its end.
    fn at(&self, pos: usize) -> Option<Self> {
        let n_pos = *self.sizes.first()?;
        if self.spreads && n_pos == 1 {
            return Some(self.clone());
        }
        let width = self.sizes[1..].iter().product::<usize>();
        (pos < n_pos).then(|| Self {
            flat: self.flat.clone().narrow(0, pos * width, width),
            sizes: [&[1], &self.sizes[1..]].concat(),
            spreads: self.spreads,
        })
    }

    /// The part of it that belongs to `place` of a value of the sizes `dims`. It may have more
    /// positions than that; those behind are left out.
    fn fitted<const D: usize>(
        &self,
        site: Site,
        dims: [usize; D],
        place: &[Range<usize>; D],
    ) -> Result<Tensor<D>, InterventionError> {
        let misfit = || InterventionError::Sizes {
            site,
            wanted: dims[1..].to_vec(),
            got: self.sizes.clone(),
        };
        if self.sizes.len() != D - 1 {
            return Err(misfit());
        }
        let mut form = [1; D];
        form[1..].copy_from_slice(&self.sizes);
        let mut cut = form.map(|size| 0..size);
        for (slot, axis) in site.axes().iter().enumerate() {
            let (got, range) = (self.sizes[slot], &place[slot + 1]);
            if self.spreads && got == 1 {
                continue;
            }
            let is_position = matches!(axis, Axis::Pos | Axis::Query | Axis::Key);
            if got == dims[slot + 1] || is_position && range.end <= got {
                cut[slot + 1] = range.clone();
            } else {
                return Err(misfit());
            }
        }
        let wanted = place.each_ref().map(ExactSizeIterator::len);
        let all: Tensor<D> = self.flat.clone().reshape(form);
        Ok(all.slice(cut).expand(wanted))
    }
}

impl Resolved {
    /// A change of all heads and positions.
    pub fn new(site: Site, change: Change) -> Self {
        Self { site, heads: None, positions: None, carries: false, change }
    }

    /// The same of one head.
    #[must_use]
    pub fn head(self, head: usize) -> Self {
        Self { heads: Some(head..head + 1), ..self }
    }

    /// The same at one position.
    #[must_use]
    pub fn at(self, pos: usize) -> Self {
        Self { positions: Some(pos..pos + 1), ..self }
    }

    /// The same, with which a recurrence goes on.
    #[must_use]
    pub fn carried(self) -> Self {
        Self { carries: true, ..self }
    }

    /// What it is at position `pos` of a site that is made position by position; `None` where it is
    /// at others.
    pub(super) fn at_place(&self, pos: usize) -> Result<Option<Self>, InterventionError> {
        if self.positions.as_ref().is_some_and(|it| !it.contains(&pos)) {
            return Ok(None);
        }
        let own = |value: &Held| {
            value.at(pos).ok_or_else(|| InterventionError::Sizes {
                site: self.site,
                wanted: vec![pos + 1],
                got: value.sizes.clone(),
            })
        };
        let change = match &self.change {
            Change::Blend { value, strength } => {
                Change::Blend { value: own(value)?, strength: *strength }
            }
            Change::Add { value, strength } => {
                Change::Add { value: own(value)?, strength: *strength }
            }
            other => other.clone(),
        };
        Ok(Some(Self { positions: None, change, ..self.clone() }))
    }

    /// `value` after the change.
    pub(super) fn apply<const D: usize>(
        &self,
        value: Tensor<D>,
    ) -> Result<Tensor<D>, InterventionError> {
        let dims = value.dims();
        let place = self.place(dims)?;
        let is_whole = place.iter().zip(dims).all(|(range, size)| *range == (0..size));
        if is_whole {
            return self.changed(value, dims, &place);
        }
        let part = value.clone().slice(place.clone());
        Ok(value.slice_assign(place.clone(), self.changed(part, dims, &place)?))
    }

    /// `part`, which is `place` of a value of the sizes `dims`, after the change.
    fn changed<const D: usize>(
        &self,
        part: Tensor<D>,
        dims: [usize; D],
        place: &[Range<usize>; D],
    ) -> Result<Tensor<D>, InterventionError> {
        Ok(match &self.change {
            Change::Scale(factor) => part * *factor,
            Change::Blend { value, strength } => {
                let value = value.fitted(self.site, dims, place)?;
                // Without arithmetic, so that a value in its own place is the same bit for bit.
                if *strength == 1.0 { value } else { part * (1.0 - strength) + value * *strength }
            }
            Change::Add { value, strength } => {
                part + value.fitted(self.site, dims, place)? * *strength
            }
            Change::ProjectOut { direction, strength } => {
                let direction = self.direction(direction, dims)?;
                part.clone() - along(part, &direction) * direction * *strength
            }
            Change::Clamp { low, high, along: None } => part.clamp(*low, *high),
            Change::Clamp { low, high, along: Some(direction) } => {
                let direction = self.direction(direction, dims)?;
                let found = along(part.clone(), &direction);
                part + (found.clone().clamp(*low, *high) - found) * direction
            }
            Change::Hide { keys } => self.hidden(&part, keys)?,
            Change::Reread { reader, strength } => self.reread(part, reader, *strength)?,
        })
    }

    /// `x + strength · (wanted − (x · weights + bias)) · back`.
    fn reread<const D: usize>(
        &self,
        part: Tensor<D>,
        reader: &Reader,
        strength: f32,
    ) -> Result<Tensor<D>, InterventionError> {
        let dims = part.dims();
        let [width, _] = reader.weights.dims();
        if dims[D - 1] != width {
            let (wanted, got) = (vec![dims[D - 1]], vec![width]);
            return Err(InterventionError::Sizes { site: self.site, wanted, got });
        }
        let rows: Tensor<2> = part.clone().reshape([dims.iter().product::<usize>() / width, width]);
        let read = rows.matmul(reader.weights.clone()) + reader.bias.clone().unsqueeze();
        let missing = reader.wanted.clone().unsqueeze::<2>() - read;
        let step = missing.matmul(reader.back.clone()) * strength;
        Ok(part + step.reshape(dims))
    }

    /// A vector as long as the last axis, `[1, .., width]`.
    fn direction<const D: usize>(
        &self,
        vector: &Tensor<1>,
        dims: [usize; D],
    ) -> Result<Tensor<D>, InterventionError> {
        let (got, wanted) = (vector.dims().to_vec(), vec![dims[D - 1]]);
        if got != wanted {
            return Err(InterventionError::Sizes { site: self.site, wanted, got });
        }
        let mut form = [1; D];
        form[D - 1] = dims[D - 1];
        Ok(vector.clone().reshape(form))
    }

    fn hidden<const D: usize>(
        &self,
        part: &Tensor<D>,
        keys: &[Range<usize>],
    ) -> Result<Tensor<D>, InterventionError> {
        if !is_pattern(self.site) {
            return Err(InterventionError::NotPattern(self.site));
        }
        let n_keys = part.dims()[D - 1];
        let shown = |key: usize| f32::from(u8::from(!keys.iter().any(|it| it.contains(&key))));
        let mut form = [1; D];
        form[D - 1] = n_keys;
        let shown = TensorData::new((0..n_keys).map(shown).collect::<Vec<f32>>(), form);
        let left = part.clone() * Tensor::from_data(shown, &part.device());
        let sum = left.clone().sum_dim(D - 1);
        let is_nothing = sum.clone().equal_elem(0.0);
        Ok(left / sum.mask_fill(is_nothing, 1.0))
    }

    /// The part of a value of the sizes `dims` that is changed.
    fn place<const D: usize>(
        &self,
        dims: [usize; D],
    ) -> Result<[Range<usize>; D], InterventionError> {
        use Axis::{Group, Head, KvHead, Pos, Query};
        let site = self.site;
        let slot_of = |any: &[Axis]| site.axes().iter().position(|it| any.contains(it));
        let mut place = dims.map(|size| 0..size);
        let mut narrow = |slot: usize, what: &'static str, range: &Range<usize>| {
            let size = dims[slot + 1];
            if size < range.end {
                let index = range.end - 1;
                return Err(InterventionError::Outside { site, what, index, size });
            }
            place[slot + 1] = range.clone();
            Ok(())
        };
        if let Some(heads) = &self.heads {
            let slot = slot_of(&[Head, KvHead, Group]);
            narrow(slot.ok_or(InterventionError::NoHeads { site })?, "head", heads)?;
        }
        if let Some(positions) = &self.positions {
            narrow(
                slot_of(&[Pos, Query]).expect("every site has positions"),
                "position",
                positions,
            )?;
        }
        Ok(place)
    }
}

/// Whether a site holds patterns of attention.
pub(crate) fn is_pattern(site: Site) -> bool {
    matches!(site, Site::Block { part: Part::AttnPattern, .. })
}

/// Coordinates along a unit direction, `[.., 1]`.
fn along<const D: usize>(value: Tensor<D>, direction: &Tensor<D>) -> Tensor<D> {
    (value * direction.clone()).sum_dim(D - 1)
}
