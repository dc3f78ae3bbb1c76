//! Recurrent mixers: what stands where attention stands, and remembers in a state of fixed size.

mod recurrence; // start here

mod conv;
mod linear;
mod mamba;
mod mamba2;
mod rnn;
mod rwkv7;
mod s4d;

use burn::{
    module::Param,
    nn::{Initializer, Linear, LinearConfig},
    prelude::*,
};
use trace::Part;

pub use recurrence::{Decay, Recurrence};

use self::{
    linear::LinearRnn,
    mamba::Mamba,
    mamba2::Mamba2,
    rnn::{Gru, Lstm},
    rwkv7::Rwkv7,
    s4d::S4d,
};
use super::{
    config::{NetworkConfig, SsmConfig},
    groups::for_heads,
    kernel,
    probe::Probe,
    share::Share,
};

/// A recurrent mixer.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a network has a handful, and they are not moved")]
pub(super) enum Ssm {
    S4d(S4d),
    Mamba(Mamba),
    Mamba2(Mamba2),
    Linear(LinearRnn),
    Rwkv7(Rwkv7),
    Gru(Gru),
    Lstm(Lstm),
}

impl Ssm {
    /// Random weights; the output matrix's are smaller by `write_gain`, and where there is none,
    /// attention's writes.
    pub(super) fn new(
        kind: &SsmConfig,
        config: &NetworkConfig,
        write_gain: Option<f64>,
        device: &Device,
    ) -> Self {
        let make = Make { d_model: config.d_model, write_gain, device };
        match kind {
            SsmConfig::S4d(it) => Ssm::S4d(S4d::new(it, &make)),
            SsmConfig::Mamba(it) => Ssm::Mamba(Mamba::new(it, &make)),
            SsmConfig::Mamba2(it) => Ssm::Mamba2(Mamba2::new(it, config.norm, &make)),
            SsmConfig::Linear(it) => Ssm::Linear(LinearRnn::new(it, config.norm, &make)),
            SsmConfig::Rwkv7(it) => Ssm::Rwkv7(Rwkv7::new(it, &make)),
            SsmConfig::Gru(it) => Ssm::Gru(Gru::new(it, &make)),
            SsmConfig::Lstm(it) => Ssm::Lstm(Lstm::new(it, &make)),
        }
    }

    /// What the mixer of block `layer` adds to the stream; where it shares attention's output matrix,
    /// through that and a norm before it.
    ///
    /// # Shapes
    /// `normed`, and what returns: `[batch, pos, d_model]`
    ///
    /// # Panics
    /// Where it has no output matrix and shares none.
    pub(super) fn forward(
        &self,
        layer: usize,
        normed: &Tensor<3>,
        shared: Option<(&Share, Tensor<2>)>,
        probe: &mut Probe,
    ) -> Tensor<3> {
        let mixed = self.mixed(layer, normed, probe);
        let probe = &mut At { layer, probe };
        let mixed = match &shared {
            Some((share, _)) => share.forward(mixed),
            None => mixed,
        };
        let mixed = probe.see(Part::SsmZ, mixed);
        let [batch, n_pos, n_heads, d_value] = mixed.dims();
        let mixed = mixed.reshape([batch, n_pos, n_heads * d_value]);
        let out = match (self.output(), shared) {
            (Some(output), _) => output.forward(mixed),
            (None, Some((_, weight))) => mixed.matmul(weight.unsqueeze()),
            (None, None) => unreachable!("a mixer writes by its own matrix or by attention's"),
        };
        probe.see(Part::SsmOut, out)
    }

    /// What attention reads where the recurrence writes nothing itself, `[batch, pos, head · value]`.
    pub(super) fn said(&self, layer: usize, normed: &Tensor<3>, probe: &mut Probe) -> Tensor<3> {
        let mixed = self.mixed(layer, normed, probe);
        let mixed = probe.see_part(layer, Part::SsmZ, mixed);
        let [batch, n_pos, n_heads, d_value] = mixed.dims();
        mixed.reshape([batch, n_pos, n_heads * d_value])
    }

    /// What is read of the states, gate and norm behind it, `[batch, pos, head, value]`.
    fn mixed(&self, layer: usize, normed: &Tensor<3>, probe: &mut Probe) -> Tensor<4> {
        let probe = &mut At { layer, probe };
        match self {
            Ssm::S4d(it) => it.forward(normed, probe),
            Ssm::Mamba(it) => it.forward(normed, probe),
            Ssm::Mamba2(it) => it.forward(normed, probe),
            Ssm::Linear(it) => it.forward(normed, probe),
            Ssm::Rwkv7(it) => it.forward(normed, probe),
            Ssm::Gru(it) => it.forward(normed, probe),
            Ssm::Lstm(it) => it.forward(normed, probe),
        }
    }

    /// The matrix that writes to the stream, `[head · value, d_model]`; none where attention's does.
    pub(super) fn output(&self) -> Option<&Linear> {
        let output = match self {
            Ssm::S4d(it) => &it.output,
            Ssm::Mamba(it) => &it.output,
            Ssm::Mamba2(it) => &it.output,
            Ssm::Linear(it) => &it.output,
            Ssm::Rwkv7(it) => &it.output,
            Ssm::Gru(it) => &it.output,
            Ssm::Lstm(it) => &it.output,
        };
        output.as_ref()
    }
}

/// The probe at one block.
struct At<'a> {
    layer: usize,
    probe: &'a mut Probe,
}

impl At<'_> {
    fn see<const D: usize>(&mut self, part: Part, value: Tensor<D>) -> Tensor<D> {
        self.probe.see_part(self.layer, part, value)
    }

    /// Whether the states have to be made one by one.
    fn wants_state(&self) -> bool {
        self.probe.wants(self.layer, Part::SsmState)
    }

    /// What the recurrence carries on after `pos`, and what is read there, each
    /// `[batch, head, value, slot]`.
    fn see_state(&mut self, pos: usize, state: Tensor<4>) -> [Tensor<4>; 2] {
        let site = self.probe.site(self.layer, Part::SsmState);
        let both = self.probe.change_at(site, pos, state.unsqueeze_dim::<5>(1));
        both.map(|it| it.squeeze_dim(1))
    }

    /// All states together, as they are read, `[batch, pos, head, value, slot]`.
    fn keep_states(&mut self, states: Tensor<5>) {
        let site = self.probe.site(self.layer, Part::SsmState);
        self.probe.keep_made(site, states);
    }
}

/// What a mixer says of its recurrence; step and value have been seen.
struct Stated {
    /// `[batch, pos, head]`
    step: Option<Tensor<3>>,
    /// `[batch, pos, head, slot or 1]`
    log_decay: Option<Tensor<4>>,
    /// `[batch, pos, head, value]`
    value: Tensor<4>,
    /// `[batch, pos, group, slot]`
    write: Tensor<4>,
    /// `[batch, pos, group, slot]`
    read: Tensor<4>,
    removal: Removal,
}

/// What is taken away of the state before something is written.
#[allow(clippy::large_enum_variant, reason = "there is one for a pass through a layer")]
enum Removal {
    Nothing,
    /// What is found under the key, as far as the step says: Schlag et al. 2021.
    Key,
    /// What is found at u, from w, each `[batch, pos, head, slot]`.
    Own([Tensor<4>; 2]),
}

impl Stated {
    /// What is read of the state, and `skipped`, `[batch, pos, head, value]`.
    ///
    /// # Sites
    /// `ssm.{decay,write,remove,erase,read,state,y}`
    fn read(self, probe: &mut At<'_>, skipped: Option<Tensor<4>>) -> Tensor<4> {
        let y = run(&self.seen(probe), probe);
        probe.see(Part::SsmY, skipped.map_or(y.clone(), |it| y + it))
    }

    /// The recurrence as the network goes on with it.
    ///
    /// # Sites
    /// `ssm.{decay,write,remove,erase,read}`
    fn seen(self, probe: &mut At<'_>) -> Recurrence {
        let n_heads = self.value.dims()[2];
        let decay = self.log_decay.map(|it| seen_decay(it, probe));
        let write = for_heads(probe.see(Part::SsmWrite, self.write), n_heads);
        let step: Option<Tensor<4>> = self.step.map(|it| it.unsqueeze_dim(3));
        let removal = match self.removal {
            Removal::Nothing => None,
            Removal::Key => {
                let left = decay.as_ref().map(Decay::plain);
                let times = |by: &Option<Tensor<4>>| match by {
                    Some(by) => write.clone() * by.clone(),
                    None => write.clone(),
                };
                Some([times(&left), times(&step)])
            }
            Removal::Own(both) => Some(both),
        };
        let erase = removal.map(|[remove, erase]| {
            [probe.see(Part::SsmRemove, remove), probe.see(Part::SsmErase, erase)]
        });
        let read = for_heads(probe.see(Part::SsmRead, self.read), n_heads);
        let value = match step {
            Some(step) => self.value * step,
            None => self.value,
        };
        Recurrence { decay, value, write, erase, read }
    }
}

/// What is read of the state, `[batch, pos, head, value]`.
///
/// # Sites
/// `ssm.state`
fn run(recurrence: &Recurrence, probe: &mut At<'_>) -> Tensor<4> {
    if !probe.wants_state() {
        return recurrence.forward();
    }
    let mut states = Vec::new();
    let y = recurrence.steps_apart(|pos, state| {
        let both = probe.see_state(pos, state);
        states.push(both[1].clone());
        both
    });
    probe.keep_states(Tensor::stack(states, 1));
    y
}

fn seen_decay(log_decay: Tensor<4>, probe: &mut At<'_>) -> Decay {
    if !probe.probe.wants(probe.layer, Part::SsmDecay) {
        return Decay::Log(log_decay);
    }
    let is_changed = probe.probe.changes(probe.layer, Part::SsmDecay);
    let decay = probe.see(Part::SsmDecay, kernel::exp(log_decay.clone()));
    if is_changed { Decay::Plain(decay) } else { Decay::Log(log_decay) }
}

/// How new weights are drawn.
struct Make<'a> {
    d_model: usize,
    /// None where there is no matrix that writes.
    write_gain: Option<f64>,
    device: &'a Device,
}

impl Make<'_> {
    /// Normal weights with variance one over the number of inputs.
    fn matrix(&self, from: usize, to: usize, has_bias: bool) -> Linear {
        self.scaled(from, to, has_bias, 1.0)
    }

    /// The matrix that writes to the stream.
    fn output(&self, from: usize, has_bias: bool) -> Option<Linear> {
        self.write_gain.map(|gain| self.scaled(from, self.d_model, has_bias, gain))
    }

    fn scaled(&self, from: usize, to: usize, has_bias: bool, gain: f64) -> Linear {
        let std = gain / (from as f64).sqrt();
        let initializer = Initializer::Normal { mean: 0.0, std };
        LinearConfig::new(from, to)
            .with_bias(has_bias)
            .with_initializer(initializer)
            .init(self.device)
    }

    fn uniform<const D: usize>(&self, min: f64, max: f64, form: [usize; D]) -> Param<Tensor<D>> {
        Initializer::Uniform { min, max }.init(form, self.device)
    }

    fn ones(&self, count: usize) -> Param<Tensor<1>> {
        self.all(1.0, [count])
    }

    fn all<const D: usize>(&self, value: f64, form: [usize; D]) -> Param<Tensor<D>> {
        Initializer::Constant { value }.init(form, self.device)
    }

    /// Rows that are all alike.
    fn rows(&self, n_rows: usize, row: impl Iterator<Item = f64>) -> Param<Tensor<2>> {
        let row: Vec<f32> = row.map(|it| it as f32).collect();
        let width = row.len();
        let data = TensorData::new(row.repeat(n_rows), [n_rows, width]);
        Param::from_tensor(Tensor::from_data(data, self.device))
    }
}

/// Where softplus gives 0.001 and 0.1, between which steps start: Gu & Dao 2023, section 3.6.
const STEP_BIAS: [f64; 2] = [-6.907_255, -2.252_168];
