//! What views of frames are put together from: texts with a known width, strokes, bands, labels.

use trace::Role;

use super::super::{Anchor, Mark, Palette, Rgba, Turn, attention::shortened};

/// The size of all texts in frames; smaller ones are not read.
pub(super) const TEXT_PX: f32 = 10.5;
/// From one line of text to the next.
pub(super) const LINE_PX: f32 = 13.0;
/// No letter's width is known here; these are wider than most.
const LETTER_EM: f32 = 0.58;
const BOLD_EM: f32 = 0.62;

/// A rectangle by its edges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Area {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl Area {
    pub(super) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// At least a pixel wide and high, and within a figure.
    pub(super) fn within(self, size_px: [f32; 2]) -> Self {
        let [width, height] = size_px.map(|it| it.max(2.0));
        let left = self.left.clamp(0.0, width - 1.0);
        let top = self.top.clamp(0.0, height - 1.0);
        Self {
            left,
            top,
            right: self.right.clamp(left + 1.0, width),
            bottom: self.bottom.clamp(top + 1.0, height),
        }
    }

    /// Whether the two share more than an edge.
    pub(super) fn touches(&self, it: &Area) -> bool {
        self.left < it.right && it.left < self.right && self.top < it.bottom && it.top < self.bottom
    }

    pub(super) fn holds(&self, [x, y]: [f32; 2]) -> bool {
        self.left <= x && x <= self.right && self.top <= y && y <= self.bottom
    }
}

/// About how wide a text is.
pub(super) fn width_of(text: &str, bold: bool) -> f32 {
    text.chars().count() as f32 * TEXT_PX * if bold { BOLD_EM } else { LETTER_EM }
}

/// A text cut to fit into `room_px`; empty where not even two letters do.
pub(super) fn fitted(text: &str, room_px: f32, bold: bool) -> String {
    let letters = (room_px / width_of("x", bold)).max(0.0) as usize;
    match letters {
        0 | 1 if letters < text.chars().count() => String::new(),
        _ => shortened(text, letters),
    }
}

/// A level text.
pub(super) fn text(at: [f32; 2], text: String, fill: Rgba, anchor: Anchor) -> Mark {
    Mark::Text { at, text, size_px: TEXT_PX, fill, anchor, turn: Turn::None, bold: false }
}

/// A level text in bold.
pub(super) fn bold(at: [f32; 2], text: String, fill: Rgba, anchor: Anchor) -> Mark {
    Mark::Text { at, text, size_px: TEXT_PX, fill, anchor, turn: Turn::None, bold: true }
}

/// A bold text on paper, moved so that all of it lies within the figure.
pub(super) fn tag(at: [f32; 2], words: &str, palette: &Palette, size_px: [f32; 2]) -> Vec<Mark> {
    let words = fitted(words, size_px[0] - 8.0, true);
    let width = width_of(&words, true) + 6.0;
    if words.is_empty() || size_px[1] < LINE_PX {
        return Vec::new();
    }
    let left = (at[0] - width / 2.0).clamp(0.0, (size_px[0] - width).max(0.0));
    let top = (at[1] - LINE_PX / 2.0).clamp(0.0, size_px[1] - LINE_PX);
    let paper = Mark::Cell {
        at: [left, top],
        size: [width, LINE_PX],
        fill: palette.background.with_alpha(0.9),
    };
    let middle = [left + width / 2.0, top + LINE_PX / 2.0];
    vec![paper, bold(middle, words, palette.ink, Anchor::Middle)]
}

/// How a line is broken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Dash {
    Solid,
    Dashed,
    Dotted,
}

impl Dash {
    /// Lengths of a dash and of the gap after it.
    fn lengths(self) -> Option<[f32; 2]> {
        match self {
            Dash::Solid => None,
            Dash::Dashed => Some([3.5, 4.0]),
            Dash::Dotted => Some([0.5, 3.5]),
        }
    }
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) width: f32,
    pub(super) colour: Rgba,
    pub(super) dash: Dash,
}

impl Stroke {
    /// Shape backs up colour: measured lines are solid, controls dashed or dotted.
    pub(super) fn of(role: Role, colour: Rgba) -> Self {
        let (width, dash) = match role {
            Role::Measured => (1.75, Dash::Solid),
            Role::Untrained => (1.75, Dash::Dashed),
            Role::Shuffled => (1.75, Dash::Dotted),
            Role::Chance => (1.0, Dash::Dotted),
            Role::Floor => (1.0, Dash::Dashed),
        };
        Self { width, colour, dash }
    }

    /// A line through `points`, broken where one has no place. Dashes go on around corners.
    pub(super) fn through(self, points: &[Option<[f32; 2]>]) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut done = 0.0;
        for pair in points.windows(2) {
            if let [Some(from), Some(to)] = *pair {
                done = self.piece([from, to], done, &mut marks);
            }
        }
        marks
    }

    /// One straight piece, `done` pixels into the dashes; returns how far they are after it.
    fn piece(self, [from, to]: [[f32; 2]; 2], done: f32, marks: &mut Vec<Mark>) -> f32 {
        let Self { width, colour, dash } = self;
        let line = |from, to| Mark::Line { from, to, width, stroke: colour };
        let length = (to[0] - from[0]).hypot(to[1] - from[1]);
        let Some([on, off]) = dash.lengths().filter(|_| 0.0 < length) else {
            marks.push(line(from, to));
            return done;
        };
        let place = |along: f32| {
            let part = along / length;
            [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part]
        };
        let period = on + off;
        let mut start = -(done % period);
        while start < length {
            let [begin, end] = [start.max(0.0), (start + on).min(length)];
            if begin < end {
                marks.push(line(place(begin), place(end)));
            }
            start += period;
        }
        done + length
    }
}

/// A translucent band between two lines, `[x, upper y, lower y]` each: strips a pixel wide.
pub(super) fn band(points: &[Option<[f32; 3]>], fill: Rgba) -> Vec<Mark> {
    let mut marks = Vec::new();
    for pair in points.windows(2) {
        let [Some(from), Some(to)] = *pair else { continue };
        let [first, last] = [from[0].round() as i32, to[0].round() as i32];
        for x in first..last {
            let part = (x as f32 + 0.5 - from[0]) / (to[0] - from[0]);
            let part = part.clamp(0.0, 1.0);
            let [top, bottom] = [1, 2].map(|it| from[it] + (to[it] - from[it]) * part);
            let size = [1.0, (bottom - top).max(1.0)];
            marks.push(Mark::Cell { at: [x as f32, top], size, fill });
        }
    }
    marks
}

/// Moves places apart so that neighbours are `gap` from one another and all lie between the ends.
/// `wanted` is in order of importance: those for which there is no room are `None`.
pub(super) fn spread(wanted: &[f32], gap: f32, [top, bottom]: [f32; 2]) -> Vec<Option<f32>> {
    let most = ((bottom - top) / gap).floor().max(0.0) as usize + 1;
    let mut kept: Vec<usize> = (0..wanted.len().min(most)).collect();
    kept.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut places = vec![None; wanted.len()];
    let mut least = top;
    for &index in &kept {
        let place = wanted[index].max(least);
        places[index] = Some(place);
        least = place + gap;
    }
    let mut largest = bottom;
    for &index in kept.iter().rev() {
        let place = places[index].map(|it: f32| it.min(largest));
        largest = place.unwrap_or(largest) - gap;
        places[index] = place;
    }
    places
}

/// Texts in a line that do not touch: the first, the last, then those that still find room.
/// Each is the middle and the text; all are kept within `ends`.
pub(super) fn thinned(texts: &[(f32, String)], [left, right]: [f32; 2]) -> Vec<(f32, String)> {
    let last = texts.len().saturating_sub(1);
    let order = [0, last].into_iter().chain(1..last).take(texts.len());
    let mut taken: Vec<[f32; 2]> = Vec::new();
    let mut kept = Vec::new();
    for (middle, words) in order.filter_map(|it| texts.get(it)) {
        let half = width_of(words, false) / 2.0;
        if right - left < 2.0 * half || words.is_empty() || !middle.is_finite() {
            continue;
        }
        let middle = middle.clamp(left + half, right - half);
        let [from, to] = [middle - half - 3.0, middle + half + 3.0];
        if taken.iter().all(|it| to <= it[0] || it[1] <= from) {
            taken.push([from, to]);
            kept.push((middle, words.clone()));
        }
    }
    kept
}

/// A legend in one line from `left`: a key and a name each, as many as there is room for.
pub(super) fn legend(
    names: &[(String, Rgba)],
    [left, y]: [f32; 2],
    right: f32,
    palette: &Palette,
) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut x = left;
    for (name, colour) in names {
        let name = fitted(name, 110.0, false);
        let width = 12.0 + width_of(&name, false);
        if right < x + width {
            break;
        }
        marks.push(Mark::Cell { at: [x, y - 4.0], size: [8.0, 8.0], fill: *colour });
        marks.push(text([x + 12.0, y], name, palette.ink_2, Anchor::Start));
        x += width + 10.0;
    }
    marks
}

/// In place of a plot that has no values.
pub(super) fn no_values(area: Area, palette: &Palette, size_px: [f32; 2]) -> Vec<Mark> {
    let size = [area.width(), area.height()];
    let hatch = Mark::Hatch { at: [area.left, area.top], size, stroke: palette.line_2 };
    let middle = [(area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0];
    std::iter::once(hatch).chain(tag(middle, tr!("no values"), palette, size_px)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Rgba = Rgba::hex(0x123456);

    fn length_of(marks: &[Mark]) -> f32 {
        let length = |mark: &Mark| match mark {
            Mark::Line { from, to, .. } => (to[0] - from[0]).hypot(to[1] - from[1]),
            _ => 0.0,
        };
        marks.iter().map(length).sum()
    }

    #[test]
    fn dashes_go_on_around_corners() {
        let stroke = Stroke { width: 1.0, colour: INK, dash: Dash::Dashed };
        let straight = stroke.through(&[Some([0.0, 0.0]), Some([30.0, 0.0])]);
        let in_pieces: Vec<_> = (0..=10).map(|it| Some([it as f32 * 3.0, 0.0])).collect();
        let pieces = stroke.through(&in_pieces);
        // Four periods of 7.5 with 3.5 inked.
        assert!((length_of(&straight) - 14.0).abs() < 1e-3);
        assert!((length_of(&pieces) - 14.0).abs() < 1e-3);
    }

    #[test]
    fn a_line_is_broken_where_a_point_has_no_place() {
        let stroke = Stroke { width: 1.0, colour: INK, dash: Dash::Solid };
        let points = [Some([0.0, 0.0]), Some([1.0, 0.0]), None, Some([3.0, 0.0]), Some([5.0, 0.0])];
        assert_eq!(length_of(&stroke.through(&points)), 3.0);
    }

    #[test]
    fn a_band_has_no_gap_and_no_overlap() {
        let points = [[0.3, 5.0, 9.0], [7.6, 2.0, 9.0], [20.2, 2.0, 4.0]].map(Some);
        let marks = band(&points, INK);
        let lefts: Vec<f32> = marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Cell { at, size: [1.0, _], .. } => Some(at[0]),
                _ => None,
            })
            .collect();
        assert_eq!(lefts, (0..20).map(|it| it as f32).collect::<Vec<_>>());
        assert!(matches!(marks[19], Mark::Cell { at: [_, top], size: [_, height], .. }
            if top == 2.0 && (2.0..2.3).contains(&height)));
    }

    #[test]
    fn labels_keep_apart_in_order_and_within_the_ends() {
        let places = spread(&[50.0, 52.0, 51.0, -9.0, 400.0], 13.0, [0.0, 100.0]);
        let places: Vec<f32> = places.into_iter().flatten().collect();
        assert_eq!(places.len(), 5);
        assert!(places[0] < places[2] && places[2] < places[1], "order is kept: {places:?}");
        let mut sorted = places;
        sorted.sort_by(f32::total_cmp);
        assert!(sorted.windows(2).all(|it| 13.0 <= it[1] - it[0] + 1e-3), "{sorted:?}");
        assert_eq!((sorted[0], sorted[4]), (0.0, 100.0));
        let few = spread(&[5.0, 6.0, 7.0], 13.0, [0.0, 14.0]);
        assert_eq!(few.iter().flatten().count(), 2, "the last has no room");
        assert_eq!(few[2], None);
    }

    #[test]
    fn texts_in_a_line_do_not_touch_and_keep_the_ends() {
        let texts: Vec<_> = (0..50).map(|it| (it as f32 * 4.0, format!("{it}00"))).collect();
        let kept = thinned(&texts, [0.0, 200.0]);
        assert!(kept.iter().any(|it| it.1 == "000") && kept.iter().any(|it| it.1 == "4900"));
        assert!(5 < kept.len() && kept.len() < 12, "{kept:?}");
        assert!(thinned(&texts, [0.0, 5.0]).is_empty());
    }

    #[test]
    fn long_texts_are_cut_to_their_room() {
        assert_eq!(fitted("abc", 100.0, false), "abc");
        let cut = fitted("a_name_that_has_no_end", 40.0, false);
        assert!(cut.ends_with('…') && width_of(&cut, false) <= 40.0);
        assert_eq!(fitted("abc", 4.0, false), "");
    }
}
