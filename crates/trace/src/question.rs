//! What the page asks of a trace, and what it is told.

use serde::{Deserialize, Serialize};

use crate::{NamedArray, Site};

/// The last position of the prompt, whichever that is. Positions past the end mean it too.
pub const LAST: usize = usize::MAX;

/// In place of a token: the most probable next one that the other of the pair is not.
pub const GUESS: u32 = u32::MAX;

/// In place of a layer or head: the one that wrote most, by the first [`Question::Writers`] that is
/// asked along.
pub const STRONGEST: usize = usize::MAX;

/// A question about the last run. Names exactly what is shown, so that nothing else is shipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Every head's pattern, shrunk to at most `side` × `side` by taking the largest weight. A
    /// recurrent head's is the matrix that it amounts to, signed.
    Thumbnails { side: usize },
    /// The whole patterns of some heads of one layer.
    Patterns { layer: usize, heads: Vec<usize> },
    /// How one query of one head comes to its weights and to what it writes.
    AttentionRow { layer: usize, head: usize, query: usize },
    /// What each depth would say at each position if the network stopped there.
    Lens { a: u32, b: u32 },
    /// Where each token's vector stands at each depth, in a plane.
    Paths { basis: Basis },
    /// Lengths and angles of the stream along the depth.
    Norms,
    /// What each part wrote toward token `a` rather than `b` at position `pos`.
    Writers { pos: usize, a: u32, b: u32 },
    /// The logits of the next token.
    Next,
    /// The whole value at a site, which the run keeps where it was asked together with it.
    Site { site: Site },
    /// The state of a recurrent head after every position.
    Film { layer: usize, head: usize },
    /// What the state of a recurrent head at `pos` gives back for the key written at `source`.
    StateLens { layer: usize, head: usize, pos: usize, source: usize },
    /// How firmly every recurrent head writes, and how long it remembers.
    Memory,
    /// What a recurrent head reads of its state, computed in three ways.
    Faces { layer: usize, head: usize },
    /// The eigenvalues of what takes a recurrent head's state from one position to the next.
    Poles { layer: usize, head: usize },
    /// The map of a head less that of the head `minus` (layer and head), as shares of each row.
    Contrast { layer: usize, head: usize, minus: [usize; 2] },
}

impl Question {
    /// Whether it names a [`GUESS`].
    pub fn has_guess(&self) -> bool {
        self.pair().is_some_and(|pair| pair.contains(&GUESS))
    }

    /// Whether it names the [`STRONGEST`] layer or head.
    pub fn has_strongest(&self) -> bool {
        match self {
            Question::Patterns { layer, .. } => *layer == STRONGEST,
            Question::AttentionRow { layer, head, .. }
            | Question::Film { layer, head }
            | Question::Faces { layer, head }
            | Question::Poles { layer, head }
            | Question::Contrast { layer, head, .. }
            | Question::StateLens { layer, head, .. } => [layer, head].contains(&&STRONGEST),
            _ => false,
        }
    }

    /// The question with what is guessed put in, the most probable first.
    #[must_use]
    pub fn with_guesses(mut self, guesses: [u32; 2]) -> Self {
        if let Some([a, b]) = self.pair_mut() {
            [*a, *b] = pair([*a, *b], guesses);
        }
        self
    }

    /// The question with the strongest layer and head put in.
    #[must_use]
    pub fn with_strongest(mut self, strongest: [usize; 2]) -> Self {
        let put = |place: &mut usize, value: usize| {
            if *place == STRONGEST {
                *place = value;
            }
        };
        match &mut self {
            Question::Patterns { layer, .. } => put(layer, strongest[0]),
            Question::AttentionRow { layer, head, .. }
            | Question::Film { layer, head }
            | Question::Faces { layer, head }
            | Question::Poles { layer, head }
            | Question::Contrast { layer, head, .. }
            | Question::StateLens { layer, head, .. } => {
                put(layer, strongest[0]);
                put(head, strongest[1]);
            }
            _ => {}
        }
        self
    }

    fn pair(&self) -> Option<[u32; 2]> {
        self.clone().pair_mut().map(|pair| pair.map(|it| *it))
    }

    fn pair_mut(&mut self) -> Option<[&mut u32; 2]> {
        match self {
            Question::Lens { a, b }
            | Question::Writers { a, b, .. }
            | Question::Paths { basis: Basis::Frame { a, b } } => Some([a, b]),
            _ => None,
        }
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

/// Layer and head of the contribution farthest from nought, of `[layer, head]`.
pub fn strongest(heads: &NamedArray) -> Option<[usize; 2]> {
    let n_heads = heads.dims().get(1)?.1;
    let known = heads.values().iter().enumerate().filter(|it| !it.1.is_nan());
    let best = known.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    Some([best.0 / n_heads, best.0 % n_heads])
}

/// The plane in which paths are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Basis {
    /// The first two principal axes of a sample that is stored with the model.
    Stored,
    /// Across: from token `b` to token `a` in the unembedding. Up: the first stored axis without it.
    Frame { a: u32, b: u32 },
    /// Two words of the reader's, as directions of the unembedding, made orthogonal in this order.
    Words { x: u32, y: u32 },
}

/// The answer to the question of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// `[layer, head, query, key]`, at most `side` each way; no number where a layer has no such
    /// head, or one that amounts to no matrix.
    Thumbnails(NamedArray),
    Patterns(Patterns),
    AttentionRow(AttentionRow),
    Lens(Lens),
    Paths(Paths),
    Norms(Norms),
    Writers(Writers),
    /// `[vocab]`, at the last position.
    Next(NamedArray),
    /// Nothing where the layer has no such recurrent head.
    Film(Option<Film>),
    StateLens(Option<StateLens>),
    Memory(Memory),
    /// Nothing where the layer has no such recurrent head, or one that has no such forms.
    Faces(Option<Faces>),
    /// Nothing where the layer has no such recurrent head, or one that does not go on linearly.
    Poles(Option<Poles>),
    /// Nothing where one of the heads has no map.
    Contrast(Option<Contrast>),
    /// With the axes of [`Site::axes`].
    Site {
        site: Site,
        value: NamedArray,
    },
}

/// Patterns of some heads of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patterns {
    pub layer: usize,
    pub heads: Vec<usize>,
    /// `[head, query, key]`, in the order of `heads`; no numbers where the layer has no such head,
    /// or one that amounts to no matrix.
    pub weights: NamedArray,
    /// Which of `heads` are recurrent, whose weights have a sign and no sum.
    pub is_recurrent: Vec<bool>,
}

/// The state of one recurrent head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Film {
    pub layer: usize,
    pub head: usize,
    /// After every position, `[pos, value, slot]`. Where many heads are shown as one, the rows of
    /// all of them.
    pub states: NamedArray,
    /// Singular values of each state, the largest first, `[pos, rank]`.
    pub singular: NamedArray,
    /// Length (root of the sum of squares) of what was added to the state at each position, `[pos]`.
    pub written: NamedArray,
    /// Length of what was taken from it there, by forgetting and erasing, `[pos]`.
    pub erased: NamedArray,
}

/// What a state gives back for a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateLens {
    pub layer: usize,
    pub head: usize,
    pub pos: usize,
    pub source: usize,
    /// What that would add to each logit, through gate and output matrix as they are at `pos` and
    /// the final norm's scale, `[vocab]`.
    pub logits: NamedArray,
}

/// The same thing computed in three ways: what a recurrent head reads of its state, without a skip.
/// Arrays are `[pos, value]`; where many heads are shown as one, the rows of all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Faces {
    pub layer: usize,
    pub head: usize,
    /// Position after position.
    pub recurrence: NamedArray,
    /// All positions together: by chunks, or by a scan where a head's value is one number wide.
    pub parallel: NamedArray,
    pub is_scan: bool,
    /// By the matrix of hidden attention.
    pub matrix: NamedArray,
    /// Largest difference of the parallel form, and of the matrix form, from the recurrence, over
    /// the recurrence's largest value.
    pub apart: [f32; 2],
}

/// How two heads differ in what they mix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    pub layer: usize,
    pub head: usize,
    /// Layer and head of the one that is taken away.
    pub minus: [usize; 2],
    /// Each row as shares of the sum of its absolute values, the other's taken away,
    /// `[query, key]`.
    pub weights: NamedArray,
}

/// How the state of one recurrent head goes on by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poles {
    pub layer: usize,
    pub head: usize,
    /// Eigenvalues of the transition at each position, real and imaginary part, the farthest from
    /// nought first where something is erased, `[pos, rank, plane]`. Where many heads are shown as
    /// one, those of all of them.
    pub values: NamedArray,
}

/// How recurrent heads write and remember. Arrays are `[layer, head, pos]`, with no number where
/// there is no such head, or nothing of the kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The step: how firmly the position is written.
    pub step: NamedArray,
    /// Positions after which half is left, at the pace of this position: −ln 2 / ln ā, with the
    /// mean of ln ā over the head's slots. Infinite where nothing is forgotten.
    pub half_life: NamedArray,
    /// Mean of the gate over the head's channels.
    pub gate: NamedArray,
}

/// One query's way from scores to what it writes. Each array is `[key]`. Of a recurrent head, the
/// score is the product of what reads and what was written, and the weight is what is left of it,
/// times the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttentionRow {
    pub layer: usize,
    pub head: usize,
    pub query: usize,
    /// Scaled product of query and key; present for masked keys too.
    pub score: NamedArray,
    /// Weight after mask and softmax.
    pub weight: NamedArray,
    /// Length of each key position's value vector.
    pub value_norm: NamedArray,
    /// Length of what each key position adds to the stream: weight × value through the output matrix.
    pub write_norm: NamedArray,
    /// Whether keys after the query are masked.
    pub is_causal: bool,
    /// Whether the head is recurrent: its weights have a sign and no sum.
    pub is_recurrent: bool,
}

/// A place where the lens reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LensSite {
    /// The stream that the first block finds.
    Embed,
    /// After the attention of a layer.
    Mid { layer: usize },
    /// After the MLP of a layer.
    Post { layer: usize },
}

/// What the unembedding says of the stream at each depth. Arrays are `[depth, pos]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    /// Which place each index of the depth axis is.
    pub sites: Vec<LensSite>,
    /// The most probable token, row-major like the arrays.
    pub top: Vec<u32>,
    /// Its probability.
    pub top_prob: NamedArray,
    /// Entropy of the distribution, in nats.
    pub entropy: NamedArray,
    /// KL divergence from the output to the lens, KL(output ‖ lens), in nats.
    pub kl: NamedArray,
    pub a: u32,
    pub b: u32,
    /// Log-probability in nats of tokens `a` and `b`.
    pub logprob_a: NamedArray,
    pub logprob_b: NamedArray,
    /// How many tokens are more probable than `a` (and `b`); 0 is first place.
    pub rank_a: NamedArray,
    pub rank_b: NamedArray,
}

/// Paths through a plane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paths {
    pub sites: Vec<LensSite>,
    pub basis: Basis,
    /// `[depth, pos, plane]`, in units of the stream.
    pub points: NamedArray,
    /// Share of the stream's variance (over depths and positions of this prompt, about its mean)
    /// that each of the two directions holds, `[plane]`.
    pub variance_share: NamedArray,
}

/// Lengths and angles. Arrays are `[depth, pos]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Norms {
    pub sites: Vec<LensSite>,
    /// Length of the stream.
    pub norm: NamedArray,
    /// Cosine with the stream one depth earlier; 1 at the first depth.
    pub cosine_before: NamedArray,
    /// Cosine with the stream at the last depth.
    pub cosine_last: NamedArray,
}

/// Direct contributions to the logit difference of two tokens, with the final norm's scale frozen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Writers {
    pub pos: usize,
    pub a: u32,
    pub b: u32,
    /// What the embedding (with positions) wrote.
    pub embed: f32,
    /// `[layer, head]`.
    pub heads: NamedArray,
    /// What the shared output bias of attention wrote, and what an edit of `attn.out` made of it,
    /// `[layer]`.
    pub attn_bias: NamedArray,
    /// `[layer]`.
    pub mlp: NamedArray,
    /// What the final norm's and the unembedding's own bias add.
    pub rest: f32,
    /// The logit difference itself: the sum of all of the above, up to rounding and to what edits
    /// of the stream itself have added.
    pub total: f32,
    /// The same reading of the stream after each depth, `[depth]`.
    pub running: NamedArray,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Axis;

    #[test]
    fn guesses_are_the_two_largest_in_order() {
        assert_eq!(guesses(&[0.5, 3.0, -1.0, 2.0]), [1, 3]);
        assert_eq!(guesses(&[2.0, 2.0, 2.0]), [0, 1]);
        assert_eq!(guesses(&[1.0]), [0, 0]);
    }

    #[test]
    fn a_guess_is_never_the_other_of_the_pair() {
        let guesses = [7, 9];
        let cases = [([GUESS, GUESS], [7, 9]), ([7, GUESS], [7, 9]), ([GUESS, 7], [9, 7])];
        for (asked, expected) in cases.into_iter().chain([([3, GUESS], [3, 7]), ([3, 4], [3, 4])]) {
            assert_eq!(pair(asked, guesses), expected, "{asked:?}");
            let [a, b] = asked;
            let question = Question::Lens { a, b };
            assert_eq!(question.has_guess(), asked.contains(&GUESS));
            let [a, b] = expected;
            assert_eq!(question.with_guesses(guesses), Question::Lens { a, b });
        }
    }

    #[test]
    fn only_what_was_left_open_is_put_in() {
        let row = |layer, head| Question::AttentionRow { layer, head, query: LAST };
        assert_eq!(row(STRONGEST, STRONGEST).with_strongest([2, 3]), row(2, 3));
        assert_eq!(row(STRONGEST, 1).with_strongest([2, 3]), row(2, 1));
        assert!(row(STRONGEST, 1).has_strongest() && !row(0, 1).has_strongest());
        assert_eq!(Question::Next.with_strongest([2, 3]).with_guesses([1, 2]), Question::Next);
    }

    #[test]
    fn the_strongest_head_is_the_farthest_from_nought() {
        let heads = vec![0.5, -0.1, 0.2, -3.0, 1.0, 2.0];
        let heads = NamedArray::new(heads, &[(Axis::Layer, 2), (Axis::Head, 3)]).unwrap();
        assert_eq!(strongest(&heads), Some([1, 0]));
    }
}
