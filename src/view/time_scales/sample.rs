//! A model of three layers and its time scales, for the tests of both figures.

use trace::{
    Axis, MixerShape, ModelShape, NamedArray, NormKind, PositionKind, SsmKind, SsmShape,
    TimeScales, WriteStep,
};

use crate::view::{Mark, Scene};

pub const NAN: f32 = f32::NAN;

fn ssm(kind: SsmKind, step: Option<WriteStep>) -> MixerShape {
    let ssm = SsmShape {
        kind,
        n_heads: 2,
        together: 1,
        d_value: 4,
        n_slots: 8,
        state_size: 16_384,
        has_matrix: true,
        step,
        has_decay: true,
    };
    MixerShape { ssm: Some(ssm), ..MixerShape::default() }
}

/// A layer that has a step, one of attention, one that has no step.
pub fn shape() -> ModelShape {
    let attention = MixerShape { n_attention_heads: 2, window: None, cache_size: 256, ssm: None };
    ModelShape {
        n_layers: 3,
        n_heads: 2,
        mixers: vec![
            ssm(SsmKind::Mamba2, Some(WriteStep::Delta)),
            attention,
            ssm(SsmKind::S4d, None),
        ],
        n_kv_heads: 2,
        d_model: 8,
        d_head: 4,
        d_mlp: 0,
        d_vocab: 10,
        n_ctx: 64,
        is_parallel: false,
        is_additive: true,
        has_mlp: false,
        norm: NormKind::RmsNorm,
        positions: PositionKind::None,
    }
}

pub fn array(values: [f32; 12]) -> NamedArray {
    let dims = [(Axis::Layer, 3), (Axis::Head, 2), (Axis::Pos, 2)];
    NamedArray::new(values.to_vec(), &dims).unwrap()
}

pub fn memory() -> TimeScales {
    let none = [NAN; 4];
    let of =
        |first: [f32; 4], last: [f32; 4]| array([first, none, last].concat().try_into().unwrap());
    TimeScales {
        step: of([0.1, 0.5, 0.3, NAN], none),
        half_life: of([2.0, 8.0, 4.0, 32.0], [0.1, f32::INFINITY, 3.0, 5000.0]),
        gate: of([0.5, -0.25, 0.5, 1.0], [0.0, 0.5, 0.5, 0.5]),
    }
}

pub fn labels() -> Vec<String> {
    ["⟨bos⟩", "Mary"].map(str::to_owned).to_vec()
}

pub fn texts(scene: &Scene) -> Vec<&str> {
    let texts = scene.all().filter_map(|it| match it {
        Mark::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

pub fn n_hatches(scene: &Scene) -> usize {
    scene.all().filter(|it| matches!(it, Mark::Hatch { .. })).count()
}
