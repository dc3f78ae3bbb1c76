//! The checkpoints of a run, packed as differences beside the finished weights.

use std::path::Path;

use burn::prelude::*;
use lab::format::Moment;
use safetensors::{Dtype, tensor::TensorView};

use super::{
    checkpoint::{CheckpointError, read, steps_file, write},
    measure::measure_network,
    recipe::Recipe,
};
use crate::load::{
    CHECKPOINTS_FILE, CHECKPOINTS_VERSION, Checkpoints, CheckpointsFile, HEADER, HostTensor,
    LEVELS, LoadError, MODEL_FILE, MOST_LEVELS, ModelFile, SCALES, StoredHeader, WEIGHTS_FILE,
    Weights, digest, fill, n_rows, open_folder, parameters, step_back,
};

/// How one parameter changes, the earliest step first.
#[derive(Default)]
struct Changes {
    scales: Vec<f32>,
    levels: Vec<i8>,
}

/// The file of the checkpoints `earlier`, each with its step, ascending, that lead to the weights
/// `finished` of step `last`.
///
/// # Errors
/// [`LoadError::Missing`] or [`LoadError::Sizes`] where one of them is of another network.
///
/// # Panics
/// Where steps do not ascend.
pub fn checkpoints_to_safetensors(
    finished: &Weights,
    digest: &str,
    earlier: &[(usize, Weights)],
    last: usize,
) -> Result<Vec<u8>, LoadError> {
    let steps: Vec<usize> = earlier.iter().map(|it| it.0).chain([last]).collect();
    assert!(steps.is_sorted_by(|one, next| one < next), "steps ascend: {steps:?}");
    let header = StoredHeader { version: CHECKPOINTS_VERSION, steps, weights: digest.to_owned() };
    let mut encoded = Vec::new();
    for (name, tensor) in parameters(finished) {
        let Changes { scales, levels } = changes(name, tensor, earlier)?;
        let dims = [&[earlier.len()][..], &tensor.dims].concat();
        let levels: Vec<u8> = levels.iter().map(|it| it.cast_unsigned()).collect();
        encoded.push((format!("{LEVELS}{name}"), Dtype::I8, dims, levels));
        let dims = vec![earlier.len(), n_rows(&tensor.dims)];
        let scales: Vec<u8> = scales.iter().flat_map(|it| it.to_le_bytes()).collect();
        encoded.push((format!("{SCALES}{name}"), Dtype::F32, dims, scales));
    }
    let views = encoded.iter().map(|(name, dtype, dims, bytes)| {
        let view = TensorView::new(*dtype, dims.clone(), bytes);
        (name, view.expect("the bytes were made for these sizes"))
    });
    // One entry, for the order of several is left to chance.
    let text = serde_json::to_string(&header).expect("numbers and text are JSON");
    let header = [(HEADER.to_owned(), text)];
    Ok(safetensors::serialize(views, Some(header.into())).expect("names and sizes are plain"))
}

/// The differences of one parameter, each to the next later step as it is reconstructed.
fn changes(
    name: &str,
    finished: &HostTensor,
    earlier: &[(usize, Weights)],
) -> Result<Changes, LoadError> {
    let mut later = finished.values.clone();
    let n_rows = n_rows(&finished.dims);
    let mut all = Vec::new();
    for (_, weights) in earlier.iter().rev() {
        let missing = || LoadError::Missing(name.to_owned());
        let wanted = weights.0.get(name).ok_or_else(missing)?;
        if wanted.dims != finished.dims {
            let (wanted, got) = (finished.dims.clone(), wanted.dims.clone());
            return Err(LoadError::Sizes { name: name.to_owned(), wanted, got });
        }
        let (scales, levels) = difference(&wanted.values, &later, n_rows);
        step_back(&mut later, &scales, &levels);
        all.push((scales, levels));
    }
    let mut found = Changes::default();
    for (scales, levels) in all.into_iter().rev() {
        found.scales.extend(scales);
        found.levels.extend(levels);
    }
    Ok(found)
}

/// What has to be added to `from` to come as near to `to` as whole numbers of scales come.
fn difference(to: &[f32], from: &[f32], n_rows: usize) -> (Vec<f32>, Vec<i8>) {
    let width = (to.len() / n_rows).max(1);
    let (mut scales, mut levels) = (Vec::new(), Vec::new());
    for (to, from) in to.chunks_exact(width).zip(from.chunks_exact(width)) {
        let apart = to.iter().zip(from).map(|(to, from)| to - from);
        let scale = apart.clone().fold(0.0f32, |most, it| most.max(it.abs())) / MOST_LEVELS;
        scales.push(scale);
        let level = |it: f32| if scale == 0.0 { 0.0 } else { (it / scale).round() };
        levels.extend(apart.map(|it| level(it).clamp(-MOST_LEVELS, MOST_LEVELS) as i8));
    }
    (scales, levels)
}

/// Packs the checkpoints that the run in folder `run` kept of `steps` beside the published model in
/// `folder`, and says so in its `model.json`.
///
/// # Errors
/// [`CheckpointError`], among them that a step is not there or that the published weights are those
/// of another run.
pub fn pack_checkpoints(
    folder: &Path,
    run: &Path,
    steps: &[usize],
) -> Result<CheckpointsFile, CheckpointError> {
    let (model_path, weights_path) = (folder.join(MODEL_FILE), folder.join(WEIGHTS_FILE));
    let mut model = ModelFile::parse(&read(&model_path)?)?;
    let bytes = read(&weights_path)?;
    if digest(&bytes) != model.weights_sha256 {
        return Err(LoadError::WrongDigest.into());
    }
    let finished = Weights::from_safetensors(&bytes)?;
    let (last, earlier) = steps.split_last().ok_or(CheckpointError::NoSteps)?;
    if !are_halves(&kept(run, *last)?, &finished) {
        return Err(CheckpointError::OtherRun(run.to_owned()));
    }
    let earlier = earlier.iter().map(|it| Ok((*it, kept(run, *it)?)));
    let earlier = earlier.collect::<Result<Vec<_>, CheckpointError>>()?;
    let packed = checkpoints_to_safetensors(&finished, &model.weights_sha256, &earlier, *last)?;
    let file = CheckpointsFile {
        steps: steps.to_vec(),
        bytes: packed.len() as u64,
        sha256: digest(&packed),
    };
    model.checkpoints = Some(file.clone());
    // What is written can be read.
    Checkpoints::read(&packed, &model, &finished)?;
    write(&folder.join(CHECKPOINTS_FILE), &packed)?;
    write(&model_path, serde_json::to_string_pretty(&model)?.as_bytes())?;
    Ok(file)
}

/// Every measure of a recipe at every checkpoint of a published model, on a smaller exam: `share` of
/// its rows, but for probes, as in [`measure_network`]; none where the model has no checkpoints.
///
/// # Errors
/// [`CheckpointError`].
pub fn measure_timeline(
    folder: &Path,
    recipe: &Recipe,
    share: f64,
    device: &Device,
) -> Result<Vec<Moment>, CheckpointError> {
    let model = open_folder(folder, device)?;
    if model.file.checkpoints.is_none() {
        return Ok(Vec::new());
    }
    let finished = Weights::from_safetensors(&read(&folder.join(WEIGHTS_FILE))?)?;
    let bytes = read(&folder.join(CHECKPOINTS_FILE))?;
    let checkpoints = Checkpoints::read(&bytes, &model.file, &finished)?;
    let mut moments = Vec::new();
    for &step in checkpoints.steps() {
        let mut weights = checkpoints.weights_at(&finished, step)?;
        let network = fill(model.network.clone(), &mut weights)?;
        let values = measure_network(&network, recipe, share, device)?;
        moments.push(Moment { step, values });
    }
    Ok(moments)
}

/// The weights that a run kept of a step.
fn kept(run: &Path, step: usize) -> Result<Weights, CheckpointError> {
    Ok(Weights::from_safetensors(&read(&steps_file(run, step))?)?)
}

/// Whether `stored` is what is left of `exact` in half precision.
fn are_halves(exact: &Weights, stored: &Weights) -> bool {
    let half = |it: &f32| half::f16::from_f32(*it).to_f32();
    parameters(stored).all(|(name, stored)| {
        exact
            .0
            .get(name)
            .is_some_and(|exact| exact.values.iter().map(half).eq(stored.values.iter().copied()))
    })
}
