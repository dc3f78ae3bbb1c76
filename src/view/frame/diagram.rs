//! Nodes and edges in layers: automata, trees, graphs, circuits. Brightness is a value.

use trace::Frame;

use super::{
    super::{Anchor, Mark, Rgba, Scene, ink_on},
    Look, Place, Plot, Step,
    heat::Shade,
    layout::{brightness, layered, layers_of, numbers, placed},
    parts::{Area, LINE_PX, fitted, no_values, tag, text, width_of},
};

/// Room for the scale of colours below.
const SCALE_PX: f32 = 20.0;
const MARGIN_PX: f32 = 6.0;
/// Radii of nodes.
const RADIUS_PX: [f32; 2] = [3.0, 15.0];
/// Layers are at most so far apart.
const LAYERS_PX: f32 = 170.0;
/// How far apart the two edges between a pair of nodes run.
const APART_PX: f32 = 3.0;

/// A graph: a node per row, an edge per value from the row to the column of the same place.
pub(super) struct Diagram<'a> {
    frame: &'a Frame,
    look: Look<'a>,
    places: Vec<[f32; 2]>,
    layers: Vec<usize>,
    radius: f32,
    shade: Shade,
    has_scale: bool,
    /// How bright each node is, 0 to 1, where that was measured.
    brightness: Option<Vec<f32>>,
}

impl<'a> Diagram<'a> {
    pub(super) fn new(frame: &'a Frame, look: Look<'a>) -> Self {
        let n_nodes = frame.size()[0];
        let [width, height] = look.size_px;
        let has_scale = 120.0 < height;
        let bottom = height - if has_scale { SCALE_PX } else { 2.0 } - LINE_PX;
        let area = Area { left: MARGIN_PX, top: MARGIN_PX, right: width - MARGIN_PX, bottom };
        let area = area.within(look.size_px);
        let layers = layers_of(frame);
        let (parts, apart) = match (numbers(frame, trace::Fact::X), numbers(frame, trace::Fact::Y))
        {
            (Some(x), Some(y)) => (placed(x, y), (n_nodes.max(1) as f32).sqrt().ceil()),
            _ => layered(frame, &layers),
        };
        let room = (area.width() / apart).min(area.height() / apart);
        let radius = (room * 0.3).clamp(RADIUS_PX[0], RADIUS_PX[1]);
        // A loop stands above its node.
        let inner = Area {
            left: area.left + radius,
            right: (area.right - radius).max(area.left + radius),
            top: area.top + 2.2 * radius,
            bottom: (area.bottom - radius).max(area.top + 2.2 * radius),
        };
        let inner = inner.within(look.size_px);
        let n_layers = layers.iter().max().map_or(1, |it| it + 1);
        let spread = inner.width().min(LAYERS_PX * n_layers as f32);
        let left = inner.left + (inner.width() - spread) / 2.0;
        let place = |[x, y]: [f32; 2]| [left + spread * x, inner.top + inner.height() * y];
        let places = parts.into_iter().map(place).collect();
        let shade = Shade::of(frame, frame.values().iter().copied());
        let brightness = brightness(frame);
        Self { frame, look, places, layers, radius, shade, has_scale, brightness }
    }

    fn n_nodes(&self) -> usize {
        self.places.len()
    }

    /// Edges from `node`, with their values. Columns beyond the nodes are none.
    fn edges(&self, node: usize) -> impl Iterator<Item = (usize, f32)> {
        let n_columns = self.frame.size()[1].min(self.n_nodes());
        let edge = move |column: usize| (column, self.frame.value(node, column));
        (0..n_columns).map(edge).filter(|it| it.1.is_finite())
    }

    /// From rim to rim, beside the way back where there is one.
    fn ends(&self, from: usize, to: usize) -> Option<[[f32; 2]; 2]> {
        let [a, b] = [self.places[from], self.places[to]];
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        if length <= 2.0 * self.radius {
            return None;
        }
        let [x, y] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
        let has_back = self.frame.value(to, from).is_finite();
        let aside = if has_back { APART_PX.min(self.radius / 2.0) } else { 0.0 };
        let at = |[left, top]: [f32; 2], along: f32| {
            [left + x * along - y * aside, top + y * along + x * aside]
        };
        Some([at(a, self.radius), at(b, -self.radius - 1.0)])
    }

    fn edge_marks(&self, from: usize, to: usize, stroke: Rgba, width: f32) -> Vec<Mark> {
        if from == to {
            let [x, y] = self.places[from];
            let radius = self.radius * 0.7;
            let at = [x, y - 1.4 * self.radius];
            let fill = self.look.palette.background;
            return vec![Mark::Dot { at, radius, fill, ring: stroke }];
        }
        let Some([start, end]) = self.ends(from, to) else { return Vec::new() };
        let angle = (end[1] - start[1]).atan2(end[0] - start[0]);
        let head = (self.radius * 0.5).clamp(3.0, 6.0);
        let barb = |turn: f32| {
            let back = [end[0] - head * (angle + turn).cos(), end[1] - head * (angle + turn).sin()];
            Mark::Line { from: end, to: back, width, stroke }
        };
        vec![Mark::Line { from: start, to: end, width, stroke }, barb(0.45), barb(-0.45)]
    }

    fn all_edges(&self) -> Vec<Mark> {
        let palette = self.look.palette;
        let mut edges: Vec<(usize, usize, f32)> = (0..self.n_nodes())
            .flat_map(|from| self.edges(from).map(move |(to, value)| (from, to, value)))
            .collect();
        // The strongest on top.
        edges.sort_by(|a, b| a.2.abs().total_cmp(&b.2.abs()));
        let is_even = self.shade.low == self.shade.high;
        let marks = edges.into_iter().flat_map(|(from, to, value)| {
            let fill = self.shade.fill(value, palette).unwrap_or(palette.line_2);
            let stroke = if is_even { palette.ink_3 } else { fill };
            self.edge_marks(from, to, stroke, if is_even { 1.0 } else { 1.75 })
        });
        marks.collect()
    }

    /// Words of edges at two fifths of their way, where no other text is.
    fn edge_words(&self, taken: &mut Vec<Area>) -> Vec<Mark> {
        let mut marks = Vec::new();
        for from in 0..self.n_nodes() {
            for (to, _) in self.edges(from) {
                let word = fitted(self.frame.text(from, to), 60.0, false);
                let [x, y] = self.places[from];
                let middle = match self.ends(from, to) {
                    Some([a, b]) => [0, 1].map(|it| a[it] + (b[it] - a[it]) * 0.4),
                    None if from == to => [x + self.radius + 6.0, y - 1.4 * self.radius],
                    None => continue,
                };
                if !word.is_empty() && free(taken, middle, &word, self.look.size_px) {
                    marks.extend(on_paper(middle, word, &self.look));
                }
            }
        }
        marks
    }

    fn fits_inside(&self, name: &str) -> bool {
        width_of(name, false) + 4.0 < 2.0 * self.radius && LINE_PX < 2.0 * self.radius
    }

    /// A name below its node, or on another side where other nodes leave it room.
    fn name_beside(&self, node: usize, taken: &mut Vec<Area>) -> Option<Mark> {
        let [x, y] = self.places[node];
        let name = fitted(self.frame.rows().entry_name(node), 84.0, false);
        let half = width_of(&name, false) / 2.0;
        let right = self.look.size_px[0] - half;
        let [above, beside] = [self.radius + LINE_PX / 2.0 + 1.0, self.radius + half + 3.0];
        let middle = x.clamp(half.min(right), right);
        let sides = [[middle, y + above], [x + beside, y], [x - beside, y], [middle, y - above]];
        let disc = |[x, y]: &[f32; 2]| Area {
            left: x - self.radius,
            right: x + self.radius,
            top: y - self.radius,
            bottom: y + self.radius,
        };
        let is_clear = |at: &[f32; 2]| {
            let own = room_of(*at, &name);
            self.places.iter().all(|place| !own.touches(&disc(place)))
        };
        let ink = self.look.palette.ink;
        let mut clear = sides.into_iter().filter(|at| !name.is_empty() && is_clear(at));
        let at = clear.find(|at| free(taken, *at, &name, self.look.size_px))?;
        Some(text(at, name, ink, Anchor::Middle))
    }

    /// Discs with their names inside, or below where they are too long.
    fn nodes(&self, taken: &mut Vec<Area>) -> Vec<Mark> {
        let palette = self.look.palette;
        let mut marks = Vec::new();
        for (node, &at) in self.places.iter().enumerate() {
            let value = self.brightness.as_ref().map(|it| it[node]);
            let fill = match value {
                Some(value) if value.is_finite() => palette.seq(value),
                _ => palette.background,
            };
            let is_missing = value.is_some_and(f32::is_nan);
            let radius = self.radius;
            let ring = if is_missing { palette.line_2 } else { palette.ink_3 };
            marks.push(Mark::Dot { at, radius, fill, ring });
            if is_missing {
                let corner = at.map(|it| it - radius * 0.7);
                let size = [radius * 1.4; 2];
                marks.push(Mark::Hatch { at: corner, size, stroke: palette.line_2 });
            }
            let name = self.frame.rows().entry_name(node);
            let is_inside = self.fits_inside(name);
            if is_inside && free(taken, at, name, self.look.size_px) {
                marks.push(text(at, name.to_owned(), ink_on(fill), Anchor::Middle));
            } else if !is_inside {
                marks.extend(self.name_beside(node, taken));
            }
        }
        marks
    }
}

/// The room that a text takes around its middle.
fn room_of([x, y]: [f32; 2], words: &str) -> Area {
    let half = [width_of(words, false) / 2.0 + 1.0, LINE_PX / 2.0];
    Area { left: x - half[0], right: x + half[0], top: y - half[1], bottom: y + half[1] }
}

impl Plot for Diagram<'_> {
    fn scene(&self) -> Scene {
        let size_px = self.look.size_px;
        if self.places.is_empty() {
            let area = Area { left: 0.0, top: 0.0, right: size_px[0], bottom: size_px[1] };
            let area = area.within(size_px);
            return Scene::new(size_px, no_values(area, self.look.palette, size_px));
        }
        let mut marks = self.all_edges();
        let mut taken = Vec::new();
        marks.extend(self.nodes(&mut taken));
        marks.extend(self.edge_words(&mut taken));
        if self.has_scale && self.shade.low < self.shade.high {
            let at = [4.0, size_px[1] - SCALE_PX / 2.0];
            marks.extend(self.shade.legend(self.frame, at, &self.look));
        }
        Scene::new(size_px, marks)
    }

    fn cursor(&self, at: Place) -> Scene {
        let size_px = self.look.size_px;
        let palette = self.look.palette;
        let Some(&place) = self.places.get(at.row) else {
            return Scene::new(size_px, Vec::new());
        };
        let edges = self.edges(at.row).map(|it| it.0).filter(|to| *to != at.row);
        let edges: Vec<usize> = edges.collect();
        let mut marks: Vec<Mark> =
            edges.iter().flat_map(|to| self.edge_marks(at.row, *to, palette.ink, 2.0)).collect();
        let radius = self.radius + 2.0;
        let size = [2.0 * radius; 2];
        let corner = place.map(|it| it - radius);
        let stroke = palette.ink;
        marks.push(Mark::Outline { at: corner, size, width: 2.0, stroke, dashed: false });
        let name = self.frame.rows().entry_name(at.row);
        if !self.fits_inside(name) {
            let y = place[1] + self.radius + LINE_PX / 2.0;
            marks.extend(tag([place[0], y], name, palette, size_px));
        }
        Scene::new(size_px, marks)
    }

    fn hit(&self, [x, y]: [f32; 2]) -> Option<Place> {
        let far = |at: &[f32; 2]| (at[0] - x).hypot(at[1] - y);
        let nodes = self.places.iter().enumerate().map(|(row, at)| (row, far(at)));
        let near = nodes.filter(|it| it.1 <= self.radius + 3.0);
        let (row, _) = near.min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Place { row, column: 0 })
    }

    /// Left and right to the nearest node of the next layer, up and down within a layer.
    fn next(&self, at: Place, step: Step) -> Place {
        let last = self.n_nodes().saturating_sub(1);
        let here = at.row.min(last);
        let (Some(&[x, y]), Some(&layer)) = (self.places.get(here), self.layers.get(here)) else {
            return Place::default();
        };
        let far = |it: &usize| (self.places[*it][0] - x).hypot(self.places[*it][1] - y);
        let nearest = |is: &dyn Fn(usize) -> bool| {
            (0..=last).filter(|it| is(*it)).min_by(|a, b| far(a).total_cmp(&far(b)))
        };
        let row = match step {
            Step::Left => nearest(&|it| self.layers[it] + 1 == layer),
            Step::Right => nearest(&|it| self.layers[it] == layer + 1),
            Step::Up => nearest(&|it| self.layers[it] == layer && self.places[it][1] < y),
            Step::Down => nearest(&|it| self.layers[it] == layer && y < self.places[it][1]),
            Step::First => Some(0),
            Step::Last => Some(last),
        };
        Place { row: row.unwrap_or(here), column: 0 }
    }
}

/// Whether a text has room here; it is then taken.
fn free(taken: &mut Vec<Area>, at: [f32; 2], words: &str, size_px: [f32; 2]) -> bool {
    let own = room_of(at, words);
    let is_inside =
        0.0 <= own.left && own.right <= size_px[0] && 0.0 <= own.top && own.bottom <= size_px[1];
    let is_free = is_inside && !taken.iter().any(|it| own.touches(it));
    if is_free {
        taken.push(own);
    }
    is_free
}

fn on_paper(at: [f32; 2], words: String, look: &Look<'_>) -> Vec<Mark> {
    let width = width_of(&words, false) + 2.0;
    let corner = [at[0] - width / 2.0, at[1] - LINE_PX / 2.0];
    let fill = look.palette.background.with_alpha(0.85);
    let paper = Mark::Cell { at: corner, size: [width, LINE_PX], fill };
    vec![paper, text(at, words, look.palette.ink_2, Anchor::Middle)]
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{automaton, look, named, texts_of},
        *,
    };
    use crate::view::{Palette, Theme};

    const NONE: f32 = f32::NAN;

    fn light() -> Look<'static> {
        look(Palette::of(Theme::Light))
    }

    fn tree() -> Frame {
        let edges = [
            [NONE, 1.0, 0.5, NONE],
            [NONE, NONE, NONE, 0.2],
            [NONE, NONE, NONE, NONE],
            [NONE, NONE, NONE, NONE],
        ];
        named(&["s", "np", "vp", "n"], &["s", "np", "vp", "n"], edges.as_flattened())
    }

    #[test]
    fn layers_follow_the_edges_to_the_right() {
        let frame = tree();
        assert_eq!(layers_of(&frame), [0, 1, 1, 2]);
        let diagram = Diagram::new(&frame, light());
        let x = |node: usize| diagram.places[node][0];
        assert!(x(0) < x(1) && x(1) == x(2) && x(1) < x(3));
        assert!((x(3) - x(1) - (x(1) - x(0))).abs() < 1e-3, "layers are equally far");
    }

    #[test]
    fn a_cycle_has_layers_too_and_a_loop_stands_above_its_node() {
        let frame = automaton();
        assert_eq!(layers_of(&frame), [0, 1]);
        let diagram = Diagram::new(&frame, light());
        let scene = diagram.scene();
        let rings = scene.marks.iter().filter(|it| matches!(it, Mark::Dot { .. })).count();
        assert_eq!(rings, 4, "two nodes, two loops");
        let [there, back] = [diagram.ends(0, 1).unwrap(), diagram.ends(1, 0).unwrap()];
        assert!((there[0][1] - back[1][1]).abs() > 2.0, "both ways are seen apart");
        let texts = texts_of(&scene);
        assert!(["even", "odd", "0", "1"].iter().all(|it| texts.iter().any(|has| has == it)));
    }

    #[test]
    fn stronger_edges_lie_on_top_in_stronger_colours() {
        let frame = tree();
        let palette = light().palette;
        let marks = Diagram::new(&frame, light()).all_edges();
        let strokes: Vec<Rgba> = marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Line { stroke, .. } => Some(*stroke),
                _ => None,
            })
            .collect();
        assert_eq!(strokes.len(), 9, "three lines with two barbs each");
        assert_eq!((strokes[0], strokes[8]), (palette.seq(0.2), palette.seq(1.0)));
    }

    #[test]
    fn nodes_are_hit_and_keys_follow_layers() {
        let frame = tree();
        let diagram = Diagram::new(&frame, light());
        for row in 0..4 {
            assert_eq!(diagram.hit(diagram.places[row]), Some(Place { row, column: 0 }));
        }
        let at = |row: usize| Place { row, column: 0 };
        assert_eq!(diagram.next(at(1), Step::Left), at(0));
        assert_eq!(diagram.next(at(1), Step::Right), at(3));
        let other = if diagram.places[1][1] < diagram.places[2][1] { Step::Down } else { Step::Up };
        assert_eq!(diagram.next(at(1), other), at(2));
        assert_eq!(diagram.next(at(0), Step::Left), at(0));
    }
}
