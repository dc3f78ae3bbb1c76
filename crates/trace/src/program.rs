//! What a reader changes in a run: interventions in the order in which they are made, and the order
//! of the blocks.
//!
//! An intervention says *where* (sites, heads, positions, pass), *op* (what is done) and *source*
//! (with which value). It holds no numbers of a network: the engine finds them. The page and a link
//! hold it as text, which [`read_program`] reads and `Display` writes.

mod text;
mod text_error;
mod trouble;
mod write;

use serde::{Deserialize, Serialize};

use crate::SitePattern;

pub use text::{MOST_BLOCKS, PROGRAM_VERSION, read_blocks, read_cuts, read_program};
pub use text_error::{TextError, TextProblem};
pub use trouble::{Report, Status, Trouble};

/// Everything that makes a run differ from the run as trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Made in this order where they meet at one site.
    pub interventions: Vec<Intervention>,
    /// The blocks in the order in which they run, such as 0, 1, 2, 2, 3; as trained where `None`.
    pub blocks: Option<Vec<usize>>,
}

impl Program {
    /// Whether the run is the run as trained: nothing is switched on and every block stands where
    /// it was.
    pub fn is_unchanged(&self) -> bool {
        self.blocks.is_none() && self.interventions.iter().all(|it| !it.is_on)
    }
}

/// One change: where, what, with which value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intervention {
    /// Whether it is made; what is switched off stays in the program.
    pub is_on: bool,
    pub place: Place,
    pub op: Op,
}

impl Intervention {
    /// One that is switched on.
    pub fn new(place: Place, op: Op) -> Self {
        Self { is_on: true, place, op }
    }

    /// What the reader can change by a slider: a factor, or how much of the change is made. Ops
    /// without one (clamp, hide) have `None`.
    pub fn strength(&self) -> Option<f32> {
        match self.op {
            Op::Scale { factor } => Some(factor),
            Op::Set { strength, .. }
            | Op::Add { strength, .. }
            | Op::ProjectOut { strength, .. } => Some(strength),
            Op::Clamp { .. } | Op::Hide { .. } => None,
        }
    }

    /// The same with another strength, where it has one.
    #[must_use]
    pub fn with_strength(mut self, to: f32) -> Self {
        match &mut self.op {
            Op::Scale { factor: it }
            | Op::Set { strength: it, .. }
            | Op::Add { strength: it, .. }
            | Op::ProjectOut { strength: it, .. } => *it = to,
            Op::Clamp { .. } | Op::Hide { .. } => {}
        }
        self
    }
}

/// Where an intervention is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub target: Target,
    /// Indices along the site's own head axis; all where empty.
    pub heads: Vec<usize>,
    /// Positions, which for patterns are queries; all where empty.
    pub positions: Vec<Span>,
}

impl Place {
    /// All heads and positions of `target`.
    pub fn all(target: Target) -> Self {
        Self { target, heads: Vec::new(), positions: Vec::new() }
    }

    /// The same at one position.
    #[must_use]
    pub fn at(self, pos: usize) -> Self {
        Self { positions: vec![Span::One(pos)], ..self }
    }
}

/// What is changed: sites by their names, or a part of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Every site whose name fits. Heads are counted along the site's own head axis. At `ssm.state`
    /// the change is of what is read at a position; the recurrence goes on with what it had.
    Sites(SitePattern),
    /// A part of block `layer`.
    Part {
        component: Component,
        layer: usize,
        pass: Passes,
        /// A head as the page shows it: attention's come first, then recurrent ones, of which one
        /// may stand for several of the mixer's own. `None` where the component has none.
        head: Option<usize>,
    },
}

impl Target {
    /// A part of the first pass through a block.
    pub const fn part(component: Component, layer: usize, head: Option<usize>) -> Self {
        Target::Part { component, layer, pass: Passes::One(0), head }
    }
}

/// A part of a block that can be changed as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Component {
    /// What a head writes: `attn.z`, or `ssm.z` of a recurrent head.
    Head,
    /// What all heads of a layer write.
    Heads,
    /// `mlp.out`.
    Mlp,
    /// All that a block adds to the stream: `attn.out`, `ssm.out` and `mlp.out`.
    Layer,
    /// What a recurrent head writes at a position: `ssm.step`, or `ssm.value` where the mixer has
    /// no step. The recurrence goes on without it, so that the change propagates: 0 skips a token.
    Write,
    /// `ssm.state`: what a recurrent head reads at a position. The recurrence goes on as it was, so
    /// that later positions are not touched by it. As in TransformerLens 4.3.
    State,
    /// The state that a recurrent head carries on after a position. It propagates: 0 forgets all
    /// that came up to there.
    Carry,
}

impl Component {
    /// Every component with its name in texts.
    pub const ALL: [(Component, &'static str); 7] = [
        (Component::Head, "head"),
        (Component::Heads, "heads"),
        (Component::Mlp, "mlp"),
        (Component::Layer, "layer"),
        (Component::Write, "write"),
        (Component::State, "state"),
        (Component::Carry, "carry"),
    ];

    /// Whether it is of one head.
    pub fn has_head(self) -> bool {
        matches!(self, Self::Head | Self::Write | Self::State | Self::Carry)
    }

    /// Its name in texts.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }
}

/// Which passes through a block that runs several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passes {
    /// Counted from 0; text counts from 1.
    One(usize),
    All,
}

/// Positions in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    One(usize),
    /// From the first to the last, both included.
    Through(usize, usize),
    /// From here to the end of the prompt.
    From(usize),
    /// The last position, whatever the prompt's length.
    Last,
}

/// What is done with a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// Times a factor; 0 ablates.
    Scale { factor: f32 },
    /// Takes the place of the value; a strength below 1 goes as far of the way. Freezing is setting
    /// to [`Source::Unchanged`].
    Set { source: Source, strength: f32 },
    /// Adds a value, or a direction of length 1, times a strength: steering.
    Add { source: Source, strength: f32 },
    /// Takes away what lies along a direction; all of it at strength 1.
    ProjectOut { source: Source, strength: f32 },
    /// Keeps every entry, or the coordinate along a direction, between two numbers.
    Clamp { low: f32, high: f32, along: Option<Source> },
    /// Of a pattern: weights of these keys become 0 and the rest of each row sums to 1 again. A row
    /// of which nothing is left reads nothing.
    Hide { keys: Vec<Span> },
}

/// Where a value comes from.
///
/// Zero, mean, unchanged, run and the rows of a pattern are values of the site; tokens and axes are
/// directions of the residual stream; a fact is what a probe reads of the site. A new kind, such as a vector with a name, is a variant here,
/// a word in `text.rs` and an arm in the engine's resolver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    Zero,
    /// The site's mean over all positions but the first of the prompts that came with the model,
    /// run as trained.
    Mean,
    /// The value at the same site and position of this prompt's run as trained.
    Unchanged,
    /// The value at the same site and position of another prompt's run as trained.
    Run {
        prompt: String,
    },
    /// The direction that raises the logit of a token: its column of the unembedding through the
    /// final norm's gain and centring.
    Token {
        token: String,
    },
    /// The direction that raises the first logit over the second.
    Difference {
        a: String,
        b: String,
    },
    /// A principal axis of the stored sample, counted from 1.
    Axis {
        number: usize,
    },
    /// A row of a pattern.
    Row(Row),
    /// Set: the least change of the stream after which a fitted probe reads this value of a fact.
    /// Elsewhere: the direction along which what the probe reads grows, each of its numbers by its
    /// share here, so that 0,0,1 is toward the third and 1,-1,0 toward the first from the second.
    Fact {
        /// "belief"
        fact: String,
        value: Vec<f32>,
    },
}

/// How a query of a pattern reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Row {
    /// All keys that it may read, alike.
    Uniform,
    /// The first key alone.
    First,
    /// Its own key alone.
    Own,
    /// The key before it alone; the first reads itself.
    Previous,
    /// One key alone; queries that may not read it stay as they are.
    Key(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_off_leaves_a_run_unchanged() {
        let place = Place::all(Target::part(Component::Mlp, 0, None));
        let mut on = Intervention::new(place, Op::Scale { factor: 0.0 });
        let program = |it: &Intervention| Program { interventions: vec![it.clone()], blocks: None };
        assert!(!program(&on).is_unchanged());
        on.is_on = false;
        assert!(program(&on).is_unchanged());
        assert!(!Program { blocks: Some(vec![1, 0]), ..program(&on) }.is_unchanged());
        assert!(Program::default().is_unchanged());
    }

    #[test]
    fn a_strength_is_that_of_the_op() {
        let place = Place::all(Target::part(Component::Layer, 1, None));
        let source = Source::Mean;
        let ops = [
            Op::Scale { factor: 2.0 },
            Op::Set { source: source.clone(), strength: 2.0 },
            Op::Add { source: source.clone(), strength: 2.0 },
            Op::ProjectOut { source, strength: 2.0 },
        ];
        for op in ops {
            let it = Intervention::new(place.clone(), op);
            assert_eq!(it.strength(), Some(2.0));
            assert_eq!(it.with_strength(-1.5).strength(), Some(-1.5));
        }
        let clamp = Op::Clamp { low: 0.0, high: 1.0, along: None };
        let clamp = Intervention::new(place, clamp);
        assert_eq!(clamp.strength(), None);
        assert_eq!(clamp.clone().with_strength(3.0), clamp);
    }
}
