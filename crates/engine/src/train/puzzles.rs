//! Puzzles that are right or wrong: copying, looking up, and following a state.
//!
//! They set apart what a network has room for from what it was given time for: a row of any size
//! can be drawn, so that an exam goes on where training ended.

use rand::{Rng, seq::SliceRandom};
use serde::{Deserialize, Serialize};

use super::tales::{BOS, UNK};

/// A puzzle, and how large its rows are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Puzzle {
    pub kind: Kind,
    /// Fewest and most items of a row that is trained on.
    pub trained: [usize; 2],
    /// Numbers of items that the exam asks for.
    pub exam: Vec<usize>,
    /// Rows of each size in the exam.
    #[serde(default = "exam_rows")]
    pub exam_rows: usize,
}

fn exam_rows() -> usize {
    1_000
}

/// What a row asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Letters, drawn with repetition, that are to be said again: Jelassi et al. 2024, section 3.
    Copying,
    /// Keys, each with a value, then the keys in another order: multi-query associative recall,
    /// Arora et al. 2023, section 4.
    Recall,
    /// Whether the ones so far are even or odd: Grazzi et al. 2024, section 3.
    Parity,
    /// Where five things stand after all moves so far, each the cycle (12345) or (123), which give
    /// the 60 elements of A5: Merrill et al. 2024, section 5.
    A5,
}

/// One row: what is read, what is to be said at each place, and where that is to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub read: Vec<i32>,
    pub told: Vec<i32>,
    pub is_known: Vec<bool>,
}

/// Parts what is given from what is asked.
const ASK: &str = "|";
/// Ends a copy.
const END: &str = ".";
/// Their numbers, and that of the first letter.
const BOS_ID: i32 = 0;
const ASK_ID: i32 = 2;
const END_ID: i32 = 3;
const FIRST_KEY: i32 = 4;
const N_LETTERS: usize = 26;
/// Small and capital letters.
const N_KEYS: usize = 52;
const N_VALUES: usize = 50;
/// The images of 1 to 5 under each move, the first by (12345), the second by (123).
const MOVES: [[u8; 5]; 2] = [[2, 3, 4, 5, 1], [2, 3, 1, 4, 5]];

impl Puzzle {
    /// Words by number.
    pub fn vocabulary(&self) -> Vec<String> {
        let letters = || (b'a'..=b'z').map(|it| char::from(it).to_string());
        let marks = [BOS, UNK].map(str::to_owned).into_iter();
        let named = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        match self.kind {
            // One list for both, so that a network can learn both.
            Kind::Copying | Kind::Recall => marks
                .chain(named(&[ASK, END]))
                .chain(letters())
                .chain(letters().map(|it| it.to_uppercase()))
                .chain((0..N_VALUES).map(|it| it.to_string()))
                .collect(),
            Kind::Parity => marks.chain(named(&["0", "1", "even", "odd"])).collect(),
            Kind::A5 => {
                let names = elements().into_iter().map(|it| it.map(|it| it.to_string()).concat());
                marks.chain(named(&["a", "b"])).chain(names).collect()
            }
        }
    }

    /// Prompts that show the point at once.
    pub fn prompts(&self) -> Vec<String> {
        let prompts: &[&str] = match self.kind {
            Kind::Copying => &[
                "q w e r t y | q w e",
                "m n m n o m n p | m n m n o",
                "t h e q u i c k b r o w n f o x j u m p s | t h e q u i c k",
            ],
            Kind::Recall => &[
                "a 7 b 12 c 3 | b 12 c",
                "k 4 Q 31 d 9 x 20 M 45 e 2 | x 20 e 2 Q",
                "a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 | l 12 a 1 f",
            ],
            Kind::Parity => &["1 0 1 1 0", "1 1 1 1 1 1 1 1", "0 0 1 0 0 0 0 0 1 0"],
            Kind::A5 => &["a b a a b", "a a a a a", "b b b a b a a b b a"],
        };
        prompts.iter().map(|it| (*it).to_owned()).collect()
    }

    /// The tokens of a row of so many items.
    pub fn n_tokens(&self, n_items: usize) -> usize {
        match self.kind {
            Kind::Copying => 2 * n_items + 2,
            Kind::Recall => 4 * n_items + 1,
            Kind::Parity | Kind::A5 => n_items + 1,
        }
    }

    /// A row of so many items.
    ///
    /// # Panics
    /// Where `n_items` keys are asked for and there are fewer.
    pub fn row(&self, n_items: usize, rng: &mut impl Rng) -> Row {
        match self.kind {
            Kind::Copying => copying(n_items, rng),
            Kind::Recall => recall(n_items, rng),
            Kind::Parity => states(n_items, rng, 2, |state, it| (state + it) % 2),
            Kind::A5 => {
                let elements = elements();
                states(n_items, rng, 2, |state, it| {
                    let moved = elements[state].map(|place| MOVES[it][usize::from(place) - 1]);
                    elements.iter().position(|it| *it == moved).expect("moves stay in A5")
                })
            }
        }
    }

    /// Most items of a row, where there is a most.
    pub fn most_items(&self) -> Option<usize> {
        (self.kind == Kind::Recall).then_some(N_KEYS)
    }

    /// Whether the exam asks for the last place of a row alone.
    pub fn asks_last(&self) -> bool {
        matches!(self.kind, Kind::Parity | Kind::A5)
    }

    /// What an answer of the exam is.
    pub fn asks(&self) -> &'static str {
        match self.kind {
            Kind::Copying => "the next letter, and the end",
            Kind::Recall => "the value of a key",
            Kind::Parity | Kind::A5 => "the state after the last step",
        }
    }

    /// What the items of a row are called.
    pub fn items(&self) -> &'static str {
        match self.kind {
            Kind::Copying => "letters",
            Kind::Recall => "pairs",
            Kind::Parity | Kind::A5 => "steps",
        }
    }

    /// What a row asks for, in one line.
    pub fn about(&self) -> &'static str {
        match self.kind {
            Kind::Copying => "letters, drawn with repetition, that are to be said again",
            Kind::Recall => "keys, each with a value; then the keys in another order",
            Kind::Parity => "whether the ones so far are even or odd, at each place",
            Kind::A5 => "where five things stand after the moves (12345) and (123) so far",
        }
    }
}

fn copying(n_items: usize, rng: &mut impl Rng) -> Row {
    let [bos, ask, end, first] = [BOS_ID, ASK_ID, END_ID, FIRST_KEY];
    let letters: Vec<i32> =
        (0..n_items).map(|_| first + rng.random_range(0..N_LETTERS as i32)).collect();
    let mut words = vec![bos];
    words.extend(&letters);
    words.push(ask);
    words.extend(&letters);
    words.push(end);
    let is_known = |place: usize| n_items < place;
    said_next(&words, is_known)
}

fn recall(n_pairs: usize, rng: &mut impl Rng) -> Row {
    let [bos, ask, first] = [BOS_ID, ASK_ID, FIRST_KEY];
    let mut keys: Vec<i32> = (first..first + N_KEYS as i32).collect();
    keys.shuffle(rng);
    let value = |rng: &mut dyn rand::RngCore| rng.random_range(0..N_VALUES as i32);
    let mut pairs: Vec<[i32; 2]> =
        keys[..n_pairs].iter().map(|&key| [key, first + N_KEYS as i32 + value(rng)]).collect();
    let mut words = vec![bos];
    words.extend(pairs.iter().flatten());
    words.push(ask);
    pairs.shuffle(rng);
    words.extend(pairs.iter().flatten());
    said_next(&words, |place| 2 * n_pairs + 1 < place && place.is_multiple_of(2))
}

/// What is told is the word that comes next.
fn said_next(words: &[i32], is_known: impl Fn(usize) -> bool) -> Row {
    let n = words.len() - 1;
    Row {
        read: words[..n].to_vec(),
        told: words[1..].to_vec(),
        is_known: (0..n).map(is_known).collect(),
    }
}

/// What is told is the state after each move; that of the beginning mark is state 0.
fn states(
    n_items: usize,
    rng: &mut impl Rng,
    n_moves: usize,
    next: impl Fn(usize, usize) -> usize,
) -> Row {
    // Moves and states come after the beginning mark and the unknown word.
    let first = 2;
    let name = |state: usize| (first + n_moves + state) as i32;
    let mut state = 0;
    let mut row = Row { read: vec![BOS_ID], told: vec![name(state)], is_known: vec![true] };
    for _ in 0..n_items {
        let it = rng.random_range(0..n_moves);
        state = next(state, it);
        row.read.push((first + it) as i32);
        row.told.push(name(state));
        row.is_known.push(true);
    }
    row
}

/// The 60 even permutations of 1 to 5 in the order of their names, the identity first.
fn elements() -> Vec<[u8; 5]> {
    let digits = |it: u32| [10_000, 1_000, 100, 10, 1].map(|unit| (it / unit % 10) as u8);
    let is_even = |it: &[u8; 5]| {
        let pairs = (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b)));
        pairs.filter(|&(a, b)| it[b] < it[a]).count().is_multiple_of(2)
    };
    let is_permutation = |it: &[u8; 5]| (1..=5).all(|digit| it.contains(&digit));
    (12_345..=54_321).map(digits).filter(|it| is_permutation(it) && is_even(it)).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn puzzle(kind: Kind) -> Puzzle {
        Puzzle { kind, trained: [2, 4], exam: vec![4], exam_rows: 1 }
    }

    /// A row as words, what is told beside what is read, where it is to be known.
    fn drawn(kind: Kind, n_items: usize) -> (Vec<String>, Vec<(usize, String)>) {
        let puzzle = puzzle(kind);
        let vocabulary = puzzle.vocabulary();
        let word = |id: &i32| vocabulary[id.cast_unsigned() as usize].clone();
        let row = puzzle.row(n_items, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(row.read.len(), puzzle.n_tokens(n_items));
        assert_eq!((row.told.len(), row.is_known.len()), (row.read.len(), row.read.len()));
        let known = (0..row.told.len()).filter(|&it| row.is_known[it]);
        let told = known.map(|place| (place, word(&row.told[place]))).collect();
        (row.read.iter().map(word).collect(), told)
    }

    #[test]
    fn a_copy_says_the_letters_again_and_ends() {
        let (read, told) = drawn(Kind::Copying, 5);
        assert_eq!((read[0].as_str(), read[6].as_str()), (BOS, ASK));
        let expected: Vec<_> = (6..).zip(read[1..=5].iter().cloned().chain([END.into()])).collect();
        assert_eq!(told, expected);
        assert_eq!(read[7..], read[1..6]);
    }

    #[test]
    fn every_key_has_the_value_that_was_given_with_it() {
        let (read, told) = drawn(Kind::Recall, 9);
        let given: Vec<_> = read[1..19].chunks_exact(2).collect();
        assert_eq!((read[19].as_str(), told.len()), (ASK, 9));
        for (place, value) in told {
            let pair = given.iter().find(|it| it[0] == read[place]).unwrap();
            assert_eq!(pair[1], value, "the value of {}", read[place]);
        }
        let mut keys: Vec<_> = given.iter().map(|it| &it[0]).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 9, "keys differ");
    }

    #[test]
    fn parity_counts_ones() {
        let (read, told) = drawn(Kind::Parity, 30);
        let mut n_ones = 0;
        for (place, state) in told {
            n_ones += usize::from(read[place] == "1");
            assert_eq!(state, ["even", "odd"][n_ones % 2], "at {place}");
        }
    }

    #[test]
    fn moves_of_a5_make_a_group_of_sixty() {
        let (read, told) = drawn(Kind::A5, 400);
        assert_eq!(told[0].1, "12345");
        // Each thing goes where the cycle takes its place.
        for pair in told.windows(2) {
            let cycle = [("a", "12345"), ("b", "123")]
                .iter()
                .find_map(|it| (read[pair[1].0] == it.0).then_some(it.1))
                .unwrap();
            let expected: String = pair[0]
                .1
                .chars()
                .map(|it| match cycle.find(it) {
                    Some(at) => cycle.chars().nth((at + 1) % cycle.len()).unwrap(),
                    None => it,
                })
                .collect();
            assert_eq!(pair[1].1, expected);
        }
        let mut met: Vec<_> = told.into_iter().map(|it| it.1).collect();
        met.sort();
        met.dedup();
        assert_eq!(met.len(), 60);
    }
}
