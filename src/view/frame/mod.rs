//! Views that any lab uses: a frame of measured numbers to a scene.
//!
//! Each file draws one kind. All of them have a scene that stays while the cursor moves, a second
//! one of the few marks that move with it, a table, a sentence, and the same keys.

mod curve; // start here

mod axis;
mod bars;
pub mod claims;
mod diagram;
mod heat;
mod labels;
mod layout;
mod parts;
mod scatter;
mod spoken;
mod strip;
#[cfg(test)]
mod testing;
mod training;
pub mod words;

pub use spoken::spoken;

use serde::{Deserialize, Serialize};
use trace::{Frame, Quantity, Role};

use super::{Palette, Rgba, Scene};

/// What a frame is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrameKind {
    /// A line per row against the columns.
    Curve,
    /// A bar per row, a group of bars where there are several columns.
    Bars,
    /// A bar per row whose parts are the columns.
    Stack,
    /// Claims with theirs, ours and the outcome.
    Claims,
    /// A cell per value.
    Heat,
    /// A point per row; the first two columns are its coordinates.
    Scatter,
    /// A point per row; the first three columns are its shares of three corners.
    Simplex,
    /// Cells over the tokens of a prompt, which are the columns.
    Strip,
    /// Rows are nodes, values are edges from the row to the column.
    Diagram,
    /// Loss above, other measures below, over steps.
    Training,
}

#[cfg(test)]
impl FrameKind {
    /// Every kind with its name in a lab's `views`.
    pub(super) const ALL: [(FrameKind, &'static str); 10] = [
        (FrameKind::Curve, "curve"),
        (FrameKind::Bars, "bars"),
        (FrameKind::Stack, "stack"),
        (FrameKind::Claims, "claims"),
        (FrameKind::Heat, "heat"),
        (FrameKind::Scatter, "scatter"),
        (FrameKind::Simplex, "simplex"),
        (FrameKind::Strip, "strip"),
        (FrameKind::Diagram, "diagram"),
        (FrameKind::Training, "training"),
    ];
}

/// A value of a frame, or a row of it where a view has no columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub row: usize,
    pub column: usize,
}

/// What a key does to the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Left,
    Right,
    Up,
    Down,
    /// To the first of a line.
    First,
    /// To the last of a line.
    Last,
}

/// What a view needs besides the frame.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
    /// Names in the order of the lab's legend, so that a network has one colour in all tiles.
    pub networks: &'a [String],
    /// The fact of the rows that colours points; the first that can where it is empty.
    pub colour_by: &'a str,
    /// Rows of a scatter that are joined in ink, the latest last.
    pub path: &'a [usize],
    /// Whether the quantity stands above the figure already, so that an axis has its unit only.
    pub is_named: bool,
}

/// A frame laid out in a figure.
pub trait Plot {
    /// All that stays while the cursor moves.
    fn scene(&self) -> Scene;

    /// The marks that move with the cursor, to be painted over all of [`Plot::scene`], texts too.
    fn cursor(&self, at: Place) -> Scene;

    /// The value at a point, or `None` where there is none.
    fn hit(&self, point: [f32; 2]) -> Option<Place>;

    /// Where a key leads from `at`. A step over the edge stays.
    fn next(&self, at: Place, step: Step) -> Place;
}

/// A frame laid out as `kind`.
pub fn plot<'a>(kind: FrameKind, frame: &'a Frame, look: Look<'a>) -> Box<dyn Plot + 'a> {
    match kind {
        FrameKind::Curve => Box::new(curve::Curve::new(frame, look)),
        FrameKind::Bars => Box::new(bars::Bars::new(frame, look, false)),
        FrameKind::Stack => Box::new(bars::Bars::new(frame, look, true)),
        FrameKind::Claims => Box::new(claims::Claims::new(frame, look)),
        FrameKind::Heat => Box::new(heat::Heat::new(frame, look)),
        FrameKind::Scatter => Box::new(scatter::Scatter::new(frame, look, false)),
        FrameKind::Simplex => Box::new(scatter::Scatter::new(frame, look, true)),
        FrameKind::Strip => Box::new(strip::Strip::new(frame, look)),
        FrameKind::Diagram => Box::new(diagram::Diagram::new(frame, look)),
        FrameKind::Training => Box::new(training::Training::new(frame, look)),
    }
}

/// How many colours for parts a palette has.
const N_COLOURS: usize = 8;
/// Hues that networks share; the last two of the palette are kept for controls.
const N_HUES: usize = 6;

/// The colour of a network by its place in a lab's legend, or of an untrained one.
pub fn network_hue(place: usize, is_untrained: bool, palette: &Palette) -> Rgba {
    if is_untrained { palette.cat[7] } else { palette.cat[place % N_HUES] }
}

/// The place of a share's colour among those of the palette.
pub fn share_place(index: usize, count: usize) -> usize {
    if count == 3 { scatter::CORNER_HUES[index] } else { index % N_COLOURS }
}

impl Look<'_> {
    /// Where a row stands in the legend.
    fn order(&self, frame: &Frame, row: usize) -> usize {
        let name = frame.rows().entry_name(row);
        self.networks.iter().position(|network| network == name).unwrap_or(row)
    }

    /// The colour of a row: a network's own hue, a control's, or grey for bounds.
    fn hue(&self, frame: &Frame, row: usize) -> Rgba {
        match frame.rows().entries.get(row).map(|entry| entry.role) {
            Some(Role::Untrained) => network_hue(0, true, self.palette),
            Some(Role::Shuffled) => self.palette.cat[6],
            Some(Role::Chance | Role::Floor) => self.palette.ink_3,
            _ => network_hue(self.order(frame, row), false, self.palette),
        }
    }

    /// What an axis of values is called.
    fn axis_title(&self, frame: &Frame) -> String {
        let Quantity { name, unit, .. } = frame.quantity();
        if self.is_named { unit.clone() } else { words::with_unit(name, unit) }
    }

    /// The colour of a part of a bar, or of a class.
    fn class_hue(&self, class: usize) -> Rgba {
        self.palette.cat[class % self.palette.cat.len()]
    }
}

/// [`Plot::next`] for rows by columns, columns to the right.
fn next_in_grid([n_rows, n_columns]: [usize; 2], at: Place, step: Step) -> Place {
    let last = |count: usize| count.saturating_sub(1);
    let Place { row, column } = at;
    let (row, column) = match step {
        Step::Left => (row, column.saturating_sub(1)),
        Step::Right => (row, column + 1),
        Step::Up => (row.saturating_sub(1), column),
        Step::Down => (row + 1, column),
        Step::First => (row, 0),
        Step::Last => (row, last(n_columns)),
    };
    Place { row: row.min(last(n_rows)), column: column.min(last(n_columns)) }
}

#[cfg(test)]
mod tests {
    use super::{
        testing::{extremes, look, sizes, troubles},
        *,
    };
    use crate::view::Theme;

    #[test]
    fn every_view_draws_every_frame_within_its_size_and_labels_apart() {
        let mut found = Vec::new();
        for (name, frame) in extremes() {
            for (kind, kind_name) in FrameKind::ALL {
                for size_px in sizes() {
                    let theme = Palette::of(Theme::Light);
                    let plot = plot(kind, &frame, Look { size_px, ..look(theme) });
                    let what = format!("{kind_name} of {name} at {size_px:?}");
                    found.extend(troubles(&plot.scene(), &what));
                    let [n_rows, n_columns] = frame.size();
                    let places = [(0, 0), (n_rows / 2, n_columns / 2), (n_rows, n_columns)];
                    let cursors = places.map(|(row, column)| plot.cursor(Place { row, column }));
                    let what = format!("cursor on {what}");
                    found.extend(cursors.iter().flat_map(|scene| troubles(scene, &what)));
                }
            }
        }
        let first: Vec<_> = found.iter().take(20).collect();
        assert!(found.is_empty(), "{} troubles: {first:#?}", found.len());
    }

    #[test]
    fn a_cursor_never_leaves_the_frame_and_reaches_its_ends() {
        let steps = [Step::Left, Step::Right, Step::Up, Step::Down, Step::First, Step::Last];
        for (name, frame) in extremes() {
            let [n_rows, n_columns] = frame.size();
            for (kind, kind_name) in FrameKind::ALL {
                let plot = plot(kind, &frame, look(Palette::of(Theme::Light)));
                let mut at = Place::default();
                for turn in 0..60 {
                    at = plot.next(at, steps[(turn * 5 + turn / 7) % steps.len()]);
                    let inside = at.row < n_rows.max(1) && at.column < n_columns.max(1);
                    assert!(inside, "{kind_name} of {name}: {at:?}");
                }
            }
        }
    }

    #[test]
    fn what_a_point_hits_is_in_the_frame() {
        for (name, frame) in extremes() {
            let [n_rows, n_columns] = frame.size();
            for (kind, kind_name) in FrameKind::ALL {
                let plot = plot(kind, &frame, look(Palette::of(Theme::Light)));
                let place = |step: i32| [(step % 20) * 25 - 20, (step / 20) * 20 - 20];
                let points = (0..400).map(|step| place(step).map(|it| it as f32));
                let mut hits = points.filter_map(|point| plot.hit(point));
                let outside = hits.find(|at| n_rows <= at.row || n_columns.max(1) <= at.column);
                assert_eq!(outside, None, "{kind_name} of {name}");
            }
        }
    }

    #[test]
    fn light_and_dark_differ_in_nothing_but_colour() {
        for (name, frame) in extremes() {
            for (kind, kind_name) in FrameKind::ALL {
                let drawn = [Theme::Light, Theme::Dark].map(|theme| {
                    let scene = plot(kind, &frame, look(Palette::of(theme))).scene();
                    scene.marks.iter().map(testing::place_of).collect::<Vec<_>>()
                });
                assert_eq!(drawn[0], drawn[1], "{kind_name} of {name}");
            }
        }
    }

    #[test]
    fn a_network_has_one_colour_in_all_tiles() {
        let (_, frame) = extremes().swap_remove(0);
        let networks = ["zebra", frame.rows().entry_name(1)].map(str::to_owned);
        let look = Look { networks: &networks, ..look(Palette::of(Theme::Light)) };
        assert_eq!(look.hue(&frame, 1), look.palette.cat[1]);
        let cut = frame.with_rows(&[1]).unwrap();
        assert_eq!(look.hue(&cut, 0), look.palette.cat[1]);
    }

    #[test]
    fn names_of_kinds_are_those_that_are_written() {
        for (kind, name) in FrameKind::ALL {
            let written = serde_json::to_string(&kind).unwrap();
            assert_eq!(written, format!("\"{name}\""));
        }
    }
}
