//! How recurrent heads write and remember.

use burn::prelude::*;
use trace::{
    Absence, Answer,
    Axis::{Head, Layer, Pos},
    Part, TimeScales,
};

use super::{Seen, array, pending::Pending};
use crate::model::Decay;

/// Steps, half-lives and gates of every recurrent head.
pub(super) fn time_scales(seen: Seen<'_>) -> Result<Pending, Absence> {
    let shape = &seen.model.shape;
    let (n_layers, n_heads, n_pos) = (shape.n_layers, shape.n_heads, seen.n_pos()?);
    let mut tensors = Vec::new();
    // Of which quantity and layer each tensor is, and its first head.
    let mut places = Vec::new();
    for (layer, mixer) in shape.mixers.iter().enumerate() {
        let Some(ssm) = &mixer.ssm else { continue };
        for (which, all) in readings(seen, layer, ssm.n_heads).into_iter().enumerate() {
            if let Some(all) = all {
                tensors.push(all.reshape([ssm.n_heads * n_pos]));
                places.push((which, layer, mixer.n_attention_heads));
            }
        }
        // Where nothing is forgotten there is no decay to read.
        if ssm.has_matrix && !ssm.has_decay && seen.trace.has_run(layer) {
            tensors.push(Tensor::zeros(
                [ssm.n_heads * n_pos],
                &seen.get::<2>(trace::Site::Logits)?.device(),
            ));
            places.push((1, layer, mixer.n_attention_heads));
        }
    }
    Ok(Pending::new(tensors, move |read| {
        let width = n_heads * n_pos;
        let mut all = [(); 3].map(|()| vec![f32::NAN; n_layers * width]);
        for (&(which, layer, first), values) in places.iter().zip(&read) {
            let from = layer * width + first * n_pos;
            all[which][from..from + values.len()].copy_from_slice(values);
        }
        let dims = [(Layer, n_layers), (Head, n_heads), (Pos, n_pos)];
        let [step, log_decay, gate] = all;
        let half_life = |log: f32| -std::f32::consts::LN_2 / log.min(-f32::MIN_POSITIVE);
        Answer::TimeScales(TimeScales {
            step: array(step, &dims),
            half_life: array(
                log_decay
                    .into_iter()
                    .map(|it| {
                        if it.is_nan() {
                            it
                        } else if it < 0.0 {
                            half_life(it)
                        } else {
                            f32::INFINITY
                        }
                    })
                    .collect(),
                &dims,
            ),
            gate: array(gate, &dims),
        })
    }))
}

/// Steps, logarithms of decays and gates, each the mean over what a shown head stands for,
/// `[head, pos]`.
fn readings(seen: Seen<'_>, layer: usize, n_heads: usize) -> [Option<Tensor<2>>; 3] {
    let mean = |all: Tensor<2>| -> Tensor<2> {
        let [n_pos, width] = all.dims();
        let sets: Tensor<3> = all.reshape([n_pos, n_heads, width / n_heads]);
        sets.mean_dim(2).squeeze_dim::<2>(2).transpose()
    };
    let decay = seen.part::<3>(layer, Part::SsmDecay).ok().map(|it| {
        let [n_pos, count, n_slots] = it.dims();
        Decay::Plain(it.unsqueeze()).log().reshape([n_pos, count * n_slots])
    });
    [
        seen.part(layer, Part::SsmStep).ok().map(mean),
        decay.map(mean),
        seen.part(layer, Part::SsmGate).ok().map(mean),
    ]
}
