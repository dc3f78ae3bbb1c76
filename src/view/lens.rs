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
        }
    }
    let LensMap { labels, cursor, lock, palette, .. } = *map;
    let height_of = &|it: Cursor| it.depth;
    let upward = UpwardMap { grid, first, height_of, labels, cursor, lock, palette };
    marks.extend(upward.names(|depth| lens.sites.get(depth).map(|it| depth_name(*it))));
    marks.extend(upward.outlines());
    Scene { size_px: map.size_px, marks }
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

/// The readings of the cursor's position, a row per depth, the last on top.
pub fn lens_table(lens: &Lens, vocab: &[String], pos: usize) -> Table {
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
    for (depth, site) in lens.sites.iter().enumerate().rev() {
        let value = |array: &NamedArray| array.get(&[depth, pos]).unwrap_or(f32::NAN);
        let top = lens.top.get(depth * n_pos + pos).and_then(|id| vocab.get(*id as usize));
        table.rows.push(vec![
            depth_name(*site),
            top.map_or_else(String::new, |it| shown_text(it)),
            number(value(&lens.top_prob)),
            number(value(&lens.entropy)),
            number(value(&lens.kl)),
            number(value(&lens.logprob_a)),
            number(value(&lens.logprob_b)),
            format!("{:.0}", value(&lens.rank_a)),
            format!("{:.0}", value(&lens.rank_b)),
        ]);
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
