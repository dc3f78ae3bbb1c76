//! What a network has learned, on stories that it never saw.

use std::collections::BTreeMap;

use burn::{prelude::*, tensor::activation::log_softmax};
use trace::{Phenomenon, SitePattern};

use super::{
    rows::Stories,
    tales::{self, Story},
};
use crate::{
    lens::{depths, principal_basis},
    load::Basis,
    model::{Keep, Network, Probe},
};

/// The marks of an exam.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    pub n_stories: usize,
    pub n_tokens: usize,
    /// Mean loss in nats per token, the end of each story included.
    pub loss: f64,
    /// The same of the grammar itself: no model can have less on average.
    pub floor: f64,
    /// The share of right first choices, phenomenon by phenomenon.
    pub phenomena: Vec<Phenomenon>,
}

/// Sits the exam on `n_stories` held-out stories.
pub fn examine(network: &Network, seed: u64, n_stories: usize, device: &Device) -> Marks {
    let stories = Stories::new(seed);
    let held_out = stories.held_out(n_stories);
    let (mut loss, mut floor, mut n_tokens) = (0.0, 0.0, 0);
    let mut counts: BTreeMap<tales::Phenomenon, (usize, usize)> = BTreeMap::new();
    for story in &held_out {
        let tokens = stories.tokens(story);
        let said = said(network, &tokens, device);
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
            let is_right = row.iter().enumerate().all(|(id, it)| id == right || *it < row[right]);
            let count = counts.entry(case.phenomenon).or_default();
            count.0 += usize::from(is_right);
            count.1 += 1;
        }
    }
    let phenomena = counts.into_iter().map(|(phenomenon, (n_right, n_cases))| Phenomenon {
        name: phenomenon.name().to_owned(),
        accuracy: n_right as f32 / n_cases as f32,
        n_cases,
    });
    let n = n_tokens as f64;
    Marks { n_stories, n_tokens, loss: loss / n, floor: floor / n, phenomena: phenomena.collect() }
}

/// Log-probabilities at every position, one row after another.
fn said(network: &Network, tokens: &[i32], device: &Device) -> Vec<f32> {
    let input = TensorData::new(tokens.to_vec(), [1, tokens.len()]);
    let logits = network.forward(Tensor::from_data(input, device), &mut Probe::blind());
    floats(log_softmax(logits, 2))
}

/// The principal plane of the stream over all depths of held-out stories. The first position is
/// left out: the beginning mark's vector is far longer than all others and would be the first axis.
pub(super) fn basis(
    network: &Network,
    stories: &Stories,
    sample: &[Story],
    device: &Device,
) -> Basis {
    let mut points = Vec::new();
    let mut d_model = 1;
    for story in sample {
        let tokens = stories.tokens(story);
        let mut probe =
            Probe::new(Keep::Matching(vec![SitePattern::from("*.resid_*")]), Vec::new());
        let input = TensorData::new(tokens.clone(), [1, tokens.len()]);
        network.forward(Tensor::from_data(input, device), &mut probe);
        let trace = probe.into_trace().expect("nothing is edited");
        for (_, site) in depths(network.n_layers(), &trace) {
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
