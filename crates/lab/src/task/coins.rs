//! Coins: flips of a coin whose bias has to be inferred from the flips so far.

use rand::Rng;

use super::{ChaCha8Rng, Fact, Items, Row, Size, Targets, Task, Why, hmm::entropy, vocabulary};

/// Flips of a coin that falls on heads with a probability drawn evenly from 0 to 1 for each row.
///
/// The best prediction is Laplace's rule, the mean of the Beta posterior: `(heads + 1) / (n + 2)`.
/// Facts of every position: `heads`, so far, and `next`, the probability of either side, which is
/// also the target. The beginning mark does not count.
///
/// # Source
/// The Beta–Bernoulli model, as in “LLMs are Bayesian, in Expectation, not in Realization” (2025).
#[derive(Clone, Copy, Debug, Default)]
pub struct Coins;

const SIDES: [&str; 2] = ["heads", "tails"];

fn row_of(flips: &[usize]) -> Row {
    let first = 2;
    let n_before = |n: usize| flips[..n].iter().filter(|it| **it == 0).count();
    let n_heads: Vec<usize> = (0..=flips.len()).map(n_before).collect();
    let share = |n: usize| (n_heads[n] as f64 + 1.0) / (n as f64 + 2.0);
    let next: Vec<f32> =
        (0..=flips.len()).flat_map(|n| [share(n) as f32, (1.0 - share(n)) as f32]).collect();
    let values = next.chunks(2).flat_map(|it| [0.0, 0.0, it[0], it[1]]).collect();
    let inputs = std::iter::once(0).chain(flips.iter().map(|&it| (first + it) as u32)).collect();
    let targets = Targets::Distributions { width: first + SIDES.len(), values };
    let mut row = Row::of_words(inputs, targets, flips.len());
    row.weights[0] = 0.0;
    let values = n_heads.iter().map(|&it| it as f32).collect();
    row.facts.push(("heads", Fact::Vectors { names: vec!["heads".to_owned()], values }));
    let names = SIDES.map(str::to_owned).to_vec();
    row.facts.push(("next", Fact::Vectors { names, values: next }));
    row
}

impl Task for Coins {
    fn id(&self) -> &'static str {
        "coins"
    }

    fn name(&self) -> &'static str {
        "coins"
    }

    fn about(&self) -> &'static str {
        "flips of a coin with a bias of its own, drawn evenly from 0 to 1 for each row"
    }

    fn items(&self) -> Items {
        Items { name: "flips", most: None }
    }

    fn words(&self) -> Vec<String> {
        vocabulary(SIDES)
    }

    fn n_tokens(&self, size: Size) -> usize {
        size.0 + 1
    }

    fn row(&self, size: Size, rng: &mut ChaCha8Rng) -> Row {
        let bias: f64 = rng.random();
        let mut flip = || usize::from(bias <= rng.random::<f64>());
        let flips: Vec<usize> = (0..=size.0).map(|_| flip()).collect();
        let mut row = row_of(&flips[..size.0]);
        row.drawn = Some(flips.iter().map(|&it| 2 + it as u32).collect());
        row
    }

    fn read(&self, prompt: &[&str]) -> Result<Row, Why> {
        let flip = |word: &&str| SIDES.iter().position(|it| it == word);
        let flips: Option<Vec<usize>> = prompt.iter().map(flip).collect();
        Ok(row_of(&flips.ok_or(Why("write only heads and tails, with spaces between them"))?))
    }

    /// After n flips every number of heads from 0 to n is as probable, for an even bias.
    fn floor(&self, size: Size) -> Option<f64> {
        let after = |n: usize| {
            let share = |n_heads: usize| (n_heads as f64 + 1.0) / (n as f64 + 2.0);
            let each = |it: usize| entropy(&[share(it), 1.0 - share(it)]);
            (0..=n).map(each).sum::<f64>() / (n as f64 + 1.0)
        };
        (0 < size.0).then(|| (1..=size.0).map(after).sum::<f64>() / size.0 as f64)
    }

    fn chance(&self) -> f64 {
        0.5
    }

    fn is_exchangeable(&self) -> bool {
        true
    }
}
