//! A fact of a task as numbers, and how its points are shown.

use lab::task::{Fact, Row};
use trace::{
    Axis, Entry, Fact as FrameFact, FactValues, Frame, FrameParts, NamedArray, Quantity, Side,
};

use crate::geometry::components;

/// A fact at a position as numbers; a class is 1 at its own place.
pub(crate) fn fact_at(row: &Row, name: &str, position: usize) -> Vec<f64> {
    match row.fact(name) {
        Some(Fact::Vectors { names, values }) => values[position * names.len()..][..names.len()]
            .iter()
            .map(|&it| f64::from(it))
            .collect(),
        Some(Fact::Classes { names, at }) => {
            (0..names.len()).map(|it| f64::from(u8::from(it == at[position] as usize))).collect()
        }
        None => Vec::new(),
    }
}

/// The space in which values of a fact are.
#[derive(Clone, Debug)]
pub(crate) struct FactSpace {
    name: String,
    /// Of its numbers.
    names: Vec<String>,
    kind: Kind,
    /// Where it has more numbers than can be shown: the mean and the axes that stand for them.
    shown: Option<Components>,
}

/// A mean, and unit vectors around it.
type Components = (Vec<f64>, Vec<Vec<f64>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One of the names.
    Class,
    /// Parts of a whole.
    Shares,
    Numbers,
}

/// So far may shares be from 1 together; they are sums in single precision.
const WHOLE: f64 = 1e-4;
/// Most numbers that are shown as they are: of three shares, a triangle.
const MOST_SHOWN: usize = 3;

impl FactSpace {
    /// The space of a fact of these rows; `None` where they have no such fact.
    pub(crate) fn of(rows: &[Row], name: &str) -> Option<Self> {
        let (names, is_class) = match rows.first()?.fact(name)? {
            Fact::Classes { names, .. } => (names.clone(), true),
            Fact::Vectors { names, .. } => (names.clone(), false),
        };
        let each = || {
            let positions = |row: &Row| {
                let counted = (0..row.n_positions()).filter(|&it| 0.0 < row.weights[it]);
                counted.map(|it| fact_at(row, name, it)).collect::<Vec<_>>()
            };
            rows.iter().flat_map(positions).collect::<Vec<_>>()
        };
        let kind = match is_class {
            true => Kind::Class,
            false if each().iter().all(|it| are_shares(it)) => Kind::Shares,
            false => Kind::Numbers,
        };
        let shown = (MOST_SHOWN < names.len())
            .then(|| components(&each().concat(), names.len(), MOST_SHOWN));
        Some(Self { name: name.to_owned(), names, kind, shown })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many numbers a value has.
    pub(crate) fn width(&self) -> usize {
        self.names.len()
    }

    /// Whether a value's numbers are parts of a whole.
    pub(crate) fn is_of_shares(&self) -> bool {
        self.kind != Kind::Numbers
    }

    /// Whether these numbers can be a value.
    pub(crate) fn has(&self, value: &[f64]) -> bool {
        !self.is_of_shares() || are_shares(value)
    }

    /// Points with their names, in the columns that are shown, coloured by what is true of each.
    ///
    /// # Shapes
    /// `points` and `truth`: `[n, width]`
    pub(crate) fn frame(&self, names: &[String], points: &[f64], truth: &[f64]) -> Frame {
        let entry = |name: &String| Entry { name: name.clone(), ..Entry::default() };
        let columns = self.columns();
        let values = points.chunks_exact(self.width()).flat_map(|it| self.placed(it)).collect();
        let fact = FrameFact { name: self.name.clone(), values: self.colours(truth) };
        let parts = FrameParts {
            quantity: Quantity { name: self.name.clone(), ..Quantity::default() },
            rows: Side {
                name: "point".to_owned(),
                entries: names.iter().map(entry).collect(),
                facts: vec![fact],
                ..Side::default()
            },
            columns: Side { entries: columns.iter().map(entry).collect(), ..Side::default() },
            values,
            ..FrameParts::default()
        };
        Frame::new(parts).expect("a point has as many values as there are columns")
    }

    /// All numbers of points, `[pos, slot]`.
    pub(crate) fn array(&self, points: &[f64]) -> NamedArray {
        let dims = [(Axis::Pos, points.len() / self.width()), (Axis::Slot, self.width())];
        let values = points.iter().map(|&it| it as f32).collect();
        NamedArray::new(values, &dims).expect("a point has as many numbers as the fact")
    }

    fn columns(&self) -> Vec<String> {
        let component = |(nth, _): (usize, _)| format!("PC {}", nth + 1);
        match &self.shown {
            Some((_, axes)) => axes.iter().enumerate().map(component).collect(),
            // What hidden states are called may be a number, which says nothing alone.
            None if self.name == "belief" => {
                self.names.iter().map(|it| format!("state {it}")).collect()
            }
            None => self.names.clone(),
        }
    }

    /// Where a value stands in the columns that are shown.
    fn placed(&self, value: &[f64]) -> Vec<f32> {
        let Some((mean, axes)) = &self.shown else {
            return value.iter().map(|&it| it as f32).collect();
        };
        let along = |axis: &Vec<f64>| {
            let each = value.iter().zip(mean).zip(axis);
            each.map(|((it, mean), axis)| (it - mean) * axis).sum::<f64>() as f32
        };
        axes.iter().map(along).collect()
    }

    fn colours(&self, truth: &[f64]) -> FactValues {
        let single = || truth.iter().map(|&it| it as f32);
        match self.kind {
            Kind::Shares => {
                FactValues::Shares { names: self.names.clone(), of: single().collect() }
            }
            Kind::Class => FactValues::Classes {
                names: self.names.clone(),
                of: truth
                    .chunks_exact(self.width())
                    .map(|it| it.iter().position(|it| *it == 1.0).map_or(0, |it| it as u32))
                    .collect(),
            },
            Kind::Numbers => FactValues::Numbers(single().step_by(self.width()).collect()),
        }
    }
}

fn are_shares(value: &[f64]) -> bool {
    value.iter().all(|it| 0.0 <= *it) && (value.iter().sum::<f64>() - 1.0).abs() < WHOLE
}
