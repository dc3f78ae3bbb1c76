//! What is said of patterns of attention, held to the sites.

use engine::{
    load::{Model, collect},
    model::Mask,
};
use trace::{
    AskAttentionRow, AskPatterns, AskThumbnails, AttentionRow, Axis, NamedArray, Part, Site,
};

use crate::{
    close::sums,
    tiny::{Values, all_kinds, ask, assert_close, describe, prompt, some_kinds, values},
};

/// Powers of scores up to ten, each as far off as its score, and their sum over all positions.
const ROUNDING: f32 = sums(10 + N_POS);

const N_POS: usize = 10;

#[test]
fn thumbnails_of_a_short_prompt_are_the_patterns() {
    for model in some_kinds() {
        let values = values(&model, &prompt(N_POS), &[]);
        for side in [N_POS, 32] {
            let question = AskThumbnails { side };
            let small = ask(&model, &prompt(N_POS), &[], question);
            for layer in 0..2 {
                let expected = pattern(&values, layer, Part::AttnPattern);
                assert_eq!(
                    &small.at(Axis::Layer, layer).unwrap(),
                    expected,
                    "{}",
                    describe(&model)
                );
            }
        }
    }
}

#[test]
fn thumbnails_of_a_long_prompt_are_the_largest_weights_of_squares() {
    for model in some_kinds() {
        let values = values(&model, &prompt(N_POS), &[]);
        // The side that was asked for, what a cell holds of positions, how many cells there are.
        for (side, step, n_cells) in [(3, 4, 3), (4, 3, 4), (9, 2, 5), (1, 10, 1), (0, 10, 1)] {
            let small = ask(&model, &prompt(N_POS), &[], AskThumbnails { side });
            let sizes: Vec<usize> = small.dims().iter().map(|it| it.1).collect();
            assert_eq!(sizes, [2, 4, n_cells, n_cells], "{side}");
            for (place, &said) in small.values().iter().enumerate() {
                let (cell, above) = (place % (n_cells * n_cells), place / (n_cells * n_cells));
                let all = pattern(&values, above / 4, Part::AttnPattern);
                let head = all.at(Axis::Head, above % 4).unwrap();
                let within = |cell: usize| cell * step..((cell + 1) * step).min(N_POS);
                let most = within(cell / n_cells)
                    .flat_map(|query| within(cell % n_cells).map(move |key| [query, key]))
                    .map(|it| head.get(&it).unwrap())
                    .fold(0.0, f32::max);
                assert_eq!(said, most, "side {side}, place {place}, {}", describe(&model));
            }
        }
    }
}

#[test]
fn patterns_come_in_the_order_of_the_heads_asked_for() {
    for model in some_kinds() {
        let values = values(&model, &prompt(N_POS), &[]);
        let question = AskPatterns { layer: 1, heads: vec![3, 0] };
        let said = ask(&model, &prompt(N_POS), &[], question);
        for (place, head) in [3, 0].into_iter().enumerate() {
            let expected = pattern(&values, 1, Part::AttnPattern).at(Axis::Head, head).unwrap();
            assert_eq!(said.weights.at(Axis::Head, place).unwrap(), expected);
        }
        assert_eq!((said.layer, said.heads), (1, vec![3, 0]));
        let question = AskPatterns { layer: 1, heads: Vec::new() };
        let none = ask(&model, &prompt(N_POS), &[], question);
        assert!(none.weights.values().is_empty());
    }
}

#[test]
fn a_row_is_the_way_from_scores_to_what_is_written() {
    for model in all_kinds() {
        let values = values(&model, &prompt(N_POS), &[]);
        for (layer, head, query) in [(0, 0, 0), (0, 3, 5), (1, 2, N_POS - 1)] {
            let question = AskAttentionRow { layer, head, query };
            let row = ask(&model, &prompt(N_POS), &[], question);
            let what = format!("{layer}.{head} at {query}, {}", describe(&model));
            let line = |part: Part| {
                let head = pattern(&values, layer, part).at(Axis::Head, head).unwrap();
                head.at(Axis::Query, query).unwrap()
            };
            assert_eq!(row.score, line(Part::AttnScore), "{what}");
            assert_eq!(row.weight, line(Part::AttnPattern), "{what}");
            assert_eq!(row.is_causal, model.file.config.mask == Mask::Causal);
            assert_close(&what, row.weight.values(), &softmax(&row), ROUNDING);
            let [value_norm, write_norm] = lengths(&model, &values, &row);
            assert_close(&what, row.value_norm.values(), &value_norm, ROUNDING);
            assert_close(&what, row.write_norm.values(), &write_norm, ROUNDING);
        }
    }
}

/// The weights that the scores of a row make.
fn softmax(row: &AttentionRow) -> Vec<f32> {
    let n_seen = if row.is_causal { row.query + 1 } else { N_POS };
    let raised = |(key, &score): (usize, &f32)| {
        if key < n_seen { f64::from(score).exp() } else { 0.0 }
    };
    let raised: Vec<f64> = row.score.values().iter().enumerate().map(raised).collect();
    let sum: f64 = raised.iter().sum();
    raised.iter().map(|it| (it / sum) as f32).collect()
}

/// Length of each key's value, and of what its share of it writes.
fn lengths(model: &Model, values: &Values, row: &AttentionRow) -> [Vec<f32>; 2] {
    let shape = model.file.config.shape();
    let output = &collect(&model.network).0[&format!("blocks.{}.attn.output.weight", row.layer)];
    let shared = row.head / (shape.n_heads / shape.n_kv_heads);
    let value = pattern(values, row.layer, Part::AttnV).at(Axis::KvHead, shared).unwrap();
    let length = |it: &[f64]| it.iter().map(|it| it * it).sum::<f64>().sqrt() as f32;
    let both = value.values().chunks_exact(shape.d_head).enumerate().map(|(key, value)| {
        let weight = f64::from(row.weight.values()[key]);
        let written: Vec<f64> = (0..shape.d_model)
            .map(|entry| {
                let from = |it: usize| {
                    output.values[(row.head * shape.d_head + it) * shape.d_model + entry]
                };
                let each =
                    value.iter().enumerate().map(|(it, &own)| f64::from(own) * f64::from(from(it)));
                weight * each.sum::<f64>()
            })
            .collect();
        let value: Vec<f64> = value.iter().copied().map(f64::from).collect();
        (length(&value), length(&written))
    });
    let (value_norm, write_norm) = both.unzip();
    [value_norm, write_norm]
}

fn pattern(values: &Values, layer: usize, part: Part) -> &NamedArray {
    &values[&Site::block(layer, part)]
}
