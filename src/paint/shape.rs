//! Marks to shapes in device pixels: what the painters on screen share, so that they agree.

use bytemuck::{Pod, Zeroable};

use crate::view::{Mark, Rgba, Scene, Turn};

/// Width of the ring of a dot, within its radius.
pub(super) const RING_PX: f32 = 1.5;
/// Length of a dash, and of the gap after it.
pub(super) const DASH_PX: f32 = 2.0;
/// Width of the lines of a hatch.
pub(super) const HATCH_WIDTH_PX: f32 = 1.0;
/// From one line of a hatch to the next, along x.
const HATCH_STEP_PX: f32 = 6.0;
/// From the middle line of a text down to its baseline, in sizes of the text.
pub(super) const BASELINE_EM: f32 = 0.35;

/// The one shape that all marks but texts come down to, laid out for a GPU buffer.
///
/// With `radius` 0 the rectangle between two points, its borders between pixels; with any other,
/// all that lies within `radius` of the segment between them: a disc where they are one.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub(super) struct Shape {
    pub(super) from: [f32; 2],
    pub(super) to: [f32; 2],
    pub(super) radius: f32,
    /// How far `edge` reaches inward; rectangles have none.
    pub(super) rim: f32,
    pub(super) fill: [u8; 4],
    pub(super) edge: [u8; 4],
}

/// The marks of `scene` but its texts, in order, on a screen of `scale` device pixels per unit.
///
/// What has no extent, or a place that is NaN, is left out.
pub(super) fn shapes(scene: &Scene, scale: f32) -> Vec<Shape> {
    let mut shapes = Vec::with_capacity(scene.marks.len());
    for mark in scene.marks.iter().filter(|it| can_be_drawn(it)) {
        match *mark {
            Mark::Cell { at, size, fill } => shapes.push(block(on_pixels(at, size, scale), fill)),
            Mark::Outline { at, size, width, stroke, dashed } => {
                let width = (width * scale).round().max(1.0);
                let dash = if dashed { (DASH_PX * scale).round().max(1.0) } else { f32::INFINITY };
                let strips = outline(on_pixels(at, size, scale), width, dash);
                shapes.extend(strips.into_iter().map(|it| block(it, stroke)));
            }
            Mark::Dot { at, radius, fill, ring } => {
                let rim = if fill == ring { 0.0 } else { RING_PX.min(radius) * scale };
                let at = at.map(|it| it * scale);
                shapes.push(Shape { rim, edge: ring.0, ..capsule(at, at, radius * scale, fill) });
            }
            Mark::Line { from, to, width, stroke } => {
                shapes.push(line([from, to], width, stroke, scale));
            }
            Mark::Hatch { at, size, stroke } => shapes.extend(
                hatch_lines(at, size).into_iter().map(|it| line(it, HATCH_WIDTH_PX, stroke, scale)),
            ),
            Mark::Text { .. } => {}
        }
    }
    shapes
}

/// Whether `mark` has an extent and a place on some screen, which a scene of sound numbers has.
pub(super) fn can_be_drawn(mark: &Mark) -> bool {
    let (places, extents) = match *mark {
        Mark::Cell { at, size, .. } | Mark::Hatch { at, size, .. } => ([at, at], size),
        Mark::Outline { at, size, width, .. } => ([at, [width; 2]], size),
        Mark::Dot { at, radius, .. } => ([at, at], [radius; 2]),
        Mark::Line { from, to, width, .. } => ([from, to], [width; 2]),
        Mark::Text { at, size_px, .. } => ([at, at], [size_px; 2]),
    };
    let is_on_some_screen = |it: &f32| it.abs() < 1.0e6; // so it is a number
    places.as_flattened().iter().chain(&extents).all(is_on_some_screen)
        && extents.iter().all(|&it| it > 0.0)
}

/// The lines of a hatch, in scene units: rising to the right, in step with every other hatch.
pub(super) fn hatch_lines(at: [f32; 2], size: [f32; 2]) -> Vec<[[f32; 2]; 2]> {
    // Round ends and half the width stay inside the rectangle.
    let inset = HATCH_WIDTH_PX / 2.0;
    let [left, top] = at.map(|it| it + inset);
    let [right, bottom] = [at[0] + size[0] - inset, at[1] + size[1] - inset];
    if right <= left || bottom <= top {
        return Vec::new();
    }
    let first = ((left + top) / HATCH_STEP_PX).ceil() as i32;
    let last = ((right + bottom) / HATCH_STEP_PX).floor() as i32;
    let across = |step: i32| {
        let sum = step as f32 * HATCH_STEP_PX;
        let [start, end] = [left.max(sum - bottom), right.min(sum - top)];
        [[start, sum - start], [end, sum - end]]
    };
    (first..=last).map(across).collect()
}

/// How far a text is turned, in degrees, clockwise.
pub(super) fn degrees(turn: Turn) -> f32 {
    match turn {
        Turn::None => 0.0,
        Turn::Quarter => -90.0,
        Turn::Slant => -40.0,
    }
}

/// The weight of a text, as CSS counts it.
pub(super) fn weight(bold: bool) -> u32 {
    if bold { 600 } else { 400 }
}

/// The corners of a rectangle on borders between device pixels, at least one pixel apart.
fn on_pixels(at: [f32; 2], size: [f32; 2], scale: f32) -> [[f32; 2]; 2] {
    // Neighbours state their common border in two ways, `at + size` and the next `at`, which may
    // differ in the last bits. Halves are common, so the turning point is moved away from them;
    // and it comes a little sooner for `to`, so that where they differ no paper shines through.
    let border = |it: f32, half: f32| (it * scale + half).floor();
    let from = at.map(|it| border(it, 0.501));
    let to = [at[0] + size[0], at[1] + size[1]].map(|it| border(it, 0.503));
    [from, [to[0].max(from[0] + 1.0), to[1].max(from[1] + 1.0)]]
}

fn block([from, to]: [[f32; 2]; 2], fill: Rgba) -> Shape {
    capsule(from, to, 0.0, fill)
}

fn capsule(from: [f32; 2], to: [f32; 2], radius: f32, fill: Rgba) -> Shape {
    Shape { from, to, radius, rim: 0.0, fill: fill.0, edge: fill.0 }
}

/// A line, at least one device pixel wide; upright and level ones are laid on the pixels.
fn line([from, to]: [[f32; 2]; 2], width: f32, stroke: Rgba, scale: f32) -> Shape {
    let radius = (width * scale / 2.0).max(0.5);
    let [mut a, mut b] = [from, to].map(|end| end.map(|it| it * scale));
    for axis in 0..2 {
        if a[axis] == b[axis] {
            let crisp = (a[axis] - radius).round() + radius;
            (a[axis], b[axis]) = (crisp, crisp);
        }
    }
    capsule(a, b, radius, stroke)
}

/// The rectangles of an outline within `[from, to]`, none over another.
fn outline([from, to]: [[f32; 2]; 2], width: f32, dash: f32) -> Vec<[[f32; 2]; 2]> {
    let ([left, top], [right, bottom]) = (from, to);
    if (right - left).min(bottom - top) <= 2.0 * width {
        return vec![[from, to]];
    }
    let level = dashes(left, right, dash)
        .flat_map(|(start, end)| [top, bottom - width].map(|y| [[start, y], [end, y + width]]));
    let upright = dashes(top + width, bottom - width, dash)
        .flat_map(|(start, end)| [left, right - width].map(|x| [[x, start], [x + width, end]]));
    level.chain(upright).collect()
}

/// Dashes from `start` to `end`, one at either end and the gaps as even as whole pixels allow.
fn dashes(start: f32, end: f32, dash: f32) -> impl Iterator<Item = (f32, f32)> {
    let n_gaps = (((end - start) / dash - 1.0) / 2.0).round().max(0.0);
    let pitch = if n_gaps > 0.0 { (end - start - dash) / n_gaps } else { 0.0 };
    let length = if n_gaps > 0.0 { dash } else { end - start };
    (0..=n_gaps as u32).map(move |place| {
        let at = (start + place as f32 * pitch).round();
        (at, at + length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Anchor, Turn};

    const RED: Rgba = Rgba([200, 0, 0, 255]);
    const BLUE: Rgba = Rgba([0, 0, 200, 128]);

    fn of(mark: Mark, scale: f32) -> Vec<Shape> {
        shapes(&Scene::new([100.0, 100.0], vec![mark]), scale)
    }

    fn cell(at: [f32; 2], size: [f32; 2]) -> Mark {
        Mark::Cell { at, size, fill: RED }
    }

    /// How many shapes lie over each pixel of a square of `side`, row by row.
    fn cover(shapes: &[Shape], side: usize) -> Vec<u32> {
        let mut count = vec![0; side * side];
        for it in shapes {
            assert_eq!(it.radius, 0.0);
            for y in it.from[1] as usize..it.to[1] as usize {
                for x in it.from[0] as usize..it.to[0] as usize {
                    count[y * side + x] += 1;
                }
            }
        }
        count
    }

    #[test]
    fn a_shape_is_thirty_two_bytes_as_the_shader_reads_it() {
        assert_eq!(size_of::<Shape>(), 32);
        let bytes = bytemuck::bytes_of(&Shape {
            from: [1.0, 2.0],
            to: [3.0, 4.0],
            radius: 5.0,
            rim: 6.0,
            fill: [7; 4],
            edge: [8; 4],
        })
        .to_vec();
        assert_eq!(bytes[16..20], 5.0_f32.to_le_bytes());
        assert_eq!(bytes[24..], [7, 7, 7, 7, 8, 8, 8, 8]);
    }

    #[test]
    fn a_cell_lies_on_whole_pixels() {
        let [shape] = of(cell([1.2, 2.4], [3.0, 3.0]), 1.5)[..] else { panic!("one shape") };
        assert_eq!((shape.from, shape.to), ([2.0, 4.0], [6.0, 8.0]));
        assert_eq!((shape.fill, shape.radius), (RED.0, 0.0));
    }

    /// Where the cells of a row of `n_cells` over `side` begin and end, in pixels.
    fn row(n_cells: u16, side: f32, scale: f32) -> Vec<(f32, f32)> {
        let wide = side / f32::from(n_cells);
        let cell = |index| on_pixels([f32::from(index) * wide, 0.0], [wide, 1.0], scale);
        (0..n_cells).map(cell).map(|[from, to]| (from[0], to[0])).collect()
    }

    #[test]
    fn no_paper_shines_through_between_neighbours() {
        let sides = [37.0, 100.1, 128.0, 333.3];
        let scales = [1.0, 1.1, 1.25, 1.5, 2.0, 2.625];
        for (side, scale) in sides.into_iter().flat_map(|it| scales.map(|scale| (it, scale))) {
            for n_cells in 1..(side * scale) as u16 {
                let row = row(n_cells, side, scale);
                let overlaps = || row.windows(2).map(|pair| pair[0].1 - pair[1].0);
                assert!(overlaps().all(|it| (0.0..=1.0).contains(&it)), "{n_cells} over {side}");
                let n_overlaps = overlaps().filter(|&it| it > 0.0).count();
                assert!(n_overlaps <= 1 + row.len() / 50, "{n_overlaps} in {n_cells} over {side}");
            }
        }
    }

    #[test]
    fn a_cell_thinner_than_a_pixel_is_still_seen() {
        let [shape] = of(cell([1.0, 1.0], [0.01, 5.0]), 1.0)[..] else { panic!("one shape") };
        assert_eq!((shape.from, shape.to), ([1.0, 1.0], [2.0, 6.0]));
    }

    #[test]
    fn what_has_no_extent_or_no_place_is_left_out() {
        for mark in [
            cell([0.0, 0.0], [0.0, 5.0]),
            cell([0.0, 0.0], [5.0, -1.0]),
            cell([f32::NAN, 0.0], [5.0, 5.0]),
            cell([0.0, 0.0], [f32::INFINITY, 5.0]),
            Mark::Dot { at: [1.0, 1.0], radius: 0.0, fill: RED, ring: RED },
            Mark::Dot { at: [1.0, 1.0], radius: f32::NAN, fill: RED, ring: BLUE },
            Mark::Line { from: [0.0, 0.0], to: [f32::NAN, 0.0], width: 1.0, stroke: RED },
            Mark::Hatch { at: [0.0, 0.0], size: [0.5, 9.0], stroke: RED },
            Mark::Hatch { at: [0.0, 0.0], size: [f32::INFINITY, 9.0], stroke: RED },
        ] {
            assert_eq!(of(mark.clone(), 2.0), [], "{mark:?}");
        }
    }

    #[test]
    fn texts_are_left_to_others() {
        let mark = Mark::Text {
            at: [0.0, 0.0],
            text: "the".to_owned(),
            size_px: 10.0,
            fill: RED,
            anchor: Anchor::Start,
            turn: Turn::None,
            bold: false,
        };
        assert_eq!(of(mark, 1.0), []);
    }

    #[test]
    fn an_outline_covers_its_border_once_and_nothing_else() {
        let mark = Mark::Outline {
            at: [2.0, 3.0],
            size: [9.0, 7.0],
            width: 2.0,
            stroke: RED,
            dashed: false,
        };
        let count = cover(&of(mark, 1.0), 16);
        for (place, &times) in count.iter().enumerate() {
            let (x, y) = (place % 16, place / 16);
            let is_outer = (2..11).contains(&x) && (3..10).contains(&y);
            let is_inner = (4..9).contains(&x) && (5..8).contains(&y);
            assert_eq!(times, u32::from(is_outer && !is_inner), "{x} {y}");
        }
    }

    #[test]
    fn an_outline_too_small_to_be_hollow_is_full() {
        let mark =
            Mark::Outline { at: [0.0; 2], size: [3.0; 2], width: 2.0, stroke: RED, dashed: true };
        assert_eq!(of(mark, 1.0), [block([[0.0; 2], [3.0; 2]], RED)]);
    }

    #[test]
    fn dashes_begin_and_end_with_ink() {
        for length in 1..60_u8 {
            for dash in 1..5_u8 {
                let parts: Vec<_> = dashes(3.0, 3.0 + f32::from(length), f32::from(dash)).collect();
                assert_eq!(parts.first().unwrap().0, 3.0);
                assert_eq!(parts.last().unwrap().1, 3.0 + f32::from(length));
                assert!(parts.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{length} {dash}");
            }
        }
        assert_eq!(
            dashes(0.0, 10.0, 2.0).collect::<Vec<_>>(),
            [(0.0, 2.0), (4.0, 6.0), (8.0, 10.0)]
        );
    }

    #[test]
    fn a_dot_has_a_ring_only_of_another_colour() {
        let dot = |ring| of(Mark::Dot { at: [3.0, 4.0], radius: 2.0, fill: RED, ring }, 2.0)[0];
        assert_eq!((dot(BLUE).from, dot(BLUE).radius), ([6.0, 8.0], 4.0));
        assert_eq!((dot(BLUE).rim, dot(BLUE).edge), (3.0, BLUE.0));
        assert_eq!(dot(RED).rim, 0.0);
    }

    #[test]
    fn hairlines_fill_whole_pixels_and_slanting_lines_stay_where_they_are() {
        let line = |from, to, scale| of(Mark::Line { from, to, width: 1.0, stroke: RED }, scale)[0];
        let upright = line([10.0, 0.0], [10.0, 7.0], 1.0);
        assert_eq!((upright.from, upright.to, upright.radius), ([10.5, 0.0], [10.5, 7.0], 0.5));
        let level = line([0.0, 5.2], [9.0, 5.2], 2.0);
        assert_eq!((level.from[1] - level.radius).fract(), 0.0);
        let slanting = line([1.2, 1.0], [3.0, 4.0], 0.5);
        assert_eq!((slanting.from, slanting.radius), ([0.6, 0.5], 0.5));
    }

    #[test]
    fn hatch_lines_stay_inside_and_in_step() {
        let lines = hatch_lines([10.0, 20.0], [30.0, 12.0]);
        assert!(lines.len() > 4);
        for [x, y] in lines.into_iter().flatten() {
            assert!((10.5..=39.5).contains(&x) && (20.5..=31.5).contains(&y), "{x} {y}");
            assert!(((x + y) / HATCH_STEP_PX).fract().abs() < 1e-4);
        }
    }
}
