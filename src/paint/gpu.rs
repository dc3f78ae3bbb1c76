//! Marks on the graphics device: one device for the page, one surface per figure.

use std::sync::{Arc, OnceLock};

use web_sys::{HtmlCanvasElement, OffscreenCanvas};

use super::{PaintError, first_line, fit, shape::Shape};

/// The page's graphics device, with what it needs to draw marks. Clones share it.
#[derive(Clone)]
pub struct Gpu {
    instance: wgpu::Instance,
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::RenderPipeline,
    format: wgpu::TextureFormat,
    is_software: bool,
    fault: Fault,
}

/// A canvas that the device draws on.
pub(super) struct GpuSurface {
    gpu: Gpu,
    canvas: HtmlCanvasElement,
    surface: wgpu::Surface<'static>,
    /// What the surface is configured to; nothing before the first drawing.
    size: Option<[u32; 2]>,
    figure: wgpu::Buffer,
    bindings: wgpu::BindGroup,
    shapes: wgpu::Buffer,
}

/// The first thing that went wrong with the device. After it nothing is drawn.
#[derive(Clone)]
struct Fault {
    first: Arc<OnceLock<PaintError>>,
    tell: Arc<dyn Fn(PaintError) + Send + Sync>,
}

const SHAPE_BYTES: u64 = size_of::<Shape>() as u64;
const FIRST_SHAPES: u64 = 64;

impl Gpu {
    /// Starts the device. Should it be lost later, `tell` is called once, outside any drawing.
    ///
    /// # Errors
    /// [`PaintError::NoWebGpu`] and [`PaintError::Refused`].
    pub async fn start(
        tell: impl Fn(PaintError) + Send + Sync + 'static,
    ) -> Result<Self, PaintError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::BROWSER_WEBGPU,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions::default())
            .await
            .map_err(|_| PaintError::NoWebGpu)?;
        let limits = wgpu::Limits::downlevel_webgl2_defaults().using_resolution(adapter.limits());
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("figures"),
            required_limits: limits,
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = adapter
            .request_device(&descriptor)
            .await
            .map_err(|why| PaintError::Refused(first_line(&why.to_string()).to_owned()))?;
        let fault = Fault { first: Arc::default(), tell: Arc::new(tell) };
        fault.watch(&device);
        let format = preferred_format(&instance, &adapter);
        Ok(Self {
            pipeline: pipeline(&device, format),
            instance,
            device,
            queue,
            format,
            is_software: adapter.get_info().device_type == wgpu::DeviceType::Cpu,
            fault,
        })
    }

    /// Whether the CPU plays the part of the device: the 2-D canvas is faster then.
    pub fn is_software(&self) -> bool {
        self.is_software
    }

    /// Takes `canvas`, which must not have had a context of another kind.
    pub(super) fn surface(&self, canvas: &HtmlCanvasElement) -> Result<GpuSurface, PaintError> {
        self.fault.check()?;
        let surface = self
            .instance
            .create_surface(wgpu::SurfaceTarget::Canvas(canvas.clone()))
            .map_err(|_| PaintError::NoContext("webgpu"))?;
        let figure = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("figure"),
            size: size_of::<[f32; 2]>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("figure"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: figure.as_entire_binding() }],
        });
        let canvas = canvas.clone();
        let shapes = self.shape_buffer(FIRST_SHAPES);
        Ok(GpuSurface { gpu: self.clone(), canvas, surface, size: None, figure, bindings, shapes })
    }

    fn shape_buffer(&self, n_shapes: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("shapes"),
            size: n_shapes * SHAPE_BYTES,
            usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }
}

impl GpuSurface {
    /// Draws `shapes` in place of what was there, on a canvas made `size` pixels large.
    pub(super) fn draw(
        &mut self,
        shapes: &[Shape],
        size: [u32; 2],
        scale: f32,
    ) -> Result<(), PaintError> {
        self.gpu.fault.check()?;
        self.resize(size)?;
        fit(&self.canvas, size, scale)?;
        self.load(shapes);
        let (wgpu::CurrentSurfaceTexture::Success(frame)
        | wgpu::CurrentSurfaceTexture::Suboptimal(frame)) = self.surface.get_current_texture()
        else {
            return Err(PaintError::Lost(tr!("the canvas has no texture").to_owned()));
        };
        let view = frame.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("figure"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..wgpu::RenderPassDescriptor::default()
        });
        pass.set_pipeline(&self.gpu.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.set_vertex_buffer(0, self.shapes.slice(..));
        pass.draw(0..4, 0..shapes.len() as u32);
        drop(pass);
        self.gpu.queue.submit([encoder.finish()]);
        self.gpu.queue.present(frame);
        Ok(())
    }

    fn resize(&mut self, size: [u32; 2]) -> Result<(), PaintError> {
        if self.size == Some(size) {
            return Ok(());
        }
        let [width, height] = size;
        if width.max(height) > self.gpu.device.limits().max_texture_dimension_2d {
            return Err(PaintError::TooLarge { width, height });
        }
        let configuration = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format: self.gpu.format,
            color_space: wgpu::SurfaceColorSpace::Auto,
            width,
            height,
            present_mode: wgpu::PresentMode::Fifo,
            desired_maximum_frame_latency: 2,
            // What is not drawn on lets the page through, as on the 2-D canvas.
            alpha_mode: wgpu::CompositeAlphaMode::PreMultiplied,
            view_formats: Vec::new(),
        };
        self.surface.configure(&self.gpu.device, &configuration);
        let size_in_shader = size.map(|side| side as f32);
        self.gpu.queue.write_buffer(&self.figure, 0, bytemuck::bytes_of(&size_in_shader));
        self.size = Some(size);
        Ok(())
    }

    /// Puts `shapes` where the shader reads them.
    fn load(&mut self, shapes: &[Shape]) {
        let n_shapes = shapes.len() as u64;
        if self.shapes.size() < n_shapes * SHAPE_BYTES {
            self.shapes.destroy(); // else its memory waits for the garbage collector
            self.shapes = self.gpu.shape_buffer(n_shapes.next_power_of_two());
        }
        self.gpu.queue.write_buffer(&self.shapes, 0, bytemuck::cast_slice(shapes));
    }
}

impl Drop for GpuSurface {
    fn drop(&mut self) {
        self.shapes.destroy();
        self.figure.destroy();
    }
}

impl Fault {
    /// Listens to all that `device` reports, in place of wgpu's own listener, which panics.
    fn watch(&self, device: &wgpu::Device) {
        let fault = self.clone();
        device.set_device_lost_callback(move |reason, text| {
            fault.report(&format!("{reason:?}: {text}"));
        });
        let fault = self.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            fault.report(&error.to_string());
        }));
    }

    fn report(&self, text: &str) {
        let error = PaintError::Lost(first_line(text).to_owned());
        if self.first.set(error.clone()).is_ok() {
            (self.tell)(error);
        }
    }

    fn check(&self) -> Result<(), PaintError> {
        self.first.get().map_or(Ok(()), |error| Err(error.clone()))
    }
}

/// The byte order that costs this browser no copy. Never an sRGB format: the bytes of a colour
/// are to reach the screen as they are, and to blend as they do on a 2-D canvas.
fn preferred_format(instance: &wgpu::Instance, adapter: &wgpu::Adapter) -> wgpu::TextureFormat {
    // Only a surface can be asked, and no figure has one yet.
    let surface = OffscreenCanvas::new(1, 1).ok().and_then(|canvas| {
        instance.create_surface(wgpu::SurfaceTarget::OffscreenCanvas(canvas)).ok()
    });
    let formats = surface.map(|it| it.get_capabilities(adapter).formats).unwrap_or_default();
    formats.first().map_or(wgpu::TextureFormat::Bgra8Unorm, |it| it.remove_srgb_suffix())
}

fn pipeline(device: &wgpu::Device, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
    let module = device.create_shader_module(wgpu::include_wgsl!("marks.wgsl"));
    let shapes = wgpu::VertexBufferLayout {
        array_stride: SHAPE_BYTES,
        step_mode: wgpu::VertexStepMode::Instance,
        attributes: &wgpu::vertex_attr_array![
            0 => Float32x4, 1 => Float32x2, 2 => Unorm8x4, 3 => Unorm8x4
        ],
    };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("marks"),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("corner"),
            compilation_options: Default::default(),
            buffers: &[Some(shapes)],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("colour"),
            compilation_options: Default::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}
