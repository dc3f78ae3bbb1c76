//! Every site of tiny random models equals what PyTorch and what numpy found there.

use std::{collections::BTreeMap, fs, path::Path};

use burn::prelude::*;
use engine::{
    load::{HostTensor, ModelFile, Precision, Weights, digest, fill, open_folder},
    model::{Keep, Network, NetworkConfig, Probe},
    session::{Asked, Session, token_tensor},
};
use safetensors::{Dtype, SafeTensors};
use trace::{AskValue, Program, Question, Site, Status, read_blocks, read_program};

use crate::tiny::{Values, distance, generator, root};

/// Largest difference over largest value, site by site. The same products summed in another order
/// differ by some roundings of 6e-8 each, which two layers of weights about 1 spread to some 1e-6;
/// the functions exp, tanh and erf of other libraries are a few roundings off as well. A wrong
/// constant (an epsilon, a base of rotation) is seen from 1e-3 on.
const CLOSE: f32 = 1e-4;

const CHECKPOINTS: [&str; 10] = [
    "gpt2",
    "gpt2_untied_relu",
    "gpt_neox",
    "gpt_neox_serial",
    "llama",
    "llama_tied",
    "mamba",
    "mamba2",
    "mamba2_groups",
    "mamba_wide",
];

const BLOCKS: [&str; 5] = [
    "alibi_causal_relu",
    "learned_geglu",
    "none_rmsnorm_bilinear",
    "rope_interleaved_no_mlp",
    "sinusoidal_full_post_gelu",
];

const INTERVENTIONS: [&str; 5] =
    ["mean_of_a_head", "projected_out", "repeated_and_skipped", "steering", "swapped_blocks"];

const RECURRENCES: [&str; 16] = [
    "block_state_multi_filter",
    "block_state_multi_head",
    "block_state_single_head",
    "delta_net",
    "delta_net_negative",
    "gated_delta_net",
    "gla",
    "gru",
    "hybrid",
    "hymba",
    "linear_attention",
    "lstm",
    "ret_net",
    "rwkv7",
    "s4d_complex",
    "s4d_real",
];

#[test]
fn checkpoints_agree_with_transformers_at_every_site() {
    for name in CHECKPOINTS {
        let folder = root().join("tests/golden").join(name);
        let reference = Reference::read(&folder.join("sites.safetensors"));
        let model = open_folder(&folder, &Device::flex()).unwrap();
        check(name, &model.network, &reference.tokens, &reference.tensors);
    }
}

#[test]
fn blocks_agree_with_the_papers_at_every_site() {
    agree_with_the_papers("blocks", &BLOCKS);
}

#[test]
fn recurrences_agree_with_the_papers_at_every_site() {
    agree_with_the_papers("recurrences", &RECURRENCES);
}

#[test]
fn changed_runs_agree_with_numpy() {
    for name in INTERVENTIONS {
        let file = format!("tests/golden/interventions/{name}.safetensors");
        let reference = Reference::read(&root().join(file));
        let config: NetworkConfig =
            serde_json::from_str(&reference.config.clone().unwrap()).unwrap();
        let said = |name: &str| reference.metadata[name].as_str();
        let words = |ids: &str| {
            let own = ids.split_whitespace().skip(1).map(|it| format!("w{it}"));
            own.collect::<Vec<_>>().join(" ")
        };
        let weights = Weights(reference.under("weights."));
        let prompts = said("prompts").lines().map(words).collect();
        let (file, bytes) = package(config, &weights, prompts);
        let mut session = Session::new(Device::flex());
        session.open(file, &bytes).unwrap();

        let (interventions, errors) = read_program(said("program"));
        assert_eq!(errors, []);
        let program = Program { interventions, blocks: read_blocks(said("blocks")).ok() };
        let ids: Vec<String> = reference.tokens.iter().map(ToString::to_string).collect();
        // The last pass through a block that runs twice is the one that numpy kept.
        let expected = reference.under("sites.");
        let is_repeated = name.starts_with("repeated");
        let named =
            |name: &str| if is_repeated { name.replace("s.2.", "s.2#2.") } else { name.to_owned() };
        let sites: Vec<Site> = expected.keys().map(|it| named(it).parse().unwrap()).collect();
        let ask: Vec<Question> = sites.iter().map(|&site| AskValue { site }.into()).collect();
        let asked = Asked { prompt: &words(&ids.join(" ")), program: &program, ask: &ask };
        let ran = pollster::block_on(session.run(1, asked)).unwrap();
        assert!(ran.report.interventions.iter().all(|it| *it == Status::Made), "{:?}", ran.report);
        assert_eq!(ran.answers.len(), expected.len());
        for (answer, reference) in ran.answers.iter().zip(expected.values()) {
            let found = answer.to::<AskValue>().unwrap();
            let (site, value) = (found.site, &found.value);
            let error = distance(value.values(), &reference.values);
            assert!(error <= CLOSE, "{name} {site}: {error:e} apart, more than {CLOSE:e}");
        }
    }
}

/// A model of these weights with the words w0, w1, …, as a package has it.
fn package(config: NetworkConfig, weights: &Weights, prompts: Vec<String>) -> (ModelFile, Vec<u8>) {
    let bytes = weights.to_safetensors(Precision::Single, &[]);
    let mut vocab: Vec<String> = (0..config.d_vocab).map(|id| format!("w{id}")).collect();
    vocab[0] = "<bos>".to_owned();
    let file = ModelFile {
        version: 1,
        id: "golden".to_owned(),
        about: "A test.".to_owned(),
        licence: "MIT".to_owned(),
        config,
        weights_sha256: digest(&bytes),
        weights_bytes: bytes.len() as u64,
        vocab,
        prompts,
        phenomena: Vec::new(),
        checkpoints: None,
    };
    (file, bytes)
}

fn agree_with_the_papers(folder: &str, names: &[&str]) {
    let device = Device::flex();
    for name in names {
        let file = format!("tests/golden/{folder}/{name}.safetensors");
        let reference = Reference::read(&root().join(file));
        let config: NetworkConfig =
            serde_json::from_str(&reference.config.clone().unwrap()).unwrap();
        let mut weights = Weights(reference.under("weights."));
        let network = {
            let _held = generator();
            fill(Network::new(&config, &device).unwrap(), &mut weights).unwrap()
        };
        assert!(weights.0.is_empty(), "{name} has weights that no parameter took");
        check(name, &network, &reference.tokens, &reference.under("sites."));
    }
}

#[test]
fn no_golden_file_is_left_out() {
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(root().join("tests/golden").join(folder)).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> =
            names.filter(|it| !it.contains(".py") && !it.starts_with("__")).collect();
        names.sort();
        names
    };
    let mut folders = [&["blocks", "interventions", "recurrences"], &CHECKPOINTS[..]].concat();
    folders.sort_unstable();
    assert_eq!(names("."), folders);
    assert_eq!(names("blocks"), BLOCKS.map(|it| format!("{it}.safetensors")));
    assert_eq!(names("interventions"), INTERVENTIONS.map(|it| format!("{it}.safetensors")));
    assert_eq!(names("recurrences"), RECURRENCES.map(|it| format!("{it}.safetensors")));
}

/// Runs `network` and holds every site to `expected`, which must have the same ones.
fn check(name: &str, network: &Network, tokens: &[u32], expected: &BTreeMap<String, HostTensor>) {
    let found = sites(network, tokens);
    let found_names: Vec<String> = found.keys().map(ToString::to_string).collect();
    let mut expected_names: Vec<String> = expected.keys().cloned().collect();
    let mut sorted_names = found_names.clone();
    sorted_names.sort();
    expected_names.sort();
    assert_eq!(sorted_names, expected_names, "{name} has other sites");

    let mut worst = (0.0, String::new());
    for (site, array) in &found {
        let reference = &expected[&site.to_string()];
        let sizes: Vec<usize> = array.dims().iter().map(|it| it.1).collect();
        assert_eq!(sizes, reference.dims, "{name} {site}");
        let error = distance(array.values(), &reference.values);
        assert!(error <= CLOSE, "{name} {site}: {error:e} apart, more than {CLOSE:e}");
        if worst.0 < error {
            worst = (error, site.to_string());
        }
    }
    println!("{name}: {} sites, worst {:.1e} at {}", found.len(), worst.0, worst.1);
}

fn sites(network: &Network, tokens: &[u32]) -> Values {
    let mut probe = Probe::new(Keep::Everything, Vec::new());
    network.forward(token_tensor(tokens, &Device::flex()), &mut probe);
    pollster::block_on(probe.into_trace().unwrap().read()).unwrap()
}

/// A golden file.
pub(crate) struct Reference {
    pub(crate) tokens: Vec<u32>,
    pub(crate) tensors: BTreeMap<String, HostTensor>,
    config: Option<String>,
    metadata: BTreeMap<String, String>,
}

impl Reference {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata: BTreeMap<String, String> =
            header.metadata().clone().unwrap_or_default().into_iter().collect();
        let config = metadata.get("config").cloned();
        let (mut tokens, mut tensors) = (Vec::new(), BTreeMap::new());
        for (name, view) in SafeTensors::deserialize(&bytes).unwrap().iter() {
            let numbers = view.data().chunks_exact(4).map(|it| <[u8; 4]>::try_from(it).unwrap());
            if view.dtype() == Dtype::I32 {
                assert_eq!(name, "tokens");
                tokens = numbers.map(u32::from_le_bytes).collect();
            } else {
                let values = numbers.map(f32::from_le_bytes).collect();
                let dims = view.shape().to_vec();
                tensors.insert(name.to_owned(), HostTensor { values, dims });
            }
        }
        Self { tokens, tensors, config, metadata }
    }

    /// The tensors whose names begin so, without that beginning.
    fn under(&self, prefix: &str) -> BTreeMap<String, HostTensor> {
        let short = |name: &str| name.strip_prefix(prefix).map(str::to_owned);
        self.tensors.iter().filter_map(|(name, it)| Some((short(name)?, it.clone()))).collect()
    }
}
