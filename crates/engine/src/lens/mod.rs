//! Questions asked of a trace.
//!
//! Each question first names the tensors that it needs on the host; all are read back in one
//! transfer, and then each makes its answer.

mod pending; // start here

mod attention;
mod contrast;
mod logit_lens;
mod memory;
mod mixing;
mod poles;
mod stream;
mod writers;

use burn::prelude::*;
use trace::{Answer, Axis, NamedArray, Part, Question, Site, SitePattern};

use crate::{
    load::Model,
    model::{Attention, Keep, Trace},
};
use pending::Pending;
pub use pending::answer_all;
pub use stream::{depths, principal_basis};

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LensError {
    #[error("the run did not keep {0}")]
    NotKept(Site),
    #[error("the model has no {what} {index}; it has {size}")]
    Outside { what: &'static str, index: usize, size: usize },
    #[error("this model came without a stored sample; choose two words as directions instead")]
    NoBasis,
    #[error("the two directions point the same way; choose two different words")]
    NoPlane,
    #[error("with norms after each sum, writers do not add up to the output")]
    NotAdditive,
    #[error("the strongest head was asked for, and no question about writers with it")]
    NoWriters,
    #[error("layer {0} has no attention")]
    NoAttention(usize),
    #[error("layer {0} has no state")]
    NoState(usize),
    #[error("the device stopped while reading: {0}")]
    Device(String),
}

/// The sites that the views' questions need, and those that `ask` names itself.
pub fn kept_for(ask: &[Question]) -> Keep {
    let names = [
        "*.resid_*",
        "*.attn.score",
        "*.attn.pattern",
        "*.attn.v",
        "*.attn.z",
        "*.ssm.step",
        "*.ssm.gate",
        "*.ssm.decay",
        "*.ssm.value",
        "*.ssm.write",
        "*.ssm.remove",
        "*.ssm.erase",
        "*.ssm.read",
        "*.ssm.y",
        "*.ssm.z",
        "*.mlp.out",
        "logits",
    ];
    let named = ask.iter().filter_map(|it| match it {
        Question::Site { site } => Some(SitePattern::from(site.to_string().as_str())),
        _ => None,
    });
    Keep::Matching(names.map(SitePattern::from).into_iter().chain(named).collect())
}

/// One run, as questions see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) model: &'a Model,
    pub(crate) trace: &'a Trace,
}

impl<'a> Seen<'a> {
    fn pending(self, question: &Question) -> Result<Pending, LensError> {
        match *question {
            Question::Thumbnails { side } => attention::thumbnails(self, side),
            Question::Patterns { layer, ref heads } => attention::patterns(self, layer, heads),
            Question::AttentionRow { layer, head, query } => {
                attention::row(self, layer, head, query)
            }
            Question::Lens { a, b } => logit_lens::lens(self, a, b),
            Question::Paths { basis } => stream::paths(self, basis),
            Question::Norms => stream::norms(self),
            Question::Writers { pos, a, b } => writers::writers(self, pos, [a, b]),
            Question::Next => next(self),
            Question::Film { layer, head } => memory::film(self, layer, head),
            Question::StateLens { layer, head, pos, source } => {
                memory::state_lens(self, layer, head, pos, source)
            }
            Question::Memory => memory::memory(self),
            Question::Faces { layer, head } => memory::faces(self, layer, head),
            Question::Contrast { layer, head, minus } => {
                contrast::contrast(self, [layer, head], minus)
            }
            Question::Poles { layer, head } => poles::poles(self, layer, head),
            Question::Site { site } => at_site(self, site),
        }
    }

    fn get<const D: usize>(self, site: Site) -> Result<Tensor<D>, LensError> {
        self.trace.get(site).ok_or(LensError::NotKept(site))
    }

    fn part<const D: usize>(self, layer: usize, part: Part) -> Result<Tensor<D>, LensError> {
        self.get(Site::Block { layer, part })
    }

    fn attention(self, layer: usize) -> Result<&'a Attention, LensError> {
        self.model.network.attention(layer).ok_or(LensError::NoAttention(layer))
    }

    fn n_pos(self) -> Result<usize, LensError> {
        Ok(self.get::<2>(Site::Logits)?.dims()[0])
    }

    /// The stream as the last block leaves it, `[pos, d_model]`.
    fn last_stream(self) -> Result<Tensor<2>, LensError> {
        let places = depths(self.model.network.n_layers(), self.trace);
        self.get(places[places.len() - 1].1)
    }

    /// The position that is meant: past the end is the last, so that one can ask before the prompt
    /// has been cut into tokens.
    fn position(self, pos: usize) -> Result<usize, LensError> {
        Ok(pos.min(self.n_pos()?.saturating_sub(1)))
    }

    fn check(self, what: &'static str, index: usize) -> Result<usize, LensError> {
        let shape = &self.model.shape;
        let size = match what {
            "layer" => shape.n_layers,
            "head" => shape.n_heads,
            _ => shape.d_vocab,
        };
        if index < size { Ok(index) } else { Err(LensError::Outside { what, index, size }) }
    }
}

fn next(seen: Seen<'_>) -> Result<Pending, LensError> {
    let logits: Tensor<2> = seen.get(Site::Logits)?;
    let [n_pos, d_vocab] = logits.dims();
    let last = logits.narrow(0, n_pos - 1, 1).reshape([d_vocab]);
    Ok(Pending::new(vec![last], move |mut read| {
        Answer::Next(array(read.remove(0), &[(Axis::Vocab, d_vocab)]))
    }))
}

fn at_site(seen: Seen<'_>, site: Site) -> Result<Pending, LensError> {
    let (flat, dims) = seen.trace.flat(site).ok_or(LensError::NotKept(site))?;
    Ok(Pending::new(vec![flat], move |mut read| {
        let value = array(read.remove(0), &dims);
        Answer::Site { site, value }
    }))
}

/// Values that a tensor of these sizes gave.
fn array(values: Vec<f32>, dims: &[(Axis, usize)]) -> NamedArray {
    NamedArray::new(values, dims).expect("sizes come from the tensor")
}
