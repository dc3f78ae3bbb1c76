//! Parity: whether the ones so far are even or odd.

use rand::Rng;

use super::{
    ChaCha8Rng, Diagram, Edge, Fact, Items, Node, Row, Size, Targets, Task, Why, vocabulary,
};

/// Zeros and ones; at each position, whether the ones so far are even or odd.
///
/// # Source
/// Grazzi et al. 2024, “Unlocking State-Tracking in Linear RNNs Through Negative Eigenvalues”,
/// section 3.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parity;

const BITS: [&str; 2] = ["0", "1"];
const STATES: [&str; 2] = ["even", "odd"];

/// The row of moves that take one state to the next, the first state being 0.
///
/// `word_of` names a move, `next` follows it, and `states` are the words of the states, which come
/// after the moves in the vocabulary.
pub(super) fn row_of_states(
    moves: &[usize],
    n_moves: usize,
    states: Vec<String>,
    next: impl Fn(usize, usize) -> usize,
) -> Row {
    // Moves and states come after the beginning mark and the unknown word.
    let first = 2;
    let mut state = 0;
    let mut at = vec![0];
    let mut inputs = vec![0];
    for &step in moves {
        state = next(state, step);
        inputs.push((first + step) as u32);
        at.push(state as u32);
    }
    let targets = at.iter().map(|it| (first + n_moves) as u32 + it).collect();
    let mut row = Row::of_words(inputs, Targets::Words(targets), moves.len());
    row.facts.push(("state", Fact::Classes { names: states, at }));
    row
}

fn row_of(bits: &[usize]) -> Row {
    let states = STATES.map(str::to_owned).to_vec();
    row_of_states(bits, BITS.len(), states, |state, bit| (state + bit) % 2)
}

impl Task for Parity {
    fn id(&self) -> &'static str {
        "parity"
    }

    fn name(&self) -> &'static str {
        "parity"
    }

    fn about(&self) -> &'static str {
        "zeros and ones: after each, whether the ones so far are even or odd in number"
    }

    fn items(&self) -> Items {
        Items { name: "steps", most: None }
    }

    fn words(&self) -> Vec<String> {
        vocabulary(BITS.into_iter().chain(STATES))
    }

    fn n_tokens(&self, size: Size) -> usize {
        size.0 + 1
    }

    fn row(&self, size: Size, rng: &mut ChaCha8Rng) -> Row {
        row_of(&(0..size.0).map(|_| rng.random_range(0..BITS.len())).collect::<Vec<_>>())
    }

    fn read(&self, prompt: &[&str]) -> Result<Row, Why> {
        let bit = |word: &&str| BITS.iter().position(|it| it == word);
        let bits: Option<Vec<usize>> = prompt.iter().map(bit).collect();
        Ok(row_of(&bits.ok_or(Why("write only 0 and 1, with spaces between them"))?))
    }

    fn floor(&self, _size: Size) -> Option<f64> {
        Some(0.0)
    }

    fn chance(&self) -> f64 {
        0.5
    }

    fn picture(&self, row: &Row, position: usize) -> Option<Diagram> {
        let Some(Fact::Classes { at, .. }) = row.fact("state") else { return None };
        let here = *at.get(position)? as usize;
        let came_by = position.checked_sub(1).map(|it| (at[it] as usize, here));
        let node = |(state, name): (usize, &str)| Node {
            name: name.to_owned(),
            at: [0.25 + 0.5 * state as f32, 0.5],
            brightness: f32::from(u8::from(state == here)),
        };
        let edge = |from: usize, to: usize| Edge {
            from,
            to,
            name: BITS[usize::from(from != to)].to_owned(),
            brightness: f32::from(u8::from(came_by == Some((from, to)))),
        };
        Some(Diagram {
            nodes: STATES.into_iter().enumerate().map(node).collect(),
            edges: [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(from, to)| edge(from, to)).to_vec(),
        })
    }
}
