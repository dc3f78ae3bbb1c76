//! One row of a task: what goes in, what is to be predicted, and what is true of every position.

/// What goes into a network.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// Word ids, one for each position.
    Words(Vec<u32>),
    /// Vectors of `width` numbers, one after another.
    Vectors { width: usize, values: Vec<f32> },
}

/// What is to be predicted at every position.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Word ids.
    Words(Vec<u32>),
    /// The probability of every word, `width` numbers for each position.
    Distributions { width: usize, values: Vec<f32> },
    /// Vectors of `width` numbers.
    Numbers { width: usize, values: Vec<f32> },
}

/// Which keys a query may read, row by row; `true` where it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// `[n, n]`: queries, then keys.
    pub may_read: Vec<bool>,
}

/// Something that is true of every position, known exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// One of `names`, by number.
    Classes { names: Vec<String>, at: Vec<u32> },
    /// A number for each of `names`: `[n_positions, names]`.
    Vectors { names: Vec<String>, values: Vec<f32> },
}

/// A row of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub inputs: Inputs,
    pub targets: Targets,
    /// How much each position counts in the loss; 0 where nothing can be known.
    pub weights: Vec<f32>,
    /// The words that came next, where targets are distributions and the row was drawn: networks
    /// are trained on these, as on any text, and measured on the distributions.
    pub drawn: Option<Vec<u32>>,
    /// Positions other than 0, 1, 2, …, where the task gives some.
    pub ids: Option<Vec<u32>>,
    /// What may be read, where the task says so; causal otherwise.
    pub mask: Option<Mask>,
    /// What is true of every position, by name.
    pub facts: Vec<(&'static str, Fact)>,
    /// Letters, pairs or steps of the row.
    pub n_items: usize,
}

/// How many predictions are right of those that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub n_right: usize,
    pub n_asked: usize,
}

/// Why a prompt is no row of a task: what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Why(pub &'static str);

/// Nodes and edges with brightness: an automaton, a tree, a board.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// A node of a [`Diagram`].
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub name: String,
    /// Where it is, in a square from 0 to 1.
    pub at: [f32; 2],
    /// From 0, not here, to 1, here for certain.
    pub brightness: f32,
}

/// An edge of a [`Diagram`].
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// The word that leads along it.
    pub name: String,
    pub brightness: f32,
}

impl Inputs {
    /// The ids of words; empty where the inputs are vectors.
    pub fn words(&self) -> &[u32] {
        match self {
            Inputs::Words(ids) => ids,
            Inputs::Vectors { .. } => &[],
        }
    }
}

impl Row {
    /// A row of words, of which every position counts alike and nothing else is known.
    pub(super) fn of_words(inputs: Vec<u32>, targets: Targets, n_items: usize) -> Self {
        Self {
            weights: vec![1.0; inputs.len()],
            inputs: Inputs::Words(inputs),
            targets,
            drawn: None,
            ids: None,
            mask: None,
            facts: Vec::new(),
            n_items,
        }
    }

    /// Positions of the row.
    pub fn n_positions(&self) -> usize {
        self.weights.len()
    }

    /// The fact of this name.
    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|it| it.0 == name).map(|it| &it.1)
    }

    /// Whether `word` is right at `position`: it is the target, or no word is more probable than
    /// it. Targets that are numbers are no words, so none is right.
    pub fn is_right(&self, position: usize, word: u32) -> bool {
        match &self.targets {
            Targets::Words(ids) => ids.get(position) == Some(&word),
            Targets::Distributions { width, values } => {
                let word = word as usize;
                let row = values.get(position * width..(position + 1) * width);
                row.is_some_and(|row| word < *width && row.iter().all(|it| *it <= row[word] + TIE))
            }
            Targets::Numbers { .. } => false,
        }
    }

    /// The right word at a position; of several that are as probable, the first.
    pub fn answer(&self, position: usize) -> Option<u32> {
        match &self.targets {
            Targets::Words(ids) => ids.get(position).copied(),
            Targets::Distributions { width, .. } => {
                (0..*width as u32).find(|&word| self.is_right(position, word))
            }
            Targets::Numbers { .. } => None,
        }
    }

    /// Counts the right ones of `predictions` where positions count. Predictions that are missing
    /// are wrong.
    pub fn judge(&self, predictions: &[u32]) -> Verdict {
        let mut verdict = Verdict::default();
        for position in (0..self.n_positions()).filter(|&it| 0.0 < self.weights[it]) {
            let said = predictions.get(position);
            verdict.n_right += usize::from(said.is_some_and(|&it| self.is_right(position, it)));
            verdict.n_asked += 1;
        }
        verdict
    }
}

/// Probabilities that differ by less are the same: they are sums in single precision.
const TIE: f32 = 1e-6;

impl Verdict {
    /// Whether all are right.
    pub fn is_right(self) -> bool {
        self.n_right == self.n_asked
    }
}
