//! How a recurrent head's state goes on by itself: the eigenvalues of what takes it from one
//! position to the next.

use burn::prelude::*;
use trace::{
    Absence, Answer, AskEigenvalues,
    Axis::{Plane, Pos, Rank},
    Eigenvalues, Lack,
};

use super::{Seen, array, pending::Pending};
use crate::{geometry, model::Decay};

/// Eigenvalues of a head's transition `D − u wᵀ` at every position.
///
/// # Source
/// Grazzi et al. 2024, *Unlocking state-tracking in linear RNNs through negative eigenvalues*,
/// section 3: with all of them between 0 and 1 no finite precision follows parity.
pub(super) fn eigenvalues(
    seen: Seen<'_>,
    &AskEigenvalues { layer, head }: &AskEigenvalues,
) -> Result<Pending, Absence> {
    let [first, count] = seen.recurrent_head(layer, head)?;
    if let Some(parts) = seen.model.network.s4d_poles(layer) {
        return of_every_position(seen, [layer, head], parts.map(|it| it.narrow(0, first, count)));
    }
    if !seen.has_recurrence(layer) {
        return Err(seen.not_of_mixer(layer, Lack::Eigenvalues));
    }
    let of = seen.recurrence(layer, first, count)?;
    let [_, n_pos, _, n_slots] = of.write.dims();
    let form = [1, n_pos, count, n_slots];
    let decay = match of.decay {
        Some(Decay::Plain(it)) => it,
        Some(Decay::Log(it)) => it.exp(),
        None => Tensor::ones([1, 1, 1, 1], &of.write.device()),
    };
    let flat = |it: Tensor<4>| it.expand(form).reshape([n_pos * count * n_slots]);
    let has_erase = of.erase.is_some();
    let tensors = std::iter::once(decay).chain(of.erase.into_iter().flatten()).map(flat);
    Ok(Pending::new(tensors.collect(), move |read| {
        let rows = |which: usize| read[which].chunks_exact(n_slots);
        let values: Vec<[f32; 2]> = if has_erase {
            let each = rows(0).zip(rows(1)).zip(rows(2));
            each.flat_map(|((decay, remove), erase)| erased(decay, remove, erase)).collect()
        } else {
            read[0].iter().map(|&it| [it, 0.0]).collect()
        };
        answer([layer, head], n_pos, &values)
    }))
}

/// Those of a convolution, which are the same at every position.
fn of_every_position(
    seen: Seen<'_>,
    place: [usize; 2],
    parts: [Tensor<2>; 2],
) -> Result<Pending, Absence> {
    let n_pos = seen.n_pos()?;
    let flat = parts.map(|it| {
        let n_poles = it.dims().iter().product::<usize>();
        it.reshape([n_poles])
    });
    Ok(Pending::new(flat.into(), move |read| {
        let one: Vec<[f32; 2]> = read[0].iter().zip(&read[1]).map(|(&re, &im)| [re, im]).collect();
        answer(place, n_pos, &one.repeat(n_pos))
    }))
}

/// The eigenvalues of `D − u wᵀ`. Where all slots fade alike they are known: what lies across `w`
/// fades, and along `u` as much as `wᵀu` is taken away.
fn erased(decay: &[f32], remove: &[f32], erase: &[f32]) -> Vec<[f32; 2]> {
    let n_slots = decay.len();
    if decay.iter().all(|it| *it == decay[0]) {
        let taken: f32 = remove.iter().zip(erase).map(|(u, w)| u * w).sum();
        let mut found = vec![[decay[0], 0.0]; n_slots];
        found[n_slots - 1][0] -= taken;
        found.sort_by(|a, b| b[0].abs().total_cmp(&a[0].abs()));
        return found;
    }
    let entry = |row: usize, column: usize| {
        let own = if row == column { decay[row] } else { 0.0 };
        own - remove[row] * erase[column]
    };
    let matrix: Vec<f32> =
        (0..n_slots).flat_map(|row| (0..n_slots).map(move |column| entry(row, column))).collect();
    geometry::eigenvalues(&matrix, n_slots)
}

fn answer([layer, head]: [usize; 2], n_pos: usize, values: &[[f32; 2]]) -> Answer {
    let dims = [(Pos, n_pos), (Rank, values.len() / n_pos), (Plane, 2)];
    Answer::Eigenvalues(Eigenvalues { layer, head, values: array(values.concat(), &dims) })
}

#[cfg(test)]
mod tests {
    use super::erased;

    #[test]
    fn what_fades_alike_and_what_does_not_agree() {
        let (remove, erase) = ([0.6, -0.3, 0.7], [1.1, 0.2, 0.9]);
        let known = erased(&[0.9; 3], &remove, &erase);
        // A slot that fades by a hair's breadth more leads to the search.
        let found = erased(&[0.9, 0.9, 0.900_001], &remove, &erase);
        for (one, other) in known.iter().zip(&found) {
            assert!(
                (one[0] - other[0]).abs() < 1e-3 && other[1].abs() < 2e-2,
                "{known:?} {found:?}"
            );
        }
        let reflected = erased(&[1.0; 2], &[1.2, 1.6], &[0.6, 0.8]);
        assert!(reflected.iter().any(|it| (it[0] + 1.0).abs() < 1e-6), "{reflected:?}");
    }
}
