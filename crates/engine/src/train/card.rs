//! The finished model: its files and its card.

use std::{fmt::Write as _, path::Path};

use burn::prelude::*;

use super::{
    checkpoint::{CheckpointError, State, write},
    exam::{Marks, basis, examine},
    rows::Stories,
    tales,
};
use crate::{
    load::{
        BASIS_AXES, BASIS_MEAN, HostTensor, MODEL_FILE, Model, ModelFile, Precision, WEIGHTS_FILE,
        Weights, collect, digest,
    },
    model::{CONFIG_VERSION, Network},
};

/// Stories of the exam whose marks stand on the card.
const N_EXAM: usize = 2_000;
/// Stories on which the stored plane is fitted.
const N_BASIS: usize = 48;

/// Writes `model.json`, `weights.safetensors` and `card.md`. The marks are those of the weights as
/// they are stored, in half precision.
///
/// # Errors
/// [`CheckpointError`] where the folder cannot be written.
pub fn publish(folder: &Path, network: &Network, state: &State) -> Result<Marks, CheckpointError> {
    let device = Device::flex();
    let recipe = &state.recipe;
    let stories = Stories::new(recipe.seed);
    let plane = basis(network, &stories, &stories.held_out(N_BASIS), &device);
    let mut weights = collect(network);
    let d_model = plane.mean.len();
    let axes = HostTensor { values: plane.axes.concat(), dims: vec![2, d_model] };
    weights.0.insert(BASIS_AXES.to_owned(), axes);
    let mean = HostTensor { values: plane.mean, dims: vec![d_model] };
    weights.0.insert(BASIS_MEAN.to_owned(), mean);
    let bytes = weights.to_safetensors(Precision::Half, &[BASIS_AXES, BASIS_MEAN]);

    let mut file = ModelFile {
        version: CONFIG_VERSION,
        id: recipe.id.clone(),
        about: recipe.about.clone(),
        licence: recipe.licence.clone(),
        config: recipe.network.clone(),
        weights_sha256: digest(&bytes),
        weights_bytes: bytes.len() as u64,
        vocab: tales::vocabulary().into_iter().map(str::to_owned).collect(),
        prompts: tales::PROMPTS.iter().map(|it| it.0.to_owned()).collect(),
        phenomena: Vec::new(),
    };
    let stored = Model::new(file.clone(), Weights::from_safetensors(&bytes)?, &device)?;
    let marks = examine(&stored.network, recipe.seed, N_EXAM, &device);
    file.phenomena = marks.phenomena.clone();
    make_folder(folder)?;
    write(&folder.join(WEIGHTS_FILE), &bytes)?;
    write(&folder.join(MODEL_FILE), serde_json::to_string_pretty(&file)?.as_bytes())?;
    write(&folder.join("card.md"), card(state, &file, &marks, stored.n_params).as_bytes())?;
    Ok(marks)
}

fn make_folder(folder: &Path) -> Result<(), CheckpointError> {
    let made = std::fs::create_dir_all(folder);
    made.map_err(|error| CheckpointError::File(error.to_string(), folder.to_owned()))
}

fn card(state: &State, file: &ModelFile, marks: &Marks, n_params: usize) -> String {
    let recipe = &state.recipe;
    let shape = recipe.network.shape();
    let mut text = format!(
        "# {id}\n\n{about}\n\n\
         | what | value |\n|---|---|\n\
         | network | {layers} layers, d_model {d_model}, {heads} heads, {mixers}, d_mlp {d_mlp}, {norm}, {positions}, {n_params} parameters |\n\
         | vocabulary | {d_vocab} words, every word a token |\n\
         | context | {n_ctx} tokens |\n\
         | data | stories of the seeded grammar in `crates/engine/src/train/tales.rs`, drawn anew for every step |\n\
         | drills | rows of random words that come again, until step {n_drill} ever fewer |\n\
         | loss | words that follow from those before them count {case_weight} times |\n\
         | seed | {seed} |\n\
         | training | {n_steps} steps of {n_rows} × {n_ctx} tokens, AdamW, learning rate {rate}, {n_warmup} steps of warm-up, cosine to a tenth |\n\
         | time | {minutes:.1} minutes of processor time, all cores together |\n\
         | loss on {n_stories} held-out stories | {loss:.4} nats per token |\n\
         | the grammar's own entropy on them | {floor:.4} nats per token |\n\
         | weights | {bytes} bytes, half precision, SHA-256 `{sha}` |\n\
         | licence | {licence} |\n\n\
         Repeat it with `cargo xtask train {id}`.\n\n\
         ## Right first choices on held-out stories\n\n\
         | phenomenon | what it asks for | accuracy | cases |\n|---|---|---|---|\n",
        id = file.id,
        about = file.about,
        layers = shape.n_layers,
        d_model = shape.d_model,
        heads = shape.n_heads,
        mixers = shape.mixers_in_words(),
        d_mlp = shape.d_mlp,
        norm = shape.norm,
        positions = shape.positions,
        d_vocab = shape.d_vocab,
        n_ctx = shape.n_ctx,
        n_drill = recipe.n_drill,
        case_weight = recipe.case_weight,
        seed = recipe.seed,
        n_steps = state.n_done,
        n_rows = recipe.n_rows,
        rate = recipe.optimizer.learning_rate,
        n_warmup = recipe.optimizer.n_warmup,
        minutes = state.cpu_secs / 60.0,
        n_stories = marks.n_stories,
        loss = marks.loss,
        floor = marks.floor,
        bytes = file.weights_bytes,
        sha = file.weights_sha256,
        licence = file.licence,
    );
    for (mark, phenomenon) in marks.phenomena.iter().zip(tales::Phenomenon::ALL) {
        let share = 100.0 * mark.accuracy;
        let line =
            format!("| {} | {} | {share:.1} % | {} |", mark.name, phenomenon.about(), mark.n_cases);
        writeln!(text, "{line}").expect("a String takes every text");
    }
    text
}
