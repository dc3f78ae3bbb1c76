//! A metric per network or component: bars to the right, grouped or with parts.

use trace::{Frame, Role};

use super::{
    super::{Anchor, Mark, Rgba, Scene},
    Look, Place, Plot, Step,
    axis::{Axis, ends_of, is_log, tick_text, value_ends},
    next_in_grid,
    parts::{Area, LINE_PX, bold, fitted, legend, no_values, tag, text, thinned, width_of},
    words::{format_of, value_text},
};

/// Room below for ticks, and for what is measured.
const TICKS_PX: f32 = 17.0;
const TITLE_PX: f32 = 14.0;
const LEGEND_PX: f32 = 18.0;
/// A bar is at most so high, and takes at least so much room.
const BAR_PX: f32 = 16.0;
const LEAST_PX: f32 = 3.0;

/// Bars of a frame.
pub(super) struct Bars<'a> {
    frame: &'a Frame,
    look: Look<'a>,
    is_stacked: bool,
    area: Area,
    axis: Axis,
    /// How many rows are drawn; the table has all.
    n_shown: usize,
    /// The height of a row, and of a bar in it.
    slot: f32,
    bar: f32,
}

impl<'a> Bars<'a> {
    /// Bars with the columns side by side, or one on another.
    pub(super) fn new(frame: &'a Frame, look: Look<'a>, is_stacked: bool) -> Self {
        let [n_rows, n_columns] = frame.size();
        let [width, height] = look.size_px;
        let rows: Vec<usize> = (0..n_rows).collect();
        let names = rows.iter().map(|row| width_of(frame.rows().entry_name(*row), true));
        let names_px = (names.fold(0.0, f32::max) + 10.0).min(width * 0.34);
        let values = rows.iter().map(|row| width_of(&sum_text(frame, *row, is_stacked), false));
        let has_values = is_stacked || n_columns == 1;
        let widest = values.fold(0.0, f32::max) + 10.0;
        let values_px = if has_values { widest.min(width * 0.25) } else { 8.0 };
        let top = if 1 < n_columns { LEGEND_PX + 4.0 } else { 6.0 };
        let below = TICKS_PX + if 120.0 < height { TITLE_PX } else { 0.0 };
        let area = Area { left: names_px, top, right: width - values_px, bottom: height - below };
        let area = area.within(look.size_px);
        let n_bars = if is_stacked { 1 } else { n_columns.max(1) };
        let least = (LEAST_PX * n_bars as f32 + 2.0).max(if n_rows < 2 { 1.0 } else { 7.0 });
        let n_shown = n_rows.min((area.height() / least).floor().max(1.0) as usize);
        let slot = (area.height() / n_shown.max(1) as f32).min(60.0 + 14.0 * n_bars as f32);
        let bar = (slot * 0.7 / n_bars as f32).min(BAR_PX);
        let ends = if is_stacked { stack_ends(frame) } else { value_ends(frame, &rows, true) };
        let is_log = !is_stacked && is_log(frame, &rows);
        let axis = Axis::new(ends, [area.left, area.right], is_log);
        Self { frame, look, is_stacked, area, axis, n_shown, slot, bar }
    }

    /// Where bars begin: at zero, or at the left on a logarithmic axis.
    fn zero(&self) -> f32 {
        self.axis.at(0.0).unwrap_or(self.area.left).clamp(self.area.left, self.area.right)
    }

    fn middle(&self, row: usize) -> f32 {
        self.area.top + self.slot * (row as f32 + 0.5)
    }

    /// The upper edge of a bar.
    fn top_of(&self, row: usize, column: usize) -> f32 {
        let n_bars = if self.is_stacked { 1 } else { self.frame.size()[1].max(1) };
        let place = if self.is_stacked { 0 } else { column };
        self.middle(row) + self.bar * (place as f32 - n_bars as f32 / 2.0)
    }

    fn hue(&self, row: usize, column: usize) -> Rgba {
        if 1 < self.frame.size()[1] {
            return self.look.class_hue(column);
        }
        self.look.hue(self.frame, row)
    }

    /// From where to where a bar or a part reaches, in pixels; `None` where there is no value.
    fn reach(&self, row: usize, column: usize) -> Option<[f32; 2]> {
        let value = self.frame.value(row, column);
        if !self.is_stacked {
            let end = self.axis.at(value)?;
            return Some([self.zero().min(end), self.zero().max(end)]);
        }
        if !value.is_finite() {
            return None;
        }
        // Parts below zero grow to the left.
        let before = (0..column).map(|it| self.frame.value(row, it));
        let same = before.filter(|it| it.is_finite() && (*it < 0.0) == (value < 0.0));
        let from = same.sum::<f32>();
        let ends = [self.axis.at(from)?, self.axis.at(from + value)?];
        Some([ends[0].min(ends[1]), ends[0].max(ends[1])])
    }

    fn bar_marks(&self, row: usize, column: usize) -> Vec<Mark> {
        let palette = self.look.palette;
        let y = self.top_of(row, column);
        let Some([from, to]) = self.reach(row, column) else {
            if self.is_stacked {
                return Vec::new();
            }
            let size = [28.0f32.min(self.area.width()), self.bar.max(5.0)];
            let at = [self.zero().min(self.area.right - size[0]), y];
            return vec![Mark::Hatch { at, size, stroke: palette.line_2 }];
        };
        let hue = self.hue(row, column);
        // A value of zero is a line, not nothing.
        let (at, size) = ([from, y], [(to - from).max(1.0), self.bar]);
        let is_control = self.frame.rows().entries[row].role.is_control();
        let mut marks = if is_control {
            let outline = Mark::Outline { at, size, width: 1.0, stroke: hue, dashed: true };
            vec![Mark::Cell { at, size, fill: hue.with_alpha(0.25) }, outline]
        } else {
            vec![Mark::Cell { at, size, fill: hue }]
        };
        if !self.is_stacked {
            marks.extend(self.whisker(row, column));
            marks.extend(self.tick_of_theirs(row, column));
        } else if 4.0 < size[0] && 0 < column {
            let (from, to) = ([from, y], [from, y + self.bar]);
            marks.push(Mark::Line { from, to, width: 1.0, stroke: palette.background });
        }
        marks
    }

    fn whisker(&self, row: usize, column: usize) -> Vec<Mark> {
        let Some([low, high]) = self.frame.interval(row, column) else { return Vec::new() };
        let ends = [self.axis.at(low).or(Some(self.area.left)), self.axis.at(high)];
        let [Some(low), Some(high)] = ends else { return Vec::new() };
        let y = self.top_of(row, column) + self.bar / 2.0;
        let half = (self.bar / 4.0).clamp(1.0, 4.0);
        let stroke = self.look.palette.ink;
        let line = |from, to| Mark::Line { from, to, width: 1.0, stroke };
        let end = |x: f32| line([x, y - half], [x, y + half]);
        vec![line([low, y], [high, y]), end(low), end(high)]
    }

    /// The paper's value: a tick across the bar, in ink on paper.
    fn tick_of_theirs(&self, row: usize, column: usize) -> Vec<Mark> {
        let theirs = self.frame.theirs(row, column);
        let Some(x) = theirs.and_then(|it| self.axis.at(it)) else { return Vec::new() };
        let palette = self.look.palette;
        let y = self.top_of(row, column);
        let (from, to) = ([x, (y - 3.0).max(0.0)], [x, y + self.bar + 3.0]);
        let mut marks = vec![
            Mark::Line { from, to, width: 4.0, stroke: palette.background },
            Mark::Line { from, to, width: 2.0, stroke: palette.ink },
        ];
        let room = self.slot - self.bar;
        if self.frame.size()[1] == 1 && 2.0 * LINE_PX < room {
            let value = value_text(theirs.unwrap_or(f32::NAN), format_of(self.frame, row));
            let words = tr!("paper {value}", value);
            let half = width_of(&words, false) / 2.0;
            let right = self.look.size_px[0] - half;
            let at = [x.clamp(half.min(right), right), y + self.bar + 3.0 + LINE_PX / 2.0];
            marks.push(text(at, words, palette.ink_2, Anchor::Middle));
        }
        marks
    }

    /// Grid, ticks, what is measured, names and values.
    fn ground(&self) -> Vec<Mark> {
        let Self { area, look, frame, .. } = self;
        let palette = look.palette;
        let ticks = self.axis.ticks(60.0);
        let format = frame.quantity().format;
        let tick = |it: &f32| Some((self.axis.at(*it)?, tick_text(*it, &ticks, format)));
        let texts: Vec<_> = ticks.iter().filter_map(tick).collect();
        let line = |x: f32, stroke| Mark::Line {
            from: [x, area.top],
            to: [x, area.bottom],
            width: 1.0,
            stroke,
        };
        let mut marks: Vec<Mark> = texts.iter().map(|it| line(it.0, palette.line)).collect();
        marks.push(line(self.zero(), palette.line_2));
        let y = area.bottom + 9.0;
        marks.extend(
            thinned(&texts, [0.0, look.size_px[0]])
                .into_iter()
                .map(|(x, it)| text([x, y], it, palette.ink_3, Anchor::Middle)),
        );
        if TICKS_PX + TITLE_PX - 1.0 < look.size_px[1] - area.bottom {
            let title = look.axis_title(frame);
            let rest = frame.size()[0] - self.n_shown;
            let more =
                if rest == 0 { String::new() } else { tr!("{rest} more in the table", rest) };
            let room = look.size_px[0] - width_of(&more, false) - 16.0;
            let title = fitted(&title, room, false);
            marks.push(text([4.0, y + TITLE_PX], title, palette.ink_3, Anchor::Start));
            let right = [look.size_px[0] - 4.0, y + TITLE_PX];
            marks.push(text(right, more, palette.ink_2, Anchor::End));
        }
        if 1 < frame.size()[1] {
            let names = (0..frame.size()[1]).map(|column| {
                (frame.columns().entry_name(column).to_owned(), look.class_hue(column))
            });
            let names: Vec<_> = names.collect();
            marks.extend(legend(&names, [4.0, 9.0], look.size_px[0], palette));
        }
        marks.extend(self.names());
        marks
    }

    fn names(&self) -> Vec<Mark> {
        let Self { area, look, frame, .. } = self;
        let palette = look.palette;
        let every = (LINE_PX / self.slot).ceil().max(1.0) as usize;
        let mut marks = Vec::new();
        for row in (0..self.n_shown).step_by(every) {
            let y = self.middle(row);
            let is_measured = frame.rows().entries[row].role == Role::Measured;
            let name = fitted(frame.rows().entry_name(row), area.left - 8.0, is_measured);
            let at = [area.left - 6.0, y];
            marks.push(match is_measured {
                true => bold(at, name, palette.ink, Anchor::End),
                false => text(at, name, palette.ink_2, Anchor::End),
            });
            let value = sum_text(frame, row, self.is_stacked);
            let value = fitted(&value, look.size_px[0] - area.right - 6.0, false);
            marks.push(text([look.size_px[0] - 2.0, y], value, palette.ink, Anchor::End));
        }
        marks
    }
}

impl Plot for Bars<'_> {
    fn scene(&self) -> Scene {
        let size_px = self.look.size_px;
        let [_, n_columns] = self.frame.size();
        if self.frame.values().iter().all(|value| !value.is_finite()) {
            return Scene::new(size_px, no_values(self.area, self.look.palette, size_px));
        }
        let mut marks = self.ground();
        for row in 0..self.n_shown {
            marks.extend((0..n_columns).flat_map(|column| self.bar_marks(row, column)));
        }
        Scene::new(size_px, marks)
    }

    fn cursor(&self, at: Place) -> Scene {
        let size_px = self.look.size_px;
        let is_outside = self.n_shown <= at.row || self.frame.size()[1] <= at.column;
        let palette = self.look.palette;
        if is_outside {
            return Scene::new(size_px, Vec::new());
        }
        let y = self.top_of(at.row, at.column);
        let [from, to] = self.reach(at.row, at.column).unwrap_or([self.zero(); 2]);
        let [left, right] = [(from - 2.0).max(0.0), (to + 2.0).min(size_px[0])];
        let top = (y - 2.0).max(0.0);
        let size = [right - left, (self.bar + 4.0).min(size_px[1] - top)];
        let outline =
            Mark::Outline { at: [left, top], size, width: 2.0, stroke: palette.ink, dashed: false };
        let value = value_text(self.frame.value(at.row, at.column), format_of(self.frame, at.row));
        // A single value stands at the right already.
        if self.frame.size()[1] == 1 {
            return Scene::new(size_px, vec![outline]);
        }
        let words = format!("{} {value}", self.frame.columns().entry_name(at.column));
        let middle = [right + width_of(&words, true) / 2.0 + 6.0, y + self.bar / 2.0];
        let mut marks = vec![outline];
        marks.extend(tag(middle, &words, palette, size_px));
        Scene::new(size_px, marks)
    }

    fn hit(&self, [x, y]: [f32; 2]) -> Option<Place> {
        let [_, n_columns] = self.frame.size();
        let row = ((y - self.area.top) / self.slot).floor();
        if row < 0.0 || self.n_shown as f32 <= row || n_columns == 0 {
            return None;
        }
        let row = row as usize;
        if !self.is_stacked {
            let place = ((y - self.top_of(row, 0)) / self.bar).floor();
            let column = place.clamp(0.0, n_columns as f32 - 1.0) as usize;
            return Some(Place { row, column });
        }
        let holds =
            |column: &usize| self.reach(row, *column).is_some_and(|it| it[0] <= x && x < it[1]);
        let column = (0..n_columns).find(holds)?;
        Some(Place { row, column })
    }

    fn next(&self, at: Place, step: Step) -> Place {
        next_in_grid(self.frame.size(), at, step)
    }
}

/// The ends of stacked parts.
fn stack_ends(frame: &Frame) -> [f32; 2] {
    let [n_rows, n_columns] = frame.size();
    let sum = |row: usize, is_negative: bool| {
        let values = (0..n_columns).map(|column| frame.value(row, column));
        values.filter(|it| it.is_finite() && (*it < 0.0) == is_negative).sum::<f32>()
    };
    let sums = (0..n_rows).flat_map(|row| [sum(row, true), sum(row, false)]);
    let ends = ends_of(sums.chain(std::iter::once(0.0)), false);
    if ends[0] == ends[1] { [0.0, 1.0] } else { ends }
}

/// What is written at the right of a row: its value, or the sum of its parts.
fn sum_text(frame: &Frame, row: usize, is_stacked: bool) -> String {
    let n_columns = frame.size()[1];
    let format = format_of(frame, row);
    if n_columns == 1 {
        return value_text(frame.value(row, 0), format);
    }
    if !is_stacked {
        return String::new();
    }
    let values = (0..n_columns).map(|column| frame.value(row, column));
    let sound: Vec<f32> = values.filter(|it| it.is_finite()).collect();
    if sound.is_empty() { "—".to_owned() } else { value_text(sound.iter().sum(), format) }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{look, named, sinks, texts_of},
        *,
    };
    use crate::view::{Palette, Theme};

    fn light() -> Look<'static> {
        look(Palette::of(Theme::Light))
    }

    fn width(bars: &Bars<'_>, row: usize, column: usize) -> f32 {
        bars.reach(row, column).map(|it| it[1] - it[0]).unwrap()
    }

    #[test]
    fn a_value_twice_as_large_has_a_bar_twice_as_long() {
        let frame = named(&["a", "b", "c"], &["v"], &[0.2, 0.4, -0.4]);
        let bars = Bars::new(&frame, light(), false);
        assert!((2.0 * width(&bars, 0, 0) - width(&bars, 1, 0)).abs() < 1e-3);
        let [below, above] = [2, 1].map(|row| bars.reach(row, 0).unwrap());
        assert!((below[1] - above[0]).abs() < 1e-3, "both begin at zero");
    }

    #[test]
    fn the_quantity_is_named_once() {
        let frame = sinks();
        let name = &frame.quantity().name;
        let names = |look| {
            let texts = texts_of(&Bars::new(&frame, look, false).scene());
            texts.iter().filter(|it| it.contains(name)).count()
        };
        assert_eq!(names(light()), 1);
        assert_eq!(names(Look { is_named: true, ..light() }), 0);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let frame = named(&["a", "b"], &["p", "q", "r"], &[1.0, 2.0, 3.0, 2.0, f32::NAN, -1.0]);
        let bars = Bars::new(&frame, light(), true);
        let [first, last] = [bars.reach(0, 0).unwrap(), bars.reach(0, 2).unwrap()];
        let sum: f32 = (0..3).map(|column| width(&bars, 0, column)).sum();
        assert!((last[1] - first[0] - sum).abs() < 1e-3);
        assert!((width(&bars, 0, 0) * 3.0 - width(&bars, 0, 2)).abs() < 1e-2);
        assert_eq!(bars.reach(1, 1), None);
        assert!(bars.reach(1, 2).unwrap()[1] <= bars.reach(1, 0).unwrap()[0] + 1e-3);
        assert!(texts_of(&bars.scene()).contains(&"6.00".to_owned()), "the sum is written");
    }

    #[test]
    fn a_control_is_dashed_and_a_missing_value_hatched() {
        let frame = sinks();
        let scene = Bars::new(&frame, light(), false).scene();
        let count = |is: fn(&Mark) -> bool| scene.marks.iter().filter(|it| is(it)).count();
        assert_eq!(count(|it| matches!(it, Mark::Outline { dashed: true, .. })), 1);
        assert_eq!(count(|it| matches!(it, Mark::Hatch { .. })), 1);
        assert!(texts_of(&scene).contains(&"paper 63.0 %".to_owned()));
    }

    #[test]
    fn every_bar_is_hit_in_its_middle() {
        for is_stacked in [false, true] {
            let frame = named(&["a", "b"], &["p", "q"], &[1.0, 2.0, 3.0, 4.0]);
            let bars = Bars::new(&frame, light(), is_stacked);
            for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let [from, to] = bars.reach(row, column).unwrap();
                let middle = [(from + to) / 2.0, bars.top_of(row, column) + bars.bar / 2.0];
                assert_eq!(bars.hit(middle), Some(Place { row, column }), "{is_stacked}");
            }
            assert_eq!(bars.hit([50.0, 1.0e4]), None);
        }
    }

    #[test]
    fn rows_that_do_not_fit_are_counted() {
        let names: Vec<String> = (0..200).map(|it| format!("network {it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let frame = named(&names, &["v"], &vec![0.5; 200]);
        let bars = Bars::new(&frame, light(), false);
        assert!(10 < bars.n_shown && bars.n_shown < 200);
        let words = format!("{} more in the table", 200 - bars.n_shown);
        assert!(texts_of(&bars.scene()).contains(&words));
    }
}
