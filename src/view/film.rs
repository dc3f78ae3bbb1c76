//! The state of a recurrent head: after the chosen position, what changed there, and a small map
//! of it for every position.

use trace::{Axis, Film};

use super::{
    Anchor, Cursor, Grid, Mark, Palette, Scene, Table, Turn, attention::shortened, number,
    window_around,
};

const TEXT_PX: f32 = 10.5;
/// About the width of a letter of that size.
const LETTER_PX: f32 = 5.8;
/// Room on the left for what the rows of the figure are.
const LEFT_PX: f32 = 44.0;
/// Room above the two large maps for their captions.
const TOP_PX: f32 = 18.0;
const GAP_PX: f32 = 10.0;
const WORDS_PX: f32 = 16.0;
/// Height of the bars of what was written and taken, in figures that have room for them.
const BARS_PX: f32 = 32.0;
const LEAST_HEIGHT_WITH_BARS_PX: f32 = 220.0;
/// The least width of a frame of the strip.
const FRAME_PX: f32 = 20.0;
/// The least width and height of a cell.
const CELL_PX: f32 = 1.5;
/// Rows and columns of the large maps, and of the strip's, at most.
const MOST_CELLS: usize = 64;
const MOST_FRAME_CELLS: usize = 16;

/// What the film shows besides the states.
#[derive(Clone, Copy, Debug)]
pub struct FilmView<'a> {
    pub labels: &'a [String],
    pub cursor: Cursor,
    pub lock: Cursor,
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
}

/// A rectangle of the figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Place {
    at: [f32; 2],
    size: [f32; 2],
}

/// Where everything stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Layout {
    /// The state, and its change.
    maps: [Place; 2],
    /// A column for each frame that is shown.
    strip: Grid,
    /// The position of the first of them.
    first: usize,
    /// Height of the bars above the strip; 0 where there is no room.
    bars_px: f32,
}

impl Layout {
    /// The column of the strip that shows `pos`.
    fn column(&self, pos: usize) -> Option<usize> {
        pos.checked_sub(self.first).filter(|it| *it < self.strip.n_columns)
    }

    /// The columns of the strip with their positions.
    fn columns(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.strip.n_columns).zip(self.first..)
    }

    /// The frame of a column, without the gap between it and its neighbours.
    fn frame(&self, column: usize) -> Place {
        let [x, y] = self.strip.corner(0, column);
        Place { at: [x + 1.0, y], size: [self.strip.cell[0] - 2.0, self.strip.cell[1]] }
    }
}

impl FilmView<'_> {
    /// The position at a point: that of the frame, or of its bars or word.
    pub fn hit(&self, at: [f32; 2]) -> Option<usize> {
        let Layout { strip, first, bars_px, .. } = self.layout();
        let origin = [strip.origin[0], strip.origin[1] - bars_px];
        let cell = [strip.cell[0], strip.cell[1] + bars_px + WORDS_PX];
        let (_, column) = Grid { origin, cell, ..strip }.hit(at)?;
        Some(first + column)
    }

    /// How many rows and columns of the state one cell stands for: of the large maps, and of the
    /// strip.
    pub fn blocks(&self, film: &Film) -> [[usize; 2]; 2] {
        let layout = self.layout();
        let shape = States::of(film).map_or([0, 0], |it| it.shape);
        let block = |place: Place, most: usize| block_of(shape, cells_in(place.size, most));
        [block(layout.maps[0], MOST_CELLS), block(layout.frame(0), MOST_FRAME_CELLS)]
    }

    /// Whether there is room for bars of what was written and taken.
    pub fn has_bars(&self) -> bool {
        LEAST_HEIGHT_WITH_BARS_PX <= self.size_px[1]
    }

    fn layout(&self) -> Layout {
        let [width, height] = self.size_px;
        let bars_px = if self.has_bars() { BARS_PX } else { 0.0 };
        let frame = (0.22 * height).clamp(20.0, 96.0);
        let strip_y = height - WORDS_PX - frame;
        let map = [
            ((width - LEFT_PX - GAP_PX) / 2.0).max(1.0),
            (strip_y - bars_px - GAP_PX - TOP_PX).max(1.0),
        ];
        let maps =
            [LEFT_PX, LEFT_PX + map[0] + GAP_PX].map(|x| Place { at: [x, TOP_PX], size: map });
        let room = (width - LEFT_PX).max(FRAME_PX);
        let places = [self.lock.pos, self.cursor.pos];
        let (first, shown) = window_around(self.labels.len(), places, (room / FRAME_PX) as usize);
        let cell = [(room / shown.max(1) as f32).min(1.25 * frame), frame];
        let strip = Grid { origin: [LEFT_PX, strip_y], cell, n_columns: shown, n_rows: 1 };
        Layout { maps, strip, first, bars_px }
    }

    fn text(&self, at: [f32; 2], text: String, anchor: Anchor, bold: bool) -> Mark {
        let fill = if bold { self.palette.ink } else { self.palette.ink_2 };
        Mark::Text { at, text, size_px: TEXT_PX, fill, anchor, turn: Turn::None, bold }
    }

    /// What the two large maps are.
    fn captions(&self, layout: &Layout, shape: [usize; 2]) -> Vec<Mark> {
        let word = |pos: usize| {
            let label = self.labels.get(pos).map_or("", String::as_str);
            format!("“{}” {pos}", shortened(label, 9))
        };
        let pos = self.cursor.pos;
        let before = pos.checked_sub(1).map_or_else(|| tr!("the empty state").to_owned(), word);
        let captions =
            [tr!("after {token}", token = word(pos)), tr!("change from {before}", before)];
        let mut marks: Vec<Mark> = (layout.maps.iter().zip(captions))
            .map(|(map, it)| self.text([map.at[0], TOP_PX - 9.0], it, Anchor::Start, false))
            .collect();
        let Place { at: [x, y], size } = layout.maps[0];
        let [rows, columns] = shape;
        let sides =
            [tr_n!(rows, "{n} row", "{n} rows"), tr_n!(columns, "{n} column", "{n} columns")];
        let long = sides.join(" × ");
        let does_fit = LETTER_PX * long.chars().count() as f32 <= size[1];
        marks.push(Mark::Text {
            at: [x - 9.0, y + size[1] / 2.0],
            text: if does_fit { long } else { format!("{rows} × {columns}") },
            size_px: TEXT_PX,
            fill: self.palette.ink_3,
            anchor: Anchor::Middle,
            turn: Turn::Quarter,
            bold: false,
        });
        marks
    }

    /// What was written above an axis, what was taken below, at each position of the strip.
    fn bars(&self, film: &Film, layout: &Layout) -> Vec<Mark> {
        let half = (layout.bars_px - 6.0) / 2.0;
        if half <= 0.0 {
            return Vec::new();
        }
        let end = film_bars_end(film).max(f32::MIN_POSITIVE);
        let [x, strip_y] = layout.strip.origin;
        let axis = strip_y - layout.bars_px / 2.0 - 2.0;
        let to = [x + layout.strip.size()[0], axis];
        let mut marks =
            vec![Mark::Line { from: [x, axis], to, width: 1.0, stroke: self.palette.line_2 }];
        let kinds = [
            (tr!("written"), &film.written, self.palette.seq(0.6), -1.0f32),
            (tr!("taken"), &film.erased, self.palette.ink_3, 1.0),
        ];
        for (name, values, fill, side) in kinds {
            let at = [LEFT_PX - 5.0, axis + side * half / 2.0];
            marks.push(self.text(at, name.to_owned(), Anchor::End, false));
            for (column, pos) in layout.columns() {
                let value = values.get(&[pos]).filter(|it| it.is_finite());
                let length = value.map_or(half, |it| half * it / end);
                let Place { at: [x, _], size: [width, _] } = layout.frame(column);
                let at = [x, if side < 0.0 { axis - length } else { axis + 1.0 }];
                let size = [width, length];
                marks.push(match value {
                    Some(_) => Mark::Cell { at, size, fill },
                    None => Mark::Hatch { at, size, stroke: self.palette.line_2 },
                });
            }
        }
        marks
    }

    /// The words under the frames, as far as they fit; the cursor's always.
    fn words(&self, layout: &Layout) -> Vec<Mark> {
        let y = layout.strip.corner(1, 0)[1] + WORDS_PX / 2.0;
        let word = |pos: usize| shortened(self.labels.get(pos).map_or("", String::as_str), 8);
        // Middle and half the width of a word, which ends within the figure.
        let extent = |column: usize, pos: usize| {
            let half = (LETTER_PX * word(pos).chars().count() as f32) / 2.0 + 2.0;
            (layout.strip.middle(0, column)[0].min(self.size_px[0] - half), half)
        };
        let pos = self.cursor.pos;
        let chosen = layout.column(pos).map(|column| extent(column, pos));
        let mut end = f32::NEG_INFINITY;
        let mut marks = Vec::new();
        for (column, pos) in layout.columns() {
            let is_chosen = pos == self.cursor.pos;
            let (x, half) = extent(column, pos);
            let hides = |it: (f32, f32)| !is_chosen && (x - it.0).abs() < half + it.1;
            if end <= x - half && !chosen.is_some_and(hides) {
                marks.push(self.text([x, y], word(pos), Anchor::Middle, is_chosen));
                end = x + half;
            }
        }
        marks
    }

    /// How many positions the strip leaves out, before and after.
    fn left_out(&self, layout: &Layout) -> Vec<Mark> {
        let after = self.labels.len().saturating_sub(layout.first + layout.strip.n_columns);
        let y = layout.strip.middle(0, 0)[1];
        let counts = [(layout.first, -7.0), (after, 7.0)];
        let shown = counts.into_iter().filter(|it| 0 < it.0).map(|(count, lower)| {
            let text = if lower < 0.0 { format!("‹ {count}") } else { format!("{count} ›") };
            self.text([LEFT_PX - 5.0, y + lower], text, Anchor::End, false)
        });
        shown.collect()
    }

    /// The lock's frame, and the cursor's where it is elsewhere.
    fn outlines(&self, layout: &Layout) -> Vec<Mark> {
        let elsewhere = (self.cursor.pos != self.lock.pos).then_some(self.cursor.pos);
        let chosen = [(Some(self.lock.pos), false), (elsewhere, true)];
        let outline = |(pos, dashed): (Option<usize>, bool)| {
            let column = layout.column(pos?)?;
            Some(layout.strip.outline(0, column, self.palette.ink, dashed))
        };
        chosen.into_iter().filter_map(outline).collect()
    }
}

/// The states of a film, each a slice of rows.
#[derive(Clone, Copy)]
struct States<'a> {
    values: &'a [f32],
    n_pos: usize,
    /// Rows and columns.
    shape: [usize; 2],
}

impl<'a> States<'a> {
    fn of(film: &'a Film) -> Option<Self> {
        match *film.states.dims() {
            [(Axis::Pos, n_pos), (Axis::Value, n_rows), (Axis::Slot, n_columns)] => {
                Some(Self { values: film.states.values(), n_pos, shape: [n_rows, n_columns] })
            }
            _ => None,
        }
    }

    fn at(&self, pos: usize) -> Option<&'a [f32]> {
        let size = self.shape[0] * self.shape[1];
        (pos < self.n_pos).then(|| self.values.get(pos * size..(pos + 1) * size)).flatten()
    }

    /// The state without the one before; at the first position, the state itself.
    fn change(&self, pos: usize) -> Option<Vec<f32>> {
        let here = self.at(pos)?;
        let Some(before) = pos.checked_sub(1) else { return Some(here.to_vec()) };
        Some(here.iter().zip(self.at(before)?).map(|(here, before)| here - before).collect())
    }
}

/// How states are coloured, all alike.
struct Heat<'a> {
    palette: &'a Palette,
    /// The value at the end of the ramp.
    scale: f32,
    shape: [usize; 2],
}

impl Heat<'_> {
    /// A state as a map with a hairline around it, of at most `most` rows and columns. A value
    /// that is not there is hatched.
    fn marks(&self, values: Option<&[f32]>, place: Place, most: usize) -> Vec<Mark> {
        let Place { at, size } = place;
        let stroke = self.palette.line_2;
        let Some(values) = values.filter(|it| !it.is_empty()) else {
            return vec![Mark::Hatch { at, size, stroke }];
        };
        let (cells, [n_rows, n_columns]) = shrink(values, self.shape, cells_in(size, most));
        let cell = [size[0] / n_columns as f32, size[1] / n_rows as f32];
        let grid = Grid { origin: at, cell, n_columns, n_rows };
        let mark = |(index, value): (usize, &f32)| {
            let (row, column) = (index / n_columns, index % n_columns);
            if value.is_finite() {
                grid.fill(row, column, self.palette.div(value / self.scale))
            } else {
                Mark::Hatch { at: grid.corner(row, column), size: cell, stroke }
            }
        };
        let around = Mark::Outline { at, size, width: 1.0, stroke, dashed: false };
        cells.iter().enumerate().map(mark).chain([around]).collect()
    }
}

/// How many rows and columns of cells fit, at most `most` each.
fn cells_in([width, height]: [f32; 2], most: usize) -> [usize; 2] {
    [height, width].map(|it| ((it / CELL_PX) as usize).clamp(1, most))
}

/// How many rows and columns one cell stands for where at most `most` are drawn.
fn block_of(shape: [usize; 2], most: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|side| shape[side].div_ceil(most[side].max(1)).max(1))
}

/// Values in rows, shrunk to at most `most` rows and columns, with how many there are then: of
/// each block the value farthest from 0, or what is NaN where there is such.
fn shrink(values: &[f32], shape: [usize; 2], most: [usize; 2]) -> (Vec<f32>, [usize; 2]) {
    let [high, wide] = block_of(shape, most);
    let small = [shape[0].div_ceil(high), shape[1].div_ceil(wide)];
    let mut cells = vec![0.0f32; small[0] * small[1]];
    for (index, &value) in values.iter().enumerate() {
        let (row, column) = (index / shape[1] / high, index % shape[1] / wide);
        let cell = &mut cells[row * small[1] + column];
        if cell.abs().total_cmp(&value.abs()).is_lt() {
            *cell = value;
        }
    }
    (cells, small)
}

/// The state at the cursor, its change, and the strip of all states.
pub fn film_map(film: &Film, view: &FilmView<'_>) -> Scene {
    let layout = view.layout();
    let states = States::of(film);
    let shape = states.map_or([0, 0], |it| it.shape);
    let scale = film_scale(film).max(f32::MIN_POSITIVE);
    let heat = Heat { palette: view.palette, scale, shape };
    let pos = view.cursor.pos;
    let state_at = |pos: usize| states.and_then(|it| it.at(pos));
    let change = states.and_then(|it| it.change(pos));
    let mut marks = Vec::new();
    for (column, pos) in layout.columns() {
        marks.extend(heat.marks(state_at(pos), layout.frame(column), MOST_FRAME_CELLS));
    }
    marks.extend(view.bars(film, &layout));
    marks.extend(view.left_out(&layout));
    let mut over = heat.marks(state_at(pos), layout.maps[0], MOST_CELLS);
    over.extend(heat.marks(change.as_deref(), layout.maps[1], MOST_CELLS));
    over.extend(view.captions(&layout, shape));
    over.extend(view.words(&layout));
    over.extend(view.outlines(&layout));
    Scene { over, ..Scene::new(view.size_px, marks) }
}

/// The value farthest from 0 in any state: the end of the ramp, at every position.
pub fn film_scale(film: &Film) -> f32 {
    farthest(film.states.values())
}

/// The largest length that was written or taken: the end of the bars, at every position.
pub fn film_bars_end(film: &Film) -> f32 {
    farthest(film.written.values()).max(farthest(film.erased.values()))
}

fn farthest(values: &[f32]) -> f32 {
    values.iter().map(|it| it.abs()).filter(|it| it.is_finite()).fold(0.0, f32::max)
}

/// The singular values of the state at a position, the largest first.
pub fn singular_values(film: &Film, pos: usize) -> Vec<f32> {
    let count = film.singular.size(Axis::Rank).unwrap_or(0);
    (0..count).filter_map(|rank| film.singular.get(&[pos, rank])).collect()
}

/// Over how many directions a matrix with these singular values is spread: the exponential of the
/// entropy of their squares' shares. None of a matrix of noughts.
///
/// # Source
/// Roy and Vetterli, "The effective rank" (2007), there of the values themselves.
pub fn effective_rank(singular: &[f32]) -> Option<f32> {
    let sum: f32 = singular.iter().map(|it| it * it).sum();
    if !sum.is_finite() || sum <= 0.0 {
        return None;
    }
    let shares = singular.iter().map(|it| it * it / sum).filter(|it| 0.0 < *it);
    Some((-shares.map(|it| it * it.ln()).sum::<f32>()).exp())
}

/// Every position with what was written and taken there and how the state is spread.
pub fn film_table(film: &Film, labels: &[String]) -> Table {
    let spread = [tr!("largest singular value"), tr!("effective rank")];
    let mut table = Table::new([tr!("token"), tr!("written"), tr!("taken"), spread[0], spread[1]]);
    for (pos, label) in labels.iter().enumerate() {
        let singular = singular_values(film, pos);
        let values = [
            film.written.get(&[pos]),
            film.erased.get(&[pos]),
            singular.first().copied(),
            effective_rank(&singular),
        ];
        let texts = values.map(|it| number(it.unwrap_or(f32::NAN)));
        table.rows.push([label.clone()].into_iter().chain(texts).collect());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Rgba, Theme};
    use trace::NamedArray;

    const SIZE_PX: [f32; 2] = [400.0, 320.0];

    /// A film of `n_pos` states, with `values` at the start and noughts after.
    fn film(n_pos: usize, [rows, columns]: [usize; 2], values: &[f32]) -> Film {
        let mut all = values.to_vec();
        all.resize(n_pos * rows * columns, 0.0);
        let dims = [(Axis::Pos, n_pos), (Axis::Value, rows), (Axis::Slot, columns)];
        let lengths = |value: f32| NamedArray::new(vec![value; n_pos], &[(Axis::Pos, n_pos)]);
        let singular = [(Axis::Pos, n_pos), (Axis::Rank, 2)];
        Film {
            layer: 0,
            head: 0,
            states: NamedArray::new(all, &dims).unwrap(),
            singular: NamedArray::new([3.0, 3.0].repeat(n_pos), &singular).unwrap(),
            written: lengths(0.5).unwrap(),
            erased: lengths(0.25).unwrap(),
        }
    }

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|it| format!("w{it}")).collect()
    }

    fn view(labels: &[String], pos: usize) -> FilmView<'_> {
        let cursor = Cursor { pos, ..Cursor::default() };
        let palette = Palette::of(Theme::Light);
        FilmView { labels, cursor, lock: cursor, palette, size_px: SIZE_PX }
    }

    fn fills_in(scene: &Scene, place: Place) -> Vec<Rgba> {
        let is_inside = |at: [f32; 2]| {
            [0, 1].iter().all(|&side| {
                let past = at[side] - place.at[side];
                -0.01 <= past && past < place.size[side] - 0.01
            })
        };
        let cells = scene.all().filter_map(|it| match it {
            Mark::Cell { at, fill, .. } if is_inside(*at) => Some(*fill),
            _ => None,
        });
        cells.collect()
    }

    fn texts(scene: &Scene) -> Vec<&str> {
        let texts = scene.all().filter_map(|it| match it {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn the_state_stands_left_and_its_change_right() {
        let film = film(2, [1, 2], &[0.5, -1.0, 1.0, -1.0]);
        let labels = labels(2);
        let view = view(&labels, 1);
        let scene = film_map(&film, &view);
        let layout = view.layout();
        let div = |it: f32| view.palette.div(it);
        assert_eq!(fills_in(&scene, layout.maps[0]), [div(1.0), div(-1.0)]);
        assert_eq!(fills_in(&scene, layout.maps[1]), [div(0.5), div(0.0)]);
        assert_eq!(fills_in(&scene, layout.frame(0)), [div(0.5), div(-1.0)]);
        let texts = texts(&scene);
        for text in ["after “w1” 1", "change from “w0” 0", "1 row × 2 columns", "written", "w0"]
        {
            assert!(texts.contains(&text), "{text} in {texts:?}");
        }
    }

    #[test]
    fn what_moves_with_the_cursor_lies_over_what_stays() {
        let film = film(3, [1, 2], &[0.5, -1.0, 1.0, -1.0, 2.0, 0.25]);
        let labels = labels(3);
        let here = view(&labels, 0);
        let there = FilmView { cursor: Cursor { pos: 2, ..here.cursor }, ..here };
        let [here, there] = [here, there].map(|it| film_map(&film, &it));
        assert_eq!(here.marks, there.marks);
        assert_ne!(here.over, there.over);
        assert!(12 < here.marks.len(), "frames and bars stay");
    }

    #[test]
    fn at_the_first_position_the_change_is_the_state() {
        let film = film(2, [2, 1], &[1.0, -0.5]);
        let labels = labels(2);
        let view = view(&labels, 0);
        let scene = film_map(&film, &view);
        let [state, change] = view.layout().maps.map(|it| fills_in(&scene, it));
        assert_eq!(state, change);
        assert!(texts(&scene).contains(&"change from the empty state"));
    }

    #[test]
    fn the_scale_is_that_of_the_whole_film() {
        let film = film(3, [1, 1], &[1.0, -4.0, 2.0]);
        assert_eq!(film_scale(&film), 4.0);
        let labels = labels(3);
        let shades = [0, 1, 2].map(|pos| {
            let view = view(&labels, pos);
            fills_in(&film_map(&film, &view), view.layout().maps[0])
        });
        let div = |it: f32| vec![Palette::of(Theme::Light).div(it)];
        assert_eq!(shades, [div(0.25), div(-1.0), div(0.5)]);
    }

    #[test]
    fn a_block_shrinks_to_what_is_farthest_from_0() {
        let values = [1.0, -2.0, 0.5, 0.0, 0.0, 3.0, f32::NAN, 0.1, 0.1];
        let (cells, shape) = shrink(&values, [3, 3], [2, 2]);
        assert_eq!(shape, [2, 2]);
        assert_eq!(cells[..2], [-2.0, 3.0]);
        assert!(cells[2].is_nan());
        assert_eq!(cells[3], 0.1);
        assert_eq!(shrink(&values[..2], [1, 2], [64, 64]), (vec![1.0, -2.0], [1, 2]));
    }

    #[test]
    fn large_states_make_a_moderate_number_of_marks() {
        let film = film(40, [256, 128], &[1.0]);
        let labels = labels(40);
        let view = view(&labels, 39);
        let layout = view.layout();
        let scene = film_map(&film, &view);
        for map in layout.maps {
            let n_cells = fills_in(&scene, map).len();
            assert!((1024..=64 * 64).contains(&n_cells), "{n_cells}");
        }
        assert!(fills_in(&scene, layout.frame(0)).len() <= 16 * 16);
        let [_, [high, wide]] = view.blocks(&film);
        assert!(16 <= high && 8 <= wide);
    }

    #[test]
    fn every_frame_that_is_shown_is_hit() {
        for (count, pos) in [(3, 1), (40, 0), (40, 20), (40, 39)] {
            let labels = labels(count);
            let view = view(&labels, pos);
            let layout = view.layout();
            assert!(layout.column(pos).is_some());
            for (column, pos) in layout.columns() {
                assert_eq!(view.hit(layout.strip.middle(0, column)), Some(pos));
            }
            assert_eq!(view.hit([LEFT_PX + 4.0, TOP_PX + 4.0]), None);
        }
    }

    #[test]
    fn what_is_looked_at_far_from_the_lock_is_shown() {
        let labels = labels(40);
        for (pos, lock) in [(0, 39), (39, 0), (20, 20)] {
            let view = view(&labels, lock);
            let view = FilmView { cursor: Cursor { pos, ..view.cursor }, ..view };
            assert!(view.layout().column(pos).is_some(), "{pos} with the lock at {lock}");
        }
        // Within the strip nothing moves, so that the frames stay under the pointer.
        let locked = view(&labels, 20);
        let first = locked.layout().first;
        let hovered = FilmView { cursor: Cursor { pos: first, ..locked.cursor }, ..locked };
        assert_eq!(hovered.layout().first, first);
    }

    #[test]
    fn cursor_and_lock_are_outlined() {
        let film = film(4, [1, 1], &[1.0]);
        let labels = labels(4);
        let locked = view(&labels, 3);
        let both = FilmView { cursor: Cursor { pos: 1, ..locked.cursor }, ..locked };
        let inked = |view: &FilmView<'_>| {
            let scene = film_map(&film, view);
            let ink = view.palette.ink;
            let is_ink = |it: &&Mark| matches!(it, Mark::Outline { stroke, .. } if *stroke == ink);
            scene.all().filter(is_ink).count()
        };
        assert_eq!([inked(&locked), inked(&both)], [1, 2]);
    }

    #[test]
    fn what_is_not_there_is_hatched() {
        let film = film(2, [1, 2], &[1.0, f32::NAN]);
        let n_hatches = |labels: &[String], pos: usize| {
            let scene = film_map(&film, &view(labels, pos));
            scene.all().filter(|it| matches!(it, Mark::Hatch { .. })).count()
        };
        // The missing value in both large maps and its frame.
        assert_eq!(n_hatches(&labels(2), 0), 3);
        // A film that is shorter than the prompt: both maps, one frame and its bars are not there.
        assert_eq!(n_hatches(&labels(3), 2), 2 + 1 + 1 + 2);
    }

    #[test]
    fn no_room_and_no_position_are_no_panic() {
        let film = film(1, [1, 1], &[1.0]);
        for size_px in [[0.0, 0.0], [10.0, 10.0], [3000.0, 2.0]] {
            for count in [0, 1, 40] {
                let labels = labels(count);
                let view = FilmView { size_px, ..view(&labels, 0) };
                assert_eq!(film_map(&film, &view).size_px, size_px);
                view.hit([1.0, 1.0]);
            }
        }
    }

    #[test]
    fn the_effective_rank_counts_directions() {
        assert_eq!(effective_rank(&[2.0, 0.0, 0.0]), Some(1.0));
        assert!((effective_rank(&[3.0, 3.0]).unwrap() - 2.0).abs() < 1e-5);
        assert_eq!(effective_rank(&[0.0, 0.0]), None);
        assert_eq!(effective_rank(&[]), None);
    }

    #[test]
    fn the_table_has_a_row_for_each_position() {
        let table = film_table(&film(2, [1, 1], &[1.0]), &labels(2));
        assert_eq!(table.rows[1], ["w1", "0.500", "0.250", "3.00", "2.00"]);
        assert_eq!(table.headings.len(), table.rows[0].len());
    }
}
