//! Stories as rows of tokens.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    recipe::Recipe,
    tales::{self, Story},
};

/// Turns stories into numbers, and draws them: the same seed and stream give the same stories.
#[derive(Debug)]
pub struct Stories {
    ids: BTreeMap<&'static str, i32>,
    seed: u64,
}

/// How many words a drill has before they come again.
const DRILL_WORDS: std::ops::Range<usize> = 3..16;

/// How many of the words that are read are the unknown one.
const HIDDEN_SHARE: f64 = 0.004;

/// What one step learns from, row after row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub read: Vec<i32>,
    pub told: Vec<i32>,
    /// How much each token that is told counts in the loss.
    pub counts: Vec<f32>,
}

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

    /// What a step of `recipe` reads, what it has to foretell, and how much each token counts.
    ///
    /// A row is whole stories one after another, each after its beginning mark, the last one cut;
    /// in the first steps more and more of them take the place of drills. Now and then a word that
    /// is read (not one that is foretold) is the unknown one, so that the model has met it.
    pub fn batch(&self, recipe: &Recipe, step: usize) -> Batch {
        let mut rng = self.rng(step as u64);
        let width = recipe.network.n_ctx;
        let mut batch = Batch::default();
        let share = 1.0 - step as f64 / recipe.n_drill.max(1) as f64;
        for _ in 0..recipe.n_rows {
            let is_drill = rng.random_bool((2.0 * share).clamp(0.0, 1.0));
            let (row, counts) = if is_drill {
                self.drill(&mut rng, width)
            } else {
                self.tale(&mut rng, width, recipe.case_weight)
            };
            batch.told.extend(&row[1..=width]);
            batch.counts.extend(&counts[1..=width]);
            batch.read.extend(row[..width].iter().map(|&it| {
                let is_hidden = it != self.id(tales::BOS) && rng.random_bool(HIDDEN_SHARE);
                if is_hidden { self.id(tales::UNK) } else { it }
            }));
        }
        batch
    }

    /// Stories until the row is full, with how much each token counts.
    fn tale(&self, rng: &mut ChaCha8Rng, width: usize, case_weight: f32) -> (Vec<i32>, Vec<f32>) {
        let (mut row, mut counts) = (Vec::new(), Vec::new());
        while row.len() <= width {
            let story = tales::story(rng);
            let first = row.len() + 1;
            row.extend(self.tokens(&story));
            counts.resize(row.len(), 1.0);
            for case in &story.cases {
                counts[first + case.pos] = case_weight;
            }
        }
        (row, counts)
    }

    /// Words drawn at random that come again and again, with or without commas between. Only what
    /// can be foretold counts. Heads that look for what came before learn from this much sooner
    /// than from stories, where it is rare.
    fn drill(&self, rng: &mut ChaCha8Rng, width: usize) -> (Vec<i32>, Vec<f32>) {
        let n_words = rng.random_range(DRILL_WORDS);
        let has_commas = rng.random_bool(0.5);
        let n_vocab = self.ids.len() as i32;
        let mut round = Vec::new();
        for _ in 0..n_words {
            // The first two numbers are the marks for beginning and unknown.
            round.push(rng.random_range(2..n_vocab));
            if has_commas {
                round.push(self.id(","));
            }
        }
        let mut row = vec![self.id(tales::BOS)];
        while row.len() <= width {
            row.extend(&round);
        }
        let counts =
            (0..row.len()).map(|pos| if round.len() + 1 < pos { 1.0 } else { 0.0 }).collect();
        (row, counts)
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
