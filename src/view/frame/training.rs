//! Loss and other measures over steps: two plots with one axis, checkpoints as ticks.

use trace::Frame;

use super::{
    super::{Mark, Scene},
    Look, Place, Plot, Step,
    curve::Curve,
    labels::labels_width,
    next_in_grid,
    parts::Area,
};

/// Of the height, so much is for the loss where there are other measures.
const LOSS_SHARE: f32 = 0.5;

/// Loss above; below what is measured in another unit, so that the drop has a cause beside it.
pub(super) struct Training<'a> {
    plots: Vec<Curve<'a>>,
    frame: &'a Frame,
    look: Look<'a>,
}

impl<'a> Training<'a> {
    /// The frame's columns are steps; rows in its own unit stand above, all others below.
    pub(super) fn new(frame: &'a Frame, look: Look<'a>) -> Self {
        let [width, height] = look.size_px;
        let rows = 0..frame.size()[0];
        let own = |row: &usize| frame.unit(*row) == frame.quantity().unit;
        let (loss, rest): (Vec<usize>, Vec<usize>) = rows.clone().partition(own);
        let all: Vec<usize> = rows.collect();
        // One width for the labels of both, so that steps stand below steps.
        let labels_px = labels_width(frame, &all, width);
        let split = height * LOSS_SHARE;
        let whole = Area { left: 0.0, top: 0.0, right: width, bottom: height };
        let plots = if loss.is_empty() || rest.is_empty() {
            vec![Curve::of(frame, look, all, (whole, labels_px, true))]
        } else {
            let above = Area { bottom: split, ..whole };
            let below = Area { top: split, ..whole };
            vec![
                Curve::of(frame, look, loss, (above, labels_px, false)),
                Curve::of(frame, look, rest, (below, labels_px, true)),
            ]
        };
        let left = plots.iter().map(|plot| plot.area.left).fold(0.0, f32::max);
        let plots = plots.into_iter().map(|plot| plot.with_left(left)).collect();
        Self { plots, frame, look }
    }
}

impl Plot for Training<'_> {
    fn scene(&self) -> Scene {
        let marks: Vec<Mark> = self.plots.iter().flat_map(Curve::marks).collect();
        Scene::new(self.look.size_px, marks)
    }

    fn cursor(&self, at: Place) -> Scene {
        let marks = self.plots.iter().flat_map(|plot| plot.cursor_marks(at, true)).collect();
        Scene::new(self.look.size_px, marks)
    }

    fn hit(&self, point: [f32; 2]) -> Option<Place> {
        self.plots.iter().find_map(|plot| plot.nearest(point))
    }

    fn next(&self, at: Place, step: Step) -> Place {
        next_in_grid(self.frame.size(), at, step)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{look, texts_of, training},
        *,
    };
    use crate::view::{Palette, Theme};

    fn light() -> &'static Palette {
        Palette::of(Theme::Light)
    }

    #[test]
    fn both_plots_share_their_steps() {
        let frame = training();
        let plot = Training::new(&frame, look(light()));
        let [loss, rest] = plot.plots.as_slice() else { panic!("two plots") };
        for column in 0..frame.size()[1] {
            assert_eq!(loss.x_of(column), rest.x_of(column));
        }
        assert!(loss.area.bottom < rest.area.top);
    }

    #[test]
    fn decades_of_steps_are_equally_far() {
        let frame = training();
        let plot = Training::new(&frame, look(light()));
        let x = |column: usize| plot.plots[0].x_of(column).unwrap();
        // 10, 100, 1,000.
        assert!((x(2) - x(1) - (x(1) - x(0))).abs() < 1e-2);
    }

    #[test]
    fn floor_checkpoints_and_both_units_are_there() {
        let frame = training();
        let scene = Training::new(&frame, look(light())).scene();
        let texts = texts_of(&scene);
        for wanted in ["floor 0.397", "held-out", "induction", "loss (nats)", "score", "1,000"] {
            assert!(texts.iter().any(|it| it == wanted), "{wanted}: {texts:?}");
        }
        let tick = |it: &&Mark| matches!(it, Mark::Line { from, to, .. } if from[0] == to[0] && (to[1] - from[1] - 4.0).abs() < 1e-3);
        assert_eq!(scene.marks.iter().filter(tick).count(), 4, "two checkpoints in two plots");
    }

    #[test]
    fn a_frame_of_one_unit_has_one_plot() {
        let frame = training().with_rows(&[0, 1]).unwrap();
        assert_eq!(Training::new(&frame, look(light())).plots.len(), 1);
    }
}
