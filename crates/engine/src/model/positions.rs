//! How a network learns where a token stands.

use burn::prelude::*;

/// Waves of Vaswani et al. 2017, section 3.5: even entries sine, odd ones cosine.
///
/// # Shapes
/// `[n_pos, d_model]`
pub(super) fn sinusoidal(n_pos: usize, d_model: usize, device: &Device) -> Tensor<2> {
    let wave = |pos: usize, entry: usize| {
        let angle = pos as f64 / 10_000f64.powf((entry / 2 * 2) as f64 / d_model as f64);
        if entry.is_multiple_of(2) { angle.sin() } else { angle.cos() }
    };
    let values: Vec<f32> =
        (0..n_pos).flat_map(|pos| (0..d_model).map(move |entry| wave(pos, entry) as f32)).collect();
    Tensor::from_data(TensorData::new(values, [n_pos, d_model]), device)
}

/// Turns the first `n_rotated` entries of every head by its position.
///
/// # Shapes
/// `heads` and what returns: `[batch, pos, head, d_head]`
///
/// # Source
/// Su et al. 2021, eq. (34). Pairs are an entry and its mate half a rotated width away (GPT-NeoX,
/// Llama), or neighbours where `interleaved` (GPT-J, the paper).
pub(super) fn rotate(heads: Tensor<4>, rope: Rope) -> Tensor<4> {
    let [batch, n_pos, n_heads, d_head] = heads.dims();
    let n_rotated = rope.n_rotated;
    if n_rotated == 0 {
        return heads;
    }
    let [cos, sin] = rope.tables(n_pos, &heads.device());
    let turning = heads.clone().narrow(3, 0, n_rotated);
    let half = n_rotated / 2;
    let mates = if rope.interleaved {
        // (a, b) → (−b, a) for each pair of neighbours.
        let pairs = turning.clone().reshape([batch, n_pos, n_heads * half, 2]);
        let swapped = Tensor::cat(vec![-pairs.clone().narrow(3, 1, 1), pairs.narrow(3, 0, 1)], 3);
        swapped.reshape([batch, n_pos, n_heads, n_rotated])
    } else {
        let low = turning.clone().narrow(3, 0, half);
        Tensor::cat(vec![-turning.clone().narrow(3, half, half), low], 3)
    };
    let turned = turning * cos + mates * sin;
    if n_rotated == d_head {
        return turned;
    }
    let still = heads.narrow(3, n_rotated, d_head - n_rotated);
    Tensor::cat(vec![turned, still], 3)
}

/// Which entries of a head turn, and how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rope {
    pub(super) n_rotated: usize,
    pub(super) theta: f64,
    pub(super) interleaved: bool,
}

impl Rope {
    /// Cosines and sines, each `[1, pos, 1, n_rotated]`.
    fn tables(self, n_pos: usize, device: &Device) -> [Tensor<4>; 2] {
        let half = self.n_rotated / 2;
        // Powers and waves are dear: one power for each pair, one wave for each pair and position.
        let periods: Vec<f64> = (0..half)
            .map(|pair| self.theta.powf(2.0 * pair as f64 / self.n_rotated as f64))
            .collect();
        let mut tables = [(); 2].map(|()| Vec::with_capacity(n_pos * self.n_rotated));
        for pos in 0..n_pos {
            let waves: Vec<(f64, f64)> =
                periods.iter().map(|period| (pos as f64 / period).sin_cos()).collect();
            for entry in 0..self.n_rotated {
                let pair = if self.interleaved { entry / 2 } else { entry % half };
                let (sin, cos) = waves[pair];
                tables[0].push(cos as f32);
                tables[1].push(sin as f32);
            }
        }
        tables
            .map(|it| Tensor::from_data(TensorData::new(it, [1, n_pos, 1, self.n_rotated]), device))
    }
}

/// What ALiBi adds to scores: minus slope times distance.
///
/// # Shapes
/// `[1, head, query, key]`
///
/// # Source
/// Press et al. 2021, section 3. For a number of heads that is no power of two, the slopes of the
/// next lower power, then every other slope of the next higher one, as in the authors' code.
pub(super) fn alibi(n_heads: usize, n_pos: usize, device: &Device) -> Tensor<4> {
    let mut values = Vec::with_capacity(n_heads * n_pos * n_pos);
    for slope in alibi_slopes(n_heads) {
        for query in 0..n_pos {
            values.extend((0..n_pos).map(|key| (slope * (key as f64 - query as f64)) as f32));
        }
    }
    Tensor::from_data(TensorData::new(values, [1, n_heads, n_pos, n_pos]), device)
}

fn alibi_slopes(n_heads: usize) -> Vec<f64> {
    let powers =
        |count: usize| (1..=count).map(move |it| 0.5f64.powf(8.0 * it as f64 / count as f64));
    if n_heads.is_power_of_two() {
        return powers(n_heads).collect();
    }
    let lower = n_heads.next_power_of_two() / 2;
    powers(lower).chain(powers(2 * lower).step_by(2).take(n_heads - lower)).collect()
}

#[cfg(test)]
mod tests {
    use super::alibi_slopes;

    #[test]
    fn slopes_are_those_of_the_paper() {
        assert_eq!(alibi_slopes(8)[..2], [0.5, 0.25]);
        assert_eq!(alibi_slopes(8)[7], 1.0 / 256.0);
        assert_eq!(alibi_slopes(3), [1.0 / 16.0, 1.0 / 256.0, 0.25]);
    }
}
