//! Any matrix with names: a cell per value, hatched where there is none.

use trace::{Format, Frame};

use super::{
    super::{Anchor, Grid, Mark, Palette, Rgba, Scene, Turn, ink_on},
    Look, Place, Plot, Step,
    axis::ends_of,
    next_in_grid,
    parts::{Area, LINE_PX, TEXT_PX, fitted, no_values, tag, text, width_of},
    words::{drawn_text, format_of, value_text, with_unit},
};

/// Room below for the scale of colours.
const SCALE_PX: f32 = 20.0;
/// The scale itself.
const RAMP_PX: [f32; 2] = [72.0, 8.0];
const N_RAMP: usize = 24;
/// Cells grow no larger than this.
const CELL_PX: f32 = 90.0;

/// Which colour a value has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shade {
    pub(super) low: f32,
    pub(super) high: f32,
    pub(super) is_signed: bool,
    is_log: bool,
}

impl Shade {
    /// The shades of these values: signed where they have a sign, else from the paper outward.
    pub(super) fn of(frame: &Frame, values: impl Iterator<Item = f32>) -> Self {
        let quantity = frame.quantity();
        let is_log = quantity.is_log;
        let range = quantity.range.into_iter().flatten();
        let [low, high] = ends_of(values.chain(range), is_log);
        let is_signed = !is_log && (quantity.format == Format::Signed || (low < 0.0 && 0.0 < high));
        if is_signed {
            let end = low.abs().max(high.abs());
            return Self { low: -end, high: end, is_signed, is_log };
        }
        // Counted from zero where zero is near.
        let low = if !is_log && 0.0 < low && low < 0.5 * high { 0.0 } else { low };
        Self { low, high, is_signed, is_log }
    }

    /// The colour of a value; `None` where it has none.
    pub(super) fn fill(&self, value: f32, palette: &Palette) -> Option<Rgba> {
        let along = |it: f32| if self.is_log { it.log10() } else { it };
        if !along(value).is_finite() {
            return None;
        }
        if self.is_signed {
            let part = if 0.0 < self.high { value / self.high } else { 0.0 };
            return Some(palette.div(part));
        }
        // Halves, so that ends far apart do not overflow.
        let [value, low, high] = [value, self.low, self.high].map(|it| along(it) / 2.0);
        let part = if low < high { (value - low) / (high - low) } else { 0.5 };
        Some(palette.seq(part))
    }

    /// The scale of colours with its ends and what it measures, in a line.
    pub(super) fn legend(&self, frame: &Frame, [left, y]: [f32; 2], look: &Look<'_>) -> Vec<Mark> {
        let palette = look.palette;
        if !self.low.is_finite() || !self.high.is_finite() {
            return Vec::new();
        }
        let format = frame.quantity().format;
        let [low, high] = [self.low, self.high].map(|it| value_text(it, format));
        let start = left + width_of(&low, false) + 5.0;
        let step = RAMP_PX[0] / N_RAMP as f32;
        let part = |index: usize| (index as f32 + 0.5) / N_RAMP as f32;
        let fill = |index: usize| match self.is_signed {
            true => palette.div(2.0 * part(index) - 1.0),
            false => palette.seq(part(index)),
        };
        let cell = |index: usize| Mark::Cell {
            at: [start + step * index as f32, y - RAMP_PX[1] / 2.0],
            size: [step, RAMP_PX[1]],
            fill: fill(index),
        };
        let end = start + RAMP_PX[0] + 5.0;
        let name = with_unit(&frame.quantity().name, &frame.quantity().unit);
        let name = if self.is_log { tr!("{name}, log scale", name) } else { name };
        let name_at = end + width_of(&high, false) + 10.0;
        let right = look.size_px[0];
        if right < name_at - 10.0 {
            return Vec::new();
        }
        let name = fitted(&name, right - name_at, false);
        let mut marks: Vec<Mark> = (0..N_RAMP).map(cell).collect();
        marks.push(text([left, y], low, palette.ink_3, Anchor::Start));
        marks.push(text([end, y], high, palette.ink_3, Anchor::Start));
        marks.push(text([name_at, y], name, palette.ink_3, Anchor::Start));
        marks
    }
}

/// A matrix of cells.
pub(super) struct Heat<'a> {
    frame: &'a Frame,
    look: Look<'a>,
    grid: Grid,
    shade: Shade,
    /// Whether names of columns read upward.
    is_turned: bool,
    has_scale: bool,
}

impl<'a> Heat<'a> {
    pub(super) fn new(frame: &'a Frame, look: Look<'a>) -> Self {
        let [n_rows, n_columns] = frame.size();
        let [width, height] = look.size_px;
        let has_scale = 120.0 < height;
        let widest = |side: &trace::Side| {
            side.entries.iter().map(|it| width_of(&it.name, false)).fold(0.0, f32::max)
        };
        let left = (widest(frame.rows()) + 10.0).min(width * 0.34);
        let room = width - left - 2.0;
        let names_px = widest(frame.columns());
        let is_turned = room / (n_columns.max(1) as f32) < names_px + 4.0;
        let top = if is_turned { (names_px + 8.0).min(height * 0.3) } else { LINE_PX + 5.0 };
        let below = if has_scale { SCALE_PX } else { 2.0 };
        let cell = [
            (room / n_columns.max(1) as f32).clamp(0.1, CELL_PX),
            ((height - top - below) / n_rows.max(1) as f32).clamp(0.1, CELL_PX),
        ];
        let grid = Grid { origin: [left, top], cell, n_columns, n_rows };
        let shade = Shade::of(frame, frame.values().iter().copied());
        Self { frame, look, grid, shade, is_turned, has_scale }
    }

    /// The cells; they touch where they are small, else a hairline of paper parts them.
    fn cells(&self) -> Vec<Mark> {
        let Self { frame, look, grid, shade, .. } = self;
        let gap = if grid.cell[0].min(grid.cell[1]) < 6.0 { 0.0 } else { 1.0 };
        let size = grid.cell.map(|it| it - gap);
        let mut marks = Vec::with_capacity(frame.values().len());
        for row in 0..grid.n_rows {
            for column in 0..grid.n_columns {
                let at = grid.corner(row, column);
                let Some(fill) = shade.fill(frame.value(row, column), look.palette) else {
                    marks.push(Mark::Hatch { at, size, stroke: look.palette.line_2 });
                    marks.extend(self.word(row, column, look.palette.ink_2));
                    continue;
                };
                marks.push(Mark::Cell { at, size, fill });
                marks.extend(self.word(row, column, ink_on(fill)));
            }
        }
        marks
    }

    /// The cell's own word, or its value, where there is room for all of it.
    fn word(&self, row: usize, column: usize, ink: Rgba) -> Option<Mark> {
        let word = drawn_text(self.frame, row, column)?;
        let [width, height] = self.grid.cell;
        let fits = width_of(&word, false) + 3.0 <= width && LINE_PX <= height;
        fits.then(|| text(self.grid.middle(row, column), word, ink, Anchor::Middle))
    }

    /// Names of rows and columns, every so many that they do not touch.
    fn names(&self) -> Vec<Mark> {
        let Self { frame, look, grid, .. } = self;
        let ink = look.palette.ink_2;
        let [left, top] = grid.origin;
        let every = |cell: f32| (LINE_PX / cell).ceil().max(1.0) as usize;
        let mut marks = Vec::new();
        for row in (0..grid.n_rows).step_by(every(grid.cell[1])) {
            let name = fitted(frame.rows().entry_name(row), left - 7.0, false);
            marks.push(text([left - 5.0, grid.middle(row, 0)[1]], name, ink, Anchor::End));
        }
        let every = if self.is_turned { every(grid.cell[0]) } else { 1 };
        for column in (0..grid.n_columns).step_by(every) {
            let x = grid.middle(0, column)[0];
            let name = frame.columns().entry_name(column);
            if !self.is_turned {
                marks.push(text([x, top - 8.0], name.to_owned(), ink, Anchor::Middle));
                continue;
            }
            marks.push(Mark::Text {
                at: [x.min(look.size_px[0] - LINE_PX / 2.0), top - 4.0],
                text: fitted(name, top - 6.0, false),
                size_px: TEXT_PX,
                fill: ink,
                anchor: Anchor::Start,
                turn: Turn::Quarter,
                bold: false,
            });
        }
        marks
    }
}

impl Plot for Heat<'_> {
    fn scene(&self) -> Scene {
        let size_px = self.look.size_px;
        if self.frame.values().is_empty() {
            let area = Area { left: 0.0, top: 0.0, right: size_px[0], bottom: size_px[1] };
            let area = area.within(size_px);
            return Scene::new(size_px, no_values(area, self.look.palette, size_px));
        }
        let mut marks = self.cells();
        marks.extend(self.names());
        if self.has_scale {
            let at = [4.0, size_px[1] - SCALE_PX / 2.0];
            marks.extend(self.shade.legend(self.frame, at, &self.look));
        }
        Scene::new(size_px, marks)
    }

    fn cursor(&self, at: Place) -> Scene {
        let size_px = self.look.size_px;
        let Self { grid, frame, look, .. } = self;
        if grid.n_rows <= at.row || grid.n_columns <= at.column {
            return Scene::new(size_px, Vec::new());
        }
        // Small cells are seen by a frame that is larger than they are.
        let size = grid.cell.map(|it| it.max(6.0));
        let middle = grid.middle(at.row, at.column);
        let corner = [0, 1]
            .map(|it| (middle[it] - size[it] / 2.0).clamp(0.0, (size_px[it] - size[it]).max(0.0)));
        let outline =
            Mark::Outline { at: corner, size, width: 2.0, stroke: look.palette.ink, dashed: false };
        let mut marks = vec![outline];
        if self.word(at.row, at.column, look.palette.ink).is_none() {
            let value = frame.value(at.row, at.column);
            let words = match value.is_nan() {
                true => tr!("no value").to_owned(),
                false => value_text(value, format_of(frame, at.row)),
            };
            let below = middle[1] + size[1] / 2.0 + LINE_PX / 2.0 + 2.0;
            let above = middle[1] - size[1] / 2.0 - LINE_PX / 2.0 - 2.0;
            let y = if below + LINE_PX / 2.0 <= size_px[1] { below } else { above };
            marks.extend(tag([middle[0], y], &words, look.palette, size_px));
        }
        Scene::new(size_px, marks)
    }

    fn hit(&self, point: [f32; 2]) -> Option<Place> {
        self.grid.hit(point).map(|(row, column)| Place { row, column })
    }

    fn next(&self, at: Place, step: Step) -> Place {
        next_in_grid(self.frame.size(), at, step)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{look, named, texts_of},
        *,
    };
    use crate::view::Theme;

    fn light() -> &'static Palette {
        Palette::of(Theme::Light)
    }

    fn fills(scene: &Scene) -> Vec<Rgba> {
        let cells = scene.marks.iter().filter_map(|mark| match mark {
            Mark::Cell { fill, size, .. } if size[1] != RAMP_PX[1] => Some(*fill),
            _ => None,
        });
        cells.collect()
    }

    #[test]
    fn a_value_that_is_not_there_is_hatched() {
        let frame = named(&["a", "b"], &["p", "q"], &[0.0, 0.5, f32::NAN, 1.0]);
        let heat = Heat::new(&frame, look(light()));
        let scene = heat.scene();
        let hatched: Vec<_> = scene
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Hatch { at, .. } => Some(*at),
                _ => None,
            })
            .collect();
        assert_eq!(hatched, [heat.grid.corner(1, 0)]);
        assert_eq!(fills(&scene), [light().seq(0.0), light().seq(0.5), light().seq(1.0)]);
        assert!(texts_of(&heat.cursor(Place { row: 1, column: 0 })).contains(&"no value".into()));
    }

    #[test]
    fn values_with_a_sign_have_a_middle() {
        let frame = named(&["a"], &["p", "q", "r"], &[-1.0, 0.0, 2.0]);
        let heat = Heat::new(&frame, look(light()));
        assert_eq!(fills(&heat.scene()), [-0.5, 0.0, 1.0].map(|it| light().div(it)));
        let texts = texts_of(&heat.scene());
        assert!(["−2.00", "2.00", "−1.00"].iter().all(|it| texts.iter().any(|has| has == it)));
    }

    #[test]
    fn equal_values_have_a_colour_and_zero_with_a_sign_is_paper() {
        let frame = named(&["a"], &["p", "q"], &[3.0, 3.0]);
        assert_eq!(fills(&Heat::new(&frame, look(light())).scene()), [light().seq(0.5); 2]);
        let zero = Shade { low: 0.0, high: 0.0, is_signed: true, is_log: false };
        assert_eq!(zero.fill(0.0, light()), Some(light().div(0.0)));
    }

    #[test]
    fn every_cell_is_hit_in_its_middle() {
        let frame = named(&["a", "b"], &["p", "q", "r"], &[0.0; 6]);
        let heat = Heat::new(&frame, look(light()));
        for row in 0..2 {
            for column in 0..3 {
                let hit = heat.hit(heat.grid.middle(row, column));
                assert_eq!(hit, Some(Place { row, column }));
            }
        }
        assert_eq!(heat.hit([0.0, 0.0]), None);
    }

    #[test]
    fn names_turn_where_they_do_not_fit_and_small_cells_touch() {
        let names: Vec<String> = (0..200).map(|it| format!("token {it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let frame = named(&["a"], &names, &[0.5; 200]);
        let heat = Heat::new(&frame, look(light()));
        assert!(heat.is_turned);
        let [first, second] = [0, 1].map(|it| heat.cells()[it].clone());
        let (Mark::Cell { at, size, .. }, Mark::Cell { at: next, .. }) = (first, second) else {
            panic!("cells");
        };
        assert!((at[0] + size[0] - next[0]).abs() < 1e-3);
    }
}
