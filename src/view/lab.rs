//! How a family of networks does on its puzzle: accuracy against size, a line for each.

use trace::Phenomenon;

use super::{
    Anchor, Mark, Palette, Rgba, Scene, Table, Turn, number,
    puzzle::{Puzzle, Task},
};

const TEXT_PX: f32 = 10.5;
/// Room for the scale on the left, the numbers of items below, and the mark's words above.
const LEFT_PX: f32 = 26.0;
const BOTTOM_PX: f32 = 32.0;
const TOP_PX: f32 = 20.0;
const RIGHT_PX: f32 = 10.0;
/// About the width of the words at the mark.
const MARK_PX: f32 = 76.0;
/// In place of what is not there, and of what is on its way.
const NOTHING: &str = "—";
const ON_ITS_WAY: &str = "arrives…";

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub task: &'static Task,
    /// Whether a row counts as one, and is right where all of it is.
    pub is_whole: bool,
}

/// One network's part of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct LabLine {
    pub name: &'static str,
    /// Sizes with shares of right answers, the smallest first; `None` until they are there.
    pub points: Option<Vec<(usize, f32)>>,
}

impl Measure {
    /// All that can be counted of `tasks`.
    pub fn all(tasks: &'static [Task]) -> Vec<Self> {
        let of = |task: &'static Task| {
            let whole = (task.puzzle == Puzzle::Copying).then_some(Self { task, is_whole: true });
            std::iter::once(Self { task, is_whole: false }).chain(whole)
        };
        tasks.iter().flat_map(of).collect()
    }

    /// What it counts, in a word or two.
    pub fn name(self) -> &'static str {
        if self.is_whole { "all right" } else { self.task.puzzle.items() }
    }

    /// The points of a network, from what its card measured.
    pub fn points(self, measured: &[Phenomenon]) -> Vec<(usize, f32)> {
        let size = |name: &str| {
            let (size, items) = name.split_once(' ')?;
            let (items, is_whole) = match items.strip_suffix(", whole") {
                Some(items) => (items, true),
                None => (items, false),
            };
            let is_this = items == self.task.puzzle.items() && is_whole == self.is_whole;
            is_this.then(|| size.parse::<usize>().ok())?
        };
        let mut points: Vec<_> =
            measured.iter().filter_map(|it| Some((size(&it.name)?, it.accuracy))).collect();
        points.sort_by_key(|it| it.0);
        points
    }
}

/// A line's shape and colour: shape backs up colour.
#[derive(Clone, Copy)]
struct Style {
    place: usize,
    stroke: Rgba,
    paper: Rgba,
    is_chosen: bool,
}

/// What stands for the marker of the line at `place` in a text.
pub fn glyph(place: usize) -> &'static str {
    ["●", "■", "○", "□", "✕"][place % 5]
}

/// The colour of the line at `place`.
pub fn line_colour(place: usize, palette: &Palette) -> Rgba {
    palette.cat[place % palette.cat.len()]
}

impl Style {
    fn marker(self, at: [f32; 2]) -> Vec<Mark> {
        let Self { stroke, paper, .. } = self;
        let radius = if self.is_chosen { 4.5 } else { 3.0 };
        let [x, y] = at;
        let corner = [x - radius, y - radius];
        let size = [2.0 * radius; 2];
        match glyph(self.place) {
            "●" => vec![Mark::Dot { at, radius, fill: stroke, ring: stroke }],
            "○" => vec![Mark::Dot { at, radius, fill: paper, ring: stroke }],
            "■" => vec![Mark::Cell { at: corner, size, fill: stroke }],
            "□" => vec![
                Mark::Cell { at: corner, size, fill: paper },
                Mark::Outline { at: corner, size, width: 1.5, stroke, dashed: false },
            ],
            _ => [[radius, radius], [radius, -radius]]
                .map(|[dx, dy]| Mark::Line {
                    from: [x - dx, y - dy],
                    to: [x + dx, y + dy],
                    width: 1.5,
                    stroke,
                })
                .to_vec(),
        }
    }
}

/// Where sizes and shares stand.
#[derive(Clone, Copy)]
struct Axes {
    size_px: [f32; 2],
    most: f32,
}

impl Axes {
    fn x(self, size: f32) -> f32 {
        LEFT_PX + (self.size_px[0] - LEFT_PX - RIGHT_PX) * size / self.most
    }

    fn y(self, share: f32) -> f32 {
        TOP_PX + (self.size_px[1] - TOP_PX - BOTTOM_PX) * (1.0 - share)
    }

    fn right(self) -> f32 {
        self.size_px[0] - RIGHT_PX
    }
}

/// A line per network, that of `chosen` thick and on top, and where training ended.
pub fn lab_chart(
    lines: &[LabLine],
    measure: Measure,
    chosen: &str,
    palette: &Palette,
    size_px: [f32; 2],
) -> Scene {
    let sizes = sizes_of(lines);
    let trained = measure.task.trained[1];
    let most = sizes.last().copied().unwrap_or(0).max(trained) as f32;
    let axes = Axes { size_px, most };
    let mut marks = ground(axes, trained, palette);
    marks.extend(scales(axes, &sizes, measure, palette));
    let is_chosen = |it: &LabLine| it.name == chosen;
    let rest = lines.iter().enumerate().filter(|it| !is_chosen(it.1));
    for (place, line) in rest.chain(lines.iter().enumerate().filter(|it| is_chosen(it.1))) {
        let stroke = line_colour(place, palette);
        let style = Style { place, stroke, paper: palette.background, is_chosen: is_chosen(line) };
        let points = line.points.iter().flatten();
        let at: Vec<_> =
            points.map(|&(size, share)| [axes.x(size as f32), axes.y(share)]).collect();
        let width = if style.is_chosen { 3.0 } else { 1.5 };
        let piece = |it: &[[f32; 2]]| Mark::Line { from: it[0], to: it[1], width, stroke };
        marks.extend(at.windows(2).map(piece));
        marks.extend(at.into_iter().flat_map(|it| style.marker(it)));
    }
    Scene { size_px, marks }
}

/// What lies beyond training, and the mark where it ended.
fn ground(axes: Axes, trained: usize, palette: &Palette) -> Vec<Mark> {
    let (x, top, bottom) = (axes.x(trained as f32), axes.y(1.0), axes.y(0.0));
    let size = [axes.right() - x, bottom - top];
    let fill = palette.line.with_alpha(0.45);
    let fits_right = x + 4.0 + MARK_PX < axes.size_px[0];
    vec![
        Mark::Cell { at: [x, top], size, fill },
        Mark::Line { from: [x, 2.0], to: [x, bottom], width: 1.0, stroke: palette.ink_3 },
        Mark::Text {
            at: [if fits_right { x + 4.0 } else { x - 4.0 }, 8.0],
            text: format!("trained to {trained}"),
            size_px: TEXT_PX,
            fill: palette.ink_2,
            anchor: if fits_right { Anchor::Start } else { Anchor::End },
            turn: Turn::None,
            bold: false,
        },
    ]
}

fn scales(axes: Axes, sizes: &[usize], measure: Measure, palette: &Palette) -> Vec<Mark> {
    let text = |at: [f32; 2], text: String, anchor: Anchor| Mark::Text {
        at,
        text,
        size_px: TEXT_PX,
        fill: palette.ink_3,
        anchor,
        turn: Turn::None,
        bold: false,
    };
    let rule = |share: f32| Mark::Line {
        from: [LEFT_PX, axes.y(share)],
        to: [axes.right(), axes.y(share)],
        width: 1.0,
        stroke: palette.line_2,
    };
    let shares = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")];
    let mut marks: Vec<Mark> = shares.iter().map(|it| rule(it.0)).collect();
    marks.extend(
        shares.map(|(share, name)| {
            text([LEFT_PX - 5.0, axes.y(share)], name.to_owned(), Anchor::End)
        }),
    );
    let bottom = axes.y(0.0);
    marks.extend(
        sizes
            .iter()
            .map(|it| text([axes.x(*it as f32), bottom + 9.0], it.to_string(), Anchor::Middle)),
    );
    let items = measure.task.puzzle.items().to_owned();
    marks.push(text([(LEFT_PX + axes.right()) / 2.0, bottom + 23.0], items, Anchor::Middle));
    marks
}

/// Sizes that any of `lines` was asked, the smallest first.
fn sizes_of(lines: &[LabLine]) -> Vec<usize> {
    let points = lines.iter().flat_map(|it| it.points.iter().flatten());
    let mut sizes: Vec<usize> = points.map(|it| it.0).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// A share of one in percent, to a tenth.
fn tenths(share: f32) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The share at a size.
fn share_at(line: &LabLine, size: usize) -> Option<f32> {
    line.points.iter().flatten().find(|it| it.0 == size).map(|it| it.1)
}

/// A row per size, a column per network, in percent.
pub fn lab_table(lines: &[LabLine], measure: Measure) -> Table {
    let names = lines.iter().map(|it| it.name);
    let mut table = Table::new(std::iter::once(measure.task.puzzle.items()).chain(names));
    let cell = |size: usize, line: &LabLine| match (share_at(line, size), &line.points) {
        (Some(share), _) => tenths(share),
        (None, Some(_)) => NOTHING.to_owned(),
        (None, None) => ON_ITS_WAY.to_owned(),
    };
    for size in sizes_of(lines) {
        let cells = lines.iter().map(|it| cell(size, it));
        table.rows.push(std::iter::once(size.to_string()).chain(cells).collect());
    }
    table
}

/// Where training ended and at the largest size, in words.
pub fn lab_ends(line: &LabLine, measure: Measure) -> String {
    let Some(points) = &line.points else { return ON_ITS_WAY.to_owned() };
    let most_trained = points.iter().rfind(|it| it.0 <= measure.task.trained[1]);
    let most = points.last().filter(|it| Some(*it) != most_trained);
    let both = [most_trained, most].into_iter().flatten();
    let said: Vec<String> =
        both.map(|(size, share)| format!("{} at {size}", tenths(*share))).collect();
    let items = measure.task.puzzle.items();
    if said.is_empty() { NOTHING.to_owned() } else { format!("{} {items}", said.join(", ")) }
}

/// The picture in a sentence.
pub fn lab_spoken(lines: &[LabLine], measure: Measure, chosen: &str) -> String {
    let line = |it: &LabLine| {
        let here = if it.name == chosen { " (on the page)" } else { "" };
        format!("{}{here} {}", it.name, lab_ends(it, measure))
    };
    let lines: Vec<String> = lines.iter().map(line).collect();
    let what = if measure.is_whole { "rows that are all right" } else { "right answers" };
    let puzzle = measure.task;
    format!(
        "Share of {what} against {}, training ended at {}: {}",
        puzzle.puzzle.items(),
        puzzle.trained[1],
        lines.join("; ")
    )
}

/// The paper's numbers beside ours at the largest size, where it prints some. Ours are scaled as
/// theirs are: 0 for guessing, 1 for all right.
pub fn printed_table(lines: &[LabLine], measure: Measure) -> Option<Table> {
    let printed = measure.task.claim.printed;
    let size = *sizes_of(lines).last().unwrap_or(&0);
    let ours = format!("ours at {size}");
    let mut table = Table::new(["theirs", "scaled", "ours", ours.as_str()]);
    let chance = measure.task.puzzle.chance();
    let scaled = |share: f32| number((share - chance) / (1.0 - chance));
    for (ending, name, value) in printed {
        let is_ours = |it: &&LabLine| it.name.split_once('-').map(|it| it.1) == *ending;
        let ours = ending.and_then(|_| lines.iter().find(is_ours));
        let value_here = ours.map_or_else(
            || NOTHING.to_owned(),
            |it| match &it.points {
                Some(_) => share_at(it, size).map_or_else(|| NOTHING.to_owned(), scaled),
                None => ON_ITS_WAY.to_owned(),
            },
        );
        let name_here = ours.map_or(NOTHING, |it| it.name);
        let cells = [*name, *value, name_here, value_here.as_str()];
        table.rows.push(cells.map(str::to_owned).to_vec());
    }
    (!printed.is_empty()).then_some(table)
}

#[cfg(test)]
mod tests {
    use super::{super::puzzle, *};
    use crate::view::Theme;

    const BOTH: &[Task] = &[puzzle::COPYING, puzzle::RECALL];
    const PARITY: Measure = Measure { task: &puzzle::PARITY, is_whole: false };
    const SIZE_PX: [f32; 2] = [236.0, 200.0];

    fn measured(shares: &[(&str, f32)]) -> Vec<Phenomenon> {
        let of = |&(name, accuracy): &(&str, f32)| Phenomenon {
            name: name.to_owned(),
            accuracy,
            n_cases: 1_000,
        };
        shares.iter().map(of).collect()
    }

    fn family() -> Vec<LabLine> {
        let line = |name, shares: &[f32]| LabLine {
            name,
            points: Some([5, 20, 60].into_iter().zip(shares.iter().copied()).collect()),
        };
        vec![
            line("parity-transformer", &[1.0, 0.534, 0.483]),
            line("parity-gru", &[1.0, 1.0, 1.0]),
            LabLine { name: "parity-mamba", points: None },
            LabLine { name: "parity-deltanet", points: Some(Vec::new()) },
        ]
    }

    #[test]
    fn curves_are_parted_by_what_is_counted() {
        let card = measured(&[
            ("20 letters", 0.99),
            ("20 letters, whole", 0.9),
            ("8 letters", 1.0),
            ("8 pairs", 0.7),
            ("induction", 0.5),
        ]);
        let all = Measure::all(BOTH);
        assert_eq!(
            all.iter().map(|it| it.name()).collect::<Vec<_>>(),
            ["letters", "all right", "pairs"]
        );
        let points: Vec<_> = all.iter().map(|it| it.points(&card)).collect();
        assert_eq!(points[0], [(8, 1.0), (20, 0.99)]);
        assert_eq!(points[1], [(20, 0.9)]);
        assert_eq!(points[2], [(8, 0.7)]);
    }

    #[test]
    fn the_table_has_sizes_and_says_what_is_on_its_way() {
        let table = lab_table(&family(), PARITY);
        assert_eq!(table.headings[..2], ["steps", "parity-transformer"]);
        assert_eq!(table.rows[1], ["20", "53.4 %", "100.0 %", "arrives…", "—"]);
        assert_eq!(table.rows.len(), 3);
    }

    #[test]
    fn the_ends_are_those_of_training_and_of_the_exam() {
        let ends = family().iter().map(|it| lab_ends(it, PARITY)).collect::<Vec<_>>();
        assert_eq!(
            ends,
            [
                "53.4 % at 20, 48.3 % at 60 steps",
                "100.0 % at 20, 100.0 % at 60 steps",
                "arrives…",
                "—"
            ]
        );
        let spoken = lab_spoken(&family(), PARITY, "parity-gru");
        assert!(spoken.contains("training ended at 20: parity-transformer 53.4 %"), "{spoken}");
        assert!(spoken.contains("parity-gru (on the page) 100.0 %"), "{spoken}");
    }

    #[test]
    fn printed_numbers_stand_beside_ours_on_one_scale() {
        let table = printed_table(&family(), PARITY).unwrap();
        assert_eq!(table.headings[3], "ours at 60");
        assert_eq!(table.rows[0], ["Transformer", "0.022", "parity-transformer", "−0.034"]);
        assert_eq!(table.rows[1], ["Mamba [0, 1]", "0.000", "parity-mamba", "arrives…"]);
        assert_eq!(table.rows[2], ["Mamba [−1, 1]", "1.000", "—", "—"]);
        assert_eq!(table.rows[4], ["DeltaNet [−1, 1]", "1.000", "—", "—"]);
        assert_eq!(table.rows[5], ["sLSTM", "1.000", "parity-gru", "1.00"]);
        let copying = Measure { task: &BOTH[0], is_whole: true };
        assert_eq!(printed_table(&[], copying), None);
    }

    #[test]
    fn the_chosen_line_is_thick_and_training_is_marked() {
        let palette = Palette::of(Theme::Light);
        let scene = lab_chart(&family(), PARITY, "parity-gru", palette, SIZE_PX);
        let thick = scene.marks.iter().filter_map(|it| match it {
            Mark::Line { width, stroke, .. } if *width == 3.0 => Some(*stroke),
            _ => None,
        });
        assert_eq!(thick.collect::<Vec<_>>(), [line_colour(1, palette); 2]);
        // A third of the way from 0 to 60.
        let x = LEFT_PX + (SIZE_PX[0] - LEFT_PX - RIGHT_PX) / 3.0;
        let is_mark = |it: &Mark| matches!(it, Mark::Line { from, to, .. } if from[0] == to[0] && (from[0] - x).abs() < 0.01);
        assert!(scene.marks.iter().any(is_mark));
        let has = |wanted: &str| {
            scene.marks.iter().any(|it| matches!(it, Mark::Text { text, .. } if text == wanted))
        };
        assert!(["trained to 20", "60", "steps", "0.5"].into_iter().all(has));
    }

    #[test]
    fn a_figure_without_numbers_still_says_where_training_ended() {
        let scene = lab_chart(&[], PARITY, "", Palette::of(Theme::Dark), SIZE_PX);
        let numbers = scene.marks.iter().filter_map(|it| match it {
            Mark::Line { from, to, .. } => Some([*from, *to].concat()),
            _ => None,
        });
        assert!(numbers.flatten().all(f32::is_finite));
    }
}
