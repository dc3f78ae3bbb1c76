//! How long recurrent heads remember: half-lives by layer, and what a run keeps.

use trace::{Axis, ModelShape, TimeScales};

use super::{label, lasting, layer_height, n_depths};
use crate::view::{
    Anchor, Cursor, Grid, Mark, Palette, Scene, Table,
    lens::{TOP_PX, row_height},
};

/// What half-lives a strip shows.
#[derive(Clone, Copy, Debug)]
pub struct HalfLifeStrip<'a> {
    pub shape: &'a ModelShape,
    pub n_pos: usize,
    pub cursor: Cursor,
    pub lock: Cursor,
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
}

const LEFT_PX: f32 = 30.0;
/// Room for a row's median.
const MEDIAN_PX: f32 = 44.0;
/// What lies beyond the axis stands so far behind its end.
const BEYOND_PX: f32 = 12.0;
/// The end of the axis, in tokens, as a power of two.
const MOST_POWER: i32 = 10;

impl HalfLifeStrip<'_> {
    /// The rows, one per layer with the last on top, as wide as the figure.
    pub fn grid(&self) -> Grid {
        let cell = [self.size_px[0], layer_height(self.shape, self.size_px[1])];
        Grid { origin: [0.0, TOP_PX], cell, n_columns: 1, n_rows: self.shape.n_layers }
    }

    /// Where a number of tokens stands: evenly for each doubling from 1 to 1024, what is less at
    /// the start, and what is more apart at the right edge.
    pub fn place(&self, tokens: f32) -> f32 {
        let width = (self.size_px[0] - LEFT_PX - MEDIAN_PX - BEYOND_PX).max(1.0);
        let power = tokens.max(1.0).log2() / MOST_POWER as f32;
        if 1.0 < power { LEFT_PX + width + BEYOND_PX } else { LEFT_PX + width * power }
    }

    /// The half-lives of a layer's heads at the cursor, of those that have one.
    pub fn half_lives(&self, memory: &TimeScales, layer: usize) -> Vec<(usize, f32)> {
        let n_heads = memory.half_life.size(Axis::Head).unwrap_or(0);
        let at = |head: usize| memory.half_life.get(&[layer, head, self.cursor.pos]);
        (0..n_heads).filter_map(|head| Some((head, at(head).filter(|it| !it.is_nan())?))).collect()
    }

    /// The cursor's layer in a sentence.
    pub fn reading(&self, memory: &TimeScales) -> String {
        let Cursor { layer, head, .. } = self.cursor;
        let lives = self.half_lives(memory, layer);
        let Some(median) = median(&lives) else {
            return tr!("Layer {layer}: {absence}.", layer, absence = self.absence(layer));
        };
        let chosen = lives.iter().find(|it| it.0 == head);
        let median = lasting(median);
        match chosen.map(|it| lasting(it.1)) {
            Some(life) => tr!(
                "Layer {layer}: head {head} {life}, median of heads {median}.",
                layer,
                head,
                life,
                median
            ),
            None => tr!("Layer {layer}: median of heads {median}.", layer, median),
        }
    }

    /// Why a layer has no half-lives.
    fn absence(&self, layer: usize) -> &'static str {
        match self.shape.mixers.get(layer) {
            Some(it) if it.ssm.is_some() => tr!("no half-life"),
            Some(it) if 0 < it.n_attention_heads => tr!("keeps all"),
            _ => tr!("no heads"),
        }
    }

    fn text(&self, at: [f32; 2], text: impl Into<String>, anchor: Anchor) -> Mark {
        label(at, text.into(), anchor).inked(self.palette.ink_3, false)
    }
}

/// A tick for each head's half-life at the cursor's position, and a heavier one for their median.
pub fn half_life_strip(memory: &TimeScales, strip: &HalfLifeStrip<'_>) -> (Scene, Grid) {
    let grid = strip.grid();
    let mut marks = memory_axis(strip, &grid);
    for row in 0..grid.n_rows {
        let layer = grid.n_rows - 1 - row;
        let y = grid.middle(row, 0)[1];
        let is_chosen = layer == strip.cursor.layer;
        let ink = if is_chosen { strip.palette.ink } else { strip.palette.ink_2 };
        let name = label([LEFT_PX - 6.0, y], format!("L{layer}"), Anchor::End);
        marks.push(name.inked(ink, is_chosen));
        let lives = strip.half_lives(memory, layer);
        if let Some(median) = median(&lives) {
            marks.extend(ticks(strip, &grid, row, &lives));
            let at = [strip.size_px[0] - 5.0, y];
            marks.push(label(at, lasting(median), Anchor::End).inked(ink, is_chosen));
        } else {
            marks.extend(memoryless_row(strip, &grid, row));
        }
    }
    let row_of = |it: Cursor| grid.n_rows.checked_sub(1 + it.layer);
    let frame = |row: usize, dashed: bool| Mark::Outline {
        at: grid.corner(row, 0),
        size: grid.cell,
        width: if dashed { 1.5 } else { 1.0 },
        stroke: strip.palette.ink,
        dashed,
    };
    marks.extend(row_of(strip.lock).map(|row| frame(row, false)));
    let preview = row_of(strip.cursor).filter(|it| Some(*it) != row_of(strip.lock));
    marks.extend(preview.map(|row| frame(row, true)));
    (Scene::new(strip.size_px, marks), grid)
}

/// Lines at each doubling with their numbers on top, and one at the prompt's length.
fn memory_axis(strip: &HalfLifeStrip<'_>, grid: &Grid) -> Vec<Mark> {
    let bottom = TOP_PX + grid.size()[1];
    let upright = |x: f32, from: f32, to: f32, stroke| Mark::Line {
        from: [x, from],
        to: [x, to],
        width: 1.0,
        stroke,
    };
    let mut marks = Vec::new();
    let doubling = strip.place(2.0) - strip.place(1.0);
    let every = (26.0 / doubling).ceil().max(1.0) as i32;
    for power in 0..=MOST_POWER {
        let x = strip.place(2f32.powi(power));
        marks.push(upright(x, TOP_PX, bottom, strip.palette.line));
        // At the end stands the sign of what lies beyond.
        if power % every == 0 && power < MOST_POWER {
            let text = if power == 0 { "≤1".to_owned() } else { 2f32.powi(power).to_string() };
            marks.push(strip.text([x, TOP_PX - 8.0], text, Anchor::Middle));
        }
    }
    let beyond = strip.place(f32::INFINITY);
    marks.push(upright(beyond, TOP_PX, bottom, strip.palette.line));
    marks.push(strip.text([beyond, TOP_PX - 8.0], "∞", Anchor::Middle));
    let right = strip.size_px[0] - 5.0;
    marks.push(strip.text([right, TOP_PX - 8.0], tr!("med."), Anchor::End));
    // A longer prompt stands at the end: the place beyond is for what has no number.
    let prompt = strip.place((strip.n_pos as f32).min(2f32.powi(MOST_POWER)));
    let mut y = TOP_PX;
    while y < bottom {
        marks.push(upright(prompt, y, (y + 3.0).min(bottom), strip.palette.ink_2));
        y += 6.0;
    }
    let at = [prompt.clamp(34.0, (right - 34.0).max(34.0)), TOP_PX - 24.0];
    marks.push(strip.text(at, tr!("prompt: {n}", n = strip.n_pos), Anchor::Middle));
    let below = row_height(strip.size_px[1], n_depths(strip.shape));
    if 11.0 <= below {
        marks.push(strip.text(
            [LEFT_PX, bottom + below / 2.0],
            tr!("tokens until half is forgotten"),
            Anchor::Start,
        ));
    }
    marks
}

/// One row's ticks: each head, the cursor's head, the median.
fn ticks(strip: &HalfLifeStrip<'_>, grid: &Grid, row: usize, lives: &[(usize, f32)]) -> Vec<Mark> {
    let layer = grid.n_rows - 1 - row;
    let y = grid.middle(row, 0)[1];
    let tick = |value: f32, width: f32, most: f32, stroke| {
        let half = (0.4 * grid.cell[1]).clamp(1.5, most);
        let x = strip.place(value);
        Mark::Line { from: [x, y - half], to: [x, y + half], width, stroke }
    };
    let is_chosen = |head: usize| (layer, head) == (strip.cursor.layer, strip.cursor.head);
    let mut marks: Vec<Mark> =
        lives.iter().map(|(_, life)| tick(*life, 1.0, 6.0, strip.palette.ink_3)).collect();
    marks.extend(median(lives).map(|it| tick(it, 2.0, 9.0, strip.palette.ink)));
    let chosen = lives.iter().find(|it| is_chosen(it.0));
    marks.extend(chosen.map(|it| tick(it.1, 3.0, 6.0, strip.palette.cat[0])));
    marks
}

/// A row without half-lives: attention keeps all; else hatched.
fn memoryless_row(strip: &HalfLifeStrip<'_>, grid: &Grid, row: usize) -> Vec<Mark> {
    let y = grid.middle(row, 0)[1];
    let layer = grid.n_rows - 1 - row;
    let word = strip.absence(layer);
    let text = strip.text([LEFT_PX, y], word, Anchor::Start);
    let mixer = strip.shape.mixers.get(layer);
    if mixer.is_some_and(|it| it.ssm.is_none() && 0 < it.n_attention_heads) {
        return vec![text];
    }
    let at = [LEFT_PX, grid.corner(row, 0)[1]];
    let size = [strip.place(f32::INFINITY) - LEFT_PX, grid.cell[1] - 1.0];
    let plate = [6.0 * word.len() as f32 + 4.0, 13.0f32.min(size[1])];
    let stroke = strip.palette.line;
    vec![
        Mark::Hatch { at, size, stroke },
        Mark::Cell { at: [at[0], y - plate[1] / 2.0], size: plate, fill: strip.palette.background },
        text,
    ]
}

/// The middle value, or the mean of both; `None` of none.
fn median(lives: &[(usize, f32)]) -> Option<f32> {
    let mut values: Vec<f32> = lives.iter().map(|it| it.1).collect();
    values.sort_by(f32::total_cmp);
    let (upper, lower) = (values.len() / 2, values.len().checked_sub(1)? / 2);
    Some(f32::midpoint(*values.get(lower)?, *values.get(upper)?))
}

/// Half-lives at the cursor's position, head by head; of attention, that it keeps all.
pub fn half_life_table(memory: &TimeScales, strip: &HalfLifeStrip<'_>) -> Table {
    let mut table = Table::new([tr!("layer"), tr!("head"), tr!("half-life (tokens)")]);
    for layer in (0..strip.shape.n_layers).rev() {
        let lives = strip.half_lives(memory, layer);
        let heads = (0..strip.shape.n_heads)
            .filter_map(|head| Some((head, strip.shape.is_recurrent(layer, head)?)));
        for (head, is_recurrent) in heads {
            let life = lives.iter().find(|it| it.0 == head).map(|it| lasting(it.1));
            let missing = if is_recurrent { "—" } else { tr!("keeps all") };
            let text = life.unwrap_or_else(|| missing.to_owned());
            table.rows.push(vec![format!("L{layer}"), head.to_string(), text]);
        }
    }
    table
}

/// What a run of so many positions keeps, in words: what grows, then what does not.
pub fn memory_meter(shape: &ModelShape, n_pos: usize) -> Vec<String> {
    let [cache, states] = shape.memory_bytes(n_pos);
    let [a_token, _] = shape.memory_bytes(1);
    let cache = (0 < a_token).then(|| {
        tr!("keys and values {size}, +{more} a token", size = bytes(cache), more = bytes(a_token))
    });
    let states =
        (0 < states).then(|| tr!("state {size}, whatever the length", size = bytes(states)));
    cache.into_iter().chain(states).collect()
}

/// A number of bytes, in thousands.
pub fn bytes(count: usize) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let Some((size, unit)) = units.into_iter().find(|it| it.0 <= count as f64) else {
        return format!("{count} B");
    };
    let parts = count as f64 / size;
    if parts < 99.95 { format!("{parts:.1} {unit}") } else { format!("{parts:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::{super::sample::*, *};
    use crate::view::Theme;

    fn strip(shape: &ModelShape) -> HalfLifeStrip<'_> {
        let cursor = Cursor { head: 1, pos: 1, ..Cursor::default() };
        let palette = Palette::of(Theme::Light);
        HalfLifeStrip { shape, n_pos: 2, cursor, lock: cursor, palette, size_px: [216.0, 240.0] }
    }

    #[test]
    fn doublings_are_even_and_what_lies_beyond_stands_apart() {
        let shape = shape();
        let strip = strip(&shape);
        let step = strip.place(2.0) - strip.place(1.0);
        for power in 0..10 {
            let here = strip.place(2f32.powi(power));
            assert!((strip.place(2f32.powi(power + 1)) - here - step).abs() < 1e-3);
        }
        assert_eq!([0.0, 0.3, 1.0].map(|it| strip.place(it)), [LEFT_PX; 3]);
        let edge = strip.place(f32::INFINITY);
        assert!(strip.place(1024.0) < edge && edge < strip.size_px[0] - 40.0);
        assert_eq!(strip.place(1025.0), edge);
    }

    #[test]
    fn rows_have_their_median_or_say_why_not() {
        let (shape, memory) = (shape(), memory());
        let (scene, grid) = half_life_strip(&memory, &strip(&shape));
        let texts = texts(&scene);
        for word in ["20.0", "∞", "keeps all", "prompt: 2", "≤1", "256"] {
            assert!(texts.contains(&word), "{word} in {texts:?}");
        }
        let reading = strip(&shape).reading(&memory);
        assert_eq!(reading, "Layer 0: head 1 32.0, median of heads 20.0.");
        // The chosen head's tick stands at its half-life.
        let accent = Palette::of(Theme::Light).cat[0];
        let chosen: Vec<[f32; 2]> = scene
            .marks
            .iter()
            .filter_map(|it| match it {
                Mark::Line { from, stroke, .. } if *stroke == accent => Some(*from),
                _ => None,
            })
            .collect();
        assert_eq!(chosen.len(), 1);
        assert_eq!(chosen[0][0], strip(&shape).place(32.0));
        assert_eq!(grid.hit([chosen[0][0], chosen[0][1]]), Some((2, 0)));
        assert_eq!(grid.hit([200.0, grid.middle(0, 0)[1]]), Some((0, 0)));
        assert_eq!(grid.hit([200.0, TOP_PX - 1.0]), None);
    }

    #[test]
    fn a_recurrent_layer_without_half_life_is_hatched() {
        let shape = shape();
        let memory = TimeScales { half_life: array([NAN; 12]), ..memory() };
        let (scene, _) = half_life_strip(&memory, &strip(&shape));
        assert_eq!(n_hatches(&scene), 2);
        assert!(texts(&scene).contains(&"no half-life"));
    }

    #[test]
    fn medians_may_be_without_end() {
        let of = |values: &[f32]| {
            median(&values.iter().copied().enumerate().collect::<Vec<_>>()).map(lasting)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[3.0, 1.0, 2.0]).unwrap(), "2.00");
        assert_eq!(of(&[3.0, 1.0]).unwrap(), "2.00");
        assert_eq!(of(&[1.0, f32::INFINITY]).unwrap(), "∞");
        assert_eq!([12_345.0, 4e9].map(lasting), ["12k", "4e9"]);
    }

    #[test]
    fn a_table_of_half_lives_has_every_head_there_is() {
        let shape = shape();
        let table = half_life_table(&memory(), &strip(&shape));
        assert_eq!(table.rows.len(), 6);
        assert_eq!(table.rows[0], ["L2", "0", "∞"]);
        assert_eq!(table.rows[2], ["L1", "0", "keeps all"]);
        assert_eq!(table.rows[5], ["L0", "1", "32.0"]);
    }

    #[test]
    fn the_meter_tells_what_grows_from_what_does_not() {
        let mut shape = shape();
        let both =
            ["keys and values 16.4 kB, +1.0 kB a token", "state 131 kB, whatever the length"];
        assert_eq!(memory_meter(&shape, 16), both);
        shape.mixers.remove(1);
        assert_eq!(memory_meter(&shape, 16), both[1..]);
        assert_eq!([12, 1_500_000].map(bytes), ["12 B", "1.5 MB"]);
    }
}
