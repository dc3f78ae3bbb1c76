//! How recurrent heads write and remember.

mod half_life;
#[cfg(test)]
mod sample;
mod step_size;

pub use half_life::{HalfLifeStrip, bytes, half_life_strip, half_life_table, memory_meter};
pub use step_size::{StepKind, StepMap, StepRows, sorted_heads, step_map, step_table};

use trace::ModelShape;

use super::{Anchor, Ground, Mark, Rgba, Turn, lens::row_height, number};

/// A number of tokens as text, however large.
pub(super) fn lasting(tokens: f32) -> String {
    if tokens.is_infinite() {
        "∞".to_owned()
    } else if tokens.abs() < 10_000.0 {
        number(tokens)
    } else if tokens.abs() < 10_000_000.0 {
        format!("{:.0}k", tokens / 1000.0)
    } else {
        format!("{tokens:.0e}")
    }
}

/// The height of a layer's row beside a lens in a figure of this height.
pub(super) fn layer_height(shape: &ModelShape, height_px: f32) -> f32 {
    let n_depths = n_depths(shape);
    row_height(height_px, n_depths) * (n_depths - 1) as f32 / shape.n_layers.max(1) as f32
}

/// How many rows the lens has.
pub(super) fn n_depths(shape: &ModelShape) -> usize {
    Ground::new(shape, None, 0, None).sites.len()
}

/// A text that has no colour yet.
pub(super) struct Label {
    at: [f32; 2],
    text: String,
    anchor: Anchor,
}

pub(super) fn label(at: [f32; 2], text: String, anchor: Anchor) -> Label {
    Label { at, text, anchor }
}

impl Label {
    pub(super) fn inked(self, fill: Rgba, bold: bool) -> Mark {
        let Self { at, text, anchor } = self;
        Mark::Text { at, text, size_px: 10.5, fill, anchor, turn: Turn::None, bold }
    }
}
