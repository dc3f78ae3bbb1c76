//! A network whose weights are held in fewer bits.

use crate::{
    load::{HostTensor, collect, fill},
    model::Network,
};

/// The network with every matrix rounded to so many bits; vectors (norms, biases) stay as they are.
///
/// Each row has a scale of its own, so that its largest value is the largest level:
/// `W ≈ s · round(W / s)` with `s = max|row| / (2^(bits−1) − 1)`.
///
/// # Source
/// Symmetric absolute-maximum rounding, a scale for each row: Dettmers et al. 2022, LLM.int8(),
/// section 2.1.
pub(super) fn rounded(network: &Network, bits: usize) -> Network {
    let mut weights = collect(network);
    for tensor in weights.0.values_mut().filter(|it| 1 < it.dims.len()) {
        round(tensor, bits);
    }
    fill(network.clone(), &mut weights).expect("a network's own weights fit it")
}

fn round(tensor: &mut HostTensor, bits: usize) {
    let most_level = ((1_u32 << (bits - 1)) - 1) as f32;
    let width = tensor.dims.last().copied().unwrap_or(1).max(1);
    for row in tensor.values.chunks_exact_mut(width) {
        let largest = row.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
        let scale = largest / most_level;
        if 0.0 < scale {
            row.iter_mut().for_each(|it| *it = scale * (*it / scale).round());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f32]) -> HostTensor {
        HostTensor { values: values.to_vec(), dims: vec![values.len() / 3, 3] }
    }

    #[test]
    fn two_bits_leave_three_levels_in_each_row() {
        let mut it = tensor(&[0.4, -1.0, 0.6, 0.0, 0.0, 0.0, 20.0, 9.0, 11.0]);
        round(&mut it, 2);
        assert_eq!(it.values, [0.0, -1.0, 1.0, 0.0, 0.0, 0.0, 20.0, 0.0, 20.0]);
    }

    #[test]
    fn a_weight_is_off_by_half_a_level_at_most() {
        for bits in [2, 3, 4, 8] {
            let values = [0.3, -0.77, 0.9, 0.01, 0.5, -0.02];
            let mut it = tensor(&values);
            round(&mut it, bits);
            let levels = ((1_u32 << (bits - 1)) - 1) as f32;
            for (row, before) in it.values.chunks(3).zip(values.chunks(3)) {
                let most = before.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
                // Half a level, and a rounding of the product.
                let bound = most * (0.5 / levels + f32::EPSILON);
                assert!(row.iter().zip(before).all(|(a, b)| (a - b).abs() <= bound), "{bits}");
            }
        }
    }
}
