//! Cells in rows and columns: where each stands, and which one a point hits.

use super::{Anchor, Cursor, Mark, Palette, Rgba, Turn, attention::shortened};

/// A grid in a figure, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grid {
    pub origin: [f32; 2],
    /// Width and height of a cell.
    pub cell: [f32; 2],
    pub n_columns: usize,
    pub n_rows: usize,
}

impl Grid {
    /// The top left corner of a cell.
    pub fn corner(&self, row: usize, column: usize) -> [f32; 2] {
        let [x, y] = self.origin;
        [x + self.cell[0] * column as f32, y + self.cell[1] * row as f32]
    }

    /// The middle of a cell.
    pub fn middle(&self, row: usize, column: usize) -> [f32; 2] {
        let [x, y] = self.corner(row, column);
        [x + self.cell[0] / 2.0, y + self.cell[1] / 2.0]
    }

    /// Width and height of the whole.
    pub fn size(&self) -> [f32; 2] {
        [self.cell[0] * self.n_columns as f32, self.cell[1] * self.n_rows as f32]
    }

    /// Row and column at a point, or `None` beside the grid.
    pub fn hit(&self, [x, y]: [f32; 2]) -> Option<(usize, usize)> {
        let column = ((x - self.origin[0]) / self.cell[0]).floor();
        let row = ((y - self.origin[1]) / self.cell[1]).floor();
        let is_inside = 0.0 <= column
            && column < self.n_columns as f32
            && 0.0 <= row
            && row < self.n_rows as f32;
        is_inside.then_some((row as usize, column as usize))
    }

    /// A filled cell.
    pub fn fill(&self, row: usize, column: usize, fill: Rgba) -> Mark {
        Mark::Cell { at: self.corner(row, column), size: self.cell, fill }
    }

    /// The outline of a cell: the cursor where solid, a preview where dashed.
    pub fn outline(&self, row: usize, column: usize, stroke: Rgba, dashed: bool) -> Mark {
        let width = if dashed { 1.5 } else { 2.0 };
        Mark::Outline { at: self.corner(row, column), size: self.cell, width, stroke, dashed }
    }
}

/// A grid of depths or layers, the lowest at the bottom, by positions.
#[derive(Clone, Copy)]
pub(super) struct UpwardMap<'a> {
    pub(super) grid: Grid,
    /// The position of the first column.
    pub(super) first: usize,
    /// Where a cursor stands, counted from the bottom.
    pub(super) height_of: &'a dyn Fn(Cursor) -> usize,
    pub(super) labels: &'a [String],
    pub(super) cursor: Cursor,
    pub(super) lock: Cursor,
    pub(super) palette: &'a Palette,
}

impl UpwardMap<'_> {
    /// A text beside the grid.
    pub(super) fn text(&self, at: [f32; 2], text: String, turn: Turn, bold: bool) -> Mark {
        let fill = if bold { self.palette.ink } else { self.palette.ink_2 };
        let anchor = if turn == Turn::None { Anchor::End } else { Anchor::Start };
        Mark::Text { at, text, size_px: 10.5, fill, anchor, turn, bold }
    }

    /// The names of the rows, by height, as far as they fit; the tokens above the columns; and how
    /// many positions are left out before them.
    pub(super) fn names(&self, name: impl Fn(usize) -> Option<String>) -> Vec<Mark> {
        let grid = &self.grid;
        let [left, top] = [grid.origin[0] - 5.0, grid.origin[1]];
        let every = (11.0 / grid.cell[1]).ceil().max(1.0) as usize;
        let rows = (0..grid.n_rows).filter_map(|row| {
            let height = grid.n_rows - 1 - row;
            let is_chosen = height == (self.height_of)(self.cursor);
            let at = [left, grid.middle(row, 0)[1]];
            let text = self.text(at, name(height)?, Turn::None, is_chosen);
            (is_chosen || row.is_multiple_of(every)).then_some(text)
        });
        let columns = (0..grid.n_columns).filter_map(|column| {
            let pos = self.first + column;
            let at = [grid.middle(0, column)[0] - 3.0, top - 6.0];
            let label = shortened(self.labels.get(pos)?, 9);
            Some(self.text(at, label, Turn::Slant, pos == self.cursor.pos))
        });
        let mut marks: Vec<Mark> = rows.chain(columns).collect();
        if 0 < self.first {
            let text = format!("‹ {}", self.first);
            marks.push(self.text([left, top - 8.0], text, Turn::None, false));
        }
        marks
    }

    /// The lock's column and cell, and the cursor's cell where it is elsewhere.
    pub(super) fn outlines(&self) -> Vec<Mark> {
        let (grid, ink) = (&self.grid, self.palette.ink);
        let place = |cursor: Cursor| {
            let column = cursor.pos.checked_sub(self.first).filter(|it| *it < grid.n_columns)?;
            Some((grid.n_rows.checked_sub(1 + (self.height_of)(cursor))?, column))
        };
        let mut marks = Vec::new();
        if let Some((row, column)) = place(self.lock) {
            let at = grid.corner(0, column);
            let size = [grid.cell[0], grid.size()[1]];
            marks.push(Mark::Outline { at, size, width: 1.0, stroke: ink, dashed: false });
            marks.push(grid.outline(row, column, ink, false));
        }
        if let Some((row, column)) = place(self.cursor).filter(|it| Some(*it) != place(self.lock)) {
            marks.push(grid.outline(row, column, ink, true));
        }
        marks
    }
}

/// The first of `count` that is shown when only `most` fit, with `chosen` among them.
pub fn window(count: usize, most: usize, chosen: usize) -> (usize, usize) {
    let shown = count.min(most.max(1));
    let first = chosen.saturating_sub(shown.saturating_sub(1)).min(count - shown);
    (first, shown)
}

/// The [`window`] of places around the lock, so that they keep where they stand under the pointer;
/// but what the cursor looks at is among them.
pub fn window_around(count: usize, [lock, cursor]: [usize; 2], most: usize) -> (usize, usize) {
    let ahead = (lock + most / 2).min(count.saturating_sub(1));
    let (first, shown) = window(count, most, ahead);
    if cursor < first {
        (cursor, shown)
    } else if first + shown <= cursor {
        window(count, most, cursor)
    } else {
        (first, shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_hit_in_its_middle_and_nothing_beside() {
        let grid = Grid { origin: [10.0, 20.0], cell: [5.0, 8.0], n_columns: 3, n_rows: 2 };
        for row in 0..2 {
            for column in 0..3 {
                assert_eq!(grid.hit(grid.middle(row, column)), Some((row, column)));
            }
        }
        for beside in [[9.9, 21.0], [25.1, 21.0], [11.0, 19.9], [11.0, 36.1]] {
            assert_eq!(grid.hit(beside), None);
        }
    }

    #[test]
    fn the_window_holds_the_chosen_one() {
        assert_eq!(window(10, 4, 9), (6, 4));
        assert_eq!(window(10, 4, 0), (0, 4));
        assert_eq!(window(3, 4, 2), (0, 3));
        for chosen in 0..10 {
            let (first, shown) = window(10, 4, chosen);
            assert!((first..first + shown).contains(&chosen));
        }
        assert_eq!(window(0, 4, 0), (0, 0));
    }
}
