//! One recurrent head computed in three ways: what it reads of its state, side by side.

use trace::{Axis, Forms, NamedArray};

use super::{
    Anchor, Cursor, Grid, Mark, Palette, Scene, Table, Turn, attention::shortened, number,
    window_around,
};

const TEXT_PX: f32 = 10.5;
/// About the width of a letter of that size.
const LETTER_PX: f32 = 5.8;
const LINE_PX: f32 = 13.0;
/// Room on the left for the tokens.
const LEFT_PX: f32 = 60.0;
const GAP_PX: f32 = 10.0;
/// The least height of a row; where more rows do not fit, those around the lock are shown.
const ROW_PX: f32 = 9.0;
const MOST_ROW_PX: f32 = 28.0;
/// Narrower figures have the maps one below another.
const LEAST_WIDTH_BESIDE_PX: f32 = 420.0;
/// Columns of a map at most.
const MOST_COLUMNS: usize = 48;

/// What the figure shows besides the values.
#[derive(Clone, Copy, Debug)]
pub struct FormsView<'a> {
    pub labels: &'a [String],
    pub cursor: Cursor,
    pub lock: Cursor,
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
}

/// Where everything stands.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Layout {
    /// Of each form, a grid with one column: its rows.
    maps: [Grid; 3],
    is_beside: bool,
    /// Lines of a caption.
    n_lines: usize,
    /// The position of the first row.
    first: usize,
}

impl Layout {
    /// The row that shows `pos`.
    fn row(&self, pos: usize) -> Option<usize> {
        pos.checked_sub(self.first).filter(|it| *it < self.maps[0].n_rows)
    }

    /// The rows with their positions.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.maps[0].n_rows).zip(self.first..)
    }

    fn width(&self) -> f32 {
        self.maps[0].cell[0]
    }
}

impl FormsView<'_> {
    /// The position of the row at a point of any of the maps.
    pub fn hit(&self, at: [f32; 2]) -> Option<usize> {
        let layout = self.layout();
        let (row, _) = layout.maps.iter().find_map(|it| it.hit(at))?;
        Some(layout.first + row)
    }

    fn layout(&self) -> Layout {
        let [width, height] = self.size_px;
        let is_beside = LEAST_WIDTH_BESIDE_PX <= width;
        let room = width - LEFT_PX;
        let map_width = if is_beside { (room - 2.0 * GAP_PX) / 3.0 } else { room }.max(1.0);
        let n_lines = match is_beside {
            true if map_width < LETTER_PX * CAPTION_LETTERS as f32 => 2,
            _ => 1,
        };
        // Beside one another there is a line for the difference; else it stands in the caption's.
        let top = LINE_PX * (n_lines + usize::from(is_beside)) as f32 + 4.0;
        let block = if is_beside { height } else { height / 3.0 };
        let room = (block - top - 2.0).max(ROW_PX);
        let places = [self.lock.pos, self.cursor.pos];
        let (first, n_rows) = window_around(self.labels.len(), places, (room / ROW_PX) as usize);
        let cell = [map_width, (room / n_rows.max(1) as f32).min(MOST_ROW_PX)];
        let maps = [0.0, 1.0, 2.0].map(|which: f32| {
            let origin = match is_beside {
                true => [LEFT_PX + which * (map_width + GAP_PX), top],
                false => [LEFT_PX, which * block + top],
            };
            Grid { origin, cell, n_columns: 1, n_rows }
        });
        Layout { maps, is_beside, n_lines, first }
    }

    fn text(&self, at: [f32; 2], text: String, anchor: Anchor, bold: bool) -> Mark {
        let fill = if bold { self.palette.ink } else { self.palette.ink_2 };
        Mark::Text { at, text, size_px: TEXT_PX, fill, anchor, turn: Turn::None, bold }
    }

    /// The values of a form with a hairline around; what is not there is hatched.
    fn heat(&self, values: &NamedArray, scale: f32, map: &Grid, layout: &Layout) -> Vec<Mark> {
        let stroke = self.palette.line_2;
        let mut marks = Vec::new();
        for (row, pos) in layout.rows() {
            let at = map.corner(row, 0);
            let cells = row_of(values, pos).map(|it| shrink(it, MOST_COLUMNS)).unwrap_or_default();
            if cells.is_empty() {
                marks.push(Mark::Hatch { at, size: map.cell, stroke });
                continue;
            }
            let cell = [map.cell[0] / cells.len() as f32, map.cell[1]];
            let grid = Grid { origin: at, cell, n_columns: cells.len(), n_rows: 1 };
            marks.extend(cells.iter().enumerate().map(|(column, value)| {
                if value.is_finite() {
                    grid.fill(0, column, self.palette.div(value / scale))
                } else {
                    Mark::Hatch { at: grid.corner(0, column), size: cell, stroke }
                }
            }));
        }
        let (at, size) = (map.origin, map.size());
        marks.push(Mark::Outline { at, size, width: 1.0, stroke, dashed: false });
        marks
    }

    /// What each map is, and how far the second and third are from the first.
    fn captions(&self, forms: &Forms, layout: &Layout) -> Vec<Mark> {
        let mut marks = Vec::new();
        let [parallel, matrix] = forms_apart(forms);
        let apart = [None, Some(parallel), Some(matrix)];
        for ((map, parts), apart) in layout.maps.iter().zip(captions(forms)).zip(apart) {
            let [x, bottom] = map.origin;
            let n_lines = layout.n_lines + usize::from(layout.is_beside);
            let line = |index: usize| bottom - 4.0 - LINE_PX * (n_lines - index) as f32 + 7.0;
            let lines = match layout.n_lines {
                1 => vec![parts.join(" ").trim_end().to_owned()],
                _ => parts.map(str::to_owned).to_vec(),
            };
            for (index, text) in lines.into_iter().enumerate().filter(|it| !it.1.is_empty()) {
                marks.push(self.text([x, line(index)], text, Anchor::Start, false));
            }
            let Some(apart) = apart.map(|it| tr!("apart {difference}", difference = small(it)))
            else {
                continue;
            };
            marks.push(if layout.is_beside {
                self.text([x, line(layout.n_lines)], apart, Anchor::Start, true)
            } else {
                self.text([x + layout.width(), line(0)], apart, Anchor::End, true)
            });
        }
        marks
    }

    /// The tokens of the rows; and how many positions are not shown.
    fn tokens(&self, layout: &Layout) -> Vec<Mark> {
        let mut marks = Vec::new();
        let labelled = if layout.is_beside { 1 } else { layout.maps.len() };
        for map in &layout.maps[..labelled] {
            for (row, pos) in layout.rows() {
                let label = self.labels.get(pos).map_or("", String::as_str);
                let at = [LEFT_PX - 5.0, map.middle(row, 0)[1]];
                let is_chosen = pos == self.cursor.pos;
                marks.push(self.text(at, shortened(label, 9), Anchor::End, is_chosen));
            }
        }
        let Grid { origin, n_rows, .. } = layout.maps[0];
        let after = self.labels.len().saturating_sub(layout.first + n_rows);
        let counts = [("↑", layout.first), ("↓", after)];
        let left_out: Vec<String> = (counts.into_iter().filter(|it| 0 < it.1))
            .map(|(arrow, count)| format!("{arrow} {count}"))
            .collect();
        if !left_out.is_empty() {
            let at = [LEFT_PX - 5.0, origin[1] - 10.0];
            marks.push(self.text(at, left_out.join(" · "), Anchor::End, false));
        }
        marks
    }

    /// The lock's row, and the cursor's where it is elsewhere, in each map.
    fn outlines(&self, layout: &Layout) -> Vec<Mark> {
        let elsewhere = (self.cursor.pos != self.lock.pos).then_some(self.cursor.pos);
        let chosen = [(Some(self.lock.pos), false), (elsewhere, true)];
        let mut marks = Vec::new();
        for (pos, dashed) in chosen {
            let Some(row) = pos.and_then(|it| layout.row(it)) else { continue };
            let outline = |map: &Grid| map.outline(row, 0, self.palette.ink, dashed);
            marks.extend(layout.maps.iter().map(outline));
        }
        marks
    }
}

/// Letters of the longest caption in one line.
const CAPTION_LETTERS: usize = 24;

/// What each form is, in two parts that may stand below one another.
fn captions(forms: &Forms) -> [[&'static str; 2]; 3] {
    let all = if forms.is_scan { tr!("by a scan") } else { tr!("by chunks") };
    [
        [tr!("recurrence,"), tr!("step by step")],
        [tr!("all at once:"), all],
        [tr!("matrix × values"), ""],
    ]
}

fn arrays(forms: &Forms) -> [&NamedArray; 3] {
    [&forms.recurrence, &forms.parallel, &forms.matrix]
}

/// The values of a form at a position.
fn row_of(form: &NamedArray, pos: usize) -> Option<&[f32]> {
    match *form.dims() {
        [(Axis::Pos, n_pos), (Axis::Value, count)] if pos < n_pos => {
            form.values().get(pos * count..(pos + 1) * count)
        }
        _ => None,
    }
}

/// At most `most` values: of each block of neighbours the one farthest from 0, or what is no
/// number where there is such.
fn shrink(values: &[f32], most: usize) -> Vec<f32> {
    let block = values.len().div_ceil(most.max(1)).max(1);
    let farthest = |block: &[f32]| {
        block.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(f32::NAN)
    };
    values.chunks(block).map(farthest).collect()
}

/// A number of which the size counts, however small it is.
fn small(value: f32) -> String {
    if value != 0.0 && value.abs() < 0.01 {
        format!("{value:.1e}")
    } else if value == 0.0 {
        "0".to_owned()
    } else {
        number(value)
    }
}

/// The three forms as maps on one scale.
pub fn forms_map(forms: &Forms, view: &FormsView<'_>) -> Scene {
    let layout = view.layout();
    let scale = scale(forms).max(f32::MIN_POSITIVE);
    let mut marks = Vec::new();
    for (form, map) in arrays(forms).into_iter().zip(&layout.maps) {
        marks.extend(view.heat(form, scale, map, &layout));
    }
    marks.extend(view.captions(forms, &layout));
    let mut over = view.tokens(&layout);
    over.extend(view.outlines(&layout));
    Scene { over, ..Scene::new(view.size_px, marks) }
}

/// The value farthest from 0 in any form: the end of the ramp.
fn scale(forms: &Forms) -> f32 {
    let all = arrays(forms).into_iter().flat_map(|it| it.values());
    all.map(|it| it.abs()).filter(|it| it.is_finite()).fold(0.0, f32::max)
}

/// The end of the ramp in words.
pub fn forms_end(forms: &Forms) -> String {
    small(scale(forms))
}

/// How many values a cell stands for.
pub fn forms_block(forms: &Forms) -> usize {
    forms.recurrence.size(Axis::Value).unwrap_or(0).div_ceil(MOST_COLUMNS).max(1)
}

/// How far the second and third form are from the first; no number where a value of either is
/// none, which a largest difference would pass over.
fn forms_apart(forms: &Forms) -> [f32; 2] {
    let is_whole = |form: &NamedArray| form.values().iter().all(|it| it.is_finite());
    let [first, others @ ..] = arrays(forms);
    [0, 1].map(|which: usize| {
        if is_whole(first) && is_whole(others[which]) { forms.apart[which] } else { f32::NAN }
    })
}

/// The larger of the two differences in words.
pub fn forms_largest(forms: &Forms) -> String {
    let [parallel, matrix] = forms_apart(forms);
    let is_known = parallel.is_finite() && matrix.is_finite();
    small(if is_known { parallel.max(matrix) } else { f32::NAN })
}

/// The picture in a sentence.
pub fn forms_spoken(forms: &Forms, n_pos: usize) -> String {
    let [_, [_, all], _] = captions(forms);
    let [parallel, matrix] = forms_apart(forms).map(small);
    tr_n!(
        n_pos,
        "What head {layer}.{head} reads of its state at {n} position, computed in three ways: \
         all at once {all} is at most {parallel} of the largest value apart from the recurrence, \
         matrix × values {matrix}.",
        "What head {layer}.{head} reads of its state at {n} positions, computed in three ways: \
         all at once {all} is at most {parallel} of the largest value apart from the recurrence, \
         matrix × values {matrix}.",
        layer = forms.layer,
        head = forms.head,
        all,
        parallel,
        matrix,
    )
}

/// Every position with the length of what each form has there.
pub fn forms_table(forms: &Forms, labels: &[String]) -> Table {
    let names = captions(forms).map(|it| it.join(" ").trim_end().to_owned());
    let headings = [tr!("token")].into_iter().chain(names.iter().map(String::as_str));
    let mut table = Table::new(headings);
    for (pos, label) in labels.iter().enumerate() {
        let length = |form: &NamedArray| {
            let row = row_of(form, pos);
            row.map_or(f32::NAN, |it| it.iter().map(|it| it * it).sum::<f32>().sqrt())
        };
        let texts = arrays(forms).map(|it| small(length(it)));
        table.rows.push([label.clone()].into_iter().chain(texts).collect());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Rgba, Theme};

    const WIDE: [f32; 2] = [600.0, 300.0];
    const NARROW: [f32; 2] = [330.0, 300.0];

    fn array(n_pos: usize, values: &[f32]) -> NamedArray {
        let dims = [(Axis::Pos, n_pos), (Axis::Value, values.len() / n_pos)];
        NamedArray::new(values.to_vec(), &dims).unwrap()
    }

    fn made(n_pos: usize, forms: [&[f32]; 3]) -> Forms {
        let [recurrence, parallel, matrix] = forms.map(|it| array(n_pos, it));
        let apart = [2.4e-7, 1.25e-6];
        Forms { layer: 3, head: 1, recurrence, parallel, is_scan: false, matrix, apart }
    }

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|it| format!("w{it}")).collect()
    }

    fn view(labels: &[String], pos: usize, size_px: [f32; 2]) -> FormsView<'_> {
        let cursor = Cursor { pos, ..Cursor::default() };
        FormsView { labels, cursor, lock: cursor, palette: Palette::of(Theme::Light), size_px }
    }

    fn fills(scene: &Scene) -> Vec<Rgba> {
        let fill = |it: &Mark| match it {
            Mark::Cell { fill, .. } => Some(*fill),
            _ => None,
        };
        scene.all().filter_map(fill).collect()
    }

    fn texts(scene: &Scene) -> Vec<&str> {
        let text = |it: &'_ Mark| matches!(it, Mark::Text { .. });
        let all = scene.all().filter(|it| text(it));
        all.map(|it| if let Mark::Text { text, .. } = it { text.as_str() } else { "" }).collect()
    }

    #[test]
    fn what_moves_with_the_cursor_lies_over_what_stays() {
        let forms = made(3, [&[1.0, -2.0, 0.5]; 3]);
        let labels = labels(3);
        let here = view(&labels, 0, [500.0, 200.0]);
        let there = FormsView { cursor: Cursor { pos: 2, ..here.cursor }, ..here };
        let [here, there] = [here, there].map(|it| forms_map(&forms, &it));
        assert_eq!(here.marks, there.marks);
        assert_ne!(here.over, there.over);
        assert_eq!(fills(&here).len(), 9);
    }

    #[test]
    fn three_forms_stand_on_one_scale() {
        let forms = made(2, [&[1.0, -2.0, 0.0, 0.5], &[1.0, -2.0, 0.0, 4.0], &[-4.0; 4]]);
        let labels = labels(2);
        let view = view(&labels, 1, WIDE);
        let scene = forms_map(&forms, &view);
        let expected = [
            [0.25, -0.5, 0.0, 0.125], //
            [0.25, -0.5, 0.0, 1.0],
            [-1.0; 4],
        ];
        assert_eq!(
            fills(&scene),
            expected.concat().iter().map(|it| view.palette.div(*it)).collect::<Vec<_>>()
        );
        assert_eq!(forms_end(&forms), "4.00");
    }

    #[test]
    fn captions_tell_the_form_and_how_far_it_is_apart() {
        let mut forms = made(1, [&[1.0], &[1.0], &[1.0]]);
        let labels = labels(1);
        for size_px in [[900.0, 300.0], NARROW] {
            let scene = forms_map(&forms, &view(&labels, 0, size_px));
            let texts = texts(&scene);
            for text in [
                "recurrence, step by step",
                "all at once: by chunks",
                "matrix × values",
                "apart 2.4e-7",
                "apart 1.2e-6",
                "w0",
            ] {
                assert!(texts.contains(&text), "{text} in {texts:?}");
            }
        }
        forms.is_scan = true;
        let scene = forms_map(&forms, &view(&labels, 0, [430.0, 300.0]));
        assert!(texts(&scene).contains(&"by a scan"), "{:?}", texts(&scene));
        assert_eq!(forms_largest(&forms), "1.2e-6");
        assert!(forms_spoken(&forms, 1).contains("by a scan is at most 2.4e-7 of"));
    }

    #[test]
    fn every_caption_fits_in_one_line_or_two() {
        let forms = made(1, [&[1.0], &[1.0], &[1.0]]);
        let longest = captions(&forms).map(|it| it.join(" ").trim_end().chars().count());
        assert_eq!(longest.into_iter().max(), Some(CAPTION_LETTERS));
        let labels = labels(1);
        for width in 420..900 {
            let view = view(&labels, 0, [width as f32, 300.0]);
            let layout = view.layout();
            for mark in view.captions(&forms, &layout) {
                let Mark::Text { text, at, .. } = mark else { continue };
                assert!(LETTER_PX * text.chars().count() as f32 <= layout.width(), "{text}");
                assert!(0.0 < at[1] && at[1] < layout.maps[0].origin[1]);
            }
        }
    }

    #[test]
    fn every_row_is_hit_in_each_map_and_nothing_beside() {
        for size_px in [WIDE, NARROW] {
            for (count, pos) in [(3, 1), (80, 0), (80, 40), (80, 79)] {
                let labels = labels(count);
                let view = view(&labels, pos, size_px);
                let layout = view.layout();
                assert!(layout.row(pos).is_some());
                for map in &layout.maps {
                    let is_hit = |(row, pos)| view.hit(map.middle(row, 0)) == Some(pos);
                    assert!(layout.rows().all(is_hit));
                    let [x, y] = map.origin;
                    assert_eq!(view.hit([x + 1.0, y - 2.0]), None);
                    assert_eq!(view.hit([x - 2.0, y + 1.0]), None);
                    assert!(y + map.size()[1] <= size_px[1] && ROW_PX <= map.cell[1]);
                    assert!(x + map.size()[0] <= size_px[0] + 0.01);
                }
            }
        }
    }

    #[test]
    fn what_is_looked_at_far_from_the_lock_is_shown() {
        let labels = labels(80);
        for (pos, lock) in [(0, 79), (79, 0), (40, 40)] {
            let view = view(&labels, lock, WIDE);
            let view = FormsView { cursor: Cursor { pos, ..view.cursor }, ..view };
            assert!(view.layout().row(pos).is_some(), "{pos} with the lock at {lock}");
        }
        let view = view(&labels, 40, WIDE);
        let Layout { first, maps, .. } = view.layout();
        let forms = made(80, [&[1.0; 80]; 3]);
        let left_out = format!("↑ {first} · ↓ {}", 80 - first - maps[0].n_rows);
        assert!(texts(&forms_map(&forms, &view)).contains(&left_out.as_str()));
    }

    #[test]
    fn lock_is_solid_and_cursor_dashed_in_all_three() {
        let forms = made(4, [&[1.0; 4]; 3]);
        let labels = labels(4);
        let locked = view(&labels, 3, WIDE);
        let both = FormsView { cursor: Cursor { pos: 1, ..locked.cursor }, ..locked };
        let inked = |view: &FormsView<'_>, is_dashed: bool| {
            let is_it = |it: &&Mark| {
                matches!(it, Mark::Outline { stroke, dashed, .. }
                    if *stroke == view.palette.ink && *dashed == is_dashed)
            };
            forms_map(&forms, view).all().filter(is_it).count()
        };
        assert_eq!([inked(&locked, false), inked(&locked, true)], [3, 0]);
        assert_eq!([inked(&both, false), inked(&both, true)], [3, 3]);
    }

    #[test]
    fn a_block_shrinks_to_what_is_farthest_from_0() {
        assert_eq!(shrink(&[1.0, -2.0, 0.5, 0.0, 3.0], 3), [-2.0, 0.5, 3.0]);
        assert_eq!(shrink(&[1.0, -2.0], 48), [1.0, -2.0]);
        assert!(shrink(&[1.0, f32::NAN, 9.0], 1)[0].is_nan());
        assert!(shrink(&[-f32::NAN, 9.0], 1)[0].is_nan());
        assert!(shrink(&[], 48).is_empty());
        for count in 1..400 {
            assert!(shrink(&vec![1.0; count], MOST_COLUMNS).len() <= MOST_COLUMNS);
        }
        let wide = made(1, [&[1.0; 100]; 3]);
        assert_eq!(forms_block(&wide), 3);
        let labels = labels(1);
        assert_eq!(fills(&forms_map(&wide, &view(&labels, 0, WIDE))).len(), 3 * 34);
    }

    #[test]
    fn what_is_no_number_is_hatched_and_not_compared() {
        let forms = made(2, [&[1.0, 0.5], &[1.0, f32::NAN], &[1.0, 0.5]]);
        let n_hatches = |count: usize| {
            let labels = labels(count);
            let scene = forms_map(&forms, &view(&labels, 0, WIDE));
            scene.all().filter(|it| matches!(it, Mark::Hatch { .. })).count()
        };
        // The value; and a row of each map where the prompt is longer.
        assert_eq!([n_hatches(2), n_hatches(3)], [1, 4]);
        assert_eq!(forms_apart(&forms).map(small), ["—", "1.2e-6"]);
        assert_eq!(forms_largest(&forms), "—");
    }

    #[test]
    fn no_room_and_no_position_are_no_panic() {
        let forms = made(1, [&[1.0]; 3]);
        for size_px in [[0.0, 0.0], [10.0, 10.0], [3000.0, 2.0]] {
            for count in [0, 1, 40] {
                let labels = labels(count);
                let view = view(&labels, 0, size_px);
                assert_eq!(forms_map(&forms, &view).size_px, size_px);
                view.hit([1.0, 1.0]);
            }
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_position() {
        let forms = made(2, [&[3.0, 4.0, 0.0, 0.0], &[3.0, 4.0, 0.0, 0.001], &[5.0; 4]]);
        let table = forms_table(&forms, &labels(2));
        assert_eq!(table.headings[2..], ["all at once: by chunks", "matrix × values"]);
        assert_eq!(table.rows[0], ["w0", "5.00", "5.00", "7.07"]);
        assert_eq!(table.rows[1], ["w1", "0", "1.0e-3", "7.07"]);
    }
}
