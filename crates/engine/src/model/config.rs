//! What a network is made of, as a file says it.

use serde::{Deserialize, Serialize};

/// The newest version of [`NetworkConfig`] that this program reads and the one that it writes.
pub const CONFIG_VERSION: u32 = 1;

/// A network, part by part. Every field but the sizes has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    pub version: u32,
    pub n_layers: usize,
    pub d_model: usize,
    pub n_heads: usize,
    /// Heads that hold keys and values; as many as `n_heads` unless queries share them.
    #[serde(default)]
    pub n_kv_heads: Option<usize>,
    /// Width of a head; `d_model / n_heads` unless stated.
    #[serde(default)]
    pub d_head: Option<usize>,
    pub d_mlp: usize,
    pub d_vocab: usize,
    /// Positions of a row that it is trained on.
    pub n_ctx: usize,
    #[serde(default)]
    pub positions: Positions,
    #[serde(default)]
    pub norm: Norm,
    #[serde(default)]
    pub placement: Placement,
    #[serde(default)]
    pub residual: Residual,
    #[serde(default)]
    pub mask: Mask,
    /// What mixes positions, block by block, over and over: one for all, or a pattern such as three
    /// recurrences and an attention. Attention everywhere where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixers: Vec<Mixer>,
    #[serde(default)]
    pub mlp: MlpKind,
    #[serde(default)]
    pub bias: Bias,
    #[serde(default)]
    pub unembed: Unembed,
}

/// How the network learns where a token stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Positions {
    /// A learned vector for each position, added to the embedding.
    #[default]
    Learned,
    /// Fixed waves added to the embedding: Vaswani et al. 2017, section 3.5.
    Sinusoidal,
    /// Queries and keys turned by their position: Su et al. 2021, eq. (34). `fraction` of each
    /// head's width turns; halves are paired (GPT-NeoX), neighbours where `interleaved` (GPT-J).
    Rope {
        #[serde(default = "rope_theta")]
        theta: f64,
        #[serde(default = "whole")]
        fraction: f64,
        #[serde(default)]
        interleaved: bool,
    },
    /// A penalty on scores that grows with distance: Press et al. 2021.
    Alibi,
    /// Nothing; a causal mask alone tells positions apart.
    None,
}

fn rope_theta() -> f64 {
    10_000.0
}

fn whole() -> f64 {
    1.0
}

/// How the stream is scaled before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Norm {
    /// Mean out, variance to one, gain and bias: Ba et al. 2016.
    LayerNorm {
        #[serde(default = "epsilon")]
        epsilon: f64,
    },
    /// Root mean square to one, gain: Zhang & Sennrich 2019.
    RmsNorm {
        #[serde(default = "epsilon")]
        epsilon: f64,
    },
}

fn epsilon() -> f64 {
    1e-5
}

impl Norm {
    /// What stands under the root beside the mean square.
    pub fn epsilon(self) -> f64 {
        let (Norm::LayerNorm { epsilon } | Norm::RmsNorm { epsilon }) = self;
        epsilon
    }
}

impl Default for Norm {
    fn default() -> Self {
        Norm::LayerNorm { epsilon: epsilon() }
    }
}

/// Where the norm stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Before each sub-block, and once before the unembedding: the stream itself is never scaled.
    #[default]
    Pre,
    /// After each sum, as in the first Transformer: no final norm.
    Post,
}

/// What the MLP reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Residual {
    /// The stream after attention has written.
    #[default]
    Serial,
    /// The same stream that attention read: GPT-J, GPT-NeoX.
    Parallel,
}

/// Which keys a query may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// Its own and those before it.
    #[default]
    Causal,
    /// All.
    Full,
}

/// What mixes positions in a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Mixer {
    Attention(AttentionConfig),
    /// Both read the same, and what they say comes together.
    Parallel {
        attention: AttentionConfig,
        ssm: SsmConfig,
        #[serde(default, skip_serializing_if = "Join::is_default")]
        join: Join,
    },
    #[serde(untagged)]
    Ssm(SsmConfig),
}

/// How what attention and a recurrence beside it say comes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// Each writes to the stream with a matrix of its own, as in Falcon-H1 (Zuo et al. 2025).
    #[default]
    Sum,
    /// The mean of both, each at one scale of its own, is written by one matrix, as in Hymba (Dong
    /// et al. 2024).
    NormedMean,
    /// Attention alone writes: a position reads its own block, as long as attention's window, and by
    /// as many heads again what S4D said at the end of the block before (Fathi et al. 2023).
    BlockState(BlockState),
}

/// What attention reads of the block before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockState {
    pub states: States,
    pub n_states: usize,
}

/// Where the context states of a block come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum States {
    /// The recurrence's last outputs.
    SingleHead,
    /// So many readings of its last output.
    MultiHead,
    /// The last output of each of so many filters.
    MultiFilter,
}

impl Join {
    fn is_default(&self) -> bool {
        *self == Join::default()
    }
}

impl Default for Mixer {
    fn default() -> Self {
        Mixer::Attention(AttentionConfig::default())
    }
}

/// What one block's attention has of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttentionConfig {
    /// How many positions a query may read, its own among them; all where there is none.
    #[serde(default)]
    pub window: Option<usize>,
}

/// A recurrent mixer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SsmConfig {
    S4d(S4dConfig),
    Mamba(MambaConfig),
    Mamba2(Mamba2Config),
    Linear(LinearConfig),
    Rwkv7(Rwkv7Config),
    Gru(RnnConfig),
    Lstm(RnnConfig),
}

/// Gu et al. 2022: diagonal, the same at every position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S4dConfig {
    /// Slots of each channel; complex ones count for two real numbers.
    pub d_state: usize,
    pub is_complex: bool,
    /// Systems that read each channel of the stream, side by side.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub n_filters: usize,
}

/// Gu & Dao 2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MambaConfig {
    /// Channels, each with a state of its own.
    pub d_inner: usize,
    pub d_state: usize,
    /// Positions that the convolution mixes.
    pub d_conv: usize,
    /// Width through which the step is made.
    pub dt_rank: usize,
    /// Of the matrices in and out.
    #[serde(default)]
    pub bias: bool,
    #[serde(default = "yes")]
    pub conv_bias: bool,
}

/// Dao & Gu 2024.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mamba2Config {
    pub n_heads: usize,
    /// Width of what a head writes.
    pub d_head: usize,
    pub d_state: usize,
    /// Sets of heads that share where they write and read.
    #[serde(default = "one")]
    pub n_groups: usize,
    pub d_conv: usize,
    #[serde(default)]
    pub bias: bool,
    #[serde(default = "yes")]
    pub conv_bias: bool,
    /// Steps are held between these.
    #[serde(default)]
    pub min_step: f64,
    #[serde(default)]
    pub max_step: Option<f64>,
}

/// Linear attention and its descendants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearConfig {
    pub rule: Rule,
    pub n_heads: usize,
    pub d_key: usize,
    pub d_value: usize,
    /// Positions that the convolution mixes; 0 for none.
    #[serde(default)]
    pub d_conv: usize,
    /// Largest β of the delta rule. Up to 2, a state can change sign: Grazzi et al. 2024.
    #[serde(default = "unit")]
    pub beta_max: f64,
}

/// How a state of keys and values goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Adds: Katharopoulos et al. 2020.
    LinearAttention,
    /// Forgets at a pace fixed for each head: Sun et al. 2023.
    RetNet,
    /// Forgets slot by slot as the token says: Yang et al. 2023.
    Gla,
    /// Writes the difference to what is found under the key: Schlag et al. 2021, Yang et al. 2024.
    DeltaNet,
    /// And forgets head by head: Yang, Kautz & Hatamizadeh 2024.
    GatedDeltaNet,
}

impl Rule {
    /// Whether what is found under a key is taken away before it is written.
    pub fn has_delta_rule(self) -> bool {
        matches!(self, Rule::DeltaNet | Rule::GatedDeltaNet)
    }

    /// Whether what is read is multiplied by a gate.
    pub fn has_gate(self) -> bool {
        matches!(self, Rule::RetNet | Rule::Gla | Rule::GatedDeltaNet)
    }
}

/// Peng et al. 2025.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rwkv7Config {
    pub n_heads: usize,
    /// Width of a head's keys and of its values.
    pub d_head: usize,
    /// Widths through which decays, learning rates and the gate are made.
    pub decay_rank: usize,
    pub rate_rank: usize,
    pub gate_rank: usize,
}

/// GRU and LSTM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RnnConfig {
    pub d_state: usize,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

fn unit() -> f64 {
    1.0
}

/// The MLP of every block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum MlpKind {
    /// Attention alone.
    None,
    /// `down(act(up(x)))`.
    Plain { activation: Activation },
    /// `down(act(gate(x)) · up(x))`: Shazeer 2020. SwiGLU with `silu`, GEGLU with `gelu`, bilinear
    /// with `identity`.
    Gated { activation: Activation },
}

impl Default for MlpKind {
    fn default() -> Self {
        MlpKind::Plain { activation: Activation::default() }
    }
}

/// A function of one hidden unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    Relu,
    /// `x · Φ(x)`: Hendrycks & Gimpel 2016.
    #[default]
    Gelu,
    /// Its approximation by tanh, as GPT-2 has it.
    GeluTanh,
    /// `x · sigmoid(x)`.
    Silu,
    Identity,
}

/// Which matrices have a bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bias {
    /// Query, key and value.
    pub qkv: bool,
    /// The output matrix of attention.
    pub attn_out: bool,
    pub mlp: bool,
    pub unembed: bool,
}

impl Default for Bias {
    fn default() -> Self {
        Self { qkv: true, attn_out: true, mlp: true, unembed: false }
    }
}

/// What turns the stream into logits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unembed {
    /// The embedding, transposed.
    #[default]
    Tied,
    /// A matrix of its own.
    Own,
}

/// Why a config makes no network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "this file is of version {0} and this program reads up to {CONFIG_VERSION}; use a newer Undercurrent"
    )]
    Newer(u32),
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    #[error(
        "{n_heads} heads of a mixer cannot share {n_groups} groups evenly; let n_groups divide n_heads"
    )]
    UnevenGroups { n_heads: usize, n_groups: usize },
    #[error(
        "attention says {attention} numbers and {ssm} the recurrence beside it, and one matrix writes both; make them as many"
    )]
    UnevenJoin { attention: usize, ssm: usize },
    #[error("a block-state layer is cut into blocks; state attention's window, their length")]
    NoBlock,
    #[error(
        "{n_states} context states do not fit into a block of {block} positions; take fewer, or a longer window"
    )]
    FewPositions { n_states: usize, block: usize },
    #[error("{0} gives no context states; let the ssm of a block-state layer be s4d")]
    NoContext(&'static str),
    #[error("{n_filters} filters do not give {wanted} outputs a position; make n_filters {wanted}")]
    Filters { n_filters: usize, wanted: usize },
    #[error("a block-state layer reads the past; make the mask causal")]
    NotCausal,
    #[error("{mixers} mixers are named and there are {n_layers} layers; name at most one for each")]
    Mixers { mixers: usize, n_layers: usize },
    #[error("{name} is {value}, which gives no numbers; it must be {wanted}")]
    Range { name: &'static str, value: f64, wanted: &'static str },
    #[error(
        "{n_heads} heads cannot share {n_kv_heads} key–value heads evenly; let n_kv_heads divide n_heads"
    )]
    UnevenKvHeads { n_heads: usize, n_kv_heads: usize },
    #[error("d_model {d_model} does not divide by {n_heads} heads; state d_head")]
    UnevenHeads { d_model: usize, n_heads: usize },
    #[error("a rotated width of {0} is odd, and positions turn pairs; make it even")]
    OddRotation(usize),
    #[error("a fraction of {0} of a head cannot turn; make it one between 0 and 1")]
    Fraction(f64),
    #[error("sinusoidal positions come in pairs, and d_model is {0}; make it even")]
    OddModel(usize),
    #[error(
        "norms after the sum and parallel sub-blocks do not go together; make the residual serial"
    )]
    ParallelPost,
}

impl SsmConfig {
    /// Heads, and rows and columns of each one's state.
    pub(super) fn form(&self, d_model: usize) -> [usize; 3] {
        match self {
            SsmConfig::S4d(it) => {
                [d_model * it.n_filters, 1, it.d_state * (1 + usize::from(it.is_complex))]
            }
            SsmConfig::Mamba(it) => [it.d_inner, 1, it.d_state],
            SsmConfig::Mamba2(it) => [it.n_heads, it.d_head, it.d_state],
            SsmConfig::Linear(it) => [it.n_heads, it.d_value, it.d_key],
            SsmConfig::Rwkv7(it) => [it.n_heads, it.d_head, it.d_head],
            SsmConfig::Gru(it) | SsmConfig::Lstm(it) => [1, 1, it.d_state],
        }
    }

    /// How many numbers its output matrix reads.
    fn width(&self, d_model: usize) -> usize {
        match (self, self.form(d_model)) {
            (SsmConfig::Gru(it) | SsmConfig::Lstm(it), _) => it.d_state,
            (_, [n_heads, d_value, _]) => n_heads * d_value,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let sizes = match self {
            SsmConfig::S4d(it) => vec![("d_state", it.d_state), ("n_filters", it.n_filters)],
            SsmConfig::Mamba(it) => vec![
                ("d_inner", it.d_inner),
                ("d_state", it.d_state),
                ("d_conv", it.d_conv),
                ("dt_rank", it.dt_rank),
            ],
            SsmConfig::Mamba2(it) => vec![
                ("n_heads", it.n_heads),
                ("d_head", it.d_head),
                ("d_state", it.d_state),
                ("n_groups", it.n_groups),
                ("d_conv", it.d_conv),
            ],
            SsmConfig::Linear(it) => {
                vec![("n_heads", it.n_heads), ("d_key", it.d_key), ("d_value", it.d_value)]
            }
            SsmConfig::Rwkv7(it) => vec![
                ("n_heads", it.n_heads),
                ("d_head", it.d_head),
                ("decay_rank", it.decay_rank),
                ("rate_rank", it.rate_rank),
                ("gate_rank", it.gate_rank),
            ],
            SsmConfig::Gru(it) | SsmConfig::Lstm(it) => vec![("d_state", it.d_state)],
        };
        if let Some((name, _)) = sizes.into_iter().find(|it| it.1 == 0) {
            return Err(ConfigError::Zero(name));
        }
        match self {
            SsmConfig::Mamba2(it) => it.check(),
            SsmConfig::Linear(it) => it.check(),
            _ => Ok(()),
        }
    }
}

impl Mamba2Config {
    fn check(&self) -> Result<(), ConfigError> {
        let Self { n_heads, n_groups, min_step, .. } = *self;
        if !n_heads.is_multiple_of(n_groups) {
            return Err(ConfigError::UnevenGroups { n_heads, n_groups });
        }
        let out = |name, value, wanted| Err(ConfigError::Range { name, value, wanted });
        match self.max_step {
            _ if min_step < 0.0 => out("min_step", min_step, "0 or more"),
            Some(most) if most < min_step => out("max_step", most, "min_step or more"),
            _ => Ok(()),
        }
    }
}

impl LinearConfig {
    fn check(&self) -> Result<(), ConfigError> {
        if self.rule == Rule::RetNet && self.d_key % 2 == 1 {
            return Err(ConfigError::OddRotation(self.d_key));
        }
        let value = self.beta_max;
        if !(0.0..=2.0).contains(&value) {
            return Err(ConfigError::Range { name: "beta_max", value, wanted: "between 0 and 2" });
        }
        Ok(())
    }
}

impl NetworkConfig {
    /// How many positions can be read at most: learned ones are no more than were learned, all
    /// others go on.
    pub fn most_positions(&self) -> Option<usize> {
        (self.positions == Positions::Learned).then_some(self.n_ctx)
    }

    /// Width of a head.
    pub fn d_head(&self) -> usize {
        self.d_head.unwrap_or(self.d_model / self.n_heads.max(1))
    }

    /// Heads that hold keys and values.
    pub fn n_kv_heads(&self) -> usize {
        self.n_kv_heads.unwrap_or(self.n_heads)
    }

    /// How many of a head's entries turn with position.
    pub fn n_rotated(&self) -> usize {
        match self.positions {
            Positions::Rope { fraction, .. } => (self.d_head() as f64 * fraction) as usize,
            _ => 0,
        }
    }

    /// What mixes positions in block `layer`.
    pub fn mixer(&self, layer: usize) -> Mixer {
        match self.mixers.as_slice() {
            [] => Mixer::default(),
            mixers => mixers[layer % mixers.len()].clone(),
        }
    }

    /// The attention of block `layer`, where it has one.
    pub fn attention(&self, layer: usize) -> Option<AttentionConfig> {
        match self.mixer(layer) {
            Mixer::Attention(it) | Mixer::Parallel { attention: it, .. } => Some(it),
            Mixer::Ssm(_) => None,
        }
    }

    /// The recurrent mixer of block `layer`, where it has one.
    pub fn ssm(&self, layer: usize) -> Option<SsmConfig> {
        match self.mixer(layer) {
            Mixer::Ssm(it) | Mixer::Parallel { ssm: it, .. } => Some(it),
            Mixer::Attention(_) => None,
        }
    }

    /// Whether attention and recurrence of block `layer` write by one matrix.
    pub fn shares_output(&self, layer: usize) -> bool {
        matches!(self.mixer(layer), Mixer::Parallel { join: Join::NormedMean, .. })
    }

    /// How attention of block `layer` reads a recurrence, where it does.
    pub fn block_state(&self, layer: usize) -> Option<BlockState> {
        match self.mixer(layer) {
            Mixer::Parallel { join: Join::BlockState(it), .. } => Some(it),
            _ => None,
        }
    }

    /// Heads of attention of block `layer`: those that read context states come after the others.
    pub fn attention_heads(&self, layer: usize) -> usize {
        let times = if self.block_state(layer).is_some() { 2 } else { 1 };
        self.attention(layer).map_or(0, |_| times * self.n_heads)
    }

    /// Whether a network can be made of this.
    ///
    /// # Errors
    /// The first [`ConfigError`] found.
    pub fn check(&self) -> Result<(), ConfigError> {
        if CONFIG_VERSION < self.version {
            return Err(ConfigError::Newer(self.version));
        }
        let has_attention = (0..self.n_layers).any(|layer| self.attention(layer).is_some());
        let if_attention = |size: usize| if has_attention { size } else { 1 };
        let sizes = [
            ("n_layers", self.n_layers),
            ("d_model", self.d_model),
            ("n_heads", if_attention(self.n_heads)),
            ("n_kv_heads", if_attention(self.n_kv_heads())),
            ("d_head", self.d_head.unwrap_or(1)),
            ("d_mlp", if self.mlp == MlpKind::None { 1 } else { self.d_mlp }),
            ("d_vocab", self.d_vocab),
            ("n_ctx", self.n_ctx),
        ];
        if let Some((name, _)) = sizes.into_iter().find(|it| it.1 == 0) {
            return Err(ConfigError::Zero(name));
        }
        self.check_mixers()?;
        let (n_heads, n_kv_heads) = (self.n_heads.max(1), self.n_kv_heads().max(1));
        if !n_heads.is_multiple_of(n_kv_heads) {
            return Err(ConfigError::UnevenKvHeads { n_heads, n_kv_heads });
        }
        if self.d_head.is_none() && !self.d_model.is_multiple_of(n_heads) {
            return Err(ConfigError::UnevenHeads { d_model: self.d_model, n_heads });
        }
        self.check_positions()?;
        let value = self.norm.epsilon();
        if value < 0.0 {
            return Err(ConfigError::Range { name: "epsilon", value, wanted: "0 or more" });
        }
        if self.placement == Placement::Post && self.residual == Residual::Parallel {
            return Err(ConfigError::ParallelPost);
        }
        Ok(())
    }

    fn check_mixers(&self) -> Result<(), ConfigError> {
        let (mixers, n_layers) = (self.mixers.len(), self.n_layers);
        if n_layers < mixers {
            return Err(ConfigError::Mixers { mixers, n_layers });
        }
        for layer in 0..mixers {
            if self.attention(layer).is_some_and(|it| it.window == Some(0)) {
                return Err(ConfigError::Zero("window"));
            }
            if let Some(ssm) = self.ssm(layer) {
                ssm.check()?;
                let (attention, ssm) = (self.n_heads * self.d_head(), ssm.width(self.d_model));
                if self.shares_output(layer) && attention != ssm {
                    return Err(ConfigError::UnevenJoin { attention, ssm });
                }
                self.check_block_state(layer)?;
            }
        }
        Ok(())
    }

    fn check_block_state(&self, layer: usize) -> Result<(), ConfigError> {
        let Some(BlockState { states, n_states }) = self.block_state(layer) else { return Ok(()) };
        let block = self.attention(layer).and_then(|it| it.window).ok_or(ConfigError::NoBlock)?;
        let n_filters = match self.ssm(layer) {
            Some(SsmConfig::S4d(it)) => it.n_filters,
            other => {
                return Err(ConfigError::NoContext(other.map_or("nothing", |it| it.kind().name())));
            }
        };
        let wanted = if states == States::MultiFilter { n_states } else { 1 };
        match () {
            () if n_states == 0 => Err(ConfigError::Zero("n_states")),
            () if block < n_states => Err(ConfigError::FewPositions { n_states, block }),
            () if n_filters != wanted => Err(ConfigError::Filters { n_filters, wanted }),
            () if self.mask != Mask::Causal => Err(ConfigError::NotCausal),
            () => Ok(()),
        }
    }

    fn check_positions(&self) -> Result<(), ConfigError> {
        match self.positions {
            Positions::Rope { fraction, .. } if !(0.0..=1.0).contains(&fraction) => {
                Err(ConfigError::Fraction(fraction))
            }
            Positions::Rope { theta, .. } if theta <= 0.0 => {
                Err(ConfigError::Range { name: "theta", value: theta, wanted: "above 0" })
            }
            Positions::Rope { .. } if self.n_rotated() % 2 == 1 => {
                Err(ConfigError::OddRotation(self.n_rotated()))
            }
            Positions::Sinusoidal if self.d_model % 2 == 1 => {
                Err(ConfigError::OddModel(self.d_model))
            }
            _ => Ok(()),
        }
    }
}
