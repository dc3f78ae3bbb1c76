//! Functions of single numbers, and softmax, which burn's CPU backend takes one number at a time: here
//! as loops without a branch, which the compiler turns into vectors.
//!
//! Each has burn's own function as its plain twin, which serves where there are gradients or another
//! device. Both agree to a few roundings (`tests` below), whatever the width of the vectors: every
//! number goes through the same steps, and sums are taken in [`N_LANES`] parts everywhere.
//!
//! # Source
//! Exponential: range reduction by ln 2 in two parts and the polynomial of Cephes' `expf` (Moshier
//! 1989). Error function: a quotient of polynomials in x², as XLA and Eigen take it.

use burn::{
    prelude::*,
    tensor::{TensorData, activation},
};

/// Parts in which a row is summed.
const N_LANES: usize = 8;

/// `e^x`.
pub(crate) fn exp<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if is_own(&x) { each(x, exp_of) } else { x.exp() }
}

/// `1 / (1 + e^−x)`.
pub(super) fn sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if is_own(&x) { each(x, sigmoid_of) } else { activation::sigmoid(x) }
}

/// `x · sigmoid(x)`: Elfwing et al. 2018.
pub(super) fn silu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if is_own(&x) { each(x, |x| x * sigmoid_of(x)) } else { activation::silu(x) }
}

/// `x · Φ(x)`: Hendrycks & Gimpel 2016, with the error function itself.
pub(super) fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let of = |x: f32| 0.5 * x * (1.0 + erf_of(x * std::f32::consts::FRAC_1_SQRT_2));
    if is_own(&x) { each(x, of) } else { activation::gelu(x) }
}

/// Shares that add up to 1 along the last axis.
pub(super) fn softmax(x: Tensor<4>) -> Tensor<4> {
    let n_columns = x.dims()[3];
    if is_own(&x) && 0 < n_columns {
        in_place(x, |all| all.chunks_exact_mut(n_columns).for_each(softmax_of))
    } else {
        activation::softmax(x, 3)
    }
}

/// Whether a value lies in this program's memory, as plain numbers, and nobody wants its gradient.
fn is_own<const D: usize>(x: &Tensor<D>) -> bool {
    #[cfg(feature = "cpu")]
    {
        !x.is_autodiff() && x.device() == Device::flex()
    }
    #[cfg(not(feature = "cpu"))]
    {
        let _ = x;
        false
    }
}

fn each<const D: usize>(x: Tensor<D>, of: impl Fn(f32) -> f32) -> Tensor<D> {
    in_place(x, |all| all.iter_mut().for_each(|it| *it = of(*it)))
}

fn in_place<const D: usize>(x: Tensor<D>, work: impl FnOnce(&mut [f32])) -> Tensor<D> {
    let (dims, device) = (x.dims(), x.device());
    let mut values: Vec<f32> = x.into_data().try_into_vec().expect("the engine's numbers are f32");
    work(&mut values);
    Tensor::from_data(TensorData::new(values, dims), &device)
}

/// `e^x` to 2 units in the last place; 0 below the least normal number, and never above `e^88`.
#[inline]
fn exp_of(x: f32) -> f32 {
    const LEAST: f32 = -87.336_54;
    const MOST: f32 = 88.0;
    /// Adding and taking it away rounds to a whole number, which then stands in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let held = x.clamp(LEAST, MOST);
    let rounded = held * std::f32::consts::LOG2_E + ROUNDER;
    let whole = rounded - ROUNDER;
    let rest = held - whole * LN_2[0] - whole * LN_2[1];
    let series = 1.987_569_1e-4_f32;
    let series = series * rest + 1.398_199_9e-3;
    let series = series * rest + 8.333_452e-3;
    let series = series * rest + 4.166_579_6e-2;
    let series = series * rest + 1.666_666_5e-1;
    let series = series * rest + 5e-1;
    let small = series * (rest * rest) + rest + 1.0;
    let exponent = rounded.to_bits().wrapping_sub(ROUNDER.to_bits()).wrapping_add(127);
    let power = f32::from_bits(exponent << 23);
    if x < LEAST { 0.0 } else { small * power }
}

#[inline]
fn sigmoid_of(x: f32) -> f32 {
    1.0 / (1.0 + exp_of(-x))
}

/// The error function to 4 units in the last place.
#[inline]
fn erf_of(x: f32) -> f32 {
    /// Beyond it the nearest number is 1.
    const MOST: f32 = 3.832_507;
    let held = x.clamp(-MOST, MOST);
    let square = held * held;
    let above = 2.290_506_6e-4f32;
    let above = above * square + 3.408_291e-3;
    let above = above * square + 5.095_569_5e-2;
    let above = above * square + 1.852_083_2e-1;
    let above = above * square + std::f32::consts::FRAC_2_SQRT_PI;
    let below = -1.179_160_3e-7f32;
    let below = below * square + 2.354_796_6e-5;
    let below = below * square + 1.017_962_5e-3;
    let below = below * square + 1.407_047e-2;
    let below = below * square + 1.109_850_5e-1;
    let below = below * square + 4.974_692_5e-1;
    let below = below * square + 1.0;
    (held * above / below).clamp(-1.0, 1.0)
}

fn softmax_of(row: &mut [f32]) {
    let larger = |a: f32, b: f32| if a < b { b } else { a };
    let most = in_lanes(row, f32::NEG_INFINITY, larger);
    row.iter_mut().for_each(|it| *it = exp_of(*it - most));
    let sum = in_lanes(row, 0.0, |a, b| a + b);
    row.iter_mut().for_each(|it| *it /= sum);
}

/// A row folded in [`N_LANES`] parts, then these.
#[inline]
fn in_lanes(row: &[f32], start: f32, fold: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; N_LANES];
    let (whole, rest) = row.as_chunks::<N_LANES>();
    for some in whole {
        for (lane, value) in lanes.iter_mut().zip(some) {
            *lane = fold(*lane, *value);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = fold(*lane, *value);
    }
    lanes.into_iter().fold(start, fold)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    /// A number of roundings of the exact value, and the least normal number.
    fn is_near(got: f32, exact: f64, roundings: f64) -> bool {
        (f64::from(got) - exact).abs()
            <= roundings * f64::from(f32::EPSILON) * exact.abs() + 1.2e-38
    }

    fn grid(least: f32, most: f32) -> impl Iterator<Item = f32> {
        (0..=40_000).map(move |it| least + (most - least) * it as f32 / 40_000.0)
    }

    #[test]
    fn the_exponential_is_exact_to_two_roundings() {
        for x in grid(-87.3, 88.0) {
            let (got, exact) = (exp_of(x), f64::from(x).exp());
            assert!(is_near(got, exact, 2.0), "e^{x}: {got}, {exact}");
        }
        assert_eq!([-88.0, -1e9, f32::NEG_INFINITY].map(exp_of), [0.0; 3]);
        assert_eq!(exp_of(0.0), 1.0);
        assert!(exp_of(f32::NAN).is_nan());
        assert!(exp_of(1e9).is_finite());
    }

    /// Its series, which converges everywhere: Abramowitz & Stegun 1964, 7.1.6.
    fn erf_exact(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp() * sum
    }

    #[test]
    fn the_error_function_is_exact_to_four_roundings() {
        for x in grid(-5.0, 5.0) {
            let (got, exact) = (erf_of(x), erf_exact(f64::from(x)));
            assert!(is_near(got, exact, 4.0), "erf {x}: {got}, {exact}");
        }
        assert_eq!([-40.0, 0.0, 40.0].map(erf_of), [-1.0, 0.0, 1.0]);
        assert!(erf_of(f32::NAN).is_nan());
    }

    fn same<const D: usize>(own: Tensor<D>, plain: Tensor<D>) {
        let [own, plain] = [own, plain].map(|it| it.into_data().try_into_vec::<f32>().unwrap());
        assert_eq!(own.len(), plain.len());
        for (own, plain) in own.into_iter().zip(plain) {
            // Plain functions have an error of their own, and 1 + erf cancels: relative to 1.
            let bound = 8.0 * f32::EPSILON * plain.abs().max(1.0);
            assert!((own - plain).abs() <= bound, "{own} {plain}");
        }
    }

    #[test]
    fn each_agrees_with_its_plain_twin() {
        let device = Device::flex();
        device.seed(3);
        // Widths below, at and above the number of lanes, and rows that are views.
        for n_columns in [1, 7, 8, 29] {
            let spread = Distribution::Normal(0.0, 6.0);
            let x = Tensor::<4>::random([2, 3, n_columns, n_columns], spread, &device);
            let x = x.swap_dims(2, 3);
            same(softmax(x.clone()), activation::softmax(x.clone(), 3));
            same(gelu(x.clone()), activation::gelu(x.clone()));
            same(silu(x.clone()), activation::silu(x.clone()));
            same(sigmoid(x.clone()), activation::sigmoid(x.clone()));
            let below = -x.abs();
            same(exp(below.clone()), below.exp());
        }
    }

    #[test]
    fn a_masked_key_has_no_share_and_what_is_no_number_spoils_its_row_alone() {
        let device = Device::flex();
        let x = Tensor::<4>::from_data([[[[1.0, -1e9, 1.0], [f32::NAN, 0.0, 1.0]]]], &device);
        let shares: Vec<f32> = softmax(x).into_data().try_into_vec().unwrap();
        assert_eq!(shares[..3], [0.5, 0.0, 0.5]);
        assert!(shares[3..].iter().all(|it| it.is_nan()));
    }

    #[test]
    fn no_number_is_lost_where_there_is_none() {
        let empty = Tensor::<4>::zeros([1, 2, 0, 0], &Device::flex());
        assert_eq!(softmax(empty.clone()).dims(), [1, 2, 0, 0]);
        assert_eq!(gelu(empty).dims(), [1, 2, 0, 0]);
    }
}
