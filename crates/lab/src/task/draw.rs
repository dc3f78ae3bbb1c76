//! Seeded chance: rows that training never draws, and orders.
//!
//! Everything here gives the same on every machine and in the page.

use rand::{Rng, SeedableRng};

use super::{ChaCha8Rng, Row, Size, Task};

/// The stream of rows that no step of training draws; steps have the streams from 0 on.
pub const HELD_OUT: u64 = u64::MAX;

/// A generator: the same seed and stream give the same numbers.
pub fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// Rows of a task that no step of training with this seed draws: those of its exam.
pub fn held_out(task: &dyn Task, seed: u64, size: Size, count: usize) -> impl Iterator<Item = Row> {
    let mut rng = generator(seed, HELD_OUT - size.0 as u64);
    (0..count).map(move |_| task.row(size, &mut rng))
}

/// The numbers below `count` in an order that depends on nothing but the generator.
///
/// # Source
/// Fisher & Yates, as in Knuth, *The Art of Computer Programming*, volume 2, algorithm P.
pub fn shuffled(count: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, rng.random_range(0..=last as u64) as usize);
    }
    order
}
