//! Questions about recurrent states: what is in them, how it came there, how long it stays.

use burn::prelude::*;
use trace::{
    Answer,
    Axis::{Head, Layer, Pos, Rank, Slot, Value, Vocab},
    Faces, Film, Memory, Part, StateLens,
};

use super::{LensError, Seen, array, mixing::ShownHead, pending::Pending, writers::scale_at};
use crate::{
    geometry::{largest, norm, singular_values},
    model::{Decay, Recurrence},
};

/// The state of a recurrent head after every position, made again from what was written.
pub(super) fn film(seen: Seen<'_>, layer: usize, head: usize) -> Result<Pending, LensError> {
    seen.check("layer", layer)?;
    seen.check("head", head)?;
    let ShownHead::Recurrent { first, count } = seen.shown_head(layer, head) else {
        return Ok(Pending::new(Vec::new(), |_| Answer::Film(None)));
    };
    let Some(of) = with_step(seen, layer, [first, count])? else {
        return Ok(Pending::new(Vec::new(), |_| Answer::Film(None)));
    };
    let states = states(seen, layer, [first, count], &of);
    let [n_pos, _, n_rows, n_slots] = states.dims();
    let n_rows = n_rows * count;
    let added = added(of);
    let flat = states.reshape([n_pos * n_rows * n_slots]);
    Ok(Pending::new(vec![flat, added], move |read| {
        let (states, written) = (&read[0], &read[1]);
        let size = n_rows * n_slots;
        let frames: Vec<&[f32]> = states.chunks_exact(size).collect();
        let singular: Vec<Vec<f32>> =
            frames.iter().map(|it| singular_values(it, n_rows, n_slots)).collect();
        let n_ranks = n_rows.min(n_slots);
        let one = [(Pos, n_pos)];
        Answer::Film(Some(Film {
            layer,
            head,
            erased: array(taken(&frames, written, size), &one),
            written: array(written.chunks_exact(size).map(|it| norm(it) as f32).collect(), &one),
            singular: array(singular.concat(), &[(Pos, n_pos), (Rank, n_ranks)]),
            states: array(states.clone(), &[(Pos, n_pos), (Value, n_rows), (Slot, n_slots)]),
        }))
    }))
}

/// Lengths of what was in the state before each position and is not after it.
fn taken(frames: &[&[f32]], written: &[f32], size: usize) -> Vec<f32> {
    let nothing = vec![0.0; size];
    let before = std::iter::once(nothing.as_slice()).chain(frames.iter().copied());
    let added = written.chunks_exact(size);
    let each = frames.iter().zip(before).zip(added);
    each.map(|((after, before), added)| {
        let lost: Vec<f32> =
            after.iter().zip(before).zip(added).map(|((a, b), new)| b - (a - new)).collect();
        norm(&lost) as f32
    })
    .collect()
}

/// States of some heads, whose recurrence this is, `[pos, head, value, slot]`: as kept, or made
/// again.
fn states(seen: Seen<'_>, layer: usize, [first, count]: [usize; 2], of: &Recurrence) -> Tensor<4> {
    match seen.part::<4>(layer, Part::SsmState) {
        Ok(states) => states.narrow(1, first, count),
        Err(_) => {
            let mut states = Vec::new();
            of.steps(|_, state| {
                states.push(state.clone());
                state
            });
            Tensor::cat(states, 0)
        }
    }
}

/// The recurrence of some heads with the step in its value; nothing where the mixer is another.
fn with_step(
    seen: Seen<'_>,
    layer: usize,
    [first, count]: [usize; 2],
) -> Result<Option<Recurrence>, LensError> {
    if seen.part::<3>(layer, Part::SsmRead).is_err() {
        return Ok(None);
    }
    let mut of = seen.recurrence(layer, first, count)?;
    if let Some(step) = seen.step(layer) {
        let step: Tensor<3> = step.narrow(1, first, count).unsqueeze_dim(2);
        of.value = of.value * step.unsqueeze();
    }
    Ok(Some(of))
}

/// What every position adds to the state, flat `[pos, head, value, slot]`.
fn added(of: Recurrence) -> Tensor<1> {
    let value: Tensor<5> = of.value.unsqueeze_dim(4);
    let all: Tensor<5> = value * of.write.unsqueeze_dim(3);
    let count = all.dims().iter().product::<usize>();
    all.reshape([count])
}

/// What the state at `pos` gives back for the key that was written at `source`, as far as it goes
/// straight to the logits.
pub(super) fn state_lens(
    seen: Seen<'_>,
    layer: usize,
    head: usize,
    pos: usize,
    source: usize,
) -> Result<Pending, LensError> {
    seen.check("layer", layer)?;
    seen.check("head", head)?;
    let (pos, source) = (seen.position(pos)?, seen.position(source)?);
    let nothing = || Ok(Pending::new(Vec::new(), |_| Answer::StateLens(None)));
    let ShownHead::Recurrent { first, count } = seen.shown_head(layer, head) else {
        return nothing();
    };
    let heads = [first, count];
    let Some(of) = with_step(seen, layer, heads)? else { return nothing() };
    let states = states(seen, layer, heads, &of);
    let [_, _, d_value, _] = states.dims();
    // [head, value, slot] by [head, slot, 1].
    let state: Tensor<3> = states.narrow(0, pos, 1).squeeze_dim(0);
    let key: Tensor<2> = of.write.narrow(1, source, 1).squeeze_dims(&[0, 1]);
    let found: Tensor<2> = state.matmul(key.unsqueeze_dim(2)).squeeze_dim(2);
    let passed = seen.passed(layer, pos, heads, found.unsqueeze())?;
    let passed: Tensor<2> = passed.reshape([1, count * d_value]);
    let output = seen.output_of(layer, first, count).ok_or(LensError::NoState(layer))?;
    let logits = seen.straight_to_logits(passed.matmul(output), pos)?;
    let d_vocab = logits.dims()[0];
    Ok(Pending::new(vec![logits], move |mut read| {
        let logits = array(read.remove(0), &[(Vocab, d_vocab)]);
        Answer::StateLens(Some(StateLens { layer, head, pos, source, logits }))
    }))
}

impl Seen<'_> {
    /// What a part of the stream `[1, d_model]` at `pos` adds to each logit, the final norm's scale
    /// being that of the whole, `[vocab]`.
    fn straight_to_logits(self, part: Tensor<2>, pos: usize) -> Result<Tensor<1>, LensError> {
        let network = &self.model.network;
        let scaled = match network.final_norm() {
            Some(norm) => {
                let scale = scale_at(self, self.last_stream()?.narrow(0, pos, 1));
                norm.centred(part) * norm.gain().unsqueeze() / scale.unsqueeze()
            }
            None => part,
        };
        let nothing = Tensor::zeros(scaled.dims(), &scaled.device());
        let logits = network.unembedded(scaled) - network.unembedded(nothing);
        Ok(logits.squeeze_dim(0))
    }
}

/// What a recurrent head reads, by its recurrence, all positions together, and by its matrix.
pub(super) fn faces(seen: Seen<'_>, layer: usize, head: usize) -> Result<Pending, LensError> {
    seen.check("layer", layer)?;
    seen.check("head", head)?;
    let nothing = || Ok(Pending::new(Vec::new(), |_| Answer::Faces(None)));
    let ShownHead::Recurrent { first, count } = seen.shown_head(layer, head) else {
        return nothing();
    };
    if seen.has_other_states(layer) {
        return nothing();
    }
    let Some(of) = with_step(seen, layer, [first, count])? else { return nothing() };
    let is_scan = of.erase.is_none() && of.value.dims()[3] == 1;
    let parallel = if is_scan { of.read_all(of.scan()) } else { of.chunks() };
    let all = [of.steps(|_, state| state), parallel, of.mixed()];
    let [_, n_pos, _, d_value] = all[0].dims();
    let n_rows = count * d_value;
    let flats = all.map(|it| it.reshape([n_pos * n_rows])).to_vec();
    Ok(Pending::new(flats, move |read| {
        let most = read[0].iter().fold(f32::MIN_POSITIVE, |most, it| most.max(it.abs()));
        let apart = [1, 2].map(|which: usize| {
            largest(read[which].iter().zip(&read[0]).map(|(a, b)| (a - b).abs() / most))
        });
        let mut arrays = read.into_iter().map(|it| array(it, &[(Pos, n_pos), (Value, n_rows)]));
        let mut next = || arrays.next().expect("three were asked for");
        let (recurrence, parallel, matrix) = (next(), next(), next());
        Answer::Faces(Some(Faces { layer, head, recurrence, parallel, is_scan, matrix, apart }))
    }))
}

/// Steps, half-lives and gates of every recurrent head.
pub(super) fn memory(seen: Seen<'_>) -> Result<Pending, LensError> {
    let shape = &seen.model.shape;
    let (n_layers, n_heads, n_pos) = (shape.n_layers, shape.n_heads, seen.n_pos()?);
    let mut tensors = Vec::new();
    // Of which quantity and layer each tensor is, and its first head.
    let mut places = Vec::new();
    for (layer, mixer) in shape.mixers.iter().enumerate() {
        let Some(ssm) = &mixer.ssm else { continue };
        for (which, all) in readings(seen, layer, ssm.n_heads).into_iter().enumerate() {
            if let Some(all) = all {
                tensors.push(all.reshape([ssm.n_heads * n_pos]));
                places.push((which, layer, mixer.n_attention_heads));
            }
        }
        // Where nothing is forgotten there is no decay to read.
        if ssm.has_matrix && !ssm.has_decay {
            tensors.push(Tensor::zeros(
                [ssm.n_heads * n_pos],
                &seen.get::<2>(trace::Site::Logits)?.device(),
            ));
            places.push((1, layer, mixer.n_attention_heads));
        }
    }
    Ok(Pending::new(tensors, move |read| {
        let width = n_heads * n_pos;
        let mut all = [(); 3].map(|()| vec![f32::NAN; n_layers * width]);
        for (&(which, layer, first), values) in places.iter().zip(&read) {
            let from = layer * width + first * n_pos;
            all[which][from..from + values.len()].copy_from_slice(values);
        }
        let dims = [(Layer, n_layers), (Head, n_heads), (Pos, n_pos)];
        let [step, log_decay, gate] = all;
        let half_life = |log: f32| -std::f32::consts::LN_2 / log.min(-f32::MIN_POSITIVE);
        Answer::Memory(Memory {
            step: array(step, &dims),
            half_life: array(
                log_decay
                    .into_iter()
                    .map(|it| {
                        if it.is_nan() {
                            it
                        } else if it < 0.0 {
                            half_life(it)
                        } else {
                            f32::INFINITY
                        }
                    })
                    .collect(),
                &dims,
            ),
            gate: array(gate, &dims),
        })
    }))
}

/// Steps, logarithms of decays and gates, each the mean over what a shown head stands for,
/// `[head, pos]`.
fn readings(seen: Seen<'_>, layer: usize, n_heads: usize) -> [Option<Tensor<2>>; 3] {
    let mean = |all: Tensor<2>| -> Tensor<2> {
        let [n_pos, width] = all.dims();
        let sets: Tensor<3> = all.reshape([n_pos, n_heads, width / n_heads]);
        sets.mean_dim(2).squeeze_dim::<2>(2).transpose()
    };
    let decay = seen.part::<3>(layer, Part::SsmDecay).ok().map(|it| {
        let [n_pos, count, n_slots] = it.dims();
        Decay::Plain(it.unsqueeze()).log().reshape([n_pos, count * n_slots])
    });
    [
        seen.part(layer, Part::SsmStep).ok().map(mean),
        decay.map(mean),
        seen.part(layer, Part::SsmGate).ok().map(mean),
    ]
}
