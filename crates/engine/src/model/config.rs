//! What a network is made of, as a file says it.

use serde::{Deserialize, Serialize};
use trace::ModelShape;

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
    /// Most positions of a prompt.
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

impl NetworkConfig {
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

    /// Whether a network can be made of this.
    ///
    /// # Errors
    /// The first [`ConfigError`] found.
    pub fn check(&self) -> Result<(), ConfigError> {
        if CONFIG_VERSION < self.version {
            return Err(ConfigError::Newer(self.version));
        }
        let sizes = [
            ("n_layers", self.n_layers),
            ("d_model", self.d_model),
            ("n_heads", self.n_heads),
            ("n_kv_heads", self.n_kv_heads()),
            ("d_head", self.d_head.unwrap_or(1)),
            ("d_mlp", if self.mlp == MlpKind::None { 1 } else { self.d_mlp }),
            ("d_vocab", self.d_vocab),
            ("n_ctx", self.n_ctx),
        ];
        if let Some((name, _)) = sizes.into_iter().find(|it| it.1 == 0) {
            return Err(ConfigError::Zero(name));
        }
        let (n_heads, n_kv_heads) = (self.n_heads, self.n_kv_heads());
        if !n_heads.is_multiple_of(n_kv_heads) {
            return Err(ConfigError::UnevenKvHeads { n_heads, n_kv_heads });
        }
        if self.d_head.is_none() && !self.d_model.is_multiple_of(n_heads) {
            return Err(ConfigError::UnevenHeads { d_model: self.d_model, n_heads });
        }
        self.check_positions()?;
        let (Norm::LayerNorm { epsilon } | Norm::RmsNorm { epsilon }) = self.norm;
        if epsilon < 0.0 {
            return Err(ConfigError::Range {
                name: "epsilon",
                value: epsilon,
                wanted: "0 or more",
            });
        }
        if self.placement == Placement::Post && self.residual == Residual::Parallel {
            return Err(ConfigError::ParallelPost);
        }
        Ok(())
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

    /// What a picture of the network needs.
    pub fn shape(&self) -> ModelShape {
        let norm = match self.norm {
            Norm::LayerNorm { .. } => "LayerNorm",
            Norm::RmsNorm { .. } => "RMSNorm",
        };
        let place = match self.placement {
            Placement::Pre => "before each sub-block",
            Placement::Post => "after each sum",
        };
        let positions = match self.positions {
            Positions::Learned => "learned positions",
            Positions::Sinusoidal => "sinusoidal positions",
            Positions::Rope { .. } => "rotary positions",
            Positions::Alibi => "ALiBi",
            Positions::None => "no positions",
        };
        ModelShape {
            n_layers: self.n_layers,
            n_heads: self.n_heads,
            n_kv_heads: self.n_kv_heads(),
            d_model: self.d_model,
            d_head: self.d_head(),
            d_mlp: self.d_mlp,
            d_vocab: self.d_vocab,
            n_ctx: self.n_ctx,
            is_parallel: self.residual == Residual::Parallel,
            has_mlp: self.mlp != MlpKind::None,
            norm: format!("{norm} {place}"),
            positions: positions.to_owned(),
        }
    }
}
