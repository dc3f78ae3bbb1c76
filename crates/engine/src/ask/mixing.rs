//! What mixes positions in a layer: patterns of attention, and the matrices that recurrences
//! amount to.

use burn::prelude::*;
use trace::{Absence, MixerShape, Part, Site, SsmShape};

use super::Seen;
use crate::model::{Decay, Recurrence, for_heads};

/// A head as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShownHead {
    Attention(usize),
    /// Of a recurrent mixer: `count` of its own heads from `first`.
    Recurrent {
        first: usize,
        count: usize,
    },
    /// The layer has no such head.
    None,
}

impl<'a> Seen<'a> {
    /// What mixes positions in `layer`.
    pub(super) fn mixer(self, layer: usize) -> &'a MixerShape {
        &self.model.shape.mixers[layer]
    }

    /// Head `head` of `layer`, as it is shown.
    pub(super) fn shown_head(self, layer: usize, head: usize) -> ShownHead {
        let mixer = self.mixer(layer);
        let Some(behind) = head.checked_sub(mixer.n_attention_heads) else {
            return ShownHead::Attention(head);
        };
        match &mixer.ssm {
            Some(ssm) if behind < ssm.n_heads => {
                ShownHead::Recurrent { first: behind * ssm.together, count: ssm.together }
            }
            _ => ShownHead::None,
        }
    }

    /// Every head's mixing of positions, `[head, query, key]`; fewer heads than there are, where a
    /// recurrence amounts to no matrix. Of a block that runs several times, its first pass; none
    /// where it does not run.
    pub(super) fn mixing(self, layer: usize) -> Result<Option<Tensor<3>>, Absence> {
        if !self.trace.has_run(layer) {
            return Ok(None);
        }
        let mixer = self.mixer(layer);
        let mut parts = Vec::new();
        if 0 < mixer.n_attention_heads {
            parts.push(self.part(layer, Part::AttnPattern)?);
        }
        let ssm = mixer.ssm.as_ref();
        if let Some(ssm) = ssm.filter(|it| it.has_matrix && !self.has_other_states(layer)) {
            parts.push(self.hidden(layer, ssm)?);
        }
        Ok((!parts.is_empty()).then(|| Tensor::cat(parts, 0)))
    }

    /// Whether somebody changed the states of a layer, so that what was written, read and left of
    /// it no longer says what was read.
    pub(super) fn has_other_states(self, layer: usize) -> bool {
        self.trace.is_changed(Site::block(layer, Part::SsmState))
    }

    /// The matrices of a recurrent mixer's shown heads, each the mean of those it stands for.
    ///
    /// # Source
    /// Ali, Zimerman & Wolf 2024, *The hidden attention of Mamba models*, eq. (11); their figures
    /// take the mean over channels too. Mamba's skip is no part of it.
    fn hidden(self, layer: usize, ssm: &SsmShape) -> Result<Tensor<3>, Absence> {
        let count = ssm.together;
        let n_pos = self.n_pos()?;
        let all = match self.model.network.s4d_kernel(layer, n_pos) {
            Some(kernel) => toeplitz(grouped(kernel, count)),
            None => {
                let n_heads = ssm.n_heads * count;
                let recurrence = self.recurrence(layer, 0, n_heads)?;
                let matrix = self.matrix(layer, [0, n_heads], &recurrence);
                let sets: Tensor<4> = matrix.reshape([n_heads / count, count, n_pos, n_pos]);
                sets.mean_dim(1).squeeze_dim(1)
            }
        };
        Ok(all)
    }

    /// The matrices of some heads, whose recurrence this is, from values without the step to what
    /// is read, `[head, query, key]`.
    pub(super) fn matrix(
        self,
        layer: usize,
        [first, count]: [usize; 2],
        recurrence: &Recurrence,
    ) -> Tensor<3> {
        let matrix: Tensor<3> = recurrence.matrix().squeeze_dim(0);
        match self.step(layer) {
            // [pos, head] to the columns of each head's matrix.
            Some(step) => matrix * step.narrow(1, first, count).transpose().unsqueeze_dim(1),
            None => matrix,
        }
    }

    /// The step of every head at every position, `[pos, head]`, where the mixer has one.
    pub(super) fn step(self, layer: usize) -> Option<Tensor<2>> {
        self.part(layer, Part::SsmStep).ok()
    }

    /// The recurrence of some heads of a layer as the run left it, of a batch of one. Its value is
    /// without the step.
    pub(super) fn recurrence(
        self,
        layer: usize,
        first: usize,
        count: usize,
    ) -> Result<Recurrence, Absence> {
        let value: Tensor<3> = self.part(layer, Part::SsmValue)?;
        let n_heads = value.dims()[1];
        let own = |of: Tensor<3>| -> Tensor<4> { of.narrow(1, first, count).unsqueeze::<4>() };
        let of_group = |of: Tensor<3>| for_heads(of.unsqueeze(), n_heads).narrow(2, first, count);
        let remove = self.part(layer, Part::SsmRemove).ok();
        let erase = self.part(layer, Part::SsmErase).ok();
        Ok(Recurrence {
            decay: self.part(layer, Part::SsmDecay).ok().map(|it| Decay::Plain(own(it))),
            value: own(value),
            write: of_group(self.part(layer, Part::SsmWrite)?),
            erase: remove.zip(erase).map(|(remove, erase)| [own(remove), own(erase)]),
            read: of_group(self.part(layer, Part::SsmRead)?),
        })
    }

    /// What the output matrix reads at `pos` of parts of what the named heads read of their states,
    /// gate and norm being as they are in this run.
    ///
    /// # Shapes
    /// `parts`, and what returns: `[part, head, value]`
    pub(super) fn passed(
        self,
        layer: usize,
        pos: usize,
        [first, count]: [usize; 2],
        parts: Tensor<3>,
    ) -> Result<Tensor<3>, Absence> {
        let row = |of: Tensor<3>| of.narrow(0, pos, 1).narrow(1, first, count);
        let y: Tensor<3> = self.part(layer, Part::SsmY)?;
        let form = y.dims();
        let y = row(y);
        if let Some(normed) = self.model.network.ssm_normed_part(layer, first, &y, parts.clone()) {
            let gate: Tensor<2> = self.part(layer, Part::SsmGate)?;
            return Ok(normed * row(gate.reshape(form)));
        }
        let z = row(self.part(layer, Part::SsmZ)?);
        let is_nothing = y.clone().equal_elem(0.0);
        Ok(parts * (z / y.mask_fill(is_nothing.clone(), 1.0)).mask_fill(is_nothing, 0.0))
    }

    /// The rows of the output matrix that the named heads write with, `[head · value, d_model]`.
    pub(super) fn output_of(self, layer: usize, first: usize, count: usize) -> Option<Tensor<2>> {
        let weight = self.model.network.ssm_output(layer)?;
        let z: Tensor<3> = self.part(layer, Part::SsmZ).ok()?;
        let d_value = z.dims()[2];
        Some(weight.narrow(0, first * d_value, count * d_value))
    }
}

/// The mean of every `count` rows.
fn grouped(rows: Tensor<2>, count: usize) -> Tensor<2> {
    let [n_rows, width] = rows.dims();
    let sets: Tensor<3> = rows.reshape([n_rows / count, count, width]);
    sets.mean_dim(1).squeeze_dim(1)
}

/// Matrices of convolutions: entry `query − key` of each row, `[row, query, key]`.
fn toeplitz(kernels: Tensor<2>) -> Tensor<3> {
    let [n_rows, n_pos] = kernels.dims();
    let device = kernels.device();
    let places: Vec<i32> =
        (0..n_pos * n_pos).map(|it| (it / n_pos).saturating_sub(it % n_pos) as i32).collect();
    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [n_pos * n_pos]), &device);
    let future = Tensor::<2, Bool>::tril_mask([n_pos, n_pos], 0, &device);
    let all: Tensor<3> = kernels.select(1, places).reshape([n_rows, n_pos, n_pos]);
    all.mask_fill(future.unsqueeze(), 0.0)
}
