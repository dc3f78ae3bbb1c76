//! Stories and puzzles as rows of tokens.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    puzzles::{Puzzle, Row},
    recipe::{Recipe, Task},
    tales::{self, Story},
};

/// Where the rows of a recipe come from.
#[derive(Debug)]
pub enum Source {
    Tales(Stories),
    /// Puzzles with the same words, which take turns.
    Puzzles {
        puzzles: Vec<Puzzle>,
        seed: u64,
    },
}

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

/// The stream of stories and rows that no step draws.
const HELD_OUT: u64 = u64::MAX;

impl Source {
    /// The source that a recipe names.
    pub fn new(recipe: &Recipe) -> Self {
        match &recipe.task {
            Task::Tales => Source::Tales(Stories::new(recipe.seed)),
            Task::Puzzles(puzzles) => {
                Source::Puzzles { puzzles: puzzles.clone(), seed: recipe.seed }
            }
        }
    }

    /// Words by number.
    pub fn vocabulary(&self) -> Vec<String> {
        match self {
            Source::Tales(_) => tales::vocabulary().into_iter().map(str::to_owned).collect(),
            Source::Puzzles { puzzles, .. } => puzzles[0].vocabulary(),
        }
    }

    /// Prompts to begin with.
    pub fn prompts(&self) -> Vec<String> {
        match self {
            Source::Tales(_) => tales::PROMPTS.iter().map(|it| it.0.to_owned()).collect(),
            Source::Puzzles { puzzles, .. } => puzzles.iter().flat_map(Puzzle::prompts).collect(),
        }
    }

    /// The most tokens that training reads at a time.
    pub fn longest(&self) -> usize {
        match self {
            Source::Tales(_) => 1 + tales::MAX_WORDS,
            Source::Puzzles { puzzles, .. } => {
                puzzles.iter().map(|it| it.n_tokens(it.trained[1])).max().unwrap_or(0)
            }
        }
    }

    /// What a step of `recipe` reads, what it has to foretell, and how much each token counts.
    ///
    /// A puzzle's rows of one step are of one size, drawn anew at each step, so that none is
    /// filled up.
    pub fn batch(&self, recipe: &Recipe, step: usize) -> Batch {
        match self {
            Source::Tales(stories) => stories.batch(recipe, step),
            Source::Puzzles { puzzles, seed } => {
                let puzzle = &puzzles[step % puzzles.len()];
                let mut rng = stream(*seed, step as u64);
                let n_items = rng.random_range(puzzle.trained[0]..=puzzle.trained[1]);
                let rows = (0..recipe.n_rows).map(|_| puzzle.row(n_items, &mut rng));
                Batch::of(rows)
            }
        }
    }

    /// Rows of tokens that no step draws.
    pub fn samples(&self, count: usize) -> Vec<Vec<i32>> {
        match self {
            Source::Tales(stories) => {
                stories.held_out(count).iter().map(|it| stories.tokens(it)).collect()
            }
            Source::Puzzles { puzzles, seed } => puzzles
                .iter()
                .flat_map(|it| held_out(it, *seed, it.trained[1], count / puzzles.len()))
                .map(|it| it.read)
                .collect(),
        }
    }
}

/// Rows of a puzzle that no step draws.
pub(super) fn held_out(
    puzzle: &Puzzle,
    seed: u64,
    n_items: usize,
    count: usize,
) -> impl Iterator<Item = Row> {
    let mut rng = stream(seed, HELD_OUT - n_items as u64);
    (0..count).map(move |_| puzzle.row(n_items, &mut rng))
}

impl Batch {
    /// Rows one after another; what is not to be known does not count.
    pub fn of(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut batch = Self::default();
        for row in rows {
            batch.read.extend(row.read);
            batch.told.extend(row.told);
            batch.counts.extend(row.is_known.iter().map(|&it| f32::from(u8::from(it))));
        }
        batch
    }
}

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
        let mut rng = stream(self.seed, step as u64);
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
        let mut rng = stream(self.seed, HELD_OUT);
        (0..count).map(|_| tales::story(&mut rng)).collect()
    }
}

fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}
