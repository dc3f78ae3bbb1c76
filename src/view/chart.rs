//! Two tokens along the depth, as a line chart by plotters.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::{Deserialize, Serialize};
use trace::{Lens, NamedArray};

use super::{
    Palette, Rgba, depth_name,
    lens::{TOP_PX, counterpart, row_height},
    number,
};

/// What the chart draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChartKind {
    /// Log-probability in nats.
    #[default]
    Logprob,
    /// Rank, 0 is first, on a logarithmic scale.
    Rank,
}

/// The readings of A and B at one position, depth upward in the rows of the lens, as SVG text; as
/// dashes those of the run as trained, where it is another. `None` where a reading is missing.
pub fn depth_chart(
    (lens, unchanged): (&Lens, Option<&Lens>),
    kind: ChartKind,
    [pos, depth]: [usize; 2],
    palette: &Palette,
    size_px: [f32; 2],
) -> Option<String> {
    let n_depths = lens.sites.len();
    let read = |array: &NamedArray| -> Option<Vec<f32>> {
        (0..n_depths).map(|depth| array.get(&[depth, pos])).collect()
    };
    let (a, b) = match kind {
        ChartKind::Logprob => (read(&lens.logprob_a)?, read(&lens.logprob_b)?),
        ChartKind::Rank => (read(&lens.rank_a)?, read(&lens.rank_b)?),
    };
    let before = unchanged.map(|other| before(other, lens, kind, pos));
    // Ranks count from 0; their logarithm is drawn from 1.
    let along = |value: f32| if kind == ChartKind::Rank { -(value + 1.0).log10() } else { value };
    let drawn = |values: &[f32]| values.iter().map(|it| along(*it)).collect::<Vec<f32>>();
    let (drawn_a, drawn_b) = (drawn(&a), drawn(&b));
    let before = before.map(|it| it.map(|values| drawn(&values)));
    let all = before.iter().flatten().chain([&drawn_a, &drawn_b]).flatten();
    let least = all.copied().fold(0.0f32, f32::min).min(-0.5) * 1.06;
    let row = row_height(size_px[1], n_depths);
    let mut text = String::new();
    let names: Vec<String> = lens.sites.iter().map(|it| depth_name(*it)).collect();
    let chart = Chart { palette, size_px, row, least, names: &names };
    let [dashed_a, dashed_b] = before.unwrap_or_default();
    let lines = [(&*drawn_a, &*dashed_a, palette.a), (&*drawn_b, &*dashed_b, palette.b)];
    chart.draw(&mut text, lines, depth, kind).ok()?;
    let depth_name = names.get(depth).map_or("", String::as_str);
    let [a, b] = [a, b].map(|it| it.get(depth).map_or_else(String::new, |value| number(*value)));
    let ends = if kind == ChartKind::Rank {
        tr!("rank at {depth_name}: A {a}, B {b}", depth_name, a, b)
    } else {
        tr!("log-probability at {depth_name}: A {a}, B {b}", depth_name, a, b)
    };
    Some(text.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{ends}\" "), 1))
}

/// A and B in the run as trained at the same places; NaN where it has no such place.
fn before(other: &Lens, lens: &Lens, kind: ChartKind, pos: usize) -> [Vec<f32>; 2] {
    let arrays = match kind {
        ChartKind::Logprob => [&other.logprob_a, &other.logprob_b],
        ChartKind::Rank => [&other.rank_a, &other.rank_b],
    };
    let read = |array: &NamedArray, depth: usize| {
        let depth = counterpart(other, lens, depth)?;
        array.get(&[depth, pos])
    };
    arrays.map(|array| {
        (0..lens.sites.len()).map(|depth| read(array, depth).unwrap_or(f32::NAN)).collect()
    })
}

struct Chart<'a> {
    palette: &'a Palette,
    size_px: [f32; 2],
    row: f32,
    /// The value at the left edge; the right edge is 0.
    least: f32,
    /// What the depths are called, from the bottom up.
    names: &'a [String],
}

/// A chart that is narrower has no names of depths: those of the lens stand beside it.
const NAMED_PX: f32 = 220.0;
const NAMES_PX: f32 = 48.0;

type Drawn = Result<(), Box<dyn std::error::Error>>;

impl Chart<'_> {
    fn is_named(&self) -> bool {
        NAMED_PX <= self.size_px[0]
    }

    /// The names of the depths along the left edge, as many as have room.
    fn name(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
        chosen: usize,
    ) -> Drawn {
        let ink =
            |depth: usize| if depth == chosen { self.palette.ink } else { self.palette.ink_3 };
        let every = (12.0 / self.row).ceil().max(1.0) as usize;
        for (depth, name) in self.names.iter().enumerate().filter(|_| self.is_named()) {
            if depth != chosen && !depth.is_multiple_of(every) {
                continue;
            }
            let font = ("sans-serif", 10.5).into_font().color(&colour(ink(depth)));
            let font = font.pos(Pos::new(HPos::Right, VPos::Center));
            let (left, y) = self.place(self.least, depth);
            area.draw(&Text::new(name.clone(), (left - 6, y), font))?;
        }
        Ok(())
    }

    fn place(&self, value: f32, depth: usize) -> (i32, i32) {
        let left = if self.is_named() { NAMES_PX } else { 8.0 };
        let room = self.size_px[0] - left - 16.0;
        let x = left + room * (1.0 - value / self.least);
        let y = TOP_PX + self.row * (self.names.len() as f32 - depth as f32 - 0.5);
        (x.round() as i32, y.round() as i32)
    }

    fn draw(
        &self,
        text: &mut String,
        lines: [(&[f32], &[f32], Rgba); 2],
        chosen: usize,
        kind: ChartKind,
    ) -> Drawn {
        let size = (self.size_px[0].max(1.0) as u32, self.size_px[1].max(1.0) as u32);
        let area = SVGBackend::with_string(text, size).into_drawing_area();
        self.scale(&area, kind)?;
        self.name(&area, chosen)?;
        let (left, y) = self.place(self.least, chosen);
        let half = (self.row / 2.0) as i32;
        let band = Rectangle::new(
            [(left, y - half), (size.0 as i32, y + half)],
            colour(self.palette.line).filled(),
        );
        area.draw(&band)?;
        for (index, (values, before, rgba)) in lines.into_iter().enumerate() {
            self.dashes(&area, before, rgba)?;
            let points: Vec<_> =
                values.iter().enumerate().map(|(depth, it)| self.place(*it, depth)).collect();
            let style = colour(rgba).stroke_width(2);
            area.draw(&PathElement::new(points.clone(), style))?;
            let Some(&(x, y)) = points.get(chosen) else { continue };
            // Shape backs up colour: a circle for A, a square for B.
            if index == 0 {
                area.draw(&Circle::new((x, y), 4, colour(rgba).filled()))?;
            } else {
                area.draw(&Rectangle::new(
                    [(x - 4, y - 4), (x + 4, y + 4)],
                    colour(rgba).filled(),
                ))?;
            }
        }
        area.present()?;
        Ok(())
    }

    /// A dashed line through the depths that have a value.
    fn dashes(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
        values: &[f32],
        rgba: Rgba,
    ) -> Drawn {
        let is_there = |it: &(usize, &f32)| it.1.is_finite();
        let points = values.iter().enumerate().filter(is_there);
        let points: Vec<_> = points.map(|(depth, it)| self.place(*it, depth)).collect();
        if 1 < points.len() {
            area.draw(&DashedPathElement::new(points, 3, 3, colour(rgba).stroke_width(1)))?;
        }
        Ok(())
    }

    /// Grid lines with their values along the top.
    fn scale(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
        kind: ChartKind,
    ) -> Drawn {
        let ink = colour(self.palette.ink_3);
        let font = ("sans-serif", 10.5).into_font().color(&ink);
        let font = font.pos(Pos::new(HPos::Center, VPos::Bottom));
        let step = match kind {
            ChartKind::Rank => 1.0,
            ChartKind::Logprob => nice_step(-self.least / 3.0),
        };
        let n_lines = (-self.least / step).floor() as usize;
        for line in 0..=n_lines {
            let value = -(line as f32) * step;
            let (x, top) = self.place(value, self.names.len() - 1);
            let (_, bottom) = self.place(value, 0);
            let half = (self.row / 2.0) as i32;
            let rule = vec![(x, top - half), (x, bottom + half)];
            area.draw(&PathElement::new(rule, colour(self.palette.line)))?;
            let label = match kind {
                ChartKind::Rank => format!("{:.0}", 10f32.powf(-value) - 1.0),
                ChartKind::Logprob => tick(value, step),
            };
            area.draw(&Text::new(label, (x, TOP_PX as i32 - 6), font.clone()))?;
        }
        Ok(())
    }
}

/// The text at a grid line, with as many decimals as lines so far apart need.
fn tick(value: f32, step: f32) -> String {
    let digits = if 1.0 <= step { 0 } else { (-step.log10()).ceil() as usize };
    let text = format!("{:.digits$}", value.abs());
    if value < 0.0 { format!("−{text}") } else { text }
}

/// 1, 2 or 5 times a power of ten, at least `least`.
pub(super) fn nice_step(least: f32) -> f32 {
    let power = 10f32.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|it| it * power);
    steps.into_iter().find(|it| least <= *it).unwrap_or(10.0 * power)
}

fn colour(rgba: Rgba) -> RGBColor {
    let [red, green, blue, _] = rgba.0;
    RGBColor(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::{nice_step, tick};

    #[test]
    fn ticks_say_their_value() {
        assert_eq!([-20.0, -10.0, -5.0, 0.0].map(|it| tick(it, 5.0)), ["−20", "−10", "−5", "0"]);
        assert_eq!(tick(-0.6, 0.2), "−0.6");
        assert_eq!(tick(-0.15, 0.05), "−0.15");
    }

    #[test]
    fn steps_are_one_two_or_five() {
        assert_eq!([0.7, 1.4, 3.0, 6.0].map(nice_step), [1.0, 2.0, 5.0, 10.0]);
        assert!((nice_step(0.03) - 0.05).abs() < 1e-6);
    }
}
