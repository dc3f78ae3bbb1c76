//! A figure as data: marks with places and colours.

use crate::view::Rgba;

/// A figure. Pure and comparable: the same arguments give the same scene.
///
/// Units are CSS pixels, x to the right and y downward, from the top left corner of the figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Width and height of the figure.
    pub size_px: [f32; 2],
    /// Drawn in this order, later ones on top; texts always on top of the rest.
    pub marks: Vec<Mark>,
    /// What moves with the cursor, over all of it. It is painted on sheets of its own, so that the
    /// rest stays painted while the cursor moves.
    pub over: Vec<Mark>,
}

impl Scene {
    /// A figure of which nothing moves with the cursor alone.
    pub fn new(size_px: [f32; 2], marks: Vec<Mark>) -> Self {
        Self { size_px, marks, over: Vec::new() }
    }

    /// All marks, those that move with the cursor last.
    pub fn all(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter().chain(&self.over)
    }

    /// What moves with the cursor, as a figure.
    #[must_use]
    pub fn cursor(&self) -> Self {
        Self::new(self.size_px, self.over.clone())
    }
}

/// One thing that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A filled rectangle.
    Cell { at: [f32; 2], size: [f32; 2], fill: Rgba },
    /// The outline of a rectangle, `width` wide, drawn inside it; dashed for previews.
    Outline { at: [f32; 2], size: [f32; 2], width: f32, stroke: Rgba, dashed: bool },
    /// A filled circle with a ring (same colour as `fill` where none is wanted).
    Dot { at: [f32; 2], radius: f32, fill: Rgba, ring: Rgba },
    /// A straight line.
    Line { from: [f32; 2], to: [f32; 2], width: f32, stroke: Rgba },
    /// Diagonal hatching over a rectangle: a value that is not there.
    Hatch { at: [f32; 2], size: [f32; 2], stroke: Rgba },
    /// A word or a number. `at` is on the text's middle line, at its start, middle or end.
    Text {
        at: [f32; 2],
        text: String,
        size_px: f32,
        fill: Rgba,
        anchor: Anchor,
        turn: Turn,
        bold: bool,
    },
}

/// Which point of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is turned about its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    None,
    /// Reads upward.
    Quarter,
    /// Rises to the right at 40 degrees.
    Slant,
}
