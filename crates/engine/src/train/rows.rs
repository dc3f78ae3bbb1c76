//! Stories as rows of tokens.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::tales::{self, Story};

/// Turns stories into numbers, and draws them: the same seed and stream give the same stories.
#[derive(Debug)]
pub struct Stories {
    ids: BTreeMap<&'static str, i32>,
    seed: u64,
}

/// How many of the words that are read are the unknown one.
const HIDDEN_SHARE: f64 = 0.004;

/// The stream of stories that are never trained on.
const HELD_OUT: u64 = u64::MAX;

impl Stories {
    /// Stories of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { ids: (0..).zip(tales::vocabulary()).map(|(id, word)| (word, id)).collect(), seed }
    }

    /// The numbers of a story, the beginning mark first.
    pub fn tokens(&self, story: &Story) -> Vec<i32> {
        let words = story.words.iter().copied();
        std::iter::once(tales::BOS).chain(words).map(|word| self.ids[word]).collect()
    }

    /// The number of a word of the grammar.
    pub fn id(&self, word: &str) -> i32 {
        self.ids[word]
    }

    /// What a step reads and what it has to foretell: `n_rows` rows of `width` tokens each.
    ///
    /// A row is whole stories one after another, each after its beginning mark, the last one cut.
    /// Now and then a word that is read (not one that is foretold) is the unknown one, so that the
    /// model has met it.
    pub fn batch(&self, step: usize, n_rows: usize, width: usize) -> [Vec<i32>; 2] {
        let mut rng = self.rng(step as u64);
        let (mut read, mut told) = (Vec::new(), Vec::new());
        for _ in 0..n_rows {
            let mut row = Vec::with_capacity(2 * width);
            while row.len() <= width {
                row.extend(self.tokens(&tales::story(&mut rng)));
            }
            told.extend(&row[1..=width]);
            read.extend(row[..width].iter().map(|&it| {
                let is_hidden = it != self.id(tales::BOS) && rng.random_bool(HIDDEN_SHARE);
                if is_hidden { self.id(tales::UNK) } else { it }
            }));
        }
        [read, told]
    }

    /// Stories that no step ever draws.
    pub fn held_out(&self, count: usize) -> Vec<Story> {
        let mut rng = self.rng(HELD_OUT);
        (0..count).map(|_| tales::story(&mut rng)).collect()
    }

    fn rng(&self, stream: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(stream);
        rng
    }
}
