//! Small random networks of every kind, and how they are run.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard},
};

use burn::prelude::*;
use engine::{
    ask::{answer_all, kept_for},
    geometry::largest,
    load::{BASIS_AXES, BASIS_MEAN, HostTensor, Model, ModelFile, Weights, collect, digest},
    model::{
        Activation, AttentionConfig, Bias, BlockState, InterventionError, Join, Keep, LinearConfig,
        Mamba2Config, MambaConfig, Mask, Mixer, MlpKind, Network, NetworkConfig, Norm, Placement,
        Positions, Probe, Residual, Resolved, RnnConfig, Rule, Rwkv7Config, S4dConfig, SsmConfig,
        States, Trace, Unembed,
    },
    session::token_tensor,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trace::{Absence, Answer, Ask, NamedArray, Question, Reply, Site};

/// The values at every site that was kept.
pub(crate) type Values = BTreeMap<Site, NamedArray>;

/// Held by whoever draws from burn's generator, of which there is one for all threads.
static GENERATOR: Mutex<()> = Mutex::new(());

/// The right to draw new weights; with it a seed gives the same ones every time.
pub(crate) fn generator() -> MutexGuard<'static, ()> {
    GENERATOR.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// An empty folder for this test alone.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A network of 2 layers with all defaults: GPT-2's ways.
pub(crate) fn plain() -> NetworkConfig {
    NetworkConfig {
        version: 1,
        n_layers: 2,
        d_model: 12,
        n_heads: 4,
        n_kv_heads: None,
        d_head: None,
        d_mlp: 10,
        d_vocab: 17,
        n_ctx: 24,
        positions: Positions::default(),
        norm: Norm::default(),
        placement: Placement::default(),
        residual: Residual::default(),
        mask: Mask::default(),
        mixers: Vec::new(),
        mlp: MlpKind::default(),
        bias: Bias::default(),
        unembed: Unembed::default(),
    }
}

const POSITIONS: [Positions; 6] = [
    Positions::Learned,
    Positions::Sinusoidal,
    Positions::Rope { theta: 50.0, fraction: 1.0, interleaved: false },
    Positions::Rope { theta: 50.0, fraction: 0.5, interleaved: true },
    Positions::Alibi,
    Positions::None,
];
const NORMS: [Norm; 2] = [Norm::LayerNorm { epsilon: 1e-5 }, Norm::RmsNorm { epsilon: 1e-3 }];
const RESIDUALS: [(Placement, Residual); 3] = [
    (Placement::Pre, Residual::Serial),
    (Placement::Pre, Residual::Parallel),
    (Placement::Post, Residual::Serial),
];
const MLPS: [MlpKind; 3] = [
    MlpKind::Plain { activation: Activation::Gelu },
    MlpKind::Gated { activation: Activation::Silu },
    MlpKind::None,
];

/// Every way of positions with every norm, residual, MLP and sharing of keys, each with other
/// weights. What a part does alone (mask, biases, unembedding) changes from one to the next.
pub(crate) fn all_kinds() -> impl Iterator<Item = Model> {
    let counts = [POSITIONS.len(), NORMS.len(), RESIDUALS.len(), MLPS.len(), 3];
    (0..counts.iter().product::<usize>()).map(move |number| {
        let mut rest = number;
        let mut next = |count: usize| {
            let chosen = rest % count;
            rest /= count;
            chosen
        };
        let positions = POSITIONS[next(counts[0])];
        let norm = NORMS[next(counts[1])];
        let (placement, residual) = RESIDUALS[next(counts[2])];
        let mlp = MLPS[next(counts[3])];
        let n_kv_heads = [4, 2, 1][next(counts[4])];
        let bit = |which: usize| ((number * 2_654_435_761) >> (8 + which)) & 1 == 1;
        let config = NetworkConfig {
            positions,
            norm,
            placement,
            residual,
            mlp,
            n_kv_heads: Some(n_kv_heads),
            d_head: Some(4),
            mask: if bit(0) && bit(1) { Mask::Full } else { Mask::Causal },
            bias: Bias { qkv: bit(2), attn_out: bit(3), mlp: bit(4), unembed: bit(5) },
            unembed: if bit(6) { Unembed::Own } else { Unembed::Tied },
            ..plain()
        };
        model(config, number as u64)
    })
}

/// One of each way that is not a matter of single parts: for what takes many runs.
pub(crate) fn some_kinds() -> impl Iterator<Item = Model> {
    // No factor in common with any count, so that every choice of every part comes.
    all_kinds().step_by(11)
}

/// A network for every recurrent mixer, and hybrids of them in series and in parallel.
pub(crate) fn recurrent_kinds() -> impl Iterator<Item = Model> {
    recurrent_mixers().into_iter().enumerate().map(|(number, mixers)| {
        let norm = NORMS[number % 2];
        let mlp = MLPS[number % 3];
        let (placement, residual) = RESIDUALS[number % 2];
        let positions = Positions::None;
        let config = NetworkConfig { mixers, norm, mlp, placement, residual, positions, ..plain() };
        model(config, 1000 + number as u64)
    })
}

fn block_state(states: States, n_states: usize, n_filters: usize) -> Mixer {
    Mixer::Parallel {
        attention: AttentionConfig { window: Some(4) },
        ssm: SsmConfig::S4d(S4dConfig { d_state: 3, is_complex: true, n_filters }),
        join: Join::BlockState(BlockState { states, n_states }),
    }
}

fn recurrent_mixers() -> Vec<Vec<Mixer>> {
    let linear = |rule, d_conv, beta_max| {
        let config = LinearConfig { rule, n_heads: 4, d_key: 6, d_value: 5, d_conv, beta_max };
        SsmConfig::Linear(config)
    };
    let mamba = |d_inner, bias| {
        let config =
            MambaConfig { d_inner, d_state: 3, d_conv: 4, dt_rank: 2, bias, conv_bias: !bias };
        SsmConfig::Mamba(config)
    };
    let mamba2 = |n_groups, max_step| {
        let sizes = Mamba2Config {
            n_heads: 4,
            d_head: 3,
            d_state: 5,
            n_groups,
            d_conv: 3,
            bias: n_groups == 1,
            conv_bias: true,
            min_step: 0.0,
            max_step,
        };
        SsmConfig::Mamba2(sizes)
    };
    let s4d = |is_complex| SsmConfig::S4d(S4dConfig { d_state: 4, is_complex, n_filters: 1 });
    let rwkv7 = |n_heads, d_head| {
        let [decay_rank, rate_rank, gate_rank] = [2, 3, 5];
        let config = Rwkv7Config { n_heads, d_head, decay_rank, rate_rank, gate_rank };
        SsmConfig::Rwkv7(config)
    };
    let attention = |window| Mixer::Attention(AttentionConfig { window });
    let beside = |ssm, join| Mixer::Parallel { attention: AttentionConfig::default(), ssm, join };
    let parallel = |ssm| beside(ssm, Join::Sum);
    let hymba = |ssm| beside(ssm, Join::NormedMean);
    let alone = [
        s4d(false),
        s4d(true),
        mamba(8, false),
        mamba(24, true),
        mamba2(1, None),
        mamba2(2, Some(0.5)),
        linear(Rule::LinearAttention, 0, 1.0),
        linear(Rule::RetNet, 3, 1.0),
        linear(Rule::Gla, 0, 1.0),
        linear(Rule::DeltaNet, 4, 1.0),
        linear(Rule::GatedDeltaNet, 0, 2.0),
        rwkv7(3, 5),
        SsmConfig::Gru(RnnConfig { d_state: 6 }),
        SsmConfig::Lstm(RnnConfig { d_state: 6 }),
    ];
    let together = [
        vec![Mixer::Ssm(mamba2(2, None)), attention(Some(3))],
        vec![attention(None), Mixer::Ssm(mamba(24, false))],
        vec![parallel(linear(Rule::GatedDeltaNet, 4, 1.0)), Mixer::Ssm(s4d(true))],
        vec![parallel(rwkv7(10, 4)), Mixer::Ssm(rwkv7(2, 4))],
        vec![hymba(mamba2(2, None)), hymba(mamba(12, false))],
        vec![block_state(States::SingleHead, 3, 1), attention(None)],
        vec![block_state(States::MultiHead, 2, 1), attention(None)],
        vec![block_state(States::MultiFilter, 2, 2), attention(Some(3))],
    ];
    alone.into_iter().map(|it| vec![Mixer::Ssm(it)]).chain(together).collect()
}

/// A model of `config`, its weights drawn from `seed`: gains about 1, all else about 0, wide
/// enough that every part is seen in the output. It has a stored plane and words w0, w1, ….
pub(crate) fn model(config: NetworkConfig, seed: u64) -> Model {
    let weights = weights(&config, seed);
    let mut vocab: Vec<String> = (0..config.d_vocab).map(|id| format!("w{id}")).collect();
    vocab[0] = "<bos>".to_owned();
    vocab[1] = "<unk>".to_owned();
    let bytes = weights.to_safetensors(engine::load::Precision::Single, &[]);
    let file = ModelFile {
        version: 1,
        id: format!("tiny {seed}"),
        about: "A test.".to_owned(),
        licence: "MIT".to_owned(),
        config,
        weights_sha256: digest(&bytes),
        weights_bytes: bytes.len() as u64,
        vocab,
        prompts: Vec::new(),
        phenomena: Vec::new(),
        checkpoints: None,
    };
    Model::from_bytes(file, &bytes, &Device::flex()).unwrap()
}

/// Random weights of every parameter, and a plane of two axes at right angles.
pub(crate) fn weights(config: &NetworkConfig, seed: u64) -> Weights {
    let mut weights = {
        let _held = generator();
        collect(&Network::new(config, &Device::flex()).unwrap())
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for (name, tensor) in &mut weights.0 {
        let centre = if name.ends_with("gain") { 1.0 } else { 0.0 };
        tensor.values.iter_mut().for_each(|it| *it = centre + rng.random_range(-0.7..0.7f32));
    }
    let d_model = config.d_model;
    let mut axes = vec![0.0; 2 * d_model];
    (axes[0], axes[1], axes[d_model + 2]) = (0.6, 0.8, 1.0);
    weights.0.insert(BASIS_AXES.to_owned(), HostTensor { values: axes, dims: vec![2, d_model] });
    let mean = HostTensor { values: vec![0.0; d_model], dims: vec![d_model] };
    weights.0.insert(BASIS_MEAN.to_owned(), mean);
    weights
}

/// What the weights of a model of these were drawn from.
pub(crate) fn seed_of(model: &Model) -> u64 {
    model.file.id.rsplit(' ').next().unwrap().parse().unwrap()
}

/// A prompt of random tokens.
pub(crate) fn prompt(n_pos: usize) -> Vec<u32> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    (0..n_pos).map(|_| rng.random_range(2..17)).collect()
}

/// What all sites hold, after these changes.
pub(crate) fn values(model: &Model, ids: &[u32], changes: &[Resolved]) -> Values {
    try_values(model, ids, changes).unwrap()
}

pub(crate) fn try_values(
    model: &Model,
    ids: &[u32],
    changes: &[Resolved],
) -> Result<Values, InterventionError> {
    let trace = pass(model, ids, Keep::Everything, changes)?;
    Ok(pollster::block_on(trace.read()).unwrap())
}

fn pass(
    model: &Model,
    ids: &[u32],
    keep: Keep,
    changes: &[Resolved],
) -> Result<Trace, InterventionError> {
    let mut probe = Probe::new(keep, changes.to_vec());
    model.network.forward(token_tensor(ids, &Device::flex()), &mut probe);
    probe.into_trace()
}

/// The reply to a question about a run with these changes, which a run that keeps what the page's
/// runs keep answers as well. Where there is a recurrence, a run that keeps all sites takes its sums
/// in another order; so its reply is given, which is made of the very numbers of [`values`].
fn reply(model: &Model, ids: &[u32], changes: &[Resolved], question: &Question) -> Reply {
    let of_run = |keep: Keep| {
        let trace = pass(model, ids, keep, changes).unwrap();
        let asked = std::slice::from_ref(question);
        pollster::block_on(answer_all(model, &trace, asked)).unwrap().remove(0)
    };
    let said = of_run(kept_for(std::slice::from_ref(question)));
    if !model.file.config.shape().has_recurrence() {
        return said;
    }
    let of_all = of_run(Keep::Everything);
    assert_eq!(said.answer.is_ok(), of_all.answer.is_ok(), "{question:?}");
    of_all
}

/// The answer to a question, of whichever kind, or why there is none.
pub(crate) fn try_ask(
    model: &Model,
    ids: &[u32],
    changes: &[Resolved],
    question: &Question,
) -> Result<Answer, Absence> {
    reply(model, ids, changes, question).answer
}

/// The answer to a question of one kind, or why there is none.
pub(crate) fn find<Q: Ask>(
    model: &Model,
    ids: &[u32],
    changes: &[Resolved],
    question: Q,
) -> Result<Q::Answer, Absence>
where
    Q::Answer: Clone,
{
    let answer = reply(model, ids, changes, &question.question()).answer?;
    Ok(Q::of_answer(&answer).expect("an answer is of its question's kind").clone())
}

/// [`find`] where there is an answer.
#[track_caller]
pub(crate) fn ask<Q: Ask>(
    model: &Model,
    ids: &[u32],
    changes: &[Resolved],
    question: Q,
) -> Q::Answer
where
    Q::Answer: Clone,
{
    find(model, ids, changes, question).unwrap()
}

/// Largest difference over the largest value of the second; 1 at least where sizes differ.
pub(crate) fn distance(left: &[f32], right: &[f32]) -> f32 {
    if left.len() != right.len() {
        return f32::INFINITY;
    }
    let size = right.iter().fold(f32::MIN_POSITIVE, |most, it| most.max(it.abs()));
    largest(left.iter().zip(right).map(|(a, b)| (a - b).abs() / size))
}

/// Panics where two rows of numbers lie further apart than `tolerance`.
#[track_caller]
pub(crate) fn assert_close(what: &str, left: &[f32], right: &[f32], tolerance: f32) {
    let found = distance(left, right);
    assert!(found <= tolerance, "{what}: {found:e} apart, more than {tolerance:e}");
}

/// How a model is named in messages.
pub(crate) fn describe(model: &Model) -> String {
    let shape = model.file.config.shape();
    let config = &model.file.config;
    let mixers: Vec<_> = shape.mixers.iter().filter_map(|it| it.ssm.as_ref()).collect();
    let names: Vec<_> = mixers.iter().map(|it| it.kind.name()).collect();
    format!(
        "{names:?} {}: {:?}, {:?}, {:?}, {:?}, {:?}, {} kv heads",
        model.file.id,
        shape.positions,
        shape.norm,
        config.residual,
        config.mlp,
        config.mask,
        shape.n_kv_heads
    )
}
