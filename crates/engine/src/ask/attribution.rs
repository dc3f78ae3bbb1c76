//! Direct logit attribution.

use burn::prelude::*;
use trace::{
    Absence, Answer, AskAttribution, Attribution,
    Axis::{Depth, Head, Layer},
    Counted, Part, Site,
};

use super::{
    Seen, array,
    pending::Pending,
    stream::{depths, read_direction},
};
use crate::model::{Placement, Visit};

/// Direct contributions to `logit(a) − logit(b)` at one position, with the final norm's scale
/// taken from the run (Elhage et al. 2021; "frozen" as in Wang et al. 2022, appendix). What a block
/// adds in several passes is summed; one that does not run adds 0.
pub(super) fn attribution(
    seen: Seen<'_>,
    &AskAttribution { pos, a, b }: &AskAttribution,
) -> Result<Pending, Absence> {
    if seen.model.file.config.placement == Placement::Post {
        return Err(Absence::NotAdditive);
    }
    let pos = seen.position(pos)?;
    let pair = [a, b];
    for token in pair {
        seen.check(Counted::Token, token as usize)?;
    }
    let places = depths(seen.trace);
    let scale = scale_at(seen, seen.last_stream()?.narrow(0, pos, 1));
    let toward = (read_direction(seen, a) - read_direction(seen, b)) / scale;
    let along =
        |stream: Tensor<2>| (stream.narrow(0, pos, 1).squeeze_dim(0) * toward.clone()).sum();

    let mut readings = Vec::new();
    for &(_, site) in &places {
        readings.push(along(seen.get(site)?));
    }
    for &visit in seen.trace.visits() {
        let (heads, bias) = mixer_toward(seen, visit, pos, &toward)?;
        readings.push(heads);
        readings.push(bias);
        readings.push(if seen.model.shape.has_mlp {
            along(seen.part_at(visit, Part::MlpOut)?)
        } else {
            Tensor::zeros([1], &toward.device())
        });
    }
    readings.extend(ends(seen, pos, pair)?);
    let layers: Vec<usize> = seen.trace.visits().iter().map(|it| it.layer).collect();
    let mut added = Added::new(seen);
    let n_depths = places.len();
    Ok(Pending::new(readings, move |mut read| {
        let running: Vec<f32> = read.drain(..n_depths).flatten().collect();
        for (&layer, block) in layers.iter().zip(read.chunks_exact(3)) {
            added.count(layer, block);
        }
        let [.., rest, total] = &read[..] else { unreachable!("both were asked for") };
        let (n_layers, n_heads) = (added.mlp.len(), added.n_heads);
        Answer::Attribution(Attribution {
            pos,
            a,
            b,
            embed: running[0],
            heads: array(added.heads, &[(Layer, n_layers), (Head, n_heads)]),
            attn_bias: array(added.bias, &[(Layer, n_layers)]),
            mlp: array(added.mlp, &[(Layer, n_layers)]),
            rest: rest[0],
            total: total[0],
            running: array(running, &[(Depth, n_depths)]),
        })
    }))
}

/// What each layer added along a direction, over all passes through it.
struct Added {
    n_heads: usize,
    /// `[layer, head]`; NaN where a layer has no such head.
    heads: Vec<f32>,
    /// `[layer]`, as is `mlp`.
    bias: Vec<f32>,
    mlp: Vec<f32>,
}

impl Added {
    /// Nothing yet.
    fn new(seen: Seen<'_>) -> Self {
        let shape = &seen.model.shape;
        let own = shape.mixers.iter().enumerate().map(|(layer, mixer)| {
            let writes = seen.model.network.ssm_output(layer).is_some();
            let recurrent = mixer.ssm.as_ref().filter(|_| writes).map_or(0, |it| it.n_heads);
            mixer.n_attention_heads + recurrent
        });
        let heads = own.flat_map(|own| {
            (0..shape.n_heads).map(move |head| if head < own { 0.0 } else { f32::NAN })
        });
        let none = vec![0.0; shape.n_layers];
        Self { n_heads: shape.n_heads, heads: heads.collect(), bias: none.clone(), mlp: none }
    }

    /// Takes in one pass: its heads, its bias and its MLP.
    fn count(&mut self, layer: usize, pass: &[Vec<f32>]) {
        let own = &mut self.heads[layer * self.n_heads..];
        own.iter_mut().zip(&pass[0]).for_each(|(sum, it)| *sum += it);
        self.bias[layer] += pass[1][0];
        self.mlp[layer] += pass[2][0];
    }
}

/// What each head of a layer adds along `toward`, attention's before recurrent ones, `[head]`, and
/// what is added beside them: biases, or what a change of the whole made of it, `[1]`.
fn mixer_toward(
    seen: Seen<'_>,
    visit: Visit,
    pos: usize,
    toward: &Tensor<1>,
) -> Result<(Tensor<1>, Tensor<1>), Absence> {
    let network = &seen.model.network;
    let layer = visit.layer;
    let beside = |out: Part, heads: &Tensor<1>, bias: Option<Tensor<1>>| match seen
        .part_at::<2>(visit, out)
    {
        // Kept because it was changed: whatever no head added.
        Ok(out) => {
            let out: Tensor<1> = out.narrow(0, pos, 1).squeeze_dim(0);
            (out * toward.clone()).sum() - heads.clone().sum()
        }
        Err(_) => bias_toward(bias, toward),
    };
    let (mut all, mut rest) = (Vec::new(), Tensor::zeros([1], &toward.device()));
    if let Some(attention) = network.attention(layer) {
        let heads = heads_toward(seen, visit, pos, toward)?;
        rest = rest + beside(Part::AttnOut, &heads, attention.output_bias());
        all.push(heads);
    }
    if network.ssm_output(layer).is_some() {
        let heads = recurrent_toward(seen, visit, pos, toward)?;
        rest = rest + beside(Part::SsmOut, &heads, network.ssm_output_bias(layer));
        all.push(heads);
    }
    Ok((Tensor::cat(all, 0), rest))
}

/// What each shown head of a recurrent mixer adds along `toward`, `[head]`.
fn recurrent_toward(
    seen: Seen<'_>,
    visit: Visit,
    pos: usize,
    toward: &Tensor<1>,
) -> Result<Tensor<1>, Absence> {
    let layer = visit.layer;
    let z: Tensor<3> = seen.part_at(visit, Part::SsmZ)?;
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
    visit: Visit,
    pos: usize,
    toward: &Tensor<1>,
) -> Result<Tensor<1>, Absence> {
    let result: Tensor<3> = match seen.part_at(visit, Part::AttnResult) {
        // Kept because it was changed.
        Ok(result) => result.narrow(0, pos, 1),
        Err(_) => {
            let mixed: Tensor<3> = seen.part_at(visit, Part::AttnZ)?;
            let mixed: Tensor<4> = mixed.narrow(0, pos, 1).unsqueeze_dim(0);
            seen.attention(visit.layer)?.result(mixed).squeeze_dim(0)
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
