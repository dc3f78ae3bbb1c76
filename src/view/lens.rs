//! The logit lens as a map: depth upward, positions to the right.

use serde::{Deserialize, Serialize};
use trace::{Lens, NamedArray};

use super::{
    Anchor, Cursor, Grid, Mark, Palette, Rgba, Scene, Table, Turn, attention::shortened,
    depth_name, grid::UpwardMap, ink_on, number, signed, window, words::shown_text,
};

/// What the colour of a cell says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LensMode {
    /// Probability of the top token.
    #[default]
    Prob,
    /// Rank of token A.
    Rank,
    /// Entropy in nats.
    Entropy,
    /// Divergence from the output in nats.
    Kl,
    /// Log-probability of A minus that of B, in nats.
    Ab,
}

impl LensMode {
    /// Every mode with its name as in links, and as on the page.
    pub const ALL: [(LensMode, &'static str, &'static str); 5] = [
        (LensMode::Prob, "prob", text!("top-1")),
        (LensMode::Rank, "rank", text!("rank A")),
        (LensMode::Entropy, "entropy", text!("entropy")),
        (LensMode::Kl, "kl", text!("KL")),
        (LensMode::Ab, "ab", text!("A − B")),
    ];

    /// The readings of this mode, `[depth, pos]`.
    pub fn values(self, lens: &Lens) -> Vec<f32> {
        match self {
            LensMode::Prob => lens.top_prob.values().to_vec(),
            LensMode::Rank => lens.rank_a.values().to_vec(),
            LensMode::Entropy => lens.entropy.values().to_vec(),
            LensMode::Kl => lens.kl.values().to_vec(),
            LensMode::Ab => {
                let pairs = lens.logprob_a.values().iter().zip(lens.logprob_b.values());
                pairs.map(|(a, b)| a - b).collect()
            }
        }
    }

    /// The value at the end of the ramp, for these readings.
    pub fn end(self, values: &[f32], d_vocab: usize) -> f32 {
        let largest = values.iter().fold(0.0f32, |best, it| best.max(it.abs()));
        match self {
            LensMode::Prob => 1.0,
            LensMode::Rank => d_vocab.saturating_sub(1).max(1) as f32,
            LensMode::Entropy => (d_vocab.max(2) as f32).ln(),
            LensMode::Kl | LensMode::Ab => largest.max(1.0).ceil(),
        }
    }

    /// The colour of a reading. A better rank is a stronger colour.
    pub fn shade(self, value: f32, end: f32, palette: &Palette) -> Rgba {
        match self {
            LensMode::Ab => palette.div((value / end).clamp(-1.0, 1.0)),
            LensMode::Rank => palette.seq(1.0 - (value + 1.0).ln() / (end + 1.0).ln()),
            _ => palette.seq((value / end).clamp(0.0, 1.0)),
        }
    }

    /// A reading as text.
    pub fn text(self, value: f32) -> String {
        match self {
            LensMode::Rank => format!("{value:.0}"),
            LensMode::Ab => signed(value),
            _ => number(value),
        }
    }

    /// What the ramp measures.
    pub fn unit(self) -> &'static str {
        match self {
            LensMode::Prob => tr!("probability of the top token"),
            LensMode::Rank => tr!("rank of A, 0 is first, log scale"),
            LensMode::Entropy => tr!("entropy, nats"),
            LensMode::Kl => tr!("KL from the output, nats"),
            LensMode::Ab => tr!("log-probability A − B, nats"),
        }
    }
}

/// What a lens map shows besides the readings.
#[derive(Clone, Copy, Debug)]
pub struct LensMap<'a> {
    pub mode: LensMode,
    /// The same of the run as trained, where a program makes another of it.
    pub unchanged: Option<&'a Lens>,
    /// The text of every token of the vocabulary.
    pub vocab: &'a [String],
    pub labels: &'a [String],
    pub cursor: Cursor,
    pub lock: Cursor,
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
}

const LEFT_PX: f32 = 44.0;
/// Room for the last label, which slants out to the right.
pub(super) const RIGHT_PX: f32 = 26.0;
/// Room above the cells; panels beside this one keep the same, so that rows are at one height.
pub(super) const TOP_PX: f32 = 40.0;
/// The least width of a cell that holds a word.
const CELL_PX: f32 = 38.0;

impl LensMap<'_> {
    /// Where the cells stand, and the first position that is shown.
    pub fn grid(&self, n_depths: usize) -> (Grid, usize) {
        let room = (self.size_px[0] - LEFT_PX - RIGHT_PX).max(0.0);
        let most = (room / CELL_PX).floor().max(1.0) as usize;
        let (first, shown) = window(self.labels.len(), most, self.lock.pos);
        let width = room / shown.max(1) as f32;
        let cell = [width.min(64.0), row_height(self.size_px[1], n_depths)];
        (Grid { origin: [LEFT_PX, TOP_PX], cell, n_columns: shown, n_rows: n_depths }, first)
    }
}

/// The height of a row of depth in a figure of this height.
pub(super) fn row_height(height_px: f32, n_depths: usize) -> f32 {
    ((height_px - TOP_PX) / n_depths.max(1) as f32).max(4.0)
}

/// Top tokens, coloured as the mode says.
pub fn lens_map(lens: &Lens, map: &LensMap<'_>) -> Scene {
    let n_depths = lens.sites.len();
    let n_pos = map.labels.len();
    let (grid, first) = map.grid(n_depths);
    let values = map.mode.values(lens);
    let end = map.mode.end(&values, map.vocab.len());
    let mut marks = Vec::new();
    for row in 0..n_depths {
        let depth = n_depths - 1 - row;
        for column in 0..grid.n_columns {
            let at = depth * n_pos + first + column;
            let (Some(&value), Some(&top)) = (values.get(at), lens.top.get(at)) else {
                let size = grid.cell;
                let stroke = map.palette.line_2;
                marks.push(Mark::Hatch { at: grid.corner(row, column), size, stroke });
                continue;
            };
            let fill = map.mode.shade(value, end, map.palette);
            let [x, y] = grid.corner(row, column);
            let size = [grid.cell[0] - 1.0, grid.cell[1] - 1.0];
            marks.push(Mark::Cell { at: [x, y], size, fill });
            let word = map.vocab.get(top as usize).map_or("", String::as_str);
            marks.extend(words_in(&grid, (row, column), word, &map.mode.text(value), fill));
            let before = top_of(map.unchanged, lens, depth, first + column);
            if before.is_some_and(|it| it.0 != top) {
                marks.push(corner([x + size[0], y], size, ink_on(fill)));
            }
        }
    }
    let LensMap { labels, cursor, lock, palette, .. } = *map;
    let height_of = &|it: Cursor| it.depth;
    let upward = UpwardMap { grid, first, height_of, labels, cursor, lock, palette };
    let mut over = upward.names(|depth| lens.sites.get(depth).map(|it| depth_name(*it)));
    over.extend(upward.outlines());
    Scene { over, ..Scene::new(map.size_px, marks) }
}

/// The top token of the run as trained where this run's lens has a depth and a position, and its
/// probability.
pub fn top_of(
    unchanged: Option<&Lens>,
    lens: &Lens,
    depth: usize,
    pos: usize,
) -> Option<(u32, f32)> {
    let unchanged = unchanged?;
    let depth = counterpart(unchanged, lens, depth)?;
    let n_pos = unchanged.top_prob.dims().last()?.1;
    let top = unchanged.top.get(depth * n_pos + pos).filter(|_| pos < n_pos)?;
    Some((*top, unchanged.top_prob.get(&[depth, pos])?))
}

/// The depth of another run's lens that is the same place: blocks may run in another order there.
pub(super) fn counterpart(other: &Lens, lens: &Lens, depth: usize) -> Option<usize> {
    let site = lens.sites.get(depth)?;
    other.sites.iter().position(|it| it == site)
}

/// How many of a lens's cells have another top token than the run as trained, of how many that both
/// have.
pub fn n_changed(unchanged: &Lens, lens: &Lens) -> [usize; 2] {
    let n_pos = lens.top_prob.dims().last().map_or(1, |it| it.1).max(1);
    let pairs = lens.top.iter().enumerate().filter_map(|(at, top)| {
        Some((*top, top_of(Some(unchanged), lens, at / n_pos, at % n_pos)?.0))
    });
    pairs.fold([0, 0], |[changed, all], (now, before)| {
        [changed + usize::from(now != before), all + 1]
    })
}

/// A line across the upper right corner of a cell: its top token is another than unchanged.
fn corner([right, top]: [f32; 2], [width, height]: [f32; 2], stroke: Rgba) -> Mark {
    let side = (0.4 * width.min(height)).min(7.0);
    let (from, to) = ([right - side, top + 0.5], [right - 0.5, top + side]);
    Mark::Line { from, to, stroke, width: 1.5 }
}

/// The top token in its cell, and the reading under it where there is room.
fn words_in(
    grid: &Grid,
    (row, column): (usize, usize),
    word: &str,
    value: &str,
    fill: Rgba,
) -> Vec<Mark> {
    if grid.cell[1] < 11.0 {
        return Vec::new();
    }
    let [x, y] = grid.middle(row, column);
    let ink = ink_on(fill);
    let text = |y: f32, text: String, size_px: f32| Mark::Text {
        at: [x - 0.5, y],
        text,
        size_px,
        fill: ink,
        anchor: Anchor::Middle,
        turn: Turn::None,
        bold: false,
    };
    let letters = (grid.cell[0] / 6.2) as usize;
    let word = shortened(&shown_text(word), letters);
    if grid.cell[1] < 30.0 {
        return vec![text(y, word, 10.5)];
    }
    vec![text(y - 6.0, word, 11.0), text(y + 7.0, value.to_owned(), 10.5)]
}

/// Divergence in nats above which the raw lens is not to be trusted: at one nat the output's own
/// choice keeps, in the geometric mean, a share of 1/e.
const FAR_NATS: f32 = 1.0;

/// The lowest depth from which on the lens stays near the output at this position, or `None`
/// where it is near at all depths.
pub fn unreliable_before(lens: &Lens, pos: usize) -> Option<usize> {
    let at = |depth: usize| lens.kl.get(&[depth, pos]).unwrap_or(f32::NAN);
    let far = (0..lens.sites.len()).rev().find(|depth| FAR_NATS < at(*depth))?;
    Some(far + 1)
}

/// The readings of the cursor's position, a row per depth, the last on top; beside them those of the
/// run as trained, where it is another.
pub fn lens_table(lens: &Lens, unchanged: Option<&Lens>, vocab: &[String], pos: usize) -> Table {
    let mut table = Table::new([
        tr!("depth"),
        tr!("top token"),
        tr!("probability"),
        tr!("entropy (nats)"),
        tr!("KL from output (nats)"),
        tr!("log p(A)"),
        tr!("log p(B)"),
        tr!("rank A"),
        tr!("rank B"),
    ]);
    let n_pos = lens.top_prob.dims().last().map_or(1, |it| it.1);
    if unchanged.is_some() {
        table
            .headings
            .extend([tr!("top token unchanged"), tr!("its probability")].map(str::to_owned));
    }
    let word = |id: u32| vocab.get(id as usize).map_or_else(String::new, |it| shown_text(it));
    for (depth, site) in lens.sites.iter().enumerate().rev() {
        let value = |array: &NamedArray| array.get(&[depth, pos]).unwrap_or(f32::NAN);
        let top = lens.top.get(depth * n_pos + pos);
        let mut row = vec![
            depth_name(*site),
            top.map_or_else(String::new, |it| word(*it)),
            number(value(&lens.top_prob)),
            number(value(&lens.entropy)),
            number(value(&lens.kl)),
            number(value(&lens.logprob_a)),
            number(value(&lens.logprob_b)),
            format!("{:.0}", value(&lens.rank_a)),
            format!("{:.0}", value(&lens.rank_b)),
        ];
        if unchanged.is_some() {
            let before = top_of(unchanged, lens, depth, pos);
            row.push(before.map_or_else(String::new, |it| word(it.0)));
            row.push(number(before.map_or(f32::NAN, |it| it.1)));
        }
        table.rows.push(row);
    }
    table
}

/// The readings of every depth at every position, the last depth on top, as exact as they were
/// computed.
pub fn lens_matrix(lens: &Lens, vocab: &[String], labels: &[String]) -> Table {
    let mut table = Table::new([
        tr!("depth"),
        tr!("position"),
        tr!("token"),
        tr!("top token"),
        tr!("probability"),
        tr!("entropy (nats)"),
        tr!("KL from output (nats)"),
        tr!("log p(A)"),
        tr!("log p(B)"),
        tr!("rank of A (0 is first)"),
        tr!("rank of B (0 is first)"),
    ]);
    for (depth, site) in lens.sites.iter().enumerate().rev() {
        for (pos, label) in labels.iter().enumerate() {
            let top = lens.top.get(depth * labels.len() + pos);
            let top = top.and_then(|id| vocab.get(*id as usize));
            let mut row = vec![
                depth_name(*site),
                pos.to_string(),
                label.clone(),
                top.map_or_else(String::new, |it| shown_text(it)),
            ];
            let arrays = [
                &lens.top_prob,
                &lens.entropy,
                &lens.kl,
                &lens.logprob_a,
                &lens.logprob_b,
                &lens.rank_a,
                &lens.rank_b,
            ];
            let value = |it: &NamedArray| it.get(&[depth, pos]).map(|it| it.to_string());
            row.extend(arrays.map(|it| value(it).unwrap_or_default()));
            table.rows.push(row);
        }
    }
    table
}

/// The readings of A and B alone at a position, a row per depth: what the chart draws.
pub fn pair_table(lens: &Lens, [a, b]: [&str; 2], is_rank: bool, pos: usize) -> Table {
    let mut table = Table::new([tr!("depth"), a, b]);
    let [of_a, of_b] =
        if is_rank { [&lens.rank_a, &lens.rank_b] } else { [&lens.logprob_a, &lens.logprob_b] };
    for (depth, site) in lens.sites.iter().enumerate().rev() {
        let value = |array: &NamedArray| {
            let value = array.get(&[depth, pos]).unwrap_or(f32::NAN);
            if is_rank { format!("{value:.0}") } else { number(value) }
        };
        table.rows.push(vec![depth_name(*site), value(of_a), value(of_b)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use trace::{
        Axis::{Depth, Pos},
        LensSite,
    };

    use super::*;
    use crate::view::{ChartKind, Theme, depth_chart};

    fn lens(sites: &[LensSite], top: &[u32]) -> Lens {
        let n_pos = top.len() / sites.len();
        let array = |first: f32| {
            let values = (0..top.len()).map(|it| first - 0.1 * it as f32).collect();
            NamedArray::new(values, &[(Depth, sites.len()), (Pos, n_pos)]).unwrap()
        };
        Lens {
            sites: sites.to_vec(),
            top: top.to_vec(),
            top_prob: array(0.9),
            entropy: array(1.0),
            kl: array(0.0),
            a: 0,
            b: 1,
            logprob_a: array(-1.0),
            logprob_b: array(-2.0),
            rank_a: array(9.0),
            rank_b: array(9.0),
        }
    }

    const ALL: [LensSite; 3] = [LensSite::Embed, LensSite::mid(0), LensSite::post(0)];

    fn words() -> Vec<String> {
        ["barn", "house", "tree"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_cell_whose_token_the_program_changed_has_a_corner() {
        let (now, before) = (lens(&ALL, &[0, 1, 0, 1, 2, 2]), lens(&ALL, &[0, 1, 0, 0, 2, 1]));
        assert_eq!(n_changed(&before, &now), [2, 6]);
        let (vocab, labels) = (words(), words()[..2].to_vec());
        let cursor = Cursor::default();
        let corners = |unchanged: Option<&Lens>| {
            let palette = Palette::of(Theme::Light);
            let map = LensMap {
                mode: LensMode::Prob,
                unchanged,
                vocab: &vocab,
                labels: &labels,
                cursor,
                lock: cursor,
                palette,
                size_px: [300.0, 200.0],
            };
            let is_corner = |it: &&Mark| matches!(it, Mark::Line { width, .. } if *width == 1.5);
            lens_map(&now, &map).marks.iter().filter(is_corner).count()
        };
        assert_eq!([corners(None), corners(Some(&now)), corners(Some(&before))], [0, 0, 2]);
        let table = lens_table(&now, Some(&before), &vocab, 1);
        assert_eq!(table.headings.len(), 11);
        assert_eq!(table.rows[0][9..], ["house".to_owned(), number(0.4)], "the last depth on top");
        assert_eq!(lens_table(&now, None, &vocab, 1).headings.len(), 9);
    }

    #[test]
    fn what_moves_with_the_cursor_lies_over_what_stays() {
        let (now, vocab, labels) =
            (lens(&ALL, &[0, 1, 0, 1, 2, 2]), words(), words()[..2].to_vec());
        let at = |cursor: Cursor| {
            let (lock, palette) = (Cursor::default(), Palette::of(Theme::Light));
            let mode = LensMode::Prob;
            let (vocab, labels, size_px) = (&vocab[..], &labels[..], [300.0, 200.0]);
            let map =
                LensMap { mode, unchanged: None, vocab, labels, cursor, lock, palette, size_px };
            lens_map(&now, &map)
        };
        let [here, there] =
            [0, 1].map(|pos| at(Cursor { pos, depth: 2 * pos, ..Cursor::default() }));
        assert_eq!(here.marks, there.marks);
        assert_ne!(here.over, there.over);
        assert!(here.over.len() < 12 && 6 < here.marks.len());
        assert_eq!(here.all().count(), here.marks.len() + here.over.len());
    }

    #[test]
    fn depths_are_compared_by_what_they_are_where_blocks_run_in_another_order() {
        let without_mlp = [LensSite::Embed, LensSite::post(0)];
        let (now, before) = (lens(&without_mlp, &[0, 2]), lens(&ALL, &[0, 1, 2]));
        assert_eq!(top_of(Some(&before), &now, 1, 0).map(|it| it.0), Some(2));
        assert_eq!(n_changed(&before, &now), [0, 2]);
        assert_eq!(n_changed(&now, &before), [0, 2], "a place that the other lacks does not count");
        assert_eq!(top_of(None, &now, 0, 0), None);
    }

    #[test]
    fn the_chart_dashes_the_run_as_trained() {
        let now = lens(&ALL, &[0, 1, 2]);
        let palette = Palette::of(Theme::Light);
        let lines = |unchanged: Option<&Lens>| {
            let chart =
                depth_chart((&now, unchanged), ChartKind::Logprob, [0, 1], palette, [300.0, 200.0]);
            chart.unwrap().matches("<polyline").count()
        };
        let other = Lens { logprob_a: lens(&ALL, &[0; 3]).logprob_b, ..now.clone() };
        assert!(lines(None) + 2 < lines(Some(&other)), "each dash is a line of its own");
    }
}
