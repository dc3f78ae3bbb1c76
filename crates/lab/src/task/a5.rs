//! The word problem of A5: where five things are after the moves so far.

use rand::Rng;

use super::{ChaCha8Rng, Items, Row, Size, Task, Why, parity::row_of_states, vocabulary};

/// Moves `a`, the cycle (12345), and `b`, the cycle (123), which together give the 60 elements of
/// A5; at each position, the product so far.
///
/// # Source
/// Merrill et al. 2024, “The Illusion of State in State-Space Models”, section 5. There every
/// element is a word of the input, here two that generate the group.
#[derive(Clone, Debug)]
pub struct A5 {
    /// The 60 even permutations of 1 to 5 in the order of their names, the identity first.
    elements: Vec<[u8; 5]>,
}

/// The images of 1 to 5 under each move.
const MOVES: [(&str, [u8; 5]); 2] = [("a", [2, 3, 4, 5, 1]), ("b", [2, 3, 1, 4, 5])];

impl Default for A5 {
    fn default() -> Self {
        let digits = |it: u32| [10_000, 1_000, 100, 10, 1].map(|unit| (it / unit % 10) as u8);
        let is_even = |it: &[u8; 5]| {
            let pairs = (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b)));
            pairs.filter(|&(a, b)| it[b] < it[a]).count().is_multiple_of(2)
        };
        let is_permutation = |it: &[u8; 5]| (1..=5).all(|digit| it.contains(&digit));
        let all = (12_345..=54_321).map(digits);
        Self { elements: all.filter(|it| is_permutation(it) && is_even(it)).collect() }
    }
}

impl A5 {
    fn names(&self) -> Vec<String> {
        self.elements.iter().map(|it| it.map(|it| it.to_string()).concat()).collect()
    }

    fn row_of(&self, moves: &[usize]) -> Row {
        row_of_states(moves, MOVES.len(), self.names(), |state, step| {
            let moved = self.elements[state].map(|place| MOVES[step].1[usize::from(place) - 1]);
            self.elements.iter().position(|it| *it == moved).expect("moves stay in A5")
        })
    }
}

impl Task for A5 {
    fn id(&self) -> &'static str {
        "a5"
    }

    fn name(&self) -> &'static str {
        "the word problem of A5"
    }

    fn about(&self) -> &'static str {
        "where five things are after the moves (12345) and (123) so far"
    }

    fn items(&self) -> Items {
        Items { name: "steps", most: None }
    }

    fn words(&self) -> Vec<String> {
        vocabulary(MOVES.iter().map(|it| it.0.to_owned()).chain(self.names()))
    }

    fn n_tokens(&self, size: Size) -> usize {
        size.0 + 1
    }

    fn row(&self, size: Size, rng: &mut ChaCha8Rng) -> Row {
        self.row_of(&(0..size.0).map(|_| rng.random_range(0..MOVES.len())).collect::<Vec<_>>())
    }

    fn read(&self, prompt: &[&str]) -> Result<Row, Why> {
        let step = |word: &&str| MOVES.iter().position(|it| it.0 == *word);
        let moves: Option<Vec<usize>> = prompt.iter().map(step).collect();
        Ok(self.row_of(&moves.ok_or(Why("write only a and b, with spaces between them"))?))
    }

    fn floor(&self, _size: Size) -> Option<f64> {
        Some(0.0)
    }

    fn chance(&self) -> f64 {
        1.0 / 60.0
    }
}
