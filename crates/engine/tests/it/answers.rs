//! Direct logit attribution, paths and norms, held to plain maths on the sites.

use burn::prelude::*;
use engine::{
    load::Model,
    model::{Change, Held, Mask, Placement, Resolved},
};
use trace::{
    Absence, AskAttentionRow, AskAttribution, AskLens, AskNorms, AskPaths, AskPatterns,
    AskThumbnails, Attribution, Axis, Basis, LensSite, NamedArray, Part, Paths, Question, Site,
};

use crate::{
    close::sums,
    plain::{depths, direction, dot, rows, site_of, unit, wide},
    tiny::{
        all_kinds, ask, assert_close, describe, find, model, plain, prompt, recurrent_kinds,
        some_kinds, try_ask, values,
    },
};

/// An axis of 12 entries is made, and a stream of 12 is held to it.
const ROUNDING: f32 = sums(2 * 12);

/// What a dozen parts wrote, each read at 12 entries: its share of the norm, the axis and the sum.
const OF_PARTS: f32 = sums(12 + 4 * 12);

const N_POS: usize = 7;

#[test]
fn attributions_add_up_to_the_difference_of_the_logits() {
    for model in all_kinds().chain(recurrent_kinds()) {
        let question = AskAttribution { pos: 4, a: 3, b: 8 };
        if model.file.config.placement == Placement::Post {
            let said = find(&model, &prompt(N_POS), &[], question);
            assert_eq!(said, Err(Absence::NotAdditive), "{}", describe(&model));
            continue;
        }
        let attribution = ask(&model, &prompt(N_POS), &[], question);
        let logits = &values(&model, &prompt(N_POS), &[])[&Site::Logits];
        let of = |token: usize| logits.get(&[4, token]).unwrap();
        adds_up(&describe(&model), &attribution);
        let (total, largest) = (of(3) - of(8), of(3).abs().max(of(8).abs()));
        let tolerance = ROUNDING * largest;
        assert!((attribution.total - total).abs() <= tolerance, "{}", describe(&model));
        follows_the_depth(&model, &attribution);
    }
}

/// `running` goes up, from depth to depth, by what was written between the two.
fn follows_the_depth(model: &Model, attribution: &Attribution) {
    let written = |layer: usize| -> [f32; 2] {
        let heads = attribution.heads.at(Axis::Layer, layer).unwrap();
        let heads: f32 = heads.values().iter().filter(|it| !it.is_nan()).sum();
        [heads + attribution.attn_bias.values()[layer], attribution.mlp.values()[layer]]
    };
    let mut running = attribution.embed;
    let tolerance = OF_PARTS * largest_of(attribution);
    let has_mid = depths(model).contains(&LensSite::mid(0));
    for (&said, site) in attribution.running.values().iter().zip(depths(model)) {
        match site {
            LensSite::Embed => {}
            LensSite::Mid { layer, .. } => running += written(layer)[0],
            LensSite::Post { layer, .. } if has_mid => running += written(layer)[1],
            LensSite::Post { layer, .. } => running += written(layer).iter().sum::<f32>(),
        }
        assert!(
            (said - running).abs() <= tolerance,
            "{site:?} {said} {running}: {}",
            describe(model)
        );
    }
}

#[test]
fn attributions_add_up_after_changes_of_heads_and_of_what_parts_wrote() {
    let pre = some_kinds().filter(|it| it.file.config.placement == Placement::Pre);
    for model in pre {
        let at = |part: Part| Site::block(1, part);
        let scale = |part: Part| Resolved::new(at(part), Change::Scale(0.0));
        let vector = Tensor::from_floats([0.5; 12], &Device::flex());
        let value = Held::along_last(at(Part::AttnOut), vector);
        let mut edits = vec![
            scale(Part::AttnResult).head(2),
            scale(Part::AttnZ).head(2),
            Resolved::new(at(Part::AttnOut), Change::Add { value, strength: 2.0 }),
            scale(Part::AttnOut).at(4),
        ];
        if model.file.config.shape().has_mlp {
            edits.push(scale(Part::MlpOut));
        }
        for edit in edits {
            let what = format!("{:?} {}", edit, describe(&model));
            let question = AskAttribution { pos: 4, a: 3, b: 8 };
            let is_of_head = edit.heads.is_some();
            let attribution = ask(&model, &prompt(N_POS), &[edit], question);
            adds_up(&what, &attribution);
            let ablated = attribution.heads.get(&[1, 2]).unwrap();
            assert_eq!(ablated == 0.0, is_of_head, "{what}");
        }
    }
}

#[track_caller]
fn adds_up(what: &str, attribution: &Attribution) {
    let arrays = [&attribution.heads, &attribution.attn_bias, &attribution.mlp];
    let known = arrays.into_iter().flat_map(NamedArray::values).filter(|it| !it.is_nan());
    let parts = known.sum::<f32>();
    let sum = attribution.embed + parts + attribution.rest;
    let tolerance = OF_PARTS * largest_of(attribution);
    assert!((sum - attribution.total).abs() <= tolerance, "{sum}: {what}");
    let last = attribution.running.values().last().unwrap() + attribution.rest;
    assert!((last - attribution.total).abs() <= tolerance, "{last}: {what}");
}

/// The largest of what parts wrote and of what that came to.
fn largest_of(attribution: &Attribution) -> f32 {
    let Attribution { heads, attn_bias, mlp, running, .. } = attribution;
    let arrays = [heads, attn_bias, mlp, running].into_iter().flat_map(NamedArray::values);
    let all = arrays.chain([&attribution.embed, &attribution.rest]).filter(|it| !it.is_nan());
    all.fold(0.0, |most, it| most.max(it.abs()))
}

#[test]
fn paths_are_the_stream_along_two_axes_at_right_angles() {
    for model in all_kinds() {
        let ids = prompt(N_POS);
        let values = values(&model, &ids, &[]);
        for basis in BASES {
            let paths = ask(&model, &ids, &[], AskPaths { basis });
            assert_eq!(paths.sites, depths(&model));
            let axes = axes(&model, basis);
            let lengths = [[0, 0], [1, 1], [0, 1]].map(|[a, b]| dot(&axes[a], &axes[b]));
            assert!(lengths.iter().zip([1.0, 1.0, 0.0]).all(|(it, to)| (it - to).abs() < 1e-9));
            let streams: Vec<Vec<f64>> =
                depths(&model).into_iter().flat_map(|site| rows(&values[&site_of(site)])).collect();
            let expected: Vec<f32> = streams
                .iter()
                .flat_map(|stream| axes.each_ref().map(|axis| dot(stream, axis) as f32))
                .collect();
            let what = format!("{basis:?}, {}", describe(&model));
            assert_close(&what, paths.points.values(), &expected, ROUNDING);
            assert_shares(&what, &paths, &streams, &axes);
        }
    }
}

/// Squares along two axes, of each position at each of five depths.
const OF_SHARES: f32 = sums(2 * 12 + 5 * N_POS);

fn assert_shares(what: &str, paths: &Paths, streams: &[Vec<f64>], axes: &[Vec<f64>; 2]) {
    let spread = |along: &dyn Fn(&[f64]) -> f64| {
        let values: Vec<f64> = streams.iter().map(|it| along(it)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|it| (it - mean).powi(2)).sum::<f64>()
    };
    let whole: f64 = (0..streams[0].len()).map(|entry| spread(&|it: &[f64]| it[entry])).sum();
    let expected = axes.each_ref().map(|axis| (spread(&|it: &[f64]| dot(it, axis)) / whole) as f32);
    assert_close(what, paths.variance_share.values(), &expected, OF_SHARES);
    assert!(paths.variance_share.values().iter().sum::<f32>() <= 1.0 + ROUNDING, "{what}");
}

#[test]
fn paths_do_not_move_when_the_prompt_goes_on() {
    for model in all_kinds().filter(|it| it.file.config.mask == Mask::Causal) {
        let long = prompt(N_POS + 3);
        for basis in BASES {
            let [whole, begun] = [&long[..], &long[..N_POS]]
                .map(|ids| ask(&model, ids, &[], AskPaths { basis }).points);
            for pos in 0..N_POS {
                let [whole, begun] = [&whole, &begun].map(|it| it.at(Axis::Pos, pos).unwrap());
                assert_close(&describe(&model), whole.values(), begun.values(), ROUNDING);
            }
        }
    }
}

#[test]
fn norms_are_lengths_and_angles_of_the_stream() {
    for model in all_kinds() {
        let ids = prompt(N_POS);
        let values = values(&model, &ids, &[]);
        let norms = ask(&model, &ids, &[], AskNorms);
        assert_eq!(norms.sites, depths(&model));
        let streams: Vec<_> = norms.sites.iter().map(|it| rows(&values[&site_of(*it)])).collect();
        let length = |it: &[f64]| dot(it, it).sqrt();
        let cosine = |a: &[f64], b: &[f64]| dot(a, b) / (length(a) * length(b));
        for (depth, stream) in streams.iter().enumerate() {
            for (pos, own) in stream.iter().enumerate() {
                let before = &streams[depth.saturating_sub(1)][pos];
                let expected = [
                    length(own),
                    cosine(own, before),
                    cosine(own, &streams[streams.len() - 1][pos]),
                ];
                let arrays = [&norms.norm, &norms.cosine_before, &norms.cosine_last];
                let said = arrays.map(|it| it.get(&[depth, pos]).unwrap());
                assert_close(&describe(&model), &said, &expected.map(|it| it as f32), ROUNDING);
            }
        }
    }
}

#[test]
fn what_does_not_exist_cannot_be_asked_for() {
    let mut model = model(plain(), 4);
    let words = |x: u32, y: u32| Question::Paths(AskPaths { basis: Basis::Words { x, y } });
    let outside = [
        Question::Patterns(AskPatterns { layer: 2, heads: vec![0] }),
        Question::Patterns(AskPatterns { layer: 0, heads: vec![0, 4] }),
        Question::AttentionRow(AskAttentionRow { layer: 2, head: 0, query: 0 }),
        Question::AttentionRow(AskAttentionRow { layer: 0, head: 4, query: 0 }),
        Question::Lens(AskLens { a: 17, b: 0 }),
        Question::Lens(AskLens { a: 0, b: u32::MAX - 1 }),
        Question::Attribution(AskAttribution { pos: 0, a: 0, b: 17 }),
        Question::Paths(AskPaths { basis: Basis::Pair { a: 17, b: 0 } }),
        words(0, 17),
    ];
    let said = |model: &Model, question: &Question| try_ask(model, &prompt(N_POS), &[], question);
    for question in outside {
        let answer = said(&model, &question);
        assert!(matches!(answer, Err(Absence::Outside { .. })), "{question:?}: {answer:?}");
    }
    assert_eq!(said(&model, &words(3, 3)), Err(Absence::NoPlane));
    model.basis = None;
    let stored = AskPaths { basis: Basis::Stored }.into();
    assert_eq!(said(&model, &stored), Err(Absence::NoBasis));
    assert!(said(&model, &words(3, 4)).is_ok());
}

#[test]
fn a_position_past_the_end_is_the_last() {
    let model = model(plain(), 4);
    let past = [N_POS, usize::MAX];
    let [writers, row] = [
        |pos: usize| Question::Attribution(AskAttribution { pos, a: 3, b: 8 }),
        |query: usize| Question::AttentionRow(AskAttentionRow { layer: 1, head: 2, query }),
    ];
    for question in [writers, row] {
        let said = |pos: usize| try_ask(&model, &prompt(N_POS), &[], &question(pos)).unwrap();
        assert!(past.iter().all(|&pos| said(pos) == said(N_POS - 1)));
        assert_ne!(said(N_POS - 2), said(N_POS - 1));
    }
}

#[test]
fn what_the_run_did_not_keep_is_named() {
    let model = model(plain(), 5);
    let mut probe = engine::model::Probe::blind();
    let device = Device::flex();
    let tokens = engine::session::token_tensor(&prompt(N_POS), &device);
    model.network.forward(tokens, &mut probe);
    let trace = probe.into_trace().unwrap();
    let asked = [Question::Thumbnails(AskThumbnails { side: 4 })];
    let said = pollster::block_on(engine::ask::answer_all(&model, &trace, &asked));
    assert!(matches!(said.unwrap()[0].answer, Err(Absence::NotKept(_))));
}

const BASES: [Basis; 3] = [Basis::Stored, Basis::Pair { a: 3, b: 8 }, Basis::Words { x: 3, y: 8 }];

/// The two axes of a basis, by Gram and Schmidt.
fn axes(model: &Model, basis: Basis) -> [Vec<f64>; 2] {
    let stored = model.basis.clone().unwrap().axes.map(|it| wide(&it));
    let (first, second) = match basis {
        Basis::Stored => return stored.map(|it| unit(&it)),
        Basis::Pair { a, b } => {
            let [a, b] = [a, b].map(|it| direction(model, it));
            (a.iter().zip(&b).map(|(a, b)| a - b).collect(), stored[0].clone())
        }
        Basis::Words { x, y } => (direction(model, x), direction(model, y)),
    };
    let first = unit(&first);
    let along = dot(&second, &first);
    let beside: Vec<f64> = second.iter().zip(&first).map(|(it, axis)| it - along * axis).collect();
    [first, unit(&beside)]
}
