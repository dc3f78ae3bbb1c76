//! The training loop.

use burn::{
    module::{ModuleMapper, ModuleVisitor, Param, ParamId},
    optim::{AdamWConfig, GradientsParams, ModuleOptimizer},
    prelude::*,
    tensor::activation::log_softmax,
};

use super::{
    recipe::{Recipe, RecipeError},
    rows::{Batch, Source, Wanted},
};
use crate::model::{Network, Probe};

/// A network on its way.
pub struct Trainer {
    pub recipe: Recipe,
    pub network: Network,
    pub optimizer: ModuleOptimizer,
    /// Steps done.
    pub step: usize,
    source: Source,
    device: Device,
}

impl Trainer {
    /// Step 0 of a recipe, on the CPU.
    ///
    /// # Errors
    /// [`RecipeError`] where task and network do not fit.
    pub fn new(recipe: Recipe) -> Result<Self, RecipeError> {
        let source = Source::new(&recipe)?;
        let task = source.vocabulary().len();
        if task != recipe.network.d_vocab {
            return Err(RecipeError::Vocabulary { task, network: recipe.network.d_vocab });
        }
        let (longest, n_ctx) = (source.longest(), recipe.network.n_ctx);
        if n_ctx < longest {
            return Err(RecipeError::Context { longest, n_ctx });
        }
        let device = Device::flex().autodiff();
        let network = Network::untrained(&recipe.network, recipe.seed, &device)?;
        let network = network.map(&mut Numbered { next: 1 });
        let optimizer = AdamWConfig::new()
            .with_beta_2(recipe.optimizer.beta_2)
            .with_epsilon(1e-8)
            .with_weight_decay(recipe.optimizer.weight_decay)
            .init();
        Ok(Self { recipe, network, optimizer, step: 0, source, device })
    }

    /// Learns from one batch; gives its loss in nats per token, cases counted as the recipe says.
    pub fn advance(&mut self) -> f64 {
        let n_rows = self.recipe.n_rows;
        let Batch { inputs, targets, weights } = self.source.batch(&self.recipe, self.step);
        let form = [n_rows, inputs.len() / n_rows];
        let inputs = Tensor::from_data(TensorData::new(inputs, form), &self.device);
        let weights = Tensor::from_data(TensorData::new(weights, form), &self.device);
        let logits = self.network.forward(inputs, &mut Probe::blind());
        let loss = cross_entropy(logits, targets, weights);
        let value = loss.clone().into_scalar::<f32>();
        let grads = GradientsParams::from_grads(loss.backward(), &self.network);
        let grads = shortened(grads, &self.network, self.recipe.optimizer.max_gradient);
        let rate = self.recipe.learning_rate(self.step);
        self.network = self.optimizer.step(rate, self.network.clone(), grads);
        self.step += 1;
        f64::from(value)
    }

    /// The network as it is now, for reading only.
    pub fn frozen(&self) -> Network {
        self.network.valid()
    }
}

/// Mean cross-entropy to the targets, in nats, each position as often as it counts.
///
/// # Shapes
/// `logits`: `[rows, positions, d_vocab]`; `weights`: `[rows, positions]`
fn cross_entropy(logits: Tensor<3>, targets: Wanted, weights: Tensor<2>) -> Tensor<1> {
    let device = logits.device();
    let [n_rows, n_positions, d_vocab] = logits.dims();
    let predicted = log_softmax(logits, 2);
    let gained: Tensor<2> = match targets {
        Wanted::Words(ids) => {
            let data = TensorData::new(ids, [n_rows, n_positions, 1]);
            predicted.gather(2, Tensor::from_data(data, &device)).squeeze_dim(2)
        }
        Wanted::Distributions(shares) => {
            let data = TensorData::new(shares, [n_rows, n_positions, d_vocab]);
            (predicted * Tensor::from_data(data, &device)).sum_dim(2).squeeze_dim(2)
        }
    };
    -(gained * weights.clone()).sum() / weights.sum()
}

/// Gradients of which the length over all parameters is at most `max`.
///
/// # Source
/// Pascanu et al. 2013, algorithm 1. (burn's own clipping looks at each parameter alone.)
fn shortened(grads: GradientsParams, network: &Network, max: f64) -> GradientsParams {
    let mut lengths = Lengths { grads: &grads, sum: 0.0 };
    network.visit(&mut lengths);
    let length = lengths.sum.sqrt();
    if length <= max {
        return grads;
    }
    let mut scaled = Scaled { from: grads, to: GradientsParams::new(), factor: max / length };
    network.visit(&mut scaled);
    scaled.to
}

struct Lengths<'a> {
    grads: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for Lengths<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.get::<D>(param.id) {
            self.sum += f64::from(grad.powi_scalar(2).sum().into_scalar::<f32>());
        }
    }
}

struct Scaled {
    from: GradientsParams,
    to: GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scaled {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.from.remove::<D>(param.id) {
            self.to.register(param.id, grad * self.factor);
        }
    }
}

/// Gives parameters the numbers 1, 2, … in their order, so that a stored optimizer finds its own
/// again.
struct Numbered {
    next: u64,
}

impl ModuleMapper for Numbered {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (_, value, mapper) = param.consume();
        let id = ParamId::from(self.next);
        self.next += 1;
        Param::from_mapped_value(id, value, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gradient_is_shortened_as_a_whole_and_never_lengthened() {
        let text = include_str!("../../../../assets/recipes/tales.json");
        let mut recipe = Recipe::parse(text).unwrap();
        (recipe.network.n_layers, recipe.network.d_model) = (1, 16);
        let trainer = Trainer::new(recipe).unwrap();
        let device = &trainer.device;
        let gradients = || {
            let rows = Tensor::<2, Int>::from_data([[0, 5, 7, 9]], device);
            let logits = trainer.network.forward(rows, &mut Probe::blind());
            let targets = Wanted::Words(vec![0, 5, 7, 9]);
            let loss = cross_entropy(logits, targets, Tensor::ones([1, 4], device));
            GradientsParams::from_grads(loss.backward(), &trainer.network)
        };
        let length = |grads: &GradientsParams| {
            let mut lengths = Lengths { grads, sum: 0.0 };
            trainer.network.visit(&mut lengths);
            lengths.sum.sqrt()
        };
        let whole = length(&gradients());
        assert!(0.1 < whole, "there is something to shorten");
        for (max, expected) in [(whole / 3.0, whole / 3.0), (whole * 3.0, whole)] {
            let found = length(&shortened(gradients(), &trainer.network, max));
            assert!((found / expected - 1.0).abs() < 1e-5, "{found}, not {expected}");
        }
    }

    #[test]
    fn a_distribution_costs_what_its_words_cost_on_average() {
        let device = Device::flex();
        let logits = || Tensor::<3>::from_data([[[0.3, -1.0, 2.0], [0.5, 0.0, -0.5]]], &device);
        let weights = || Tensor::<2>::from_data([[1.0, 3.0]], &device);
        let cost =
            |targets: Wanted| cross_entropy(logits(), targets, weights()).into_scalar::<f32>();
        // −log softmax by hand: 2.03 is the log of the sum of the first row's exponentials.
        let rows = [[0.3f64, -1.0, 2.0], [0.5, 0.0, -0.5]];
        let surprise = |row: [f64; 3], word: usize| {
            row.iter().map(|it| it.exp()).sum::<f64>().ln() - row[word]
        };
        let expected = (surprise(rows[0], 2) + 3.0 * surprise(rows[1], 0)) / 4.0;
        let words = cost(Wanted::Words(vec![2, 0]));
        assert!((f64::from(words) - expected).abs() < 1e-5, "{words}, not {expected}");
        let certain = cost(Wanted::Distributions(vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
        assert!((certain - words).abs() < 1e-6, "{certain}, not {words}");
        let mixed = cost(Wanted::Distributions(vec![0.0, 0.25, 0.75, 0.5, 0.5, 0.0]));
        let first = 0.25 * surprise(rows[0], 1) + 0.75 * surprise(rows[0], 2);
        let second = 0.5 * surprise(rows[1], 0) + 0.5 * surprise(rows[1], 1);
        let expected = (first + 3.0 * second) / 4.0;
        assert!((f64::from(mixed) - expected).abs() < 1e-5, "{mixed}, not {expected}");
    }
}
