//! Affine maps by least squares, and the least change that makes one read something else.

use std::ops::Range;

use nalgebra::{DMatrix, DVector};

/// Columns that are multiplied at a time.
const BLOCK: usize = 64;

/// Singular values below this share of the largest are rounding.
const RANK: f64 = 1e-9;

/// The sums that a least-squares fit is made of, so that cases can be added a few at a time and
/// maps of some of the inputs can be fitted afterwards.
#[derive(Clone, Debug)]
pub struct NormalEquations {
    /// `[d_in + 1, d_in + 1]`, the constant last; only blocks on and above the diagonal.
    square: DMatrix<f64>,
    /// `[d_in + 1, d_out]`
    cross: DMatrix<f64>,
}

/// `output = input · weights + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// `[d_in + 1, d_out]`, the bias last.
    weights: DMatrix<f64>,
}

impl NormalEquations {
    /// Of no case yet.
    pub fn new(d_in: usize, d_out: usize) -> Self {
        let square = DMatrix::zeros(d_in + 1, d_in + 1);
        Self { square, cross: DMatrix::zeros(d_in + 1, d_out) }
    }

    /// Adds cases, one after another.
    ///
    /// # Shapes
    /// `inputs`: `[cases, d_in]`; `outputs`: `[cases, d_out]`
    pub fn add(&mut self, inputs: &[f32], outputs: &[f64]) {
        let d = self.square.nrows();
        let n_cases = inputs.len() / (d - 1).max(1);
        let input = |case: usize, column: usize| {
            if column + 1 == d { 1.0 } else { f64::from(inputs[case * (d - 1) + column]) }
        };
        let inputs = DMatrix::from_fn(n_cases, d, input);
        let outputs = DMatrix::from_row_slice(n_cases, self.cross.ncols(), outputs);
        let turned = inputs.transpose();
        for first in (0..d).step_by(BLOCK) {
            let (count, rest) = (BLOCK.min(d - first), d - first);
            let mut part = self.square.view_mut((first, first), (count, rest));
            part.gemm(1.0, &turned.rows(first, count), &inputs.columns(first, rest), 1.0);
        }
        self.cross.gemm(1.0, &turned, &outputs, 1.0);
    }

    /// The map of the inputs in `columns` that is nearest to the outputs in `outputs`. A millionth of
    /// a millionth of the mean square is added to the diagonal, for inputs of which some directions
    /// are not used. `None` where that is not enough.
    pub fn solve(&self, columns: &Range<usize>, outputs: Range<usize>) -> Option<Affine> {
        let last = self.square.nrows() - 1;
        let chosen: Vec<usize> = columns.clone().chain([last]).collect();
        let d = chosen.len();
        let entry = |row: usize, column: usize| {
            let (row, column) = (chosen[row], chosen[column]);
            self.square[(row.min(column), row.max(column))]
        };
        let mut square = DMatrix::from_fn(d, d, entry);
        let small = 1e-12 * square.trace() / d as f64;
        (0..d).for_each(|it| square[(it, it)] += small);
        let first = outputs.start;
        let cross =
            DMatrix::from_fn(d, outputs.len(), |row, it| self.cross[(chosen[row], first + it)]);
        Some(Affine { weights: square.cholesky()?.solve(&cross) })
    }
}

impl NormalEquations {
    /// The least change of the inputs in `columns` by which the output of `map` moves, `[d_out,
    /// d_in]` row after row: times a change of the output, it is a change of the input that makes
    /// it. What no input changes is left out.
    ///
    /// Least is measured by how much the inputs vary, along with one another, over the cases: with
    /// their covariance `Σ` and weights `W` it is `(Wᵀ Σ W)⁺ (Σ W)ᵀ`, so that an input moves as those
    /// of the cases do. The shortest change, `W⁺`, reads as well, but goes along directions in which
    /// inputs hardly vary, for there a map has large weights.
    ///
    /// `None` where the search for singular values does not end.
    pub fn back(&self, columns: &Range<usize>, map: &Affine) -> Option<Vec<f32>> {
        let [d_in, _] = map.sizes();
        let last = self.square.nrows() - 1;
        let n_cases = self.square[(last, last)];
        let covariance = DMatrix::from_fn(d_in, d_in, |row, column| {
            let [row, column] = [row, column].map(|it| columns.start + it);
            let product = self.square[(row.min(column), row.max(column))];
            let means = self.square[(row, last)] * self.square[(column, last)] / n_cases;
            (product - means) / n_cases
        });
        let weights = map.weights.rows(0, d_in);
        let moved = covariance * weights;
        let read = weights.tr_mul(&moved);
        if !read.iter().all(|it| it.is_finite()) {
            return None;
        }
        let found = read.svd(true, true);
        let least = RANK * found.singular_values.max();
        let back = found.pseudo_inverse(least).ok()? * moved.transpose();
        let row = |it: usize| back.row(it).iter().map(|&it| it as f32).collect::<Vec<_>>();
        Some((0..back.nrows()).flat_map(row).collect())
    }
}

impl Affine {
    /// How many numbers it reads and gives.
    pub fn sizes(&self) -> [usize; 2] {
        [self.weights.nrows() - 1, self.weights.ncols()]
    }

    /// The map to the first `count` of its outputs.
    #[must_use]
    pub fn first_outputs(&self, count: usize) -> Self {
        Self { weights: self.weights.columns(0, count).into_owned() }
    }

    /// What it gives for an input.
    pub fn map(&self, input: &[f32]) -> Vec<f64> {
        let with_one = || input.iter().copied().map(f64::from).chain([1.0]);
        let column = |it: nalgebra::DVectorView<'_, f64>| {
            with_one().zip(it.iter()).map(|(value, weight)| value * weight).sum()
        };
        self.weights.column_iter().map(column).collect()
    }

    /// The nearest map whose outputs sum to 1 whatever the input.
    #[must_use]
    pub fn summing_to_one(mut self) -> Self {
        let last = self.weights.nrows() - 1;
        for (row, mut weights) in self.weights.row_iter_mut().enumerate() {
            let wanted = if row == last { 1.0 } else { 0.0 };
            let spare = (wanted - weights.sum()) / weights.ncols() as f64;
            weights.add_scalar_mut(spare);
        }
        self
    }

    /// Weights, `[d_in, d_out]` row after row, and bias.
    pub fn parts(&self) -> [Vec<f32>; 2] {
        let last = self.weights.nrows() - 1;
        let row = |it: usize| self.weights.row(it).iter().map(|&it| it as f32).collect::<Vec<_>>();
        [(0..last).flat_map(row).collect(), row(last)]
    }
}

/// The mean of points and the directions along which they vary most, the most varied first, at most
/// `count` of them. Each direction's largest entry is positive.
///
/// # Shapes
/// `points`: `[n, width]`
pub fn components(points: &[f64], width: usize, count: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let points = DMatrix::from_row_slice(points.len() / width.max(1), width, points);
    let n = points.nrows().max(1) as f64;
    let mean: Vec<f64> = points.column_iter().map(|it| it.sum() / n).collect();
    let centred = DMatrix::from_fn(points.nrows(), width, |row, it| points[(row, it)] - mean[it]);
    let found = nalgebra::SymmetricEigen::new(centred.tr_mul(&centred));
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|a, b| found.eigenvalues[*b].total_cmp(&found.eigenvalues[*a]));
    let axis = |&at: &usize| {
        let axis: DVector<f64> = found.eigenvectors.column(at).into_owned();
        let sign = axis[axis.icamax()].signum();
        axis.iter().map(|it| it * sign).collect()
    };
    (mean, order.iter().take(count).map(axis).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between −1 and 1 that look random.
    fn random(count: usize) -> Vec<f32> {
        let mut state = 1u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f32 / (1u64 << 30) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// Inputs of `d_in` numbers, and an exact affine map of the first three of them to two shares
    /// and their rest.
    fn cases(n: usize, d_in: usize) -> (Vec<f32>, Vec<f64>) {
        let inputs = random(n * d_in);
        let shares = |it: &[f32]| {
            let [a, b, c] = [0, 1, 2].map(|place| f64::from(it[place]));
            let [p, q] = [0.3 + 0.1 * a - 0.05 * b, 0.4 + 0.2 * c];
            [p, q, 1.0 - p - q]
        };
        let outputs = inputs.chunks_exact(d_in).flat_map(shares).collect();
        (inputs, outputs)
    }

    #[test]
    fn an_exact_map_is_found_however_the_cases_come() {
        // More columns than a block, so that blocks meet.
        let d_in = BLOCK + 9;
        let (inputs, outputs) = cases(300, d_in);
        let mut whole = NormalEquations::new(d_in, 3);
        whole.add(&inputs, &outputs);
        let mut parts = NormalEquations::new(d_in, 3);
        for at in (0..300).step_by(7) {
            let end = (at + 7).min(300);
            parts.add(&inputs[at * d_in..end * d_in], &outputs[at * 3..end * 3]);
        }
        for equations in [whole, parts] {
            let found = equations.solve(&(0..d_in), 0..3).unwrap();
            for (input, output) in inputs.chunks_exact(d_in).zip(outputs.chunks_exact(3)) {
                let read = found.map(input);
                assert!(read.iter().zip(output).all(|(a, b)| (a - b).abs() < 1e-9), "{read:?}");
            }
            // Of the first four inputs alone it is the same map, for the others say nothing.
            let few = equations.solve(&(0..4), 1..2).unwrap();
            assert_eq!(few.sizes(), [4, 1]);
            assert!((few.map(&inputs[..4])[0] - outputs[1]).abs() < 1e-9);
        }
    }

    #[test]
    fn the_least_change_makes_a_map_read_what_is_wanted() {
        let d_in = 9;
        let (inputs, outputs) = cases(100, d_in);
        let mut equations = NormalEquations::new(d_in, 3);
        equations.add(&inputs, &outputs);
        let map = equations.solve(&(0..d_in), 0..3).unwrap().summing_to_one();
        let wanted = [0.1, 0.2, 0.7];
        let read = map.map(&inputs[..d_in]);
        assert!((read.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let back = equations.back(&(0..d_in), &map).unwrap();
        let step = |column: usize| -> f32 {
            (0..3).map(|it| (wanted[it] - read[it]) as f32 * back[it * d_in + column]).sum()
        };
        let steps: Vec<f32> = (0..d_in).map(step).collect();
        let moved: Vec<f32> = inputs[..d_in].iter().zip(&steps).map(|(a, b)| a + b).collect();
        let after = map.map(&moved);
        assert!(after.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{after:?}");
        // Inputs here vary alike and apart from one another, so that what the map does not read
        // hardly moves.
        let [most, rest] = [&steps[..3], &steps[3..]].map(|it| it.iter().map(|it| it.abs()));
        assert!(rest.fold(0.0, f32::max) < 0.3 * most.fold(0.0, f32::max), "{steps:?}");
    }

    #[test]
    fn a_change_goes_where_the_inputs_vary() {
        // The second input is the first and next to nothing else, which the map reads against the
        // first; the shortest change would pull the two apart.
        let noise = random(400);
        let input = |it: &[f32]| [it[0], it[0] + 0.01 * it[1]];
        let inputs: Vec<f32> = noise.chunks_exact(2).flat_map(input).collect();
        let output = |it: &[f32]| f64::from(it[0]) + 3.0 * f64::from(it[1] - it[0]);
        let outputs: Vec<f64> = inputs.chunks_exact(2).map(output).collect();
        let mut equations = NormalEquations::new(2, 1);
        equations.add(&inputs, &outputs);
        let map = equations.solve(&(0..2), 0..1).unwrap();
        let back = equations.back(&(0..2), &map).unwrap();
        assert!((back[0] - 1.0).abs() < 0.01 && (back[1] - 1.0).abs() < 0.01, "{back:?}");
        let read = map.map(&back)[0] - map.map(&[0.0, 0.0])[0];
        assert!((read - 1.0).abs() < 1e-6, "{read}");
    }

    #[test]
    fn components_are_the_directions_of_most_variance() {
        // Along (3, 4) far, at right angles to it near.
        let points: Vec<f64> = (0..20)
            .flat_map(|it| {
                let (far, near) = (f64::from(it) - 9.5, if it % 2 == 0 { 0.1 } else { -0.1 });
                [0.6 * far - 0.8 * near + 1.0, 0.8 * far + 0.6 * near + 2.0]
            })
            .collect();
        let (mean, axes) = components(&points, 2, 3);
        assert!((mean[0] - 1.0).abs() < 1e-9 && (mean[1] - 2.0).abs() < 1e-9);
        assert_eq!(axes.len(), 2, "no more than there are");
        assert!((axes[0][0] - 0.6).abs() < 0.01 && (axes[0][1] - 0.8).abs() < 0.01, "{axes:?}");
        assert!(0.0 < axes[1][0].max(axes[1][1]), "{axes:?}");
    }
}
