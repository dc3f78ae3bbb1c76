//! What a question may leave to the run: the last position, the two guesses, the strongest head.

use super::Question;

/// The last position of the prompt, whichever that is. Positions past the end mean it too.
pub const LAST: usize = usize::MAX;

/// In place of a token: the most probable next one that the other of the pair is not.
pub const GUESS: u32 = u32::MAX;

/// In place of a layer or head: the one that contributes most, by the first
/// [`AskAttribution`](super::AskAttribution) that is asked along; the first head of the first layer
/// where attribution has no answer.
pub const STRONGEST: usize = usize::MAX;

/// What a question names that it may leave open.
#[derive(Debug, Default)]
pub struct Open<'a> {
    pub(super) pair: Option<[&'a mut u32; 2]>,
    pub(super) layer: Option<&'a mut usize>,
    pub(super) head: Option<&'a mut usize>,
}

impl Question {
    /// Whether it names a [`GUESS`].
    pub fn has_guess(&self) -> bool {
        let mut copy = self.clone();
        copy.names().pair.is_some_and(|pair| pair.iter().any(|it| **it == GUESS))
    }

    /// Whether it names the [`STRONGEST`] layer or head.
    pub fn has_strongest(&self) -> bool {
        let mut copy = self.clone();
        let Open { layer, head, .. } = copy.names();
        [layer, head].into_iter().flatten().any(|it| *it == STRONGEST)
    }

    /// The question with what is guessed put in, the most probable first.
    #[must_use]
    pub fn with_guesses(mut self, guesses: [u32; 2]) -> Self {
        if let Some([a, b]) = self.names().pair {
            [*a, *b] = pair([*a, *b], guesses);
        }
        self
    }

    /// The question with the strongest layer and head put in.
    #[must_use]
    pub fn with_strongest(mut self, strongest: [usize; 2]) -> Self {
        let Open { layer, head, .. } = self.names();
        for (place, value) in [layer, head].into_iter().zip(strongest) {
            if let Some(place) = place.filter(|it| **it == STRONGEST) {
                *place = value;
            }
        }
        self
    }
}

/// A pair of tokens with each [`GUESS`] in it put in, the most probable first.
pub fn pair([a, b]: [u32; 2], [first, second]: [u32; 2]) -> [u32; 2] {
    let besides = |other: u32| if other == first { second } else { first };
    match (a == GUESS, b == GUESS) {
        (true, true) => [first, second],
        (false, true) => [a, besides(a)],
        (true, false) => [besides(b), b],
        (false, false) => [a, b],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AskAttentionRow, AskLens, AskNext, AskPatterns};

    #[test]
    fn a_guess_is_never_the_other_of_the_pair() {
        let guesses = [7, 9];
        let cases = [([GUESS, GUESS], [7, 9]), ([7, GUESS], [7, 9]), ([GUESS, 7], [9, 7])];
        for (asked, expected) in cases.into_iter().chain([([3, GUESS], [3, 7]), ([3, 4], [3, 4])]) {
            assert_eq!(pair(asked, guesses), expected, "{asked:?}");
            let lens = |[a, b]: [u32; 2]| Question::from(AskLens { a, b });
            assert_eq!(lens(asked).has_guess(), asked.contains(&GUESS));
            assert_eq!(lens(asked).with_guesses(guesses), lens(expected));
        }
    }

    #[test]
    fn only_what_was_left_open_is_put_in() {
        let row = |layer, head| Question::from(AskAttentionRow { layer, head, query: LAST });
        assert_eq!(row(STRONGEST, STRONGEST).with_strongest([2, 3]), row(2, 3));
        assert_eq!(row(STRONGEST, 1).with_strongest([2, 3]), row(2, 1));
        assert!(row(STRONGEST, 1).has_strongest() && !row(0, 1).has_strongest());
        let patterns = |layer| Question::from(AskPatterns { layer, heads: vec![0] });
        assert_eq!(patterns(STRONGEST).with_strongest([2, 3]), patterns(2));
        let next = Question::from(AskNext);
        assert_eq!(next.clone().with_strongest([2, 3]).with_guesses([1, 2]), next);
    }
}
