//! Weights of earlier steps of training: `checkpoints.safetensors`, beside the finished weights.
//!
//! The last step is `weights.safetensors` itself. From there back, each checkpoint is stored as its
//! difference to the next later one *as that is reconstructed*: whole numbers from −127 to 127 times
//! a scale for each row. So a weight of any step is off by at most half a scale of that step, however
//! many steps lie between it and the last.
//!
//! Every parameter has two tensors: `levels/NAME`, 8-bit, `[n_earlier, …sizes of NAME]`, and
//! `scales/NAME`, 32-bit, `[n_earlier, n_rows]`, both with the earliest step first. The header's
//! `checkpoints` says in JSON the version, the steps, and the SHA-256 of the finished weights.

use std::collections::{BTreeMap, BTreeSet};

use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::{BASIS_AXES, BASIS_MEAN, HostTensor, ModelFile, Weights, digest};

/// The name of the file that holds the checkpoints of a model.
pub const CHECKPOINTS_FILE: &str = "checkpoints.safetensors";
/// The newest version of the file that this program reads, and the one that it writes.
pub const CHECKPOINTS_VERSION: u32 = 1;
/// A difference is so many scales at most, up or down.
pub const MOST_LEVELS: f32 = 127.0;

pub(crate) const HEADER: &str = "checkpoints";
pub(crate) const LEVELS: &str = "levels/";
pub(crate) const SCALES: &str = "scales/";

/// Rows that are shorter share one scale, which would weigh as much as they do.
const LEAST_WIDTH: usize = 16;

/// What `model.json` says of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointsFile {
    /// Ascending; the last is that of the finished weights.
    pub steps: Vec<usize>,
    pub bytes: u64,
    pub sha256: String,
}

/// What the file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) version: u32,
    pub(crate) steps: Vec<usize>,
    /// SHA-256 of the finished weights.
    pub(crate) weights: String,
}

/// Why the weights of a step are not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointsError {
    #[error("this model has no checkpoints of its training; the finished weights are all there is")]
    None,
    #[error("this model has no checkpoint at step {step}; it has {}", listed(.steps))]
    NoStep { step: usize, steps: Vec<usize> },
    #[error("the checkpoints are cut short: {got_bytes} of {of_bytes} bytes; load them again")]
    CutShort { got_bytes: u64, of_bytes: u64 },
    #[error(
        "the checkpoints are not those that the model's description names (their SHA-256 differs); load both again"
    )]
    WrongDigest,
    #[error("the checkpoints cannot be read as safetensors; the file may be damaged: {0}")]
    Broken(String),
    #[error(
        "the checkpoints are of version {0}, newer than this program; use a newer Undercurrent"
    )]
    Newer(u32),
    #[error("the checkpoints lead back from other weights than these; load both again")]
    OtherWeights,
    #[error(
        "the checkpoints are of other steps than the model's description says; load both again"
    )]
    OtherSteps,
    #[error("the checkpoints lack {0}; load them again")]
    Missing(String),
    #[error("the checkpoints hold {0}, which this network does not have; load them again")]
    Unknown(String),
    #[error(
        "{name} of the checkpoints has the sizes {got:?}, and the network needs {wanted:?}; load them again"
    )]
    Sizes { name: String, wanted: Vec<usize>, got: Vec<usize> },
    #[error(
        "{name} of the checkpoints holds numbers of the kind {got}, not {wanted}; load them again"
    )]
    Dtype { name: String, wanted: String, got: String },
    #[error("{0} of the checkpoints holds NaN or an infinite value; load them again")]
    NotFinite(String),
}

fn listed(steps: &[usize]) -> String {
    let steps: Vec<String> = steps.iter().map(usize::to_string).collect();
    steps.join(", ")
}

/// The weights of every step that was kept, as differences.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    steps: Vec<usize>,
    changes: BTreeMap<String, Changes>,
}

/// How one parameter changes from each step to the one before.
#[derive(Clone, Debug)]
struct Changes {
    n_rows: usize,
    /// `[n_earlier, n_rows]`
    scales: Vec<f32>,
    /// `[n_earlier, n_rows, width]`
    levels: Vec<i8>,
}

impl Checkpoints {
    /// Reads the file that `model` tells of. `finished` are the model's own weights.
    ///
    /// # Errors
    /// [`CheckpointsError`].
    pub fn read(
        bytes: &[u8],
        model: &ModelFile,
        finished: &Weights,
    ) -> Result<Self, CheckpointsError> {
        let said = model.checkpoints.as_ref().ok_or(CheckpointsError::None)?;
        let got_bytes = bytes.len() as u64;
        if got_bytes < said.bytes {
            return Err(CheckpointsError::CutShort { got_bytes, of_bytes: said.bytes });
        }
        if digest(bytes) != said.sha256 {
            return Err(CheckpointsError::WrongDigest);
        }
        let header = header(bytes)?;
        if header.weights != model.weights_sha256 {
            return Err(CheckpointsError::OtherWeights);
        }
        if header.steps != said.steps || !is_ascending(&header.steps) {
            return Err(CheckpointsError::OtherSteps);
        }
        let file = SafeTensors::deserialize(bytes).map_err(|it| broken(&it))?;
        let mut names: BTreeSet<String> = file.names().into_iter().map(str::to_owned).collect();
        let n_earlier = header.steps.len() - 1;
        let mut changes = BTreeMap::new();
        for (name, tensor) in parameters(finished) {
            changes.insert(name.clone(), Changes::read(&file, name, tensor, n_earlier)?);
            names.remove(&format!("{LEVELS}{name}"));
            names.remove(&format!("{SCALES}{name}"));
        }
        match names.pop_first() {
            Some(name) => Err(CheckpointsError::Unknown(name)),
            None => Ok(Self { steps: header.steps, changes }),
        }
    }

    /// Ascending; the last is that of the finished weights.
    pub fn steps(&self) -> &[usize] {
        &self.steps
    }

    /// The parameters as they were at a step. `finished` are the weights that [`Self::read`] was
    /// given; what is no parameter of theirs is left out.
    ///
    /// # Errors
    /// [`CheckpointsError::NoStep`].
    pub fn weights_at(&self, finished: &Weights, step: usize) -> Result<Weights, CheckpointsError> {
        let place = self.steps.iter().position(|it| *it == step);
        let place =
            place.ok_or_else(|| CheckpointsError::NoStep { step, steps: self.steps.clone() })?;
        let n_earlier = self.steps.len() - 1;
        let mut found = Weights::default();
        for (name, tensor) in parameters(finished) {
            let changes = self
                .changes
                .get(name)
                .ok_or_else(|| CheckpointsError::Missing(format!("{LEVELS}{name}")))?;
            let mut tensor = tensor.clone();
            (place..n_earlier).rev().for_each(|it| changes.step_back(it, &mut tensor.values));
            found.0.insert(name.clone(), tensor);
        }
        Ok(found)
    }
}

impl Changes {
    fn read(
        file: &SafeTensors<'_>,
        name: &str,
        tensor: &HostTensor,
        n_earlier: usize,
    ) -> Result<Self, CheckpointsError> {
        let n_rows = n_rows(&tensor.dims);
        let dims = [&[n_earlier][..], &tensor.dims].concat();
        let levels = data(file, &format!("{LEVELS}{name}"), Dtype::I8, &dims)?;
        let name = format!("{SCALES}{name}");
        let scales = data(file, &name, Dtype::F32, &[n_earlier, n_rows])?;
        let scales: Vec<f32> = scales
            .chunks_exact(4)
            .map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]]))
            .collect();
        if !scales.iter().all(|it| it.is_finite()) {
            return Err(CheckpointsError::NotFinite(name));
        }
        let levels = levels.iter().map(|it| it.cast_signed()).collect();
        Ok(Self { n_rows, scales, levels })
    }

    /// From the weights of step `place + 1` to those of step `place`.
    fn step_back(&self, place: usize, values: &mut [f32]) {
        let n = values.len();
        let scales = &self.scales[place * self.n_rows..][..self.n_rows];
        step_back(values, scales, &self.levels[place * n..][..n]);
    }
}

/// Adds a difference, row by row. Reader and writer share it, so that both have the same roundings.
pub(crate) fn step_back(values: &mut [f32], scales: &[f32], levels: &[i8]) {
    let width = (values.len() / scales.len().max(1)).max(1);
    let rows = values.chunks_exact_mut(width).zip(levels.chunks_exact(width)).zip(scales);
    for ((values, levels), scale) in rows {
        values
            .iter_mut()
            .zip(levels)
            .for_each(|(value, level)| *value += scale * f32::from(*level));
    }
}

/// How many scales a tensor of these sizes has: one for each row of a matrix with rows of some
/// length, else one.
pub(crate) fn n_rows(dims: &[usize]) -> usize {
    match dims.split_last() {
        Some((width, rest)) if LEAST_WIDTH <= *width => rest.iter().product(),
        _ => 1,
    }
}

/// All tensors of a weights file that training changes.
pub(crate) fn parameters(weights: &Weights) -> impl Iterator<Item = (&String, &HostTensor)> {
    weights.0.iter().filter(|it| ![BASIS_AXES, BASIS_MEAN].contains(&it.0.as_str()))
}

fn is_ascending(steps: &[usize]) -> bool {
    !steps.is_empty() && steps.windows(2).all(|it| it[0] < it[1])
}

fn broken(error: &impl ToString) -> CheckpointsError {
    CheckpointsError::Broken(error.to_string())
}

fn header(bytes: &[u8]) -> Result<Header, CheckpointsError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|it| broken(&it))?;
    let text = metadata.metadata().as_ref().and_then(|it| it.get(HEADER));
    let text = text.ok_or_else(|| broken(&"the header does not say what it holds"))?;
    // The version comes first: the rest of a newer header may be another.
    let value: serde_json::Value = serde_json::from_str(text).map_err(|it| broken(&it))?;
    let version = value.get("version").and_then(serde_json::Value::as_u64).unwrap_or(0);
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    if CHECKPOINTS_VERSION < version {
        return Err(CheckpointsError::Newer(version));
    }
    serde_json::from_value(value).map_err(|it| broken(&it))
}

fn data<'a>(
    file: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
    dims: &[usize],
) -> Result<&'a [u8], CheckpointsError> {
    let missing = |_| CheckpointsError::Missing(name.to_owned());
    let view = file.tensor(name).map_err(missing)?;
    if view.dtype() != dtype {
        let (wanted, got) = (format!("{dtype:?}"), format!("{:?}", view.dtype()));
        return Err(CheckpointsError::Dtype { name: name.to_owned(), wanted, got });
    }
    if view.shape() != dims {
        let (wanted, got) = (dims.to_vec(), view.shape().to_vec());
        return Err(CheckpointsError::Sizes { name: name.to_owned(), wanted, got });
    }
    Ok(view.data())
}
