//! Models from files: those that are whole open, all others are refused with what to do.

use std::{fs, path::Path};

use burn::prelude::*;
use engine::load::{
    BASIS_AXES, BASIS_MEAN, HostTensor, LoadError, MODEL_FILE, Model, ModelFile, Precision,
    WEIGHTS_FILE, Weights, collect, digest, open_folder,
};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};

use crate::tiny::{assert_close, model, plain, prompt, root, scratch, values, weights};

#[test]
fn a_model_that_was_written_opens_as_it_was() {
    let (description, weights) = ours();
    let folder = scratch("ours");
    fs::write(folder.join(MODEL_FILE), description.to_string()).unwrap();
    fs::write(folder.join(WEIGHTS_FILE), weights).unwrap();
    let opened = open_folder(&folder, &Device::flex()).unwrap();
    let before = model(plain(), 1);
    assert_eq!(collect(&opened.network), collect(&before.network));
    assert_eq!((&opened.basis, opened.n_params), (&before.basis, before.n_params));
    assert_eq!(opened.info(), before.info());
}

#[test]
fn half_precision_costs_three_digits() {
    let weights = weights(&plain(), 1).to_safetensors(Precision::Half, &[BASIS_AXES]);
    let half = open(&describing(&ours().0, &weights), &weights).unwrap();
    let single = model(plain(), 1);
    let logits = |it: &Model| values(it, &prompt(9), &[])[&trace::Site::Logits].values().to_vec();
    // A half has 11 binary digits; two layers spread what is cut off.
    assert_close("logits", &logits(&half), &logits(&single), 1e-2);
    assert_eq!(half.basis.unwrap().axes, single.basis.unwrap().axes);
}

#[test]
fn weights_that_are_cut_short_are_refused_wherever_they_are_cut() {
    let (description, weights) = ours();
    for length in [0, 7, 8, 100, weights.len() / 2, weights.len() - 1] {
        let said = refusal(open(&description, &weights[..length]));
        let expected = format!("cut short: {length} of {} bytes; load them again", weights.len());
        assert!(said.contains(&expected), "{said}");
    }
}

#[test]
fn weights_that_are_not_those_described_are_refused() {
    let (description, weights) = ours();
    let mut flipped = weights.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let longer = [&weights[..], b"x"].concat();
    for other in [flipped, longer] {
        let said = refusal(open(&description, &other));
        assert!(said.contains("SHA-256 differs); load both again"), "{said}");
    }
    let no_weights = b"a page that says 404".repeat(9);
    let said = refusal(open(&describing(&description, &no_weights), &no_weights));
    assert!(said.contains("cannot be read as safetensors; the file may be damaged"), "{said}");
}

#[test]
fn tensors_that_do_not_fit_the_config_are_named() {
    let tensor = |dims: &[usize]| HostTensor {
        values: vec![0.5; dims.iter().product()],
        dims: dims.to_vec(),
    };
    // A name, what is put under it, and what is said.
    let cases = [
        ("blocks.1.mlp.down.weight", None, "lack blocks.1.mlp.down.weight; take those"),
        ("embed.weight", None, "lack embed.weight; take those"),
        (BASIS_MEAN, None, "lack basis.mean; take those"),
        (BASIS_AXES, None, "lack basis.axes; take those"),
        ("blocks.2.attn.query.weight", Some(tensor(&[12, 12])), "hold blocks.2.attn.query.weight"),
        ("unembed.weight", Some(tensor(&[12, 17])), "hold unembed.weight, which this network"),
        (
            "blocks.0.mlp.up.weight",
            Some(tensor(&[10, 12])),
            "has the sizes [10, 12], and the network needs [12, 10]; take the weights",
        ),
        ("final_norm.gain", Some(tensor(&[12, 1])), "needs [12]; take the weights"),
        (BASIS_AXES, Some(tensor(&[12, 2])), "needs [2, 12]"),
        (BASIS_MEAN, Some(tensor(&[11])), "needs [12]"),
    ];
    for (name, put, expected) in cases {
        let mut weights = weights(&plain(), 1);
        weights.0.remove(name);
        weights.0.extend(put.map(|it| (name.to_owned(), it)));
        let bytes = weights.to_safetensors(Precision::Single, &[]);
        let said = refusal(open(&describing(&ours().0, &bytes), &bytes));
        assert!(said.contains(expected), "{name}: {said}");
    }
}

#[test]
fn whole_numbers_are_no_weights() {
    let view = TensorView::new(Dtype::I64, vec![1], &[0; 8]).unwrap();
    let bytes = safetensors::serialize([("embed.weight", view)], None).unwrap();
    let said = refusal(open(&describing(&ours().0, &bytes), &bytes));
    assert!(
        said.contains("embed.weight holds numbers of the kind I64; save the model in"),
        "{said}"
    );
}

#[test]
fn a_description_that_cannot_be_read_is_refused() {
    let description = ours().0;
    let mut lacking = description.clone();
    lacking["config"].as_object_mut().unwrap().remove("d_model");
    let cases = [
        (String::new(), "EOF while parsing"),
        ("{".to_owned(), "EOF while parsing"),
        ("[1, 2]".to_owned(), "invalid type"),
        (lacking.to_string(), "missing field `d_model`"),
        (changed(&description, "/config/n_heads", json!("four")), "invalid type: string"),
        (changed(&description, "/config/n_heads", json!(-4)), "invalid value: integer `-4`"),
        (changed(&description, "/config/mask", json!("strided")), "unknown variant `strided`"),
        (changed(&description, "/vocab", json!(17)), "invalid type: integer `17`"),
    ];
    for (text, expected) in cases {
        let said = ModelFile::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(said.contains(expected) && said.contains("load it again"), "{text}: {said}");
    }
    let mut unknown = description;
    unknown["config"]["window"] = json!(128);
    let said = ModelFile::parse(unknown.to_string().as_bytes()).unwrap_err().to_string();
    assert!(said.contains("unknown field `window`"), "{said}");
}

#[test]
fn a_newer_version_is_refused_before_its_fields_are_read() {
    let (description, weights) = ours();
    let newer = br#"{"version": 2, "what": "we do not know of"}"#;
    let said = ModelFile::parse(newer).unwrap_err().to_string();
    assert!(said.contains("version 2") && said.contains("use a newer Undercurrent"), "{said}");
    let config: Value =
        serde_json::from_str(&changed(&description, "/config/version", json!(2))).unwrap();
    let said = refusal(open(&config, &weights));
    assert!(said.contains("use a newer Undercurrent"), "{said}");
}

#[test]
fn a_config_that_makes_no_network_is_refused_with_what_to_change() {
    let (description, weights) = ours();
    let rope =
        |theta: f64, fraction: f64| json!({"kind": "rope", "theta": theta, "fraction": fraction});
    let cases = [
        ("/config/n_layers", json!(0), "n_layers must be at least 1"),
        ("/config/n_heads", json!(0), "n_heads must be at least 1"),
        ("/config/d_mlp", json!(0), "d_mlp must be at least 1"),
        ("/config/d_head", json!(0), "d_head must be at least 1"),
        ("/config/n_kv_heads", json!(0), "n_kv_heads must be at least 1"),
        ("/config/n_kv_heads", json!(3), "4 heads cannot share 3 key–value heads evenly; let"),
        ("/config/n_heads", json!(5), "12 does not divide by 5 heads; state d_head"),
        ("/config/positions", rope(1e4, 1.5), "make it one between 0 and 1"),
        ("/config/positions", rope(1e4, 1.0), "a rotated width of 3 is odd"),
        ("/config/positions", rope(0.0, 0.0), "theta is 0, which gives no numbers"),
        ("/config/norm", json!({"kind": "layer_norm", "epsilon": -1e-5}), "it must be 0 or more"),
        ("/vocab", json!(["<bos>", "w"]), "has 2 words, and the network 17; load both again"),
        ("/vocab", json!(vec!["w"; 18]), "has 18 words, and the network 17; load both again"),
    ];
    for (place, value, expected) in cases {
        let text = changed(&description, place, value.clone());
        let said = refusal(open(&serde_json::from_str(&text).unwrap(), &weights));
        assert!(said.contains(expected), "{place} {value}: {said}");
    }
    let mut post = description.clone();
    post["config"]["placement"] = json!("post");
    post["config"]["residual"] = json!("parallel");
    assert!(refusal(open(&post, &weights)).contains("make the residual serial"));
    post["config"]["positions"] = json!({"kind": "sinusoidal"});
    post["config"]["d_model"] = json!(13);
    post["config"]["d_head"] = json!(4);
    assert!(refusal(open(&post, &weights)).contains("d_model is 13; make it even"));
}

#[test]
fn a_folder_without_a_model_says_what_belongs_there() {
    let empty = scratch("empty");
    let said = refusal(open_folder(&empty, &Device::flex()));
    assert!(said.contains("it needs model.json, or config.json with model.safetensors"), "{said}");
    assert!(refusal(open_folder(&empty.join("nowhere"), &Device::flex())).contains("nowhere"));
    fs::copy(golden("gpt2").join("config.json"), empty.join("config.json")).unwrap();
    let said = refusal(open_folder(&empty, &Device::flex()));
    assert!(
        said.contains("check that it is there") && said.ends_with("model.safetensors"),
        "{said}"
    );
    fs::write(empty.join(MODEL_FILE), ours().0.to_string()).unwrap();
    assert!(refusal(open_folder(&empty, &Device::flex())).ends_with(WEIGHTS_FILE));
}

#[test]
fn a_checkpoint_of_transformers_that_does_not_fit_is_refused() {
    let fused = "transformer.h.1.attn.c_attn.weight";
    let cases = [
        ("transformer.h.0.ln_1.bias", None, "lack h.0.ln_1.bias; take those"),
        ("transformer.h.2.ln_1.bias", Some(vec![16]), "hold transformer.h.2.ln_1.bias"),
        ("wte.weight", Some(vec![31, 16]), "hold transformer.wte.weight"),
        ("transformer.h.0.mlp.c_fc.weight", Some(vec![64, 16]), "needs [16, 64]"),
        (fused, Some(vec![16, 20]), "sizes [16, 20] of transformer.h.1.attn.c_attn.weight do not"),
        ("lm_head.weight", Some(vec![31, 16]), "lm_head.weight is not the embedding; set tie_"),
        ("lm_head.weight", Some(vec![31, 15]), "lm_head.weight is not the embedding"),
        ("lm_head.bias", Some(vec![31]), "hold lm_head.bias"),
    ];
    for (name, sizes, expected) in cases {
        let said = refusal(theirs("broken", &json!({}), |weights| {
            weights.0.remove(name);
            let put = sizes
                .clone()
                .map(|dims| HostTensor { values: vec![0.25; dims.iter().product()], dims });
            weights.0.extend(put.map(|it| (name.to_owned(), it)));
        }));
        assert!(said.contains(expected), "{name}: {said}");
    }
    let cut = scratch("cut");
    fs::copy(golden("gpt2").join("config.json"), cut.join("config.json")).unwrap();
    let bytes = fs::read(golden("gpt2").join("model.safetensors")).unwrap();
    fs::write(cut.join("model.safetensors"), &bytes[..bytes.len() - 4]).unwrap();
    let said = refusal(open_folder(&cut, &Device::flex()));
    assert!(said.contains("the file may be damaged"), "{said}");
}

#[test]
fn a_checkpoint_whose_config_we_do_not_compute_is_refused_with_the_reason() {
    let cases = [
        (json!({"model_type": "bloom"}), "choose one of the types gpt2, gpt_neox, llama"),
        (json!({"scale_attn_by_inverse_layer_idx": true}), "choose a model whose"),
        (json!({"activation_function": "quick_gelu"}), "choose a model with one of gelu"),
        (json!({"alibi": true}), "remove it if you know that it does not, or choose another"),
        (json!({"n_embd": null}), "lacks n_embd; take the config.json that was saved with"),
    ];
    for (changes, expected) in cases {
        let said = refusal(theirs("refused", &changes, |_| {}));
        assert!(said.contains(expected), "{changes}: {said}");
    }
}

#[test]
fn what_repeats_the_embedding_or_masks_is_passed_over() {
    let plain = theirs("as_saved", &json!({}), |_| {}).unwrap();
    let more = theirs("with_more", &json!({"activation_function": "gelu_fast"}), |weights| {
        let embedding = weights.0["transformer.wte.weight"].clone();
        let mask = HostTensor { values: vec![1.0; 4], dims: vec![1, 1, 2, 2] };
        weights.0.insert("lm_head.weight".to_owned(), embedding);
        weights.0.insert("transformer.h.0.attn.bias".to_owned(), mask);
    });
    // `gelu_fast` is the same function as the `gelu_new` of the file.
    assert_eq!(values(&more.unwrap(), &prompt(9), &[]), values(&plain, &prompt(9), &[]));
}

/// The description and the weights of a small model.
fn ours() -> (Value, Vec<u8>) {
    let file = model(plain(), 1).file;
    let weights = weights(&plain(), 1).to_safetensors(Precision::Single, &[]);
    (serde_json::to_value(file).unwrap(), weights)
}

/// A description that tells of these weights.
fn describing(description: &Value, weights: &[u8]) -> Value {
    let mut description = description.clone();
    description["weights_sha256"] = json!(digest(weights));
    description["weights_bytes"] = json!(weights.len());
    description
}

/// The text of a description with one value changed.
fn changed(description: &Value, place: &str, value: Value) -> String {
    let mut description = description.clone();
    *description.pointer_mut(place).unwrap() = value;
    description.to_string()
}

fn open(description: &Value, weights: &[u8]) -> Result<Model, LoadError> {
    let file = ModelFile::parse(description.to_string().as_bytes())?;
    Model::from_bytes(file, weights, &Device::flex())
}

fn golden(name: &str) -> std::path::PathBuf {
    root().join("tests/golden").join(name)
}

/// The golden GPT-2 with some keys of its config and some tensors changed; a key that is null goes.
fn theirs(name: &str, keys: &Value, change: impl FnOnce(&mut Weights)) -> Result<Model, LoadError> {
    let folder = scratch(name);
    let read = |file: &str| fs::read(golden("gpt2").join(file)).unwrap();
    let mut config: Value = serde_json::from_slice(&read("config.json")).unwrap();
    for (key, value) in keys.as_object().unwrap() {
        config[key] = value.clone();
        if value.is_null() {
            config.as_object_mut().unwrap().remove(key);
        }
    }
    let mut weights = Weights::from_safetensors(&read("model.safetensors")).unwrap();
    change(&mut weights);
    write(&folder.join("config.json"), config.to_string().as_bytes());
    write(&folder.join("model.safetensors"), &weights.to_safetensors(Precision::Single, &[]));
    open_folder(&folder, &Device::flex())
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

#[track_caller]
fn refusal(result: Result<Model, LoadError>) -> String {
    result.map(|it| it.file.id).expect_err("it should be refused").to_string()
}
