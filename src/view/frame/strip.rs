//! Values over the tokens of a prompt: words in lines as they are read, cells below each.

use trace::Frame;

use super::{
    super::{Anchor, Mark, Rgba, Scene, ink_on},
    Look, Place, Plot, Step,
    heat::Shade,
    next_in_grid,
    parts::{Area, LINE_PX, fitted, no_values, tag, text, width_of},
    words::{drawn_text, format_of, value_text},
};

/// Room below for the scale of colours.
const SCALE_PX: f32 = 20.0;
/// Room between two lines of tokens.
const BETWEEN_PX: f32 = 8.0;
/// Words are between so wide.
const WORD_PX: [f32; 2] = [14.0, 76.0];

/// Tokens and tracks of cells.
pub(super) struct Strip<'a> {
    frame: &'a Frame,
    look: Look<'a>,
    /// The width of a token, and how many stand in a line.
    cell: f32,
    per_line: usize,
    /// The height of a track's cells.
    track: f32,
    left: f32,
    /// The first token that is shown, and how many are: those after the rest do not fit.
    n_shown: usize,
    has_words: bool,
    has_scale: bool,
    shade: Shade,
}

impl<'a> Strip<'a> {
    pub(super) fn new(frame: &'a Frame, look: Look<'a>) -> Self {
        let [n_rows, n_columns] = frame.size();
        let [width, height] = look.size_px;
        let has_scale = 120.0 < height;
        let names = frame.rows().entries.iter().map(|it| width_of(&it.name, false));
        let left = (names.fold(0.0, f32::max) + 8.0).min(width * 0.25);
        let room = [width - left - 2.0, height - if has_scale { SCALE_PX } else { 2.0 }];
        let words = frame.columns().entries.iter().map(|it| width_of(&it.name, false));
        let widest = (words.fold(0.0, f32::max) + 4.0).clamp(WORD_PX[0], WORD_PX[1]);
        let mut found = (4.0, 6.0, false);
        // The widest tokens and highest cells with which all of the prompt is seen.
        'search: for cell in [widest, widest * 0.7, 24.0, WORD_PX[0], 8.0, 4.0] {
            let cell = cell.min(widest).min(room[0].max(4.0));
            let has_words = WORD_PX[0] <= cell;
            for track in [18.0, 12.0, 6.0] {
                let lines = n_columns.div_ceil((room[0] / cell).floor().max(1.0) as usize);
                let line = line_height(n_rows, track, has_words);
                found = (cell, track, has_words);
                if lines as f32 * line <= room[1] {
                    break 'search;
                }
            }
        }
        let (cell, track, has_words) = found;
        let per_line = (room[0] / cell).floor().max(1.0) as usize;
        let n_lines = (room[1] / line_height(n_rows, track, has_words)).floor() as usize;
        let n_shown = n_columns.min(per_line * n_lines.max(1));
        let shade = Shade::of(frame, frame.values().iter().copied());
        Self { frame, look, cell, per_line, track, left, n_shown, has_words, has_scale, shade }
    }

    fn line_px(&self) -> f32 {
        line_height(self.frame.size()[0], self.track, self.has_words)
    }

    /// The upper left corner of a token's own column.
    fn corner(&self, column: usize) -> [f32; 2] {
        let (line, place) = (column / self.per_line, column % self.per_line);
        [self.left + self.cell * place as f32, self.line_px() * line as f32]
    }

    fn cell_at(&self, row: usize, column: usize) -> [f32; 2] {
        let [x, y] = self.corner(column);
        let words = if self.has_words { LINE_PX + 2.0 } else { 0.0 };
        [x, y + words + self.track * row as f32]
    }

    /// As many rows as there is room for in the first line.
    fn n_rows(&self) -> usize {
        let below = if self.has_scale { SCALE_PX } else { 0.0 };
        let room = self.look.size_px[1] - below - self.cell_at(0, 0)[1];
        self.frame.size()[0].min((room / self.track).floor().max(0.0) as usize)
    }

    fn column_marks(&self, column: usize) -> Vec<Mark> {
        let Self { frame, look, .. } = self;
        let palette = look.palette;
        let mut marks = Vec::new();
        if self.has_words {
            let [x, y] = self.corner(column);
            let name = fitted(frame.columns().entry_name(column), self.cell, false);
            let at = [x + self.cell / 2.0, y + LINE_PX / 2.0];
            marks.push(text(at, name, palette.ink, Anchor::Middle));
        }
        let gap = if self.cell < 6.0 { 0.0 } else { 1.0 };
        let size = [self.cell - gap, self.track - 1.0];
        for row in 0..self.n_rows() {
            let at = self.cell_at(row, column);
            match self.shade.fill(frame.value(row, column), palette) {
                Some(fill) => {
                    marks.push(Mark::Cell { at, size, fill });
                    marks.extend(self.word(row, column, ink_on(fill)));
                }
                None => {
                    marks.push(Mark::Hatch { at, size, stroke: palette.line_2 });
                    marks.extend(self.word(row, column, palette.ink_2));
                }
            }
        }
        marks
    }

    /// The cell's own word, or its value, where all of it fits.
    fn word(&self, row: usize, column: usize, ink: Rgba) -> Option<Mark> {
        let word = drawn_text(self.frame, row, column)?;
        let fits = width_of(&word, false) + 2.0 <= self.cell && LINE_PX <= self.track;
        let [x, y] = self.cell_at(row, column);
        let at = [x + self.cell / 2.0, y + self.track / 2.0];
        fits.then(|| text(at, word, ink, Anchor::Middle))
    }

    /// Names of the tracks, before the first line.
    fn track_names(&self) -> Vec<Mark> {
        let every = (LINE_PX / self.track).ceil().max(1.0) as usize;
        let name = |row: usize| {
            let name = fitted(self.frame.rows().entry_name(row), self.left - 6.0, false);
            let y = (self.cell_at(row, 0)[1] + self.track / 2.0).max(LINE_PX / 2.0);
            text([self.left - 5.0, y], name, self.look.palette.ink_2, Anchor::End)
        };
        (0..self.n_rows().saturating_sub(every - 1)).step_by(every).map(name).collect()
    }
}

impl Plot for Strip<'_> {
    fn scene(&self) -> Scene {
        let size_px = self.look.size_px;
        if self.frame.values().is_empty() {
            let area = Area { left: 0.0, top: 0.0, right: size_px[0], bottom: size_px[1] };
            let area = area.within(size_px);
            return Scene::new(size_px, no_values(area, self.look.palette, size_px));
        }
        let mut marks = self.track_names();
        marks.extend((0..self.n_shown).flat_map(|column| self.column_marks(column)));
        let rest = self.frame.size()[1] - self.n_shown;
        let y = size_px[1] - SCALE_PX / 2.0;
        if self.has_scale && rest == 0 {
            marks.extend(self.shade.legend(self.frame, [4.0, y], &self.look));
        } else if self.has_scale {
            let words = fitted(
                &tr_n!(rest, "{n} more token in the table", "{n} more tokens in the table"),
                size_px[0] - 8.0,
                false,
            );
            marks.push(text([4.0, y], words, self.look.palette.ink_2, Anchor::Start));
        }
        Scene::new(size_px, marks)
    }

    fn cursor(&self, at: Place) -> Scene {
        let size_px = self.look.size_px;
        if self.n_shown <= at.column || self.n_rows() <= at.row {
            return Scene::new(size_px, Vec::new());
        }
        let palette = self.look.palette;
        let corner = self.cell_at(at.row, at.column);
        let size = [self.cell, self.track];
        let mut marks = vec![Mark::Outline {
            at: corner,
            size,
            width: 2.0,
            stroke: palette.ink,
            dashed: false,
        }];
        if self.word(at.row, at.column, palette.ink).is_none() {
            let value = self.frame.value(at.row, at.column);
            let value = match (self.frame.text(at.row, at.column), value.is_nan()) {
                ("", true) => tr!("no value").to_owned(),
                ("", false) => value_text(value, format_of(self.frame, at.row)),
                (word, _) => word.to_owned(),
            };
            let words = format!("{} {value}", self.frame.columns().entry_name(at.column));
            let below = corner[1] + self.track + LINE_PX / 2.0 + 2.0;
            let above = corner[1] - LINE_PX / 2.0 - 2.0;
            let y = if below + LINE_PX / 2.0 <= size_px[1] { below } else { above };
            marks.extend(tag([corner[0] + self.cell / 2.0, y], &words, palette, size_px));
        }
        Scene::new(size_px, marks)
    }

    fn hit(&self, [x, y]: [f32; 2]) -> Option<Place> {
        let place = ((x - self.left) / self.cell).floor();
        let line = (y / self.line_px()).floor();
        if place < 0.0 || line < 0.0 || self.per_line as f32 <= place {
            return None;
        }
        let column = line as usize * self.per_line + place as usize;
        if self.n_shown <= column || self.n_rows() == 0 {
            return None;
        }
        // A word stands for its first track.
        let row = ((y - self.cell_at(0, column)[1]) / self.track).floor().max(0.0) as usize;
        (row < self.n_rows()).then_some(Place { row, column })
    }

    fn next(&self, at: Place, step: Step) -> Place {
        next_in_grid(self.frame.size(), at, step)
    }
}

fn line_height(n_rows: usize, track: f32, has_words: bool) -> f32 {
    let words = if has_words { LINE_PX + 2.0 } else { 0.0 };
    words + track * n_rows.max(1) as f32 + BETWEEN_PX
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{look, named, texts_of},
        *,
    };
    use crate::view::{Palette, Theme};

    fn light() -> &'static Palette {
        Palette::of(Theme::Light)
    }

    fn tokens(count: usize) -> Frame {
        let names: Vec<String> = (0..count).map(|it| format!("w{it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut values: Vec<f32> = (0..2 * count).map(|it| it as f32 / 2.0).collect();
        if let Some(value) = values.first_mut() {
            *value = f32::NAN;
        }
        named(&["kept", "relevance"], &names, &values)
    }

    #[test]
    fn words_go_on_in_the_next_line_in_the_order_of_the_prompt() {
        let frame = tokens(40);
        let strip = Strip::new(&frame, look(light()));
        assert!(1 < strip.per_line && strip.per_line < 40);
        assert_eq!(strip.n_shown, 40);
        let [last, first] = [strip.per_line - 1, strip.per_line].map(|it| strip.corner(it));
        assert!(first[0] < last[0] && last[1] < first[1]);
        let texts = texts_of(&strip.scene());
        assert!((0..40).all(|it| texts.contains(&format!("w{it}"))));
    }

    #[test]
    fn a_token_without_a_value_is_hatched() {
        let strip = Strip::new(&tokens(4), look(light())).scene();
        let hatches = strip.marks.iter().filter(|it| matches!(it, Mark::Hatch { .. })).count();
        assert_eq!(hatches, 1);
    }

    #[test]
    fn every_cell_is_hit_in_its_middle_and_words_stand_for_the_first_track() {
        let frame = tokens(40);
        let strip = Strip::new(&frame, look(light()));
        for (row, column) in [(0, 0), (1, 0), (1, 39), (0, strip.per_line)] {
            let [x, y] = strip.cell_at(row, column);
            let middle = [x + strip.cell / 2.0, y + strip.track / 2.0];
            assert_eq!(strip.hit(middle), Some(Place { row, column }));
        }
        let [x, y] = strip.corner(3);
        assert_eq!(strip.hit([x + 1.0, y + 1.0]), Some(Place { row: 0, column: 3 }));
    }

    #[test]
    fn a_long_prompt_is_seen_without_words_and_what_does_not_fit_is_counted() {
        let frame = tokens(200);
        let small = Look { size_px: [240.0, 160.0], ..look(light()) };
        let strip = Strip::new(&frame, small);
        assert_eq!((strip.n_shown, strip.has_words), (200, false));
        let frame = tokens(5_000);
        let strip = Strip::new(&frame, small);
        let rest = format!("{} more tokens in the table", 5_000 - strip.n_shown);
        assert!(texts_of(&strip.scene()).contains(&rest));
    }
}
