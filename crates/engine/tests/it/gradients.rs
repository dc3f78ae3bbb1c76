//! Gradients of whole networks are those of differences, whatever mixes positions.

use burn::{
    module::{ModuleMapper, Param},
    optim::GradientsParams,
    prelude::*,
};
use engine::{
    load::{Model, Weights, collect, fill},
    model::{Network, Probe},
    session::token_tensor,
};
use trace::SsmKind;

use crate::tiny::{describe, generator, prompt, recurrent_kinds, seed_of, weights};

/// Central differences of a sum of squares in single precision.
const DIFFERENCE: f32 = 1e-2;

/// Parameters whose gradient is a smaller part of the whole are lost in the roundings of the others.
const SMALLEST: f32 = 3e-2;

/// How wide a difference is, how large a part of the whole a gradient has to be, and how near both
/// are, where the loss is steep. Over so little, its last digit, 6e-8 of it, comes to a thousandth
/// of these gradients, and a norm that divides by next to nothing makes some ten of one rounding:
/// a hundredth, in any direction. A term that is missing or doubled is far beyond five of them.
const STEEP: (f32, f32, f32) = (5e-5, 0.15, 5e-2);

const N_POS: usize = 11;

#[test]
fn gradients_of_networks_are_those_of_differences() {
    for model in recurrent_kinds() {
        let all = weights(&model.file.config, seed_of(&model));
        let found = gradients(&model, &all);
        let length = |name: &str| found.0[name].values.iter().map(|it| it * it).sum::<f32>().sqrt();
        let whole = found.0.keys().map(|it| length(it)).fold(0.0, f32::max);
        let mut n_seen = 0;
        let usual = (1e-3, SMALLEST, DIFFERENCE);
        let (width, smallest, apart) = if is_steep(&model) { STEEP } else { usual };
        for name in found.0.keys().filter(|it| smallest * whole < length(it)) {
            let length = length(name);
            // Along the gradient itself, so that the difference stands out of the roundings.
            let moved = |by: f32| {
                let mut all = all.clone();
                let values = &mut all.0.get_mut(name).unwrap().values;
                let along = found.0[name].values.iter();
                values.iter_mut().zip(along).for_each(|(it, along)| *it += by / length * along);
                let network = filled(&model, &all, &Device::flex());
                loss(&network, &Device::flex()).into_data().try_to_vec::<f32>().unwrap()[0]
            };
            let over = |width: f32| (moved(width) - moved(-width)) / (2.0 * width);
            // Richardson's: what grows with the square of the width falls out.
            let difference = (4.0 * over(width) - over(2.0 * width)) / 3.0;
            let what = format!("{name}: {length} and {difference} in {}", describe(&model));
            assert!((difference / length - 1.0).abs() < apart, "{what}");
            n_seen += 1;
        }
        assert!(5 < n_seen, "{n_seen} parameters of {}", describe(&model));
    }
}

/// Whether a norm divides by next to nothing: what a head of gated DeltaNet with these weights reads
/// is that small, so that differences are straight over a twentieth of the usual width only.
fn is_steep(model: &Model) -> bool {
    let mixers = model.file.config.shape().mixers;
    mixers.iter().flat_map(|it| &it.ssm).any(|it| it.kind == SsmKind::GatedDeltaNet)
}

fn filled(model: &Model, weights: &Weights, device: &Device) -> Network {
    let mut weights = weights.clone();
    let _held = generator();
    fill(Network::new(&model.file.config, device).unwrap(), &mut weights).unwrap()
}

/// The mean square of the logits.
fn loss(network: &Network, device: &Device) -> Tensor<1> {
    let logits = network.forward(token_tensor(&prompt(N_POS), device), &mut Probe::blind());
    logits.powi_scalar(2).mean()
}

/// The gradient of every parameter that has one, under its name.
fn gradients(model: &Model, weights: &Weights) -> Weights {
    let device = Device::flex().autodiff();
    let network = filled(model, weights, &device);
    let grads = loss(&network, &device).backward();
    let mut grads = InPlace(GradientsParams::from_grads(grads, &network));
    collect(&network.map(&mut grads))
}

/// Puts gradients where the parameters were.
struct InPlace(GradientsParams);

impl ModuleMapper for InPlace {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let none = || Tensor::zeros(param.dims(), &Device::flex());
        Param::from_tensor(self.0.get::<D>(param.id).unwrap_or_else(none))
    }
}
