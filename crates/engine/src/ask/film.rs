//! The state of a recurrent head, position by position.

use burn::prelude::*;
use trace::{
    Absence, Answer, AskFilm,
    Axis::{Pos, Rank, Slot, Value},
    Film, Lack,
};

use super::{Seen, array, pending::Pending};
use crate::{
    geometry::{norm, singular_values},
    model::Recurrence,
};

/// The state of a recurrent head after every position, made again from what was written.
pub(super) fn film(seen: Seen<'_>, &AskFilm { layer, head }: &AskFilm) -> Result<Pending, Absence> {
    let [first, count] = seen.recurrent_head(layer, head)?;
    let of = seen.recurrence_with_step([layer, head], Lack::StateByKeys)?;
    let states = seen.states(layer, [first, count], &of);
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
        Answer::Film(Film {
            layer,
            head,
            erased: array(removed(&frames, written, size), &one),
            written: array(written.chunks_exact(size).map(|it| norm(it) as f32).collect(), &one),
            singular: array(singular.concat(), &[(Pos, n_pos), (Rank, n_ranks)]),
            states: array(states.clone(), &[(Pos, n_pos), (Value, n_rows), (Slot, n_slots)]),
        })
    }))
}

/// Lengths of what was in the state before each position and is not after it.
fn removed(frames: &[&[f32]], written: &[f32], size: usize) -> Vec<f32> {
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

/// What every position adds to the state, flat `[pos, head, value, slot]`.
fn added(of: Recurrence) -> Tensor<1> {
    let value: Tensor<5> = of.value.unsqueeze_dim(4);
    let all: Tensor<5> = value * of.write.unsqueeze_dim(3);
    let count = all.dims().iter().product::<usize>();
    all.reshape([count])
}
