//! Direct logit attribution.

use burn::prelude::*;
use trace::{
    Absence, Answer, AskAttribution, Attribution,
    Axis::{Depth, Head, Layer},
    Part, Site,
};

use super::{
    Seen, array,
    pending::Pending,
    stream::{depths, read_direction},
};
use crate::model::Placement;

/// Direct contributions to `logit(a) − logit(b)` at one position, with the final norm's scale
/// taken from the run (Elhage et al. 2021; "frozen" as in Wang et al. 2022, appendix).
pub(super) fn attribution(
    seen: Seen<'_>,
    &AskAttribution { pos, a, b }: &AskAttribution,
) -> Result<Pending, Absence> {
    let network = &seen.model.network;
    if seen.model.file.config.placement == Placement::Post {
        return Err(Absence::NotAdditive);
    }
    let pos = seen.position(pos)?;
    let pair = [a, b];
    for token in pair {
        seen.check("token", token as usize)?;
    }
    let n_layers = network.n_layers();
    let n_heads = seen.model.shape.n_heads;
    let places = depths(n_layers, seen.trace);
    let scale = scale_at(seen, seen.last_stream()?.narrow(0, pos, 1));
    let toward = (read_direction(seen, a) - read_direction(seen, b)) / scale;
    let along =
        |stream: Tensor<2>| (stream.narrow(0, pos, 1).squeeze_dim(0) * toward.clone()).sum();

    let mut readings = Vec::new();
    for &(_, site) in &places {
        readings.push(along(seen.get(site)?));
    }
    for layer in 0..n_layers {
        let (heads, bias) = mixer_toward(seen, layer, pos, &toward)?;
        readings.push(heads);
        readings.push(bias);
        readings.push(if seen.model.shape.has_mlp {
            along(seen.part(layer, Part::MlpOut)?)
        } else {
            Tensor::zeros([1], &toward.device())
        });
    }
    readings.extend(ends(seen, pos, pair)?);
    let n_depths = places.len();
    Ok(Pending::new(readings, move |mut read| {
        let running: Vec<f32> = read.drain(..n_depths).flatten().collect();
        let blocks: Vec<Vec<f32>> = read.drain(..3 * n_layers).collect();
        let (rest, total) = (read[0][0], read[1][0]);
        let part = |which: usize| {
            blocks.iter().skip(which).step_by(3).flatten().copied().collect::<Vec<f32>>()
        };
        let heads = blocks.iter().step_by(3).flat_map(|it| {
            let missing = n_heads - it.len();
            it.iter().copied().chain(std::iter::repeat_n(f32::NAN, missing))
        });
        Answer::Attribution(Attribution {
            pos,
            a,
            b,
            embed: running[0],
            heads: array(heads.collect(), &[(Layer, n_layers), (Head, n_heads)]),
            attn_bias: array(part(1), &[(Layer, n_layers)]),
            mlp: array(part(2), &[(Layer, n_layers)]),
            rest,
            total,
            running: array(running, &[(Depth, n_depths)]),
        })
    }))
}

/// What each head of a layer adds along `toward`, attention's before recurrent ones, `[head]`, and
/// what is added beside them: biases, or what a change of the whole made of it, `[1]`.
fn mixer_toward(
    seen: Seen<'_>,
    layer: usize,
    pos: usize,
    toward: &Tensor<1>,
) -> Result<(Tensor<1>, Tensor<1>), Absence> {
    let network = &seen.model.network;
    let beside =
        |out: Part, heads: &Tensor<1>, bias: Option<Tensor<1>>| match seen.part::<2>(layer, out) {
            // Kept because it was changed: whatever no head added.
            Ok(out) => {
                let out: Tensor<1> = out.narrow(0, pos, 1).squeeze_dim(0);
                (out * toward.clone()).sum() - heads.clone().sum()
            }
            Err(_) => bias_toward(bias, toward),
        };
    let (mut all, mut rest) = (Vec::new(), Tensor::zeros([1], &toward.device()));
    if let Some(attention) = network.attention(layer) {
        let heads = heads_toward(seen, layer, pos, toward)?;
        rest = rest + beside(Part::AttnOut, &heads, attention.output_bias());
        all.push(heads);
    }
    if network.ssm_output(layer).is_some() {
        let heads = recurrent_toward(seen, layer, pos, toward)?;
        rest = rest + beside(Part::SsmOut, &heads, network.ssm_output_bias(layer));
        all.push(heads);
    }
    Ok((Tensor::cat(all, 0), rest))
}

/// What each shown head of a recurrent mixer adds along `toward`, `[head]`.
fn recurrent_toward(
    seen: Seen<'_>,
    layer: usize,
    pos: usize,
    toward: &Tensor<1>,
) -> Result<Tensor<1>, Absence> {
    let z: Tensor<3> = seen.part(layer, Part::SsmZ)?;
    let [_, n_heads, d_value] = z.dims();
    let output = seen.output_of(layer, 0, n_heads).ok_or_else(|| seen.no_state(layer))?;
    let along: Tensor<1> = (output * toward.clone().unsqueeze()).sum_dim(1).squeeze_dim(1);
    let z: Tensor<1> = z.narrow(0, pos, 1).reshape([n_heads * d_value]);
    let ssm = seen.mixer(layer).ssm.as_ref().ok_or_else(|| seen.no_state(layer))?;
    let sets: Tensor<2> = (z * along).reshape([ssm.n_heads, ssm.together * d_value]);
    Ok(sets.sum_dim(1).squeeze_dim(1))
}

/// What the final norm divides by at this position, `[1]`.
pub(super) fn scale_at(seen: Seen<'_>, stream: Tensor<2>) -> Tensor<1> {
    match seen.model.network.final_norm() {
        Some(norm) => norm.scale(norm.centred(stream)).reshape([1]),
        None => Tensor::ones([1], &stream.device()),
    }
}

/// What a shared bias adds along `toward`, `[1]`.
fn bias_toward(bias: Option<Tensor<1>>, toward: &Tensor<1>) -> Tensor<1> {
    match bias {
        Some(bias) => (bias * toward.clone()).sum(),
        None => Tensor::zeros([1], &toward.device()),
    }
}

/// What each head of a layer adds along `toward`, `[head]`.
fn heads_toward(
    seen: Seen<'_>,
    layer: usize,
    pos: usize,
    toward: &Tensor<1>,
) -> Result<Tensor<1>, Absence> {
    let result: Tensor<3> = match seen.part(layer, Part::AttnResult) {
        // Kept because it was changed.
        Ok(result) => result.narrow(0, pos, 1),
        Err(_) => {
            let mixed: Tensor<3> = seen.part(layer, Part::AttnZ)?;
            let mixed: Tensor<4> = mixed.narrow(0, pos, 1).unsqueeze_dim(0);
            seen.attention(layer)?.result(mixed).squeeze_dim(0)
        }
    };
    let result: Tensor<2> = result.squeeze_dim(0);
    Ok((result * toward.clone().unsqueeze()).sum_dim(1).squeeze_dim(1))
}

/// What biases at the end add, and the logit difference itself; each `[1]`.
fn ends(seen: Seen<'_>, pos: usize, [a, b]: [u32; 2]) -> Result<[Tensor<1>; 2], Absence> {
    let network = &seen.model.network;
    let logits: Tensor<2> = seen.get(Site::Logits)?;
    let at =
        |token: u32| logits.clone().narrow(0, pos, 1).narrow(1, token as usize, 1).reshape([1]);
    let mut rest = Tensor::zeros([1], &logits.device());
    if let Some(bias) = network.final_norm().and_then(|it| it.bias()) {
        let read = |token: u32| network.unembed_direction(token as usize);
        rest = rest + (bias * (read(a) - read(b))).sum();
    }
    if let Some(bias) = network.unembed_bias() {
        let own = |token: u32| bias.clone().narrow(0, token as usize, 1);
        rest = rest + own(a) - own(b);
    }
    Ok([rest, at(a) - at(b)])
}
