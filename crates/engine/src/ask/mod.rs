//! Questions asked of a trace: one file per question.
//!
//! Each question first names the tensors that it needs on the host, or says why it has no answer;
//! all are read back in one transfer, and then each makes its answer.

mod pending; // start here

mod attention_row;
mod attribution;
mod decoded;
mod eigenvalues;
mod film;
mod forms;
mod lens;
mod mixing;
mod next;
mod norms;
mod paths;
mod pattern_difference;
mod patterns;
mod recurrent;
mod state_lens;
mod stream;
mod thumbnails;
mod time_scales;
mod unchanged;
mod value;

use burn::prelude::*;
use trace::{
    Absence, AskDecoded, AskValue, Axis, Counted, NamedArray, Part, Question, Site, SitePattern,
};

use crate::{
    load::Model,
    model::{Attention, Keep, Trace, Visit},
    study::Probes,
};
use pending::Pending;
pub(crate) use pending::answer;
pub use pending::{DeviceError, answer_all};
pub use stream::{depths, principal_basis};

/// The questions that are about the run as trained, which stands beside a changed one.
pub fn about_unchanged(ask: &[Question]) -> Vec<Question> {
    let of = |it: &Question| match it {
        Question::Unchanged(it) => Some((*it.of).clone()),
        _ => None,
    };
    ask.iter().filter_map(of).collect()
}

/// The sites that these questions need of a run that answers no others: the logits alone, where all
/// ask for what comes next, as the most common one does.
pub fn sites_for(ask: &[Question]) -> Vec<SitePattern> {
    if ask.iter().all(|it| matches!(it, Question::Next(_))) {
        vec![SitePattern::from("logits")]
    } else {
        sites_of_views_and(ask)
    }
}

/// The sites that the views' questions need, and those that `ask` names itself.
pub fn kept_for(ask: &[Question]) -> Keep {
    Keep::Matching(sites_of_views_and(ask))
}

fn sites_of_views_and(ask: &[Question]) -> Vec<SitePattern> {
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
        Question::Value(AskValue { site }) | Question::Decoded(AskDecoded { site, .. }) => {
            Some(SitePattern::from(site.to_string().as_str()))
        }
        _ => None,
    });
    names.map(SitePattern::from).into_iter().chain(named).collect()
}

/// One run, as questions see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) model: &'a Model,
    pub(crate) trace: &'a Trace,
    /// The same prompt as trained, where a program makes another run of it.
    pub(crate) unchanged: Option<&'a Trace>,
    /// The tokens of the run.
    pub(crate) ids: &'a [u32],
    pub(crate) probes: &'a Probes,
}

impl<'a> Seen<'a> {
    fn pending(self, question: &Question) -> Result<Pending, Absence> {
        match question {
            Question::Thumbnails(it) => thumbnails::thumbnails(self, it),
            Question::Patterns(it) => patterns::patterns(self, it),
            Question::AttentionRow(it) => attention_row::attention_row(self, it),
            Question::Lens(it) => lens::lens(self, it),
            Question::Paths(it) => paths::paths(self, it),
            Question::Norms(_) => norms::norms(self),
            Question::Attribution(it) => attribution::attribution(self, it),
            Question::Next(_) => next::next(self),
            Question::Value(it) => value::value(self, it),
            Question::Film(it) => film::film(self, it),
            Question::StateLens(it) => state_lens::state_lens(self, it),
            Question::TimeScales(_) => time_scales::time_scales(self),
            Question::Forms(it) => forms::forms(self, it),
            Question::Eigenvalues(it) => eigenvalues::eigenvalues(self, it),
            Question::PatternDifference(it) => pattern_difference::pattern_difference(self, it),
            Question::Decoded(it) => decoded::decoded(self, it),
            Question::Unchanged(it) => unchanged::unchanged(self, it),
        }
    }

    fn get<const D: usize>(self, site: Site) -> Result<Tensor<D>, Absence> {
        self.trace.get(site).ok_or(Absence::NotKept(site))
    }

    fn part<const D: usize>(self, layer: usize, part: Part) -> Result<Tensor<D>, Absence> {
        self.trace.get(Site::block(layer, part)).ok_or_else(|| self.not_kept(layer, part))
    }

    /// A part of one pass through a block.
    fn part_at<const D: usize>(self, visit: Visit, part: Part) -> Result<Tensor<D>, Absence> {
        self.get(Site::Block { layer: visit.layer, pass: visit.pass, part })
    }

    /// Why the trace does not hold a part of a block.
    fn not_kept(self, layer: usize, part: Part) -> Absence {
        if self.trace.has_run(layer) {
            Absence::NotKept(Site::block(layer, part))
        } else {
            Absence::Skipped(layer)
        }
    }

    fn attention(self, layer: usize) -> Result<&'a Attention, Absence> {
        self.model.network.attention(layer).ok_or(Absence::NoAttention(layer))
    }

    fn n_pos(self) -> Result<usize, Absence> {
        Ok(self.get::<2>(Site::Logits)?.dims()[0])
    }

    /// The stream as the last block leaves it, `[pos, d_model]`.
    fn last_stream(self) -> Result<Tensor<2>, Absence> {
        let places = depths(self.trace);
        self.get(places[places.len() - 1].1)
    }

    /// The position that is meant: past the end is the last, so that one can ask before the prompt
    /// has been cut into tokens.
    fn position(self, pos: usize) -> Result<usize, Absence> {
        Ok(pos.min(self.n_pos()?.saturating_sub(1)))
    }

    fn check(self, what: Counted, index: usize) -> Result<usize, Absence> {
        let shape = &self.model.shape;
        let size = match what {
            Counted::Layer => shape.n_layers,
            Counted::Head => shape.n_heads,
            Counted::Token => shape.d_vocab,
        };
        if index < size { Ok(index) } else { Err(Absence::Outside { what, index, size }) }
    }

    /// That a layer runs at all.
    fn check_run(self, layer: usize) -> Result<(), Absence> {
        if self.trace.has_run(layer) { Ok(()) } else { Err(Absence::Skipped(layer)) }
    }

    fn check_head(self, layer: usize, head: usize) -> Result<(), Absence> {
        self.check(Counted::Layer, layer)?;
        self.check(Counted::Head, head).map(drop)
    }
}

/// Values that a tensor of these sizes gave.
fn array(values: Vec<f32>, dims: &[(Axis, usize)]) -> NamedArray {
    NamedArray::new(values, dims).expect("sizes come from the tensor")
}
