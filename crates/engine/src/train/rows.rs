//! Stories and rows of tasks as batches of tokens.

use std::collections::BTreeMap;

use lab::{
    format::Exercise,
    task::{self, HELD_OUT, Row, Size, Targets, generator as stream},
};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    recipe::{Recipe, RecipeError, Task, exercises},
    tales::{self, Story},
};

/// Where the rows of a recipe come from.
#[derive(Debug)]
pub enum Source {
    Tales(Stories),
    /// Tasks with the same words, which take turns.
    Rows {
        exercises: Vec<Exercise>,
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
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub inputs: Vec<i32>,
    pub targets: Wanted,
    /// How much each position counts in the loss.
    pub weights: Vec<f32>,
}

/// What is to be predicted at each position of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    Words(Vec<i32>),
    /// The probability of every word, `[rows, positions, d_vocab]`.
    Distributions(Vec<f32>),
}

/// The stream of orders; far from those of steps and of held-out rows.
const SHUFFLED: u64 = 1 << 63;

impl Source {
    /// The source that a recipe names.
    ///
    /// # Errors
    /// [`RecipeError`] where its task cannot be made.
    pub fn new(recipe: &Recipe) -> Result<Self, RecipeError> {
        Ok(match &recipe.task {
            Task::Tales => Source::Tales(Stories::new(recipe.seed)),
            Task::Rows(specs) => Source::Rows { exercises: exercises(specs)?, seed: recipe.seed },
        })
    }

    /// Words by number.
    pub fn vocabulary(&self) -> Vec<String> {
        match self {
            Source::Tales(_) => tales::vocabulary().into_iter().map(str::to_owned).collect(),
            Source::Rows { exercises, .. } => exercises[0].task.words(),
        }
    }

    /// Prompts to begin with: of a task, the first held-out row of each size of the exam that
    /// training has.
    pub fn prompts(&self) -> Vec<String> {
        match self {
            Source::Tales(_) => tales::PROMPTS.iter().map(|it| it.0.to_owned()).collect(),
            Source::Rows { exercises, seed } => {
                exercises.iter().flat_map(|it| prompts_of(it, *seed)).collect()
            }
        }
    }

    /// The most tokens that training reads at a time.
    pub fn longest(&self) -> usize {
        match self {
            Source::Tales(_) => 1 + tales::MAX_WORDS,
            Source::Rows { exercises, .. } => {
                let n_tokens = |it: &Exercise| it.task.n_tokens(Size(it.trained[1]));
                exercises.iter().map(n_tokens).max().unwrap_or(0)
            }
        }
    }

    /// What a step of `recipe` reads, what it has to predict, and how much each position counts.
    ///
    /// A task's rows of one step are of one size, drawn anew at each step, so that none is
    /// filled up.
    pub fn batch(&self, recipe: &Recipe, step: usize) -> Batch {
        match self {
            Source::Tales(stories) => stories.batch(recipe, step),
            Source::Rows { exercises, seed } => {
                let Exercise { task, trained, .. } = &exercises[step % exercises.len()];
                let mut rng = stream(*seed, step as u64);
                let size = Size(rng.random_range(trained[0]..=trained[1]));
                Batch::of((0..recipe.n_rows).map(|_| task.row(size, &mut rng)))
            }
        }
    }

    /// Rows of tokens that no step draws.
    pub fn samples(&self, count: usize) -> Vec<Vec<i32>> {
        match self {
            Source::Tales(stories) => {
                stories.held_out(count).iter().map(|it| stories.tokens(it)).collect()
            }
            Source::Rows { exercises, seed } => exercises
                .iter()
                .flat_map(|it| held_out(it, *seed, Size(it.trained[1]), count / exercises.len()))
                .map(|it| ids(it.inputs.words()))
                .collect(),
        }
    }
}

fn prompts_of(exercise: &Exercise, seed: u64) -> Vec<String> {
    let words = exercise.task.words();
    let text = |row: Row| {
        let row = row.inputs.words()[1..].iter().map(|&it| words[it as usize].clone());
        row.collect::<Vec<_>>().join(" ")
    };
    let is_trained = |it: &&Size| it.0 <= exercise.trained[1];
    let sizes = exercise.exam.iter().filter(is_trained);
    sizes.flat_map(|&size| held_out(exercise, seed, size, 1)).map(text).collect()
}

/// Rows of a task that no step draws.
pub(super) fn held_out(
    exercise: &Exercise,
    seed: u64,
    size: Size,
    count: usize,
) -> impl Iterator<Item = Row> {
    task::held_out(exercise.task.as_ref(), seed, size, count)
}

/// Rows in another order, which is the same for every measure of a recipe.
pub(super) fn shuffled(n_rows: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n_rows).collect();
    order.shuffle(&mut stream(seed, SHUFFLED));
    order
}

/// Word ids as the network reads them.
pub(super) fn ids(words: &[u32]) -> Vec<i32> {
    words.iter().map(|it| it.cast_signed()).collect()
}

impl Batch {
    /// Rows one after another, to learn from: words that were drawn where there are some, else the
    /// targets.
    ///
    /// # Panics
    /// Where rows have vectors: no network reads or predicts them yet.
    pub fn of(rows: impl IntoIterator<Item = Row>) -> Self {
        let (mut inputs, mut weights) = (Vec::new(), Vec::new());
        let (mut words, mut shares) = (Vec::new(), Vec::new());
        for row in rows {
            inputs.extend(ids(row.inputs.words()));
            weights.extend(row.weights);
            match (row.drawn, row.targets) {
                (Some(drawn), _) | (None, Targets::Words(drawn)) => words.extend(ids(&drawn)),
                (None, Targets::Distributions { values, .. }) => shares.extend(values),
                (None, Targets::Numbers { .. }) => panic!("networks predict words"),
            }
        }
        assert_eq!(inputs.len(), weights.len(), "networks read words");
        let targets =
            if shares.is_empty() { Wanted::Words(words) } else { Wanted::Distributions(shares) };
        Self { inputs, targets, weights }
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

    /// What a step of `recipe` reads, what it has to predict, and how much each position counts.
    ///
    /// A row is whole stories one after another, each after its beginning mark, the last one cut;
    /// in the first steps more and more of them take the place of drills. Now and then a word that
    /// is read (not one that is foretold) is the unknown one, so that the model has met it.
    pub fn batch(&self, recipe: &Recipe, step: usize) -> Batch {
        let mut rng = stream(self.seed, step as u64);
        let width = recipe.network.n_ctx;
        let (mut inputs, mut targets, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        let share = 1.0 - step as f64 / recipe.n_drill.max(1) as f64;
        for _ in 0..recipe.n_rows {
            let is_drill = rng.random_bool((2.0 * share).clamp(0.0, 1.0));
            let (row, counts) = if is_drill {
                self.drill(&mut rng, width)
            } else {
                self.tale(&mut rng, width, recipe.case_weight)
            };
            targets.extend(&row[1..=width]);
            weights.extend(&counts[1..=width]);
            inputs.extend(row[..width].iter().map(|&it| {
                let is_hidden = it != self.id(tales::BOS) && rng.random_bool(HIDDEN_SHARE);
                if is_hidden { self.id(tales::UNK) } else { it }
            }));
        }
        Batch { inputs, targets: Wanted::Words(targets), weights }
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
