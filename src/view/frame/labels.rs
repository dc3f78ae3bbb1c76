//! Names at the ends of lines.

use trace::Frame;

use super::{
    parts::width_of,
    words::{format_of, value_text},
};

/// The key before a label.
pub(super) const KEY_PX: f32 = 10.0;
/// Of the width, so much at most is for labels.
const LABELS_SHARE: f32 = 0.36;

/// A row's name; of a bound, its value too.
pub(super) fn label_text(frame: &Frame, row: usize, column: usize) -> String {
    let entry = &frame.rows().entries[row];
    if entry.role.is_bound() {
        let value = value_text(frame.value(row, column), format_of(frame, row));
        return format!("{} {value}", entry.name);
    }
    entry.name.clone()
}

/// Room for the labels of some rows in a figure of this width.
pub(super) fn labels_width(frame: &Frame, rows: &[usize], width_px: f32) -> f32 {
    let last = frame.size()[1].saturating_sub(1);
    let width = |row: &usize| width_of(&label_text(frame, *row, last), true);
    let widest = rows.iter().map(width).fold(0.0, f32::max);
    (widest + KEY_PX + 14.0).min(width_px * LABELS_SHARE)
}

#[cfg(test)]
mod tests {
    use super::{super::testing::parity, *};

    #[test]
    fn bounds_say_their_value_and_labels_leave_room_for_lines() {
        let frame = parity();
        assert_eq!(label_text(&frame, 4, 0), "chance 50.0 %");
        assert_eq!(label_text(&frame, 0, 0), "parity-transformer");
        let rows = [0, 1, 2, 3, 4];
        assert_eq!(labels_width(&frame, &rows, 100.0), 36.0);
        assert!(100.0 < labels_width(&frame, &rows, 1_000.0));
    }
}
