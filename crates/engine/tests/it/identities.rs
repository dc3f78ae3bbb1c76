//! Equations between the sites of one run that hold for any weights.

use burn::prelude::*;
use engine::{
    load::{Model, collect},
    model::{Mask, Placement, Probe, Residual},
    session::token_tensor,
};
use trace::{Axis, NamedArray, Part, Site};

use crate::close::{Spread, sums};
use crate::tiny::{
    Values, all_kinds, assert_close, describe, distance, prompt, recurrent_kinds, some_kinds,
    values,
};

/// The longest sum here: four heads of four numbers and a bias, and the heads' own sum.
const ROUNDING: f32 = sums(21);

const N_POS: usize = 7;

#[test]
fn rows_of_a_pattern_sum_to_one_and_are_nothing_ahead_of_the_query() {
    for model in all_kinds() {
        let values = values(&model, &prompt(N_POS), &[]);
        for layer in 0..2 {
            let pattern = part(&values, layer, Part::AttnPattern);
            for (row, weights) in pattern.values().chunks_exact(N_POS).enumerate() {
                let sum: f32 = weights.iter().sum();
                assert!((sum - 1.0).abs() <= ROUNDING, "{}: {sum}", describe(&model));
                if model.file.config.mask == Mask::Causal {
                    let ahead = &weights[row % N_POS + 1..];
                    assert!(ahead.iter().all(|&it| it == 0.0), "{}: {ahead:?}", describe(&model));
                }
            }
        }
    }
}

#[test]
fn a_full_mask_hides_nothing() {
    let full = all_kinds().filter(|it| it.file.config.mask == Mask::Full);
    for model in full {
        let values = values(&model, &prompt(N_POS), &[]);
        let pattern = part(&values, 0, Part::AttnPattern);
        assert!(pattern.values().iter().all(|&it| 0.0 < it), "{}", describe(&model));
    }
}

#[test]
fn the_stream_is_the_sum_of_what_was_written() {
    for model in all_kinds() {
        let values = values(&model, &prompt(N_POS), &[]);
        let start = match values.get(&Site::PosEmbed) {
            Some(added) => sum(&[&values[&Site::Embed], added]),
            None => values[&Site::Embed].values().to_vec(),
        };
        holds(&model, &values, site(0, Part::ResidPre), &start);
        let before = part(&values, 1, Part::ResidPre).values();
        assert_eq!(part(&values, 0, Part::ResidPost).values(), before, "{}", describe(&model));
        for layer in 0..2 {
            let at = |it: Part| part(&values, layer, it);
            let has_mlp = model.file.config.shape().has_mlp;
            if model.file.config.placement == Placement::Post {
                assert_eq!(at(Part::AttnNorm), at(Part::ResidPre), "{}", describe(&model));
                assert_eq!(values.contains_key(&site(layer, Part::ResidMid)), has_mlp);
                continue;
            }
            let after_attn = sum(&[at(Part::ResidPre), at(Part::AttnOut)]);
            let is_serial = model.file.config.residual == Residual::Serial;
            assert_eq!(
                values.contains_key(&site(layer, Part::ResidMid)),
                has_mlp && is_serial,
                "{}",
                describe(&model)
            );
            if has_mlp && is_serial {
                holds(&model, &values, site(layer, Part::ResidMid), &after_attn);
            }
            let after = if has_mlp {
                sum(&[at(Part::ResidPre), at(Part::AttnOut), at(Part::MlpOut)])
            } else {
                after_attn
            };
            holds(&model, &values, site(layer, Part::ResidPost), &after);
        }
    }
}

#[test]
fn attention_writes_the_sum_of_its_heads_and_its_bias() {
    for model in all_kinds() {
        let values = values(&model, &prompt(N_POS), &[]);
        let weights = collect(&model.network).0;
        for layer in 0..2 {
            let heads = part(&values, layer, Part::AttnResult);
            let d_model = heads.size(Axis::Model).unwrap();
            let n_heads = heads.size(Axis::Head).unwrap();
            let bias = weights.get(&format!("blocks.{layer}.attn.output.bias"));
            assert_eq!(bias.is_some(), model.file.config.bias.attn_out);
            let place = |pos: usize, entry: usize| {
                let of = |head: usize| heads.get(&[pos, head, entry]).unwrap();
                (0..n_heads).map(of).sum::<f32>() + bias.map_or(0.0, |it| it.values[entry])
            };
            let expected: Vec<f32> = (0..N_POS)
                .flat_map(|pos| (0..d_model).map(move |entry| (pos, entry)))
                .map(|(pos, entry)| place(pos, entry))
                .collect();
            holds(&model, &values, site(layer, Part::AttnOut), &expected);
        }
    }
}

#[test]
fn heads_that_share_keys_mix_the_same_values() {
    for model in all_kinds() {
        let shape = model.file.config.shape();
        let values = values(&model, &prompt(N_POS), &[]);
        let (pattern, value) = (part(&values, 1, Part::AttnPattern), part(&values, 1, Part::AttnV));
        let n_sharing = shape.n_heads / shape.n_kv_heads;
        let mix = |[pos, head, entry]: [usize; 3]| -> f32 {
            let weight = |key: usize| pattern.get(&[head, pos, key]).unwrap();
            let own = |key: usize| value.get(&[key, head / n_sharing, entry]).unwrap();
            (0..N_POS).map(|key| weight(key) * own(key)).sum()
        };
        let expected: Vec<f32> = (0..N_POS)
            .flat_map(|pos| (0..shape.n_heads).map(move |head| (pos, head)))
            .flat_map(|(pos, head)| (0..shape.d_head).map(move |entry| mix([pos, head, entry])))
            .collect();
        holds(&model, &values, site(1, Part::AttnZ), &expected);
    }
}

#[test]
fn what_is_read_is_at_one_scale() {
    for model in all_kinds().filter(|it| it.file.config.placement == Placement::Pre) {
        let values = values(&model, &prompt(N_POS), &[]);
        let weights = collect(&model.network).0;
        let gain = &weights["final_norm.gain"].values;
        let normed = values[&Site::FinalNorm].values();
        for row in normed.chunks_exact(gain.len()) {
            let bias = weights.get("final_norm.bias").map(|it| &it.values);
            let plain: Vec<f32> = (0..gain.len())
                .map(|entry| (row[entry] - bias.map_or(0.0, |it| it[entry])) / gain[entry])
                .collect();
            let power = plain.iter().map(|it| it * it).sum::<f32>() / gain.len() as f32;
            // Epsilon takes a little off; a gain near 0 magnifies roundings.
            assert!((power - 1.0).abs() < 1e-2, "{}: {power}", describe(&model));
        }
    }
}

#[test]
fn rows_of_a_batch_know_nothing_of_one_another() {
    let device = Device::flex();
    for model in some_kinds().chain(recurrent_kinds()) {
        let rows = [prompt(N_POS), vec![9; N_POS], prompt(2 * N_POS)[N_POS..].to_vec()];
        let tokens = rows.iter().map(|it| token_tensor(it, &device)).collect();
        let logits = model.network.forward(Tensor::cat(tokens, 0), &mut Probe::blind());
        let logits = logits.into_data().try_to_vec::<f32>().unwrap();
        for (row, together) in rows.iter().zip(logits.chunks_exact(logits.len() / 3)) {
            let alone = &values(&model, row, &[])[&Site::Logits];
            // Where all sites are kept, recurrences run position by position, else by chunks.
            let tolerance = Spread::of(&model, row).at(Site::Logits);
            assert_close(&describe(&model), together, alone.values(), tolerance);
        }
    }
}

#[test]
fn later_tokens_change_nothing_before_them() {
    let all = all_kinds().chain(recurrent_kinds());
    for model in all.filter(|it| it.file.config.mask == Mask::Causal) {
        let long = prompt(N_POS + 4);
        let whole = values(&model, &long, &[]);
        let spread = Spread::of(&model, &long[..N_POS]);
        for (site, short) in values(&model, &long[..N_POS], &[]) {
            let begun = beginning(&whole[&site], N_POS);
            // Longer sums of zeros may be taken in other pieces.
            let what = format!("{site}, {}", describe(&model));
            assert_close(&what, &begun, short.values(), spread.at(site));
        }
    }
}

#[test]
fn a_full_mask_lets_later_tokens_through() {
    let mut full = some_kinds().filter(|it| it.file.config.mask == Mask::Full);
    let model = full.next().unwrap();
    let long = prompt(N_POS + 4);
    let (whole, short) = (values(&model, &long, &[]), values(&model, &long[..N_POS], &[]));
    let begun = beginning(&whole[&Site::Logits], N_POS);
    assert!(ROUNDING < distance(&begun, short[&Site::Logits].values()));
}

/// The part of an array where every position is among the first.
fn beginning(array: &NamedArray, n_pos: usize) -> Vec<f32> {
    let is_position = |axis: Axis| matches!(axis, Axis::Pos | Axis::Query | Axis::Key);
    let mut rows = vec![array.clone()];
    for &(axis, size) in array.dims() {
        let kept = if is_position(axis) { n_pos } else { size };
        rows = rows.iter().flat_map(|it| (0..kept).map(|at| it.at(axis, at).unwrap())).collect();
    }
    rows.iter().map(|it| it.values()[0]).collect()
}

fn site(layer: usize, part: Part) -> Site {
    Site::block(layer, part)
}

fn part(values: &Values, layer: usize, part: Part) -> &NamedArray {
    &values[&site(layer, part)]
}

fn sum(arrays: &[&NamedArray]) -> Vec<f32> {
    let first = arrays[0].values().to_vec();
    arrays[1..]
        .iter()
        .fold(first, |sum, it| sum.iter().zip(it.values()).map(|(a, b)| a + b).collect())
}

#[track_caller]
fn holds(model: &Model, values: &Values, site: Site, expected: &[f32]) {
    let what = format!("{site}, {}", describe(model));
    assert_close(&what, values[&site].values(), expected, ROUNDING);
}
