//! A 2-D canvas to draw on: the marks of a figure, or its texts.

use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::shape::{BASELINE_EM, Shape, can_be_drawn, degrees, weight};
use super::{Look, PaintError, fit, refused};
use crate::view::{Anchor, Mark, Rgba, Scene};

/// A canvas with its 2-D context.
pub(super) struct Sheet {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Drop for Sheet {
    /// Frees the pixels at once; the browser would keep them until it collects its garbage.
    fn drop(&mut self) {
        self.canvas.set_width(0);
        self.canvas.set_height(0);
    }
}

/// From here on cells are put down as one image: a call for each would take a third of a second
/// for the thumbnails of all heads.
const MANY_CELLS: usize = 500;

impl Sheet {
    /// Takes `canvas`, which must not have had a context of another kind.
    pub(super) fn on(canvas: &HtmlCanvasElement) -> Result<Self, PaintError> {
        let context = canvas.get_context("2d").ok().flatten();
        let context =
            context.and_then(|it| it.dyn_into().ok()).ok_or(PaintError::NoContext("2d"))?;
        Ok(Self { canvas: canvas.clone(), context })
    }

    /// Makes the canvas empty and `size` pixels large.
    pub(super) fn clear(&self, size: [u32; 2], scale: f32) -> Result<(), PaintError> {
        let [width, height] = size;
        if [self.canvas.width(), self.canvas.height()] != size {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        fit(&self.canvas, size, scale)?;
        self.context.reset_transform().map_err(refused)?;
        self.context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        Ok(())
    }

    /// Draws the shapes on an empty canvas, in their order.
    pub(super) fn marks(&self, shapes: &[Shape]) -> Result<(), PaintError> {
        let context = &self.context;
        let n_cells = shapes.iter().take_while(|it| it.radius == 0.0 && it.fill[3] == 255).count();
        let (cells, others) = shapes.split_at(if n_cells < MANY_CELLS { 0 } else { n_cells });
        if !cells.is_empty() {
            let (width, height) = (self.canvas.width(), self.canvas.height());
            let pixels = pixels_of(cells, [width as usize, height as usize]);
            let image =
                ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), width, height);
            context.put_image_data(&image.map_err(refused)?, 0.0, 0.0).map_err(refused)?;
        }
        context.set_line_cap("round");
        let mut colour = None;
        for shape in others {
            // Telling the canvas a colour costs more than a cell, and neighbours often share one.
            if colour != Some(shape.fill) {
                context.set_fill_style_str(&Rgba(shape.fill).css());
                colour = Some(shape.fill);
            }
            let [x, y] = shape.from.map(f64::from);
            if shape.radius > 0.0 {
                rounded(context, shape).map_err(refused)?;
            } else {
                let [right, bottom] = shape.to.map(f64::from);
                context.fill_rect(x, y, right - x, bottom - y);
            }
        }
        Ok(())
    }

    /// Draws the texts of `scene`.
    pub(super) fn texts(&self, scene: &Scene, look: &Look) -> Result<(), PaintError> {
        let context = &self.context;
        let scale = f64::from(look.scale);
        for mark in scene.marks.iter().filter(|it| can_be_drawn(it)) {
            let Mark::Text { at, text, size_px, fill, anchor, turn, bold } = mark else { continue };
            context.set_font(&format!("{} {size_px}px {}", weight(*bold), look.font));
            context.set_text_align(match anchor {
                Anchor::Start => "left",
                Anchor::Middle => "center",
                Anchor::End => "right",
            });
            context.set_fill_style_str(&fill.css());
            let [x, y] = at.map(|it| f64::from(it) * scale);
            let (sin, cos) = f64::from(degrees(*turn)).to_radians().sin_cos();
            let [sin, cos] = [sin, cos].map(|it| it * scale);
            context.set_transform(cos, sin, -sin, cos, x, y).map_err(refused)?;
            context.fill_text(text, 0.0, f64::from(size_px * BASELINE_EM)).map_err(refused)?;
        }
        Ok(())
    }
}

/// The pixels of an image of `size` that has nothing but `cells`: opaque rectangles.
fn pixels_of(cells: &[Shape], [width, height]: [usize; 2]) -> Vec<u8> {
    let mut pixels = vec![[0; 4]; width * height];
    for cell in cells {
        let [left, right] = [cell.from[0], cell.to[0]].map(|it| (it as usize).min(width));
        let [top, bottom] = [cell.from[1], cell.to[1]].map(|it| (it as usize).min(height));
        for row in top..bottom {
            pixels[row * width + left..row * width + right].fill(cell.fill);
        }
    }
    pixels.into_flattened()
}

/// Draws a dot or a line. The fill's colour is already set.
fn rounded(context: &CanvasRenderingContext2d, shape: &Shape) -> Result<(), JsValue> {
    let [x, y] = shape.from.map(f64::from);
    let [radius, rim] = [shape.radius, shape.rim].map(f64::from);
    context.begin_path();
    if shape.from != shape.to {
        let [end_x, end_y] = shape.to.map(f64::from);
        context.move_to(x, y);
        context.line_to(end_x, end_y);
        context.set_stroke_style_str(&Rgba(shape.fill).css());
        context.set_line_width(2.0 * radius);
        context.stroke();
        return Ok(());
    }
    let middle_of_rim = radius - rim / 2.0;
    context.arc(x, y, middle_of_rim, 0.0, std::f64::consts::TAU)?;
    context.fill();
    if rim > 0.0 {
        context.set_stroke_style_str(&Rgba(shape.edge).css());
        context.set_line_width(rim);
        context.stroke();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::shape::shapes;

    #[test]
    fn cells_as_an_image_cover_and_are_cut_as_on_the_canvas() {
        let cell =
            |x, y, red| Mark::Cell { at: [x, y], size: [2.0, 2.0], fill: Rgba([red, 0, 0, 255]) };
        let marks =
            vec![cell(-1.0, 0.0, 1), cell(1.0, 0.0, 2), cell(2.0, 1.0, 3), cell(9.0, 9.0, 4)];
        let scene = Scene::new([3.0, 2.0], marks);
        let pixels = pixels_of(&shapes(&scene, 1.0), [3, 2]);
        let (red, alpha): (Vec<u8>, Vec<u8>) =
            pixels.chunks_exact(4).map(|pixel| (pixel[0], pixel[3])).unzip();
        assert_eq!(red, [1, 2, 2, 1, 2, 3]);
        assert_eq!(alpha, [255; 6]);
        assert_eq!(pixels_of(&[], [1, 1]), [0; 4]);
    }
}
