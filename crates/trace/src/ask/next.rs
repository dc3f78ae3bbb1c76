//! The distribution of the next token.

use serde::{Deserialize, Serialize};

use super::Names;

/// The logits of the next token, `[vocab]`, at the last position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskNext;

impl Names for AskNext {}

/// The two most probable tokens; of equals the one that comes first.
pub fn guesses(logits: &[f32]) -> [u32; 2] {
    let mut best = [(0, f32::NEG_INFINITY); 2];
    for (token, &logit) in (0..).zip(logits) {
        if best[0].1 < logit {
            best = [(token, logit), best[0]];
        } else if best[1].1 < logit {
            best[1] = (token, logit);
        }
    }
    best.map(|it| it.0)
}

#[cfg(test)]
mod tests {
    use super::guesses;

    #[test]
    fn guesses_are_the_two_largest_in_order() {
        assert_eq!(guesses(&[0.5, 3.0, -1.0, 2.0]), [1, 3]);
        assert_eq!(guesses(&[2.0, 2.0, 2.0]), [0, 1]);
        assert_eq!(guesses(&[1.0]), [0, 0]);
    }
}
