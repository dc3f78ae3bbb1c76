//! Attention of one head: as a map, as lines, and several heads in one map.

use trace::{Axis, NamedArray};

use super::{Anchor, Cursor, Grid, Mark, Palette, Rgba, Scene, Table, Turn};

/// What a map of attention shows besides the weights.
#[derive(Clone, Copy, Debug)]
pub struct AttentionMap<'a> {
    /// A label for each position.
    pub labels: &'a [String],
    pub cursor: Cursor,
    /// Where the cursor is locked.
    pub lock: Cursor,
    /// Whether the first key is left out of the scale, for it often draws what is not needed.
    pub skips_first: bool,
    /// Whether the head is recurrent: its weights have a sign, and no sum that they share.
    pub is_signed: bool,
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
}

/// Weights are drawn at this power, so that small ones are seen; the legend says so.
const POWER: f32 = 0.6;
/// Text smaller than this is not drawn.
const TEXT_PX: f32 = 10.5;
const LEFT_PX: f32 = 58.0;
const TOP_PX: f32 = 56.0;

impl AttentionMap<'_> {
    /// Where the cells stand.
    pub fn grid(&self) -> Grid {
        let count = self.labels.len().max(1);
        let room = [self.size_px[0] - LEFT_PX - 2.0, self.size_px[1] - TOP_PX - 2.0];
        let cell = (room[0].min(room[1]) / count as f32).clamp(1.0, 40.0);
        Grid { origin: [LEFT_PX, TOP_PX], cell: [cell; 2], n_columns: count, n_rows: count }
    }

    /// The weight that has the end of the ramp; of signed ones, the size.
    pub fn scale(&self, weights: &NamedArray) -> f32 {
        if !self.skips_first && !self.is_signed {
            return 1.0;
        }
        let count = self.labels.len().max(1);
        let is_shown = |place: usize| !self.skips_first || !place.is_multiple_of(count);
        let shown = weights.values().iter().enumerate().filter(|it| is_shown(it.0));
        shown.map(|it| it.1.abs()).fold(f32::MIN_POSITIVE, f32::max)
    }

    /// The colour of a weight.
    fn shade(&self, weight: f32, scale: f32) -> Rgba {
        let raised = (weight.abs() / scale).clamp(0.0, 1.0).powf(POWER);
        if self.is_signed {
            self.palette.div(raised.copysign(weight))
        } else {
            self.palette.seq(raised)
        }
    }

    fn scene(&self, grid: &Grid, shade: impl Fn(usize, usize) -> Option<Rgba>) -> Scene {
        let mut marks = Vec::new();
        for row in 0..grid.n_rows {
            for column in 0..grid.n_columns {
                if let Some(fill) = shade(row, column) {
                    marks.push(grid.fill(row, column, fill));
                }
            }
        }
        let mut over = self.bands(grid);
        over.extend(self.labels_of(grid));
        over.extend(self.outlines(grid));
        Scene { over, ..Scene::new(self.size_px, marks) }
    }

    /// Grey bands behind the labels of the cursor's row and column.
    fn bands(&self, grid: &Grid) -> Vec<Mark> {
        let fill = self.palette.line;
        let Cursor { pos, source, .. } = self.cursor;
        let row = grid.corner(pos, 0)[1];
        let column = grid.corner(0, source)[0];
        vec![
            Mark::Cell { at: [0.0, row], size: [LEFT_PX, grid.cell[1]], fill },
            Mark::Cell { at: [column, 4.0], size: [grid.cell[0], TOP_PX - 4.0], fill },
        ]
    }

    fn labels_of(&self, grid: &Grid) -> Vec<Mark> {
        let every = (TEXT_PX / grid.cell[0]).ceil().max(1.0) as usize;
        let mut marks = Vec::new();
        for (place, label) in self.labels.iter().enumerate() {
            let text = |at: [f32; 2], chosen: bool, turn: Turn| Mark::Text {
                at,
                text: shortened(label, 8),
                size_px: TEXT_PX,
                fill: if chosen { self.palette.ink } else { self.palette.ink_2 },
                anchor: if turn == Turn::None { Anchor::End } else { Anchor::Start },
                turn,
                bold: chosen,
            };
            let [is_row, is_column] = [place == self.cursor.pos, place == self.cursor.source];
            let is_near = |chosen: usize| chosen != place && chosen.abs_diff(place) < every;
            let is_kept = place.is_multiple_of(every);
            if is_row || (is_kept && !is_near(self.cursor.pos)) {
                let y = grid.middle(place, 0)[1];
                marks.push(text([LEFT_PX - 5.0, y], is_row, Turn::None));
            }
            if is_column || (is_kept && !is_near(self.cursor.source)) {
                let x = grid.middle(0, place)[0];
                marks.push(text([x, TOP_PX - 5.0], is_column, Turn::Quarter));
            }
        }
        marks
    }

    fn outlines(&self, grid: &Grid) -> Vec<Mark> {
        let ink = self.palette.ink;
        let Cursor { pos, source, .. } = self.lock;
        let row = Mark::Outline {
            at: grid.corner(pos, 0),
            size: [grid.size()[0], grid.cell[1]],
            width: 1.0,
            stroke: ink,
            dashed: false,
        };
        let mut marks = vec![row, grid.outline(pos, source, ink, false)];
        let here = (self.cursor.pos, self.cursor.source);
        if here != (pos, source) {
            marks.push(grid.outline(here.0, here.1, ink, true));
        }
        marks
    }
}

/// A row per query and a column per key, shaded by weight. Keys that the mask hides stay blank.
///
/// `weights` has the axes `query, key`.
pub fn attention_map(weights: &NamedArray, map: &AttentionMap<'_>) -> Scene {
    let grid = map.grid();
    let scale = map.scale(weights);
    let sees_ahead = sees_ahead(weights);
    let shade = |row: usize, column: usize| {
        let weight = weights.get(&[row, column]).filter(|it| !it.is_nan())?;
        (sees_ahead || column <= row).then(|| map.shade(weight, scale))
    };
    let mut scene = map.scene(&grid, shade);
    if map.skips_first {
        let size = [grid.cell[0], grid.size()[1]];
        scene.marks.push(Mark::Hatch { at: grid.origin, size, stroke: map.palette.line_2 });
    }
    scene
}

fn sees_ahead(weights: &NamedArray) -> bool {
    let count = weights.size(Axis::Query).unwrap_or(0);
    (0..count).any(|row| {
        (row + 1..count).any(|column| weights.get(&[row, column]).is_some_and(|it| 0.0 < it))
    })
}

/// Several heads in one map, a colour each; where they meet, the strongest shows most.
///
/// `weights` has the axes `head, query, key`; `heads` says which head each index is.
pub fn overlay_map(weights: &NamedArray, heads: &[usize], map: &AttentionMap<'_>) -> Scene {
    let grid = map.grid();
    let shade = |row: usize, column: usize| {
        if row < column {
            return None;
        }
        let strongest = heads
            .iter()
            .enumerate()
            .map(|(index, head)| (size(weights, index, [row, column]), *head))
            .max_by(|a, b| a.0.total_cmp(&b.0))?;
        let colour = map.palette.cat[strongest.1 % map.palette.cat.len()];
        Some(mixed(map.palette.background, colour, strongest.0.clamp(0.0, 1.0).powf(POWER)))
    };
    map.scene(&grid, shade)
}

/// How strong a weight of head `index` is: attention's are shares already, a recurrent head's, which
/// have a sign or go beyond 1, are taken of its largest.
fn size(weights: &NamedArray, index: usize, [row, column]: [usize; 2]) -> f32 {
    let weight = weights.get(&[index, row, column]).filter(|it| !it.is_nan()).unwrap_or(0.0);
    let Ok(whole) = weights.at(Axis::Head, index) else { return 0.0 };
    let most = whole.values().iter().fold(0.0f32, |most, it| most.max(it.abs()));
    let is_share = most <= 1.0 && !whole.values().iter().any(|it| *it < 0.0);
    if is_share { weight } else { weight.abs() / most.max(f32::MIN_POSITIVE) }
}

/// `share` of `over` on `under`.
fn mixed(under: Rgba, over: Rgba, share: f32) -> Rgba {
    let channel = |index: usize| {
        let [from, to] = [under.0[index], over.0[index]].map(f32::from);
        (from + (to - from) * share).round() as u8
    };
    Rgba([channel(0), channel(1), channel(2), 255])
}

/// Lines from each token on the right to those on the left that it reads; those of the cursor's
/// token strong, the others faint.
///
/// `weights` has the axes `query, key`. Returns the scene and the grid of rows, for hits.
pub fn attention_lines(weights: &NamedArray, map: &AttentionMap<'_>) -> (Scene, Grid) {
    let n_pos = map.labels.len();
    let scale = AttentionMap { skips_first: false, ..*map }.scale(weights);
    let most = (map.size_px[1] / 13.0).floor().max(1.0) as usize;
    let (first, shown) = super::window(n_pos, most, map.cursor.pos);
    let height = (map.size_px[1] / shown.max(1) as f32).min(22.0);
    let grid = Grid {
        origin: [0.0, 0.0],
        cell: [map.size_px[0] / 2.0, height],
        n_columns: 2,
        n_rows: shown,
    };
    let [left, right] = [map.size_px[0] * 0.3, map.size_px[0] * 0.7];
    let place = |pos: usize| (pos as f32 - first as f32 + 0.5) * height;
    let mut marks = Vec::new();
    let mut queries: Vec<usize> = (first..first + shown).collect();
    queries.sort_by_key(|it| *it == map.cursor.pos);
    for query in queries {
        let is_chosen = query == map.cursor.pos;
        for key in first..first + shown {
            let weight = weights.get(&[query, key]).filter(|it| !it.is_nan()).unwrap_or(0.0);
            let (sign, weight) = (weight, (weight.abs() / scale).min(1.0));
            if weight < if is_chosen { 0.005 } else { 0.05 } {
                continue;
            }
            let colour = match (is_chosen, map.is_signed) {
                (true, true) => map.palette.div(1f32.copysign(sign)),
                (true, false) => map.palette.seq_stops[6],
                (false, _) => map.palette.ink_3,
            };
            marks.push(Mark::Line {
                from: [left, place(key)],
                to: [right, place(query)],
                width: if is_chosen { 1.0 + 5.0 * weight } else { 1.0 },
                stroke: colour.with_alpha(if is_chosen {
                    0.25 + 0.75 * weight
                } else {
                    0.18 * weight
                }),
            });
        }
    }
    for pos in first..first + shown {
        let ends = [
            (left - 6.0, Anchor::End, map.cursor.source),
            (right + 6.0, Anchor::Start, map.cursor.pos),
        ];
        for (x, anchor, chosen) in ends {
            let bold = pos == chosen;
            let fill = if bold { map.palette.ink } else { map.palette.ink_2 };
            let text = shortened(&map.labels[pos], 12);
            let (at, size_px) = ([x, place(pos)], 12.0);
            marks.push(Mark::Text { at, text, size_px, fill, anchor, turn: Turn::None, bold });
        }
    }
    (Scene::new(map.size_px, marks), grid)
}

/// Every weight of one head's map, each with both positions, as exact as it was computed; what the
/// mask hides is left out.
///
/// `weights` has the axes `query, key`.
pub fn attention_matrix(
    weights: &NamedArray,
    [layer, head]: [usize; 2],
    labels: &[String],
) -> Table {
    let mut table = Table::new([
        tr!("layer"),
        tr!("head"),
        tr!("query position"),
        tr!("query"),
        tr!("key position"),
        tr!("key"),
        tr!("weight"),
    ]);
    let sees_ahead = sees_ahead(weights);
    let word = |pos: usize| labels.get(pos).cloned().unwrap_or_default();
    for query in 0..weights.size(Axis::Query).unwrap_or(0) {
        for key in 0..weights.size(Axis::Key).unwrap_or(0) {
            let weight = weights.get(&[query, key]).filter(|it| !it.is_nan());
            let Some(weight) = weight.filter(|_| sees_ahead || key <= query) else { continue };
            table.rows.push(vec![
                layer.to_string(),
                head.to_string(),
                query.to_string(),
                word(query),
                key.to_string(),
                word(key),
                weight.to_string(),
            ]);
        }
    }
    table
}

/// A label that is not longer than `most` letters; a cut one ends in an ellipsis.
pub(super) fn shortened(label: &str, most: usize) -> String {
    if label.chars().count() <= most {
        return label.to_owned();
    }
    label.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_written_whole_and_exactly() {
        let values = vec![1.0, 0.0, 1.0 / 3.0, 2.0 / 3.0];
        let weights = NamedArray::new(values, &[(Axis::Query, 2), (Axis::Key, 2)]).unwrap();
        let table = attention_matrix(&weights, [1, 3], &["a".to_owned(), ",".to_owned()]);
        assert_eq!(table.rows.len(), 3, "what the mask hides is left out");
        assert_eq!(table.rows[2][..6], ["1", "3", "1", ",", "1", ","]);
        for (row, exact) in table.rows.iter().zip([1.0, 1.0 / 3.0, 2.0 / 3.0f32]) {
            assert_eq!(row[6].parse::<f32>().unwrap().to_bits(), exact.to_bits());
        }
    }

    #[test]
    fn a_head_that_looks_ahead_keeps_its_upper_half_and_holes_are_left_out() {
        let values = vec![0.25, 0.75, f32::NAN, 1.0];
        let weights = NamedArray::new(values, &[(Axis::Query, 2), (Axis::Key, 2)]).unwrap();
        let table = attention_matrix(&weights, [0, 0], &[]);
        let weights: Vec<&str> = table.rows.iter().map(|it| it[6].as_str()).collect();
        assert_eq!(weights, ["0.25", "0.75", "1"]);
    }

    #[test]
    fn the_map_stays_while_the_cursor_moves_over_it() {
        let values = vec![1.0, 0.0, 1.0 / 3.0, 2.0 / 3.0];
        let weights = NamedArray::new(values, &[(Axis::Query, 2), (Axis::Key, 2)]).unwrap();
        let labels = ["a", ","].map(str::to_owned);
        let at = |pos: usize| {
            let cursor = Cursor { pos, source: 0, ..Cursor::default() };
            let palette = Palette::of(crate::view::Theme::Light);
            let (lock, size_px) = (Cursor::default(), [200.0; 2]);
            let (labels, skips_first, is_signed) = (&labels[..], false, false);
            let map =
                AttentionMap { labels, cursor, lock, skips_first, is_signed, palette, size_px };
            attention_map(&weights, &map)
        };
        let [first, second] = [at(0), at(1)];
        assert_eq!((first.marks.len(), &first.marks), (3, &second.marks));
        assert_ne!(first.over, second.over);
    }
}
