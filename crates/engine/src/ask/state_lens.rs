//! What a state gives back for a key.

use burn::prelude::*;
use trace::{Absence, Answer, AskStateLens, Axis::Vocab, Lack, StateLens};

use super::{Seen, array, attribution::scale_at, pending::Pending};

/// What the state at `pos` gives back for the key that was written at `source`, as far as it goes
/// straight to the logits.
pub(super) fn state_lens(
    seen: Seen<'_>,
    &AskStateLens { layer, head, pos, source }: &AskStateLens,
) -> Result<Pending, Absence> {
    let heads @ [first, count] = seen.recurrent_head(layer, head)?;
    let (pos, source) = (seen.position(pos)?, seen.position(source)?);
    let of = seen.recurrence_with_step([layer, head], Lack::StateByKeys)?;
    let states = seen.states(layer, heads, &of);
    let [_, _, d_value, _] = states.dims();
    // [head, value, slot] by [head, slot, 1].
    let state: Tensor<3> = states.narrow(0, pos, 1).squeeze_dim(0);
    let key: Tensor<2> = of.write.narrow(1, source, 1).squeeze_dims(&[0, 1]);
    let found: Tensor<2> = state.matmul(key.unsqueeze_dim(2)).squeeze_dim(2);
    let passed = seen.passed(layer, pos, heads, found.unsqueeze())?;
    let passed: Tensor<2> = passed.reshape([1, count * d_value]);
    let output = seen.output_of(layer, first, count).ok_or_else(|| seen.no_state(layer))?;
    let logits = seen.straight_to_logits(passed.matmul(output), pos)?;
    let d_vocab = logits.dims()[0];
    Ok(Pending::new(vec![logits], move |mut read| {
        let logits = array(read.remove(0), &[(Vocab, d_vocab)]);
        Answer::StateLens(StateLens { layer, head, pos, source, logits })
    }))
}

impl Seen<'_> {
    /// What a part of the stream `[1, d_model]` at `pos` adds to each logit, the final norm's scale
    /// being that of the whole, `[vocab]`.
    fn straight_to_logits(self, part: Tensor<2>, pos: usize) -> Result<Tensor<1>, Absence> {
        let network = &self.model.network;
        let scaled = match network.final_norm() {
            Some(norm) => {
                let scale = scale_at(self, self.last_stream()?.narrow(0, pos, 1));
                norm.centred(part) * norm.gain().unsqueeze() / scale.unsqueeze()
            }
            None => part,
        };
        let nothing = Tensor::zeros(scaled.dims(), &scaled.device());
        let logits = network.unembedded(scaled) - network.unembedded(nothing);
        Ok(logits.squeeze_dim(0))
    }
}
