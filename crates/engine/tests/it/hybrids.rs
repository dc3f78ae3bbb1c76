//! Layers in which attention and a recurrence have a part in one another.

use engine::model::{
    AttentionConfig, BlockState, Change, Join, Mask, Mixer, NetworkConfig, Resolved, Rwkv7Config,
    S4dConfig, SsmConfig, States,
};
use trace::{NamedArray, Part, Site};

use crate::close::sums;
use crate::tiny::{Values, assert_close, model, plain, prompt, values};

const N_POS: usize = 11;
const BLOCK: usize = 4;

fn s4d(n_filters: usize) -> SsmConfig {
    SsmConfig::S4d(S4dConfig { d_state: 3, is_complex: true, n_filters })
}

fn with(window: Option<usize>, ssm: SsmConfig, join: Join) -> NetworkConfig {
    let attention = AttentionConfig { window };
    NetworkConfig { mixers: vec![Mixer::Parallel { attention, ssm, join }], ..plain() }
}

fn block_state(states: States, n_states: usize) -> NetworkConfig {
    let n_filters = if states == States::MultiFilter { n_states } else { 1 };
    let join = Join::BlockState(BlockState { states, n_states });
    with(Some(BLOCK), s4d(n_filters), join)
}

fn at(values: &Values, layer: usize, part: Part) -> &NamedArray {
    &values[&Site::block(layer, part)]
}

#[test]
fn a_block_reads_itself_and_the_states_of_the_block_before() {
    for states in [States::SingleHead, States::MultiHead, States::MultiFilter] {
        let n_states = 3;
        let model = model(block_state(states, n_states), 5);
        let values = values(&model, &prompt(N_POS), &[]);
        let pattern = at(&values, 0, Part::AttnPattern);
        for (head, query) in (0..8).flat_map(|head| (0..N_POS).map(move |query| (head, query))) {
            let first = query / BLOCK * BLOCK;
            let is_read = |key: usize| match head < 4 {
                true => first <= key && key <= query,
                false => key < first && first <= key + n_states,
            };
            let row = (0..N_POS).map(|key| pattern.get(&[head, query, key]).unwrap());
            let sum: f32 = row.clone().sum();
            let expected = if head < 4 || BLOCK <= query { 1.0 } else { 0.0 };
            assert!((sum - expected).abs() <= sums(BLOCK + 3), "{states:?} {head} {query}: {sum}");
            for (key, weight) in row.enumerate() {
                assert_eq!(0.0 < weight, is_read(key), "{states:?} {head} {query} {key}");
            }
        }
    }
}

#[test]
fn what_a_recurrence_says_is_read_one_block_later() {
    for states in [States::SingleHead, States::MultiHead, States::MultiFilter] {
        let model = model(block_state(states, 2), 6);
        let site = Site::block(0, Part::SsmZ);
        let ids = prompt(N_POS);
        let before = values(&model, &ids, &[]);
        for (pos, has_effect) in
            [(1, false), (3, true), (6, states == States::SingleHead), (9, false)]
        {
            let edit = Resolved::new(site, Change::Scale(0.0)).at(pos);
            let after = values(&model, &ids, &[edit]);
            let [left, right] = [&before, &after].map(|it| at(it, 0, Part::AttnOut));
            let next = (pos / BLOCK + 1) * BLOCK;
            for at in 0..N_POS {
                let row = |of: &NamedArray| of.at(trace::Axis::Pos, at).unwrap();
                let is_same = row(left).values() == row(right).values();
                let reads = has_effect && (next..next + BLOCK).contains(&at);
                assert_eq!(!is_same, reads, "{states:?}, {pos} at {at}");
            }
        }
    }
}

#[test]
fn one_matrix_writes_the_mean_of_both() {
    let rnn = Rwkv7Config { n_heads: 3, d_head: 4, decay_rank: 2, rate_rank: 2, gate_rank: 2 };
    let model = model(with(None, SsmConfig::Rwkv7(rnn), Join::NormedMean), 7);
    let values = values(&model, &prompt(N_POS), &[]);
    let weights = engine::load::collect(&model.network).0;
    assert!(!weights.contains_key("blocks.0.ssm.output.weight"));
    let [weight, bias] =
        ["weight", "bias"].map(|it| &weights[&format!("blocks.0.attn.output.{it}")].values);
    let [attn, ssm] = [Part::AttnZ, Part::SsmZ].map(|it| at(&values, 0, it).values());
    let width = attn.len() / N_POS;
    let d_model = bias.len();
    let expected: Vec<f32> = (0..N_POS * d_model)
        .map(|it| {
            let (pos, entry) = (it / d_model, it % d_model);
            let row = |of: usize| {
                let place = pos * width + of;
                (attn[place] + ssm[place]) * weight[of * d_model + entry]
            };
            bias[entry] + (0..width).map(row).sum::<f32>()
        })
        .collect();
    let written: Vec<f32> = at(&values, 0, Part::AttnOut)
        .values()
        .iter()
        .zip(at(&values, 0, Part::SsmOut).values())
        .map(|(a, b)| a + b)
        .collect();
    // Products with 12 numbers of each of both, and a bias.
    assert_close("written", &written, &expected, sums(2 * 16 + 1));
}

#[test]
fn a_layer_that_cannot_be_says_what_to_do() {
    let join = |states, n_states| Join::BlockState(BlockState { states, n_states });
    let single = |n_states| join(States::SingleHead, n_states);
    let rwkv7 = |gate_rank| {
        let [n_heads, d_head, decay_rank, rate_rank] = [2, 3, 2, 2];
        SsmConfig::Rwkv7(Rwkv7Config { n_heads, d_head, decay_rank, rate_rank, gate_rank })
    };
    let full = NetworkConfig { mask: Mask::Full, ..with(Some(4), s4d(1), single(2)) };
    let cases = [
        (with(None, rwkv7(0), Join::Sum), "gate_rank must be at least 1"),
        (with(None, rwkv7(2), Join::NormedMean), "12 numbers and 6 the recurrence"),
        (with(None, s4d(1), single(2)), "state attention's window"),
        (with(Some(4), s4d(1), single(5)), "5 context states do not fit into a block of 4"),
        (with(Some(4), s4d(1), single(0)), "n_states must be at least 1"),
        (with(Some(4), rwkv7(2), single(2)), "RWKV-7 gives no context states"),
        (with(Some(4), s4d(2), single(2)), "make n_filters 1"),
        (with(Some(4), s4d(1), join(States::MultiFilter, 3)), "make n_filters 3"),
        (with(Some(4), s4d(0), single(2)), "n_filters must be at least 1"),
        (full, "make the mask causal"),
    ];
    for (config, expected) in cases {
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
