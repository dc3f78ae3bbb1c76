//! Marks to pixels: on the graphics device, on a 2-D canvas where there is none, and as SVG.
//!
//! A figure on the page is two canvases of one size, stacked: marks below, texts above, so that
//! both ways of drawing marks give the same picture. A canvas keeps for good the kind of context
//! it first gave: who falls back from the GPU to the 2-D canvas must put a *fresh* canvas in the
//! place of the lower one and make a new [`Painter`] for it.

mod shape; // start here

mod canvas;
mod frame;
#[cfg(target_arch = "wasm32")]
mod gpu;
#[cfg(not(target_arch = "wasm32"))]
#[path = "no_gpu.rs"]
mod gpu;
mod svg;

use web_sys::HtmlCanvasElement;

use crate::view::Scene;
use canvas::Sheet;
use gpu::GpuSurface;

pub use frame::{Frame, LegendPart, framed};
pub use gpu::Gpu;
pub use svg::svg;

/// Why a figure was not drawn. The page keeps the last picture, or draws without the GPU.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "some happen on the graphics card alone, which only the page has")
)]
pub enum PaintError {
    /// There is no WebGPU, or no adapter.
    #[error("{}", tr!("this browser offers no WebGPU; figures are drawn without it, more slowly"))]
    NoWebGpu,
    /// WebGPU is there and would not start.
    #[error("{}", tr!("WebGPU would not start; close other pages that use the graphics card and reload: {why}", why = .0))]
    Refused(String),
    /// The device was lost or reported an error: it draws nothing more.
    #[error("{}", tr!("the graphics device was lost; figures are drawn without it: {why}", why = .0))]
    Lost(String),
    /// The canvas gave no context.
    #[error("{}", tr!("a canvas gave no \"{kind}\" context; reload the page", kind = .0))]
    NoContext(&'static str),
    /// The figure has more pixels, or more along a side, than can be drawn.
    #[error("{}", tr!("this figure is too large to draw ({width} x {height} pixels); make the panel smaller", width, height))]
    TooLarge { width: u32, height: u32 },
    /// The browser refused a call.
    #[error("{}", tr!("the browser would not draw; reload the page: {why}", why = .0))]
    Browser(String),
}

/// How scenes come out on this screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Device pixels per CSS pixel: `devicePixelRatio`.
    pub scale: f32,
    /// The fonts of texts, as CSS lists them.
    pub font: String,
}

/// Draws one figure, again and again.
pub struct Painter {
    marks: Marks,
    texts: Sheet,
}

enum Marks {
    Canvas(Sheet),
    Gpu(Box<GpuSurface>),
}

/// What every browser can hold in a canvas, along one side.
const MAX_SIDE_PX: u32 = 16_384;
/// A quarter of a gigabyte of colours.
const MAX_AREA_PX: u32 = 1 << 26;

impl Painter {
    /// Takes a figure's two canvases; the marks are drawn by `gpu`, or by the CPU without one.
    ///
    /// # Errors
    /// [`PaintError::NoContext`] where `marks` once had a context of the other kind, and
    /// [`PaintError::Lost`].
    pub fn new(
        marks: &HtmlCanvasElement,
        texts: &HtmlCanvasElement,
        gpu: Option<&Gpu>,
    ) -> Result<Self, PaintError> {
        let marks = match gpu {
            Some(gpu) => Marks::Gpu(Box::new(gpu.surface(marks)?)),
            None => Marks::Canvas(Sheet::on(marks)?),
        };
        Ok(Self { marks, texts: Sheet::on(texts)? })
    }

    /// Draws `scene` in place of what was there, and gives both canvases its size.
    ///
    /// # Errors
    /// [`PaintError::TooLarge`], [`PaintError::Browser`] and, of a painter on the GPU,
    /// [`PaintError::Lost`]: then a new painter without it is needed.
    pub fn draw(&mut self, scene: &Scene, look: &Look) -> Result<(), PaintError> {
        let size = pixels(scene, look.scale)?;
        let shapes = shape::shapes(scene, look.scale);
        match &mut self.marks {
            Marks::Canvas(sheet) => {
                sheet.clear(size, look.scale)?;
                sheet.marks(&shapes)?;
            }
            Marks::Gpu(surface) => surface.draw(&shapes, size, look.scale)?,
        }
        self.texts.clear(size, look.scale)?;
        self.texts.texts(scene, look)
    }
}

/// The size of `scene` in device pixels, at least 1 by 1.
fn pixels(scene: &Scene, scale: f32) -> Result<[u32; 2], PaintError> {
    let [width, height] = scene.size_px.map(|side| ((side * scale).round() as u32).max(1));
    if width.max(height) > MAX_SIDE_PX || width * height > MAX_AREA_PX {
        return Err(PaintError::TooLarge { width, height });
    }
    Ok([width, height])
}

/// Gives the canvas the size on the page at which its pixels are those of the screen.
fn fit(canvas: &HtmlCanvasElement, size: [u32; 2], scale: f32) -> Result<(), PaintError> {
    for (name, side) in [("width", size[0]), ("height", size[1])] {
        let value = format!("{}px", side as f32 / scale);
        canvas.style().set_property(name, &value).map_err(refused)?;
    }
    Ok(())
}

fn refused(why: impl std::fmt::Debug) -> PaintError {
    PaintError::Browser(first_line(&format!("{why:?}")).to_owned())
}

/// What the browser says without where it was when it said so.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text).trim_start_matches("JsValue(")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of(size_px: [f32; 2], scale: f32) -> Result<[u32; 2], PaintError> {
        pixels(&Scene::new(size_px, Vec::new()), scale)
    }

    #[test]
    fn sizes_are_whole_pixels_and_never_nothing() {
        assert_eq!(size_of([100.3, 50.0], 1.5), Ok([150, 75]));
        assert_eq!(size_of([0.0, f32::NAN], 2.0), Ok([1, 1]));
        assert_eq!(size_of([-4.0, 3.0], 1.0), Ok([1, 3]));
    }

    #[test]
    fn a_stack_trace_is_not_told() {
        assert_eq!(first_line("JsValue(Error: out of memory\n  at draw"), "Error: out of memory");
        assert_eq!(first_line(""), "");
    }

    #[test]
    fn a_figure_too_large_is_an_error_that_says_its_size() {
        let error = size_of([20_000.0, 10.0], 1.0).unwrap_err();
        assert_eq!(error, PaintError::TooLarge { width: 20_000, height: 10 });
        assert!(error.to_string().contains("20000 x 10"));
        assert!(size_of([f32::INFINITY, 10.0], 1.0).is_err());
        assert!(size_of([16_000.0, 16_000.0], 1.0).is_err());
    }
}
