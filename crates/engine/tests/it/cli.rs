//! The built program, as a reader types it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use engine::{
    load::{MODEL_FILE, Precision, WEIGHTS_FILE, Weights},
    train::{State, tales},
};

use crate::{
    golden::Reference,
    tiny::{distance, model, plain, root, scratch, weights},
    train,
};

#[test]
fn trace_writes_what_passed_the_sites() {
    let folder = root().join("tests/golden/llama");
    let reference = Reference::read(&folder.join("sites.safetensors"));
    let file = scratch("cli_trace").join("sites.safetensors");
    let (folder, out) = (text(&folder), text(&file));
    let tokens = reference.tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let said = run(&[
        "trace",
        "--model",
        folder,
        "--tokens",
        &tokens,
        "--sites",
        "*.attn.pattern",
        "logits",
        "--out",
        out,
    ]);
    let written = Weights::from_safetensors(&fs::read(&file).unwrap()).unwrap().0;
    let names: Vec<_> = written.keys().map(String::as_str).collect();
    assert_eq!(names, ["blocks.0.attn.pattern", "blocks.1.attn.pattern", "logits"]);
    for (name, tensor) in &written {
        assert_eq!(tensor.dims, reference.tensors[name].dims, "{name}");
        let found = distance(&tensor.values, &reference.tensors[name].values);
        assert!(found < 1e-4, "{name}: {found:e} apart"); // as in `golden`
        assert!(said.contains(&format!("{name} {:?}", tensor.dims)), "{said}");
    }
}

#[test]
fn lens_prints_a_row_for_each_depth() {
    let folder = ours("cli_lens");
    let said = run(&["lens", "--model", &folder, "--prompt", "w2 w3 w4", "--pos", "2"]);
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].contains("after “w3” (position 2)"), "{said}");
    let first = |line: &&str| line.split("  ").next().unwrap().to_owned();
    let rows: Vec<_> = lines[2..7].iter().map(first).collect();
    assert_eq!(rows, ["L1", "L1 mid", "L0", "L0 mid", "embed"]);
    let words = lines[2].split_whitespace().collect::<Vec<_>>();
    assert!(words[1].starts_with('w') || words[1].starts_with('<'), "{said}");
    let divergence: f32 = words[4].parse().unwrap();
    assert_eq!(divergence, 0.0, "the last depth is the output: {said}");
}

#[test]
fn lens_prints_numbers_where_there_are_no_words() {
    let folder = root().join("tests/golden/gpt_neox");
    let said = run(&["lens", "--model", text(&folder), "--tokens", "1,2,3"]);
    assert!(said.contains("after “3” (position 2)"), "{said}");
    assert!(!said.contains("mid"), "there is no place between parallel parts: {said}");
}

#[test]
fn unknown_words_are_named_with_near_ones() {
    let folder = ours("cli_words");
    let out = started(&["lens", "--model", &folder, "--prompt", "lantrn xyzzyx"]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success(), "{said}");
    assert!(said.contains("“lantrn” is not in the vocabulary; near words: lantern"), "{said}");
    assert!(said.contains("“xyzzyx” is not in the vocabulary\n"), "{said}");
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do() {
    let gpt2 = root().join("tests/golden/gpt2");
    let gpt2 = text(&gpt2);
    let out = scratch("cli_refused").join("nothing.safetensors");
    let out = text(&out);
    let cases: [(&[&str], &str); 10] = [
        (&["lens", "--model", gpt2, "--prompt", "hello"], "no list of words; give --tokens 1,2,3"),
        (
            &["trace", "--model", gpt2, "--tokens", "1", "--sites", "*.ssm.state", "--out", out],
            "no site like *.ssm.state; try '*' to see all",
        ),
        (&["lens", "--model", "no/such/model", "--tokens", "1"], "it needs model.json, or config"),
        (&["lens", "--model", gpt2, "--tokens", "31"], "there is no token 31; the last one is 30"),
        (
            &["lens", "--model", gpt2, "--tokens", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"],
            "the prompt has 17 tokens; this model reads 1 to 16",
        ),
        (&["lens", "--model", gpt2, "--tokens", "1,2", "--pos", "2"], "the last one is 1"),
        (&["lens", "--model", gpt2], "--prompt <PROMPT>|--tokens <TOKENS>"),
        (&["lens", "--model", gpt2, "--tokens", "1", "--prompt", "w"], "cannot be used with"),
        (&["train", "no/such/recipe"], "cannot read the recipe"),
        (
            &["trace", "--model", gpt2, "--tokens", "1", "--sites", "embed", "--out", "/no/such/x"],
            "cannot write the file",
        ),
    ];
    for (arguments, expected) in cases {
        let done = started(arguments);
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success(), "{arguments:?} should fail");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
    assert!(!Path::new(out).exists(), "what fails writes nothing");
}

#[test]
fn train_goes_on_after_a_break_and_publishes() {
    let folder = scratch("cli_train");
    let [file, kept, out] = ["recipe.json", "run", "model"].map(|it| folder.join(it));
    let recipe = train::recipe(1);
    fs::write(&file, serde_json::to_string(&recipe).unwrap()).unwrap();
    let losses = train::begin(&kept, 27);
    let command = ["train", text(&file), "--run", text(&kept), "--out", text(&out)];
    let said = run(&command);
    assert!(said.contains("going on after step 27"), "{said}");
    assert!(said.contains("step 30 of 30") && said.contains("recall"), "{said}");
    let state = fs::read(kept.join("last/state.json")).unwrap();
    let state: State = serde_json::from_slice(&state).unwrap();
    assert_eq!((state.n_done, state.losses.len()), (30, 30));
    assert_eq!(state.losses[..27], losses);
    let said = run(&["lens", "--model", text(&out), "--prompt", tales::PROMPTS[0].0]);
    assert!(said.contains("most probable next token"), "{said}");

    let other = recipe.network.n_heads / 2;
    let text_of_other = fs::read_to_string(&file)
        .unwrap()
        .replace("\"n_heads\":2", &format!("\"n_heads\":{other}"));
    fs::write(&file, text_of_other).unwrap();
    let refused = String::from_utf8(started(&command).stderr).unwrap();
    assert!(refused.contains("another recipe; give --fresh"), "{refused}");
}

/// A folder with a small model that knows some words.
fn ours(name: &str) -> String {
    let folder = scratch(name);
    let mut file = model(plain(), 1).file;
    file.vocab[9] = "lantern".to_owned();
    fs::write(folder.join(MODEL_FILE), serde_json::to_string(&file).unwrap()).unwrap();
    let weights = weights(&plain(), 1).to_safetensors(Precision::Single, &[]);
    fs::write(folder.join(WEIGHTS_FILE), weights).unwrap();
    text(&folder).to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn started(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_undercurrent")).args(arguments).output().unwrap()
}

/// What the program prints.
#[track_caller]
fn run(arguments: &[&str]) -> String {
    let out = started(arguments);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}
