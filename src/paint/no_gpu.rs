//! Stands in for `gpu` off the browser, so that what is above it builds and tests natively.

use web_sys::HtmlCanvasElement;

use super::{PaintError, shape::Shape};

/// There is none.
#[derive(Clone, Debug)]
pub enum Gpu {}

/// There is none.
pub(super) enum GpuSurface {}

impl Gpu {
    /// Gives no device.
    ///
    /// # Errors
    /// [`PaintError::NoWebGpu`], always.
    pub async fn start(_: impl Fn(PaintError) + Send + Sync + 'static) -> Result<Self, PaintError> {
        Err(PaintError::NoWebGpu)
    }

    /// Whether the CPU plays the part of the device.
    pub fn is_software(&self) -> bool {
        match *self {}
    }

    pub(super) fn surface(&self, _: &HtmlCanvasElement) -> Result<GpuSurface, PaintError> {
        match *self {}
    }
}

impl GpuSurface {
    pub(super) fn draw(&mut self, _: &[Shape], _: [u32; 2], _: f32) -> Result<(), PaintError> {
        match *self {}
    }
}
