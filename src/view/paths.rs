//! The path of each token's vector through a plane.

use trace::{LensSite, Paths};

use super::{
    Anchor, Cursor, Mark, Palette, Scene, Table, Turn, attention::shortened, depth_name, number,
};

/// What a picture of paths shows besides the points.
#[derive(Clone, Copy, Debug)]
pub struct PathsView<'a> {
    pub labels: &'a [String],
    pub cursor: Cursor,
    pub lock: Cursor,
    pub palette: &'a Palette,
    pub size_px: [f32; 2],
    /// The values at the edges, least x, most x, least y, most y: kept while typing.
    pub bounds: [f32; 4],
}

const MARGIN_PX: [f32; 4] = [34.0, 34.0, 14.0, 26.0];

impl PathsView<'_> {
    /// The least bounds that hold all points of `paths` and those `before`, a little wider; the
    /// old ones where they hold everything already, so that the picture stays put while typing.
    pub fn bounds(paths: &Paths, before: Option<[f32; 4]>) -> [f32; 4] {
        let start = [f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY];
        let tight = paths.points.values().chunks_exact(2).fold(start, |all, point| {
            let (x, y) = (point[0], point[1]);
            [all[0].min(x), all[1].max(x), all[2].min(y), all[3].max(y)]
        });
        if !tight.iter().all(|it| it.is_finite()) {
            return before.unwrap_or([-1.0, 1.0, -1.0, 1.0]);
        }
        let holds = |old: &[f32; 4]| {
            let is_inside = old[0] <= tight[0]
                && tight[1] <= old[1]
                && old[2] <= tight[2]
                && tight[3] <= old[3];
            // Bounds four times as wide as what they hold would show a speck.
            let is_near = old[1] - old[0] < 4.0 * (tight[1] - tight[0]).max(1e-3);
            is_inside && is_near
        };
        if let Some(old) = before.filter(holds) {
            return old;
        }
        let [wide, high] =
            [(tight[1] - tight[0]).max(1e-3), (tight[3] - tight[2]).max(1e-3)].map(|it| 0.12 * it);
        [tight[0] - wide, tight[1] + wide, tight[2] - high, tight[3] + high]
    }

    fn place(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [left, right, top, bottom] = MARGIN_PX;
        let [least_x, most_x, least_y, most_y] = self.bounds;
        let [width, height] = self.size_px;
        let along = (x - least_x) / (most_x - least_x);
        let up = (y - least_y) / (most_y - least_y);
        [left + along * (width - left - right), height - bottom - up * (height - top - bottom)]
    }

    fn point(&self, paths: &Paths, depth: usize, pos: usize) -> [f32; 2] {
        let value = |which: usize| paths.points.get(&[depth, pos, which]).unwrap_or(0.0);
        self.place([value(0), value(1)])
    }

    fn text(&self, at: [f32; 2], text: String, bold: bool, anchor: Anchor) -> Mark {
        let fill = if bold { self.palette.ink } else { self.palette.ink_3 };
        Mark::Text { at, text, size_px: 10.5, fill, anchor, turn: Turn::None, bold }
    }
}

/// All paths, the cursor's strong: what attention wrote in one colour, what the MLP wrote in
/// another, a dot at each depth.
pub fn paths_map(paths: &Paths, view: &PathsView<'_>) -> Scene {
    let n_depths = paths.sites.len();
    let mut marks = axes(view);
    for pos in 0..view.labels.len() {
        let stroke = view.palette.line_2;
        for depth in 1..n_depths {
            let (from, to) = (view.point(paths, depth - 1, pos), view.point(paths, depth, pos));
            marks.push(Mark::Line { from, to, width: 1.0, stroke });
        }
        let at = view.point(paths, n_depths.saturating_sub(1), pos);
        let colour = view.palette.ink_3;
        marks.push(Mark::Dot { at, radius: 2.0, fill: colour, ring: colour });
    }
    let mut over = end_labels(paths, view);
    over.extend(chosen_path(paths, view));
    Scene { over, ..Scene::new(view.size_px, marks) }
}

/// Labels at the ends of the other paths, as many as do not cover each other.
fn end_labels(paths: &Paths, view: &PathsView<'_>) -> Vec<Mark> {
    let last = paths.sites.len().saturating_sub(1);
    let mut taken: Vec<[f32; 2]> = vec![view.point(paths, last, view.cursor.pos)];
    let mut marks = Vec::new();
    for pos in (0..view.labels.len()).rev().filter(|it| *it != view.cursor.pos) {
        let at = view.point(paths, last, pos);
        if taken.iter().any(|it| (it[0] - at[0]).abs() < 44.0 && (it[1] - at[1]).abs() < 12.0) {
            continue;
        }
        taken.push(at);
        let label = shortened(&view.labels[pos], 9);
        let is_right = at[0] + 60.0 < view.size_px[0];
        let (dx, anchor) = if is_right { (5.0, Anchor::Start) } else { (-5.0, Anchor::End) };
        marks.push(view.text([at[0] + dx, at[1]], label, false, anchor));
    }
    marks
}

fn chosen_path(paths: &Paths, view: &PathsView<'_>) -> Vec<Mark> {
    let n_depths = paths.sites.len();
    let pos = view.cursor.pos;
    let mut marks = Vec::new();
    for depth in 1..n_depths {
        let (from, to) = (view.point(paths, depth - 1, pos), view.point(paths, depth, pos));
        let is_attention = matches!(paths.sites[depth], LensSite::Mid { .. });
        let stroke = if is_attention { view.palette.cat[0] } else { view.palette.cat[1] };
        marks.push(Mark::Line { from, to, width: 2.0, stroke });
        marks.extend(head_of_arrow(from, to, stroke));
    }
    let ink = view.palette.ink;
    for depth in 0..n_depths {
        let at = view.point(paths, depth, pos);
        let share = depth as f32 / (n_depths - 1).max(1) as f32;
        let fill = view.palette.seq(0.1 + 0.9 * share);
        marks.push(Mark::Dot { at, radius: 3.5, fill, ring: view.palette.background });
        if depth == view.lock.depth && pos == view.lock.pos {
            marks.push(Mark::Dot { at, radius: 6.0, fill, ring: ink });
        } else if depth == view.cursor.depth {
            marks.push(Mark::Dot { at, radius: 5.0, fill, ring: ink });
        }
    }
    if 0 < n_depths {
        let at = view.point(paths, n_depths - 1, pos);
        let label = shortened(view.labels.get(pos).map_or("", String::as_str), 12);
        marks.push(view.text([at[0], at[1] - 12.0], label, true, Anchor::Middle));
        let start = view.point(paths, 0, pos);
        marks.push(view.text(
            [start[0], start[1] + 12.0],
            tr!("emb").to_owned(),
            true,
            Anchor::Middle,
        ));
    }
    marks
}

/// Two short lines that make an arrow's head, where the arrow is long enough to have one.
fn head_of_arrow(from: [f32; 2], to: [f32; 2], stroke: super::Rgba) -> Vec<Mark> {
    let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    let length = dx.hypot(dy);
    if length < 14.0 {
        return Vec::new();
    }
    let [ux, uy] = [dx / length, dy / length];
    let tip = [to[0] - 5.0 * ux, to[1] - 5.0 * uy];
    [1.0, -1.0]
        .map(|side: f32| {
            let back = [tip[0] - 6.0 * ux - side * 3.5 * uy, tip[1] - 6.0 * uy + side * 3.5 * ux];
            Mark::Line { from: tip, to: back, width: 2.0, stroke }
        })
        .to_vec()
}

/// A frame with the values at its ends.
fn axes(view: &PathsView<'_>) -> Vec<Mark> {
    let [least_x, most_x, least_y, most_y] = view.bounds;
    let stroke = view.palette.line;
    let corner = view.place([least_x, least_y]);
    let (right, top) = (view.place([most_x, least_y]), view.place([least_x, most_y]));
    let mut marks = vec![
        Mark::Line { from: corner, to: right, width: 1.0, stroke },
        Mark::Line { from: corner, to: top, width: 1.0, stroke },
    ];
    if least_x < 0.0 && 0.0 < most_x {
        let (from, to) = (view.place([0.0, least_y]), view.place([0.0, most_y]));
        marks.push(Mark::Line { from, to, width: 1.0, stroke });
    }
    marks.push(view.text([corner[0], corner[1] + 9.0], number(least_x), false, Anchor::Start));
    marks.push(view.text([right[0], right[1] + 9.0], number(most_x), false, Anchor::End));
    marks.push(view.text([top[0] - 4.0, top[1] + 5.0], number(most_y), false, Anchor::End));
    marks.push(view.text([corner[0] - 4.0, corner[1] - 5.0], number(least_y), false, Anchor::End));
    marks
}

/// How near a pointer must be to a point to mean it.
const NEAR_PX: f32 = 16.0;

/// Depth and position of the point nearest to a place on the figure, if one is near. The cursor's
/// own path comes first.
pub fn nearest_point(paths: &Paths, view: &PathsView<'_>, at: [f32; 2]) -> Option<(usize, usize)> {
    let n_depths = paths.sites.len();
    let distance = |depth: usize, pos: usize| {
        let [x, y] = view.point(paths, depth, pos);
        (x - at[0]).hypot(y - at[1])
    };
    let nearest = |positions: &mut dyn Iterator<Item = usize>| {
        positions
            .flat_map(|pos| (0..n_depths).map(move |depth| (depth, pos)))
            .map(|(depth, pos)| (distance(depth, pos), depth, pos))
            .filter(|it| it.0 < NEAR_PX)
            .min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let own = nearest(&mut std::iter::once(view.lock.pos));
    own.or_else(|| nearest(&mut (0..view.labels.len()))).map(|it| (it.1, it.2))
}

/// Every point of every path, as exact as it was computed.
pub fn paths_matrix(paths: &Paths, labels: &[String]) -> Table {
    let mut table =
        Table::new([tr!("position"), tr!("token"), tr!("depth"), tr!("across"), tr!("up")]);
    for (pos, label) in labels.iter().enumerate() {
        for (depth, site) in paths.sites.iter().enumerate() {
            let value = |which: usize| {
                let value = paths.points.get(&[depth, pos, which]);
                value.map_or_else(String::new, |it| it.to_string())
            };
            let place = [pos.to_string(), label.clone(), depth_name(*site)];
            table.rows.push(place.into_iter().chain([value(0), value(1)]).collect());
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use trace::{Axis, Basis, NamedArray};

    use super::*;
    use crate::view::Theme;

    #[test]
    fn what_moves_with_the_cursor_lies_over_what_stays() {
        let dims = [(Axis::Depth, 2), (Axis::Pos, 3), (Axis::Plane, 2)];
        let values = (0..12).map(|it| it as f32).collect();
        let paths = Paths {
            sites: vec![LensSite::Embed, LensSite::post(0)],
            basis: Basis::Stored,
            points: NamedArray::new(values, &dims).unwrap(),
            variance_share: NamedArray::new(vec![0.5, 0.25], &[(Axis::Plane, 2)]).unwrap(),
        };
        let labels = ["a", "b", "c"].map(str::to_owned);
        let lock = Cursor::default();
        let [here, there] = [0, 2].map(|pos| {
            let (palette, size_px) = (Palette::of(Theme::Light), [300.0, 200.0]);
            let bounds = PathsView::bounds(&paths, None);
            let cursor = Cursor { pos, ..lock };
            paths_map(
                &paths,
                &PathsView { labels: &labels, cursor, lock, palette, size_px, bounds },
            )
        });
        assert_eq!(here.marks, there.marks);
        assert_ne!(here.over, there.over);
        let n_dots = here.marks.iter().filter(|it| matches!(it, Mark::Dot { .. })).count();
        assert_eq!(n_dots, 3, "every path ends in a dot");
    }
}
