//! How recurrent heads write and remember: steps by layer and position, half-lives by layer.

use trace::{Axis, ModelShape, NamedArray, TimeScales};

use super::{
    Anchor, Cursor, Grid, Ground, LensMap, LensMode, Mark, Palette, Scene, Table, Turn,
    grid::UpwardMap,
    ink_on,
    lens::{TOP_PX, row_height},
    number,
};

/// What a cell of the steps says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepKind {
    /// How firmly a position is written.
    #[default]
    Step,
    /// How far the gate lets through what is read.
    Gate,
}

impl StepKind {
    /// The readings, `[layer, head, pos]`.
    pub fn of(self, memory: &TimeScales) -> &NamedArray {
        match self {
            StepKind::Step => &memory.step,
            StepKind::Gate => &memory.gate,
        }
    }

    /// Its name in sentences.
    pub fn name(self) -> &'static str {
        match self {
            StepKind::Step => "step",
            StepKind::Gate => "gate",
        }
    }

    /// What the number is, in the words of the mixers that have it.
    pub fn unit(self, shape: &ModelShape) -> String {
        if self == StepKind::Gate {
            return "gate, mean over channels".to_owned();
        }
        let mixers = shape.mixers.iter().filter_map(|it| it.ssm.as_ref());
        let mut units: Vec<String> = Vec::new();
        for mixer in mixers.filter(|it| it.has_step) {
            let unit = match mixer.name.as_str() {
                "Mamba" | "Mamba-2" => "Δ after softplus".to_owned(),
                name if name.ends_with("DeltaNet") => "β".to_owned(),
                name => format!("step of {name}"),
            };
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        units.join(", ")
    }
}

/// What the rows of a map of steps are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepRows {
    /// All layers.
    #[default]
    Layers,
    /// The recurrent heads of the cursor's layer, by their numbers.
    Heads,
    /// Those that remember longest on top.
    ByHalfLife,
    /// Those with the largest mean reading on top.
    ByMean,
}

/// The recurrent heads of a layer in this order, upward; none for all layers.
pub fn sorted_heads(
    memory: &TimeScales,
    shape: &ModelShape,
    layer: usize,
    rows: StepRows,
    kind: StepKind,
) -> Vec<usize> {
    if rows == StepRows::Layers {
        return Vec::new();
    }
    let is_recurrent = |head: &usize| shape.is_recurrent(layer, *head) == Some(true);
    let mut heads: Vec<usize> = (0..shape.n_heads).filter(is_recurrent).collect();
    let array = if rows == StepRows::ByHalfLife { &memory.half_life } else { kind.of(memory) };
    let mean = |head: usize| {
        let n_pos = array.size(Axis::Pos).unwrap_or(0);
        let known = (0..n_pos).filter_map(|pos| array.get(&[layer, head, pos]));
        let known: Vec<f32> = known.filter(|it| !it.is_nan()).collect();
        known.iter().sum::<f32>() / known.len() as f32
    };
    if rows != StepRows::Heads {
        // Those without a number come first, at the bottom.
        let key = |head: usize| Some(mean(head)).filter(|it| !it.is_nan()).unwrap_or(f32::MIN);
        heads.sort_by(|a, b| key(*a).total_cmp(&key(*b)));
    }
    heads
}

/// What a map of steps shows besides the readings.
#[derive(Clone, Copy, Debug)]
pub struct StepMap<'a> {
    pub kind: StepKind,
    /// The head that is shown of every layer; the mean over heads where none is.
    pub head: Option<usize>,
    /// Heads of the cursor's layer, a row each from the bottom; a row for each layer where empty.
    pub heads: &'a [usize],
    pub shape: &'a ModelShape,
    pub labels: &'a [String],
    pub cursor: Cursor,
    pub lock: Cursor,
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
}

impl StepMap<'_> {
    /// How many rows there are.
    fn n_rows(&self) -> usize {
        if self.heads.is_empty() { self.shape.n_layers } else { self.heads.len() }
    }

    /// Layer and head of a row, counted from the bottom.
    pub fn place(&self, height: usize) -> (usize, Option<usize>) {
        match self.heads.get(height) {
            Some(&head) => (self.cursor.layer, Some(head)),
            None => (height, self.head),
        }
    }

    /// The row of a cursor, counted from the bottom; past the last one where it has none.
    pub fn height(&self, of: Cursor) -> usize {
        if self.heads.is_empty() {
            return of.layer;
        }
        self.heads.iter().position(|it| *it == of.head).unwrap_or(self.heads.len())
    }

    /// What a row is called.
    fn name(&self, height: usize) -> String {
        self.heads.get(height).map_or_else(|| format!("L{height}"), |head| format!("h{head}"))
    }

    /// Where the cells stand, a row per layer with the last on top (or per head), and the first
    /// position that is shown. Columns are those of the lens, rows as high as all depths of a layer
    /// there.
    pub fn grid(&self) -> (Grid, usize) {
        let Self { labels, cursor, lock, palette, size_px, .. } = *self;
        let lens =
            LensMap { mode: LensMode::Prob, vocab: &[], labels, cursor, lock, palette, size_px };
        let (grid, first) = lens.grid(self.n_rows());
        let room = layer_height(self.shape, size_px[1]) * self.shape.n_layers as f32;
        let cell = [grid.cell[0], room / self.n_rows().max(1) as f32];
        (Grid { cell, ..grid }, first)
    }

    /// The number of a cell, or `None` where there is no such thing. Rows count from the bottom.
    pub fn value(&self, memory: &TimeScales, height: usize, pos: usize) -> Option<f32> {
        let array = self.kind.of(memory);
        let (layer, head) = self.place(height);
        let at = |head: usize| array.get(&[layer, head, pos]).filter(|it| !it.is_nan());
        if let Some(head) = head {
            return at(head);
        }
        let all: Vec<f32> = (0..array.size(Axis::Head)?).filter_map(at).collect();
        (!all.is_empty()).then(|| all.iter().sum::<f32>() / all.len() as f32)
    }

    /// Both ends of the ramp: from 0 to the largest reading, or as far below 0 where a
    /// reading has a sign.
    pub fn ends(&self, memory: &TimeScales) -> [f32; 2] {
        let all = (0..self.n_rows())
            .flat_map(|height| (0..self.labels.len()).map(move |pos| (height, pos)))
            .filter_map(|(height, pos)| self.value(memory, height, pos));
        let (least, most) =
            all.fold((0.0f32, 0.0f32), |(least, most), it| (least.min(it), most.max(it.abs())));
        if least < 0.0 { [-most, most] } else { [0.0, most] }
    }

    /// Why a row has no number.
    pub fn absence(&self, height: usize) -> String {
        let (layer, head) = self.place(height);
        let mixer = self.shape.mixers.get(layer);
        let has_attention = mixer.is_some_and(|it| 0 < it.n_attention_heads);
        let is_recurrent = head.map(|it| self.shape.is_recurrent(layer, it));
        match (mixer.and_then(|it| it.ssm.as_ref()), is_recurrent) {
            (None, _) if has_attention => "attention".to_owned(),
            (None, _) => "no heads".to_owned(),
            (Some(_), Some(Some(false))) => "attention".to_owned(),
            (Some(_), Some(None)) => "no such head".to_owned(),
            (Some(_), None | Some(Some(true))) => format!("no {}", self.kind.name()),
        }
    }

    /// The number of a cell as text, or why there is none.
    pub fn reading(&self, memory: &TimeScales, height: usize, pos: usize) -> String {
        self.value(memory, height, pos).map_or_else(|| self.absence(height), number)
    }
}

/// The height of a layer's row beside a lens in a figure of this height.
fn layer_height(shape: &ModelShape, height_px: f32) -> f32 {
    let n_depths = n_depths(shape);
    row_height(height_px, n_depths) * (n_depths - 1) as f32 / shape.n_layers.max(1) as f32
}

/// How many rows the lens has.
fn n_depths(shape: &ModelShape) -> usize {
    Ground::new(shape, None, 0, None).sites.len()
}

/// Steps or gates as numbers on colour; what has none is hatched and says why.
pub fn step_map(memory: &TimeScales, map: &StepMap<'_>) -> Scene {
    let (grid, first) = map.grid();
    let [least, most] = map.ends(memory);
    let mut marks = Vec::new();
    for row in 0..grid.n_rows {
        let height = grid.n_rows - 1 - row;
        let values: Vec<Option<f32>> =
            (0..grid.n_columns).map(|column| map.value(memory, height, first + column)).collect();
        if values.iter().all(Option::is_none) {
            marks.extend(absent_row(map, &grid, row, map.absence(height)));
            continue;
        }
        for (column, value) in values.into_iter().enumerate() {
            let at = grid.corner(row, column);
            let size = [grid.cell[0] - 1.0, grid.cell[1] - 1.0];
            let Some(value) = value else {
                marks.push(Mark::Hatch { at, size, stroke: map.palette.line_2 });
                continue;
            };
            let share = value / most.max(f32::MIN_POSITIVE);
            let fill = if least < 0.0 { map.palette.div(share) } else { map.palette.seq(share) };
            marks.push(Mark::Cell { at, size, fill });
            if 11.0 <= grid.cell[1] {
                let [x, y] = grid.middle(row, column);
                let text = label([x - 0.5, y], short(value), Anchor::Middle);
                marks.push(text.inked(ink_on(fill), false));
            }
        }
    }
    let StepMap { labels, cursor, lock, palette, .. } = *map;
    let height_of = &|it: Cursor| map.height(it);
    let upward = UpwardMap { grid, first, height_of, labels, cursor, lock, palette };
    marks.extend(upward.names(|height| Some(map.name(height))));
    if map.heads.is_empty() {
        marks.extend(embedding_row(map, &upward));
    }
    marks.extend(upward.outlines());
    Scene { size_px: map.size_px, marks }
}

/// A row without numbers, with a word for it.
fn absent_row(map: &StepMap<'_>, grid: &Grid, row: usize, word: String) -> Vec<Mark> {
    let at = grid.corner(row, 0);
    let size = [grid.size()[0] - 1.0, grid.cell[1] - 1.0];
    let mut marks = vec![Mark::Hatch { at, size, stroke: map.palette.line }];
    if 11.0 <= grid.cell[1] {
        let [x, y] = [at[0] + size[0] / 2.0, grid.middle(row, 0)[1]];
        let width = 6.0 * word.chars().count() as f32 + 10.0;
        let plate = [width.min(size[0]), 13.0f32.min(size[1])];
        let corner = [x - plate[0] / 2.0, y - plate[1] / 2.0];
        marks.push(Mark::Cell { at: corner, size: plate, fill: map.palette.background });
        marks.push(label([x, y], word, Anchor::Middle).inked(map.palette.ink_3, false));
    }
    marks
}

/// The stream that the first layer finds: nothing has been written there.
fn embedding_row(map: &StepMap<'_>, upward: &UpwardMap<'_>) -> Vec<Mark> {
    let grid = &upward.grid;
    let at = grid.corner(grid.n_rows, 0);
    let height = row_height(map.size_px[1], n_depths(map.shape));
    let size = [grid.size()[0] - 1.0, height - 1.0];
    let mut marks = vec![Mark::Hatch { at, size, stroke: map.palette.line }];
    if 11.0 <= height {
        let at = [grid.origin[0] - 5.0, at[1] + height / 2.0];
        marks.push(upward.text(at, "emb".to_owned(), Turn::None, false));
    }
    marks
}

/// Tokens by layers, the last layer first, or by heads in their order.
pub fn step_table(memory: &TimeScales, map: &StepMap<'_>) -> Table {
    let mut table = Table::new(["token"]);
    let rows = || (0..map.n_rows()).rev();
    table.headings.extend(rows().map(|height| map.name(height)));
    for (pos, label) in map.labels.iter().enumerate() {
        let numbers = rows().map(|height| map.reading(memory, height, pos));
        table.rows.push([format!("{label} ({pos})")].into_iter().chain(numbers).collect());
    }
    table
}

/// A number as short as a cell wants it: `.16`.
fn short(value: f32) -> String {
    let size = value.abs();
    let text = match size {
        _ if size < 0.995 => format!("{size:.2}").trim_start_matches('0').to_owned(),
        _ if size < 9.95 => format!("{size:.1}"),
        _ if size < 9_999.5 => format!("{size:.0}"),
        _ => lasting(size),
    };
    if value < 0.0 && text != ".00" { format!("−{text}") } else { text }
}

/// What half-lives a strip shows.
#[derive(Clone, Copy, Debug)]
pub struct MemoryStrip<'a> {
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

impl MemoryStrip<'_> {
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
            return format!("Layer {layer}: {}.", self.absence(layer));
        };
        let chosen = lives.iter().find(|it| it.0 == head);
        let chosen =
            chosen.map_or_else(String::new, |it| format!("head {head} {}, ", lasting(it.1)));
        format!("Layer {layer}: {chosen}median of heads {}.", lasting(median))
    }

    /// Why a layer has no half-lives.
    fn absence(&self, layer: usize) -> &'static str {
        match self.shape.mixers.get(layer) {
            Some(it) if it.ssm.is_some() => "no half-life",
            Some(it) if 0 < it.n_attention_heads => "keeps all",
            _ => "no heads",
        }
    }

    fn text(&self, at: [f32; 2], text: impl Into<String>, anchor: Anchor) -> Mark {
        label(at, text.into(), anchor).inked(self.palette.ink_3, false)
    }
}

/// A tick for each head's half-life at the cursor's position, and a heavier one for their median.
pub fn memory_strip(memory: &TimeScales, strip: &MemoryStrip<'_>) -> (Scene, Grid) {
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
    (Scene { size_px: strip.size_px, marks }, grid)
}

/// Lines at each doubling with their numbers on top, and one at the prompt's length.
fn memory_axis(strip: &MemoryStrip<'_>, grid: &Grid) -> Vec<Mark> {
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
    marks.push(strip.text([right, TOP_PX - 8.0], "med.", Anchor::End));
    // A longer prompt stands at the end: the place beyond is for what has no number.
    let prompt = strip.place((strip.n_pos as f32).min(2f32.powi(MOST_POWER)));
    let mut y = TOP_PX;
    while y < bottom {
        marks.push(upright(prompt, y, (y + 3.0).min(bottom), strip.palette.ink_2));
        y += 6.0;
    }
    let at = [prompt.clamp(34.0, (right - 34.0).max(34.0)), TOP_PX - 24.0];
    marks.push(strip.text(at, format!("prompt: {}", strip.n_pos), Anchor::Middle));
    let below = row_height(strip.size_px[1], n_depths(strip.shape));
    if 11.0 <= below {
        marks.push(strip.text(
            [LEFT_PX, bottom + below / 2.0],
            "tokens until half is forgotten",
            Anchor::Start,
        ));
    }
    marks
}

/// One row's ticks: each head, the cursor's head, the median.
fn ticks(strip: &MemoryStrip<'_>, grid: &Grid, row: usize, lives: &[(usize, f32)]) -> Vec<Mark> {
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
fn memoryless_row(strip: &MemoryStrip<'_>, grid: &Grid, row: usize) -> Vec<Mark> {
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

/// A number of tokens as text, however large.
fn lasting(tokens: f32) -> String {
    if tokens.is_infinite() {
        "∞".to_owned()
    } else if tokens.abs() < 10_000.0 {
        number(tokens)
    } else if tokens.abs() < 10_000_000.0 {
        format!("{:.0}k", tokens / 1000.0)
    } else {
        format!("{tokens:.0e}")
    }
}

/// Half-lives at the cursor's position, head by head; of attention, that it keeps all.
pub fn memory_table(memory: &TimeScales, strip: &MemoryStrip<'_>) -> Table {
    let mut table = Table::new(["layer", "head", "half-life (tokens)"]);
    for layer in (0..strip.shape.n_layers).rev() {
        let lives = strip.half_lives(memory, layer);
        let heads = (0..strip.shape.n_heads)
            .filter_map(|head| Some((head, strip.shape.is_recurrent(layer, head)?)));
        for (head, is_recurrent) in heads {
            let life = lives.iter().find(|it| it.0 == head).map(|it| lasting(it.1));
            let missing = if is_recurrent { "—" } else { "keeps all" };
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
    let cache = (0 < a_token)
        .then(|| format!("keys and values {}, +{} a token", bytes(cache), bytes(a_token)));
    let states = (0 < states).then(|| format!("state {}, whatever the length", bytes(states)));
    cache.into_iter().chain(states).collect()
}

/// A number of bytes, in thousands.
fn bytes(count: usize) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let Some((size, unit)) = units.into_iter().find(|it| it.0 <= count as f64) else {
        return format!("{count} B");
    };
    let parts = count as f64 / size;
    if parts < 99.95 { format!("{parts:.1} {unit}") } else { format!("{parts:.0} {unit}") }
}

/// A text that has no colour yet.
struct Label {
    at: [f32; 2],
    text: String,
    anchor: Anchor,
}

fn label(at: [f32; 2], text: String, anchor: Anchor) -> Label {
    Label { at, text, anchor }
}

impl Label {
    fn inked(self, fill: super::Rgba, bold: bool) -> Mark {
        let Self { at, text, anchor } = self;
        Mark::Text { at, text, size_px: 10.5, fill, anchor, turn: Turn::None, bold }
    }
}

#[cfg(test)]
mod tests {
    use trace::{MixerShape, SsmShape};

    use super::*;
    use crate::view::Theme;

    const NAN: f32 = f32::NAN;
    const SIZE: [f32; 2] = [520.0, 240.0];

    fn ssm(name: &str, has_step: bool) -> MixerShape {
        let ssm = SsmShape {
            name: name.to_owned(),
            n_heads: 2,
            together: 1,
            d_value: 4,
            n_slots: 8,
            state_size: 16_384,
            has_matrix: true,
            has_step,
            has_decay: true,
        };
        MixerShape { ssm: Some(ssm), ..MixerShape::default() }
    }

    /// A layer that has a step, one of attention, one that has no step.
    fn shape() -> ModelShape {
        let attention =
            MixerShape { n_attention_heads: 2, window: None, cache_size: 256, ssm: None };
        ModelShape {
            n_layers: 3,
            n_heads: 2,
            mixers: vec![ssm("Mamba-2", true), attention, ssm("S4D", false)],
            n_kv_heads: 2,
            d_model: 8,
            d_head: 4,
            d_mlp: 0,
            d_vocab: 10,
            n_ctx: 64,
            is_parallel: false,
            is_additive: true,
            has_mlp: false,
            norm: "RMSNorm".to_owned(),
            positions: "none".to_owned(),
        }
    }

    fn array(values: [f32; 12]) -> NamedArray {
        let dims = [(Axis::Layer, 3), (Axis::Head, 2), (Axis::Pos, 2)];
        NamedArray::new(values.to_vec(), &dims).unwrap()
    }

    fn memory() -> TimeScales {
        let none = [NAN; 4];
        let of = |first: [f32; 4], last: [f32; 4]| {
            array([first, none, last].concat().try_into().unwrap())
        };
        TimeScales {
            step: of([0.1, 0.5, 0.3, NAN], none),
            half_life: of([2.0, 8.0, 4.0, 32.0], [0.1, f32::INFINITY, 3.0, 5000.0]),
            gate: of([0.5, -0.25, 0.5, 1.0], [0.0, 0.5, 0.5, 0.5]),
        }
    }

    fn labels() -> Vec<String> {
        ["⟨bos⟩", "Mary"].map(str::to_owned).to_vec()
    }

    fn map<'a>(
        kind: StepKind,
        head: Option<usize>,
        given: (&'a ModelShape, &'a [String]),
    ) -> StepMap<'a> {
        let cursor = Cursor { layer: 0, pos: 1, ..Cursor::default() };
        let palette = Palette::of(Theme::Light);
        let (shape, labels) = given;
        StepMap {
            kind,
            head,
            heads: &[],
            shape,
            labels,
            cursor,
            lock: cursor,
            palette,
            size_px: SIZE,
        }
    }

    fn strip(shape: &ModelShape) -> MemoryStrip<'_> {
        let cursor = Cursor { head: 1, pos: 1, ..Cursor::default() };
        let palette = Palette::of(Theme::Light);
        MemoryStrip { shape, n_pos: 2, cursor, lock: cursor, palette, size_px: [216.0, 240.0] }
    }

    fn texts(scene: &Scene) -> Vec<&str> {
        let texts = scene.marks.iter().filter_map(|it| match it {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    fn n_hatches(scene: &Scene) -> usize {
        scene.marks.iter().filter(|it| matches!(it, Mark::Hatch { .. })).count()
    }

    #[test]
    fn a_mean_is_over_the_heads_that_have_a_number() {
        let (shape, labels, memory) = (shape(), labels(), memory());
        let mean = map(StepKind::Step, None, (&shape, &labels));
        assert_eq!(mean.value(&memory, 0, 0), Some(0.2));
        assert_eq!(mean.value(&memory, 0, 1), Some(0.5));
        assert_eq!([1, 2].map(|layer| mean.value(&memory, layer, 0)), [None; 2]);
        let second = map(StepKind::Step, Some(1), (&shape, &labels));
        assert_eq!([0, 1].map(|pos| second.value(&memory, 0, pos)), [Some(0.3), None]);
    }

    #[test]
    fn what_has_no_step_is_hatched_and_says_why() {
        let (shape, labels, memory) = (shape(), labels(), memory());
        let scene = step_map(&memory, &map(StepKind::Step, None, (&shape, &labels)));
        let texts = texts(&scene);
        for word in [".20", ".50", "attention", "no step", "emb", "L2", "Mary"] {
            assert!(texts.contains(&word), "{word} in {texts:?}");
        }
        assert!(!texts.contains(&".00"));
        // Two layers and the embedding.
        assert_eq!(n_hatches(&scene), 3);
        // Of the second head, one cell too.
        let scene = step_map(&memory, &map(StepKind::Step, Some(1), (&shape, &labels)));
        assert_eq!(n_hatches(&scene), 4);
        let beyond = map(StepKind::Step, Some(7), (&shape, &labels));
        assert_eq!(beyond.absence(0), "no such head");
    }

    #[test]
    fn heads_of_a_layer_are_sorted_by_what_they_remember_or_write() {
        let (shape, labels, memory) = (shape(), labels(), memory());
        let sorted = |layer, rows| sorted_heads(&memory, &shape, layer, rows, StepKind::Step);
        assert!(sorted(0, StepRows::Layers).is_empty());
        assert_eq!(sorted(0, StepRows::Heads), [0, 1]);
        // Half-lives of 5 and of 18 in the mean.
        assert_eq!(sorted(0, StepRows::ByHalfLife), [0, 1]);
        assert_eq!(sorted(2, StepRows::ByHalfLife), [1, 0], "one never forgets");
        assert!(sorted(1, StepRows::Heads).is_empty(), "attention");
        let heads = [1, 0];
        let map = StepMap { heads: &heads, ..map(StepKind::Step, None, (&shape, &labels)) };
        let texts_of = step_map(&memory, &map);
        let texts = texts(&texts_of);
        for word in [".10", ".50", ".30", "h0", "h1"] {
            assert!(texts.contains(&word), "{word} in {texts:?}");
        }
        assert!(!texts.contains(&"emb"));
        assert_eq!(map.height(Cursor { head: 0, ..Cursor::default() }), 1);
        assert_eq!(step_table(&memory, &map).headings, ["token", "h0", "h1"]);
    }

    #[test]
    fn a_gate_with_a_sign_has_a_ramp_with_two_ends() {
        let (shape, labels, memory) = (shape(), labels(), memory());
        let of = |kind, head| map(kind, head, (&shape, labels.as_slice())).ends(&memory);
        assert_eq!(of(StepKind::Step, None), [0.0, 0.5]);
        assert_eq!(of(StepKind::Gate, Some(0)), [-0.5, 0.5]);
        assert_eq!(of(StepKind::Gate, Some(1)), [0.0, 1.0]);
        assert_eq!(StepKind::Step.unit(&shape), "Δ after softplus");
    }

    #[test]
    fn steps_stand_in_the_lens_s_columns_and_the_last_layer_on_top() {
        let (shape, labels) = (shape(), labels());
        let map = map(StepKind::Step, None, (&shape, &labels));
        let (grid, first) = map.grid();
        assert_eq!((first, grid.n_rows, grid.n_columns), (0, 3, 2));
        assert_eq!(grid.hit(grid.middle(2, 1)), Some((2, 1)));
        // One row more, for the embedding, fills the figure.
        assert!((grid.corner(4, 0)[1] - SIZE[1]).abs() < 1e-3);
        let with_mlp = ModelShape { has_mlp: true, ..shape.clone() };
        let higher = StepMap { shape: &with_mlp, ..map }.grid().0;
        assert!((higher.cell[1] - 2.0 * row_height(SIZE[1], 7)).abs() < 1e-3);
    }

    #[test]
    fn a_table_of_steps_has_words_where_there_is_no_number() {
        let (shape, labels, memory) = (shape(), labels(), memory());
        let table = step_table(&memory, &map(StepKind::Step, None, (&shape, &labels)));
        assert_eq!(table.headings, ["token", "L2", "L1", "L0"]);
        assert_eq!(table.rows[1], ["Mary (1)", "no step", "attention", "0.500"]);
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
        let (scene, grid) = memory_strip(&memory, &strip(&shape));
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
        let (scene, _) = memory_strip(&memory, &strip(&shape));
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
        let table = memory_table(&memory(), &strip(&shape));
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

    #[test]
    fn numbers_in_cells_are_short() {
        let shown = [0.16, 0.999, 0.0, 1.26, 12.3, -0.25, -0.001, 123.0].map(short);
        assert_eq!(shown, [".16", "1.0", ".00", "1.3", "12", "−.25", ".00", "123"]);
    }
}
