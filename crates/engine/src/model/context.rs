//! Block-State attention: beside its own block, a position reads what a recurrence said at the end
//! of the block before.

use burn::{nn::Linear, prelude::*};

use super::config::{BlockState, States};

/// Where the context states of each block come from, and how they are read.
#[derive(Module, Debug)]
pub(super) struct Context {
    /// Multi-head: as many readings of what the recurrence says as there are states, side by side.
    heads: Option<Linear>,
    key: Linear,
    value: Linear,
    block: usize,
    n_states: usize,
    #[module(skip)]
    states: States,
}

/// What a head reads: earlier positions of its block, or states of the block before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    OwnBlock,
    Context,
}

impl Context {
    /// Of blocks of `block` positions; `linear` makes matrices of random weights and keys that are
    /// `width` wide in all, for states as wide as the stream.
    pub(super) fn new(
        own: BlockState,
        block: usize,
        [d_model, width]: [usize; 2],
        linear: impl Fn(usize, usize) -> Linear,
    ) -> Self {
        let is_multi_head = own.states == States::MultiHead;
        Self {
            heads: is_multi_head.then(|| linear(d_model, own.n_states * d_model)),
            key: linear(d_model, width),
            value: linear(d_model, width),
            block,
            n_states: own.n_states,
            states: own.states,
        }
    }

    /// Keys and values of the states that each position would leave if its block ended there,
    /// `[batch, pos, state · head, d_head]`.
    ///
    /// # Shapes
    /// `said`, by the recurrence: `[batch, pos, d_model]`, or `[batch, pos, state · d_model]` by many
    /// filters
    ///
    /// # Source
    /// Fathi, Pilault et al. 2023, *Block-State Transformers*, section 3: single-head takes the last
    /// outputs of one SSM, multi-head several readings of its last output, multi-filter the last
    /// outputs of several SSMs. Made from descriptions of the paper; its authors' code was not at
    /// hand. Our choices: a reading is a matrix of its own, states have no learned vectors that tell
    /// them apart, and the first block finds no states to read.
    pub(super) fn keys_and_values(&self, said: &Tensor<3>, d_head: usize) -> [Tensor<4>; 2] {
        let [batch, n_pos, _] = said.dims();
        let said = match &self.heads {
            Some(heads) => heads.forward(said.clone()),
            None => said.clone(),
        };
        let n_each = self.n_each();
        let width = said.dims()[2] / n_each;
        let states: Tensor<3> = said.reshape([batch, n_pos * n_each, width]);
        [&self.key, &self.value].map(|it| {
            let read = it.forward(states.clone());
            let n_heads = n_each * read.dims()[2] / d_head;
            read.reshape([batch, n_pos, n_heads, d_head])
        })
    }

    /// What of these is read, `[batch, pos, head, d_head]`: the states of each block at its last
    /// positions in their order, and nothing elsewhere.
    ///
    /// # Shapes
    /// `all`: `[batch, pos, state · head, d_head]`
    pub(super) fn placed(&self, all: Tensor<4>) -> Tensor<4> {
        let device = all.device();
        let [batch, n_pos, n_heads, d_head] = all.dims();
        let n_each = self.n_each();
        let all: Tensor<4> = all.reshape([batch, n_pos * n_each, n_heads / n_each, d_head]);
        let places: Vec<Option<usize>> = (0..n_pos).map(|it| self.source(it, n_pos)).collect();
        let from: Vec<i32> = places.iter().map(|it| it.unwrap_or(0) as i32).collect();
        let is_there: Vec<f32> =
            places.iter().map(|it| f32::from(u8::from(it.is_some()))).collect();
        let from = Tensor::<1, Int>::from_data(TensorData::new(from, [n_pos]), &device);
        let is_there = Tensor::<4>::from_data(TensorData::new(is_there, [1, n_pos, 1, 1]), &device);
        all.select(1, from) * is_there
    }

    /// States that each position would leave: one output at a time where they follow one another.
    fn n_each(&self) -> usize {
        if self.states == States::SingleHead { 1 } else { self.n_states }
    }

    /// Which of the states of all positions stands at `pos`; none where no context state does.
    fn source(&self, pos: usize, n_pos: usize) -> Option<usize> {
        let end = pos / self.block * self.block + self.block - 1;
        let state = (pos + self.n_states).checked_sub(end + 1)?;
        (end < n_pos).then_some(match self.states {
            States::SingleHead => pos,
            States::MultiHead | States::MultiFilter => end * self.n_states + state,
        })
    }

    /// True where a head may not read, `[query, key]`.
    pub(super) fn hidden(&self, n_pos: usize, reads: Reads, device: &Device) -> Tensor<2, Bool> {
        let is_hidden = |query: usize, key: usize| {
            let (of_query, of_key) = (query / self.block, key / self.block);
            match reads {
                Reads::OwnBlock => of_query != of_key || query < key,
                Reads::Context => of_query != of_key + 1 || self.source(key, n_pos).is_none(),
            }
        };
        let all: Vec<bool> =
            (0..n_pos * n_pos).map(|it| is_hidden(it / n_pos, it % n_pos)).collect();
        Tensor::from_data(TensorData::new(all, [n_pos, n_pos]), device)
    }
}
