//! The places in a network where one may look, each with its name and its axes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Axis;

/// A place in the forward pass whose value can be seen or replaced.
///
/// The names follow TransformerLens, so that a reader of its tutorials is at home:
/// `blocks.3.resid_pre`, `blocks.3.attn.pattern`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Site {
    /// Token embeddings, before positions are added.
    Embed,
    /// What learned or sinusoidal positions add to the embeddings.
    PosEmbed,
    /// A part of block `layer`, counted from 0. `pass` counts from 0 too: where a program runs a
    /// block twice, the second time is pass 1, named `blocks.2#2.resid_post`.
    Block { layer: usize, pass: usize, part: Part },
    /// The residual stream after the final norm: what the unembedding reads.
    FinalNorm,
    /// What the unembedding says at each position, before softmax.
    Logits,
}

/// A place within one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// The stream as the block finds it.
    ResidPre,
    /// What attention reads: the stream after the norm before it.
    AttnNorm,
    /// Queries, after rotation where positions rotate.
    AttnQ,
    /// Keys, after rotation.
    AttnK,
    /// Values.
    AttnV,
    /// Scaled products of query and key with any position bias, before the mask.
    AttnScore,
    /// Attention weights after mask and softmax.
    AttnPattern,
    /// Values mixed by the pattern, head by head; in Hymba's layer at one scale, as the matrix reads it.
    AttnZ,
    /// What each head adds to the stream (without the shared output bias).
    AttnResult,
    /// What attention adds to the stream.
    AttnOut,
    /// What a recurrent mixer reads: the stream after the norm before it.
    SsmNorm,
    /// After the short causal convolution and its SiLU.
    SsmConv,
    /// What its output is multiplied by.
    SsmGate,
    /// How firmly a position is written: Mamba's Δ after softplus, the delta rule's β.
    SsmStep,
    /// What is left of the state at each position, before it is written; one slot where one number
    /// serves all.
    SsmDecay,
    /// What is written, before the step.
    SsmValue,
    /// Where it is written: Mamba's B, a key.
    SsmWrite,
    /// Delta rule: the direction that is read to be taken away (u).
    SsmRemove,
    /// Delta rule: where it is taken away (w).
    SsmErase,
    /// Where the state is read: Mamba's C, a query.
    SsmRead,
    /// The state after each position.
    SsmState,
    /// What is read of the state, and Mamba's skip.
    SsmY,
    /// What the output matrix reads: after gate and norm.
    SsmZ,
    /// What a recurrent mixer adds to the stream.
    SsmOut,
    /// The stream between mixer and MLP; absent where both read the same stream.
    ResidMid,
    /// What the MLP reads.
    MlpNorm,
    /// Hidden units before the activation (the gate's, where there is one).
    MlpPre,
    /// The ungated half of a gated MLP.
    MlpLinear,
    /// Hidden units after activation and gate: what the second matrix reads.
    MlpAct,
    /// What the MLP adds to the stream.
    MlpOut,
    /// The stream as the block leaves it.
    ResidPost,
}

use Axis::{
    Channel, Group, Head, HeadDim, Key, KvHead, Mlp, Model, Pos, Query, Slot, Value, Vocab,
};

impl Part {
    /// Every part with its name and its axes: the one table that the code below reads.
    const TABLE: [(Part, &'static str, &'static [Axis]); 31] = [
        (Part::ResidPre, "resid_pre", &[Pos, Model]),
        (Part::AttnNorm, "attn.norm", &[Pos, Model]),
        (Part::AttnQ, "attn.q", &[Pos, Head, HeadDim]),
        (Part::AttnK, "attn.k", &[Pos, KvHead, HeadDim]),
        (Part::AttnV, "attn.v", &[Pos, KvHead, HeadDim]),
        (Part::AttnScore, "attn.score", &[Head, Query, Key]),
        (Part::AttnPattern, "attn.pattern", &[Head, Query, Key]),
        (Part::AttnZ, "attn.z", &[Pos, Head, HeadDim]),
        (Part::AttnResult, "attn.result", &[Pos, Head, Model]),
        (Part::AttnOut, "attn.out", &[Pos, Model]),
        (Part::SsmNorm, "ssm.norm", &[Pos, Model]),
        (Part::SsmConv, "ssm.conv", &[Pos, Channel]),
        (Part::SsmGate, "ssm.gate", &[Pos, Channel]),
        (Part::SsmStep, "ssm.step", &[Pos, Head]),
        (Part::SsmDecay, "ssm.decay", &[Pos, Head, Slot]),
        (Part::SsmValue, "ssm.value", &[Pos, Head, Value]),
        (Part::SsmWrite, "ssm.write", &[Pos, Group, Slot]),
        (Part::SsmRemove, "ssm.remove", &[Pos, Head, Slot]),
        (Part::SsmErase, "ssm.erase", &[Pos, Head, Slot]),
        (Part::SsmRead, "ssm.read", &[Pos, Group, Slot]),
        (Part::SsmState, "ssm.state", &[Pos, Head, Value, Slot]),
        (Part::SsmY, "ssm.y", &[Pos, Head, Value]),
        (Part::SsmZ, "ssm.z", &[Pos, Head, Value]),
        (Part::SsmOut, "ssm.out", &[Pos, Model]),
        (Part::ResidMid, "resid_mid", &[Pos, Model]),
        (Part::MlpNorm, "mlp.norm", &[Pos, Model]),
        (Part::MlpPre, "mlp.pre", &[Pos, Mlp]),
        (Part::MlpLinear, "mlp.linear", &[Pos, Mlp]),
        (Part::MlpAct, "mlp.act", &[Pos, Mlp]),
        (Part::MlpOut, "mlp.out", &[Pos, Model]),
        (Part::ResidPost, "resid_post", &[Pos, Model]),
    ];

    fn row(self) -> &'static (Part, &'static str, &'static [Axis]) {
        &Self::TABLE[self as usize]
    }

    /// Every part of a block, in the order of the forward pass.
    pub fn all() -> impl Iterator<Item = Part> {
        Self::TABLE.iter().map(|row| row.0)
    }
}

impl Site {
    /// A part of block `layer` at its first pass.
    pub const fn block(layer: usize, part: Part) -> Self {
        Site::Block { layer, pass: 0, part }
    }

    /// The axes of what is kept here, outermost first.
    pub fn axes(self) -> &'static [Axis] {
        match self {
            Site::Embed | Site::PosEmbed | Site::FinalNorm => &[Pos, Model],
            Site::Block { part, .. } => part.row().2,
            Site::Logits => &[Pos, Vocab],
        }
    }

    /// Every site that a network of `n_layers` blocks can have where each block runs once, in the
    /// order of the forward pass.
    pub fn all(n_layers: usize) -> Vec<Site> {
        let blocks =
            (0..n_layers).flat_map(|layer| Part::all().map(move |part| Site::block(layer, part)));
        [Site::Embed, Site::PosEmbed]
            .into_iter()
            .chain(blocks)
            .chain([Site::FinalNorm, Site::Logits])
            .collect()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Site::Embed => f.write_str("embed"),
            Site::PosEmbed => f.write_str("pos_embed"),
            Site::Block { layer, pass: 0, part } => write!(f, "blocks.{layer}.{}", part.row().1),
            Site::Block { layer, pass, part } => {
                write!(f, "blocks.{layer}#{}.{}", pass + 1, part.row().1)
            }
            Site::FinalNorm => f.write_str("final_norm"),
            Site::Logits => f.write_str("logits"),
        }
    }
}

/// A text that names no site.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("no site is called “{0}”; sites are embed, pos_embed, blocks.N.PART, final_norm, logits, where PART is one of {parts}; a second pass is blocks.N#2.PART", parts = part_names())]
pub struct SiteError(pub String);

fn part_names() -> String {
    Part::TABLE.iter().map(|row| row.1).collect::<Vec<_>>().join(", ")
}

impl FromStr for Site {
    type Err = SiteError;

    fn from_str(text: &str) -> Result<Self, SiteError> {
        let unknown = || SiteError(text.to_owned());
        match text {
            "embed" => return Ok(Site::Embed),
            "pos_embed" => return Ok(Site::PosEmbed),
            "final_norm" => return Ok(Site::FinalNorm),
            "logits" => return Ok(Site::Logits),
            _ => {}
        }
        let rest = text.strip_prefix("blocks.").ok_or_else(unknown)?;
        let (layer, name) = rest.split_once('.').ok_or_else(unknown)?;
        let (layer, pass) = layer.split_once('#').unwrap_or((layer, "1"));
        let layer = layer.parse().map_err(|_| unknown())?;
        let nth: usize = pass.parse().map_err(|_| unknown())?;
        let pass = nth.checked_sub(1).ok_or_else(unknown)?;
        let row = Part::TABLE.iter().find(|row| row.1 == name).ok_or_else(unknown)?;
        Ok(Site::Block { layer, pass, part: row.0 })
    }
}

/// Names of sites with `*` for any run of characters: `blocks.*.attn.pattern`.
///
/// A block without `#` is its first pass; `blocks.2#*.attn.z` is every pass of block 2. A `*` that
/// stands for the number of a block covers all its passes: `blocks.*.attn.z`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitePattern(String);

impl SitePattern {
    /// Whether the name of `site` fits.
    pub fn matches(&self, site: Site) -> bool {
        let name = site.to_string();
        fits(&self.0, &name) || self.0.contains("#*") && fits(&self.0.replace("#*", ""), &name)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SitePattern {
    fn from(text: &str) -> Self {
        Self(text.replace("#1.", "."))
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|at| fits(tail, &rest[at..]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (place, row) in Part::TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, place);
        }
    }

    #[test]
    fn every_site_is_found_by_its_name() {
        for site in Site::all(3) {
            assert_eq!(site.to_string().parse(), Ok(site));
        }
        let second = Site::Block { layer: 2, pass: 1, part: Part::ResidPost };
        assert_eq!(second.to_string(), "blocks.2#2.resid_post");
        assert_eq!("blocks.2#2.resid_post".parse(), Ok(second));
        assert_eq!("blocks.2#1.attn.z".parse(), Ok(Site::block(2, Part::AttnZ)));
        for text in
            ["blocks.2#0.attn.z", "blocks.2#.attn.z", "blocks.2#a.attn.z", "blocks.#2.attn.z"]
        {
            assert!(text.parse::<Site>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_names_one_pass_or_all() {
        let passes = |pattern: &str| {
            (0..3)
                .filter(|&pass| {
                    let site = Site::Block { layer: 2, pass, part: Part::AttnZ };
                    SitePattern::from(pattern).matches(site)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(passes("blocks.2.attn.z"), [0]);
        assert_eq!(passes("blocks.2#1.attn.z"), [0]);
        assert_eq!(passes("blocks.2#3.attn.z"), [2]);
        assert_eq!(passes("blocks.2#*.attn.z"), [0, 1, 2]);
        assert_eq!(passes("blocks.*.attn.z"), [0, 1, 2]);
        assert_eq!(passes("blocks.3#*.attn.z"), [0; 0]);
    }

    #[test]
    fn a_name_of_nothing_says_what_there_is() {
        let error = "blocks.x.attn".parse::<Site>().unwrap_err().to_string();
        assert!(error.contains("attn.pattern"), "{error}");
    }

    #[test]
    fn a_star_stands_for_any_run() {
        let named = |pattern: &str| {
            Site::all(2)
                .into_iter()
                .filter(|&it| SitePattern::from(pattern).matches(it))
                .map(|it| it.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(named("blocks.*.attn.q"), ["blocks.0.attn.q", "blocks.1.attn.q"]);
        assert_eq!(named("*mid"), ["blocks.0.resid_mid", "blocks.1.resid_mid"]);
        assert_eq!(named("logits"), ["logits"]);
        assert_eq!(named("*").len(), Site::all(2).len());
        assert!(named("logit").is_empty());
    }
}
