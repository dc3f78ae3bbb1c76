//! The two sides of a frame: what its rows and columns are, and what is known of each.

use serde::{Deserialize, Serialize};

use crate::FrameError;

/// One side of a frame: its rows or its columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// What it counts: "network", "steps", "layer".
    pub name: String,
    /// The unit of [`Entry::at`]; empty where it has none.
    pub unit: String,
    pub scale: Scale,
    pub entries: Vec<Entry>,
    /// Places along the side that a view marks.
    pub marks: Vec<SideMark>,
    /// What else is known of each entry, which colours and layouts use.
    pub facts: Vec<Fact>,
}

/// Where the entries of a side stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// One after the other at equal distances.
    #[default]
    Even,
    /// At [`Entry::at`].
    Linear,
    /// At the logarithm of [`Entry::at`].
    Log,
}

/// A row or a column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    /// Its number, where it has one: a size, a step.
    pub at: Option<f32>,
    pub role: Role,
    /// The unit of its values where that is not the frame's.
    pub unit: String,
}

/// Whether an entry is a measure or something to compare it with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    #[default]
    Measured,
    /// The same network before training.
    Untrained,
    /// Trained or fitted on shuffled targets.
    Shuffled,
    /// What guessing reaches.
    Chance,
    /// What no network can get below.
    Floor,
}

impl Role {
    /// Whether this is a control and no finding.
    pub fn is_control(self) -> bool {
        self != Role::Measured
    }

    /// Whether this is a line known without a network.
    pub fn is_bound(self) -> bool {
        matches!(self, Role::Chance | Role::Floor)
    }
}

/// A place along a side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SideMark {
    /// As it is written: "trained to 20".
    pub name: String,
    /// In the numbers of [`Entry::at`].
    pub at: f32,
    pub kind: MarkKind,
}

/// What a [`SideMark`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkKind {
    /// Training ended here; all beyond is extrapolation.
    TrainedTo,
    /// A stored checkpoint.
    Checkpoint,
    /// A setting was changed here.
    Change,
}

/// Something known of every entry of a side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    pub name: String,
    pub values: FactValues,
}

impl Fact {
    /// Texts: what the paper reports for a claim.
    pub const THEIRS: &'static str = "theirs";
    /// Texts: why a claim has its outcome.
    pub const WHY: &'static str = "why";
    /// Numbers: the layer of a node in a diagram, 0 first.
    pub const LAYER: &'static str = "layer";
    /// Numbers: the place of a node that has one, in any unit, to the right.
    pub const X: &'static str = "x";
    /// Numbers: the place of a node that has one, downward.
    pub const Y: &'static str = "y";
}

/// The values of a fact, one per entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FactValues {
    Numbers(Vec<f32>),
    /// An index into `names` each.
    Classes {
        names: Vec<String>,
        of: Vec<u32>,
    },
    /// Parts of a whole, `names.len()` for each entry.
    Shares {
        names: Vec<String>,
        of: Vec<f32>,
    },
    Texts(Vec<String>),
    Outcomes(Vec<Outcome>),
}

/// How a claim came out here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Met,
    NotMet,
    /// A finding, no failure: networks of this size do not show it.
    NotAtThisSize,
    /// The interval allows both.
    Undecided,
}

impl Side {
    /// These entries, then those of another side; facts that both have.
    pub(crate) fn followed_by(&self, other: &Self) -> Self {
        let joined = |fact: &Fact| {
            let theirs = other.facts.iter().find(|it| it.name == fact.name)?;
            Some(Fact { name: fact.name.clone(), values: fact.values.followed_by(&theirs.values)? })
        };
        Self {
            entries: [self.entries.as_slice(), &other.entries].concat(),
            facts: self.facts.iter().filter_map(joined).collect(),
            ..self.clone()
        }
    }

    /// The fact of this name.
    pub fn fact(&self, name: &str) -> Option<&FactValues> {
        self.facts.iter().find(|fact| fact.name == name).map(|fact| &fact.values)
    }

    /// How an entry is called; empty outside.
    pub fn entry_name(&self, index: usize) -> &str {
        self.entries.get(index).map_or("", |entry| entry.name.as_str())
    }

    pub(crate) fn check(&self) -> Result<(), FrameError> {
        for entry in self.entries.iter().filter(|_| self.scale != Scale::Even) {
            let at = entry.at.filter(|at| at.is_finite());
            let at = at.ok_or_else(|| FrameError::NoPlace(entry.name.clone()))?;
            if self.scale == Scale::Log && at <= 0.0 {
                return Err(FrameError::NotPositive(entry.name.clone(), at));
            }
        }
        self.facts.iter().try_for_each(|fact| fact.check(self.entries.len()))
    }

    pub(crate) fn picked(&self, chosen: &[usize]) -> Self {
        let fact = |fact: &Fact| Fact { name: fact.name.clone(), values: fact.values.cut(chosen) };
        Self {
            entries: picked(&self.entries, 1, chosen),
            facts: self.facts.iter().map(fact).collect(),
            ..self.clone()
        }
    }
}

impl Fact {
    fn check(&self, n_entries: usize) -> Result<(), FrameError> {
        let what = format!("the fact `{}`", self.name);
        match &self.values {
            FactValues::Numbers(of) => same(&what, n_entries, of.len()),
            FactValues::Texts(of) => same(&what, n_entries, of.len()),
            FactValues::Outcomes(of) => same(&what, n_entries, of.len()),
            FactValues::Shares { names, of } => {
                same(&what, n_entries.saturating_mul(names.len()), of.len())
            }
            FactValues::Classes { names, of } => {
                same(&what, n_entries, of.len())?;
                match of.iter().find(|class| names.len() <= **class as usize) {
                    Some(&class) => Err(FrameError::Class { fact: self.name.clone(), class }),
                    None => Ok(()),
                }
            }
        }
    }
}

impl FactValues {
    /// These values, then those of another fact of the same kind and names.
    fn followed_by(&self, other: &Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Numbers(a), Self::Numbers(b)) => Self::Numbers([a.as_slice(), b].concat()),
            (Self::Texts(a), Self::Texts(b)) => Self::Texts([a.as_slice(), b].concat()),
            (Self::Outcomes(a), Self::Outcomes(b)) => Self::Outcomes([a.as_slice(), b].concat()),
            (Self::Classes { names, of: a }, Self::Classes { names: its, of: b })
                if names == its =>
            {
                Self::Classes { names: names.clone(), of: [a.as_slice(), b].concat() }
            }
            (Self::Shares { names, of: a }, Self::Shares { names: its, of: b }) if names == its => {
                Self::Shares { names: names.clone(), of: [a.as_slice(), b].concat() }
            }
            _ => return None,
        })
    }

    fn cut(&self, chosen: &[usize]) -> Self {
        match self {
            FactValues::Numbers(of) => FactValues::Numbers(picked(of, 1, chosen)),
            FactValues::Texts(of) => FactValues::Texts(picked(of, 1, chosen)),
            FactValues::Outcomes(of) => FactValues::Outcomes(picked(of, 1, chosen)),
            FactValues::Classes { names, of } => {
                FactValues::Classes { names: names.clone(), of: picked(of, 1, chosen) }
            }
            FactValues::Shares { names, of } => {
                FactValues::Shares { names: names.clone(), of: picked(of, names.len(), chosen) }
            }
        }
    }
}

/// An error where two numbers that should agree do not.
pub(crate) fn same(what: &str, wanted: usize, got: usize) -> Result<(), FrameError> {
    if wanted == got {
        return Ok(());
    }
    Err(FrameError::Count { what: what.to_owned(), wanted, got })
}

/// The chosen runs of `width` elements; none of a list that is not there.
pub(crate) fn picked<T: Clone>(all: &[T], width: usize, chosen: &[usize]) -> Vec<T> {
    let run = |row: &usize| all.get(row * width..(row + 1) * width).unwrap_or_default().to_vec();
    chosen.iter().flat_map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn controls_and_bounds_are_told_from_findings() {
        let roles = [Role::Measured, Role::Untrained, Role::Shuffled, Role::Chance, Role::Floor];
        assert_eq!(roles.map(Role::is_control), [false, true, true, true, true]);
        assert_eq!(roles.map(Role::is_bound), [false, false, false, true, true]);
    }
}
