//! Checkpoints of training: what is packed comes back, within half a level, and what is damaged is
//! refused by name.

use std::fs;

use burn::prelude::*;
use engine::{
    load::{
        CHECKPOINTS_FILE, Checkpoints, CheckpointsError, CheckpointsFile, HostTensor, MODEL_FILE,
        MOST_LEVELS, ModelFile, Precision, WEIGHTS_FILE, Weights, digest, open_folder,
    },
    train::{
        CheckpointError, Recipe, State, Trainer, checkpoints_to_safetensors, measure_timeline,
        pack_checkpoints, publish, save_step,
    },
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::{
    tiny::{generator, model, plain, scratch, weights},
    train::recipe,
};

/// Weights that wander: `n` steps from random ones to `finished`, each further away.
fn wandering(finished: &Weights, n: usize) -> Vec<(usize, Weights)> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut weights = finished.clone();
    let mut found = Vec::new();
    for step in (0..n).rev() {
        for (number, tensor) in weights.0.values_mut().enumerate() {
            // Rows of very different sizes, and a tensor that stays.
            let size = if number == 1 { 0.0 } else { 10f32.powi(number as i32 % 5 - 4) };
            tensor.values.iter_mut().for_each(|it| *it += size * rng.random_range(-1.0..1.0f32));
        }
        found.push((10 * step, weights.clone()));
    }
    found.reverse();
    found
}

/// A model with the bytes of its weights and of its checkpoints.
struct Packed {
    file: ModelFile,
    finished: Weights,
    bytes: Vec<u8>,
}

fn packed(earlier: &[(usize, Weights)], last: usize) -> Packed {
    let finished = finished();
    let mut file = model(plain(), 1).file;
    let stored = finished.to_safetensors(Precision::Half, &[]);
    file.weights_sha256 = digest(&stored);
    let bytes = checkpoints_to_safetensors(&finished, &file.weights_sha256, earlier, last).unwrap();
    describe(&mut file, &bytes, earlier.iter().map(|it| it.0).chain([last]).collect());
    Packed { file, finished, bytes }
}

fn describe(file: &mut ModelFile, bytes: &[u8], steps: Vec<usize>) {
    let (bytes, sha256) = (bytes.len() as u64, digest(bytes));
    file.checkpoints = Some(CheckpointsFile { steps, bytes, sha256 });
}

/// Weights as they are stored, in half precision.
fn finished() -> Weights {
    let bytes = weights(&plain(), 1).to_safetensors(Precision::Half, &[]);
    Weights::from_safetensors(&bytes).unwrap()
}

/// The rows that have a scale each.
fn rows(tensor: &HostTensor) -> usize {
    match *tensor.dims {
        [ref rest @ .., width] if 16 <= width => rest.iter().product(),
        _ => 1,
    }
}

#[test]
fn a_weight_of_any_step_is_off_by_half_a_level_and_errors_do_not_add_up() {
    let finished = finished();
    let earlier = wandering(&finished, 20);
    let Packed { file, bytes, .. } = packed(&earlier, 500);
    let read = Checkpoints::read(&bytes, &file, &finished).unwrap();
    assert_eq!(read.steps().len(), 21);
    let mut later = read.weights_at(&finished, 500).unwrap();
    let (mut n_rows, mut n_off) = (0, 0);
    for (step, exact) in earlier.iter().rev() {
        let found = read.weights_at(&finished, *step).unwrap();
        for (name, found) in &found.0 {
            let (exact, later) = (&exact.0[name], &later.0[name]);
            let width = found.values.len() / rows(found);
            let each = |it: &HostTensor| -> Vec<Vec<f32>> {
                it.values.chunks(width).map(<[f32]>::to_vec).collect()
            };
            for ((found, exact), later) in each(found).iter().zip(each(exact)).zip(each(later)) {
                let largest = |a: &[f32], b: &[f32]| {
                    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
                };
                let half = largest(&exact, &later) / MOST_LEVELS / 2.0;
                // The sum is rounded to a 32-bit number, the level times the scale before it.
                let size = exact.iter().fold(0.0f32, |most, it| most.max(it.abs()));
                let rounding = 2.0 * f32::EPSILON * (size + MOST_LEVELS * half);
                let off = largest(found, &exact);
                assert!(off <= half + rounding, "{name} at {step}: {off:e}, half {half:e}");
                n_rows += 1;
                n_off += usize::from(0.4 * half < off);
            }
        }
        later = found;
    }
    // The bound is no idle one: most rows come near it.
    assert!(n_rows / 2 < n_off, "{n_off} of {n_rows}");
}

#[test]
fn the_last_step_is_the_finished_weights_and_a_parameter_that_stays_is_exact() {
    let finished = finished();
    let earlier = wandering(&finished, 3);
    let Packed { file, bytes, .. } = packed(&earlier, 30);
    let read = Checkpoints::read(&bytes, &file, &finished).unwrap();
    let last = read.weights_at(&finished, 30).unwrap();
    assert_eq!(last.0.len(), finished.0.len() - 2, "the stored plane is no parameter");
    assert!(last.0.iter().all(|(name, it)| *it == finished.0[name]));
    let stays = finished.0.keys().nth(1).unwrap();
    let first = read.weights_at(&finished, 0).unwrap();
    assert_eq!(first.0.get(stays), last.0.get(stays), "{stays}");
    assert_ne!(first, last);
    let said = read.weights_at(&finished, 7).unwrap_err();
    assert!(said.to_string().contains("no checkpoint at step 7; it has 0, 10, 20, 30"), "{said}");
}

#[test]
fn the_same_checkpoints_give_the_same_file() {
    let finished = finished();
    let earlier = wandering(&finished, 2);
    assert_eq!(packed(&earlier, 20).bytes, packed(&earlier, 20).bytes);
}

#[test]
fn a_file_that_is_damaged_is_refused() {
    let Packed { mut file, finished, bytes } = packed(&wandering(&finished(), 2), 20);
    let refusal =
        |bytes: &[u8], file: &ModelFile| Checkpoints::read(bytes, file, &finished).unwrap_err();
    for length in [0, 7, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        let said = refusal(&bytes[..length], &file);
        assert!(matches!(said, CheckpointsError::CutShort { .. }), "{said}");
    }
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for other in [flipped, [&bytes[..], b"x"].concat()] {
        assert_eq!(refusal(&other, &file), CheckpointsError::WrongDigest);
    }
    let mut other = file.clone();
    other.weights_sha256 = digest(b"others");
    assert_eq!(refusal(&bytes, &other), CheckpointsError::OtherWeights);
    let mut other = file.clone();
    other.checkpoints.as_mut().unwrap().steps[0] = 1;
    assert_eq!(refusal(&bytes, &other), CheckpointsError::OtherSteps);
    file.checkpoints = None;
    assert_eq!(refusal(&bytes, &file), CheckpointsError::None);
}

/// The file with one tensor or its header changed.
type Change<'a> = &'a dyn Fn(&mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>, &mut String);

#[test]
fn what_does_not_fit_the_network_is_named() {
    let Packed { mut file, finished, bytes } = packed(&wandering(&finished(), 2), 20);
    let mut said = |change: Change<'_>| {
        let bytes = changed(&bytes, change);
        describe(&mut file, &bytes, vec![0, 10, 20]);
        Checkpoints::read(&bytes, &file, &finished).unwrap_err().to_string()
    };
    let place = |all: &[(String, Dtype, Vec<usize>, Vec<u8>)], name: &str| {
        all.iter().position(|it| it.0 == name).unwrap()
    };
    let levels = "levels/embed.weight";
    let newer = said(&|_, header| *header = header.replace("\"version\":1", "\"version\":2"));
    assert!(newer.contains("version 2, newer than this program"), "{newer}");
    let none = said(&|_, header| header.clear());
    assert!(none.contains("cannot be read as safetensors"), "{none}");
    let fewer = said(&|_, header| *header = header.replace("[0,10,20]", "[10,20]"));
    assert!(fewer.contains("of other steps"), "{fewer}");
    let lacks = said(&|all, _| drop(all.remove(place(all, levels))));
    assert!(lacks.contains("lack levels/embed.weight"), "{lacks}");
    let unknown = said(&|all, _| {
        let mut other = all[place(all, levels)].clone();
        other.0 = "levels/embed.bias".to_owned();
        all.push(other);
    });
    assert!(unknown.contains("hold levels/embed.bias, which this network"), "{unknown}");
    let sizes = said(&|all, _| {
        let at = place(all, levels);
        all[at].2 = vec![2, 12, 17];
    });
    assert!(
        sizes.contains("has the sizes [2, 12, 17], and the network needs [2, 17, 12]"),
        "{sizes}"
    );
    let kind = said(&|all, _| {
        let at = place(all, levels);
        all[at].1 = Dtype::U8;
    });
    assert!(
        kind.contains(
            "levels/embed.weight of the checkpoints holds numbers of the kind U8, not I8"
        ),
        "{kind}"
    );
    let scale = said(&|all, _| {
        let at = place(all, "scales/embed.weight");
        all[at].3[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(scale.contains("scales/embed.weight of the checkpoints holds NaN"), "{scale}");
}

fn changed(bytes: &[u8], change: Change<'_>) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let mut all: Vec<_> = file
        .iter()
        .map(|(name, it)| (name.to_owned(), it.dtype(), it.shape().to_vec(), it.data().to_vec()))
        .collect();
    let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
    let mut header = metadata.metadata().as_ref().unwrap()["checkpoints"].clone();
    change(&mut all, &mut header);
    let views =
        all.iter().map(|it| (it.0.as_str(), TensorView::new(it.1, it.2.clone(), &it.3).unwrap()));
    let header = [("checkpoints".to_owned(), header)].into();
    safetensors::serialize(views, Some(header)).unwrap()
}

#[test]
fn a_run_is_packed_beside_the_model_that_it_gave() {
    let (run, out) = (scratch("timeline_run"), scratch("timeline_out"));
    let recipe = Recipe { has_timeline: true, n_steps: 12, ..recipe(1) };
    let steps = recipe.timeline();
    assert_eq!(steps, [0, 10, 12]);
    let mut trainer = {
        let _held = generator();
        Trainer::new(recipe.clone()).unwrap()
    };
    let mut losses = Vec::new();
    while trainer.step < 12 {
        if steps.contains(&trainer.step) {
            save_step(&run, &trainer).unwrap();
        }
        losses.push(trainer.advance() as f32);
    }
    save_step(&run, &trainer).unwrap();
    let state = State { recipe, n_done: 12, cpu_secs: 1.0, losses };
    publish(&out, &trainer.frozen(), &state).unwrap();
    let before = ModelFile::parse(&fs::read(out.join(MODEL_FILE)).unwrap()).unwrap();
    let file = pack_checkpoints(&out, &run, &steps).unwrap();

    let model = open_folder(&out, &Device::flex()).unwrap();
    assert_eq!(model.info().checkpoints, steps);
    assert_eq!(model.file.weights_sha256, before.weights_sha256);
    assert_eq!(model.file.checkpoints, Some(file.clone()));
    let bytes = fs::read(out.join(CHECKPOINTS_FILE)).unwrap();
    assert_eq!((file.bytes, file.sha256), (bytes.len() as u64, digest(&bytes)));
    let finished = Weights::from_safetensors(&fs::read(out.join(WEIGHTS_FILE)).unwrap()).unwrap();
    let read = Checkpoints::read(&bytes, &model.file, &finished).unwrap();
    let exact =
        Weights::from_safetensors(&fs::read(run.join("steps/0.safetensors")).unwrap()).unwrap();
    let found = read.weights_at(&finished, 0).unwrap();
    for (name, exact) in &exact.0 {
        let off = exact.values.iter().zip(&found.0[name].values).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 2e-3, "{name}");
    }

    let moments = measure_timeline(&out, &state.recipe, 1.0, &Device::flex()).unwrap();
    assert_eq!(moments.iter().map(|it| it.step).collect::<Vec<_>>(), steps);

    // Another run, and one that kept less.
    fs::copy(run.join("steps/10.safetensors"), run.join("steps/12.safetensors")).unwrap();
    let said = pack_checkpoints(&out, &run, &steps).unwrap_err();
    assert!(matches!(said, CheckpointError::OtherRun(_)), "{said}");
    let said = pack_checkpoints(&out, &run, &[0, 5, 11]).unwrap_err();
    assert!(said.to_string().contains("11.safetensors"), "{said}");
    assert!(matches!(pack_checkpoints(&out, &run, &[]), Err(CheckpointError::NoSteps)));
}
