//! What the page must know of a model in order to draw it.

use serde::{Deserialize, Serialize};

use crate::{NormKind, PositionKind, SsmKind, WriteStep};

/// A model that is ready to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    pub id: String,
    /// One sentence from its card.
    pub about: String,
    pub n_params: usize,
    /// Bytes of the weights file.
    pub size_bytes: u64,
    /// SHA-256 of the weights file, in hexadecimal.
    pub digest: String,
    pub shape: ModelShape,
    /// The text of every token, by id.
    pub vocab: Vec<String>,
    /// Known-good prompts.
    pub prompts: Vec<String>,
    /// Whether a basis fitted on stored text came with the model.
    pub has_basis: bool,
    /// What its card measured, if anything.
    pub phenomena: Vec<Phenomenon>,
    /// Steps of its training that can be gone back to, ascending, the last that of the finished
    /// weights; empty where none were kept.
    pub checkpoints: Vec<usize>,
}

/// The form of a network, as far as a picture of it needs it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelShape {
    pub n_layers: usize,
    /// Heads that mix positions, attention's and recurrent ones: the most that a layer has.
    pub n_heads: usize,
    /// What mixes positions, layer by layer.
    pub mixers: Vec<MixerShape>,
    pub n_kv_heads: usize,
    pub d_model: usize,
    pub d_head: usize,
    pub d_mlp: usize,
    pub d_vocab: usize,
    /// Most positions of a prompt.
    pub n_ctx: usize,
    /// Whether attention and MLP read the same stream, so that there is no place between them.
    pub is_parallel: bool,
    pub has_mlp: bool,
    /// Whether what components add to the stream adds up to the output: no norm after the sums.
    pub is_additive: bool,
    pub norm: NormKind,
    pub positions: PositionKind,
}

/// What mixes positions in one layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MixerShape {
    /// Heads of attention; they come before the recurrent ones.
    pub n_attention_heads: usize,
    /// How many positions attention keeps; all where there is none.
    pub window: Option<usize>,
    /// Numbers that attention keeps of each position: keys and values.
    pub cache_size: usize,
    pub ssm: Option<SsmShape>,
}

/// A recurrent mixer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SsmShape {
    pub kind: SsmKind,
    /// Heads as they are shown: a mixer of very many heads is shown in [`MOST_HEADS`] groups of
    /// neighbours.
    pub n_heads: usize,
    /// How many of its own heads one that is shown stands for.
    pub together: usize,
    /// Rows and columns of the state that is shown for a head.
    pub d_value: usize,
    pub n_slots: usize,
    /// Numbers in the state and what goes on beside it, whatever the length of the prompt.
    pub state_size: usize,
    /// Whether it amounts to a matrix from position to position.
    pub has_matrix: bool,
    /// What says how firmly each position is written, where anything does.
    pub step: Option<WriteStep>,
    /// Whether it forgets.
    pub has_decay: bool,
}

/// Recurrent mixers with more heads are shown in as many groups.
pub const MOST_HEADS: usize = 8;

impl ModelShape {
    /// Whether head `head` of `layer` is recurrent; `None` where the layer has no such head.
    pub fn is_recurrent(&self, layer: usize, head: usize) -> Option<bool> {
        let mixer = self.mixers.get(layer)?;
        let n_recurrent = mixer.ssm.as_ref().map_or(0, |it| it.n_heads);
        if head < mixer.n_attention_heads {
            Some(false)
        } else {
            (head - mixer.n_attention_heads < n_recurrent).then_some(true)
        }
    }

    /// Whether any layer has a recurrent mixer.
    pub fn has_recurrence(&self) -> bool {
        self.mixers.iter().any(|it| it.ssm.is_some())
    }

    /// Whether any layer has attention.
    pub fn has_attention(&self) -> bool {
        self.mixers.iter().any(|it| 0 < it.n_attention_heads)
    }

    /// Bytes that a run of `n_pos` positions has to keep in order to go on, as 32-bit numbers:
    /// attention's keys and values, and the states with what goes on beside them.
    pub fn memory_bytes(&self, n_pos: usize) -> [usize; 2] {
        let kept =
            |it: &MixerShape| it.cache_size * it.window.map_or(n_pos, |most| most.min(n_pos));
        let cache: usize = self.mixers.iter().map(kept).sum();
        let states = self.mixers.iter().filter_map(|it| it.ssm.as_ref());
        [4 * cache, 4 * states.map(|it| it.state_size).sum::<usize>()]
    }
}

/// One thing that a model was tested on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phenomenon {
    pub name: String,
    /// Share of right answers, 0..=1.
    pub accuracy: f32,
    pub n_cases: usize,
}

/// What runs a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Whether it is the graphics card.
    pub is_gpu: bool,
    /// As the driver names it.
    pub name: String,
}
