//! Plain maths on vectors: principal axes, projections, lengths and angles.
//!
//! Knows nothing of networks or tensors.

mod affine;

pub use affine::{Affine, NormalEquations, components};

/// Sum of products.
pub fn dot(left: &[f32], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// Length.
pub fn norm(vector: &[f32]) -> f64 {
    dot(vector, vector).sqrt()
}

/// Cosine of the angle between two vectors; 0 where one has no length.
pub fn cosine(left: &[f32], right: &[f32]) -> f64 {
    let lengths = norm(left) * norm(right);
    if lengths == 0.0 { 0.0 } else { dot(left, right) / lengths }
}

/// The largest of numbers that are not below 0, and 0 of none. Where one is NaN, so is this:
/// `max` would pass over it.
pub fn largest(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(0.0, |most, it| if most.is_nan() || it <= most { most } else { it })
}

/// Two unit vectors at right angles: `first`'s direction, then what `second` has beside it.
/// `None` where they span no plane.
pub fn plane(first: &[f32], second: &[f32]) -> Option<[Vec<f32>; 2]> {
    let first = unit(first)?;
    let along = dot(second, &first);
    let beside: Vec<f32> = second
        .iter()
        .zip(&first)
        .map(|(&it, &axis)| (f64::from(it) - along * f64::from(axis)) as f32)
        .collect();
    // A rest of rounding errors is no direction.
    if norm(&beside) <= 1e-6 * norm(second) {
        return None;
    }
    let second = unit(&beside)?;
    Some([first, second])
}

fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = norm(vector);
    (0.0 < length && length.is_finite())
        .then(|| vector.iter().map(|&it| (f64::from(it) / length) as f32).collect())
}

/// Singular values of a row-major matrix, the largest first; no numbers where an entry is none or
/// infinite, for then the search may not end.
pub fn singular_values(values: &[f32], n_rows: usize, n_columns: usize) -> Vec<f32> {
    if !values.iter().all(|it| it.is_finite()) {
        return vec![f32::NAN; n_rows.min(n_columns)];
    }
    let entries = values.iter().copied().map(f64::from);
    let matrix = nalgebra::DMatrix::from_row_iterator(n_rows, n_columns, entries);
    let mut found: Vec<f32> = matrix.singular_values().iter().map(|&it| it as f32).collect();
    found.sort_by(|a, b| b.total_cmp(a));
    found
}

/// Most rounds of the search for eigenvalues; a few for each are usual.
const MOST_ROUNDS: usize = 10_000;

/// What the search leaves below the diagonal; entries come in single precision.
const PRECISION: f64 = 1e-11;

/// Eigenvalues of a row-major square matrix, real and imaginary part, the farthest from 0
/// first; no numbers where an entry is none or infinite.
pub fn eigenvalues(values: &[f32], n_rows: usize) -> Vec<[f32; 2]> {
    let unknown = || vec![[f32::NAN; 2]; n_rows];
    if !values.iter().all(|it| it.is_finite()) {
        return unknown();
    }
    let entries = values.iter().copied().map(f64::from);
    let matrix = nalgebra::DMatrix::from_row_iterator(n_rows, n_rows, entries);
    let Some(schur) = nalgebra::Schur::try_new(matrix, PRECISION, MOST_ROUNDS) else {
        return unknown();
    };
    let found = schur.complex_eigenvalues();
    let mut found: Vec<[f32; 2]> = found.iter().map(|it| [it.re as f32, it.im as f32]).collect();
    found.sort_by(|a, b| b[0].hypot(b[1]).total_cmp(&a[0].hypot(a[1])));
    found
}

/// Mean of equally long vectors that stand one after another.
pub fn mean(points: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0.0f64; width];
    for point in points.chunks_exact(width) {
        for (total, &it) in sum.iter_mut().zip(point) {
            *total += f64::from(it);
        }
    }
    let count = (points.len() / width).max(1) as f64;
    sum.into_iter().map(|it| (it / count) as f32).collect()
}

/// Mean squared distance from the mean.
pub fn variance(points: &[f32], width: usize) -> f64 {
    let centre = mean(points, width);
    let total: f64 = points
        .chunks_exact(width)
        .flat_map(|point| point.iter().zip(&centre))
        .map(|(&it, &centre)| (f64::from(it) - f64::from(centre)).powi(2))
        .sum();
    total / (points.len() / width).max(1) as f64
}

/// The two directions of largest variance with the variance along each, largest first, by power
/// iteration on the covariance.
///
/// Each direction's largest entry is positive, so that the signs do not depend on the start.
pub fn principal_axes(points: &[f32], width: usize) -> [(Vec<f32>, f64); 2] {
    let mut covariance = covariance(points, width);
    [0, 1].map(|_| {
        let (axis, variance) = leading(&covariance, width);
        for (row, &left) in axis.iter().enumerate() {
            for (column, &right) in axis.iter().enumerate() {
                covariance[row * width + column] -= variance * left * right;
            }
        }
        (axis.iter().map(|&it| it as f32).collect(), variance)
    })
}

fn covariance(points: &[f32], width: usize) -> Vec<f64> {
    let centre = mean(points, width);
    let mut sums = vec![0.0f64; width * width];
    let mut centred = vec![0.0f64; width];
    for point in points.chunks_exact(width) {
        for ((to, &it), &centre) in centred.iter_mut().zip(point).zip(&centre) {
            *to = f64::from(it) - f64::from(centre);
        }
        for (row, &left) in sums.chunks_exact_mut(width).zip(&centred) {
            for (sum, &right) in row.iter_mut().zip(&centred) {
                *sum += left * right;
            }
        }
    }
    let count = (points.len() / width).max(1) as f64;
    sums.into_iter().map(|it| it / count).collect()
}

/// Most steps of the power iteration; it stops when the direction rests.
const MAX_STEPS: usize = 10_000;

fn leading(matrix: &[f64], width: usize) -> (Vec<f64>, f64) {
    // A start with a share in every direction; any fixed one does.
    let mut axis: Vec<f64> = (0..width).map(|it| 1.0 + 0.1 * ((it * 7) % 11) as f64).collect();
    let mut variance = 0.0;
    for _ in 0..MAX_STEPS {
        let mut next: Vec<f64> = matrix
            .chunks_exact(width)
            .map(|row| row.iter().zip(&axis).map(|(a, b)| a * b).sum())
            .collect();
        let length = next.iter().map(|it| it * it).sum::<f64>().sqrt();
        if length == 0.0 {
            break;
        }
        next.iter_mut().for_each(|it| *it /= length);
        let moved: f64 = next.iter().zip(&axis).map(|(a, b)| (a - b).abs()).sum();
        (axis, variance) = (next, length);
        if moved < 1e-12 {
            break;
        }
    }
    let largest =
        axis.iter().copied().fold(0.0f64, |best, it| if best.abs() < it.abs() { it } else { best });
    if largest < 0.0 {
        axis.iter_mut().for_each(|it| *it = -*it);
    }
    (axis, variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_has_right_angles() {
        let [x, y] = plane(&[2.0, 0.0, 0.0], &[1.0, 1.0, 0.0]).unwrap();
        assert_eq!((x, y), (vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0]));
        assert_eq!(plane(&[1.0, 0.0], &[3.0, 0.0]), None);
        assert_eq!(plane(&[0.0, 0.0], &[3.0, 0.0]), None);
    }

    #[test]
    fn principal_axes_are_those_of_an_ellipse() {
        // Points along (3, 4)/5 with spread 10 and across with spread 1.
        let points: Vec<f32> = [(10.0, 0.0), (-10.0, 0.0), (0.0, 1.0), (0.0, -1.0)]
            .iter()
            .flat_map(|&(along, across): &(f32, f32)| {
                [0.6 * along - 0.8 * across + 5.0, 0.8 * along + 0.6 * across]
            })
            .collect();
        let [(first, largest), (second, next)] = principal_axes(&points, 2);
        assert!((largest - 50.0).abs() < 1e-3 && (next - 0.5).abs() < 1e-3);
        assert!((first[0] - 0.6).abs() < 1e-4 && (first[1] - 0.8).abs() < 1e-4, "{first:?}");
        assert!(dot(&first, &second).abs() < 1e-4);
        assert!((variance(&points, 2) - (largest + next)).abs() < 1e-3);
    }

    #[test]
    fn singular_values_are_those_of_the_matrix_or_no_numbers() {
        let found = singular_values(&[0.0, 2.0, 0.0, -3.0, 0.0, 0.0], 2, 3);
        assert!((found[0] - 3.0).abs() < 1e-6 && (found[1] - 2.0).abs() < 1e-6, "{found:?}");
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let matrix = [broken, 4.0, -5.0, 1.0, 3.0, -1.0, 5.0, 0.0, 2.0, -4.0];
            let found = singular_values(&matrix, 5, 2);
            assert!(found.len() == 2 && found.iter().all(|it| it.is_nan()), "{found:?}");
        }
    }

    #[test]
    fn eigenvalues_are_those_of_the_matrix_or_no_numbers() {
        // A turn by a right angle, and a number that is halved.
        let found = eigenvalues(&[0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.5], 3);
        let near = |it: [f32; 2], to: [f32; 2]| (it[0] - to[0]).hypot(it[1] - to[1]) < 1e-6;
        assert!(near(found[2], [0.5, 0.0]) && near(found[0], [0.0, found[0][1]]), "{found:?}");
        assert!((found[0][1].abs() - 1.0).abs() < 1e-6 && found[0][1] == -found[1][1], "{found:?}");
        // A reflection, I − 2 k kᵀ.
        let found = eigenvalues(&[1.0 - 2.0 * 0.36, -0.96, -0.96, 1.0 - 2.0 * 0.64], 2);
        assert!(found.iter().any(|it| near(*it, [-1.0, 0.0])), "{found:?}");
        assert!(found.iter().any(|it| near(*it, [1.0, 0.0])), "{found:?}");
        assert!(eigenvalues(&[f32::NAN, 1.0, 1.0, 1.0], 2).iter().flatten().all(|it| it.is_nan()));
    }

    #[test]
    fn the_largest_is_no_number_where_one_is_none() {
        let of = |values: &[f32]| largest(values.iter().copied());
        assert_eq!(of(&[]), 0.0);
        assert_eq!(of(&[1.0, 3.0, 2.0]), 3.0);
        assert_eq!(of(&[1.0, f32::INFINITY]), f32::INFINITY);
        assert!(of(&[f32::NAN, 1.0]).is_nan());
        assert!(of(&[1.0, f32::NAN, f32::INFINITY]).is_nan());
        assert!(of(&[1.0, f32::NAN]).is_nan());
    }

    #[test]
    fn the_cosine_of_nothing_is_nought() {
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 0.0]), 0.0);
        assert!((cosine(&[1.0, 1.0], &[1.0, 0.0]) - 0.5f64.sqrt()).abs() < 1e-9);
    }
}
