//! Hidden Markov models, of which the belief over hidden states is known exactly.

use std::collections::BTreeMap;

use rand::Rng;

use super::{
    Args, ChaCha8Rng, Diagram, Edge, Fact, Items, Node, Row, Size, Targets, Task, TaskError, Why,
    vocabulary,
};

/// A process with hidden states that writes a word at every step.
///
/// Facts of every position: `belief`, the probability of every hidden state after the words so far,
/// by Bayes' rule from the stationary distribution, `η ← η T⁽ʷ⁾ / (η T⁽ʷ⁾ 1)`; and `next`, that of
/// every word that may come, which is also the target. Nothing has been seen at the beginning mark,
/// so it does not count.
///
/// # Source
/// Shai et al. 2024, “Transformers Represent Belief State Geometry in their Residual Stream”,
/// section 2 and appendix.
#[derive(Clone, Debug)]
pub struct Hmm {
    id: &'static str,
    name: &'static str,
    about: &'static str,
    /// The words that it writes.
    words: Vec<&'static str>,
    /// Hidden states, with the place of each in a picture.
    states: Vec<(&'static str, [f32; 2])>,
    /// `steps[word][from][to]`: the probability to write `word` and go to `to`.
    steps: Vec<Vec<Vec<f64>>>,
    stationary: Vec<f64>,
}

/// Mess3: three hidden states that tend to stay, three words that tend to name the state.
///
/// # Source
/// Shai et al. 2024: `x` is the probability to go to each of the other states, `alpha` that the
/// word names the state gone to; 0.05 and 0.85 there.
pub fn mess3(x: f64, alpha: f64) -> Hmm {
    let go = |from: usize, to: usize| if from == to { 1.0 - 2.0 * x } else { x };
    let name = |word: usize, to: usize| if word == to { alpha } else { (1.0 - alpha) / 2.0 };
    let step = |word: usize, from: usize, to: usize| go(from, to) * name(word, to);
    Hmm {
        id: "mess3",
        name: "Mess3",
        about: "three hidden states that tend to stay as they are, and words that tend to name them",
        words: vec!["A", "B", "C"],
        states: vec![("1", [0.5, 0.1]), ("2", [0.1, 0.85]), ("3", [0.9, 0.85])],
        steps: table(3, 3, step),
        stationary: vec![1.0 / 3.0; 3],
    }
}

/// [`mess3`] with the arguments of a file.
pub(super) fn mess3_of(args: &Args) -> Result<Hmm, TaskError> {
    let argument = |name: &'static str, default: f64, most: f64, wanted: &'static str| {
        let value = args.get(name).copied().unwrap_or(default);
        let is_right = 0.0 < value && value < most;
        is_right.then_some(value).ok_or(TaskError::Range { name, value, wanted })
    };
    let x = argument("x", 0.05, 0.5, "more than 0 and less than 0.5")?;
    Ok(mess3(x, argument("alpha", 0.85, 1.0, "more than 0 and less than 1")?))
}

/// RRXOR: two random bits, then their exclusive or, over and over; where a group begins is hidden.
///
/// # Source
/// Shai et al. 2024; the process is that of Riechers & Crutchfield 2018.
pub fn rrxor() -> Hmm {
    // The states: a group begins; its first bit was 0 or 1; the exclusive or will be 0 or 1.
    const NEXT: [[(usize, f64); 2]; 5] = [
        [(1, 0.5), (2, 0.5)],
        [(3, 0.5), (4, 0.5)],
        [(4, 0.5), (3, 0.5)],
        [(0, 1.0), (0, 0.0)],
        [(0, 0.0), (0, 1.0)],
    ];
    let step = |word: usize, from: usize, to: usize| {
        let (next, share) = NEXT[from][word];
        if next == to { share } else { 0.0 }
    };
    Hmm {
        id: "rrxor",
        name: "RRXOR",
        about: "two random bits and their exclusive or, over and over; where a group begins is hidden",
        words: vec!["0", "1"],
        states: vec![
            ("begin", [0.1, 0.5]),
            ("0", [0.5, 0.1]),
            ("1", [0.5, 0.9]),
            ("xor 0", [0.9, 0.1]),
            ("xor 1", [0.9, 0.9]),
        ],
        steps: table(2, 5, step),
        stationary: vec![1.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0],
    }
}

fn table(
    n_words: usize,
    n_states: usize,
    step: impl Fn(usize, usize, usize) -> f64,
) -> Vec<Vec<Vec<f64>>> {
    let to = |word, from| (0..n_states).map(|to| step(word, from, to)).collect();
    let from = |word| (0..n_states).map(|from| to(word, from)).collect();
    (0..n_words).map(from).collect()
}

/// Beliefs that are summed over exactly; three words and 11 positions are 177,147.
const MOST_BELIEFS: usize = 400_000;
/// Beliefs that differ by less are the same.
const SAME: f64 = 1e-12;

impl Hmm {
    /// `steps[word][from][to]`: the probability to write `word` and go from `from` to `to`.
    pub fn steps(&self) -> &[Vec<Vec<f64>>] {
        &self.steps
    }

    /// The probability of every hidden state before anything was seen.
    pub fn stationary(&self) -> &[f64] {
        &self.stationary
    }

    /// `η T⁽ʷ⁾`: the probability to write `word` and be in each state then.
    fn joint(&self, belief: &[f64], word: usize) -> Vec<f64> {
        let steps = &self.steps[word];
        let into = |to: usize| belief.iter().zip(steps).map(|(share, from)| share * from[to]).sum();
        (0..belief.len()).map(into).collect()
    }

    /// The probability of every word.
    fn next(&self, belief: &[f64]) -> Vec<f64> {
        (0..self.words.len()).map(|word| self.joint(belief, word).iter().sum()).collect()
    }

    /// The belief after `word`; nothing where the word cannot come.
    fn after(&self, belief: &[f64], word: usize) -> Option<Vec<f64>> {
        let joint = self.joint(belief, word);
        let share: f64 = joint.iter().sum();
        (0.0 < share).then(|| joint.iter().map(|it| it / share).collect())
    }

    fn row_of(&self, words: &[usize]) -> Option<Row> {
        let first = 2;
        let mut belief = self.stationary.clone();
        let (mut beliefs, mut nexts) = (vec![belief.clone()], vec![self.next(&belief)]);
        let mut inputs = vec![0];
        for &word in words {
            belief = self.after(&belief, word)?;
            beliefs.push(belief.clone());
            nexts.push(self.next(&belief));
            inputs.push((first + word) as u32);
        }
        let single = |rows: &[Vec<f64>]| rows.iter().flatten().map(|&it| it as f32).collect();
        let next: Vec<f32> = single(&nexts);
        let with_marks = |it: &[f32]| [&[0.0; 2][..], it].concat();
        let values = next.chunks(self.words.len()).flat_map(with_marks).collect();
        let width = first + self.words.len();
        let mut row = Row::of_words(inputs, Targets::Distributions { width, values }, words.len());
        row.weights[0] = 0.0;
        let names = self.states.iter().map(|it| it.0.to_owned()).collect();
        row.facts.push(("belief", Fact::Vectors { names, values: single(&beliefs) }));
        let names = self.words.iter().map(|&it| it.to_owned()).collect();
        row.facts.push(("next", Fact::Vectors { names, values: next }));
        Some(row)
    }
}

/// The entropy of a distribution, in nats.
pub(super) fn entropy(shares: &[f64]) -> f64 {
    shares.iter().filter(|it| 0.0 < **it).map(|it| -it * it.ln()).sum()
}

/// Draws a number with these probabilities.
fn draw(shares: impl IntoIterator<Item = f64>, rng: &mut ChaCha8Rng) -> usize {
    let mut left: f64 = rng.random();
    let mut last = 0;
    for (place, share) in shares.into_iter().enumerate() {
        if 0.0 < share {
            last = place;
            if left < share {
                return place;
            }
            left -= share;
        }
    }
    last
}

impl Task for Hmm {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn items(&self) -> Items {
        Items { name: "words", most: None }
    }

    fn words(&self) -> Vec<String> {
        vocabulary(self.words.iter().copied())
    }

    fn n_tokens(&self, size: Size) -> usize {
        size.0 + 1
    }

    fn row(&self, size: Size, rng: &mut ChaCha8Rng) -> Row {
        let n_states = self.states.len();
        let mut state = draw(self.stationary.iter().copied(), rng);
        let mut words = Vec::new();
        for _ in 0..=size.0 {
            let shares = self.steps.iter().flat_map(|it| it[state].iter().copied());
            let place = draw(shares, rng);
            words.push(place / n_states);
            state = place % n_states;
        }
        let mut row = self.row_of(&words[..size.0]).expect("a word that was drawn can come");
        row.drawn = Some(words.iter().map(|&it| 2 + it as u32).collect());
        row
    }

    fn read(&self, prompt: &[&str]) -> Result<Row, Why> {
        let word = |word: &&str| self.words.iter().position(|it| it == word);
        let words: Option<Vec<usize>> = prompt.iter().map(word).collect();
        let words = words.ok_or(Why(match self.words.len() {
            2 => "write only 0 and 1, with spaces between them",
            _ => "write only A, B and C, with spaces between them",
        }))?;
        self.row_of(&words).ok_or(Why("this process never writes these words in this order"))
    }

    fn floor(&self, size: Size) -> Option<f64> {
        let key = |belief: &[f64]| -> Vec<i64> {
            belief.iter().map(|it| (it / SAME / 100.0).round() as i64).collect()
        };
        let mut level = vec![(self.stationary.clone(), 1.0)];
        let mut total = 0.0;
        for _ in 0..size.0 {
            let mut next = BTreeMap::new();
            let ways = level.iter().flat_map(|(belief, share)| {
                let chances = self.next(belief).into_iter().enumerate();
                chances.filter_map(move |(word, chance)| {
                    Some((self.after(belief, word)?, share * chance))
                })
            });
            for (after, share) in ways {
                next.entry(key(&after)).or_insert((after, 0.0)).1 += share;
            }
            if MOST_BELIEFS < next.len() {
                return None;
            }
            level = next.into_values().collect();
            total += level.iter().map(|(it, share)| share * entropy(&self.next(it))).sum::<f64>();
        }
        (0 < size.0).then(|| total / size.0 as f64)
    }

    /// That of the most frequent word, where nothing was seen.
    fn chance(&self) -> f64 {
        self.next(&self.stationary).into_iter().fold(0.0, f64::max)
    }

    /// Of a belief, `η T⁽ʷ⁾ 1` for each word. What is below 0, as a linear map may give it, is 0, and
    /// the rest is made to sum to 1.
    fn next_of(&self, fact: &str, value: &[f64]) -> Option<Vec<f64>> {
        if fact != "belief" || value.len() != self.states.len() {
            return None;
        }
        let shares: Vec<f64> = value.iter().map(|it| it.max(0.0)).collect();
        let sum: f64 = shares.iter().sum();
        let belief: Vec<f64> = shares.iter().map(|it| it / sum).collect();
        let is_belief = 0.0 < sum && sum.is_finite();
        is_belief.then(|| [vec![0.0; 2], self.next(&belief)].concat())
    }

    fn picture(&self, row: &Row, position: usize) -> Option<Diagram> {
        let Some(Fact::Vectors { values, .. }) = row.fact("belief") else { return None };
        let n = self.states.len();
        let belief = values.get(position * n..(position + 1) * n)?;
        let node = |(&(name, at), &brightness): (&(&str, [f32; 2]), &f32)| Node {
            name: name.to_owned(),
            at,
            brightness,
        };
        let mut edges = Vec::new();
        for (word, name) in self.words.iter().enumerate() {
            for (from, to) in (0..n).flat_map(|from| (0..n).map(move |to| (from, to))) {
                let share = self.steps[word][from][to] as f32;
                if 0.0 < share {
                    let name = (*name).to_owned();
                    edges.push(Edge { from, to, name, brightness: belief[from] * share });
                }
            }
        }
        Some(Diagram { nodes: self.states.iter().zip(belief).map(node).collect(), edges })
    }
}
