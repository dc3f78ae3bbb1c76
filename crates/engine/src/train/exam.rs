//! What a network has learned, on stories and rows that it never saw.

use std::collections::BTreeMap;

use burn::{prelude::*, tensor::activation::log_softmax};
use trace::{Phenomenon, SitePattern};

use super::{
    puzzles::{Kind, Puzzle},
    rows::{Batch, Source, Stories, held_out},
    tales,
};
use crate::{
    ask::{depths, principal_basis},
    load::Basis,
    model::{Keep, Network, Probe},
};

/// The marks of an exam.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    /// Stories or rows.
    pub n_rows: usize,
    /// Tokens that count in the loss.
    pub n_tokens: usize,
    /// Mean loss in nats per token, the end of each story included.
    pub loss: f64,
    /// The same of the task itself: no model can have less on average.
    pub floor: f64,
    /// The share of right first choices, phenomenon by phenomenon.
    pub phenomena: Vec<Phenomenon>,
    /// What each phenomenon asks for.
    pub about: Vec<String>,
}

/// Stories of an exam.
const N_STORIES: usize = 2_000;
/// Rows that are read at a time.
const N_AT_ONCE: usize = 50;

/// Sits the exam on what no step drew.
pub fn examine(network: &Network, source: &Source, device: &Device) -> Marks {
    match source {
        Source::Tales(stories) => examine_tales(network, stories, device),
        Source::Puzzles { puzzles, seed } => examine_puzzles(network, puzzles, *seed, device),
    }
}

/// Rows of every size that the exams name; the loss is that of the largest rows that were trained
/// on.
fn examine_puzzles(network: &Network, puzzles: &[Puzzle], seed: u64, device: &Device) -> Marks {
    let mut marks = Marks {
        n_rows: puzzles.iter().map(|it| it.exam_rows).sum(),
        n_tokens: 0,
        loss: 0.0,
        floor: 0.0,
        phenomena: Vec::new(),
        about: Vec::new(),
    };
    for puzzle in puzzles {
        for &n_items in &puzzle.exam {
            let name = format!("{n_items} {}", puzzle.items());
            let answers = sit(network, puzzle, seed, n_items, device);
            marks.push(name.clone(), puzzle.asks(), answers.iter().flat_map(|it| &it.is_right));
            if puzzle.kind == Kind::Copying {
                let whole = answers.iter().map(|it| it.is_right.iter().all(|it| *it));
                let whole: Vec<bool> = whole.collect();
                marks.push(format!("{name}, whole"), "the whole row without a fault", &whole);
            }
        }
        let answers = sit(network, puzzle, seed, puzzle.trained[1], device);
        marks.n_tokens += answers.iter().map(|it| it.n_tokens).sum::<usize>();
        marks.loss += answers.iter().map(|it| it.loss).sum::<f64>();
    }
    marks.loss /= marks.n_tokens as f64;
    marks
}

impl Marks {
    fn push<'a>(
        &mut self,
        name: String,
        about: &str,
        is_right: impl IntoIterator<Item = &'a bool>,
    ) {
        let (mut n_right, mut n_cases) = (0, 0);
        for &it in is_right {
            n_right += usize::from(it);
            n_cases += 1;
        }
        self.phenomena.push(Phenomenon {
            name,
            accuracy: n_right as f32 / n_cases as f32,
            n_cases,
        });
        self.about.push(about.to_owned());
    }
}

/// What a network answers to one row.
struct Answers {
    /// At each place that is asked for.
    is_right: Vec<bool>,
    /// Summed over all places that are to be known, in nats.
    loss: f64,
    n_tokens: usize,
}

fn sit(
    network: &Network,
    puzzle: &Puzzle,
    seed: u64,
    n_items: usize,
    device: &Device,
) -> Vec<Answers> {
    let mut answers = Vec::new();
    let rows: Vec<_> = held_out(puzzle, seed, n_items, puzzle.exam_rows).collect();
    for rows in rows.chunks(N_AT_ONCE) {
        let n_tokens = puzzle.n_tokens(n_items);
        let batch = Batch::of(rows.iter().cloned());
        let input = TensorData::new(batch.read, [rows.len(), n_tokens]);
        let said = said(network, input, device);
        let d_vocab = said.len() / (rows.len() * n_tokens);
        for (row, said) in rows.iter().zip(said.chunks_exact(n_tokens * d_vocab)) {
            let mut found = Answers { is_right: Vec::new(), loss: 0.0, n_tokens: 0 };
            for (place, said) in said.chunks_exact(d_vocab).enumerate() {
                if !row.is_known[place] {
                    continue;
                }
                let told = row.told[place].cast_unsigned() as usize;
                found.loss -= f64::from(said[told]);
                found.n_tokens += 1;
                if !puzzle.asks_last() || place + 1 == n_tokens {
                    found.is_right.push(is_first(said, told));
                }
            }
            answers.push(found);
        }
    }
    answers
}

/// Whether this word is more likely than every other one.
fn is_first(said: &[f32], told: usize) -> bool {
    said.iter().enumerate().all(|(id, it)| id == told || *it < said[told])
}

fn examine_tales(network: &Network, stories: &Stories, device: &Device) -> Marks {
    let held_out = stories.held_out(N_STORIES);
    let (mut loss, mut floor, mut n_tokens) = (0.0, 0.0, 0);
    let mut counts: BTreeMap<tales::Phenomenon, (usize, usize)> = BTreeMap::new();
    for story in &held_out {
        let tokens = stories.tokens(story);
        let said = said(network, TensorData::new(tokens.clone(), [1, tokens.len()]), device);
        let d_vocab = said.len() / tokens.len();
        let end = stories.id(tales::BOS);
        for (row, told) in said.chunks_exact(d_vocab).zip(tokens[1..].iter().chain([&end])) {
            loss -= f64::from(row[told.cast_unsigned() as usize]);
        }
        floor += story.nats;
        n_tokens += tokens.len();
        for case in &story.cases {
            // The beginning mark shifts words by one: what is said at `pos` is of word `pos`.
            let row = &said[case.pos * d_vocab..(case.pos + 1) * d_vocab];
            let right = stories.id(story.words[case.pos]).cast_unsigned() as usize;
            let count = counts.entry(case.phenomenon).or_default();
            count.0 += usize::from(is_first(row, right));
            count.1 += 1;
        }
    }
    let about = counts.keys().map(|it| it.about().to_owned()).collect();
    let phenomena = counts.into_iter().map(|(phenomenon, (n_right, n_cases))| Phenomenon {
        name: phenomenon.name().to_owned(),
        accuracy: n_right as f32 / n_cases as f32,
        n_cases,
    });
    let n = n_tokens as f64;
    Marks {
        n_rows: held_out.len(),
        n_tokens,
        loss: loss / n,
        floor: floor / n,
        phenomena: phenomena.collect(),
        about,
    }
}

/// Log-probabilities at every place, row after row.
fn said(network: &Network, rows: TensorData, device: &Device) -> Vec<f32> {
    let logits = network.forward(Tensor::from_data(rows, device), &mut Probe::blind());
    floats(log_softmax(logits, 2))
}

/// The principal plane of the stream over all depths of rows that were never trained
/// on. The first position is
/// left out: the beginning mark's vector is far longer than all others and would be the first axis.
pub(super) fn basis(network: &Network, samples: &[Vec<i32>], device: &Device) -> Basis {
    let mut points = Vec::new();
    let mut d_model = 1;
    for tokens in samples {
        let mut probe =
            Probe::new(Keep::Matching(vec![SitePattern::from("*.resid_*")]), Vec::new());
        let input = TensorData::new(tokens.clone(), [1, tokens.len()]);
        network.forward(Tensor::from_data(input, device), &mut probe);
        let trace = probe.into_trace().expect("nothing is edited");
        for (_, site) in depths(&trace) {
            let stream: Tensor<2> = trace.get(site).expect("depths are kept");
            d_model = stream.dims()[1];
            points.extend(floats(stream.narrow(0, 1, tokens.len() - 1)));
        }
    }
    principal_basis(&points, d_model)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_to_vec().expect("the tensor holds floats")
}
