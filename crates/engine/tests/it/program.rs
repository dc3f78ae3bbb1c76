//! Interventions as a reader writes them: equations that hold for any weights, and what is said of
//! those that cannot be.

use burn::prelude::*;
use engine::{
    load::{Model, Precision, collect},
    model::{Mask, NetworkConfig, Placement},
    session::{Asked, Ran, Session},
};
use trace::{
    Absence, AskAttentionRow, AskAttribution, AskEigenvalues, AskFilm, AskForms, AskLens, AskNext,
    AskNorms, AskPaths, AskPatternDifference, AskPatterns, AskStateLens, AskThumbnails,
    AskTimeScales, AskUnchanged, AskValue, Attribution, Axis, LensSite, NamedArray, Part, Program,
    Question, Reply, Report, Site, SsmKind, Status, Trouble, read_blocks, read_program,
};

use crate::close::{Spread, sums};
use crate::tiny::{
    Values, assert_close, describe, distance, model, plain, recurrent_kinds, seed_of, some_kinds,
    values, weights,
};

/// Values of one part that are computed in another form, heads one by one, or means of samples.
const ROUNDING: f32 = sums(84);

const PROMPT: &str = "w2 w9 w4 w16 w3";
const OTHER: &str = "w7 w5 w12 w3 w8";
const N_POS: usize = 6;

/// A session of this model, with prompts to take means over.
fn open(model: &Model) -> Session {
    let mut file = model.file.clone();
    file.prompts = vec![OTHER.to_owned(), "w3".to_owned(), String::new()];
    let bytes = weights(&file.config, seed_of(model)).to_safetensors(Precision::Single, &[]);
    let mut session = Session::new(Device::flex());
    session.open(file, &bytes).unwrap();
    session
}

/// A program of a text; after ` | ` its order of blocks.
fn program(text: &str) -> Program {
    let (text, blocks) = text.split_once('|').unwrap_or((text, ""));
    let (interventions, errors) = read_program(text);
    assert_eq!(errors, [], "{text}");
    let blocks = (!blocks.is_empty()).then(|| read_blocks(blocks.trim()).unwrap());
    Program { interventions, blocks }
}

fn run(session: &mut Session, prompt: &str, text: &str, ask: &[Question]) -> Ran {
    let asked = Asked { prompt, program: &program(text), ask };
    pollster::block_on(session.run(1, asked)).unwrap()
}

/// What the named site holds after a program all of which is made.
fn at(session: &mut Session, prompt: &str, text: &str, site: Site) -> NamedArray {
    let ran = run(session, prompt, text, &[AskValue { site }.into()]);
    let is_made = ran.report.interventions.iter().all(|it| *it == Status::Made);
    assert!(is_made && ran.report.blocks.is_none(), "{text}: {:?}", ran.report);
    value_of(&ran.answers[0])
}

fn value_of(reply: &Reply) -> NamedArray {
    reply.to::<AskValue>().unwrap_or_else(|| panic!("{reply:?}")).value.clone()
}

fn logits(session: &mut Session, prompt: &str, text: &str) -> NamedArray {
    at(session, prompt, text, Site::Logits)
}

fn report(session: &mut Session, text: &str) -> Report {
    run(session, PROMPT, text, &[]).report
}

fn all_models() -> impl Iterator<Item = Model> {
    some_kinds().chain(recurrent_kinds())
}

fn ids(prompt: &str) -> Vec<u32> {
    let own = prompt.split_whitespace().map(|it| it[1..].parse::<u32>().unwrap());
    std::iter::once(0).chain(own).collect()
}

/// Whether a change at a site makes the network compute in another form.
fn has_other_form(site: Site) -> bool {
    let Site::Block { part, .. } = site else { return false };
    matches!(part, Part::AttnResult | Part::SsmState | Part::SsmDecay)
}

#[test]
fn what_changes_nothing_changes_no_bit() {
    for model in all_models() {
        let mut session = open(&model);
        let before = logits(&mut session, PROMPT, "");
        // Heads one by one, states position by position.
        let tolerance = Spread::of(&model, &ids(PROMPT)).at(Site::Logits);
        for &site in values(&model, &ids(PROMPT), &[]).keys() {
            for op in ["scale 1", "freeze", "set 0 zero", &format!("set run(\"{PROMPT}\")")] {
                let after = logits(&mut session, PROMPT, &format!("{site} {op}"));
                let what = format!("{site} {op}, {}", describe(&model));
                if has_other_form(site) {
                    assert_close(&what, after.values(), before.values(), tolerance);
                } else {
                    assert_eq!(after, before, "{what}");
                }
            }
        }
    }
}

#[test]
fn without_its_heads_attention_says_its_bias() {
    for model in some_kinds() {
        let mut session = open(&model);
        let site = Site::block(1, Part::AttnOut);
        let d_model = model.shape.d_model;
        let bias = collect(&model.network).0.remove("blocks.1.attn.output.bias");
        let bias = bias.map_or_else(|| vec![0.0; d_model], |it| it.values);
        for text in [
            "heads.1 set zero",
            "head.1.0 scale 0; head.1.1 scale 0; head.1.2 scale 0; head.1.3 scale 0",
        ] {
            let out = at(&mut session, PROMPT, text, site);
            for row in out.values().chunks_exact(d_model) {
                assert_close(&describe(&model), row, &bias, ROUNDING);
            }
        }
    }
}

#[test]
fn a_layer_of_zero_is_a_block_left_out() {
    for model in all_models().filter(|it| it.file.config.placement == Placement::Pre) {
        let mut session = open(&model);
        let skipped = logits(&mut session, PROMPT, "|0");
        assert_eq!(logits(&mut session, PROMPT, "layer.1 set zero"), skipped);
        // The stream that the block found passes.
        let stream = at(&mut session, PROMPT, "", Site::block(1, Part::ResidPre));
        let passed = at(&mut session, PROMPT, "|0", Site::block(0, Part::ResidPost));
        assert_eq!(passed, stream, "{}", describe(&model));
    }
}

#[test]
fn what_is_added_along_a_direction_is_projected_out_again() {
    for model in all_models() {
        let mut session = open(&model);
        let site = "blocks.0.resid_post";
        for direction in ["token(w5)", "token(w5)-token(w11)", "axis(2)"] {
            let out = format!("{site} project-out {direction}");
            let add = format!("{site} add 3 {direction}");
            let alone = logits(&mut session, PROMPT, &out);
            let both = logits(&mut session, PROMPT, &format!("{add}; {out}"));
            assert_close(&describe(&model), both.values(), alone.values(), 1e-4);
            // In the other order the direction is there again.
            let other = logits(&mut session, PROMPT, &format!("{out}; {add}"));
            assert!(1e-3 < distance(other.values(), alone.values()), "{}", describe(&model));
        }
    }
}

#[test]
fn steering_toward_a_token_adds_a_vector_of_its_strength() {
    for model in some_kinds() {
        let mut session = open(&model);
        let site = Site::block(0, Part::ResidPost);
        let before = at(&mut session, PROMPT, "", site);
        let text = "blocks.0.resid_post@2-3 add -2.5 token(w5)-token(w11)";
        let after = at(&mut session, PROMPT, text, site);
        for pos in 0..N_POS {
            let row = |of: &NamedArray| of.at(Axis::Pos, pos).unwrap().values().to_vec();
            let added: Vec<f32> =
                row(&after).iter().zip(row(&before)).map(|(a, b)| a - b).collect();
            let length = added.iter().map(|it| it * it).sum::<f32>().sqrt();
            let expected = if (2..=3).contains(&pos) { 2.5 } else { 0.0 };
            assert!((length - expected).abs() < 1e-5, "{pos}: {length}");
        }
        // At the last depth, where nothing but norm and unembedding follow, A − B falls.
        if model.file.config.placement == Placement::Pre {
            let end = |session: &mut Session, text: &str| {
                let last = logits(session, PROMPT, text).at(Axis::Pos, N_POS - 1).unwrap();
                last.values()[5] - last.values()[11]
            };
            let before = end(&mut session, "");
            let after =
                end(&mut session, "blocks.1.resid_post@last add -0.01 token(w5)-token(w11)");
            assert!(after < before, "{before} {after}: {}", describe(&model));
        }
    }
}

#[test]
fn the_stream_of_another_prompt_gives_its_answer() {
    for model in all_models() {
        let mut session = open(&model);
        let [own, theirs] = [PROMPT, OTHER].map(|it| logits(&mut session, it, ""));
        let whole = format!("blocks.0.resid_post set run(\"{OTHER}\")");
        assert_eq!(logits(&mut session, PROMPT, &whole), theirs, "{}", describe(&model));
        // Where nothing but the last position reads the last stream, that alone.
        let one = format!("blocks.1.resid_post@2 set run(\"{OTHER}\")");
        let patched = logits(&mut session, PROMPT, &one);
        for pos in 0..N_POS {
            let expected = if pos == 2 { &theirs } else { &own };
            let [patched, expected] = [&patched, expected].map(|it| it.at(Axis::Pos, pos).unwrap());
            assert_close(&describe(&model), patched.values(), expected.values(), ROUNDING);
        }
        // A longer one may lend its first positions.
        let longer = format!("blocks.0.resid_post set run(\"{OTHER} w9 w9\")");
        if model.file.config.mask == Mask::Causal {
            let patched = logits(&mut session, PROMPT, &longer);
            let tolerance = Spread::of(&model, &ids(OTHER)).at(Site::Logits);
            assert_close(&describe(&model), patched.values(), theirs.values(), tolerance);
        }
    }
}

/// The mean over all positions but the first of the prompts that came with the model.
fn mean_of(model: &Model, site: Site) -> Vec<f32> {
    let (mut sum, mut count) = (Vec::new(), 0);
    for prompt in [OTHER, "w3"] {
        let value = values(model, &ids(prompt), &[])[&site].clone();
        for pos in 1..ids(prompt).len() {
            let row = value.at(Axis::Pos, pos).unwrap();
            sum.resize(row.values().len(), 0.0);
            sum.iter_mut().zip(row.values()).for_each(|(sum, it)| *sum += it);
            count += 1;
        }
    }
    sum.into_iter().map(|it| it / count as f32).collect()
}

#[test]
fn a_mean_is_that_of_the_models_own_prompts() {
    for model in all_models() {
        let mut session = open(&model);
        let all = values(&model, &ids(PROMPT), &[]);
        for (&site, own) in all.iter().filter(|it| it.1.dims()[0].0 == Axis::Pos) {
            let mean = mean_of(&model, site);
            let text = format!("{site}@1,3 set mean");
            let after = at(&mut session, PROMPT, &text, site);
            for pos in [1, 3] {
                let row = after.at(Axis::Pos, pos).unwrap();
                let size = own.values().iter().fold(1e-3f32, |most, it| most.max(it.abs()));
                for (found, expected) in row.values().iter().zip(&mean) {
                    let is_close = (found - expected).abs() <= ROUNDING * size;
                    assert!(is_close, "{site} {found} {expected}: {}", describe(&model));
                }
            }
            let row = |of: &NamedArray| of.at(Axis::Pos, 0).unwrap();
            assert_close(&describe(&model), row(&after).values(), row(own).values(), ROUNDING);
        }
    }
}

#[test]
fn halfway_to_the_mean_is_halfway() {
    let model = model(plain(), 4);
    let mut session = open(&model);
    let site = Site::block(1, Part::AttnZ);
    let before = at(&mut session, PROMPT, "", site);
    let mean = mean_of(&model, site);
    let after = at(&mut session, PROMPT, "blocks.1.attn.z:2,3 set 0.5 mean", site);
    let d_head = model.shape.d_head;
    for (flat, found) in after.values().iter().enumerate() {
        let own = before.values()[flat];
        let is_changed = 2 <= flat / d_head % 4;
        let to = mean[flat % mean.len()];
        let expected = if is_changed { f32::midpoint(own, to) } else { own };
        assert!(
            (found - expected).abs() <= sums(N_POS + 3) * expected.abs().max(1.0),
            "{flat}: {found} {expected}"
        );
    }
}

#[test]
fn blocks_run_in_the_order_that_is_asked_for() {
    for model in all_models() {
        let mut session = open(&model);
        let stream = |layer: usize, pass: usize, part: Part| Site::Block { layer, pass, part };
        let [pre, post] = [Part::ResidPre, Part::ResidPost];
        // Each pass finds what the one before left.
        let order = [(0, 0), (1, 0), (0, 1), (0, 2), (1, 1)];
        let text = "|0,1,0,0,1";
        for pair in order.windows(2) {
            let [before, after] = [pair[0], pair[1]];
            let left = at(&mut session, PROMPT, text, stream(before.0, before.1, post));
            let found = at(&mut session, PROMPT, text, stream(after.0, after.1, pre));
            assert_eq!(left, found, "{}", describe(&model));
        }
        // A second pass is what the block makes of that stream at a first one.
        let found = at(&mut session, PROMPT, text, stream(0, 1, pre));
        let left = at(&mut session, PROMPT, text, stream(0, 1, post));
        let change = engine::model::Change::Blend {
            value: engine::model::Held::from_array(&found, &Device::flex()),
            strength: 1.0,
        };
        let alone = engine::model::Resolved::new(Site::block(0, pre), change);
        let alone: Values = values(&model, &ids(PROMPT), &[alone]);
        let expected = alone[&Site::block(0, post)].values();
        assert_close(&describe(&model), left.values(), expected, ROUNDING);
        // As trained is as trained.
        let trained = logits(&mut session, PROMPT, "");
        assert_eq!(logits(&mut session, PROMPT, "|0,1"), trained);
        assert!(1e-4 < distance(logits(&mut session, PROMPT, "|1,0").values(), trained.values()));
    }
}

#[test]
fn an_intervention_of_one_pass_leaves_the_others() {
    let model = model(plain(), 5);
    let mut session = open(&model);
    let site = |pass: usize| Site::Block { layer: 1, pass, part: Part::MlpOut };
    for (text, expected) in [
        ("mlp.1 set zero|0,1,1", [true, false]),
        ("mlp.1#2 set zero|0,1,1", [false, true]),
        ("mlp.1#* set zero|0,1,1", [true, true]),
        ("blocks.1.mlp.out set zero|0,1,1", [true, false]),
        ("blocks.1#2.mlp.out set zero|0,1,1", [false, true]),
        ("blocks.*.mlp.out set zero|0,1,1", [true, true]),
    ] {
        for (pass, is_ablated) in expected.into_iter().enumerate() {
            let out = at(&mut session, PROMPT, text, site(pass));
            let is_zero = out.values().iter().all(|it| *it == 0.0);
            assert_eq!(is_zero, is_ablated, "{text} {pass}");
        }
    }
}

#[test]
fn attribution_adds_up_whatever_blocks_run() {
    for model in all_models().filter(|it| it.file.config.placement == Placement::Pre) {
        let mut session = open(&model);
        for order in ["0", "1", "1,0", "0,1,1", "1,0,1,0,0"] {
            let ask: [Question; 2] =
                [AskAttribution { pos: 4, a: 3, b: 8 }.into(), AskLens { a: 3, b: 8 }.into()];
            let ran = run(&mut session, PROMPT, &format!("|{order}"), &ask);
            let what = format!("{order}, {}", describe(&model));
            let attribution = ran.answers[0].to::<AskAttribution>().unwrap();
            let lens = ran.answers[1].to::<AskLens>().unwrap();
            adds_up(&what, attribution);
            // A row of the lens for each pass, the last of which is the output.
            let blocks = read_blocks(order).unwrap();
            let posts: Vec<_> = lens
                .sites
                .iter()
                .filter_map(|it| match it {
                    LensSite::Post { layer, .. } => Some(*layer),
                    _ => None,
                })
                .collect();
            assert_eq!(posts, blocks, "{what}");
            let said = |token: &NamedArray| token.get(&[lens.sites.len() - 1, 4]).unwrap();
            let apart = said(&lens.logprob_a) - said(&lens.logprob_b);
            assert!(
                (apart - attribution.total).abs() < 1e-4,
                "{what}: {apart} {}",
                attribution.total
            );
            for layer in (0..2).filter(|it| !blocks.contains(it)) {
                assert_eq!(attribution.mlp.values()[layer], 0.0);
                let heads = attribution.heads.at(Axis::Layer, layer).unwrap();
                assert!(heads.values().iter().all(|it| it.is_nan() || *it == 0.0), "{what}");
            }
        }
    }
}

#[track_caller]
fn adds_up(what: &str, writers: &Attribution) {
    let arrays = [&writers.heads, &writers.attn_bias, &writers.mlp];
    let known = arrays.into_iter().flat_map(NamedArray::values).filter(|it| !it.is_nan());
    let sum = writers.embed + known.sum::<f32>() + writers.rest;
    // Several passes add up some twenty values of about ten.
    let bound = 1e-4 * writers.total.abs().max(10.0);
    assert!((sum - writers.total).abs() < bound, "{sum}, not {}: {what}", writers.total);
}

#[test]
fn questions_of_a_block_that_does_not_run_say_so() {
    for model in recurrent_kinds().chain(some_kinds()) {
        let mut session = open(&model);
        let (layer, head) = (1, 0);
        let ask: Vec<Question> = vec![
            AskNext.into(),
            AskNorms.into(),
            AskTimeScales.into(),
            AskThumbnails { side: 4 }.into(),
            AskPatterns { layer, heads: vec![head] }.into(),
            AskPaths { basis: trace::Basis::Stored }.into(),
        ];
        let ran = run(&mut session, PROMPT, "|0", &ask);
        assert!(ran.answers.iter().all(|it| it.answer.is_ok()), "{:?}", ran.answers);
        let patterns = ran.answers[4].to::<AskPatterns>().unwrap();
        assert!(patterns.weights.values().iter().all(|it| it.is_nan()));
        // What is of that block alone says why it is not.
        let mut ask: Vec<Question> = vec![AskAttentionRow { layer, head, query: 3 }.into()];
        if model.shape.mixers[layer].ssm.is_some() {
            let head = model.shape.mixers[layer].n_attention_heads;
            ask.push(AskFilm { layer, head }.into());
            ask.push(AskForms { layer, head }.into());
            ask.push(AskEigenvalues { layer, head }.into());
            ask.push(AskStateLens { layer, head, pos: 3, source: 1 }.into());
        }
        for reply in run(&mut session, PROMPT, "|0", &ask).answers {
            let is_said = matches!(reply.answer, Err(Absence::Skipped(1)));
            assert!(is_said, "{reply:?}: {}", describe(&model));
        }
        let difference = AskPatternDifference { layer, head, minus: [0, 0] };
        let said = run(&mut session, PROMPT, "|0", &[difference.into()]).answers.remove(0);
        assert!(said.answer.is_err(), "{said:?}");
    }
}

/// Models with a recurrent head 0 or behind attention's, and where that is.
fn recurrent_heads() -> impl Iterator<Item = (Model, usize, usize)> {
    recurrent_kinds().flat_map(|model| {
        let heads: Vec<_> = model
            .shape
            .mixers
            .iter()
            .enumerate()
            .filter(|it| it.1.ssm.is_some())
            .map(|(layer, it)| (layer, it.n_attention_heads))
            .collect();
        let (config, seed) = (model.file.config.clone(), seed_of(&model));
        heads
            .into_iter()
            .map(move |(layer, head)| (crate::tiny::model(config.clone(), seed), layer, head))
    })
}

#[test]
fn a_state_is_changed_at_one_position_or_carried_on() {
    for (model, layer, head) in recurrent_heads() {
        let mut session = open(&model);
        let what = format!("layer {layer}, {}", describe(&model));
        let site = Site::block(layer, Part::SsmState);
        let z = Site::block(layer, Part::SsmZ);
        let ask = [AskValue { site }.into(), AskValue { site: z }.into()];
        let mut sites = |text: &str| -> [NamedArray; 2] {
            let ran = run(&mut session, PROMPT, text, &ask);
            assert!(ran.report.interventions.iter().all(|it| *it == Status::Made), "{what}");
            [value_of(&ran.answers[0]), value_of(&ran.answers[1])]
        };
        let before = sites("");
        let local = sites(&format!("state.{layer}.{head}@2 scale 0"));
        let carried = sites(&format!("carry.{layer}.{head}@2 scale 0"));
        let row = |of: &NamedArray, pos: usize| of.at(Axis::Pos, pos).unwrap().values().to_vec();
        for pos in 0..N_POS {
            for of in 0..2 {
                let [old, one, on] = [&before, &local, &carried].map(|it| row(&it[of], pos));
                assert_eq!(one == old, pos != 2, "{what}, {pos}");
                assert!(pos != 2 || on == one, "{what}: at its position both are one");
                assert!(2 <= pos || on == old, "{what}, {pos}");
            }
        }
        assert!(row(&carried[0], 3) != row(&before[0], 3), "{what}: it goes on");
    }
}

#[test]
fn a_token_that_is_not_written_changes_what_comes_after() {
    let mut n_seen = 0;
    for (model, layer, head) in recurrent_heads() {
        let mut session = open(&model);
        let what = format!("layer {layer}, {}", describe(&model));
        let text = format!("write.{layer}.{head}@2 scale 0");
        if model.shape.mixers[layer]
            .ssm
            .as_ref()
            .is_some_and(|it| matches!(it.kind, SsmKind::Gru | SsmKind::Lstm))
        {
            let said = report(&mut session, &text).interventions.remove(0);
            assert!(matches!(said, Status::Failed(Trouble::Lacks { .. })), "{what}: {said:?}");
            continue;
        }
        let site = Site::block(layer, Part::SsmState);
        let [before, after] = ["", &text].map(|it| at(&mut session, PROMPT, it, site));
        let row = |of: &NamedArray, pos: usize| of.at(Axis::Pos, pos).unwrap();
        assert_eq!(row(&before, 1), row(&after, 1), "{what}");
        assert!(row(&before, 3) != row(&after, 3), "{what}: it propagates");
        n_seen += 1;
    }
    assert!(10 < n_seen, "{n_seen}");
}

#[test]
fn a_clamped_value_is_between_its_bounds() {
    let model = model(plain(), 6);
    let mut session = open(&model);
    let site = Site::block(0, Part::MlpAct);
    let before = at(&mut session, PROMPT, "", site);
    let after = at(&mut session, PROMPT, "blocks.0.mlp.act clamp -0.1 0.2", site);
    let expected: Vec<f32> = before.values().iter().map(|it| it.clamp(-0.1, 0.2)).collect();
    assert_eq!(after.values(), expected);

    // Along a direction, its coordinate alone is set.
    let site = Site::block(0, Part::ResidPost);
    let before = at(&mut session, PROMPT, "", site);
    let after = at(&mut session, PROMPT, "blocks.0.resid_post clamp 2 2 along axis(1)", site);
    for (new, old) in after.values().chunks_exact(12).zip(before.values().chunks_exact(12)) {
        // The tiny models' first axis is (0.6, 0.8, 0, …).
        let along = |row: &[f32]| 0.6 * row[0] + 0.8 * row[1];
        assert!((along(new) - 2.0).abs() < 1e-5);
        assert!((0.8 * (new[0] - old[0]) - 0.6 * (new[1] - old[1])).abs() < 1e-5);
        assert_eq!(new[2..], old[2..]);
    }
}

#[test]
fn rows_of_a_pattern_read_as_they_are_told() {
    let config = NetworkConfig { mixers: Vec::new(), ..plain() };
    let model = model(config, 7);
    let mut session = open(&model);
    let site = Site::block(1, Part::AttnPattern);
    let before = at(&mut session, PROMPT, "", site);
    let row_of = |of: &NamedArray, head: usize, query: usize| -> Vec<f32> {
        (0..N_POS).map(|key| of.get(&[head, query, key]).unwrap()).collect()
    };
    let one =
        |own: usize| (0..N_POS).map(|it| f32::from(u8::from(it == own))).collect::<Vec<f32>>();
    for query in 0..N_POS {
        let uniform = (0..N_POS).map(|it| if it <= query { 1.0 / (query + 1) as f32 } else { 0.0 });
        let mut cases = vec![
            ("first", one(0)),
            ("self", one(query)),
            ("previous", one(query.saturating_sub(1))),
            ("uniform", uniform.collect()),
        ];
        // Queries before the key stay as they are.
        cases.push(("key(3)", if query < 3 { row_of(&before, 2, query) } else { one(3) }));
        for (row, expected) in cases {
            let after =
                at(&mut session, PROMPT, &format!("blocks.1.attn.pattern:2 set {row}"), site);
            assert_eq!(row_of(&after, 2, query), expected, "{row} {query}");
            assert_eq!(row_of(&after, 1, query), row_of(&before, 1, query), "{row} {query}");
        }
        let after = at(&mut session, PROMPT, "blocks.1.attn.pattern:2@1- hide 0,2", site);
        let found = row_of(&after, 2, query);
        if query == 0 {
            assert_eq!(found, row_of(&before, 2, 0), "its position was not named");
        } else {
            let mut expected = row_of(&before, 2, query);
            (expected[0], expected[2]) = (0.0, 0.0);
            let sum: f32 = expected.iter().sum();
            expected.iter_mut().for_each(|it| *it /= sum);
            assert_close("hidden keys", &found, &expected, sums(2 * N_POS));
        }
    }
    // Where nothing is left nothing is read.
    let after = at(&mut session, PROMPT, "blocks.1.attn.pattern hide 0", site);
    assert_eq!(row_of(&after, 0, 0), vec![0.0; N_POS]);
}

#[test]
fn a_frozen_pattern_is_that_of_the_unchanged_run() {
    for model in some_kinds() {
        let mut session = open(&model);
        let site = Site::block(1, Part::AttnPattern);
        let before = at(&mut session, PROMPT, "", site);
        let moved = at(&mut session, PROMPT, "embed scale 3", site);
        assert!(moved != before, "{}", describe(&model));
        let text = "embed scale 3; blocks.*.attn.pattern freeze";
        assert_eq!(at(&mut session, PROMPT, text, site), before, "{}", describe(&model));
        // In whatever order they stand, for they meet at different sites.
        let text = "blocks.*.attn.pattern freeze; embed scale 3";
        assert_eq!(at(&mut session, PROMPT, text, site), before, "{}", describe(&model));
    }
}

#[test]
fn positions_behind_the_end_wait() {
    let mut session = open(&model(plain(), 8));
    let plain = logits(&mut session, PROMPT, "");
    let cases = [
        ("mlp.0@9 scale 0", Status::Waiting { pos: 9 }),
        ("mlp.0@7-9 scale 0", Status::Waiting { pos: 7 }),
        ("mlp.0@6- scale 0", Status::Waiting { pos: 6 }),
        ("mlp.0@5- scale 0", Status::Made),
        ("mlp.0@4-90 scale 0", Status::Made),
        ("mlp.0@last scale 0", Status::Made),
    ];
    for (text, expected) in cases {
        let ran = run(&mut session, PROMPT, text, &[AskValue { site: Site::Logits }.into()]);
        assert_eq!(ran.report.interventions, std::slice::from_ref(&expected), "{text}");
        assert_eq!(value_of(&ran.answers[0]) == plain, expected != Status::Made, "{text}");
    }
}

#[test]
fn what_cannot_be_is_told_and_left_out() {
    let config = NetworkConfig { n_kv_heads: Some(2), ..plain() };
    let mut session = open(&model(config, 9));
    let plain = logits(&mut session, PROMPT, "");
    let cases = [
        ("mlp.2 scale 0", "layers 0 to 1, and none with number 2"),
        ("head.1.4 scale 0", "layer 1 has heads 0 to 3, and none with number 4"),
        ("blocks.0.attn.k:2 scale 0", "blocks.0.attn.k has heads 0 to 1"),
        ("blocks.*.attn.z:1,9 scale 0", "blocks.0.attn.z has heads 0 to 3"),
        ("blocks.0.resid_pre:0 scale 0", "no heads to choose from"),
        ("blocks.0.mlp.linear scale 0", "no site like blocks.0.mlp.linear"),
        ("blocks.5.mlp.out scale 0", "none with number 5"),
        ("blocks.*.ssm.z scale 0", "no site like blocks.*.ssm.z"),
        ("mlp.0#2 scale 0", "block 0 runs 1 times, and has no pass 2"),
        ("blocks.0#2.mlp.out scale 0", "has no pass 2"),
        ("write.0.1@2 scale 0", "recurrence in head 1, which is attention"),
        ("state.0.9@2 scale 0", "none with number 9"),
        ("blocks.0.resid_post add 1 token(barn)", "does not know the token “barn”"),
        ("blocks.0.resid_post add 1 token(w4)-token(w4)", "“w4” and “w4” point the same way"),
        ("blocks.0.resid_post project-out axis(3)", "axes 1 and 2, and none with number 3"),
        ("blocks.0.resid_post project-out axis(0)", "none with number 0"),
        ("blocks.0.mlp.act add 1 token(w4)", "does not fit blocks.0.mlp.act"),
        ("mlp.0 set token(w4)", "use add"),
        ("mlp.0 project-out mean", "needs a direction"),
        ("mlp.0 clamp 0 1 along zero", "needs a direction"),
        ("mlp.0 clamp 1 0", "from 1 to 0 there is nothing"),
        ("mlp.0 set uniform", "blocks.0.mlp.out is no pattern"),
        ("mlp.0 hide 1", "blocks.0.mlp.out is no pattern"),
        ("blocks.0.attn.pattern add 1 uniform", "can only be set"),
        ("blocks.0.attn.pattern set mean", "has no mean"),
        ("blocks.0.attn.pattern set key(9)", "may read key 9"),
        ("blocks.0.attn.pattern@1-2 set key(4)", "may read key 4"),
        ("blocks.0.attn.pattern hide 9", "may read key 9"),
        ("mlp.0 set run(\"w3\")", "the other prompt has 2 tokens, and position 5 is asked for"),
    ];
    for (text, expected) in cases {
        let ran = run(&mut session, PROMPT, text, &[AskValue { site: Site::Logits }.into()]);
        let [Status::Failed(trouble)] = &ran.report.interventions[..] else {
            panic!("{text}: {:?}", ran.report)
        };
        assert!(trouble.to_string().contains(expected), "{text}: {trouble}");
        assert_eq!(value_of(&ran.answers[0]), plain, "{text}");
    }
}

#[test]
fn an_order_that_cannot_be_is_told_and_blocks_run_as_trained() {
    let mut session = open(&model(plain(), 10));
    let trained = logits(&mut session, PROMPT, "");
    let program = |blocks: Vec<usize>| Program { interventions: Vec::new(), blocks: Some(blocks) };
    let cases = [
        (program(Vec::new()), Trouble::NoBlocks),
        (program(vec![0, 2]), Trouble::NoLayer { layer: 2, last: 1 }),
        (program(vec![0; 65]), Trouble::TooManyBlocks { count: 65, most: 64 }),
    ];
    for (program, expected) in cases {
        let ask = [AskValue { site: Site::Logits }.into(), AskUnchanged::of(AskNext).into()];
        let asked = Asked { prompt: PROMPT, program: &program, ask: &ask };
        let ran = pollster::block_on(session.run(1, asked)).unwrap();
        assert_eq!(ran.report.blocks, Some(expected));
        assert_eq!(value_of(&ran.answers[0]), trained);
        assert_eq!(ran.answers[1].answer, Err(Absence::NothingChanged));
    }
    let told = |session: &mut Session, text: &str| report(session, text).interventions.remove(0);
    let skipped = told(&mut session, "mlp.1 scale 0|0");
    assert_eq!(skipped, Status::Failed(Trouble::Skipped { layer: 1 }));
    let second = told(&mut session, "mlp.1#2 freeze|0,1,1");
    assert!(matches!(second, Status::Failed(Trouble::NoCounterpart(_))), "{second:?}");
    let third = told(&mut session, "mlp.1#3 scale 0|0,1,1");
    assert_eq!(third, Status::Failed(Trouble::NoPass { layer: 1, nth: 3, n_passes: 2 }));
}

#[test]
fn without_a_sample_there_is_no_mean_and_no_axis() {
    let model = model(plain(), 11);
    let mut weights = weights(&model.file.config, seed_of(&model));
    weights.0.retain(|name, _| !name.starts_with("basis"));
    let bytes = weights.to_safetensors(Precision::Single, &[]);
    let mut file = model.file.clone();
    (file.weights_sha256, file.weights_bytes) = (engine::load::digest(&bytes), bytes.len() as u64);
    let mut session = Session::new(Device::flex());
    session.open(file, &bytes).unwrap();
    for (text, expected) in
        [("mlp.0 set mean", Trouble::NoSample), ("mlp.0 add 1 axis(1)", Trouble::NoBasis)]
    {
        let said = report(&mut session, text).interventions;
        assert_eq!(said, [Status::Failed(expected)], "{text}");
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    let mut session = open(&model(plain(), 12));
    for factor in [f32::NAN, f32::INFINITY] {
        let mut program = program("mlp.0 scale 1");
        program.interventions[0] = program.interventions[0].clone().with_strength(factor);
        let asked = Asked { prompt: PROMPT, program: &program, ask: &[] };
        let ran = pollster::block_on(session.run(1, asked)).unwrap();
        let said = &ran.report.interventions[0];
        assert!(matches!(said, Status::Failed(Trouble::NotFinite(_))), "{said:?}");
    }
}
