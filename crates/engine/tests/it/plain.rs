//! The engine's maths once more: plain loops in double precision.

use engine::load::{HostTensor, Model, collect};
use trace::{LensSite, NamedArray, Part, Site};

/// The matrix that makes logits of a normed stream, a row per token, and its bias.
pub(crate) fn unembedding(model: &Model) -> (Vec<Vec<f64>>, Vec<f64>) {
    let weights = collect(&model.network).0;
    let d_vocab = model.file.config.d_vocab;
    let rows = match weights.get("unembed.weight") {
        Some(it) => {
            let columns: Vec<_> = it.values.chunks_exact(d_vocab).map(wide).collect();
            (0..d_vocab).map(|token| columns.iter().map(|it| it[token]).collect()).collect()
        }
        None => weights["embed.weight"]
            .values
            .chunks_exact(model.file.config.d_model)
            .map(wide)
            .collect(),
    };
    let bias = weights.get("unembed.bias").map_or(vec![0.0; d_vocab], |it| wide(&it.values));
    (rows, bias)
}

/// What the logit of a token reads of the stream, up to scale.
pub(crate) fn direction(model: &Model, token: u32) -> Vec<f64> {
    let own = unembedding(model).0[token as usize].clone();
    let weights = collect(&model.network).0;
    let Some(gain) = weights.get("final_norm.gain") else { return own };
    let scaled: Vec<f64> = own.iter().zip(wide(&gain.values)).map(|(a, b)| a * b).collect();
    if weights.contains_key("final_norm.bias") { centred(&scaled) } else { scaled }
}

/// The log-probabilities that the network would say if it stopped at each of these streams.
pub(crate) fn said_of(model: &Model, streams: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let weights = collect(&model.network).0;
    let (rows, bias) = unembedding(model);
    let norm = weights.get("final_norm.gain").map(|gain| (gain, weights.get("final_norm.bias")));
    let logits = |stream: &Vec<f64>| -> Vec<f64> {
        let normed = norm.map_or(stream.clone(), |(gain, bias)| normed(model, stream, gain, bias));
        rows.iter().zip(&bias).map(|(row, bias)| dot(row, &normed) + bias).collect()
    };
    streams.iter().map(|it| log_softmax(&logits(it))).collect()
}

/// LayerNorm where there is a bias, RMSNorm where there is none.
fn normed(model: &Model, stream: &[f64], gain: &HostTensor, bias: Option<&HostTensor>) -> Vec<f64> {
    use engine::model::Norm::{LayerNorm, RmsNorm};
    let (LayerNorm { epsilon } | RmsNorm { epsilon }) = model.file.config.norm;
    let stream = if bias.is_some() { centred(stream) } else { stream.to_vec() };
    let scale = (dot(&stream, &stream) / stream.len() as f64 + epsilon).sqrt();
    let bias = bias.map_or(vec![0.0; stream.len()], |it| wide(&it.values));
    let scaled = stream.iter().zip(wide(&gain.values)).map(|(it, gain)| it / scale * gain);
    scaled.zip(bias).map(|(it, bias)| it + bias).collect()
}

fn centred(vector: &[f64]) -> Vec<f64> {
    let mean = vector.iter().sum::<f64>() / vector.len() as f64;
    vector.iter().map(|it| it - mean).collect()
}

/// Where the stream of this network stands between two parts.
pub(crate) fn depths(model: &Model) -> Vec<LensSite> {
    let shape = model.file.config.shape();
    let has_mid = shape.has_mlp && !shape.is_parallel;
    let block = |layer: usize| {
        let mid = has_mid.then_some(LensSite::mid(layer));
        mid.into_iter().chain([LensSite::post(layer)])
    };
    [LensSite::Embed].into_iter().chain((0..2).flat_map(block)).collect()
}

/// The site where a lens reads.
pub(crate) fn site_of(place: LensSite) -> Site {
    match place {
        LensSite::Embed => Site::block(0, Part::ResidPre),
        LensSite::Mid { layer, .. } => Site::block(layer, Part::ResidMid),
        LensSite::Post { layer, .. } => Site::block(layer, Part::ResidPost),
    }
}

/// The rows of a matrix.
pub(crate) fn rows(array: &NamedArray) -> Vec<Vec<f64>> {
    array.values().chunks_exact(array.dims()[1].1).map(wide).collect()
}

/// In double precision.
pub(crate) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

/// Sum of products.
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

/// The same direction, of length 1.
pub(crate) fn unit(vector: &[f64]) -> Vec<f64> {
    let length = dot(vector, vector).sqrt();
    vector.iter().map(|it| it / length).collect()
}

/// Log-probabilities in nats.
pub(crate) fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = logits.iter().map(|it| (it - most).exp()).sum();
    logits.iter().map(|it| it - most - sum.ln()).collect()
}
