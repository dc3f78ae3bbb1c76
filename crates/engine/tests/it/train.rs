//! The training loop, its checkpoints, and the finished model.

use std::{fs, path::Path};

use burn::prelude::*;
use engine::{
    load::{MODEL_FILE, ModelFile, WEIGHTS_FILE, collect, digest, open_folder},
    train::{
        CheckpointError, Recipe, RecipeError, Source, State, Stories, Task, Trainer, Wanted,
        measure_network, publish, resume, save, tales, untrained,
    },
};
use lab::format::TaskSpec;
use serde_json::json;

use crate::tiny::{generator, scratch};

#[test]
fn a_seed_gives_the_same_losses_every_time_and_another_other_ones() {
    let losses = |seed: u64| advance(&mut trainer(recipe(seed)), 4);
    let first = losses(1);
    assert_eq!(first, losses(1));
    assert!(first.iter().zip(losses(2)).all(|(one, other)| *one != other));
    // At the start logits are chance of about 1, which costs half their variance.
    let even = (tales::vocabulary().len() as f64).ln();
    assert!((first[0] - even).abs() < 1.0, "{} is far from {even}", first[0]);
}

#[test]
fn a_run_that_is_taken_up_goes_on_as_if_it_had_not_stopped() {
    let folder = scratch("taken_up");
    let mut whole = trainer(recipe(1));
    let losses = advance(&mut whole, 6);

    let first = begin(&folder, 3);
    let (mut taken_up, state) = resumed(&folder, recipe(1)).unwrap();
    assert_eq!((taken_up.step, state.n_done, state.cpu_secs), (3, 3, 2.5));
    assert_eq!(state.losses, first);
    let rest = advance(&mut taken_up, 3);
    let first = first.into_iter().map(f64::from); // a loss is a single-precision number
    assert_eq!(first.chain(rest).collect::<Vec<_>>(), losses);
    assert_eq!(collect(&taken_up.frozen()), collect(&whole.frozen()));
    // A second checkpoint takes the place of the first.
    save(&folder, &taken_up, &State { n_done: 6, ..state }).unwrap();
    assert_eq!(resumed(&folder, recipe(1)).unwrap().1.n_done, 6);
}

#[test]
fn a_break_while_saving_leaves_the_checkpoint_before() {
    let folder = scratch("break");
    begin(&folder, 2);
    fs::rename(folder.join("last"), folder.join("before")).unwrap();
    fs::create_dir(folder.join("next")).unwrap();
    assert_eq!(resumed(&folder, recipe(1)).unwrap().1.n_done, 2);
    begin(&folder, 3);
    assert_eq!(resumed(&folder, recipe(1)).unwrap().1.n_done, 3);
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["last"]);
}

#[test]
fn an_empty_folder_is_a_run_that_begins() {
    let (trainer, state) = resumed(&scratch("begins").join("not_yet"), recipe(1)).unwrap();
    assert_eq!((trainer.step, state.n_done, state.losses.len()), (0, 0, 0));
}

#[test]
fn the_folder_of_another_recipe_is_refused() {
    let folder = scratch("other");
    begin(&folder, 0);
    let said = resumed(&folder, recipe(2)).err().unwrap();
    assert!(matches!(said, CheckpointError::OtherRecipe), "{said}");
    assert!(said.to_string().contains("--fresh"));
}

#[test]
fn a_checkpoint_that_is_damaged_is_refused() {
    let folder = scratch("damaged");
    for file in ["weights.safetensors", "optimizer.bin", "state.json"] {
        begin(&folder, 1);
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
fn a_drill_counts_what_came_before_and_nothing_else() {
    let recipe = Recipe { n_drill: 8, n_rows: 20, ..recipe(1) };
    let width = recipe.network.n_ctx;
    let batch = Stories::new(1).batch(&recipe, 0);
    let targets = words(&batch.targets);
    let rows = targets.chunks_exact(width).zip(batch.weights.chunks_exact(width));
    for (targets, weights) in rows {
        let comes_again =
            |after: &usize| targets.iter().zip(&targets[*after..]).all(|(a, b)| a == b);
        let period = (3..width).find(comes_again).unwrap();
        assert!(period <= 30, "{targets:?}");
        // Where a round ends is not to be known before its second one has begun.
        let expected = (0..width).map(|pos| if period < pos { 1.0 } else { 0.0 });
        assert_eq!(weights, expected.collect::<Vec<f32>>());
    }
}

#[test]
fn stories_count_the_words_of_cases_more() {
    let batch = Stories::new(1).batch(&recipe(1), 8);
    let n_cases = batch.weights.iter().filter(|&&it| it == 3.0).count();
    let n_others = batch.weights.iter().filter(|&&it| it == 1.0).count();
    assert_eq!(n_cases + n_others, 2 * 128);
    assert!((10..100).contains(&n_cases), "{n_cases}");
    // An input is the target one position before, but for words that are hidden.
    let unknown = Stories::new(1).id(tales::UNK);
    let targets = words(&batch.targets);
    for (inputs, targets) in batch.inputs.chunks_exact(128).zip(targets.chunks_exact(128)) {
        assert_eq!(inputs[0], Stories::new(1).id(tales::BOS));
        assert!(inputs[1..].iter().zip(targets).all(|(it, before)| it == before || *it == unknown));
    }
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
    assert!(marks.floor.unwrap() < marks.loss, "no model beats the grammar: {marks:?}");
    for (text, _) in tales::PROMPTS {
        assert!(file.prompts.iter().any(|it| it == text));
        assert!(model.words.tokens(text).iter().all(|it| it.is_known), "{text}");
    }
    let card = fs::read_to_string(folder.join("card.md")).unwrap();
    assert!(card.contains(&file.weights_sha256) && card.contains("2 steps of 2 × 128"), "{card}");
}

#[test]
fn rows_of_a_task_are_of_one_size_in_a_step_and_new_in_every_one() {
    let recipe = rows("copying");
    let source = Source::new(&recipe).unwrap();
    let batches: Vec<_> = (0..20).map(|step| source.batch(&recipe, step)).collect();
    for (step, batch) in batches.iter().enumerate() {
        let width = batch.inputs.len() / recipe.n_rows;
        // A copy of n letters is n + n letters, the beginning and the mark between.
        let n_letters = (width - 2) / 2;
        assert!((2..=4).contains(&n_letters), "{width}");
        let counted = batch.weights.iter().filter(|&&it| it == 1.0).count();
        assert_eq!(counted, recipe.n_rows * (n_letters + 1), "letters and the end");
        assert_eq!(*batch, source.batch(&recipe, step), "the same step gives the same rows");
        assert!(batches[..step].iter().all(|it| it != batch));
    }
}

#[test]
fn tasks_with_the_same_words_take_turns() {
    let mut recipe = rows("copying");
    recipe.task = Task::Rows(vec![spec("copying", [3, 3], &[3]), spec("recall", [3, 3], &[3])]);
    let source = Source::new(&recipe).unwrap();
    let widths = (0..4).map(|step| source.batch(&recipe, step).inputs.len() / recipe.n_rows);
    assert_eq!(widths.collect::<Vec<_>>(), [8, 13, 8, 13]);
    assert_eq!(source.longest(), 13);
}

#[test]
fn words_that_were_drawn_are_learned_from_where_targets_are_distributions() {
    let recipe = rows("mess3");
    let batch = Source::new(&recipe).unwrap().batch(&recipe, 0);
    let width = batch.inputs.len() / recipe.n_rows;
    let targets = words(&batch.targets);
    for (inputs, targets) in batch.inputs.chunks(width).zip(targets.chunks(width)) {
        assert_eq!(inputs[1..], targets[..width - 1]);
    }
    assert!(
        batch.weights.chunks(width).all(|it| it[0] == 0.0 && it[1..].iter().all(|it| *it == 1.0))
    );
}

#[test]
fn a_task_that_is_solved_passes_its_exam_at_every_size() {
    // A GRU learns parity of six steps soon, and its state goes on.
    let mut recipe = rows("parity");
    recipe.task = Task::Rows(vec![spec("parity", [6, 6], &[1, 6, 9])]);
    (recipe.n_steps, recipe.n_rows) = (200, 32);
    let folder = scratch("parity");
    let mut trained = trainer(recipe.clone());
    let before = trained.frozen();
    let losses: Vec<f32> = advance(&mut trained, 200).iter().map(|&it| it as f32).collect();
    let state = State { recipe: recipe.clone(), n_done: 200, cpu_secs: 1.0, losses };
    let names = ["1 steps", "6 steps", "9 steps"];
    let marks = publish(&folder, &trained.frozen(), &state).unwrap();
    assert_eq!(marks.phenomena.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), names);
    assert!(marks.phenomena.iter().all(|it| 0.95 < it.accuracy && it.n_cases == 60), "{marks:?}");
    assert!(marks.loss < 0.1 && marks.n_tokens == 60 * 7, "{marks:?}");
    let values = measure_network(&trained.frozen(), &recipe, 1.0, &Device::flex()).unwrap();
    for (value, mark) in values.iter().zip(&marks.phenomena) {
        // The stored weights are rounded to half precision, which may change an answer of 60.
        assert!((value.value as f32 - mark.accuracy).abs() < 0.04, "{value:?} {mark:?}");
        assert!(value.interval[0] < value.value && value.n == 60, "{value:?}");
    }
    let marks = publish(&folder, &before, &state).unwrap();
    assert!(marks.phenomena.iter().all(|it| it.accuracy < 0.9), "untrained: {marks:?}");
}

#[test]
fn what_is_published_of_a_task_opens_and_says_what_it_was_asked() {
    for id in ["copying", "recall", "parity", "a5", "mess3"] {
        let folder = scratch(id);
        let recipe = rows(id);
        let mut trained = trainer(recipe.clone());
        let losses = advance(&mut trained, 2).iter().map(|&it| it as f32).collect();
        let state = State { recipe, n_done: 2, cpu_secs: 1.5, losses };
        let marks = publish(&folder, &trained.frozen(), &state).unwrap();
        let model = open_folder(&folder, &Device::flex()).unwrap();
        assert_eq!(model.file.phenomena, marks.phenomena);
        assert!(!model.file.prompts.is_empty(), "{id}");
        for text in &model.file.prompts {
            assert!(model.words.tokens(text).iter().all(|it| it.is_known), "{text}");
        }
        assert!(marks.floor.unwrap() < marks.loss, "{id}: {marks:?}");
    }
}

#[test]
fn divergence_is_loss_less_the_entropy_of_the_targets() {
    let mut recipe = rows("mess3");
    let measure = |name: &str| json!({"name": name, "kind": name, "about": "a test"});
    recipe.measures =
        ["loss", "kl"].map(|it| serde_json::from_value(measure(it)).unwrap()).to_vec();
    let values =
        measure_network(&untrained(&recipe).unwrap(), &recipe, 1.0, &Device::flex()).unwrap();
    let task = lab::task::task("mess3", &lab::task::Args::new()).unwrap();
    let [loss, kl] = [&values[0], &values[1]];
    // Over 60 rows the mean entropy of the targets is the floor, give or take its spread.
    let floor = task.floor(lab::task::Size(3)).unwrap();
    assert!((loss.value - kl.value - floor).abs() < 0.05, "{loss:?} {kl:?} {floor}");
    assert!(0.0 < kl.value && kl.value < loss.value);
}

#[test]
fn fewer_bits_change_more_and_all_bits_nothing() {
    let mut recipe = rows("mess3");
    let loss = |sweep: serde_json::Value| {
        let text = json!({"name": "loss", "kind": "loss", "about": "a test", "sweep": sweep});
        serde_json::from_value(text).unwrap()
    };
    recipe.measures = vec![loss(json!({})), loss(json!({"weights_bits": [2, 8, 32]}))];
    let values =
        measure_network(&untrained(&recipe).unwrap(), &recipe, 1.0, &Device::flex()).unwrap();
    let bits: Vec<_> = values[1..].iter().map(|it| it.at["weights_bits"]).collect();
    assert_eq!(bits, [2, 8, 32]);
    let off = |it: usize| (values[it].value - values[0].value).abs();
    assert_eq!(values[3].value, values[0].value);
    assert!(0.0 < off(2) && off(2) < off(1), "{values:?}");
}

#[test]
fn a_mean_over_orders_is_no_worse_than_one_order() {
    let mut recipe = rows("coins");
    let measure = |name: &str, kind: &str, orders: usize| {
        let text = json!({"name": name, "kind": kind, "about": "a test", "at": "last",
                          "orders": orders});
        serde_json::from_value(text).unwrap()
    };
    recipe.measures = vec![
        measure("order", "order", 0),
        measure("one", "kl", 1),
        measure("mean", "kl", 16),
        measure("drawn", "kl", 0),
    ];
    let value = |recipe: &Recipe, name: &str| {
        let network = untrained(recipe).unwrap();
        let values = measure_network(&network, recipe, 1.0, &Device::flex()).unwrap();
        values.into_iter().find(|it| it.measure == name).unwrap()
    };
    // A GRU has another state after the same flips in another order.
    assert!(0.0 < value(&recipe, "order").value);
    // Divergence is convex, so a mean over orders has at most the mean divergence, which is that of
    // one order but for the choice of the order: half its interval here.
    let [one, mean] = ["one", "mean"].map(|it| value(&recipe, it));
    assert!(mean.value < one.interval[1], "{mean:?} {one:?}");
    assert!(0.0 < mean.value, "a divergence");
    // Rows come in a random order already: another random one is as good, and as bad.
    let drawn = value(&recipe, "drawn");
    assert!(one.interval[0] < drawn.interval[1] && drawn.interval[0] < one.interval[1]);
    assert_eq!((one.n, mean.n), (60, 60));
}

#[test]
fn a_probe_finds_what_is_in_the_stream_and_nothing_else() {
    // The embedding of a word holds which word it is, so which bit came can be read of it exactly,
    // and whether the ones so far are odd cannot.
    let mut recipe = rows("parity");
    recipe.task = Task::Rows(vec![spec("parity", [8, 8], &[8])]);
    let probe = |name: &str, fact: &str| {
        let of = ["blocks.0.resid_pre"];
        let text =
            json!({"name": name, "kind": "unexplained", "about": "a test", "fact": fact, "of": of});
        serde_json::from_value(text).unwrap()
    };
    recipe.measures = vec![probe("state", "state")];
    let values =
        measure_network(&untrained(&recipe).unwrap(), &recipe, 1.0, &Device::flex()).unwrap();
    assert!(0.7 < values[0].value, "{values:?}");
    // After one step from even, the state is the bit.
    recipe.task = Task::Rows(vec![spec("parity", [1, 1], &[1])]);
    let values =
        measure_network(&untrained(&recipe).unwrap(), &recipe, 1.0, &Device::flex()).unwrap();
    assert!(values[0].value < 1e-6 && values[0].n == 30, "{values:?}");
}

#[test]
fn a_probe_of_each_site_is_the_probe_of_that_site_and_shuffled_facts_are_not_to_be_found() {
    let mut recipe = rows("parity");
    recipe.task = Task::Rows(vec![TaskSpec { exam_rows: 400, ..spec("parity", [3, 3], &[3]) }]);
    let probe = |name: &str, of: &[&str], each: bool, shuffled: bool| {
        let text = json!({"name": name, "kind": "unexplained", "about": "a test", "fact": "state",
                          "of": of, "each": each, "shuffled": shuffled});
        serde_json::from_value(text).unwrap()
    };
    let each = ["embed", "blocks.*.resid_*"];
    recipe.measures = vec![
        probe("each", &each, true, false),
        probe("alone", &["blocks.0.resid_mid"], false, false),
        probe("shuffled", &each, true, true),
        probe("together", &each, false, false),
    ];
    let network = untrained(&recipe).unwrap();
    let values = measure_network(&network, &recipe, 1.0, &Device::flex()).unwrap();
    let of = |name: &str| values.iter().filter(|it| it.measure == name).collect::<Vec<_>>();
    let sites = ["embed", "blocks.0.resid_pre", "blocks.0.resid_mid", "blocks.0.resid_post"];
    for name in ["each", "shuffled"] {
        let found: Vec<_> = of(name).iter().map(|it| it.site.clone().unwrap()).collect();
        assert_eq!(found, sites, "{name}");
    }
    let alone = of("alone")[0];
    assert_eq!((alone.site.as_ref(), alone.value), (None, of("each")[2].value));
    assert_eq!(of("together").len(), 1);
    // A GRU's state, even a random one, holds something of parity over three steps.
    assert!(of("each")[2].value < 0.9, "{values:?}");
    // Of four positions the first is always even and can be told from the others: 3/8 of variance
    // within positions is left of 15/32 over all.
    for value in of("shuffled") {
        assert!((0.76..0.86).contains(&value.value) && value.n == 200, "{value:?}");
    }
    assert_eq!(values, measure_network(&network, &recipe, 1.0, &Device::flex()).unwrap());
}

#[test]
fn a_task_that_cannot_be_made_is_refused() {
    let text = serde_json::to_value(rows("recall")).unwrap();
    for (train, exam) in [([0, 4], 4), ([4, 2], 4), ([2, 4], 0), ([2, 4], 53)] {
        let mut text = text.clone();
        text["task"]["rows"][0]["train"] = json!({"pairs": train});
        text["task"]["rows"][0]["exam"] = json!([{"pairs": exam}]);
        let said = Recipe::parse(&text.to_string()).unwrap_err().to_string();
        assert!(said.contains("from 1 to 52 pairs") && said.starts_with("tasks[0]"), "{said}");
    }
    let mut mixed = text.clone();
    mixed["task"]["rows"] = json!([]);
    assert!(Recipe::parse(&mixed.to_string()).unwrap_err().to_string().contains("at least 1"));
    mixed["task"]["rows"] = json!([spec("recall", [2, 4], &[3]), spec("parity", [2, 4], &[4])]);
    assert!(matches!(Recipe::parse(&mixed.to_string()), Err(RecipeError::Words)));
    let mut short = rows("recall");
    short.network.n_ctx = 16;
    let said = Trainer::new(short).err().unwrap().to_string();
    assert!(said.contains("make n_ctx at least 17"), "{said}");
}

/// The words of a batch's targets.
fn words(targets: &Wanted) -> &[i32] {
    let Wanted::Words(ids) = targets else { panic!("targets are words") };
    ids
}

fn spec(id: &str, trained: [usize; 2], exam: &[usize]) -> TaskSpec {
    let task = lab::task::task(id, &lab::task::Args::new()).unwrap();
    let name = task.items().name.to_owned();
    TaskSpec {
        id: id.to_owned(),
        args: lab::task::Args::new(),
        train: [(name.clone(), trained)].into(),
        exam: exam.iter().map(|&it| [(name.clone(), it)].into()).collect(),
        exam_rows: 60,
    }
}

/// A task for a tiny GRU.
fn rows(id: &str) -> Recipe {
    let task = lab::task::task(id, &lab::task::Args::new()).unwrap();
    let mut text = serde_json::to_value(recipe(1)).unwrap();
    text["network"]["d_vocab"] = json!(task.words().len());
    text["network"]["positions"] = json!({"kind": "none"});
    text["network"]["mixers"] = json!([{"kind": "gru", "d_state": 16}]);
    text["task"] = json!({"rows": [spec(id, [2, 4], &[3])]});
    let at = if ["parity", "a5"].contains(&id) { "last" } else { "counted" };
    text["measures"] = json!([{"name": "right", "kind": "accuracy", "about": "a test", "at": at}]);
    Recipe::parse(&text.to_string()).unwrap()
}

/// A network so small that a step takes milliseconds.
pub(crate) fn recipe(seed: u64) -> Recipe {
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
        "n_drill": 8,
        "case_weight": 3.0,
        "checkpoint_every": 3,
    });
    Recipe::parse(&text.to_string()).unwrap()
}

/// The first steps of a run, kept in a folder; gives their losses.
pub(crate) fn begin(folder: &Path, n_steps: usize) -> Vec<f32> {
    let mut trainer = trainer(recipe(1));
    let losses: Vec<f32> = advance(&mut trainer, n_steps).iter().map(|&it| it as f32).collect();
    let state = State { recipe: recipe(1), n_done: n_steps, cpu_secs: 2.5, losses: losses.clone() };
    save(folder, &trainer, &state).unwrap();
    losses
}

/// A run at its start. Weights come from the one generator, so nobody else may draw meanwhile.
fn trainer(recipe: Recipe) -> Trainer {
    let _held = generator();
    Trainer::new(recipe).unwrap()
}

fn resumed(folder: &Path, recipe: Recipe) -> Result<(Trainer, State), CheckpointError> {
    let _held = generator();
    resume(folder, recipe)
}

fn advance(trainer: &mut Trainer, n_steps: usize) -> Vec<f64> {
    (0..n_steps).map(|_| trainer.advance()).collect()
}
