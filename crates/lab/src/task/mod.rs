//! Tasks with a known truth: rows to train on, facts about every position, the right answer to a
//! reader's own prompt, and the least loss that can be had.
//!
//! A task knows nothing of networks. Its rules are written once: a drawn row and a reader's prompt
//! go through the same code, so they cannot differ.

mod row; // start here: what a row is

mod a5;
mod coins;
mod copying;
mod draw;
mod hmm;
mod parity;
mod recall;

use std::{collections::BTreeMap, fmt::Debug};

use rand::SeedableRng;
pub use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

pub use self::{
    a5::A5,
    coins::Coins,
    copying::Copying,
    draw::{HELD_OUT, generator, held_out, shuffled},
    hmm::{Hmm, mess3, rrxor},
    parity::Parity,
    recall::Recall,
    row::{Diagram, Edge, Fact, Inputs, Mask, Node, Row, Targets, Verdict, Why},
};

/// The first word of every vocabulary: the beginning of a row.
pub const BOS: &str = "<bos>";
/// The second word of every vocabulary: stands for what is in no vocabulary.
pub const UNK: &str = "<unk>";

/// How large a row is: a number of the task's items, such as 16 letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Size(pub usize);

/// What the size of a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Items {
    /// In the plural, and the key of sizes in files: "letters".
    pub name: &'static str,
    /// Most items that a row can have, where there is a most.
    pub most: Option<usize>,
}

/// A task with a known truth.
pub trait Task: Debug + Send + Sync {
    /// Its name in files: "copying".
    fn id(&self) -> &'static str;

    /// Its name in sentences: "the word problem of A5".
    fn name(&self) -> &'static str;

    /// What a row asks for, in one line.
    fn about(&self) -> &'static str;

    /// What the size of a row counts.
    fn items(&self) -> Items;

    /// Words by id, [`BOS`] and [`UNK`] first; empty where inputs are vectors.
    fn words(&self) -> Vec<String>;

    /// Tokens of a row of this size, the beginning mark included.
    fn n_tokens(&self, size: Size) -> usize;

    /// A row of this size: the same generator in the same state gives the same row.
    fn row(&self, size: Size, rng: &mut ChaCha8Rng) -> Row;

    /// The row that a prompt is, up to its last word; the prompt is without the beginning mark.
    ///
    /// # Errors
    /// Why the prompt is no row, and what to write instead.
    fn read(&self, prompt: &[&str]) -> Result<Row, Why>;

    /// Whether predictions, one word id for each position of `row`, are right where they count.
    fn judge(&self, row: &Row, predictions: &[u32]) -> Verdict {
        row.judge(predictions)
    }

    /// Least expected loss of any predictor on rows of this size, in nats per position that
    /// counts; `None` where it is too long to sum up exactly.
    fn floor(&self, size: Size) -> Option<f64>;

    /// How often a guess without any knowledge of the row is right.
    fn chance(&self) -> f64;

    /// The probability of every word of [`Task::words`] to come next if a fact of this name were
    /// `value`, where the fact tells.
    fn next_of(&self, _fact: &str, _value: &[f64]) -> Option<Vec<f64>> {
        None
    }

    /// What the truth looks like at a position, where it has a picture.
    fn picture(&self, _row: &Row, _position: usize) -> Option<Diagram> {
        None
    }

    /// Whether the order of a row's items says nothing about what comes next.
    fn is_exchangeable(&self) -> bool {
        false
    }

    /// Whether a prompt may be meant for this task, well formed or not, where labs have several.
    fn is_meant(&self, _prompt: &[&str]) -> bool {
        true
    }
}

/// Arguments of a task, by name.
pub type Args = BTreeMap<String, f64>;

/// Why there is no such task.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TaskError {
    #[error("there is no task {0:?}; there are: {known}", known = TASKS.map(|it| it.0).join(" "))]
    Unknown(String),
    #[error("{task} has no argument {name:?}; there are: {known}")]
    Argument { task: String, name: String, known: String },
    #[error("{name} is {value}; it must be {wanted}")]
    Range { name: &'static str, value: f64, wanted: &'static str },
}

/// How a task is made of its arguments.
type Make = fn(&Args) -> Result<Box<dyn Task>, TaskError>;

/// Every task: its id, the names of its arguments, and how it is made.
const TASKS: [(&str, &[&str], Make); 7] = [
    ("copying", &[], |_| Ok(Box::new(Copying))),
    ("recall", &[], |_| Ok(Box::new(Recall))),
    ("parity", &[], |_| Ok(Box::new(Parity))),
    ("a5", &[], |_| Ok(Box::new(A5::default()))),
    ("mess3", &["x", "alpha"], |args| Ok(Box::new(hmm::mess3_of(args)?))),
    ("rrxor", &[], |_| Ok(Box::new(rrxor()))),
    ("coins", &[], |_| Ok(Box::new(Coins))),
];

/// The ids of all tasks.
pub fn ids() -> impl Iterator<Item = &'static str> {
    TASKS.iter().map(|it| it.0)
}

/// The task of this id.
///
/// # Errors
/// [`TaskError`] where there is none, or its arguments are not right.
pub fn task(id: &str, args: &Args) -> Result<Box<dyn Task>, TaskError> {
    let found = TASKS.iter().find(|it| it.0 == id);
    let (_, known, make) = found.ok_or_else(|| TaskError::Unknown(id.to_owned()))?;
    if let Some(name) = args.keys().find(|name| !known.contains(&name.as_str())) {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(" ") };
        return Err(TaskError::Argument { task: id.to_owned(), name: name.clone(), known });
    }
    make(args)
}

/// The row that a seed draws, as a prompt: its words without the beginning mark.
pub fn prompt_of(task: &dyn Task, size: Size, seed: u64) -> String {
    let row = task.row(size, &mut ChaCha8Rng::seed_from_u64(seed));
    let words = task.words();
    let ids = row.inputs.words().iter().skip(1);
    let text = ids.filter_map(|&id| words.get(id as usize).map(String::as_str));
    text.collect::<Vec<_>>().join(" ")
}

/// The two marks, then `names`.
fn vocabulary<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Vec<String> {
    [BOS, UNK].map(str::to_owned).into_iter().chain(names.into_iter().map(Into::into)).collect()
}
