//! Intervals: how far a number that was measured may be from the one that is meant.
//!
//! All are two-sided, at 95 %. What they cover differs, and every caller says which: the choice of
//! rows (one network, more rows), or the choice of seeds (the recipe, more networks).

use serde::{Deserialize, Serialize};

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The standard normal quantile at 0.975.
const Z: f64 = 1.959_963_984_540_054;

impl Estimate {
    /// A number that is exact.
    pub fn exact(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// Whether `other` lies within.
    pub fn holds(&self, other: f64) -> bool {
        self.low <= other && other <= self.high
    }
}

/// Wilson's score interval of a share `p` of `n` cases that are independent.
///
/// # Source
/// Wilson 1927; at `p` = 0 or 1 it stays within 0..=1 and has a width, as the normal one has not.
pub fn wilson(p: f64, n: f64) -> Estimate {
    let z2 = Z * Z;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // The exact limits at the ends, which rounding would miss by 1e-17.
    let low = if p <= 0.0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if 1.0 <= p { 1.0 } else { (middle + half).min(1.0) };
    Estimate { value: p, low, high }
}

/// The share of right answers over rows of several answers each, `(right, asked)`, with an interval
/// over rows.
///
/// Answers of one row are right or wrong together, so they are fewer cases than they seem: Wilson's
/// interval is taken at the effective number of cases, `p (1 − p)` divided by the variance of the
/// share when rows are drawn (at most as many as there are answers). Where all or no answers are
/// right, that variance is not known, and each row counts as one case.
///
/// # Source
/// Kish 1965, design effect; Korn & Graubard 1998 for its use in intervals of shares.
pub fn share_of_rows(rows: &[(usize, usize)]) -> Option<Estimate> {
    let n_right: usize = rows.iter().map(|it| it.0).sum();
    let n_asked: usize = rows.iter().map(|it| it.1).sum();
    if n_asked == 0 {
        return None;
    }
    let (n, asked) = (rows.len() as f64, n_asked as f64);
    let p = n_right as f64 / asked;
    if rows.iter().all(|it| it.1 <= 1) {
        return Some(wilson(p, asked));
    }
    let surprise = |&(right, of): &(usize, usize)| (right as f64 - p * of as f64).powi(2);
    let variance =
        n / (n - 1.0).max(1.0) * rows.iter().map(surprise).sum::<f64>() / (asked * asked);
    let is_all_or_none = n_right == 0 || n_right == n_asked;
    let effective = if is_all_or_none || variance <= 0.0 { n } else { p * (1.0 - p) / variance };
    Some(wilson(p, effective.min(asked)))
}

/// The mean of independent numbers, with Student's interval. One number has no interval.
pub fn mean(values: &[f64]) -> Option<Estimate> {
    let n = values.len() as f64;
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    if values.len() == 1 {
        return Some(Estimate::exact(mean));
    }
    let variance = values.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = t_975(values.len() - 1) * (variance / n).sqrt();
    Some(Estimate { value: mean, low: mean - half, high: mean + half })
}

/// The mean over seeds, with the wider of two intervals on each side: Student's over seeds, and
/// that over rows within the seeds, which are independent. With one seed, the latter alone.
pub fn over_seeds(seeds: &[Estimate]) -> Estimate {
    let n = seeds.len() as f64;
    let over_seeds = mean(&seeds.iter().map(|it| it.value).collect::<Vec<_>>());
    let Some(Estimate { value, low, high }) = over_seeds else { return Estimate::exact(f64::NAN) };
    let within = |half: fn(&Estimate) -> f64| {
        seeds.iter().map(|it| half(it).powi(2)).sum::<f64>().sqrt() / n
    };
    let below = within(|it| it.value - it.low);
    let above = within(|it| it.high - it.value);
    Estimate { value, low: low.min(value - below), high: high.max(value + above) }
}

/// The ratio of two sums over independent rows, `(above, below)`, with an interval over rows.
///
/// # Source
/// The ratio estimator and its linearised variance, Cochran 1977, section 6.3.
pub fn ratio(rows: &[(f64, f64)]) -> Option<Estimate> {
    let n = rows.len() as f64;
    let above: f64 = rows.iter().map(|it| it.0).sum();
    let below: f64 = rows.iter().map(|it| it.1).sum();
    if rows.len() < 2 || below <= 0.0 {
        return None;
    }
    let value = above / below;
    let errors = rows.iter().map(|it| (it.0 - value * it.1).powi(2)).sum::<f64>();
    let half = t_975(rows.len() - 1) * (n / (n - 1.0) * errors).sqrt() / below;
    Some(Estimate { value, low: value - half, high: value + half })
}

/// Student's t at 0.975: 95 % of differences, in units of their estimated spread, are smaller.
pub fn t_975(degrees: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004,
        2.262_157, 2.228_139, 2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905,
        2.109_816, 2.100_922, 2.093_024, 2.085_963, 2.079_614, 2.073_873, 2.068_658, 2.063_899,
        2.059_539, 2.055_529, 2.051_831, 2.048_407, 2.045_230, 2.042_272,
    ];
    match degrees {
        0 => f64::INFINITY,
        1..=30 => TABLE[degrees - 1],
        _ => {
            // Cornish & Fisher's expansion around the normal quantile.
            let n = degrees as f64;
            let (z3, z5, z7) = (Z.powi(3), Z.powi(5), Z.powi(7));
            Z + (z3 + Z) / (4.0 * n)
                + (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / (96.0 * n * n)
                + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * Z) / (384.0 * n * n * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_near(found: f64, expected: f64, most: f64) {
        assert!((found - expected).abs() < most, "{found}, not {expected}");
    }

    #[test]
    fn wilsons_interval_is_the_printed_one() {
        // Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (right, n, low, high) in [
            (81.0, 263.0, 0.2553, 0.3662),
            (15.0, 148.0, 0.0624, 0.1605),
            (0.0, 20.0, 0.0, 0.1611),
            (1.0, 29.0, 0.0061, 0.1718),
        ] {
            let found = wilson(right / n, n);
            is_near(found.low, low, 5e-5);
            is_near(found.high, high, 5e-5);
        }
        assert_eq!(wilson(1.0, 1000.0).high, 1.0);
        assert!(wilson(1.0, 1000.0).low < 1.0);
    }

    #[test]
    fn answers_that_go_together_count_as_fewer() {
        let rows = |right: [usize; 4]| right.map(|it| (it, 10)).repeat(25);
        let width = |it: Estimate| it.high - it.low;
        // Half of all answers are right: by rows, and evenly within each row.
        let together = share_of_rows(&rows([10, 10, 0, 0])).unwrap();
        let apart = share_of_rows(&rows([5, 5, 5, 5])).unwrap();
        assert_eq!((together.value, apart.value), (0.5, 0.5));
        // Rows that are right or wrong as a whole are as many cases as rows, but one.
        is_near(width(together), width(wilson(0.5, 99.0)), 1e-9);
        // Never more cases than answers; where rows do not differ, each is one.
        is_near(width(apart), width(wilson(0.5, 100.0)), 1e-9);
        let mixed = share_of_rows(&rows([5, 6, 4, 5])).unwrap();
        is_near(width(mixed), width(wilson(0.5, 1000.0)), 1e-9);
        assert_eq!(share_of_rows(&rows([10; 4])).unwrap(), wilson(1.0, 100.0));
        assert_eq!(share_of_rows(&[(1, 1), (0, 1)]).unwrap(), wilson(0.5, 2.0));
        assert_eq!(share_of_rows(&[(0, 0)]), None);
    }

    #[test]
    fn intervals_of_rows_hold_the_truth_about_as_often_as_they_say() {
        // Rows of 8 answers that share a chance of 0.2 or 0.8: the true share is a half. A small
        // generator of its own, so that the test needs none of the crate's.
        let mut state = 1u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1u32 << 31)
        };
        let (mut n_held, n) = (0, 2_000);
        for _ in 0..n {
            let rows: Vec<_> = (0..60)
                .map(|_| {
                    let chance = if random() < 0.5 { 0.2 } else { 0.8 };
                    ((0..8).filter(|_| random() < chance).count(), 8)
                })
                .collect();
            n_held += usize::from(share_of_rows(&rows).unwrap().holds(0.5));
        }
        // Five standard errors around 95 %; taking answers for independent would give 75 %.
        let share = f64::from(n_held as u32) / f64::from(n);
        assert!((0.925..0.975).contains(&share), "{share}");
    }

    #[test]
    fn the_mean_has_students_interval() {
        // 1, 2, 3: spread 1, t of 2 degrees 4.303, divided by √3.
        let found = mean(&[1.0, 2.0, 3.0]).unwrap();
        is_near(found.low, 2.0 - 2.484_138, 1e-5);
        is_near(found.high, 2.0 + 2.484_138, 1e-5);
        assert_eq!(mean(&[4.0]), Some(Estimate::exact(4.0)));
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn seeds_that_agree_keep_the_interval_of_their_rows() {
        let seed = |value: f64| Estimate { value, low: value - 0.03, high: value + 0.06 };
        let found = over_seeds(&[seed(0.5), seed(0.5), seed(0.5), seed(0.5)]);
        // Four independent half-widths, so a half of each.
        is_near(found.low, 0.485, 1e-9);
        is_near(found.high, 0.53, 1e-9);
        // Seeds that differ more than their rows do have the interval over seeds.
        let found = over_seeds(&[seed(1.0), seed(2.0), seed(3.0)]);
        is_near(found.low, 2.0 - 2.484_138, 1e-5);
        assert_eq!(over_seeds(&[seed(0.5)]), seed(0.5));
        assert!(over_seeds(&[]).value.is_nan());
    }

    #[test]
    fn quantiles_of_t_go_to_the_normal_one() {
        is_near(t_975(31), 2.039_513, 1e-5);
        is_near(t_975(60), 2.000_298, 1e-5);
        is_near(t_975(1_000), 1.962_339, 1e-5);
        assert!((1..100).all(|it| t_975(it + 1) < t_975(it)));
        assert_eq!(t_975(0), f64::INFINITY);
    }

    #[test]
    fn a_ratio_of_rows_that_agree_is_sure() {
        let found = ratio(&[(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]).unwrap();
        assert_eq!(found, Estimate::exact(0.5));
        let found = ratio(&[(1.0, 2.0), (3.0, 2.0)]).unwrap();
        // Two rows: the mean of 0.5 and 1.5 with the interval of a mean, as the rows weigh alike.
        let expected = mean(&[0.5, 1.5]).unwrap();
        is_near(found.low, expected.low, 1e-9);
        is_near(found.high, expected.high, 1e-9);
        assert_eq!((ratio(&[(1.0, 1.0)]), ratio(&[(1.0, 0.0), (0.0, 0.0)])), (None, None));
    }
}
