//! A metric against size, depth, step or anything else that has an order: a line per row.

use trace::{Frame, MarkKind, Role};

use super::{
    super::{Anchor, Mark, Rgba, Scene},
    Look, N_HUES, Place, Plot, Step,
    axis::{Axis, is_log, mark_place, number_at, rounded, side_axis, tick_text, value_ends},
    labels::{KEY_PX, label_text, labels_width},
    next_in_grid,
    parts::{
        Area, LINE_PX, Stroke, band, bold, fitted, no_values, spread, tag, text, thinned, width_of,
    },
    words::{format_of, value_text, with_unit},
};

/// Room above the lines for what is measured, and below for names of columns and of what they are.
const TOP_PX: f32 = 20.0;
const NAMES_PX: f32 = 18.0;
/// From the axis down to the middle of the names.
const NAMES_BELOW_PX: f32 = 11.0;
/// About so far are ticks of values from one another.
const TICK_PX: f32 = 38.0;
const TITLE_PX: f32 = 14.0;
/// Points are drawn where there are at most so many in a row.
const MOST_POINTS: usize = 60;

/// One plot of lines.
pub(super) struct Curve<'a> {
    frame: &'a Frame,
    look: Look<'a>,
    /// The rows that are drawn.
    rows: Vec<usize>,
    pub(super) area: Area,
    x: Axis,
    y: Axis,
    /// Whether names of columns stand below.
    has_names: bool,
    title: String,
}

impl<'a> Curve<'a> {
    /// All rows in the whole figure.
    pub(super) fn new(frame: &'a Frame, look: Look<'a>) -> Self {
        let rows: Vec<usize> = (0..frame.size()[0]).collect();
        let [width, height] = look.size_px;
        let whole = Area { left: 0.0, top: 0.0, right: width, bottom: height };
        let labels_px = labels_width(frame, &rows, width);
        Self::of(frame, look, rows, (whole, labels_px, true))
    }

    /// Some rows in a part of the figure, with `labels_px` for labels on the right, and with or
    /// without names of columns below.
    pub(super) fn of(
        frame: &'a Frame,
        look: Look<'a>,
        rows: Vec<usize>,
        (part, labels_px, has_names): (Area, f32, bool),
    ) -> Self {
        let is_log = is_log(frame, &rows);
        let mut ends = value_ends(frame, &rows, false);
        if !is_log {
            ends = rounded(ends, ((part.height() - TOP_PX) / TICK_PX).clamp(2.0, 8.0));
        }
        let has_title = has_names && 120.0 < part.height() && !frame.columns().name.is_empty();
        let below = match (has_names, has_title) {
            (false, _) => 6.0,
            (true, false) => NAMES_PX,
            (true, true) => NAMES_PX + TITLE_PX,
        };
        let (top, bottom) = (part.top + TOP_PX, part.bottom - below);
        let y = Axis::new(ends, [bottom, top], is_log);
        let texts = tick_texts(frame, &rows, &y);
        let ticks_px = texts.iter().map(|it| width_of(&it.1, false)).fold(16.0, f32::max);
        let left = part.left + (ticks_px + 8.0).min(part.width() * 0.3);
        let area = Area { left, top, right: part.right - labels_px, bottom };
        let area = area.within(look.size_px);
        let x = side_axis(frame.columns(), [area.left, area.right]);
        let y = Axis::new(ends, [area.bottom, area.top], is_log);
        let unit = rows.first().map_or("", |row| frame.unit(*row));
        let title =
            if unit == frame.quantity().unit { look.axis_title(frame) } else { unit.to_owned() };
        Self { frame, look, rows, area, x, y, has_names, title }
    }

    /// The same plot with its left edge here, so that two plots share their columns' places.
    pub(super) fn with_left(mut self, left: f32) -> Self {
        self.area.left = left.min(self.area.right - 1.0);
        self.x = side_axis(self.frame.columns(), [self.area.left, self.area.right]);
        self
    }

    /// Where a column stands along the axis.
    pub(super) fn x_of(&self, column: usize) -> Option<f32> {
        self.x.at(number_at(self.frame.columns(), column))
    }

    fn point(&self, row: usize, column: usize) -> Option<[f32; 2]> {
        Some([self.x_of(column)?, self.y.at(self.frame.value(row, column))?])
    }

    /// Everything but the cursor.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let mut marks = self.ground();
        if self.has_values() {
            // Findings on top of controls.
            let mut rows = self.rows.clone();
            rows.sort_by_key(|row| self.role(*row) == Role::Measured);
            marks.extend(rows.iter().flat_map(|row| self.band_of(*row)));
            marks.extend(rows.iter().flat_map(|row| self.line_of(*row)));
            marks.extend(self.labels());
        } else {
            marks.extend(no_values(self.area, self.look.palette, self.look.size_px));
        }
        marks
    }

    fn has_values(&self) -> bool {
        let columns = 0..self.frame.size()[1];
        columns.into_iter().any(|it| self.rows.iter().any(|row| self.point(*row, it).is_some()))
    }

    fn role(&self, row: usize) -> Role {
        self.frame.rows().entries.get(row).map_or(Role::Measured, |entry| entry.role)
    }

    /// Axes, ticks, names and what lies beyond training.
    fn ground(&self) -> Vec<Mark> {
        let Self { area, look, .. } = self;
        let palette = look.palette;
        let mut marks = self.side_marks();
        let line = |from, to, stroke| Mark::Line { from, to, width: 1.0, stroke };
        let mut last_y = f32::INFINITY;
        for (y, words) in tick_texts(self.frame, &self.rows, &self.y) {
            marks.push(line([area.left, y], [area.right, y], palette.line));
            let words = fitted(&words, area.left - 5.0, false);
            if LINE_PX <= last_y - y && !words.is_empty() {
                marks.push(text([area.left - 5.0, y], words, palette.ink_3, Anchor::End));
                last_y = y;
            }
        }
        let corner = [area.left, area.bottom];
        marks.push(line([area.left, area.top], corner, palette.line_2));
        marks.push(line(corner, [area.right, area.bottom], palette.line_2));
        let at = [2.0, area.top - TOP_PX + 7.0];
        marks.push(text(at, self.shown_title(), palette.ink_3, Anchor::Start));
        if self.has_names {
            marks.extend(self.names());
        }
        marks
    }

    /// Names of columns, as many as fit, and what they count.
    fn names(&self) -> Vec<Mark> {
        let Self { area, look, frame, .. } = self;
        let side = frame.columns();
        let n_columns = frame.size()[1];
        let is_even = side.scale == trace::Scale::Even;
        let names: Vec<(f32, String)> = if is_even || n_columns <= 12 {
            let entry = |it| Some((self.x_of(it)?, fitted(side.entry_name(it), 80.0, false)));
            (0..n_columns).filter_map(entry).collect()
        } else {
            let ticks = self.x.ticks(60.0);
            let tick =
                |it: &f32| Some((self.x.at(*it)?, tick_text(*it, &ticks, trace::Format::Count)));
            ticks.iter().filter_map(tick).collect()
        };
        let y = area.bottom + NAMES_BELOW_PX;
        let ink = look.palette.ink_3;
        let names = thinned(&names, [0.0, look.size_px[0]]);
        let mut marks: Vec<Mark> =
            names.into_iter().map(|(x, it)| text([x, y], it, ink, Anchor::Middle)).collect();
        if NAMES_PX + TITLE_PX - 1.0 < look.size_px[1] - area.bottom {
            let title = fitted(&with_unit(&side.name, &side.unit), area.width(), false);
            let middle = (area.left + area.right) / 2.0;
            marks.push(text([middle, y + TITLE_PX], title, ink, Anchor::Middle));
        }
        marks
    }

    /// The shown end of training, if there is one.
    fn trained_to(&self) -> Option<(f32, &str)> {
        let side = self.frame.columns();
        let mark = side.marks.iter().find(|mark| mark.kind == MarkKind::TrainedTo)?;
        let x = self.x.at(mark_place(side, mark.at)?)?;
        (self.area.left <= x && x <= self.area.right).then_some((x, mark.name.as_str()))
    }

    /// What is measured, with room beside it for where training ended.
    fn shown_title(&self) -> String {
        let marked = self.trained_to().map_or(0.0, |it| width_of(&self.shown_mark(it.1), false));
        fitted(&self.title, self.look.size_px[0] - marked - 12.0, false)
    }

    fn shown_mark(&self, name: &str) -> String {
        fitted(name, self.look.size_px[0] * 0.5, false)
    }

    /// Shade beyond training and its name; ticks of checkpoints and of changes.
    fn side_marks(&self) -> Vec<Mark> {
        let Self { area, look, frame, .. } = self;
        let palette = look.palette;
        let mut marks = Vec::new();
        if let Some((x, name)) = self.trained_to() {
            let size = [area.right - x, area.height()];
            if 0.0 < size[0] {
                let fill = palette.line.with_alpha(0.45);
                marks.push(Mark::Cell { at: [x, area.top], size, fill });
            }
            let (from, to) = ([x, area.top - 4.0], [x, area.bottom]);
            marks.push(Mark::Line { from, to, width: 1.0, stroke: palette.ink_3 });
            let name = self.shown_mark(name);
            // At its line, as far as the title and the edge leave room.
            let least = 2.0 + width_of(&self.shown_title(), false) + 8.0;
            let most = look.size_px[0] - 2.0 - width_of(&name, false);
            let at = [(x + 4.0).max(least).min(most), area.top - TOP_PX + 7.0];
            marks.push(text(at, name, palette.ink_2, Anchor::Start));
        }
        let side = frame.columns();
        for mark in side.marks.iter().filter(|it| it.kind != MarkKind::TrainedTo) {
            let x = mark_place(side, mark.at).and_then(|at| self.x.at(at));
            let Some(x) = x.filter(|x| area.left <= *x && *x <= area.right) else { continue };
            let is_change = mark.kind == MarkKind::Change;
            let height = if is_change { area.height() } else { 4.0 };
            let stroke = if is_change { palette.line_2 } else { palette.ink_3 };
            let (from, to) = ([x, area.bottom - height], [x, area.bottom]);
            marks.push(Mark::Line { from, to, width: 1.0, stroke });
        }
        marks
    }

    fn band_of(&self, row: usize) -> Vec<Mark> {
        let point = |column: usize| {
            let [low, high] = self.frame.interval(row, column)?;
            self.point(row, column)?;
            let [top, bottom] = [self.y.at(high)?, self.y.at(low)?];
            Some([self.x_of(column)?, top, bottom])
        };
        let points: Vec<_> = (0..self.frame.size()[1]).map(point).collect();
        let hue = self.look.hue(self.frame, row);
        let mut marks = band(&points, hue.with_alpha(0.16));
        // Where there is no band, an interval is a whisker.
        let none = |it: Option<&Option<[f32; 3]>>| it.is_none_or(Option::is_none);
        for (index, point) in points.iter().enumerate() {
            let alone = none(index.checked_sub(1).and_then(|it| points.get(it)))
                && none(points.get(index + 1));
            if let Some([x, top, bottom]) = point.filter(|_| alone) {
                marks.push(Mark::Line { from: [x, top], to: [x, bottom], width: 1.0, stroke: hue });
            }
        }
        marks
    }

    fn line_of(&self, row: usize) -> Vec<Mark> {
        let n_columns = self.frame.size()[1];
        let points: Vec<_> = (0..n_columns).map(|column| self.point(row, column)).collect();
        let hue = self.look.hue(self.frame, row);
        let role = self.role(row);
        let mut marks = Stroke::of(role, hue).through(&points);
        let alone = |index: usize| {
            let is_none =
                |it: Option<usize>| it.and_then(|it| points.get(it)).is_none_or(Option::is_none);
            is_none(index.checked_sub(1)) && is_none(Some(index + 1))
        };
        let shows_all = role == Role::Measured && n_columns <= MOST_POINTS;
        for (index, at) in points.iter().enumerate() {
            if let Some(at) = at.filter(|_| shows_all || alone(index)) {
                marks.extend(self.marker(row, at, hue));
            }
        }
        marks
    }

    /// A point of a line: the second six networks have rings, so that hues may repeat.
    fn marker(&self, row: usize, at: [f32; 2], hue: Rgba) -> Vec<Mark> {
        let round = self.look.order(self.frame, row) / N_HUES;
        let paper = self.look.palette.background;
        match round % 3 {
            0 => vec![Mark::Dot { at, radius: 2.5, fill: hue, ring: hue }],
            1 => vec![Mark::Dot { at, radius: 3.0, fill: paper, ring: hue }],
            _ => vec![Mark::Cell { at: at.map(|it| it - 2.5), size: [5.0; 2], fill: hue }],
        }
    }

    /// Names at the ends of the lines, in ink beside a key in the line's colour and dashes.
    fn labels(&self) -> Vec<Mark> {
        let Self { area, look, frame, .. } = self;
        let left = area.right + 6.0;
        let room = look.size_px[0] - left - KEY_PX - 4.0;
        let last = |row: usize| {
            let mut columns = (0..frame.size()[1]).rev();
            columns.find_map(|column| self.point(row, column).map(|_| column))
        };
        let mut ends: Vec<(usize, usize)> =
            self.rows.iter().filter_map(|row| Some((*row, last(*row)?))).collect();
        ends.sort_by_key(|(row, _)| self.role(*row).is_control());
        let wanted: Vec<f32> =
            ends.iter().map(|end| self.point(end.0, end.1).map_or(0.0, |it| it[1])).collect();
        let places = spread(&wanted, LINE_PX, [area.top, area.bottom]);
        let mut marks = Vec::new();
        for ((row, column), y) in ends.into_iter().zip(places) {
            let Some(y) = y else { continue };
            let role = self.role(row);
            let words = label_text(frame, row, column);
            let words = fitted(&words, room, role == Role::Measured);
            if words.is_empty() {
                continue;
            }
            let key = [[left, y], [left + KEY_PX - 1.0, y]].map(Some);
            marks.extend(Stroke::of(role, look.hue(frame, row)).through(&key));
            let at = [left + KEY_PX + 4.0, y];
            marks.push(match role {
                Role::Measured => bold(at, words, look.palette.ink, Anchor::Start),
                _ => text(at, words, look.palette.ink_2, Anchor::Start),
            });
        }
        marks
    }

    /// The line of a column with a dot on each row, the chosen one in ink.
    pub(super) fn cursor_marks(&self, at: Place, has_tag: bool) -> Vec<Mark> {
        let palette = self.look.palette;
        let Some(x) = self.x_of(at.column) else { return Vec::new() };
        if self.frame.size()[1] <= at.column {
            return Vec::new();
        }
        let (from, to) = ([x, self.area.top], [x, self.area.bottom]);
        let mut marks = vec![Mark::Line { from, to, width: 1.0, stroke: palette.ink }];
        for &row in &self.rows {
            let Some(point) = self.point(row, at.column) else { continue };
            let is_chosen = row == at.row;
            let fill = if is_chosen { palette.ink } else { self.look.hue(self.frame, row) };
            let radius = if is_chosen { 5.0 } else { 3.5 };
            marks.push(Mark::Dot { at: point, radius, fill, ring: palette.background });
        }
        if has_tag && self.rows.contains(&at.row) {
            let value = self.frame.value(at.row, at.column);
            let words = format!(
                "{} {}",
                self.frame.columns().entry_name(at.column),
                value_text(value, format_of(self.frame, at.row))
            );
            let y = self.point(at.row, at.column).map_or(self.area.top, |it| it[1] - 13.0);
            marks.extend(tag([x, y.max(self.area.top)], &words, palette, self.look.size_px));
        }
        marks
    }

    /// The nearest column, and of its values the nearest.
    pub(super) fn nearest(&self, point: [f32; 2]) -> Option<Place> {
        let near = Area {
            left: self.area.left - 8.0,
            right: self.area.right + 8.0,
            top: self.area.top - 8.0,
            bottom: self.area.bottom + 8.0,
        };
        if !near.holds(point) {
            return None;
        }
        let far = |it: Option<f32>, from: f32| it.map_or(f32::INFINITY, |it| (it - from).abs());
        let columns = 0..self.frame.size()[1];
        let column = columns
            .min_by(|a, b| far(self.x_of(*a), point[0]).total_cmp(&far(self.x_of(*b), point[0])))?;
        let y = |row: usize| self.point(row, column).map(|it| it[1]);
        let row = self.rows.iter().copied();
        let row = row.min_by(|a, b| far(y(*a), point[1]).total_cmp(&far(y(*b), point[1])))?;
        Some(Place { row, column })
    }
}

impl Plot for Curve<'_> {
    fn scene(&self) -> Scene {
        Scene::new(self.look.size_px, self.marks())
    }

    fn cursor(&self, at: Place) -> Scene {
        Scene::new(self.look.size_px, self.cursor_marks(at, true))
    }

    fn hit(&self, point: [f32; 2]) -> Option<Place> {
        self.nearest(point)
    }

    fn next(&self, at: Place, step: Step) -> Place {
        next_in_grid(self.frame.size(), at, step)
    }
}

/// Ticks of the values with where they stand, the lowest first.
fn tick_texts(frame: &Frame, rows: &[usize], y: &Axis) -> Vec<(f32, String)> {
    let format = rows.first().map_or(frame.quantity().format, |row| format_of(frame, *row));
    let ticks = y.ticks(TICK_PX);
    let tick = |it: &f32| Some((y.at(*it)?, tick_text(*it, &ticks, format)));
    ticks.iter().filter_map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{look, parity, texts_of},
        *,
    };
    use crate::view::{Palette, Theme};

    fn light() -> &'static Palette {
        Palette::of(Theme::Light)
    }

    #[test]
    fn a_value_twice_as_large_stands_twice_as_high() {
        let frame = parity();
        let curve = Curve::new(&frame, look(light()));
        let height = |share: f32| curve.area.bottom - curve.y.at(share).unwrap();
        assert!((height(0.5) * 2.0 - height(1.0)).abs() < 1e-3);
        assert!((height(1.0) - curve.area.height()).abs() < 1e-3, "all right is the top");
        // Sizes are true to scale, from 0.
        let x = |column: usize| curve.x_of(column).unwrap() - curve.area.left;
        assert!((x(0) * 2.0 - x(1)).abs() < 1e-2, "10 steps are twice as far as 5");
        assert!((x(4) - curve.area.width()).abs() < 1e-2);
    }

    #[test]
    fn lines_are_told_apart_by_hue_and_controls_by_dashes() {
        let frame = parity();
        let curve = Curve::new(&frame, look(light()));
        let pieces = |row: usize| curve.line_of(row).len();
        let control = frame.rows().entries.iter().position(|it| it.role == Role::Chance).unwrap();
        assert_eq!(pieces(0), 4 + 5, "four pieces and five points");
        assert!(20 < pieces(control), "dotted");
        let hues: Vec<_> = (0..4).map(|row| curve.look.hue(&frame, row)).collect();
        assert!(hues.windows(2).all(|it| it[0] != it[1]));
    }

    #[test]
    fn the_end_of_training_and_all_names_are_written() {
        let frame = parity();
        let texts = texts_of(&Curve::new(&frame, look(light())).scene());
        for wanted in ["trained to 20", "parity-gru", "chance 50.0 %", "60", "steps", "100 %"] {
            assert!(texts.iter().any(|it| it == wanted), "{wanted} is not in {texts:?}");
        }
    }

    #[test]
    fn the_cursor_moves_without_the_plot() {
        let frame = parity();
        let curve = Curve::new(&frame, look(light()));
        let cursor = curve.cursor(Place { row: 0, column: 2 });
        assert!(cursor.marks.len() < 20, "a dozen marks, not the plot");
        assert!(texts_of(&cursor).contains(&"20 53.4 %".to_owned()), "{cursor:?}");
        let empty = curve.cursor(Place { row: 0, column: 99 });
        assert!(empty.marks.is_empty());
    }

    #[test]
    fn a_point_hits_the_nearest_value() {
        let frame = parity();
        let curve = Curve::new(&frame, look(light()));
        for (row, column) in [(0, 2), (0, 4), (3, 3)] {
            let [x, y] = curve.point(row, column).unwrap();
            assert_eq!(curve.hit([x + 1.0, y]).map(|it| it.column), Some(column));
            let hit = curve.hit([x, y]).unwrap().row;
            assert_eq!(frame.value(hit, column), frame.value(row, column));
        }
        assert_eq!(curve.hit([curve.area.right + 30.0, curve.area.top]), None);
    }
}
