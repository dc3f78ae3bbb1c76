//! Every head of every layer as a small map.

use trace::{Axis, NamedArray};

use super::{Anchor, Cursor, Grid, LeftOut, Mark, Palette, Scene, Turn};

const LEFT_PX: f32 = 30.0;
const TOP_PX: f32 = 18.0;
const GAP_PX: f32 = 6.0;

/// Where the small maps stand: a row per layer, the last on top, and a column per head.
pub fn heads_grid_layout(n_layers: usize, n_heads: usize, size_px: [f32; 2]) -> Grid {
    let room = [size_px[0] - LEFT_PX, size_px[1] - TOP_PX];
    let cell = (room[0] / n_heads.max(1) as f32).min(room[1] / n_layers.max(1) as f32);
    let cell = cell.clamp(8.0, 120.0);
    Grid { origin: [LEFT_PX, TOP_PX], cell: [cell; 2], n_columns: n_heads, n_rows: n_layers }
}

/// All patterns, `[layer, head, query, key]`, with the cursor's head outlined. Those of recurrent
/// heads are signed, each on a scale of its own; where there is no such head, or it amounts to no
/// matrix, the place is hatched.
pub fn heads_grid(
    patterns: &NamedArray,
    is_recurrent: impl Fn(usize, usize) -> bool,
    [cursor, lock]: [Cursor; 2],
    palette: &Palette,
    size_px: [f32; 2],
) -> Scene {
    let count = |axis: Axis| patterns.size(axis).unwrap_or(0);
    let (n_layers, n_heads, n_cells) = (count(Axis::Layer), count(Axis::Head), count(Axis::Query));
    let grid = heads_grid_layout(n_layers, n_heads, size_px);
    let side = grid.cell[0] - GAP_PX;
    let step = side / n_cells.max(1) as f32;
    let mut marks = Vec::with_capacity(n_layers * n_heads * n_cells * n_cells / 2);
    for row in 0..n_layers {
        let layer = n_layers - 1 - row;
        for head in 0..n_heads {
            let [x, y] = grid.corner(row, head);
            let get = |query: usize, key: usize| {
                patterns.get(&[layer, head, query, key]).unwrap_or(f32::NAN)
            };
            if get(0, 0).is_nan() {
                let stroke = palette.line_2;
                marks.push(Mark::Hatch { at: [x, y], size: [side; 2], stroke });
                continue;
            }
            let is_signed = is_recurrent(layer, head);
            let cells = (0..n_cells).flat_map(|query| (0..=query).map(move |key| (query, key)));
            let sizes = cells.clone().map(|(query, key)| get(query, key).abs());
            let scale = if is_signed { sizes.fold(f32::MIN_POSITIVE, f32::max) } else { 1.0 };
            for (query, key) in cells {
                let weight = get(query, key);
                let at = [x + step * key as f32, y + step * query as f32];
                let raised = (weight.abs() / scale).clamp(0.0, 1.0).powf(0.6);
                let fill = if is_signed {
                    palette.div(raised.copysign(weight))
                } else {
                    palette.seq(raised)
                };
                marks.push(Mark::Cell { at, size: [step; 2], fill });
            }
        }
    }
    let mut over = Vec::new();
    for row in 0..n_layers {
        for head in 0..n_heads {
            let at = grid.corner(row, head);
            let layer = n_layers - 1 - row;
            let frame = |width: f32, stroke, dashed: bool| Mark::Outline {
                at: [at[0] - width, at[1] - width],
                size: [side + 2.0 * width; 2],
                width,
                stroke,
                dashed,
            };
            marks.push(frame(1.0, palette.line_2, false));
            let is = |it: Cursor| (it.layer, it.head) == (layer, head);
            if is(lock) {
                over.push(frame(2.0, palette.ink, false));
            } else if is(cursor) {
                over.push(frame(1.5, palette.ink, true));
            }
        }
    }
    over.extend(labels(&grid, cursor, palette, side));
    Scene { over, ..Scene::new(size_px, marks) }
}

/// Lines through the maps of heads that are ablated, to be drawn over [`heads_grid`].
pub fn crossed_out(
    left_out: &LeftOut,
    [n_layers, n_heads]: [usize; 2],
    palette: &Palette,
    size_px: [f32; 2],
) -> Vec<Mark> {
    let grid = heads_grid_layout(n_layers, n_heads, size_px);
    let side = grid.cell[0] - GAP_PX;
    let known = left_out.heads.iter().filter(|it| it[0] < n_layers && it[1] < n_heads);
    known
        .map(|&[layer, head]| {
            let [x, y] = grid.corner(n_layers - 1 - layer, head);
            let (from, to) = ([x, y + side], [x + side, y]);
            Mark::Line { from, to, width: 2.0, stroke: palette.ink }
        })
        .collect()
}

fn labels(grid: &Grid, cursor: Cursor, palette: &Palette, side: f32) -> Vec<Mark> {
    let text = |at: [f32; 2], text: String, bold: bool, anchor: Anchor| Mark::Text {
        at,
        text,
        size_px: 10.5,
        fill: if bold { palette.ink } else { palette.ink_3 },
        anchor,
        turn: Turn::None,
        bold,
    };
    let rows = (0..grid.n_rows).map(|row| {
        let layer = grid.n_rows - 1 - row;
        let y = grid.corner(row, 0)[1] + side / 2.0;
        text([LEFT_PX - 8.0, y], format!("L{layer}"), layer == cursor.layer, Anchor::End)
    });
    let columns = (0..grid.n_columns).map(|head| {
        let x = grid.corner(0, head)[0] + side / 2.0;
        text([x, TOP_PX - 10.0], format!("{head}"), head == cursor.head, Anchor::Middle)
    });
    rows.chain(columns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Theme;

    #[test]
    fn a_head_that_is_ablated_is_crossed_out_in_its_place() {
        let mut out = LeftOut::default();
        out.heads.extend([[0, 1], [7, 0]]);
        let size_px = [230.0, 218.0];
        let marks = crossed_out(&out, [2, 2], Palette::of(Theme::Light), size_px);
        let grid = heads_grid_layout(2, 2, size_px);
        let [Mark::Line { from, to, .. }] = &marks[..] else { panic!("{marks:?}") };
        // The first layer stands below.
        for at in [*from, *to] {
            let inside =
                [at[0].clamp(from[0] + 1.0, to[0] - 1.0), at[1].clamp(to[1] + 1.0, from[1] - 1.0)];
            assert_eq!(grid.hit(inside), Some((1, 1)));
        }
    }
}
