//! Rows of depth beside the lens: who wrote, and how long and how turned the stream is.

use trace::{Attribution, NamedArray, Norms};

use super::{
    Anchor, Cursor, Grid, Mark, Palette, Scene, Table, Turn, depth_name,
    lens::{TOP_PX, row_height},
    number, signed,
};

const LEFT_PX: f32 = 30.0;
const SUM_PX: f32 = 44.0;

/// The grid of writers: a row per layer, the last on top, a column per head and one for the MLP.
pub fn writers_grid(writers: &Attribution, size_px: [f32; 2]) -> Grid {
    let count = |slot: usize| writers.heads.dims().get(slot).map_or(0, |it| it.1);
    let (n_layers, n_heads) = (count(0), count(1));
    let width = (size_px[0] - LEFT_PX - SUM_PX) / (n_heads + 1) as f32;
    let height = (size_px[1] - TOP_PX) / (n_layers + 1) as f32;
    let cell = [width.min(44.0), height.clamp(4.0, 44.0)];
    Grid { origin: [LEFT_PX, TOP_PX], cell, n_columns: n_heads + 1, n_rows: n_layers }
}

/// Direct contributions to A − B: warm toward A, cool toward B. Returns the largest size too,
/// which is the end of the ramp.
pub fn writers_map(
    writers: &Attribution,
    [cursor, lock]: [Cursor; 2],
    palette: &Palette,
    size_px: [f32; 2],
) -> (Scene, Grid, f32) {
    let grid = writers_grid(writers, size_px);
    let end = writers_end(writers);
    let n_heads = grid.n_columns - 1;
    let text = |at: [f32; 2], text: String, bold: bool, anchor: Anchor| Mark::Text {
        at,
        text,
        size_px: 10.5,
        fill: if bold { palette.ink } else { palette.ink_3 },
        anchor,
        turn: Turn::None,
        bold,
    };
    let (mut marks, mut over) = (Vec::new(), Vec::new());
    for row in 0..grid.n_rows {
        let layer = grid.n_rows - 1 - row;
        let mut sum = writers.attn_bias.get(&[layer]).unwrap_or(0.0);
        for column in 0..grid.n_columns {
            let value = if column < n_heads {
                writers.heads.get(&[layer, column])
            } else {
                writers.mlp.get(&[layer])
            };
            let value = value.unwrap_or(f32::NAN);
            sum += value;
            let [x, y] = grid.corner(row, column);
            let fill = palette.div(value / end);
            let size = [grid.cell[0] - 1.0, grid.cell[1] - 1.0];
            marks.push(Mark::Cell { at: [x, y], size, fill });
        }
        let y = grid.middle(row, 0)[1];
        let is_chosen = layer == cursor.layer;
        over.push(text([LEFT_PX - 6.0, y], format!("L{layer}"), is_chosen, Anchor::End));
        over.push(text([size_px[0] - 2.0, y], signed(sum), is_chosen, Anchor::End));
    }
    for column in 0..grid.n_columns {
        let name = if column < n_heads { column.to_string() } else { tr!("MLP").to_owned() };
        let at = [grid.middle(0, column)[0], TOP_PX - 10.0];
        over.push(text(at, name, column == cursor.head, Anchor::Middle));
    }
    marks.push(text([size_px[0] - 2.0, TOP_PX - 10.0], tr!("sum").to_owned(), false, Anchor::End));
    let y = grid.corner(grid.n_rows, 0)[1] + grid.cell[1] / 2.0;
    marks.push(text([LEFT_PX - 6.0, y], tr!("emb").to_owned(), false, Anchor::End));
    marks.push(text([size_px[0] - 2.0, y], signed(writers.embed), false, Anchor::End));
    let place = |it: Cursor| grid.n_rows.checked_sub(1 + it.layer).map(|row| (row, it.head));
    if let Some((row, column)) = place(lock) {
        over.push(grid.outline(row, column, palette.ink, false));
    }
    if let Some((row, column)) = place(cursor).filter(|it| Some(*it) != place(lock)) {
        over.push(grid.outline(row, column, palette.ink, true));
    }
    (Scene { over, ..Scene::new(size_px, marks) }, grid, end)
}

/// The largest contribution of one writer, at least a hundredth.
pub fn writers_end(writers: &Attribution) -> f32 {
    let all = writers.heads.values().iter().chain(writers.mlp.values());
    all.fold(0.01f32, |best, it| best.max(it.abs()))
}

/// Every writer with what it wrote.
pub fn writers_table(writers: &Attribution) -> Table {
    let mut table = Table::new([tr!("writer"), tr!("A − B (logits)")]);
    let mut row = |name: String, value: f32| table.rows.push(vec![name, signed(value)]);
    let n_layers = writers.mlp.values().len();
    let n_heads = writers.heads.dims().get(1).map_or(0, |it| it.1);
    for layer in (0..n_layers).rev() {
        row(tr!("L{layer} MLP", layer), writers.mlp.get(&[layer]).unwrap_or(f32::NAN));
        for head in 0..n_heads {
            let value = writers.heads.get(&[layer, head]).unwrap_or(f32::NAN);
            row(tr!("head {layer}.{head}", layer, head), value);
        }
        let bias = writers.attn_bias.get(&[layer]).unwrap_or(f32::NAN);
        row(tr!("L{layer} attention's bias", layer), bias);
    }
    row(tr!("embedding").to_owned(), writers.embed);
    row(tr!("final norm's and unembedding's bias").to_owned(), writers.rest);
    row(tr!("sum: A − B").to_owned(), writers.total);
    table
}

/// Length and cosines of the stream at the cursor's position: a row per depth, rows as in the lens.
pub fn norms_view(
    norms: &Norms,
    [cursor, lock]: [Cursor; 2],
    palette: &Palette,
    size_px: [f32; 2],
) -> (Scene, Grid) {
    let n_depths = norms.sites.len();
    let cell = [(size_px[0] - LEFT_PX - 16.0) / 3.0, row_height(size_px[1], n_depths)];
    let origin = [LEFT_PX + 14.0, TOP_PX];
    let grid = Grid { origin, cell, n_columns: 3, n_rows: n_depths };
    let columns: [(&str, &NamedArray); 3] = [
        (tr!("length"), &norms.norm),
        (tr!("cos step"), &norms.cosine_before),
        (tr!("cos end"), &norms.cosine_last),
    ];
    let text = |at: [f32; 2], text: String, bold: bool, anchor: Anchor| Mark::Text {
        at,
        text,
        size_px: 10.5,
        fill: if bold { palette.ink } else { palette.ink_2 },
        anchor,
        turn: Turn::None,
        bold,
    };
    let mut marks = Vec::new();
    for (column, (name, array)) in columns.iter().enumerate() {
        let value = |depth: usize| array.get(&[depth, cursor.pos]).unwrap_or(f32::NAN);
        let end = (0..n_depths).map(|depth| value(depth).abs()).fold(f32::MIN_POSITIVE, f32::max);
        let head = [grid.corner(0, column)[0], TOP_PX - 10.0];
        marks.push(text(head, (*name).to_owned(), false, Anchor::Start));
        for row in 0..n_depths {
            let depth = n_depths - 1 - row;
            let [x, y] = grid.corner(row, column);
            let room = (cell[0] - 40.0).max(4.0);
            let size = [room * value(depth).abs() / end, (cell[1] - 6.0).clamp(2.0, 9.0)];
            let at = [x, y + (cell[1] - size[1]) / 2.0];
            let fill = if value(depth) < 0.0 { palette.div(-0.8) } else { palette.seq(0.6) };
            marks.push(Mark::Cell { at, size, fill });
            let middle = y + cell[1] / 2.0;
            let is_chosen = depth == cursor.depth;
            marks.push(text(
                [x + cell[0] - 6.0, middle],
                number(value(depth)),
                is_chosen,
                Anchor::End,
            ));
        }
    }
    for (depth, site) in norms.sites.iter().enumerate() {
        let row = n_depths - 1 - depth;
        let is_chosen = depth == cursor.depth;
        let at = [LEFT_PX + 8.0, grid.middle(row, 0)[1]];
        marks.push(text(at, depth_name(*site), is_chosen, Anchor::End));
        if depth == lock.depth {
            let at = grid.corner(row, 0);
            let size = [grid.size()[0], cell[1]];
            let stroke = palette.ink;
            marks.push(Mark::Outline { at, size, width: 1.0, stroke, dashed: false });
        }
    }
    (Scene::new(size_px, marks), grid)
}

/// Lengths and cosines of one position.
pub fn norms_table(norms: &Norms, pos: usize) -> Table {
    let mut table = Table::new([
        tr!("depth"),
        tr!("length"),
        tr!("cosine with the depth before"),
        tr!("cosine with the last depth"),
    ]);
    for (depth, site) in norms.sites.iter().enumerate().rev() {
        let value = |array: &NamedArray| number(array.get(&[depth, pos]).unwrap_or(f32::NAN));
        table.rows.push(vec![
            depth_name(*site),
            value(&norms.norm),
            value(&norms.cosine_before),
            value(&norms.cosine_last),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use trace::Axis;

    use super::*;
    use crate::view::Theme;

    #[test]
    fn what_moves_with_the_cursor_lies_over_what_stays() {
        let array =
            |values: Vec<f32>, dims: &[(Axis, usize)]| NamedArray::new(values, dims).unwrap();
        let (layer, head) = ((Axis::Layer, 2), (Axis::Head, 2));
        let writers = Attribution {
            embed: 0.25,
            heads: array(vec![1.0, -1.0, 0.5, 2.0], &[layer, head]),
            attn_bias: array(vec![0.0; 2], &[layer]),
            mlp: array(vec![0.5, -0.5], &[layer]),
            pos: 0,
            a: 0,
            b: 1,
            rest: 0.0,
            total: 2.75,
            running: array(vec![0.25, 1.5], &[(Axis::Depth, 2)]),
        };
        let lock = Cursor::default();
        let [here, there] = [0, 1].map(|to| {
            let cursor = Cursor { layer: to, head: to, ..lock };
            writers_map(&writers, [cursor, lock], Palette::of(Theme::Light), [300.0, 200.0]).0
        });
        assert_eq!(here.marks, there.marks);
        assert_ne!(here.over, there.over);
        let n_cells = here.marks.iter().filter(|it| matches!(it, Mark::Cell { .. })).count();
        assert_eq!(n_cells, 6);
    }
}
