//! A dense array on the host whose axes have names.

use serde::{Deserialize, Serialize};

use crate::Axis;

/// Row-major `f32` values, one [`Axis`] per dimension.
///
/// Only the engine makes one out of numbers (feature `measure`); the page gets them by decoding
/// what the engine sent, or by cutting one that it has. So no view can draw an invented number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct NamedArray {
    // Invariant: no axis appears twice, and the sizes multiply to values.len().
    values: Vec<f32>,
    dims: Vec<(Axis, usize)>,
}

/// An array as it comes over the wire.
#[derive(Deserialize)]
struct Unchecked {
    values: Vec<f32>,
    dims: Vec<(Axis, usize)>,
}

impl TryFrom<Unchecked> for NamedArray {
    type Error = ArrayError;

    fn try_from(it: Unchecked) -> Result<Self, ArrayError> {
        Self::checked(it.values, it.dims)
    }
}

/// Why an array could not be made or cut.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArrayError {
    /// The sizes ask for another number of values than were given.
    #[error("the sizes ask for {wanted} values, {got} were given")]
    Count { wanted: usize, got: usize },
    /// An axis stands twice.
    #[error("the axis {0} appears twice")]
    Repeated(Axis),
    /// The array has no such axis.
    #[error("the array has no axis {0}")]
    NoAxis(Axis),
    /// The index is not below the size.
    #[error("index {index} is outside the axis {axis} of size {size}")]
    Outside { axis: Axis, index: usize, size: usize },
}

impl NamedArray {
    /// Takes `values` as row-major over `dims`, the last axis fastest.
    ///
    /// # Errors
    /// [`ArrayError::Repeated`], or [`ArrayError::Count`] where the sizes do not multiply to
    /// `values.len()`.
    #[cfg(any(feature = "measure", test))]
    pub fn new(values: Vec<f32>, dims: &[(Axis, usize)]) -> Result<Self, ArrayError> {
        Self::checked(values, dims.to_vec())
    }

    fn checked(values: Vec<f32>, dims: Vec<(Axis, usize)>) -> Result<Self, ArrayError> {
        for (slot, &(axis, _)) in dims.iter().enumerate() {
            if dims[..slot].iter().any(|&(it, _)| it == axis) {
                return Err(ArrayError::Repeated(axis));
            }
        }
        let product = dims.iter().try_fold(1usize, |all, &(_, size)| all.checked_mul(size));
        let wanted = product.unwrap_or(usize::MAX);
        if values.len() != wanted {
            return Err(ArrayError::Count { wanted, got: values.len() });
        }
        Ok(Self { values, dims })
    }

    /// All values, the last axis fastest.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The axes with their sizes, outermost first.
    pub fn dims(&self) -> &[(Axis, usize)] {
        &self.dims
    }

    /// How many entries `axis` has, or `None` where the array lacks it.
    pub fn size(&self, axis: Axis) -> Option<usize> {
        self.dims.iter().find(|&&(it, _)| it == axis).map(|&(_, size)| size)
    }

    /// The value at `place`, one index per axis in the order of [`Self::dims`].
    pub fn get(&self, place: &[usize]) -> Option<f32> {
        if place.len() != self.dims.len() {
            return None;
        }
        let mut flat = 0;
        for (&index, &(_, size)) in place.iter().zip(&self.dims) {
            if size <= index {
                return None;
            }
            flat = flat * size + index;
        }
        self.values.get(flat).copied()
    }

    /// The slab at `index` along `axis`, which drops out of the result.
    ///
    /// # Errors
    /// [`ArrayError::NoAxis`], or [`ArrayError::Outside`].
    pub fn at(&self, axis: Axis, index: usize) -> Result<Self, ArrayError> {
        let slot =
            self.dims.iter().position(|&(it, _)| it == axis).ok_or(ArrayError::NoAxis(axis))?;
        let size = self.dims[slot].1;
        if size <= index {
            return Err(ArrayError::Outside { axis, index, size });
        }
        let inner: usize = self.dims[slot + 1..].iter().map(|&(_, size)| size).product();
        let values = self
            .values
            .chunks_exact((inner * size).max(1))
            .flat_map(|outer| &outer[index * inner..(index + 1) * inner])
            .copied()
            .collect();
        let mut dims = self.dims.clone();
        dims.remove(slot);
        Self::checked(values, dims)
    }

    /// The slabs at `indices` along `axis`, in that order.
    ///
    /// # Errors
    /// [`ArrayError::NoAxis`], or [`ArrayError::Outside`].
    pub fn select(&self, axis: Axis, indices: &[usize]) -> Result<Self, ArrayError> {
        let slot =
            self.dims.iter().position(|&(it, _)| it == axis).ok_or(ArrayError::NoAxis(axis))?;
        let size = self.dims[slot].1;
        if let Some(&index) = indices.iter().find(|it| size <= **it) {
            return Err(ArrayError::Outside { axis, index, size });
        }
        let inner: usize = self.dims[slot + 1..].iter().map(|&(_, size)| size).product();
        let values = self
            .values
            .chunks_exact((inner * size).max(1))
            .flat_map(|outer| {
                indices.iter().flat_map(move |it| &outer[it * inner..(it + 1) * inner])
            })
            .copied()
            .collect();
        let mut dims = self.dims.clone();
        dims[slot].1 = indices.len();
        Self::checked(values, dims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Axis::{Head, Key, Query};

    fn counting(dims: &[(Axis, usize)]) -> NamedArray {
        let size: usize = dims.iter().map(|it| it.1).product();
        NamedArray::new((0..size).map(|it| it as f32).collect(), dims).unwrap()
    }

    #[test]
    fn cutting_a_head_leaves_its_pattern() {
        let all = counting(&[(Head, 2), (Query, 2), (Key, 2)]);
        let one = all.at(Head, 1).unwrap();
        assert_eq!(one.values(), [4.0, 5.0, 6.0, 7.0]);
        assert_eq!(one.dims(), [(Query, 2), (Key, 2)]);
        assert_eq!(all.at(Key, 0).unwrap().values(), [0.0, 2.0, 4.0, 6.0]);
    }

    #[test]
    fn chosen_slabs_keep_their_order() {
        let all = counting(&[(Head, 3), (Query, 2)]);
        let two = all.select(Head, &[2, 0]).unwrap();
        assert_eq!(two.values(), [4.0, 5.0, 0.0, 1.0]);
        assert_eq!(all.select(Query, &[1]).unwrap().values(), [1.0, 3.0, 5.0]);
    }

    #[test]
    fn a_value_is_found_by_its_place() {
        let all = counting(&[(Head, 2), (Query, 3)]);
        assert_eq!(all.get(&[1, 2]), Some(5.0));
        assert_eq!(all.get(&[2, 0]), None);
        assert_eq!(all.get(&[1]), None);
    }

    #[test]
    fn an_array_that_does_not_hold_together_is_not_decoded() {
        let (values, twice) = (vec![1.0f32; 4], vec![(Head, 2usize), (Query, 2)]);
        let read = |dims: &Vec<(Axis, usize)>| {
            let bytes = postcard::to_stdvec(&(&values, dims)).unwrap();
            postcard::from_bytes::<NamedArray>(&bytes).ok()
        };
        assert_eq!(read(&twice), Some(NamedArray::new(values.clone(), &twice).unwrap()));
        for dims in
            [vec![(Head, 3)], vec![(Head, 2), (Head, 2)], vec![(Head, usize::MAX), (Key, 4)]]
        {
            assert_eq!(read(&dims), None, "{dims:?}");
        }
    }

    #[test]
    fn a_wrong_cut_is_an_error_not_a_panic() {
        let all = counting(&[(Head, 2), (Query, 3)]);
        assert_eq!(all.at(Key, 0), Err(ArrayError::NoAxis(Key)));
        let outside = ArrayError::Outside { axis: Head, index: 2, size: 2 };
        assert_eq!(all.at(Head, 2), Err(outside));
        assert_eq!(
            NamedArray::new(vec![0.0], &[(Head, 2)]),
            Err(ArrayError::Count { wanted: 2, got: 1 })
        );
        assert_eq!(
            NamedArray::new(vec![0.0], &[(Head, 1), (Head, 1)]),
            Err(ArrayError::Repeated(Head))
        );
    }
}
