//! What is said of states and of hidden attention, held to the sites and to plain maths.

use engine::{
    load::{Model, collect},
    model::{Change, Resolved},
};
use trace::{
    Absence, AskAttentionRow, AskEigenvalues, AskFilm, AskForms, AskPatternDifference, AskPatterns,
    AskStateLens, AskTimeScales, Axis, NamedArray, Part, Site, StateLens,
};

use crate::{
    close::sums,
    plain::{direction, dot, wide},
    tiny::{Values, ask, assert_close, describe, find, prompt, recurrent_kinds, seed_of, values},
};

/// Six slots of a state are written, taken from and read at each position; nothing makes a state
/// longer but what is written, as decays and erasures take from it or turn it.
const ROUNDING: f32 = sums(2 * 6 * N_POS);

const N_POS: usize = 9;

/// Every recurrent layer of every kind with its values.
fn recurrent_layers() -> impl Iterator<Item = (Model, Values, usize)> {
    recurrent_kinds().flat_map(|model| {
        let values = values(&model, &prompt(N_POS), &[]);
        let layers: Vec<usize> =
            (0..2).filter(|&layer| model.file.config.ssm(layer).is_some()).collect();
        layers.into_iter().map(move |layer| {
            let again = crate::tiny::model(model.file.config.clone(), seed_of(&model));
            (again, values.clone(), layer)
        })
    })
}

/// How many of a recurrent layer's own heads one that is shown stands for.
fn together(model: &Model, layer: usize) -> usize {
    model.shape.mixers[layer].ssm.as_ref().unwrap().together
}

fn at(values: &Values, layer: usize, part: Part) -> Option<&NamedArray> {
    values.get(&Site::block(layer, part))
}

#[test]
fn hidden_attention_mixes_values_to_what_is_read() {
    for (model, values, layer) in recurrent_layers() {
        let shape = &model.shape;
        let mixer = &shape.mixers[layer];
        let ssm = mixer.ssm.as_ref().unwrap();
        let heads: Vec<usize> = (0..shape.n_heads).collect();
        let question = AskPatterns { layer, heads };
        let patterns = ask(&model, &prompt(N_POS), &[], question);
        let first = mixer.n_attention_heads;
        for head in 0..shape.n_heads {
            let is_known = !patterns.weights.get(&[head, 0, 0]).unwrap().is_nan();
            let expected = head < first || (ssm.has_matrix && head < first + ssm.n_heads);
            assert_eq!(is_known, expected, "head {head} of {}", describe(&model));
        }
        if !ssm.has_matrix || ssm.together != 1 {
            continue;
        }
        let value = at(&values, layer, Part::SsmValue).unwrap();
        let (y, d_value) = (at(&values, layer, Part::SsmY).unwrap(), value.dims()[2].1);
        let skip = collect(&model.network).0.remove(&format!("blocks.{layer}.ssm.skip"));
        let place = |pos: usize, head: usize, row: usize| -> f32 {
            let mix = |key: usize| {
                let weight = patterns.weights.get(&[first + head, pos, key]).unwrap();
                weight * value.get(&[key, head, row]).unwrap()
            };
            let past = skip.as_ref().map_or(0.0, |it| it.values[head % it.values.len()]);
            (0..N_POS).map(mix).sum::<f32>() + past * value.get(&[pos, head, row]).unwrap()
        };
        let expected: Vec<f32> = (0..N_POS)
            .flat_map(|pos| (0..ssm.n_heads).map(move |head| (pos, head)))
            .flat_map(|(pos, head)| (0..d_value).map(move |row| (pos, head, row)))
            .map(|(pos, head, row)| place(pos, head, row))
            .collect();
        assert_close(&describe(&model), y.values(), &expected, ROUNDING);
    }
}

#[test]
fn heads_that_are_shown_as_one_are_their_mean() {
    let wide = recurrent_layers().filter(|it| together(&it.0, it.2) == 3);
    let mut n_seen = 0;
    for (model, values, layer) in wide.filter(|it| at(&it.1, it.2, Part::SsmDecay).is_some()) {
        let shape = &model.shape;
        let first = shape.mixers[layer].n_attention_heads;
        let question = AskPatterns { layer, heads: vec![first + 1] };
        let patterns = ask(&model, &prompt(N_POS), &[], question);
        let get = |part: Part, place: &[usize]| {
            f64::from(at(&values, layer, part).unwrap().get(place).unwrap())
        };
        let channel = |channel: usize, query: usize, key: usize| -> f64 {
            let slot = |slot: usize| -> f64 {
                let left: f64 = (key + 1..=query)
                    .map(|pos| get(Part::SsmDecay, &[pos, channel, slot]))
                    .product();
                get(Part::SsmRead, &[query, 0, slot]) * left * get(Part::SsmWrite, &[key, 0, slot])
            };
            (0..3).map(slot).sum::<f64>() * get(Part::SsmStep, &[key, channel])
        };
        for (query, key) in [(0, 0), (5, 2), (8, 0), (8, 8)] {
            let mean = (3..6).map(|it| channel(it, query, key)).sum::<f64>() / 3.0;
            let found = f64::from(patterns.weights.get(&[0, query, key]).unwrap());
            let tolerance = f64::from(ROUNDING) * mean.abs().max(1.0);
            assert!((found - mean).abs() <= tolerance, "{found}, not {mean}: {}", describe(&model));
        }
        n_seen += 1;
    }
    assert!(0 < n_seen);
}

#[test]
fn a_film_is_the_states_and_what_came_and_went() {
    for (model, values, layer) in recurrent_layers() {
        let shape = &model.shape;
        let first = shape.mixers[layer].n_attention_heads;
        let question = AskFilm { layer, head: first };
        let Ok(film) = find(&model, &prompt(N_POS), &[], question) else {
            assert!(at(&values, layer, Part::SsmRead).is_none(), "{}", describe(&model));
            continue;
        };
        let count = together(&model, layer);
        let states = at(&values, layer, Part::SsmState).unwrap();
        let own = states.select(Axis::Head, &(0..count).collect::<Vec<_>>()).unwrap();
        assert_close(&describe(&model), film.states.values(), own.values(), ROUNDING);
        let size = own.values().len() / N_POS;
        let square = |row: &[f32]| wide(row).iter().map(|it| it * it).sum::<f64>();
        for pos in 0..N_POS {
            let state = &own.values()[pos * size..(pos + 1) * size];
            let ranks = film.singular.at(Axis::Pos, pos).unwrap();
            let (whole, parts) = (square(state), square(ranks.values()));
            assert!(
                (whole - parts).abs() <= f64::from(ROUNDING) * whole.max(1e-3),
                "{whole} and {parts}"
            );
            assert!(ranks.values().windows(2).all(|it| it[1] <= it[0]), "the largest first");
        }
        // The first state is what was written, and nothing was there to be taken.
        let written = f64::from(film.written.values()[0]);
        let whole = square(&own.values()[..size]).sqrt();
        assert!(
            (written - whole).abs() <= f64::from(ROUNDING) * whole.max(1.0),
            "{written} and {whole}"
        );
        assert!(film.erased.values()[0] <= ROUNDING, "{}", describe(&model));
    }
}

#[test]
fn a_state_lens_reads_the_state_with_a_key() {
    let (pos, source) = (6, 2);
    for (model, values, layer) in recurrent_layers() {
        let shape = &model.shape;
        let head = shape.mixers[layer].n_attention_heads;
        let question = AskStateLens { layer, head, pos, source };
        let Ok(StateLens { logits, .. }) = find(&model, &prompt(N_POS), &[], question) else {
            continue;
        };
        let count = together(&model, layer);
        let get = |part: Part, place: &[usize]| {
            f64::from(at(&values, layer, part).unwrap().get(place).unwrap())
        };
        let state = at(&values, layer, Part::SsmState).unwrap();
        let (d_value, n_slots) = (state.dims()[2].1, state.dims()[3].1);
        let write = at(&values, layer, Part::SsmWrite).unwrap();
        let n_heads = state.dims()[1].1;
        let found = |head: usize, row: usize| -> f64 {
            let group = head * write.dims()[1].1 / n_heads;
            let slot = |slot: usize| {
                get(Part::SsmState, &[pos, head, row, slot])
                    * get(Part::SsmWrite, &[source, group, slot])
            };
            (0..n_slots).map(slot).sum()
        };
        let weights = collect(&model.network).0;
        let has_bonus = weights.contains_key(&format!("blocks.{layer}.ssm.bonus"));
        let passed = |head: usize, row: usize| -> f64 {
            let y = |row: usize| get(Part::SsmY, &[pos, head, row]);
            if !has_bonus {
                return found(head, row) * get(Part::SsmZ, &[pos, head, row]) / y(row);
            }
            let own = |of: &dyn Fn(usize) -> f64| (0..d_value).map(of).collect::<Vec<_>>();
            let [y, found] = [own(&y), own(&|row| found(head, row))];
            let gain = &weights[&format!("blocks.{layer}.ssm.norm.gain")].values;
            let channel = head * d_value + row;
            let passed = normed_part(&y, &found, 64e-5)[row] * f64::from(gain[channel]);
            passed * get(Part::SsmGate, &[pos, channel])
        };
        // Where both share a matrix, it lies with attention.
        let names = ["ssm", "attn"].map(|it| format!("blocks.{layer}.{it}.output.weight"));
        let output = names.iter().find_map(|it| weights.get(it)).unwrap();
        let written: Vec<f64> = (0..output.dims[1])
            .map(|entry| {
                let rows = (0..count).flat_map(|head| (0..d_value).map(move |row| (head, row)));
                rows.map(|(head, row)| {
                    let weight = output.values[(head * d_value + row) * output.dims[1] + entry];
                    passed(head, row) * f64::from(weight)
                })
                .sum()
            })
            .collect();
        let last = at(&values, 1, Part::ResidPost).unwrap().at(Axis::Pos, pos).unwrap();
        let scale = scale_of(&model, &wide(last.values()));
        let [a, b] = [3, 8].map(|it| dot(&direction(&model, it), &written) / scale);
        let of = |token: usize| f64::from(logits.get(&[token]).unwrap());
        let (found, expected) = (of(3) - of(8), a - b);
        let what = format!("{found}, not {expected}: layer {layer}, {}", describe(&model));
        assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{what}");
    }
}

/// What a norm that takes out the mean makes of a part, its scale being that of the whole.
fn normed_part(whole: &[f64], part: &[f64], epsilon: f64) -> Vec<f64> {
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let (centre, centre_of_part) = (mean(whole), mean(part));
    let power = whole.iter().map(|it| (it - centre).powi(2)).sum::<f64>() / whole.len() as f64;
    part.iter().map(|it| (it - centre_of_part) / (power + epsilon).sqrt()).collect()
}

/// What the final norm divides a stream by.
fn scale_of(model: &Model, stream: &[f64]) -> f64 {
    use engine::model::Norm::{LayerNorm, RmsNorm};
    let mean = stream.iter().sum::<f64>() / stream.len() as f64;
    let (centre, epsilon) = match model.file.config.norm {
        LayerNorm { epsilon } => (mean, epsilon),
        RmsNorm { epsilon } => (0.0, epsilon),
    };
    let power = stream.iter().map(|it| (it - centre).powi(2)).sum::<f64>() / stream.len() as f64;
    (power + epsilon).sqrt()
}

#[test]
fn memory_is_steps_decays_and_gates() {
    for (model, values, layer) in recurrent_layers() {
        let shape = &model.shape;
        let mixer = &shape.mixers[layer];
        let ssm = mixer.ssm.as_ref().unwrap();
        let memory = ask(&model, &prompt(N_POS), &[], AskTimeScales);
        let head = mixer.n_attention_heads;
        let place = [layer, head, 4];
        let count = together(&model, layer);
        let step = memory.step.get(&place).unwrap();
        assert_eq!(step.is_nan(), ssm.step.is_none(), "{}", describe(&model));
        if let Some(own) = at(&values, layer, Part::SsmStep) {
            let mean = (0..count).map(|it| own.get(&[4, it]).unwrap()).sum::<f32>() / count as f32;
            assert!((step - mean).abs() <= sums(count + 1) * mean.abs(), "{step}, not {mean}");
        }
        let half_life = memory.half_life.get(&place).unwrap();
        match at(&values, layer, Part::SsmDecay) {
            Some(own) => {
                let n_slots = own.dims()[2].1;
                let logs = (0..count).flat_map(|head| (0..n_slots).map(move |slot| (head, slot)));
                let sum: f32 =
                    logs.map(|(head, slot)| own.get(&[4, head, slot]).unwrap().ln()).sum();
                let count = count * n_slots;
                let expected = -std::f32::consts::LN_2 * count as f32 / sum;
                // A logarithm next to 0 is as far off as its number, which is next to 1.
                let tolerance = sums(count + 4) + sums(count) / sum.abs();
                assert!((half_life / expected - 1.0).abs() <= tolerance, "{half_life} {expected}");
            }
            None if ssm.has_matrix && at(&values, layer, Part::SsmRead).is_some() => {
                assert!(half_life.is_infinite());
            }
            None => {}
        }
        for absent in mixer.n_attention_heads + ssm.n_heads..shape.n_heads {
            assert!(memory.half_life.get(&[layer, absent, 4]).unwrap().is_nan());
        }
    }
}

#[test]
fn a_step_of_nothing_leaves_the_state_as_it_was() {
    let with_step = recurrent_layers().filter(|it| at(&it.1, it.2, Part::SsmStep).is_some());
    for (model, _, layer) in with_step {
        // A recurrence with erasing and decay apart from the step still forgets.
        if at(&values(&model, &prompt(N_POS), &[]), layer, Part::SsmRemove).is_some() {
            continue;
        }
        let site = Site::block(layer, Part::SsmStep);
        let edit = Resolved::new(site, Change::Scale(0.0)).at(4);
        let after = values(&model, &prompt(N_POS), &[edit]);
        let states = at(&after, layer, Part::SsmState).unwrap();
        let [before, then] = [3, 4].map(|pos| states.at(Axis::Pos, pos).unwrap());
        assert_close(&describe(&model), then.values(), before.values(), ROUNDING);
    }
}

#[test]
fn a_convolution_is_what_s4d_amounts_to() {
    let mut n_seen = 0;
    for (model, values, layer) in recurrent_layers() {
        let Some(kernel) = model.network.s4d_kernel(layer, N_POS) else { continue };
        let kernel = kernel.into_data().try_to_vec::<f32>().unwrap();
        let value = at(&values, layer, Part::SsmValue).unwrap();
        let n_channels = value.dims()[1].1;
        let skip = collect(&model.network).0.remove(&format!("blocks.{layer}.ssm.skip")).unwrap();
        let read = |pos: usize, channel: usize| -> f32 {
            let input = |at: usize| value.get(&[at, channel, 0]).unwrap();
            let past: f32 =
                (0..=pos).map(|at| kernel[channel * N_POS + pos - at] * input(at)).sum();
            past + skip.values[channel] * input(pos)
        };
        let expected: Vec<f32> = (0..N_POS)
            .flat_map(|pos| (0..n_channels).map(move |channel| (pos, channel)))
            .map(|(pos, channel)| read(pos, channel))
            .collect();
        let y = at(&values, layer, Part::SsmY).unwrap();
        assert_close(&describe(&model), y.values(), &expected, ROUNDING);
        n_seen += 1;
    }
    assert_eq!(n_seen, 8);
}

#[test]
fn three_faces_show_the_same_numbers() {
    let mut n_seen = 0;
    for (model, values, layer) in recurrent_layers() {
        let shape = &model.shape;
        let question = AskForms { layer, head: shape.mixers[layer].n_attention_heads };
        let Ok(faces) = find(&model, &prompt(N_POS), &[], question) else {
            assert!(at(&values, layer, Part::SsmRead).is_none(), "{}", describe(&model));
            continue;
        };
        let what = describe(&model);
        assert_close(&what, faces.parallel.values(), faces.recurrence.values(), ROUNDING);
        assert_close(&what, faces.matrix.values(), faces.recurrence.values(), ROUNDING);
        assert!(faces.apart.iter().all(|it| *it <= ROUNDING), "{:?}: {what}", faces.apart);
        // And those are what the head read, where nothing is skipped past the state.
        let has_skip = at(&values, layer, Part::SsmConv).is_some()
            && collect(&model.network).0.contains_key(&format!("blocks.{layer}.ssm.skip"));
        if !has_skip {
            let y = at(&values, layer, Part::SsmY).unwrap();
            let count = together(&model, layer);
            let own = y.select(Axis::Head, &(0..count).collect::<Vec<_>>()).unwrap();
            assert_close(&what, faces.recurrence.values(), own.values(), ROUNDING);
        }
        n_seen += 1;
    }
    assert!(10 < n_seen, "{n_seen}");
}

#[test]
fn where_a_state_was_changed_there_is_no_matrix() {
    for (model, values, layer) in recurrent_layers() {
        let shape = &model.shape;
        let head = shape.mixers[layer].n_attention_heads;
        let site = Site::block(layer, Part::SsmState);
        let edits = [Resolved::new(site, Change::Scale(0.0)).carried().at(4)];
        let ids = prompt(N_POS);
        let patterns = AskPatterns { layer, heads: vec![head] };
        let patterns = ask(&model, &ids, &edits, patterns);
        assert!(patterns.weights.values().iter().all(|it| it.is_nan()), "{}", describe(&model));
        let row = AskAttentionRow { layer, head, query: 5 };
        let row = ask(&model, &ids, &edits, row);
        assert!(row.weight.values().iter().all(|it| it.is_nan()));
        let forms = find(&model, &ids, &edits, AskForms { layer, head });
        let is_linear = at(&values, layer, Part::SsmRead).is_some();
        let is_said = match forms.unwrap_err() {
            Absence::NoMatrix { .. } => true,
            Absence::NotOfMixer { .. } => !is_linear,
            _ => false,
        };
        assert!(is_said, "{}", describe(&model));
        // The film is that of the changed states.
        if let Ok(film) = find(&model, &ids, &edits, AskFilm { layer, head }) {
            let at_cut = film.states.at(Axis::Pos, 4).unwrap();
            assert!(at_cut.values().iter().all(|it| *it == 0.0), "{}", describe(&model));
        } else {
            assert!(at(&values, layer, Part::SsmRead).is_none(), "{}", describe(&model));
        }
    }
}

/// Eigenvalues of a recurrent head at every position, `[pos][rank] = [re, im]`.
fn poles(model: &Model, layer: usize, head: usize) -> Option<Vec<Vec<[f32; 2]>>> {
    let answer = find(model, &prompt(N_POS), &[], AskEigenvalues { layer, head }).ok()?;
    let n_ranks = answer.values.size(Axis::Rank).unwrap();
    let pairs: Vec<[f32; 2]> =
        answer.values.values().chunks_exact(2).map(|it| [it[0], it[1]]).collect();
    Some(pairs.chunks_exact(n_ranks).map(<[_]>::to_vec).collect())
}

#[test]
fn eigenvalues_are_those_of_what_takes_the_state_on() {
    let mut n_seen = 0;
    for (model, values, layer) in recurrent_layers() {
        let ssm = model.shape.mixers[layer].ssm.clone().unwrap();
        let head = model.shape.mixers[layer].n_attention_heads;
        let Some(all) = poles(&model, layer, head) else {
            assert!(!ssm.has_matrix, "{}", describe(&model));
            continue;
        };
        assert!(ssm.has_matrix, "{}", describe(&model));
        let Some(write) = at(&values, layer, Part::SsmWrite) else { continue };
        let [n_slots, decay] = [write.dims()[2].1, usize::from(ssm.together != 1)];
        if decay == 1 {
            continue;
        }
        // Their sum is the trace of D − u wᵀ.
        let row = |part: Part, pos: usize| -> Option<Vec<f32>> {
            let of = at(&values, layer, part)?;
            let width = of.dims()[2].1;
            let it = (0..width).map(|slot| of.get(&[pos, 0, slot]).unwrap());
            Some(it.collect())
        };
        for (pos, found) in all.iter().enumerate() {
            let kept: f32 = match row(Part::SsmDecay, pos) {
                Some(it) if it.len() == 1 => it[0] * n_slots as f32,
                Some(it) => it.iter().sum(),
                None => n_slots as f32,
            };
            let lost: f32 = match row(Part::SsmRemove, pos).zip(row(Part::SsmErase, pos)) {
                Some((u, w)) => u.iter().zip(&w).map(|(u, w)| u * w).sum(),
                None => 0.0,
            };
            let sum: f32 = found.iter().map(|it| it[0]).sum();
            assert!((sum - (kept - lost)).abs() < 1e-4, "{sum} {}", describe(&model));
            let turned: f32 = found.iter().map(|it| it[1]).sum();
            assert!(turned.abs() < 1e-4, "they come in pairs");
            n_seen += 1;
        }
    }
    assert!(8 * N_POS <= n_seen, "only {n_seen}");
}

#[test]
fn a_difference_is_that_of_rows_that_add_up_to_one() {
    let mut n_seen = 0;
    for model in recurrent_kinds() {
        let shape = &model.shape;
        let attention = (0..2).find(|&it| 0 < shape.mixers[it].n_attention_heads);
        let Some(minus) = attention.map(|layer| [layer, 0]) else { continue };
        for (layer, mixer) in shape.mixers.iter().enumerate() {
            let head = mixer.n_attention_heads;
            if !mixer.ssm.as_ref().is_some_and(|it| it.has_matrix) {
                continue;
            }
            let question = AskPatternDifference { layer, head, minus };
            let found = ask(&model, &prompt(N_POS), &[], question);
            let map = |[layer, head]: [usize; 2]| {
                let question = AskPatterns { layer, heads: vec![head] };
                let weights = ask(&model, &prompt(N_POS), &[], question).weights;
                let rows = weights.values().chunks_exact(N_POS).map(|row| {
                    let total: f32 = row.iter().map(|it| it.abs()).sum();
                    row.iter().map(|it| it / total.max(f32::MIN_POSITIVE)).collect::<Vec<f32>>()
                });
                rows.collect::<Vec<_>>().concat()
            };
            let (one, other) = (map([layer, head]), map(minus));
            let expected: Vec<f32> = one.iter().zip(&other).map(|(a, b)| a - b).collect();
            assert_close(&describe(&model), found.weights.values(), &expected, ROUNDING);
            assert_eq!((found.layer, found.head, found.minus), (layer, head, minus));
            n_seen += 1;
        }
        let none = AskPatternDifference { layer: minus[0], head: 99, minus };
        assert!(find(&model, &prompt(N_POS), &[], none).is_err());
    }
    assert!(0 < n_seen);
}
