//! The training loop, its checkpoints, and the finished model.

use std::fs;

use burn::prelude::*;
use engine::{
    load::{MODEL_FILE, ModelFile, WEIGHTS_FILE, collect, digest, open_folder},
    train::{CheckpointError, Recipe, RecipeError, State, Trainer, publish, resume, save, tales},
};
use serde_json::json;

use crate::tiny::{generator, scratch};

#[test]
fn a_seed_gives_the_same_losses_every_time_and_another_other_ones() {
    let losses = |seed: u64| advance(&mut trainer(recipe(seed)), 4);
    let first = losses(1);
    assert_eq!(first, losses(1));
    assert!(first.iter().zip(losses(2)).all(|(one, other)| *one != other));
    // At the start every word is as likely as another, but for what small weights say.
    let even = (tales::vocabulary().len() as f64).ln();
    assert!((first[0] - even).abs() < 0.1, "{} is far from {even}", first[0]);
}

#[test]
fn a_run_that_is_taken_up_goes_on_as_if_it_had_not_stopped() {
    let folder = scratch("taken_up");
    let mut whole = trainer(recipe(1));
    let losses = advance(&mut whole, 6);

    let mut broken_off = trainer(recipe(1));
    let first = advance(&mut broken_off, 3);
    let state = State {
        recipe: recipe(1),
        n_done: 3,
        cpu_secs: 2.5,
        losses: first.iter().map(|&it| it as f32).collect(),
    };
    save(&folder, &broken_off, &state).unwrap();
    let (mut taken_up, stored) = resumed(&folder, recipe(1)).unwrap();
    assert_eq!((&stored, taken_up.step), (&state, 3));
    let rest = advance(&mut taken_up, 3);
    assert_eq!([first, rest].concat(), losses);
    assert_eq!(collect(&taken_up.frozen()), collect(&whole.frozen()));
    // A second checkpoint takes the place of the first.
    save(&folder, &taken_up, &State { n_done: 6, ..state }).unwrap();
    assert_eq!(resumed(&folder, recipe(1)).unwrap().1.n_done, 6);
}

#[test]
fn an_empty_folder_is_a_run_that_begins() {
    let (trainer, state) = resumed(&scratch("begins").join("not_yet"), recipe(1)).unwrap();
    assert_eq!((trainer.step, state.n_done, state.losses.len()), (0, 0, 0));
}

#[test]
fn the_folder_of_another_recipe_is_refused() {
    let folder = scratch("other");
    let state = State { recipe: recipe(1), n_done: 0, cpu_secs: 0.0, losses: Vec::new() };
    save(&folder, &trainer(recipe(1)), &state).unwrap();
    let said = resumed(&folder, recipe(2)).err().unwrap();
    assert!(matches!(said, CheckpointError::OtherRecipe), "{said}");
    assert!(said.to_string().contains("--fresh"));
}

#[test]
fn a_checkpoint_that_is_damaged_is_refused() {
    let folder = scratch("damaged");
    let mut trained = trainer(recipe(1));
    advance(&mut trained, 1);
    let state = State { recipe: recipe(1), n_done: 1, cpu_secs: 0.0, losses: vec![6.0] };
    for file in ["weights.safetensors", "optimizer.bin", "state.json"] {
        save(&folder, &trained, &state).unwrap();
        let path = folder.join("last").join(file);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(resumed(&folder, recipe(1)).is_err(), "half of {file}");
        fs::remove_file(&path).unwrap();
        assert!(resumed(&folder, recipe(1)).is_err(), "no {file}");
    }
}

#[test]
fn the_loss_falls() {
    let losses = advance(&mut trainer(recipe(1)), 30);
    let mean = |it: &[f64]| it.iter().sum::<f64>() / it.len() as f64;
    let (first, last) = (mean(&losses[..5]), mean(&losses[25..]));
    assert!(last < first - 0.5, "from {first} to {last}");
}

#[test]
fn a_recipe_that_cannot_be_followed_is_refused_at_once() {
    let mut recipes = [recipe(1), recipe(1)];
    recipes[0].network.d_vocab -= 1;
    recipes[1].network.n_ctx = tales::MAX_WORDS;
    let [words, context] = recipes.map(|it| Trainer::new(it).err().unwrap());
    assert!(matches!(words, RecipeError::Vocabulary { .. }), "{words}");
    assert!(context.to_string().contains("make n_ctx at least 127"), "{context}");

    let text = serde_json::to_value(recipe(1)).unwrap();
    for (key, value, expected) in [
        ("n_steps", json!(0), "n_steps must be at least 1"),
        ("n_rows", json!(0), "n_rows must be at least 1"),
        ("task", json!("chess"), "unknown variant `chess`"),
        ("dropout", json!(0.1), "unknown field `dropout`"),
        ("version", json!(2), "use a newer Undercurrent"),
    ] {
        let mut text = text.clone();
        text[key] = value;
        let said = Recipe::parse(&text.to_string()).unwrap_err().to_string();
        assert!(said.contains(expected), "{key}: {said}");
    }
}

#[test]
fn what_is_published_opens() {
    let folder = scratch("published");
    let mut trained = trainer(recipe(1));
    let losses = advance(&mut trained, 2).iter().map(|&it| it as f32).collect();
    let state = State { recipe: recipe(1), n_done: 2, cpu_secs: 1.5, losses };
    let marks = publish(&folder, &trained.frozen(), &state).unwrap();

    let bytes = fs::read(folder.join(WEIGHTS_FILE)).unwrap();
    let file = ModelFile::parse(&fs::read(folder.join(MODEL_FILE)).unwrap()).unwrap();
    assert_eq!((&file.weights_sha256, file.weights_bytes), (&digest(&bytes), bytes.len() as u64));
    assert_eq!(file.vocab, tales::vocabulary());
    assert_eq!(file.phenomena, marks.phenomena);

    let model = open_folder(&folder, &Device::flex()).unwrap();
    let basis = model.basis.unwrap();
    let dot = |a: usize, b: usize| -> f32 {
        basis.axes[a].iter().zip(&basis.axes[b]).map(|(x, y)| x * y).sum()
    };
    for (a, b, expected) in [(0, 0, 1.0), (1, 1, 1.0), (0, 1, 0.0)] {
        assert!((dot(a, b) - expected).abs() < 1e-5, "{a}·{b} = {}", dot(a, b));
    }
    let stored = collect(&model.network).0;
    for (name, tensor) in collect(&trained.frozen()).0 {
        let halves = tensor.values.iter().map(|&it| half::f16::from_f32(it).to_f32());
        assert_eq!(stored[&name].values, halves.collect::<Vec<_>>(), "{name}");
    }
    assert!(marks.floor < marks.loss, "no model beats the grammar: {marks:?}");
    for (text, _) in tales::PROMPTS {
        assert!(file.prompts.iter().any(|it| it == text));
        assert!(model.words.tokens(text).iter().all(|it| it.is_known), "{text}");
    }
    let card = fs::read_to_string(folder.join("card.md")).unwrap();
    assert!(card.contains(&file.weights_sha256) && card.contains("2 steps of 2 × 128"), "{card}");
}

/// A network so small that a step takes milliseconds.
fn recipe(seed: u64) -> Recipe {
    let text = json!({
        "version": 1,
        "id": "tiny",
        "about": "A test.",
        "licence": "MIT",
        "task": "tales",
        "network": {
            "version": 1, "n_layers": 1, "d_model": 16, "n_heads": 2, "d_mlp": 16, "n_ctx": 128,
            "d_vocab": tales::vocabulary().len(), "positions": {"kind": "rope"},
        },
        "optimizer": {
            "learning_rate": 0.02, "n_warmup": 2, "weight_decay": 0.01, "beta_2": 0.98,
            "max_gradient": 1.0,
        },
        "n_steps": 30,
        "n_rows": 2,
        "seed": seed,
        "checkpoint_every": 3,
    });
    Recipe::parse(&text.to_string()).unwrap()
}

/// A run at its start. Weights come from the one generator, so nobody else may draw meanwhile.
fn trainer(recipe: Recipe) -> Trainer {
    let _held = generator();
    Trainer::new(recipe).unwrap()
}

fn resumed(folder: &std::path::Path, recipe: Recipe) -> Result<(Trainer, State), CheckpointError> {
    let _held = generator();
    resume(folder, recipe)
}

fn advance(trainer: &mut Trainer, n_steps: usize) -> Vec<f64> {
    (0..n_steps).map(|_| trainer.advance()).collect()
}
