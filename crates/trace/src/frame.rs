//! Measured numbers with all that a generic view needs to draw them: names, units, intervals.

use serde::{Deserialize, Serialize};

use crate::side::{Side, picked, same};

/// Values in rows and columns, with names on both sides.
///
/// Only code that measures makes one (feature `measure`): a study of the engine, or the tool that
/// packs a lab's measured numbers. The page decodes one or cuts one that it has, so no view can
/// draw an invented number. NaN means "no value".
///
/// # Shapes
/// `values`, and where they are there `intervals`, `theirs` and `texts`: `[rows, columns]`,
/// columns fastest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FrameParts")]
pub struct Frame {
    // The same fields in the same order as FrameParts, which is how one is decoded.
    about: String,
    quantity: Quantity,
    rows: Side,
    columns: Side,
    values: Vec<f32>,
    intervals: Vec<[f32; 2]>,
    theirs: Vec<f32>,
    texts: Vec<String>,
}

/// What a [`Frame`] is made of, before it is checked.
///
/// Has no `Serialize`, so that the page cannot send itself one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct FrameParts {
    /// Conditions in a few words: "1,000 rows per size, 3 seeds".
    pub about: String,
    /// What the values are.
    pub quantity: Quantity,
    /// Networks, tokens, points, nodes or claims.
    pub rows: Side,
    /// Sizes, steps, coordinates, components.
    pub columns: Side,
    /// One value per row and column; NaN where there is none.
    pub values: Vec<f32>,
    /// Lower and upper end of each value's interval, NaN where one has none; or empty.
    pub intervals: Vec<[f32; 2]>,
    /// The paper's value for each of ours, NaN where it has none; or empty.
    pub theirs: Vec<f32>,
    /// A word for each cell: a board's piece, the symbol on an edge; or empty.
    pub texts: Vec<String>,
}

/// What is measured, and how it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// As in a sentence: "right answers", "held-out loss".
    pub name: String,
    /// "nats", "bits"; empty where it has none.
    pub unit: String,
    pub format: Format,
    /// Whether the values are drawn on a logarithmic axis.
    pub is_log: bool,
    /// The ends between which all values lie by nature, where there are such.
    pub range: Option<[f32; 2]>,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Three digits that count.
    #[default]
    Number,
    /// A share of one, in percent.
    Percent,
    /// With its sign; such values have signed colours.
    Signed,
    /// A whole number.
    Count,
}

/// Why a frame could not be made or cut.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// A list has another length than rows and columns ask for.
    #[error("{what}: {wanted} wanted, {got} were given")]
    Count { what: String, wanted: usize, got: usize },
    /// An entry has no number, but its side's scale needs one.
    #[error("`{0}` has no number to stand at; give it `at`, or use an even scale")]
    NoPlace(String),
    /// A number does not fit on a logarithmic scale.
    #[error("`{0}` stands at {1}, which has no place on a logarithmic scale")]
    NotPositive(String, f32),
    /// An interval's lower end is above its upper end.
    #[error("an interval goes from {0} to {1}")]
    Interval(f32, f32),
    /// A class has no name.
    #[error("the fact `{fact}` has no class {class}")]
    Class { fact: String, class: u32 },
    /// There is no such row.
    #[error("row {index} is outside the frame of {size} rows")]
    Outside { index: usize, size: usize },
}

impl TryFrom<FrameParts> for Frame {
    type Error = FrameError;

    fn try_from(parts: FrameParts) -> Result<Self, FrameError> {
        Self::checked(parts)
    }
}

impl Frame {
    /// A frame of measured numbers.
    ///
    /// # Errors
    /// [`FrameError`], where lists and sides do not agree.
    #[cfg(any(feature = "measure", test))]
    pub fn new(parts: FrameParts) -> Result<Self, FrameError> {
        Self::checked(parts)
    }

    fn checked(parts: FrameParts) -> Result<Self, FrameError> {
        let FrameParts { about, quantity, rows, columns, values, intervals, theirs, texts } = parts;
        let n_cells = rows.entries.len().saturating_mul(columns.entries.len());
        same("values", n_cells, values.len())?;
        let optional = |what: &str, got: usize| {
            if got == 0 { Ok(()) } else { same(what, n_cells, got) }
        };
        optional("intervals", intervals.len())?;
        optional("theirs", theirs.len())?;
        optional("texts", texts.len())?;
        if let Some([low, high]) = intervals.iter().find(|it| it[1] < it[0]) {
            return Err(FrameError::Interval(*low, *high));
        }
        rows.check()?;
        columns.check()?;
        Ok(Self { about, quantity, rows, columns, values, intervals, theirs, texts })
    }

    /// Conditions of the measurement, in a few words.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// What the values are.
    pub fn quantity(&self) -> &Quantity {
        &self.quantity
    }

    /// The rows.
    pub fn rows(&self) -> &Side {
        &self.rows
    }

    /// The columns.
    pub fn columns(&self) -> &Side {
        &self.columns
    }

    /// How many rows and columns there are.
    pub fn size(&self) -> [usize; 2] {
        [self.rows.entries.len(), self.columns.entries.len()]
    }

    /// All values, columns fastest.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// A value; NaN where there is none.
    pub fn value(&self, row: usize, column: usize) -> f32 {
        self.place(row, column).map_or(f32::NAN, |at| self.values[at])
    }

    /// The interval of a value, where it was measured.
    pub fn interval(&self, row: usize, column: usize) -> Option<[f32; 2]> {
        let interval = self.intervals.get(self.place(row, column)?).copied()?;
        interval.iter().all(|end| end.is_finite()).then_some(interval)
    }

    /// The paper's value, where it reports one.
    pub fn theirs(&self, row: usize, column: usize) -> Option<f32> {
        self.theirs.get(self.place(row, column)?).copied().filter(|value| value.is_finite())
    }

    /// The word of a cell; empty where it has none.
    pub fn text(&self, row: usize, column: usize) -> &str {
        let at = self.place(row, column);
        at.and_then(|at| self.texts.get(at)).map_or("", String::as_str)
    }

    /// The unit of a row's values.
    pub fn unit(&self, row: usize) -> &str {
        match self.rows.entries.get(row) {
            Some(entry) if !entry.unit.is_empty() => &entry.unit,
            _ => &self.quantity.unit,
        }
    }

    /// These rows, in this order.
    ///
    /// # Errors
    /// [`FrameError::Outside`].
    pub fn with_rows(&self, chosen: &[usize]) -> Result<Self, FrameError> {
        let [n_rows, n_columns] = self.size();
        if let Some(&index) = chosen.iter().find(|row| n_rows <= **row) {
            return Err(FrameError::Outside { index, size: n_rows });
        }
        Ok(Self {
            about: self.about.clone(),
            quantity: self.quantity.clone(),
            rows: self.rows.picked(chosen),
            columns: self.columns.clone(),
            values: picked(&self.values, n_columns, chosen),
            intervals: picked(&self.intervals, n_columns, chosen),
            theirs: picked(&self.theirs, n_columns, chosen),
            texts: picked(&self.texts, n_columns, chosen),
        })
    }

    /// The rows of another frame after its own, in the same columns. Intervals, the paper's values,
    /// words and facts stay where both have them.
    ///
    /// # Errors
    /// [`FrameError::Count`] where the other has more or fewer columns.
    pub fn followed_by(&self, other: &Self) -> Result<Self, FrameError> {
        same("columns", self.size()[1], other.size()[1])?;
        fn both<T: Clone>(one: &[T], other: &[T]) -> Vec<T> {
            if one.is_empty() || other.is_empty() { Vec::new() } else { [one, other].concat() }
        }
        Ok(Self {
            about: self.about.clone(),
            quantity: self.quantity.clone(),
            rows: self.rows.followed_by(&other.rows),
            columns: self.columns.clone(),
            values: [self.values.as_slice(), &other.values].concat(),
            intervals: both(&self.intervals, &other.intervals),
            theirs: both(&self.theirs, &other.theirs),
            texts: both(&self.texts, &other.texts),
        })
    }

    fn place(&self, row: usize, column: usize) -> Option<usize> {
        let [n_rows, n_columns] = self.size();
        (row < n_rows && column < n_columns).then(|| row * n_columns + column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, Fact, FactValues, Outcome, Scale};

    fn side(names: &[&str]) -> Side {
        let entry = |(index, name): (usize, &&str)| Entry {
            name: (*name).to_owned(),
            at: Some(index as f32 + 1.0),
            ..Entry::default()
        };
        Side { entries: names.iter().enumerate().map(entry).collect(), ..Side::default() }
    }

    fn parts() -> FrameParts {
        let classes =
            FactValues::Classes { names: vec!["even".into(), "odd".into()], of: vec![0, 1, 0] };
        let shares = FactValues::Shares {
            names: vec!["p".into(), "q".into()],
            of: vec![0.1, 0.9, 0.2, 0.8, 0.3, 0.7],
        };
        let facts = [
            ("class", classes),
            ("share", shares),
            ("number", FactValues::Numbers(vec![1.0, 2.0, 3.0])),
            (Fact::WHY, FactValues::Texts(vec!["a".into(), "b".into(), "c".into()])),
            ("outcome", FactValues::Outcomes(vec![Outcome::Met, Outcome::NotMet, Outcome::Met])),
        ];
        let fact = |(name, values): (&str, FactValues)| Fact { name: name.to_owned(), values };
        FrameParts {
            quantity: Quantity { unit: "nats".into(), ..Quantity::default() },
            rows: Side { facts: facts.into_iter().map(fact).collect(), ..side(&["a", "b", "c"]) },
            columns: side(&["x", "y"]),
            values: vec![0.0, 1.0, 2.0, f32::NAN, 4.0, 5.0],
            intervals: vec![[0.0, 0.5]; 6],
            theirs: vec![f32::NAN, 1.5, f32::NAN, f32::NAN, f32::NAN, f32::NAN],
            texts: ["p", "q", "r", "s", "t", "u"].map(str::to_owned).to_vec(),
            ..FrameParts::default()
        }
    }

    #[test]
    fn a_value_is_found_with_all_that_belongs_to_it() {
        let frame = Frame::new(parts()).unwrap();
        assert_eq!(frame.value(2, 1), 5.0);
        assert!(frame.value(1, 1).is_nan() && frame.value(3, 0).is_nan());
        assert!(frame.value(0, 2).is_nan(), "a column outside is no cell of the next row");
        assert_eq!(frame.interval(0, 0), Some([0.0, 0.5]));
        assert_eq!((frame.theirs(0, 1), frame.theirs(0, 0)), (Some(1.5), None));
        assert_eq!((frame.text(2, 1), frame.text(9, 9)), ("u", ""));
        assert_eq!((frame.unit(0), frame.size()), ("nats", [3, 2]));
    }

    #[test]
    fn cutting_rows_takes_their_facts_along() {
        let frame = Frame::new(parts()).unwrap();
        let cut = frame.with_rows(&[2, 0]).unwrap();
        assert_eq!(cut.values(), [4.0, 5.0, 0.0, 1.0]);
        assert_eq!(cut.text(0, 0), "t");
        assert_eq!(cut.theirs(1, 1), Some(1.5));
        assert_eq!([0, 1].map(|row| cut.rows().entry_name(row)), ["c", "a"]);
        let names = vec!["p".to_owned(), "q".to_owned()];
        let shares = FactValues::Shares { names, of: vec![0.3, 0.7, 0.1, 0.9] };
        assert_eq!(cut.rows().fact("share"), Some(&shares));
        let numbers = FactValues::Numbers(vec![3.0, 1.0]);
        assert_eq!(cut.rows().fact("number"), Some(&numbers));
        assert_eq!(frame.with_rows(&[3]), Err(FrameError::Outside { index: 3, size: 3 }));
        assert_eq!(Frame::new(FrameParts::default()).unwrap().with_rows(&[]), Ok(Frame::default()));
    }

    #[test]
    fn rows_of_another_frame_follow_with_what_both_know() {
        let frame = Frame::new(parts()).unwrap();
        let long = frame.followed_by(&frame.with_rows(&[2]).unwrap()).unwrap();
        assert_eq!((long.size(), long.value(3, 1), long.text(3, 0)), ([4, 2], 5.0, "t"));
        assert_eq!(long.rows().entry_name(3), "c");
        assert_eq!(long.rows().facts.len(), frame.rows().facts.len());
        let numbers = FactValues::Numbers(vec![1.0, 2.0, 3.0, 3.0]);
        assert_eq!(long.rows().fact("number"), Some(&numbers));
        let mut plain = FrameParts { theirs: Vec::new(), texts: Vec::new(), ..parts() };
        plain.rows.facts.clear();
        let plain = Frame::new(plain).unwrap();
        let long = frame.followed_by(&plain).unwrap();
        assert_eq!((long.text(0, 0), long.theirs(0, 1), long.rows().facts.len()), ("", None, 0));
        let narrow = Frame::default();
        let why = frame.followed_by(&narrow).unwrap_err().to_string();
        assert_eq!(why, "columns: 2 wanted, 0 were given");
    }

    #[test]
    fn a_frame_travels_as_it_is() {
        // NaN differs from itself, so the frame that travels has none.
        let values = vec![0.5; 6];
        let frame = Frame::new(FrameParts { values, theirs: Vec::new(), ..parts() }).unwrap();
        let bytes = crate::encode(&frame);
        assert_eq!(crate::decode::<Frame>(&bytes), Some(frame));
    }

    #[test]
    fn a_frame_that_does_not_hold_together_is_not_decoded() {
        let wrong = Frame { values: vec![1.0], ..Frame::new(parts()).unwrap() };
        assert_eq!(crate::decode::<Frame>(&crate::encode(&wrong)), None);
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut FrameParts), why: &str) {
        let mut it = parts();
        change(&mut it);
        assert_eq!(Frame::new(it).unwrap_err().to_string(), why);
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        refused(|it| it.values.truncate(5), "values: 6 wanted, 5 were given");
        refused(|it| it.intervals.truncate(5), "intervals: 6 wanted, 5 were given");
        refused(|it| it.theirs.truncate(5), "theirs: 6 wanted, 5 were given");
        refused(|it| it.texts.truncate(5), "texts: 6 wanted, 5 were given");
        refused(|it| it.intervals[1] = [2.0, 1.0], "an interval goes from 2 to 1");
        let no_place = "`y` has no number to stand at; give it `at`, or use an even scale";
        refused(
            |it| {
                it.columns.scale = Scale::Linear;
                it.columns.entries[1].at = None;
            },
            no_place,
        );
        refused(
            |it| {
                it.columns.scale = Scale::Log;
                it.columns.entries[0].at = Some(0.0);
            },
            "`x` stands at 0, which has no place on a logarithmic scale",
        );
        let fact = |at: usize, values: FactValues| {
            move |it: &mut FrameParts| it.rows.facts[at].values = values
        };
        let of = vec![0, 2, 0];
        let classes = FactValues::Classes { names: vec!["even".into()], of };
        refused(fact(0, classes), "the fact `class` has no class 2");
        let numbers = FactValues::Numbers(vec![1.0]);
        refused(fact(2, numbers), "the fact `number`: 3 wanted, 1 were given");
        let shares = FactValues::Shares { names: vec!["p".into()], of: vec![1.0] };
        refused(fact(1, shares), "the fact `share`: 3 wanted, 1 were given");
        refused(fact(3, FactValues::Texts(Vec::new())), "the fact `why`: 3 wanted, 0 were given");
        let outcomes = FactValues::Outcomes(Vec::new());
        refused(fact(4, outcomes), "the fact `outcome`: 3 wanted, 0 were given");
    }
}
