//! What a network has learned, on stories and rows that it never saw.

use std::collections::BTreeMap;

use burn::{prelude::*, tensor::activation::log_softmax};
use lab::{
    format::{Exercise, Measure, MeasureKind},
    task::Size,
};
use trace::{Phenomenon, SitePattern};

use super::{
    measure::{Answers, of_task},
    rows::{Source, Stories},
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
    /// The same of the task itself, where it is known: no model can have less on average.
    pub floor: Option<f64>,
    /// The share of right first choices, phenomenon by phenomenon.
    pub phenomena: Vec<Phenomenon>,
    /// What each phenomenon asks for.
    pub about: Vec<String>,
}

/// Stories of an exam.
const N_STORIES: usize = 2_000;

/// Sits the exam on what no step drew; `measures` are those of tasks with rows.
pub fn examine(network: &Network, source: &Source, measures: &[Measure], device: &Device) -> Marks {
    match source {
        Source::Tales(stories) => examine_tales(network, stories, device),
        Source::Rows { exercises, seed } => {
            examine_rows(network, exercises, *seed, measures, device)
        }
    }
}

/// Rows of every size that the exams name; the loss is that of the largest rows that were trained
/// on.
fn examine_rows(
    network: &Network,
    exercises: &[Exercise],
    seed: u64,
    measures: &[Measure],
    device: &Device,
) -> Marks {
    let mut marks = Marks {
        n_rows: exercises.iter().map(|it| it.exam_rows).sum(),
        n_tokens: 0,
        loss: 0.0,
        floor: Some(0.0),
        phenomena: Vec::new(),
        about: Vec::new(),
    };
    for exercise in exercises {
        let items = exercise.task.items().name;
        for &size in &exercise.exam {
            let answers = Answers::of(network, exercise, size, seed, device);
            for measure in of_task(measures, exercise.task.id(), exercises.len()) {
                let ending = match measure.kind {
                    MeasureKind::Accuracy => "",
                    MeasureKind::Exact => ", whole",
                    _ => continue,
                };
                let name = format!("{} {items}{ending}", size.0);
                let (estimate, n_cases) = answers.take(measure).expect("an exam has rows");
                let accuracy = estimate.value as f32;
                marks.phenomena.push(Phenomenon { name, accuracy, n_cases });
                marks.about.push(measure.about.clone());
            }
        }
        let size = Size(exercise.trained[1]);
        let answers = Answers::of(network, exercise, size, seed, device);
        let (loss, n_tokens) = answers.total_loss();
        marks.n_tokens += n_tokens;
        marks.loss += loss;
        let floor = exercise.task.floor(size).map(|it| it * n_tokens as f64);
        marks.floor = marks.floor.zip(floor).map(|(sum, it)| sum + it);
    }
    let n = marks.n_tokens as f64;
    marks.loss /= n;
    marks.floor = marks.floor.map(|it| it / n);
    marks
}

/// Whether this word is more likely than every other one.
pub(super) fn is_first(said: &[f32], told: usize) -> bool {
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
        floor: Some(floor / n),
        phenomena: phenomena.collect(),
        about,
    }
}

/// Log-probabilities at every place, row after row.
pub(super) fn said(network: &Network, rows: TensorData, device: &Device) -> Vec<f32> {
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

pub(super) fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_to_vec().expect("the tensor holds floats")
}
