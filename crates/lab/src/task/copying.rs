//! Copying: letters, drawn with repetition, that are to be written again.

use rand::Rng;

use super::{BOS, ChaCha8Rng, Fact, Items, Row, Size, Targets, Task, Why, vocabulary};

/// Letters, a bar, and the letters again.
///
/// # Source
/// Jelassi et al. 2024, “Repeat After Me”, section 3.
#[derive(Clone, Copy, Debug, Default)]
pub struct Copying;

/// Separates what is given from what is asked.
pub(super) const BAR: &str = "|";
/// Ends a copy.
const END: &str = ".";
pub(super) const BOS_ID: u32 = 0;
pub(super) const BAR_ID: u32 = 2;
const END_ID: u32 = 3;
/// The first letter, which is also the first key of `recall`.
pub(super) const FIRST_LETTER: u32 = 4;
const N_LETTERS: usize = 26;
/// Values of `recall`, which shares the vocabulary.
pub(super) const N_VALUES: usize = 50;

/// The words of copying and recall: one list, so that one network can learn both.
pub(super) fn words_of_both() -> Vec<String> {
    let small = (b'a'..=b'z').map(|it| char::from(it).to_string());
    let capital = (b'A'..=b'Z').map(|it| char::from(it).to_string());
    let values = (0..N_VALUES).map(|it| it.to_string());
    let marks = [BAR, END].map(str::to_owned).into_iter();
    vocabulary(marks.chain(small).chain(capital).chain(values))
}

impl Copying {
    /// The row of these letters, of which `n_copied` are written again already.
    fn row_of(letters: &[u32], n_copied: usize) -> Row {
        let n = letters.len();
        let mut words = vec![BOS_ID];
        words.extend(letters);
        words.push(BAR_ID);
        words.extend(&letters[..n_copied]);
        words.push(letters.get(n_copied).copied().unwrap_or(END_ID));
        let targets = Targets::Words(words[1..].to_vec());
        words.pop();
        let n_positions = words.len();
        let mut row = Row::of_words(words, targets, n);
        // Which letter comes next can be known from the bar on.
        row.weights = (0..n_positions).map(|it| f32::from(u8::from(n < it))).collect();
        let at = (0..n_positions).map(|it| u32::from(n < it)).collect();
        let names = ["given", "copy"].map(str::to_owned).to_vec();
        row.facts.push(("part", Fact::Classes { names, at }));
        row
    }
}

impl Task for Copying {
    fn id(&self) -> &'static str {
        "copying"
    }

    fn name(&self) -> &'static str {
        "copying"
    }

    fn about(&self) -> &'static str {
        "letters, drawn with repetition, then a bar: write the letters again, and a full stop"
    }

    fn items(&self) -> Items {
        Items { name: "letters", most: None }
    }

    fn words(&self) -> Vec<String> {
        words_of_both()
    }

    fn n_tokens(&self, size: Size) -> usize {
        2 * size.0 + 2
    }

    fn row(&self, size: Size, rng: &mut ChaCha8Rng) -> Row {
        let mut letter = || FIRST_LETTER + rng.random_range(0..N_LETTERS as u32);
        let letters: Vec<u32> = (0..size.0).map(|_| letter()).collect();
        Self::row_of(&letters, letters.len())
    }

    fn read(&self, prompt: &[&str]) -> Result<Row, Why> {
        let letter = |word: &&str| match word.as_bytes() {
            [byte @ b'a'..=b'z'] => Some(FIRST_LETTER + u32::from(byte - b'a')),
            _ => None,
        };
        let bar =
            prompt.iter().position(|it| *it == BAR).ok_or(Why("put a | after the letters"))?;
        let (given, copied) = (&prompt[..bar], &prompt[bar + 1..]);
        let letters: Option<Vec<u32>> = given.iter().map(letter).collect();
        let letters = letters
            .filter(|it| !it.is_empty())
            .ok_or(Why("before the | write small letters, with spaces between them"))?;
        if given.len() < copied.len() {
            return Err(Why("the copy is complete already; remove its end"));
        }
        if !given.starts_with(copied) {
            return Err(Why("what follows the | is no copy; remove the wrong letters"));
        }
        Ok(Self::row_of(&letters, copied.len()))
    }

    fn floor(&self, _size: Size) -> Option<f64> {
        Some(0.0)
    }

    fn chance(&self) -> f64 {
        1.0 / N_LETTERS as f64
    }

    fn is_meant(&self, prompt: &[&str]) -> bool {
        !prompt.iter().any(|it| it.parse::<u32>().is_ok() || *it == BOS)
    }
}
