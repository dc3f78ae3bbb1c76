//! Points in a plane, or between three corners, coloured by what is known of them.

use trace::{Fact, FactValues, Frame};

use super::{
    super::{Anchor, Mark, Palette, Rgba, Scene},
    Look, Place, Plot, Step,
    axis::{Axis, ends_of, tick_text},
    heat::Shade,
    parts::{Area, LINE_PX, fitted, legend, no_values, tag, text, thinned, width_of},
    words::with_unit,
};

/// Room around the plot for ticks, titles and the legend.
const LEFT_PX: f32 = 40.0;
const TOP_PX: f32 = 20.0;
const RIGHT_PX: f32 = 12.0;
const BELOW_PX: f32 = 32.0;
const LEGEND_PX: f32 = 18.0;
/// A point is hit from so far.
const NEAR_PX: f32 = 12.0;
/// Names of all points are written where there are at most so many.
const MOST_NAMED: usize = 30;
/// Hues of three corners, as far apart as hues of the palette are.
pub(super) const CORNER_HUES: [usize; 3] = [0, 1, 6];
/// The height of a triangle of side 1.
const HEIGHT: f32 = 0.866_025_4;
const CORNERS: [[f32; 2]; 3] = [[0.0, 0.0], [1.0, 0.0], [0.5, HEIGHT]];

/// Points of a frame.
pub(super) struct Scatter<'a> {
    frame: &'a Frame,
    look: Look<'a>,
    is_simplex: bool,
    area: Area,
    /// Equal units in both directions.
    x: Axis,
    y: Axis,
    /// The places of all rows; `None` where a coordinate is not there.
    points: Vec<Option<[f32; 2]>>,
    colour: Option<&'a Fact>,
}

impl<'a> Scatter<'a> {
    /// Points by their first two columns, or as shares of three corners.
    pub(super) fn new(frame: &'a Frame, look: Look<'a>, is_simplex: bool) -> Self {
        let [width, height] = look.size_px;
        let colour = colour_fact(frame, look.colour_by);
        let has_legend = colour.is_some() && 140.0 < height;
        let below = if is_simplex { LINE_PX + 5.0 } else { BELOW_PX };
        let below = below + if has_legend { LEGEND_PX } else { 0.0 };
        let (left, right) = if is_simplex { (10.0, 10.0) } else { (LEFT_PX, RIGHT_PX) };
        let area = Area { left, top: TOP_PX, right: width - right, bottom: height - below };
        let area = area.within(look.size_px);
        let places: Vec<_> =
            (0..frame.size()[0]).map(|row| coordinates(frame, row, is_simplex)).collect();
        let corners = CORNERS.iter().filter(|_| is_simplex).copied();
        let all = places.iter().flatten().copied().chain(corners);
        let x_ends = ends_of(all.clone().map(|it| it[0]), false);
        let y_ends = ends_of(all.map(|it| it[1]), false);
        let [x_ends, y_ends] = equal_units([x_ends, y_ends], &area);
        let x = Axis::new(x_ends, [area.left, area.right], false);
        let y = Axis::new(y_ends, [area.bottom, area.top], false);
        let points = places.iter().map(|it| it.and_then(|it| Some([x.at(it[0])?, y.at(it[1])?])));
        let points = points.collect();
        Self { frame, look, is_simplex, area, x, y, points, colour }
    }

    /// Many points are small ones.
    fn radius(&self) -> f32 {
        match self.points.len() {
            0..=60 => 3.5,
            61..=500 => 2.5,
            501..=3000 => 1.5,
            _ => 0.8,
        }
    }

    fn fill(&self, row: usize, shade: Option<&Shade>) -> Rgba {
        let palette = self.look.palette;
        let plain = palette.cat[0];
        match self.colour.map(|fact| &fact.values) {
            Some(FactValues::Classes { of, .. }) => self.look.class_hue(of[row] as usize),
            Some(FactValues::Numbers(of)) => {
                shade.and_then(|it| it.fill(of[row], palette)).unwrap_or(palette.line_2)
            }
            Some(FactValues::Shares { names, of }) => {
                let count = names.len();
                mixed(&of[row * count..(row + 1) * count], &self.look)
            }
            _ => plain,
        }
    }

    fn shade(&self) -> Option<Shade> {
        match self.colour.map(|fact| &fact.values) {
            Some(FactValues::Numbers(of)) => Some(number_shade(of)),
            _ => None,
        }
    }

    fn dots(&self) -> Vec<Mark> {
        let shade = self.shade();
        let radius = self.radius();
        let dot = |(row, at): (usize, &Option<[f32; 2]>)| {
            let fill = self.fill(row, shade.as_ref());
            Some(Mark::Dot { at: (*at)?, radius, fill, ring: fill })
        };
        self.points.iter().enumerate().filter_map(dot).collect()
    }

    /// Names beside the points, as far as they do not touch one another.
    fn point_names(&self) -> Vec<Mark> {
        if MOST_NAMED < self.points.len() || !self.look.path.is_empty() {
            return Vec::new();
        }
        // Names keep clear of all points.
        let dot = |[x, y]: [f32; 2]| Area {
            left: x - 3.0,
            right: x + 3.0,
            top: y - 3.0,
            bottom: y + 3.0,
        };
        let mut taken: Vec<Area> = self.points.iter().flatten().map(|at| dot(*at)).collect();
        let mut marks = Vec::new();
        for (row, at) in self.points.iter().enumerate() {
            let Some([x, y]) = *at else { continue };
            let name = fitted(self.frame.rows().entry_name(row), 90.0, false);
            let width = width_of(&name, false);
            let is_left = self.area.right < x + 6.0 + width;
            let left = if is_left { x - 6.0 - width } else { x + 6.0 };
            let half = LINE_PX / 2.0;
            let own = Area { left, right: left + width, top: y - half, bottom: y + half };
            let is_inside = self.area.left <= own.left
                && own.right <= self.look.size_px[0]
                && self.area.top - 2.0 <= own.top
                && own.bottom <= self.area.bottom + 3.0;
            if name.is_empty() || !is_inside || taken.iter().any(|it| own.touches(it)) {
                continue;
            }
            taken.push(own);
            marks.push(text([left, y], name, self.look.palette.ink_2, Anchor::Start));
        }
        marks
    }

    /// The rows of the path, joined in ink, the latest with a ring.
    fn path(&self) -> Vec<Mark> {
        let palette = self.look.palette;
        let ink = palette.ink;
        let places: Vec<_> =
            self.look.path.iter().filter_map(|row| *self.points.get(*row)?).collect();
        let piece =
            |it: &[[f32; 2]]| Mark::Line { from: it[0], to: it[1], width: 1.25, stroke: ink };
        let mut marks: Vec<Mark> = places.windows(2).map(piece).collect();
        let dot = |at: &[f32; 2]| Mark::Dot { at: *at, radius: 2.5, fill: ink, ring: ink };
        marks.extend(places.iter().map(dot));
        if let Some(&at) = places.last() {
            marks.push(Mark::Dot { at, radius: 6.0, fill: palette.background, ring: ink });
            marks.push(Mark::Dot { at, radius: 2.0, fill: ink, ring: ink });
        }
        marks
    }

    /// Grid, ticks and titles of both directions.
    fn axes(&self) -> Vec<Mark> {
        let Self { area, look, frame, .. } = self;
        let palette = look.palette;
        let line = |from, to, stroke| Mark::Line { from, to, width: 1.0, stroke };
        let tick = |axis: &Axis| {
            let ticks = axis.ticks(55.0);
            let named = |it: &f32| {
                Some((axis.at(*it)?, tick_text(*it, &ticks, frame.quantity().format), *it == 0.0))
            };
            ticks.iter().filter_map(named).collect::<Vec<_>>()
        };
        let shade = |is_zero: bool| if is_zero { palette.line_2 } else { palette.line };
        let mut marks = Vec::new();
        let (xs, ys) = (tick(&self.x), tick(&self.y));
        for (x, _, is_zero) in &xs {
            marks.push(line([*x, area.top], [*x, area.bottom], shade(*is_zero)));
        }
        for (y, name, is_zero) in ys {
            marks.push(line([area.left, y], [area.right, y], shade(is_zero)));
            let name = fitted(&name, area.left - 5.0, false);
            marks.push(text([area.left - 5.0, y], name, palette.ink_3, Anchor::End));
        }
        let names: Vec<_> = xs.into_iter().map(|(x, name, _)| (x, name)).collect();
        let y = area.bottom + 9.0;
        for (x, name) in thinned(&names, [0.0, look.size_px[0]]) {
            marks.push(text([x, y], name, palette.ink_3, Anchor::Middle));
        }
        let unit = &frame.quantity().unit;
        let title = |column: usize| {
            fitted(&with_unit(frame.columns().entry_name(column), unit), area.width(), false)
        };
        let middle = (area.left + area.right) / 2.0;
        marks.push(text([middle, y + LINE_PX], title(0), palette.ink_3, Anchor::Middle));
        marks.push(text([2.0, area.top - 12.0], title(1), palette.ink_3, Anchor::Start));
        marks
    }

    /// The triangle with the names of its corners.
    fn corners(&self) -> Vec<Mark> {
        let palette = self.look.palette;
        let places =
            CORNERS.map(|it| [self.x.at(it[0]), self.y.at(it[1])].map(Option::unwrap_or_default));
        let side = |from: usize| Mark::Line {
            from: places[from],
            to: places[(from + 1) % 3],
            width: 1.0,
            stroke: palette.line_2,
        };
        let mut marks: Vec<Mark> = (0..3).map(side).collect();
        let width = self.look.size_px[0];
        let y = self.area.bottom + 11.0;
        for (corner, hue) in CORNER_HUES.into_iter().enumerate() {
            let name = fitted(self.frame.columns().entry_name(corner), width / 2.0 - 26.0, false);
            let room = 12.0 + width_of(&name, false);
            let [x, y] = match corner {
                0 => [(places[0][0] - room / 2.0).max(4.0), y],
                1 => [(places[1][0] - room / 2.0).min(width - room - 4.0), y],
                _ => [(places[2][0] + 12.0).min(width - room - 4.0), 9.0],
            };
            // Two corners that are near still have both their names.
            let x = if corner == 1 { x.max(width / 2.0 + 2.0) } else { x };
            let x = if corner == 0 { x.min(width / 2.0 - room - 2.0) } else { x };
            let fill = palette.cat[hue];
            marks.push(Mark::Cell { at: [x, y - 4.0], size: [8.0; 2], fill });
            marks.push(text([x + 12.0, y], name, palette.ink_2, Anchor::Start));
        }
        marks
    }

    /// What the colours say.
    fn legend(&self) -> Vec<Mark> {
        let [width, height] = self.look.size_px;
        let y = height - LEGEND_PX / 2.0;
        if height <= 140.0 {
            return Vec::new();
        }
        let Some(fact) = self.colour else { return Vec::new() };
        let named = |names: &[String], hue: &dyn Fn(usize) -> Rgba| {
            let names: Vec<_> =
                names.iter().enumerate().map(|(it, name)| (name.clone(), hue(it))).collect();
            legend(&names, [6.0, y], width, self.look.palette)
        };
        match &fact.values {
            FactValues::Classes { names, .. } => named(names, &|it| self.look.class_hue(it)),
            FactValues::Shares { names, .. } if !self.is_simplex => {
                named(names, &|it| share_hue(it, names.len(), &self.look))
            }
            FactValues::Shares { .. } => {
                let words = fitted(&tr!("colour: {name}", name = fact.name), width - 12.0, false);
                vec![text([6.0, y], words, self.look.palette.ink_3, Anchor::Start)]
            }
            FactValues::Numbers(of) => number_legend(&fact.name, of, [6.0, y], &self.look),
            FactValues::Texts(_) | FactValues::Outcomes(_) => Vec::new(),
        }
    }
}

impl Plot for Scatter<'_> {
    fn scene(&self) -> Scene {
        let size_px = self.look.size_px;
        let mut marks = if self.is_simplex { self.corners() } else { self.axes() };
        if self.points.iter().all(Option::is_none) {
            marks = no_values(self.area, self.look.palette, size_px);
            return Scene::new(size_px, marks);
        }
        marks.extend(self.dots());
        marks.extend(self.path());
        marks.extend(self.point_names());
        marks.extend(self.legend());
        Scene::new(size_px, marks)
    }

    fn cursor(&self, at: Place) -> Scene {
        let size_px = self.look.size_px;
        let palette = self.look.palette;
        let Some(Some([x, y])) = self.points.get(at.row).copied() else {
            return Scene::new(size_px, Vec::new());
        };
        let fill = self.fill(at.row, self.shade().as_ref());
        let radius = 6.0;
        let ring = Mark::Dot { at: [x, y], radius, fill, ring: palette.ink };
        let name = self.frame.rows().entry_name(at.row);
        let above = if y < 2.0 * LINE_PX + 4.0 { y + 15.0 } else { y - 15.0 };
        let mut marks = vec![ring];
        marks.extend(tag([x, above], name, palette, size_px));
        Scene::new(size_px, marks)
    }

    fn hit(&self, [x, y]: [f32; 2]) -> Option<Place> {
        let far = |at: [f32; 2]| (at[0] - x).hypot(at[1] - y);
        let points = self.points.iter().enumerate();
        let all = points.filter_map(|(row, at)| Some((row, far((*at)?))));
        let (row, _) = all.filter(|it| it.1 <= NEAR_PX).min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Place { row, column: 0 })
    }

    /// In the order of the rows; up and down by tens.
    fn next(&self, at: Place, step: Step) -> Place {
        let last = self.points.len().saturating_sub(1);
        let row = match step {
            Step::Left => at.row.saturating_sub(1),
            Step::Right => at.row + 1,
            Step::Up => at.row.saturating_sub(10),
            Step::Down => at.row + 10,
            Step::First => 0,
            Step::Last => last,
        };
        Place { row: row.min(last), column: 0 }
    }
}

/// The coordinates of a row. Shares that do not add up to one, as a linear map may give them, are
/// projected along the direction in which all three grow.
fn coordinates(frame: &Frame, row: usize, is_simplex: bool) -> Option<[f32; 2]> {
    let of = |column: usize| Some(frame.value(row, column)).filter(|it| it.is_finite());
    if !is_simplex {
        return Some([of(0)?, of(1)?]);
    }
    let shares = [of(0)?, of(1)?, of(2)?];
    let spare = (1.0 - shares.iter().sum::<f32>()) / 3.0;
    let along = |axis: usize| (0..3).map(|it| (shares[it] + spare) * CORNERS[it][axis]).sum();
    Some([along(0), along(1)])
}

/// Ends of both axes such that a unit is as long to the right as upward.
fn equal_units([x, y]: [[f32; 2]; 2], area: &Area) -> [[f32; 2]; 2] {
    let sound = |ends: [f32; 2]| match ends[0] <= ends[1] {
        true => ends,
        false => [0.0, 0.0],
    };
    let [x, y] = [sound(x), sound(y)];
    let extent = |ends: [f32; 2]| (ends[1] / 2.0 - ends[0] / 2.0) * 2.0;
    let per_px = (extent(x) / area.width()).max(extent(y) / area.height());
    let per_px = match per_px.is_finite() && 0.0 < per_px {
        true => per_px,
        // One point, or values that no float can hold the distance of.
        false if per_px == 0.0 => (x[0].abs().max(y[0].abs()) * 0.1 + 0.5) / area.width(),
        false => f32::MAX / area.width() / 4.0,
    };
    let around = |ends: [f32; 2], px: f32| {
        let (middle, half) = (ends[0] / 2.0 + ends[1] / 2.0, per_px * px / 2.0 * 1.04);
        [middle - half, middle + half]
    };
    [around(x, area.width()), around(y, area.height())]
}

/// The fact that colours: the one that is asked for, else the first that can.
fn colour_fact<'a>(frame: &'a Frame, wanted: &str) -> Option<&'a Fact> {
    let can = |fact: &&Fact| !matches!(fact.values, FactValues::Texts(_) | FactValues::Outcomes(_));
    let mut facts = frame.rows().facts.iter().filter(can);
    let named = facts.clone().find(|fact| fact.name == wanted);
    named.or_else(|| facts.next().filter(|_| wanted.is_empty()))
}

fn number_shade(values: &[f32]) -> Shade {
    Shade::of(&Frame::default(), values.iter().copied())
}

/// The scale of a fact's own numbers.
fn number_legend(name: &str, values: &[f32], [left, y]: [f32; 2], look: &Look<'_>) -> Vec<Mark> {
    let mut marks = number_shade(values).legend(&Frame::default(), [left, y], look);
    // The scale leaves its name open, for it is not the frame's.
    let Some(Mark::Text { at, text: words, .. }) = marks.last_mut() else { return marks };
    *words = fitted(name, look.size_px[0] - at[0], false);
    marks
}

fn share_hue(index: usize, count: usize, look: &Look<'_>) -> Rgba {
    look.class_hue(super::share_place(index, count))
}

/// The hues of the parts, each as much as its share.
fn mixed(shares: &[f32], look: &Look<'_>) -> Rgba {
    let Palette { line_2, .. } = look.palette;
    let sound = shares.iter().map(|it| if it.is_finite() { it.max(0.0) } else { 0.0 });
    let shares: Vec<f32> = sound.collect();
    let sum: f32 = shares.iter().sum();
    if sum <= 0.0 || !sum.is_finite() {
        return *line_2;
    }
    let mut mix = [0.0; 3];
    for (index, share) in shares.iter().enumerate() {
        let Rgba(hue) = share_hue(index, shares.len(), look);
        for channel in 0..3 {
            mix[channel] += share / sum * f32::from(hue[channel]);
        }
    }
    let [red, green, blue] = mix.map(|it| it.round() as u8);
    Rgba([red, green, blue, 255])
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{beliefs, look, named, texts_of},
        *,
    };
    use crate::view::Theme;

    fn light() -> &'static Palette {
        Palette::of(Theme::Light)
    }

    fn dots(scene: &Scene) -> Vec<([f32; 2], Rgba)> {
        let dots = scene.marks.iter().filter_map(|mark| match mark {
            Mark::Dot { at, fill, .. } => Some((*at, *fill)),
            _ => None,
        });
        dots.collect()
    }

    #[test]
    fn a_unit_is_as_long_to_the_right_as_upward() {
        let values = [0.0, 0.0, 8.0, 0.0, 0.0, 2.0];
        let frame = named(&["a", "b", "c"], &["x", "y"], &values);
        for size_px in [[400.0, 200.0], [240.0, 160.0], [200.0, 500.0]] {
            let plot = Scatter::new(&frame, Look { size_px, ..look(light()) }, false);
            let [a, b, c] = [0, 1, 2].map(|it| plot.points[it].unwrap());
            let [right, up] = [b[0] - a[0], a[1] - c[1]];
            assert!((right - 4.0 * up).abs() < 1e-2, "{size_px:?}: {right} and {up}");
            assert!(0.0 < up, "larger is higher");
        }
    }

    #[test]
    fn shares_stand_between_their_corners_and_mix_their_hues() {
        let frame = beliefs();
        let plot = Scatter::new(&frame, look(light()), true);
        let corner = |it: usize| [plot.x.at(CORNERS[it][0]), plot.y.at(CORNERS[it][1])];
        // The first three rows are certain, the fourth is even.
        for row in 0..3 {
            let [x, y] = plot.points[row].unwrap();
            assert!((Some(x), Some(y)) == (corner(row)[0], corner(row)[1]));
        }
        let [x, y] = plot.points[3].unwrap();
        let sum = |axis: usize| (0..3).map(|it| corner(it)[axis].unwrap()).sum::<f32>() / 3.0;
        assert!((x - sum(0)).abs() < 1e-3 && (y - sum(1)).abs() < 1e-3);
        let fills: Vec<Rgba> = (0..3).map(|row| plot.fill(row, None)).collect();
        assert_eq!(fills, CORNER_HUES.map(|it| light().cat[it]));
        let hues = CORNER_HUES.map(|it| f32::from(light().cat[it].0[0]));
        let red = f32::from(plot.fill(3, None).0[0]);
        assert!((red - hues.iter().sum::<f32>() / 3.0).abs() <= 0.5);
        // What adds up to more than one stands where its even share is taken off.
        let more = named(&["m", "n"], &["p", "q", "r"], &[0.5, 0.5, 0.5, 1.0, 1.0, 1.0]);
        let [m, n] = [0, 1].map(|it| coordinates(&more, it, true).unwrap());
        assert!((m[0] - n[0]).abs() + (m[1] - n[1]).abs() < 1e-6);
    }

    #[test]
    fn the_path_is_ink_and_its_end_has_a_ring() {
        let frame = beliefs();
        let path = [3, 0, 1];
        let plot = Scatter::new(&frame, Look { path: &path, ..look(light()) }, true);
        let marks = plot.path();
        let ink = light().ink;
        let lines =
            marks.iter().filter(|it| matches!(it, Mark::Line { stroke, .. } if *stroke == ink));
        assert_eq!(lines.count(), 2);
        let end = plot.points[1].unwrap();
        let ring = |it: &Mark| matches!(it, Mark::Dot { at, radius: 6.0, ring, .. } if *at == end && *ring == ink);
        assert!(marks.iter().any(ring));
    }

    #[test]
    fn corners_classes_and_axes_are_named() {
        let texts = texts_of(&Scatter::new(&beliefs(), look(light()), true).scene());
        for wanted in ["state 1", "state 2", "state 3", "colour: true belief"] {
            assert!(texts.iter().any(|it| it == wanted), "{wanted}: {texts:?}");
        }
        let frame = named(&["a", "b"], &["PC 1", "PC 2"], &[0.0, 1.0, 2.0, 3.0]);
        let texts = texts_of(&Scatter::new(&frame, look(light()), false).scene());
        assert!(["PC 1", "PC 2", "a", "b"].iter().all(|it| texts.iter().any(|has| has == it)));
    }

    #[test]
    fn points_are_hit_and_rows_without_a_place_are_not_drawn() {
        let frame = named(&["a", "b", "c"], &["x", "y"], &[0.0, 0.0, f32::NAN, 1.0, 4.0, 4.0]);
        let plot = Scatter::new(&frame, look(light()), false);
        assert_eq!(dots(&plot.scene()).len(), 2);
        for row in [0, 2] {
            let at = plot.points[row].unwrap();
            assert_eq!(plot.hit(at), Some(Place { row, column: 0 }));
        }
        assert!(plot.cursor(Place { row: 1, column: 0 }).marks.is_empty());
        assert_eq!(plot.next(Place { row: 0, column: 0 }, Step::Down).row, 2);
    }

    #[test]
    fn a_fact_that_is_asked_for_colours() {
        let frame = beliefs();
        let plain = Scatter::new(&frame, Look { colour_by: "age", ..look(light()) }, true);
        assert_eq!(plain.colour.map(|it| it.name.as_str()), Some("age"));
        let [first, last] = [0, 3].map(|row| plain.fill(row, plain.shade().as_ref()));
        assert_eq!([first, last], [light().seq(0.0), light().seq(1.0)]);
        let none = Scatter::new(&frame, Look { colour_by: "none", ..look(light()) }, true);
        assert_eq!(none.fill(0, None), light().cat[0]);
    }
}
