//! GRU and LSTM, whose next state is no linear function of the last: baselines.

use super::{At, Make};
use crate::model::{config::RnnConfig, kernel::sigmoid};
use burn::{nn::Linear, prelude::*, tensor::activation::tanh};

/// Gated recurrent units.
#[derive(Module, Debug)]
pub(in crate::model) struct Gru {
    /// To reset, update and candidate, side by side.
    input: Linear,
    hidden: Linear,
    pub(super) output: Option<Linear>,
}

impl Gru {
    /// Random weights.
    pub(super) fn new(config: &RnnConfig, make: &Make<'_>) -> Self {
        let d_state = config.d_state;
        Self {
            input: make.matrix(make.d_model, 3 * d_state, true),
            hidden: make.matrix(d_state, 3 * d_state, true),
            output: make.output(d_state, false),
        }
    }

    /// The hidden state, `[batch, pos, 1, d_state]`.
    ///
    /// # Sites
    /// `ssm.state`
    ///
    /// # Source
    /// Cho et al. 2014, eq. (5) to (8), with the reset gate after the matrix as in PyTorch.
    pub(super) fn forward(&self, normed: &Tensor<3>, probe: &mut At<'_>) -> Tensor<4> {
        let reads = self.input.forward(normed.clone());
        let d_state = reads.dims()[2] / 3;
        let part = |of: &Tensor<2>, which: usize| of.clone().narrow(1, which * d_state, d_state);
        each_position(&reads, d_state, probe, |read, state, _| {
            let again = self.hidden.forward(state.clone());
            let reset = sigmoid(part(&read, 0) + part(&again, 0));
            let update = sigmoid(part(&read, 1) + part(&again, 1));
            let candidate = tanh(part(&read, 2) + reset * part(&again, 2));
            (candidate.clone() + update * (state - candidate), None)
        })
    }
}

/// Long short-term memory.
#[derive(Module, Debug)]
pub(in crate::model) struct Lstm {
    /// To input, forget, candidate and output, side by side.
    input: Linear,
    hidden: Linear,
    pub(super) output: Option<Linear>,
}

impl Lstm {
    /// Random weights.
    pub(super) fn new(config: &RnnConfig, make: &Make<'_>) -> Self {
        let d_state = config.d_state;
        Self {
            input: make.matrix(make.d_model, 4 * d_state, true),
            hidden: make.matrix(d_state, 4 * d_state, true),
            output: make.output(d_state, false),
        }
    }

    /// What the cell lets out, `[batch, pos, 1, d_state]`; the cell is the state.
    ///
    /// # Sites
    /// `ssm.state`
    ///
    /// # Source
    /// Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, as in PyTorch.
    pub(super) fn forward(&self, normed: &Tensor<3>, probe: &mut At<'_>) -> Tensor<4> {
        let reads = self.input.forward(normed.clone());
        let d_state = reads.dims()[2] / 4;
        each_position(&reads, d_state, probe, |read, cell, out| {
            let gates = read + self.hidden.forward(out);
            let part = |which: usize| gates.clone().narrow(1, which * d_state, d_state);
            let [input, forget, output] = [0, 1, 3].map(|it| sigmoid(part(it)));
            (forget * cell + input * tanh(part(2)), Some(output))
        })
    }
}

/// Runs `step` from position to position on what is read, the state and what was let out last,
/// each `[batch, width]`. It gives the next state, and where that is a cell, the gate that lets it
/// out. What is read of a state may differ from what goes on.
fn each_position(
    reads: &Tensor<3>,
    d_state: usize,
    probe: &mut At<'_>,
    step: impl Fn(Tensor<2>, Tensor<2>, Tensor<2>) -> (Tensor<2>, Option<Tensor<2>>),
) -> Tensor<4> {
    let [batch, n_pos, _] = reads.dims();
    let nothing = Tensor::zeros([batch, d_state], &reads.device());
    let (mut state, mut out) = (nothing.clone(), nothing);
    let (mut states, mut outs) = (Vec::new(), Vec::new());
    let wants_state = probe.wants_state();
    for pos in 0..n_pos {
        let input = reads.clone().narrow(1, pos, 1).squeeze_dim(1);
        let (next, gate) = step(input, state, out);
        let mut read = next.clone();
        state = next;
        if wants_state {
            let whole = state.reshape([batch, 1, 1, d_state]);
            let [carried, seen] = probe.see_state(pos, whole);
            states.push(seen.clone());
            (state, read) = (carried.reshape([batch, d_state]), seen.reshape([batch, d_state]));
        }
        let let_out = |cell: Tensor<2>| match &gate {
            Some(gate) => gate.clone() * tanh(cell),
            None => cell,
        };
        outs.push(let_out(read));
        out = let_out(state.clone());
    }
    if wants_state {
        probe.keep_states(Tensor::stack(states, 1));
    }
    Tensor::stack::<3>(outs, 1).unsqueeze_dim(2)
}
