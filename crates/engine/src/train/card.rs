//! The finished model: its files and its card.

use std::{fmt::Write as _, path::Path};

use burn::prelude::*;
use trace::{MixerShape, ModelShape, PositionKind};

use super::{
    checkpoint::{CheckpointError, State, write},
    exam::{Marks, basis, examine},
    recipe::{Recipe, Task},
    rows::Source,
};
use crate::{
    load::{
        BASIS_AXES, BASIS_MEAN, HostTensor, MODEL_FILE, Model, ModelFile, Precision, WEIGHTS_FILE,
        Weights, collect, digest,
    },
    model::{CONFIG_VERSION, Network},
};

/// Rows on which the stored plane is fitted.
const N_BASIS: usize = 48;

/// Writes `model.json` and `weights.safetensors`, and for stories `card.md`; the card of a lab's
/// network is made of `measured.json`. The marks are those of the weights as they are stored, in
/// half precision.
///
/// # Errors
/// [`CheckpointError`] where the folder cannot be written.
pub fn publish(folder: &Path, network: &Network, state: &State) -> Result<Marks, CheckpointError> {
    let device = Device::flex();
    let recipe = &state.recipe;
    let source = Source::new(recipe)?;
    let plane = basis(network, &source.samples(N_BASIS), &device);
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
        vocab: source.vocabulary(),
        prompts: if recipe.prompts.is_empty() { source.prompts() } else { recipe.prompts.clone() },
        phenomena: Vec::new(),
        checkpoints: None,
    };
    let stored = Model::new(file.clone(), Weights::from_safetensors(&bytes)?, &device)?;
    let marks = examine(&stored.network, &source, &recipe.measures, &device);
    file.phenomena = marks.phenomena.clone();
    make_folder(folder)?;
    write(&folder.join(WEIGHTS_FILE), &bytes)?;
    write(&folder.join(MODEL_FILE), serde_json::to_string_pretty(&file)?.as_bytes())?;
    if recipe.task == Task::Tales {
        let card = card(state, &file, &marks, stored.n_params);
        write(&folder.join("card.md"), card.as_bytes())?;
    }
    Ok(marks)
}

fn make_folder(folder: &Path) -> Result<(), CheckpointError> {
    let made = std::fs::create_dir_all(folder);
    made.map_err(|error| CheckpointError::File(error.to_string(), folder.to_owned()))
}

fn card(state: &State, file: &ModelFile, marks: &Marks, n_params: usize) -> String {
    let mut text = format!("# {}\n\n{}\n\n| what | value |\n|---|---|\n", file.id, file.about);
    let rows =
        [network_rows(state, n_params), task_rows(&state.recipe), run_rows(state, file, marks)];
    for (what, value) in rows.into_iter().flatten() {
        writeln!(text, "| {what} | {value} |").expect("a String takes every text");
    }
    let repeat = format!("Repeat it with `cargo xtask train {}`.", file.id);
    let heading = "| phenomenon | what it asks for | accuracy | cases |\n|---|---|---|---|";
    let title = "## Right first choices on held-out stories";
    writeln!(text, "\n{repeat}\n\n{title}\n\n{heading}").expect("a String takes every text");
    for (mark, about) in marks.phenomena.iter().zip(&marks.about) {
        let share = 100.0 * mark.accuracy;
        writeln!(text, "| {} | {about} | {share:.1} % | {} |", mark.name, mark.n_cases)
            .expect("a String takes every text");
    }
    text
}

type CardRow = (&'static str, String);

fn network_rows(state: &State, n_params: usize) -> Vec<CardRow> {
    let shape = state.recipe.network.shape();
    let network = format!(
        "{} layers, d_model {}, {} heads, {}, d_mlp {}, {}, {}, {n_params} parameters",
        shape.n_layers,
        shape.d_model,
        shape.n_heads,
        mixers(&shape),
        shape.d_mlp,
        norm(&shape),
        positions(&shape),
    );
    vec![
        ("network", network),
        ("vocabulary", format!("{} words, every word a token", shape.d_vocab)),
        ("context", format!("{} tokens", shape.n_ctx)),
    ]
}

/// What mixes positions: "Mamba-2 in every layer".
fn mixers(shape: &ModelShape) -> String {
    let name = |it: &MixerShape| match (&it.ssm, it.n_attention_heads) {
        (Some(ssm), 0) => ssm.kind.name().to_owned(),
        (Some(ssm), _) => format!("attention beside {}", ssm.kind.name()),
        (None, _) => "attention".to_owned(),
    };
    let names: Vec<String> = shape.mixers.iter().map(name).collect();
    match names.first() {
        Some(first) if names.iter().all(|it| it == first) => format!("{first} in every layer"),
        _ => format!("from the first layer up {}", names.join(", ")),
    }
}

/// The norm and where it stands: where sums stay as they are, before what reads them.
fn norm(shape: &ModelShape) -> String {
    let place = if shape.is_additive { "before each sub-block" } else { "after each sum" };
    format!("{} {place}", shape.norm.name())
}

fn positions(shape: &ModelShape) -> &'static str {
    match shape.positions {
        PositionKind::Learned => "learned positions",
        PositionKind::Sinusoidal => "sinusoidal positions",
        PositionKind::Rotary => "rotary positions",
        PositionKind::Alibi => "ALiBi",
        PositionKind::None => "no positions",
    }
}

fn task_rows(recipe: &Recipe) -> Vec<CardRow> {
    let data = "stories of the seeded grammar in `crates/engine/src/train/tales.rs`, drawn anew for \
                every step";
    let drills =
        format!("rows of random words that come again, until step {} ever fewer", recipe.n_drill);
    let loss =
        format!("words that follow from those before them count {} times", recipe.case_weight);
    vec![("data", data.to_owned()), ("drills", drills), ("loss", loss)]
}

fn run_rows(state: &State, file: &ModelFile, marks: &Marks) -> Vec<CardRow> {
    let Recipe { optimizer, n_rows, network, .. } = &state.recipe;
    let width = format!("{n_rows} × {} tokens", network.n_ctx);
    let floor = marks.floor.map_or_else(|| "not known".to_owned(), |it| format!("{it:.4}"));
    let training = format!(
        "{} steps of {width}, AdamW, learning rate {}, {} steps of warm-up, cosine to a tenth",
        state.n_done, optimizer.learning_rate, optimizer.n_warmup
    );
    let minutes =
        format!("{:.1} minutes of processor time, all cores together", state.cpu_secs / 60.0);
    let weights =
        format!("{} bytes, half precision, SHA-256 `{}`", file.weights_bytes, file.weights_sha256);
    vec![
        ("seed", state.recipe.seed.to_string()),
        ("training", training),
        ("time", minutes),
        (
            "loss on held-out stories",
            format!("{:.4} nats per token, {} rows", marks.loss, marks.n_rows),
        ),
        ("the grammar's own entropy on them", format!("{floor} nats per token")),
        ("weights", weights),
        ("licence", file.licence.clone()),
    ]
}
