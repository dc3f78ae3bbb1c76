//! What stands around a figure that is taken away: title, axes, legend, and what made it.

use crate::view::{Anchor, Mark, Palette, Rgba, Scene, Turn};

/// The words and the scale around a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame<'a> {
    /// What the figure is, and of which place.
    pub title: String,
    /// What is seen, and what runs along its sides.
    pub lines: Vec<String>,
    /// What the colours and signs are, from left to right.
    pub legend: Vec<LegendPart>,
    /// Model, prompt and place.
    pub caption: String,
    pub palette: &'a Palette,
}

/// One thing in a legend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegendPart {
    /// A word or a number.
    Words(String),
    /// A word about token A, and one about token B.
    A(String),
    B(String),
    /// A word about the kind that has this one of the hues.
    Kind(usize, String),
    /// The ramp of sizes, and that of signed numbers.
    Sizes,
    Signed,
}

const MARGIN_PX: f32 = 10.0;
const TITLE_PX: f32 = 13.0;
const SMALL_PX: f32 = 10.5;
/// From one line to the next, as a share of the size of letters.
const LINE_EM: f32 = 1.5;
/// No letter's width is known here; this is wider than most.
const LETTER_EM: f32 = 0.56;
/// A figure that is narrower has words as wide as this beneath it.
const LEAST_WIDTH_PX: f32 = 380.0;
const RAMP_PX: [f32; 2] = [96.0, 8.0];

/// A figure on paper with everything around it, and where the figure's top left corner is.
///
/// The paper ends where the figure's marks do, so that the room beside a map is not taken along.
pub fn framed(scene: &Scene, frame: &Frame<'_>) -> (Scene, [f32; 2]) {
    let palette = frame.palette;
    let extent = extent(scene);
    let width = extent[0].max(LEAST_WIDTH_PX);
    let mut sheet = Sheet { marks: Vec::new(), y: MARGIN_PX, width, palette };
    sheet.write(&frame.title, TITLE_PX, palette.ink, true);
    for line in &frame.lines {
        sheet.write(line, SMALL_PX, palette.ink_2, false);
    }
    sheet.y += MARGIN_PX / 2.0;
    let corner = [MARGIN_PX, sheet.y];
    sheet.marks.extend(scene.all().map(|it| moved(it, corner)));
    sheet.y += extent[1] + MARGIN_PX;
    sheet.explain(&frame.legend);
    sheet.write(&frame.caption, SMALL_PX, palette.ink_2, false);
    let size_px = [width + 2.0 * MARGIN_PX, sheet.y + MARGIN_PX / 2.0];
    let paper = Mark::Cell { at: [0.0, 0.0], size: size_px, fill: palette.background };
    let marks = std::iter::once(paper).chain(sheet.marks).collect();
    (Scene::new(size_px, marks), corner)
}

/// What is written from the top down.
struct Sheet<'a> {
    marks: Vec<Mark>,
    /// Where the next line begins.
    y: f32,
    width: f32,
    palette: &'a Palette,
}

impl Sheet<'_> {
    /// A text in as many lines as it takes.
    fn write(&mut self, text: &str, size_px: f32, fill: Rgba, bold: bool) {
        let most = (self.width / (size_px * LETTER_EM)) as usize;
        for line in wrapped(text, most) {
            let at = [MARGIN_PX, self.y + size_px * LINE_EM / 2.0];
            self.marks.push(word(at, line, size_px, fill, bold));
            self.y += size_px * LINE_EM;
        }
    }

    /// The legend, in as many lines as it takes.
    fn explain(&mut self, legend: &[LegendPart]) {
        if legend.is_empty() {
            return;
        }
        let height = SMALL_PX * LINE_EM;
        let mut x = MARGIN_PX;
        for part in legend {
            let room = match part {
                LegendPart::Sizes | LegendPart::Signed => RAMP_PX[0],
                LegendPart::Words(it)
                | LegendPart::A(it)
                | LegendPart::B(it)
                | LegendPart::Kind(_, it) => it.chars().count() as f32 * SMALL_PX * LETTER_EM,
            };
            if MARGIN_PX < x && MARGIN_PX + self.width < x + room {
                (x, self.y) = (MARGIN_PX, self.y + height);
            }
            let at = [x, self.y + height / 2.0];
            match part {
                LegendPart::Words(it) => self.sign(at, it, self.palette.ink_2, false),
                LegendPart::A(it) => self.sign(at, it, self.palette.a, true),
                LegendPart::B(it) => self.sign(at, it, self.palette.b, true),
                LegendPart::Kind(hue, it) => {
                    self.sign(at, it, self.palette.cat[hue % self.palette.cat.len()], true);
                }
                LegendPart::Sizes => self.ramp(at, &self.palette.seq_stops),
                LegendPart::Signed => self.ramp(at, &self.palette.div_stops),
            }
            x += room + 8.0;
        }
        self.y += height + MARGIN_PX / 2.0;
    }

    fn sign(&mut self, at: [f32; 2], text: &str, fill: Rgba, bold: bool) {
        self.marks.push(word(at, text.to_owned(), SMALL_PX, fill, bold));
    }

    /// A ramp in steps, from left to right.
    fn ramp(&mut self, [x, y]: [f32; 2], stops: &[Rgba]) {
        let wide = RAMP_PX[0] / stops.len() as f32;
        for (step, fill) in stops.iter().enumerate() {
            let at = [x + wide * step as f32, y - RAMP_PX[1] / 2.0];
            self.marks.push(Mark::Cell { at, size: [wide, RAMP_PX[1]], fill: *fill });
        }
    }
}

fn word(at: [f32; 2], text: String, size_px: f32, fill: Rgba, bold: bool) -> Mark {
    Mark::Text { at, text, size_px, fill, anchor: Anchor::Start, turn: Turn::None, bold }
}

/// Lines of at most `most` letters, broken between words where that can be.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let most = most.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: String = word.to_owned();
        let has_room = |line: &str, word: &str| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= most
        };
        if !has_room(&line, &word) {
            lines.push(std::mem::take(&mut line));
        }
        // A word longer than a line is broken.
        while most < word.chars().count() {
            let rest = word.chars().skip(most).collect();
            lines.push(word.chars().take(most).collect());
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// How far the marks reach to the right and down, at most the figure's own size; a figure that has
/// none is as large as it says.
fn extent(scene: &Scene) -> [f32; 2] {
    if scene.all().next().is_none() {
        return scene.size_px;
    }
    let ends = scene.all().map(far_corner).filter(|it| it.iter().all(|it| it.is_finite()));
    let far = ends.fold([0.0f32; 2], |all, it| [all[0].max(it[0]), all[1].max(it[1])]);
    [0, 1].map(|side| (far[side] + 4.0).min(scene.size_px[side]))
}

/// The corner of a mark that is farthest to the right and down.
fn far_corner(mark: &Mark) -> [f32; 2] {
    match *mark {
        Mark::Cell { at, size, .. }
        | Mark::Outline { at, size, .. }
        | Mark::Hatch { at, size, .. } => [at[0] + size[0], at[1] + size[1]],
        Mark::Dot { at, radius, .. } => [at[0] + radius, at[1] + radius],
        Mark::Line { from, to, .. } => [from[0].max(to[0]), from[1].max(to[1])],
        Mark::Text { at, ref text, size_px, anchor, turn, .. } => {
            let long = text.chars().count() as f32 * size_px * LETTER_EM;
            let share = match anchor {
                Anchor::Start => 1.0,
                Anchor::Middle => 0.5,
                Anchor::End => 0.0,
            };
            let right = if turn == Turn::Quarter { size_px } else { share * long };
            [at[0] + right, at[1] + size_px]
        }
    }
}

/// A mark as far to the right and down as `by` says.
fn moved(mark: &Mark, by: [f32; 2]) -> Mark {
    let go = |at: &mut [f32; 2]| *at = [at[0] + by[0], at[1] + by[1]];
    let mut mark = mark.clone();
    match &mut mark {
        Mark::Line { from, to, .. } => {
            go(from);
            go(to);
        }
        Mark::Cell { at, .. }
        | Mark::Outline { at, .. }
        | Mark::Hatch { at, .. }
        | Mark::Dot { at, .. }
        | Mark::Text { at, .. } => go(at),
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Theme;

    fn frame(legend: Vec<LegendPart>) -> Frame<'static> {
        Frame {
            title: "Attention L1 · head 1".to_owned(),
            lines: vec!["rows read".to_owned()],
            legend,
            caption: "tales abc “Anna put”".to_owned(),
            palette: Palette::of(Theme::Light),
        }
    }

    fn texts(scene: &Scene) -> Vec<(String, [f32; 2])> {
        let text = |mark: &Mark| match mark {
            Mark::Text { text, at, .. } => Some((text.clone(), *at)),
            _ => None,
        };
        scene.marks.iter().filter_map(text).collect()
    }

    #[test]
    fn a_figure_stands_between_its_title_and_its_caption() {
        let cell = Mark::Cell { at: [1.0, 2.0], size: [3.0, 4.0], fill: Rgba::hex(0xff_00_00) };
        let scene = Scene::new([900.0, 50.0], vec![cell]);
        let legend = vec![LegendPart::Words("0".into()), LegendPart::Sizes];
        let (out, [x, y]) = framed(&scene, &frame(legend));
        let is_at = |mark: &Mark| matches!(mark, Mark::Cell { at, size: [3.0, 4.0], .. } if *at == [x + 1.0, y + 2.0]);
        assert!(out.marks.iter().any(is_at));
        let written = texts(&out);
        let names: Vec<&str> = written.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(names, ["Attention L1 · head 1", "rows read", "0", "tales abc “Anna put”"]);
        assert!(written[..2].iter().all(|it| it.1[1] < y));
        assert!(written[2..].iter().all(|it| y + 6.0 < it.1[1] && it.1[1] < out.size_px[1]));
        // The empty room beside the figure stays behind, and the paper lies under all.
        assert_eq!(out.size_px[0], LEAST_WIDTH_PX + 2.0 * MARGIN_PX);
        let paper = Palette::of(Theme::Light).background;
        assert_eq!(out.marks[0], Mark::Cell { at: [0.0; 2], size: out.size_px, fill: paper });
        let n_steps = Palette::of(Theme::Light).seq_stops.len();
        assert_eq!(out.marks.len(), 1 + 1 + 4 + n_steps);
    }

    #[test]
    fn a_figure_without_marks_keeps_its_room() {
        let scene = Scene::new([600.0, 300.0], Vec::new());
        let (out, [_, y]) = framed(&scene, &frame(Vec::new()));
        assert_eq!(out.size_px[0], 620.0);
        assert!(texts(&out).last().unwrap().1[1] > y + 300.0);
    }

    #[test]
    fn lines_are_broken_between_words_and_no_letter_is_lost() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("éééééééé a", 3), ["ééé", "ééé", "éé", "a"]);
        assert_eq!(wrapped("", 3), Vec::<String>::new());
        let long = "a bb ccc dddd eeeee".repeat(9);
        for most in 1..30 {
            let lines = wrapped(&long, most);
            assert!(lines.iter().all(|it| it.chars().count() <= most), "{most}: {lines:?}");
            let letters = |it: &str| it.chars().filter(|it| *it != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(&long));
        }
    }

    #[test]
    fn a_long_legend_goes_on_in_the_next_line() {
        let words = || LegendPart::Words("a word of some length".to_owned());
        let scene = Scene::default();
        let (out, _) = framed(&scene, &frame(vec![words(), words(), words(), words()]));
        let rows: Vec<f32> = texts(&out)[2..6].iter().map(|it| it.1[1]).collect();
        assert!(rows[0] < rows[3]);
        let right = texts(&out).iter().map(|it| it.1[0]).fold(0.0f32, f32::max);
        assert!(right < out.size_px[0]);
    }
}
