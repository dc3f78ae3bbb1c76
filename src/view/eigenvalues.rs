//! How a recurrent head's state goes on by itself: eigenvalues in the unit disc, and what is left of
//! one write later.

use std::f32::consts::TAU;

use trace::{Axis, Eigenvalues, Patterns};

use super::{
    Anchor, Cursor, Mark, Palette, Scene, Table, Turn, attention::shortened, number, signed,
};

const TEXT_PX: f32 = 10.5;
const LINE_PX: f32 = 14.0;
const GAP_PX: f32 = 28.0;
/// Lines of the circle.
const N_SIDES: usize = 72;
/// Narrower figures have the two parts one below another.
const LEAST_WIDTH_BESIDE_PX: f32 = 420.0;
/// Room for a token below the curve.
const LABEL_PX: f32 = 44.0;

/// What the figure shows besides the values.
#[derive(Clone, Copy, Debug)]
pub struct EigenvaluesView<'a> {
    pub labels: &'a [String],
    pub cursor: Cursor,
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
}

/// A rectangle, from its top left corner.
#[derive(Clone, Copy, Debug)]
struct Area {
    at: [f32; 2],
    size: [f32; 2],
}

/// Eigenvalues at `pos`, real and imaginary part; none past the end.
pub fn eigenvalues_at(eigenvalues: &Eigenvalues, pos: usize) -> Vec<[f32; 2]> {
    let n_values = eigenvalues.values.size(Axis::Rank).unwrap_or(0);
    let size = 2 * n_values;
    let row = eigenvalues.values.values().chunks_exact(size.max(1)).nth(pos).unwrap_or(&[]);
    row.chunks_exact(2).map(|it| [it[0], it[1]]).collect()
}

/// The effective attention weight of the position `source` to every position from there on: a column of its
/// matrix. `None` where the head has none.
pub fn impulse(patterns: &Patterns, [layer, head]: [usize; 2], source: usize) -> Option<Vec<f32>> {
    let place = patterns.heads.iter().position(|it| *it == head)?;
    let n_pos = patterns.weights.size(Axis::Query)?;
    let column: Option<Vec<f32>> =
        (source..n_pos).map(|query| patterns.weights.get(&[place, query, source])).collect();
    column.filter(|it| patterns.layer == layer && it.iter().all(|it| it.is_finite()))
}

/// The disc, and the curve where there is one.
pub fn eigenvalues_map(
    eigenvalues: &Eigenvalues,
    impulse: Option<&[f32]>,
    view: &EigenvaluesView<'_>,
) -> Scene {
    let [disc, curve] = view.areas();
    let Layers { mut marks, mut over } = view.disc(eigenvalues, disc);
    match impulse {
        Some(values) => {
            let of = view.curve(values, curve);
            marks.extend(of.marks);
            over.extend(of.over);
        }
        None => marks.push(view.text(
            [curve.at[0], curve.at[1] + LINE_PX],
            tr!("No matrix: there are no effective attention weights.").to_owned(),
            Anchor::Start,
        )),
    }
    Scene { over, ..Scene::new(view.size_px, marks) }
}

/// What stays where the cursor moves, and what moves with it.
struct Layers {
    marks: Vec<Mark>,
    over: Vec<Mark>,
}

/// The eigenvalues at the cursor, in rows.
pub fn eigenvalues_table(eigenvalues: &Eigenvalues, pos: usize) -> Table {
    let mut table = Table::new([
        tr!("eigenvalue"),
        tr!("real"),
        tr!("imaginary"),
        tr!("length"),
        tr!("half-life in tokens"),
    ]);
    for (index, [re, im]) in eigenvalues_at(eigenvalues, pos).into_iter().enumerate() {
        let length = re.hypot(im);
        let half_life = -std::f32::consts::LN_2 / length.ln();
        let half_life = if length < 1.0 { number(half_life) } else { "—".to_owned() };
        table.rows.push(vec![index.to_string(), signed(re), signed(im), number(length), half_life]);
    }
    table
}

/// The picture in a sentence.
pub fn eigenvalues_spoken(eigenvalues: &Eigenvalues, pos: usize) -> String {
    let all = eigenvalues_at(eigenvalues, pos);
    let least = all.iter().map(|it| it[0]).fold(f32::INFINITY, f32::min);
    let longest = all.iter().map(|it| it[0].hypot(it[1])).fold(0.0, f32::max);
    let turns = all.iter().any(|it| 1e-6 < it[1].abs());
    let mut text = tr_n!(
        all.len(),
        "{n} eigenvalue: the longest {longest}, the least real part {least}",
        "{n} eigenvalues: the longest {longest}, the least real part {least}",
        longest = number(longest),
        least = signed(least),
    );
    if least < 0.0 {
        text = tr!("{text}, so that the state can change sign", text);
    }
    if turns {
        text = tr!("{text}, some turn", text);
    }
    text
}

impl EigenvaluesView<'_> {
    /// Where the disc and the curve stand.
    fn areas(&self) -> [Area; 2] {
        let [width, height] = self.size_px;
        if LEAST_WIDTH_BESIDE_PX <= width {
            let side = height.min(0.5 * width);
            let left = side + GAP_PX;
            let rest = (width - left).max(1.0);
            [
                Area { at: [0.0, 0.0], size: [side, height] },
                Area { at: [left, 0.0], size: [rest, height] },
            ]
        } else {
            let half = 0.5 * height;
            [
                Area { at: [0.0, 0.0], size: [width, half] },
                Area { at: [0.0, half], size: [width, half] },
            ]
        }
    }

    /// Eigenvalues at the cursor on top of those at all other positions.
    fn disc(&self, eigenvalues: &Eigenvalues, area: Area) -> Layers {
        let room = [area.size[0], area.size[1] - LINE_PX];
        let centre = [area.at[0] + 0.5 * room[0], area.at[1] + LINE_PX + 0.5 * room[1]];
        let all = |pos: usize| eigenvalues_at(eigenvalues, pos);
        let longest = (0..self.labels.len())
            .flat_map(all)
            .map(|it| it[0].hypot(it[1]))
            .filter(|it| it.is_finite())
            .fold(1.0, f32::max);
        let unit = (0.5 * room[0].min(room[1]) - 12.0).max(1.0) / longest;
        let place = |[re, im]: [f32; 2]| [centre[0] + unit * re, centre[1] - unit * im];
        let on_circle = |side: usize| {
            let angle = TAU * side as f32 / N_SIDES as f32;
            place([angle.cos(), angle.sin()])
        };
        let palette = self.palette;
        let line = |from, to, stroke| Mark::Line { from, to, width: 1.0, stroke };
        let mut marks: Vec<Mark> = (0..N_SIDES)
            .map(|side| line(on_circle(side), on_circle(side + 1), palette.line_2))
            .collect();
        marks.push(line(place([-1.0, 0.0]), place([1.0, 0.0]), palette.line));
        marks.push(line(place([0.0, -1.0]), place([0.0, 1.0]), palette.line));
        let dot =
            |at: [f32; 2], radius, fill| Mark::Dot { at: place(at), radius, fill, ring: fill };
        for pos in 0..self.labels.len() {
            let here = all(pos).into_iter().filter(|it| it[0].is_finite());
            marks.extend(here.map(|it| dot(it, 1.5, palette.line_2)));
        }
        let here = all(self.cursor.pos).into_iter().filter(|it| it[0].is_finite());
        let mut over: Vec<Mark> = here.map(|it| dot(it, 3.5, palette.a)).collect();
        let at = [area.at[0], area.at[1] + 0.5 * LINE_PX];
        let token = self.labels.get(self.cursor.pos).map_or("", String::as_str);
        let caption = tr!(
            "eigenvalues at “{word}” {pos}",
            word = shortened(token, 12),
            pos = self.cursor.pos
        );
        over.push(self.text(at, caption, Anchor::Start));
        for (value, text) in [(-1.0, "−1"), (1.0, "1")] {
            let [x, y] = place([value, 0.0]);
            marks.push(self.text([x, y + 9.0], text.to_owned(), Anchor::Middle));
        }
        Layers { marks, over }
    }

    /// The effective attention weight of the source, position by position.
    fn curve(&self, values: &[f32], area: Area) -> Layers {
        let palette = self.palette;
        let source = self.labels.len() - values.len().min(self.labels.len());
        let end = values.iter().map(|it| it.abs()).fold(f32::MIN_POSITIVE, f32::max);
        let (top, bottom) = (area.at[1] + 2.0 * LINE_PX, area.at[1] + area.size[1] - LABEL_PX);
        let zero = 0.5 * (top + bottom);
        let left = area.at[0] + 8.0;
        let step = (area.size[0] - 16.0).max(1.0) / (values.len().max(2) - 1) as f32;
        let at = |index: usize, value: f32| {
            [left + step * index as f32, zero - 0.5 * (bottom - top) * value / end]
        };
        let line = |from, to, width, stroke| Mark::Line { from, to, width, stroke };
        let right = left + step * (values.len().max(2) - 1) as f32;
        let mut marks = vec![line([left, zero], [right, zero], 1.0, palette.line_2)];
        let mut over = Vec::new();
        for (index, pair) in values.windows(2).enumerate() {
            marks.push(line(at(index, pair[0]), at(index + 1, pair[1]), 1.5, palette.ink_2));
        }
        for (index, &value) in values.iter().enumerate() {
            let fill = if value < 0.0 { palette.b } else { palette.a };
            let dot = |radius| Mark::Dot { at: at(index, value), radius, fill, ring: fill };
            marks.push(dot(2.5));
            if source + index == self.cursor.pos {
                over.push(dot(4.5));
            }
        }
        let token = self.labels.get(source).map_or("", String::as_str);
        let caption = tr!(
            "effective attention weight of “{word}” {source}",
            word = shortened(token, 12),
            source
        );
        marks.push(self.text([area.at[0], area.at[1] + 0.5 * LINE_PX], caption, Anchor::Start));
        let scale = format!("±{}", number(end));
        marks.push(self.text([area.at[0], area.at[1] + 1.5 * LINE_PX], scale, Anchor::Start));
        // Every token where there is room, else every so many.
        let every = (12.0 / step).ceil().max(1.0) as usize;
        for index in (0..values.len()).step_by(every) {
            over.push(Mark::Text {
                at: [left + step * index as f32, bottom + LABEL_PX],
                text: shortened(&self.labels[source + index], 7),
                size_px: TEXT_PX,
                fill: if source + index == self.cursor.pos { palette.ink } else { palette.ink_3 },
                anchor: Anchor::Start,
                turn: Turn::Quarter,
                bold: source + index == self.cursor.pos,
            });
        }
        Layers { marks, over }
    }

    /// The position of the point of the curve that is nearest, where the pointer is over the curve.
    pub fn hit(&self, n_values: usize, [x, y]: [f32; 2]) -> Option<usize> {
        let area = self.areas()[1];
        let inside = [x - area.at[0], y - area.at[1]];
        let is_there = (0..2).all(|it| (0.0..=area.size[it]).contains(&inside[it]));
        let source = self.labels.len().checked_sub(n_values)?;
        let step = (area.size[0] - 16.0).max(1.0) / (n_values.max(2) - 1) as f32;
        let index = ((inside[0] - 8.0) / step).round().max(0.0) as usize;
        is_there.then(|| source + index.min(n_values.saturating_sub(1)))
    }

    fn text(&self, at: [f32; 2], text: String, anchor: Anchor) -> Mark {
        let fill = self.palette.ink_2;
        Mark::Text { at, text, size_px: TEXT_PX, fill, anchor, turn: Turn::None, bold: false }
    }
}

#[cfg(test)]
mod tests {
    use trace::NamedArray;

    use super::*;
    use crate::view::Theme;

    fn made(values: Vec<f32>, n_pos: usize, n_values: usize) -> Eigenvalues {
        let dims = [(Axis::Pos, n_pos), (Axis::Rank, n_values), (Axis::Plane, 2)];
        Eigenvalues { layer: 0, head: 0, values: NamedArray::new(values, &dims).unwrap() }
    }

    fn view(labels: &[String], pos: usize) -> EigenvaluesView<'_> {
        let cursor = Cursor { pos, ..Cursor::default() };
        EigenvaluesView {
            labels,
            cursor,
            palette: Palette::of(Theme::Light),
            size_px: [600.0, 300.0],
        }
    }

    /// Places of the strong dots.
    fn strong(scene: &Scene) -> Vec<[f32; 2]> {
        let dots = scene.all().filter_map(|it| match it {
            Mark::Dot { at, radius, .. } if *radius == 3.5 => Some(*at),
            _ => None,
        });
        dots.collect()
    }

    #[test]
    fn what_moves_with_the_cursor_lies_over_what_stays() {
        let labels = ["a", "b", "c"].map(str::to_owned);
        let eigenvalues = made([1.0, 0.0, -0.5, 0.0].repeat(3), 3, 2);
        let at = |pos| eigenvalues_map(&eigenvalues, Some(&[1.0, 0.5, 0.25]), &view(&labels, pos));
        assert_eq!(at(0).marks, at(2).marks);
        assert_ne!(at(0).over, at(2).over);
        assert_eq!(strong(&at(2)).len(), 2);
    }

    #[test]
    fn eigenvalues_stand_where_they_are() {
        let labels = ["a", "b"].map(str::to_owned);
        let eigenvalues = made(vec![1.0, 0.0, -1.0, 0.0, 0.0, 0.5, 0.0, -0.5], 2, 2);
        let [right, left] = strong(&eigenvalues_map(&eigenvalues, None, &view(&labels, 0)))[..]
        else {
            panic!("two dots")
        };
        assert_eq!(right[1], left[1]);
        let radius = 0.5 * (right[0] - left[0]);
        let [up, down] = strong(&eigenvalues_map(&eigenvalues, None, &view(&labels, 1)))[..] else {
            panic!("two dots")
        };
        assert!((down[1] - up[1] - radius).abs() < 1e-3, "half as far apart, one above the other");
        assert!((up[0] - 0.5 * (right[0] + left[0])).abs() < 1e-3);
    }

    #[test]
    fn what_is_no_number_has_no_dot() {
        let labels = ["a".to_owned()];
        let scene = eigenvalues_map(&made(vec![f32::NAN, f32::NAN], 1, 1), None, &view(&labels, 0));
        assert_eq!(strong(&scene).len(), 0);
    }

    #[test]
    fn a_table_says_lengths_and_half_lives() {
        let table = eigenvalues_table(&made(vec![0.0, 0.5, -1.0, 0.0], 1, 2), 0);
        assert_eq!(table.rows[0][3..], ["0.500", "1.00"].map(str::to_owned));
        assert_eq!(table.rows[1][1], "−1.00");
        assert_eq!(table.rows[1][4], "—");
        assert!(eigenvalues_spoken(&made(vec![-0.2, 0.0], 1, 1), 0).contains("change sign"));
    }

    #[test]
    fn the_column_of_the_source_is_handed_on() {
        let dims = [(Axis::Head, 1), (Axis::Query, 3), (Axis::Key, 3)];
        let values = vec![1.0, 0.0, 0.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0];
        let mut patterns = Patterns {
            layer: 1,
            heads: vec![2],
            weights: NamedArray::new(values, &dims).unwrap(),
            is_recurrent: vec![true],
        };
        assert_eq!(impulse(&patterns, [1, 2], 1), Some(vec![3.0, 5.0]));
        assert_eq!(impulse(&patterns, [0, 2], 1), None);
        assert_eq!(impulse(&patterns, [1, 0], 1), None);
        patterns.weights = NamedArray::new(vec![f32::NAN; 9], &dims).unwrap();
        assert_eq!(impulse(&patterns, [1, 2], 0), None);
        let labels = ["a", "b", "c"].map(str::to_owned);
        let view = view(&labels, 0);
        assert_eq!(view.hit(2, [590.0, 150.0]), Some(2));
        assert_eq!(view.hit(2, [10.0, 150.0]), None);
    }
}
