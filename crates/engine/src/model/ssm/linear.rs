//! Linear attention and its descendants: keys and values in a matrix, with decay or the delta rule.

use burn::{
    module::Param,
    nn::Linear,
    prelude::*,
    tensor::activation::{log_sigmoid, softplus},
};
use trace::Part;

use super::{At, Make, Removal, STEP_BIAS, Stated, conv::ShortConv};
use crate::model::{
    config::{self, LinearConfig, Rule},
    kernel::{sigmoid, silu},
    norm::Norm,
    positions::{Rope, rotate},
};

/// How many numbers stand between the stream and GLA's decays: Yang et al. 2023, section 4.4.
const DECAY_RANK: usize = 16;

/// What GLA's decays are the root of, so that they start close to 1.
const DECAY_ROOT: f64 = 16.0;

/// Under the root where keys are brought to length one.
const LENGTH_EPSILON: f64 = 1e-6;

/// Heads whose state is a matrix of keys and values.
#[derive(Module, Debug)]
pub(in crate::model) struct LinearRnn {
    query: Linear,
    key: Linear,
    value: Linear,
    conv: Option<ShortConv>,
    /// GLA: from the stream to a decay for each slot.
    decay_down: Option<Linear>,
    decay_up: Option<Linear>,
    /// Gated DeltaNet: from the stream to a decay for each head.
    decay: Option<Linear>,
    a_log: Option<Param<Tensor<1>>>,
    /// The delta rule's β.
    step: Option<Linear>,
    gate: Option<Linear>,
    norm: Norm,
    pub(super) output: Option<Linear>,
    n_heads: usize,
    d_key: usize,
    d_value: usize,
    #[module(skip)]
    rule: Rule,
    beta_max: f64,
}

impl LinearRnn {
    /// Random weights.
    pub(super) fn new(config: &LinearConfig, norm: config::Norm, make: &Make<'_>) -> Self {
        let LinearConfig { rule, n_heads, d_key, d_value, d_conv, beta_max } = *config;
        let (keys, values) = (n_heads * d_key, n_heads * d_value);
        let reads = |to: usize| make.matrix(make.d_model, to, false);
        let is_gla = rule == Rule::Gla;
        let is_gated_delta = rule == Rule::GatedDeltaNet;
        let epsilon = norm.epsilon();
        Self {
            query: reads(keys),
            key: reads(keys),
            value: reads(values),
            conv: (0 < d_conv)
                .then(|| ShortConv::new(2 * keys + values, d_conv, false, make.device)),
            decay_down: is_gla.then(|| reads(DECAY_RANK)),
            decay_up: is_gla.then(|| make.matrix(DECAY_RANK, keys, true)),
            decay: is_gated_delta.then(|| {
                let mut decay = make.matrix(make.d_model, n_heads, true);
                decay.bias = Some(make.uniform(STEP_BIAS[0], STEP_BIAS[1], [n_heads]));
                decay
            }),
            a_log: is_gated_delta.then(|| make.uniform(0.0, 16f64.ln(), [n_heads])),
            step: rule.has_delta_rule().then(|| reads(n_heads)),
            gate: rule.has_gate().then(|| reads(values)),
            norm: Norm::new(config::Norm::RmsNorm { epsilon }, d_value, make.device),
            output: make.output(values, false),
            n_heads,
            d_key,
            d_value,
            rule,
            beta_max,
        }
    }

    /// What the output matrix reads, `[batch, pos, head, value]`.
    ///
    /// # Sites
    /// `ssm.{conv,gate,step,decay,value,write,remove,erase,read,state,y}`
    ///
    /// # Source
    /// Katharopoulos et al. 2020, eq. (18) (linear attention; no normaliser, as in Sun et al.);
    /// Sun et al. 2023, eq. (6) and (8) (RetNet); Yang et al. 2023, eq. (3) (GLA); Yang et al. 2024
    /// (DeltaNet), eq. (2); Yang, Kautz & Hatamizadeh 2024, eq. (10) (gated DeltaNet); Grazzi et
    /// al. 2024 (β up to 2).
    pub(super) fn forward(&self, normed: &Tensor<3>, probe: &mut At<'_>) -> Tensor<4> {
        let [query, key, value] = self.heads(normed, probe);
        let gate = self.gate.as_ref().map(|it| silu(it.forward(normed.clone())));
        let gate = gate.map(|it| probe.see(Part::SsmGate, it));
        let step = self.step.as_ref().map(|it| sigmoid(it.forward(normed.clone())) * self.beta_max);
        let step = step.map(|it| probe.see(Part::SsmStep, it));
        let removal = if self.rule.has_delta_rule() { Removal::Key } else { Removal::Nothing };
        let stated = Stated {
            step,
            log_decay: self.log_decay(normed),
            value: probe.see(Part::SsmValue, value),
            write: self.placed(key),
            read: self.scaled(self.placed(query)),
            removal,
        };
        let mixed = self.norm.forward(stated.read(probe, None));
        match gate {
            Some(gate) => {
                let form = mixed.dims();
                mixed * gate.reshape(form)
            }
            None => mixed,
        }
    }

    /// Queries, keys and values, `[batch, pos, head, ..]`, after the convolution where there is one.
    fn heads(&self, normed: &Tensor<3>, probe: &mut At<'_>) -> [Tensor<4>; 3] {
        let [batch, n_pos, _] = normed.dims();
        let reads = [&self.query, &self.key, &self.value].map(|it| it.forward(normed.clone()));
        let keys = self.n_heads * self.d_key;
        let reads = match &self.conv {
            None => reads,
            Some(conv) => {
                let conv = silu(conv.forward(Tensor::cat(reads.to_vec(), 2)));
                let conv = probe.see(Part::SsmConv, conv);
                let values = self.n_heads * self.d_value;
                [(0, keys), (keys, keys), (2 * keys, values)]
                    .map(|(from, width)| conv.clone().narrow(2, from, width))
            }
        };
        reads.map(|it| {
            let width = it.dims()[2] / self.n_heads;
            it.reshape([batch, n_pos, self.n_heads, width])
        })
    }

    /// Keys and queries as the rule has them: turned by position, or of length one.
    fn placed(&self, heads: Tensor<4>) -> Tensor<4> {
        match self.rule {
            Rule::RetNet => {
                let rope = Rope { n_rotated: self.d_key, theta: 10_000.0, interleaved: true };
                rotate(heads, rope)
            }
            Rule::DeltaNet | Rule::GatedDeltaNet => {
                let length = heads.clone().powi_scalar(2).sum_dim(3) + LENGTH_EPSILON;
                heads / length.sqrt()
            }
            Rule::LinearAttention | Rule::Gla => heads,
        }
    }

    fn scaled(&self, query: Tensor<4>) -> Tensor<4> {
        if self.rule.has_delta_rule() { query } else { query / (self.d_key as f64).sqrt() }
    }

    /// `[batch, pos, head, slot or 1]`
    fn log_decay(&self, normed: &Tensor<3>) -> Option<Tensor<4>> {
        let [batch, n_pos, _] = normed.dims();
        if self.rule == Rule::RetNet {
            // γ = 1 − 2^(−5−h): Sun et al. 2023, section 3.1.
            let log = |head: usize| (1.0 - 0.5f64.powi(5 + head as i32)).ln() as f32;
            let logs: Vec<f32> = (0..self.n_heads).map(log).collect();
            let data = TensorData::new(logs, [1, 1, self.n_heads, 1]);
            let logs = Tensor::<4>::from_data(data, &normed.device());
            return Some(logs.expand([batch, n_pos, self.n_heads, 1]));
        }
        if let Some((down, up)) = self.decay_down.as_ref().zip(self.decay_up.as_ref()) {
            let logs = log_sigmoid(up.forward(down.forward(normed.clone()))) / DECAY_ROOT;
            return Some(logs.reshape([batch, n_pos, self.n_heads, self.d_key]));
        }
        let (decay, a_log) = self.decay.as_ref().zip(self.a_log.as_ref())?;
        let step = softplus(decay.forward(normed.clone()), 1.0);
        Some((step * (-a_log.val().exp()).unsqueeze()).unsqueeze_dim(3))
    }
}
