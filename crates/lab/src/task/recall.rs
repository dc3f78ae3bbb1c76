//! Recall: keys with values, then the keys in another order.

use rand::{Rng, seq::SliceRandom};

use super::{
    ChaCha8Rng, Fact, Items, Row, Size, Targets, Task, Why,
    copying::{BAR, BAR_ID, BOS_ID, FIRST_LETTER, N_VALUES, words_of_both},
};

/// Multi-query associative recall.
///
/// # Source
/// Arora et al. 2023, “Zoology”, section 4.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recall;

/// Small and capital letters.
const N_KEYS: usize = 52;
const FIRST_VALUE: u32 = FIRST_LETTER + N_KEYS as u32;

const KEY_LAST: Why = Why("end with a key: a letter that is before the |");

impl Recall {
    /// The row of these pairs; `asked` are keys and values by turns, a key at the end.
    ///
    /// A key that does not have exactly one value before the bar does not count.
    fn row_of(pairs: &[[u32; 2]], asked: &[u32]) -> Row {
        let value_of = |key: u32| {
            let mut found = pairs.iter().filter(|it| it[0] == key);
            found.next().filter(|_| found.next().is_none()).map(|it| it[1])
        };
        let mut words = vec![BOS_ID];
        words.extend(pairs.iter().flatten());
        words.push(BAR_ID);
        let n_given = words.len();
        words.extend(asked);
        let is_key =
            |position: usize| n_given <= position && (position - n_given).is_multiple_of(2);
        let n_positions = words.len();
        let found = |position: usize| is_key(position).then(|| value_of(words[position]))?;
        let next = |position: usize| words.get(position + 1).copied().unwrap_or(BAR_ID);
        let target = |position: usize| found(position).unwrap_or_else(|| next(position));
        let targets: Vec<u32> = (0..n_positions).map(target).collect();
        let weights = (0..n_positions).map(|it| f32::from(u8::from(found(it).is_some()))).collect();
        let role = |position: usize| match position {
            0 => 0,
            _ if position + 1 < n_given => 1 + (position as u32 + 1) % 2,
            _ if position + 1 == n_given => 3,
            _ => 4 + u32::from(!is_key(position)),
        };
        let at = (0..n_positions).map(role).collect();
        let names = ["beginning", "key", "value", "bar", "asked key", "answer"];
        let names = names.map(str::to_owned).to_vec();
        let mut row = Row::of_words(words, Targets::Words(targets), pairs.len());
        row.weights = weights;
        row.facts.push(("role", Fact::Classes { names, at }));
        row
    }
}

fn key_id(word: &str) -> Option<u32> {
    match word.as_bytes() {
        [byte @ b'a'..=b'z'] => Some(FIRST_LETTER + u32::from(byte - b'a')),
        [byte @ b'A'..=b'Z'] => Some(FIRST_LETTER + 26 + u32::from(byte - b'A')),
        _ => None,
    }
}

/// Numbers as they are written in the vocabulary: "7", not "07".
fn value_id(word: &str) -> Option<u32> {
    let value = word.parse::<u32>().ok()?;
    (value < N_VALUES as u32 && value.to_string() == word).then_some(FIRST_VALUE + value)
}

fn pairs_of(words: &[&str]) -> Option<Vec<[u32; 2]>> {
    let pair = |it: &[&str]| match it {
        [key, value] => Some([key_id(key)?, value_id(value)?]),
        _ => None,
    };
    words.chunks(2).map(pair).collect()
}

impl Task for Recall {
    fn id(&self) -> &'static str {
        "recall"
    }

    fn name(&self) -> &'static str {
        "recall"
    }

    fn about(&self) -> &'static str {
        "keys, each with a value; then the keys in another order: write the value of each"
    }

    fn items(&self) -> Items {
        Items { name: "pairs", most: Some(N_KEYS) }
    }

    fn words(&self) -> Vec<String> {
        words_of_both()
    }

    fn n_tokens(&self, size: Size) -> usize {
        4 * size.0 + 1
    }

    /// # Panics
    /// Where more pairs are wanted than there are keys.
    fn row(&self, size: Size, rng: &mut ChaCha8Rng) -> Row {
        let mut keys: Vec<u32> = (FIRST_LETTER..FIRST_VALUE).collect();
        keys.shuffle(rng);
        let mut value = || FIRST_VALUE + rng.random_range(0..N_VALUES as u32);
        let pairs: Vec<_> = keys[..size.0].iter().map(|&key| [key, value()]).collect();
        let mut asked = pairs.clone();
        asked.shuffle(rng);
        let asked: Vec<u32> = asked.into_iter().flatten().collect();
        Self::row_of(&pairs, &asked[..asked.len().saturating_sub(1)])
    }

    fn read(&self, prompt: &[&str]) -> Result<Row, Why> {
        let no_bar = Why("put a | after the pairs, and a key after it");
        let bar = prompt.iter().position(|it| *it == BAR).ok_or(no_bar)?;
        let given = pairs_of(&prompt[..bar])
            .ok_or(Why("before the | write a letter and a number below 50 by turns"))?;
        let (last, before) = prompt[bar + 1..].split_last().ok_or(KEY_LAST)?;
        let last = key_id(last).ok_or(KEY_LAST)?;
        let before = pairs_of(before)
            .ok_or(Why("after the | write a key and its value by turns, and a key at the end"))?;
        match given.iter().filter(|it| it[0] == last).count() {
            0 => Err(Why("the key is not before the |")),
            1 => {
                let asked: Vec<u32> = before.into_iter().flatten().chain([last]).collect();
                Ok(Self::row_of(&given, &asked))
            }
            _ => Err(Why("the key is before the | more than once")),
        }
    }

    fn floor(&self, _size: Size) -> Option<f64> {
        Some(0.0)
    }

    fn chance(&self) -> f64 {
        1.0 / N_VALUES as f64
    }

    fn is_meant(&self, prompt: &[&str]) -> bool {
        prompt.iter().any(|it| it.parse::<u32>().is_ok())
    }
}
