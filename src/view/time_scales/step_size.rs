//! How firmly recurrent heads write: steps and gates by layer and position.

use trace::{Axis, ModelShape, NamedArray, TimeScales, WriteStep};

use super::{label, lasting, layer_height, n_depths};
use crate::view::{
    Anchor, Cursor, Grid, LensMap, LensMode, Mark, Palette, Scene, Table, Turn, grid::UpwardMap,
    ink_on, lens::row_height, number,
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
            StepKind::Step => tr!("step"),
            StepKind::Gate => tr!("gate"),
        }
    }

    /// What the number is, in the words of the mixers that have it.
    pub fn unit(self, shape: &ModelShape) -> String {
        if self == StepKind::Gate {
            return tr!("gate, mean over channels").to_owned();
        }
        let mixers = shape.mixers.iter().filter_map(|it| it.ssm.as_ref());
        let mut units = Vec::new();
        for step in mixers.filter_map(|it| it.step) {
            let unit = match step {
                WriteStep::Delta => tr!("Δ after softplus"),
                WriteStep::Beta => "β",
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
        let lens = LensMap {
            mode: LensMode::Prob,
            unchanged: None,
            vocab: &[],
            labels,
            cursor,
            lock,
            palette,
            size_px,
        };
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
            (None, _) if has_attention => tr!("attention").to_owned(),
            (None, _) => tr!("no heads").to_owned(),
            (Some(_), Some(Some(false))) => tr!("attention").to_owned(),
            (Some(_), Some(None)) => tr!("no such head").to_owned(),
            (Some(_), None | Some(Some(true))) => tr!("no {name}", name = self.kind.name()),
        }
    }

    /// The number of a cell as text, or why there is none.
    pub fn reading(&self, memory: &TimeScales, height: usize, pos: usize) -> String {
        self.value(memory, height, pos).map_or_else(|| self.absence(height), number)
    }
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
    let mut over = upward.names(|height| Some(map.name(height)));
    if map.heads.is_empty() {
        marks.extend(embedding_row(map, &upward));
    }
    over.extend(upward.outlines());
    Scene { over, ..Scene::new(map.size_px, marks) }
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
        marks.push(upward.text(at, tr!("emb").to_owned(), Turn::None, false));
    }
    marks
}

/// Tokens by layers, the last layer first, or by heads in their order.
pub fn step_table(memory: &TimeScales, map: &StepMap<'_>) -> Table {
    let mut table = Table::new([tr!("token")]);
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

#[cfg(test)]
mod tests {
    use super::{super::sample::*, *};
    use crate::view::Theme;

    const SIZE: [f32; 2] = [520.0, 240.0];

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
    fn numbers_in_cells_are_short() {
        let shown = [0.16, 0.999, 0.0, 1.26, 12.3, -0.25, -0.001, 123.0].map(short);
        assert_eq!(shown, [".16", "1.0", ".00", "1.3", "12", "−.25", ".00", "123"]);
    }
}
