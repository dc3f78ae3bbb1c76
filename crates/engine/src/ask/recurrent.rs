//! Recurrent heads of a run: which they are, and their recurrence.

use burn::prelude::*;
use trace::{Absence, Lack, Part, Site};

use super::{Seen, mixing::ShownHead};
use crate::model::Recurrence;

impl Seen<'_> {
    /// The mixer's own heads, from which and how many, that a shown head stands for.
    ///
    /// # Errors
    /// [`Absence`] where there is no such recurrent head.
    pub(super) fn recurrent_head(self, layer: usize, head: usize) -> Result<[usize; 2], Absence> {
        self.check_head(layer, head)?;
        self.check_run(layer)?;
        match self.shown_head(layer, head) {
            ShownHead::Recurrent { first, count } => Ok([first, count]),
            _ if self.mixer(layer).ssm.is_none() => Err(self.no_state(layer)),
            ShownHead::Attention(_) => Err(Absence::NoStateInHead { layer, head }),
            ShownHead::None => Err(Absence::NoHead { layer, head }),
        }
    }

    /// That a layer has no recurrent mixer.
    pub(super) fn no_state(self, layer: usize) -> Absence {
        Absence::NoState { layer, has_attention: 0 < self.mixer(layer).n_attention_heads }
    }

    /// That the recurrent mixer of a layer has no such thing.
    pub(super) fn not_of_mixer(self, layer: usize, lacks: Lack) -> Absence {
        match &self.mixer(layer).ssm {
            Some(ssm) => Absence::NotOfMixer { layer, mixer: ssm.kind, lacks },
            None => self.no_state(layer),
        }
    }

    /// Whether the mixer of a layer has the common form of [`Recurrence`].
    pub(super) fn has_recurrence(self, layer: usize) -> bool {
        self.trace.get::<3>(Site::block(layer, Part::SsmRead)).is_some()
    }

    /// The recurrence of a shown head with the step in its value.
    ///
    /// # Errors
    /// [`Absence`] where there is no such head, and what it `lacks` where its mixer has another form.
    pub(super) fn recurrence_with_step(
        self,
        [layer, head]: [usize; 2],
        lacks: Lack,
    ) -> Result<Recurrence, Absence> {
        let [first, count] = self.recurrent_head(layer, head)?;
        if !self.has_recurrence(layer) {
            return Err(self.not_of_mixer(layer, lacks));
        }
        let mut of = self.recurrence(layer, first, count)?;
        if let Some(step) = self.step(layer) {
            let step: Tensor<3> = step.narrow(1, first, count).unsqueeze_dim(2);
            of.value = of.value * step.unsqueeze();
        }
        Ok(of)
    }

    /// States of some heads, whose recurrence this is, `[pos, head, value, slot]`: as kept, or made
    /// again.
    pub(super) fn states(
        self,
        layer: usize,
        [first, count]: [usize; 2],
        of: &Recurrence,
    ) -> Tensor<4> {
        match self.part::<4>(layer, Part::SsmState) {
            Ok(states) => states.narrow(1, first, count),
            Err(_) => {
                let mut states = Vec::new();
                of.steps(|_, state| {
                    states.push(state.clone());
                    state
                });
                Tensor::cat(states, 0)
            }
        }
    }
}
