//! Their names of weights, and ours.

use super::{tables::Family, take::Take};
use crate::model::{
    Mamba2Config, MambaConfig, MlpKind, NetworkConfig, Norm, Positions, SsmConfig, Unembed,
};

/// Where one of our weights comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::load) struct Rename {
    pub(in crate::load) ours: String,
    /// Their name, without the prefix that some files have: see [`PREFIXES`].
    pub(in crate::load) theirs: String,
    pub(in crate::load) take: Take,
}

/// What may stand before any of their names: nothing where the bare model was saved, else the name
/// that the model with its unembedding gives it. `lm_head` and `embed_out` never have one.
pub(in crate::load) const PREFIXES: [&str; 5] =
    ["", "transformer.", "gpt_neox.", "model.", "backbone."];

/// What the unembedding may be called.
pub(in crate::load) const UNEMBEDDINGS: [&str; 2] = ["lm_head.weight", "embed_out.weight"];

/// Whether a tensor that no [`Rename`] asks for may be passed over: masks and frequencies that old
/// versions saved, and the unembedding of a tied network, which is the embedding again.
pub(in crate::load) fn is_ignorable(name: &str, config: &NetworkConfig) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    match parts[..] {
        [.., "attn" | "attention", "bias" | "masked_bias"] => true,
        [.., "rotary_emb", "inv_freq"] => true,
        _ => config.unembed == Unembed::Tied && UNEMBEDDINGS.contains(&name),
    }
}

/// What a family calls its parts.
struct Spelling {
    embed: &'static str,
    blocks: &'static str,
    norm1: &'static str,
    norm2: &'static str,
    final_norm: &'static str,
    unembed: &'static str,
    /// Ours and theirs, of every matrix of a block but query, key and value where those are fused.
    matrices: &'static [(&'static str, &'static str)],
    /// Whether theirs are `[d_out, d_in]`.
    is_transposed: bool,
}

const GPT2: Spelling = Spelling {
    embed: "wte",
    blocks: "h",
    norm1: "ln_1",
    norm2: "ln_2",
    final_norm: "ln_f",
    unembed: "lm_head",
    matrices: &[("attn.output", "attn.c_proj"), ("mlp.up", "mlp.c_fc"), ("mlp.down", "mlp.c_proj")],
    is_transposed: false,
};

const GPT_NEOX: Spelling = Spelling {
    embed: "embed_in",
    blocks: "layers",
    norm1: "input_layernorm",
    norm2: "post_attention_layernorm",
    final_norm: "final_layer_norm",
    unembed: "embed_out",
    matrices: &[
        ("attn.output", "attention.dense"),
        ("mlp.up", "mlp.dense_h_to_4h"),
        ("mlp.down", "mlp.dense_4h_to_h"),
    ],
    is_transposed: true,
};

const LLAMA: Spelling = Spelling {
    embed: "embed_tokens",
    blocks: "layers",
    norm1: "input_layernorm",
    norm2: "post_attention_layernorm",
    final_norm: "norm",
    unembed: "lm_head",
    matrices: &[
        ("attn.query", "self_attn.q_proj"),
        ("attn.key", "self_attn.k_proj"),
        ("attn.value", "self_attn.v_proj"),
        ("attn.output", "self_attn.o_proj"),
        ("mlp.gate", "mlp.gate_proj"),
        ("mlp.up", "mlp.up_proj"),
        ("mlp.down", "mlp.down_proj"),
    ],
    is_transposed: true,
};

/// Of both Mambas; their matrices are said apart.
const RECURRENT: Spelling = Spelling {
    embed: "embeddings",
    blocks: "layers",
    norm1: "norm",
    norm2: "",
    final_norm: "norm_f",
    unembed: "lm_head",
    matrices: &[],
    is_transposed: true,
};

/// Where each weight of the network comes from, each of ours once.
pub(super) fn renames(family: Family, config: &NetworkConfig) -> Vec<Rename> {
    let spelling = match family {
        Family::Gpt2 => &GPT2,
        Family::GptNeox => &GPT_NEOX,
        Family::Llama => &LLAMA,
        Family::Mamba | Family::Mamba2 => &RECURRENT,
    };
    let mut names = Names { all: Vec::new(), config };
    names.add("embed.weight", format!("{}.weight", spelling.embed), Take::AsIs);
    if config.positions == Positions::Learned {
        names.add("pos_embed.weight", "wpe.weight".to_owned(), Take::AsIs);
    }
    for layer in 0..config.n_layers {
        let ours = format!("blocks.{layer}");
        let theirs = format!("{}.{layer}", spelling.blocks);
        names.add_norm(&format!("{ours}.norm1"), &format!("{theirs}.{}", spelling.norm1));
        for (part, name) in ["query", "key", "value"].into_iter().enumerate() {
            let Some((fused, how)) = fused(family, config, part) else { break };
            let ours = format!("{ours}.attn.{name}");
            names.add_matrix(&ours, &format!("{theirs}.{fused}"), [how, how]);
        }
        if config.mlp != MlpKind::None {
            names.add_norm(&format!("{ours}.norm2"), &format!("{theirs}.{}", spelling.norm2));
        }
        let weight = if spelling.is_transposed { Take::Transpose } else { Take::AsIs };
        if let Some(ssm) = config.ssm(layer) {
            names.add_ssm(&ssm, &format!("{ours}.ssm"), &format!("{theirs}.mixer"));
        }
        for (our, their) in spelling.matrices {
            let (ours, theirs) = (format!("{ours}.{our}"), format!("{theirs}.{their}"));
            names.add_matrix(&ours, &theirs, [weight, Take::AsIs]);
        }
    }
    names.add_norm("final_norm", spelling.final_norm);
    if config.unembed == Unembed::Own {
        names.add("unembed.weight", format!("{}.weight", spelling.unembed), Take::Transpose);
    }
    names.all
}

/// The tensor in which a family keeps query, key and value together, and how to take `part` of it.
fn fused(family: Family, config: &NetworkConfig, part: usize) -> Option<(&'static str, Take)> {
    let (n_heads, d_head) = (config.n_heads, config.d_head());
    let width = n_heads * d_head;
    match family {
        Family::Gpt2 => {
            Some(("attn.c_attn", Take::Columns { from: part * width, to: (part + 1) * width }))
        }
        Family::GptNeox => {
            Some(("attention.query_key_value", Take::NeoxPart { part, n_heads, d_head }))
        }
        Family::Llama | Family::Mamba | Family::Mamba2 => None,
    }
}

struct Names<'a> {
    all: Vec<Rename>,
    config: &'a NetworkConfig,
}

impl Names<'_> {
    fn add(&mut self, ours: &str, theirs: String, take: Take) {
        self.all.push(Rename { ours: ours.to_owned(), theirs, take });
    }

    fn add_norm(&mut self, ours: &str, theirs: &str) {
        self.add(&format!("{ours}.gain"), format!("{theirs}.weight"), Take::AsIs);
        if matches!(self.config.norm, Norm::LayerNorm { .. }) {
            self.add(&format!("{ours}.bias"), format!("{theirs}.bias"), Take::AsIs);
        }
    }

    /// A matrix, and its bias where the network has one; `[weight, bias]` says how each is taken.
    fn add_matrix(&mut self, ours: &str, theirs: &str, [weight, bias]: [Take; 2]) {
        self.add(&format!("{ours}.weight"), format!("{theirs}.weight"), weight);
        if self.has_bias(ours) {
            self.add(&format!("{ours}.bias"), format!("{theirs}.bias"), bias);
        }
    }

    fn add_ssm(&mut self, ssm: &SsmConfig, ours: &str, theirs: &str) {
        match ssm {
            SsmConfig::Mamba(it) => self.add_mamba(it, ours, theirs),
            SsmConfig::Mamba2(it) => self.add_mamba2(it, ours, theirs),
            _ => {}
        }
    }

    fn add_mamba(&mut self, mamba: &MambaConfig, ours: &str, theirs: &str) {
        let MambaConfig { d_inner, d_state, dt_rank, bias, conv_bias, .. } = *mamba;
        self.add_rows(
            ours,
            &format!("{theirs}.in_proj"),
            bias,
            &[("in_x", d_inner), ("in_gate", d_inner)],
        );
        self.add_conv(ours, theirs, conv_bias);
        self.add_rows(
            ours,
            &format!("{theirs}.x_proj"),
            false,
            &[("step_down", dt_rank), ("write", d_state), ("read", d_state)],
        );
        self.add_rows(ours, &format!("{theirs}.dt_proj"), true, &[("step_up", d_inner)]);
        self.add(&format!("{ours}.a_log"), format!("{theirs}.A_log"), Take::AsIs);
        self.add(&format!("{ours}.skip"), format!("{theirs}.D"), Take::AsIs);
        let d_model = self.config.d_model;
        self.add_rows(ours, &format!("{theirs}.out_proj"), bias, &[("output", d_model)]);
    }

    fn add_mamba2(&mut self, mamba: &Mamba2Config, ours: &str, theirs: &str) {
        let Mamba2Config { n_heads, d_head, d_state, n_groups, bias, conv_bias, .. } = *mamba;
        let d_inner = n_heads * d_head;
        self.add_rows(
            ours,
            &format!("{theirs}.in_proj"),
            bias,
            &[
                ("in_gate", d_inner),
                ("in_conv", d_inner + 2 * n_groups * d_state),
                ("in_step", n_heads),
            ],
        );
        self.add_conv(ours, theirs, conv_bias);
        for (our, their) in [
            ("step_bias", "dt_bias"),
            ("a_log", "A_log"),
            ("skip", "D"),
            ("norm.gain", "norm.weight"),
        ] {
            self.add(&format!("{ours}.{our}"), format!("{theirs}.{their}"), Take::AsIs);
        }
        let d_model = self.config.d_model;
        self.add_rows(ours, &format!("{theirs}.out_proj"), bias, &[("output", d_model)]);
    }

    fn add_conv(&mut self, ours: &str, theirs: &str, has_bias: bool) {
        self.add(&format!("{ours}.conv.weight"), format!("{theirs}.conv1d.weight"), Take::Taps);
        if has_bias {
            self.add(&format!("{ours}.conv.bias"), format!("{theirs}.conv1d.bias"), Take::AsIs);
        }
    }

    /// Matrices that theirs keeps as rows of one, with their widths.
    fn add_rows(&mut self, ours: &str, theirs: &str, has_bias: bool, parts: &[(&str, usize)]) {
        let mut from = 0;
        for (name, width) in parts {
            let take = Take::Rows { from, to: from + width };
            self.add(&format!("{ours}.{name}.weight"), format!("{theirs}.weight"), take);
            if has_bias {
                self.add(&format!("{ours}.{name}.bias"), format!("{theirs}.bias"), take);
            }
            from += width;
        }
    }

    fn has_bias(&self, ours: &str) -> bool {
        let bias = self.config.bias;
        if ours.ends_with("attn.output") {
            bias.attn_out
        } else if ours.contains(".attn.") {
            bias.qkv
        } else {
            bias.mlp
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bias, Mixer, Positions};

    fn tiny(unembed: Unembed) -> NetworkConfig {
        let sizes = r#"{"version": 1, "n_layers": 1, "d_model": 6, "n_heads": 3, "d_mlp": 8,
            "d_vocab": 5, "n_ctx": 4}"#;
        let config: NetworkConfig = serde_json::from_str(sizes).unwrap();
        NetworkConfig { unembed, ..config }
    }

    /// Each rename as "ours ← theirs", and how where it is not as it is.
    fn check(family: Family, config: &NetworkConfig, expected: &[&str]) {
        let said = renames(family, config).into_iter().map(|it| match it.take {
            Take::AsIs => format!("{} < {}", it.ours, it.theirs),
            Take::Transpose => format!("{} < {} transposed", it.ours, it.theirs),
            Take::Columns { from, to } => format!("{} < {} {from}..{to}", it.ours, it.theirs),
            Take::Rows { from, to } => format!("{} < {} rows {from}..{to}", it.ours, it.theirs),
            Take::Taps => format!("{} < {} taps", it.ours, it.theirs),
            Take::NeoxPart { part, n_heads, d_head } => {
                format!("{} < {} {part} {n_heads}x{d_head}", it.ours, it.theirs)
            }
        });
        assert_eq!(said.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn gpt2_keeps_query_key_and_value_side_by_side() {
        let expected = [
            "embed.weight < wte.weight",
            "pos_embed.weight < wpe.weight",
            "blocks.0.norm1.gain < h.0.ln_1.weight",
            "blocks.0.norm1.bias < h.0.ln_1.bias",
            "blocks.0.attn.query.weight < h.0.attn.c_attn.weight 0..6",
            "blocks.0.attn.query.bias < h.0.attn.c_attn.bias 0..6",
            "blocks.0.attn.key.weight < h.0.attn.c_attn.weight 6..12",
            "blocks.0.attn.key.bias < h.0.attn.c_attn.bias 6..12",
            "blocks.0.attn.value.weight < h.0.attn.c_attn.weight 12..18",
            "blocks.0.attn.value.bias < h.0.attn.c_attn.bias 12..18",
            "blocks.0.norm2.gain < h.0.ln_2.weight",
            "blocks.0.norm2.bias < h.0.ln_2.bias",
            "blocks.0.attn.output.weight < h.0.attn.c_proj.weight",
            "blocks.0.attn.output.bias < h.0.attn.c_proj.bias",
            "blocks.0.mlp.up.weight < h.0.mlp.c_fc.weight",
            "blocks.0.mlp.up.bias < h.0.mlp.c_fc.bias",
            "blocks.0.mlp.down.weight < h.0.mlp.c_proj.weight",
            "blocks.0.mlp.down.bias < h.0.mlp.c_proj.bias",
            "final_norm.gain < ln_f.weight",
            "final_norm.bias < ln_f.bias",
        ];
        check(Family::Gpt2, &tiny(Unembed::Tied), &expected);
        let untied = renames(Family::Gpt2, &tiny(Unembed::Own)).pop();
        let [ours, theirs] = ["unembed.weight", "lm_head.weight"].map(str::to_owned);
        assert_eq!(untied, Some(Rename { ours, theirs, take: Take::Transpose }));
    }

    #[test]
    fn gpt_neox_keeps_the_three_of_a_head_together() {
        let positions = Positions::Rope { theta: 1e4, fraction: 1.0, interleaved: false };
        let bias = Bias { qkv: false, attn_out: false, mlp: true, unembed: false };
        let expected = [
            "embed.weight < embed_in.weight",
            "blocks.0.norm1.gain < layers.0.input_layernorm.weight",
            "blocks.0.norm1.bias < layers.0.input_layernorm.bias",
            "blocks.0.attn.query.weight < layers.0.attention.query_key_value.weight 0 3x2",
            "blocks.0.attn.key.weight < layers.0.attention.query_key_value.weight 1 3x2",
            "blocks.0.attn.value.weight < layers.0.attention.query_key_value.weight 2 3x2",
            "blocks.0.norm2.gain < layers.0.post_attention_layernorm.weight",
            "blocks.0.norm2.bias < layers.0.post_attention_layernorm.bias",
            "blocks.0.attn.output.weight < layers.0.attention.dense.weight transposed",
            "blocks.0.mlp.up.weight < layers.0.mlp.dense_h_to_4h.weight transposed",
            "blocks.0.mlp.up.bias < layers.0.mlp.dense_h_to_4h.bias",
            "blocks.0.mlp.down.weight < layers.0.mlp.dense_4h_to_h.weight transposed",
            "blocks.0.mlp.down.bias < layers.0.mlp.dense_4h_to_h.bias",
            "final_norm.gain < final_layer_norm.weight",
            "final_norm.bias < final_layer_norm.bias",
            "unembed.weight < embed_out.weight transposed",
        ];
        check(Family::GptNeox, &NetworkConfig { positions, bias, ..tiny(Unembed::Own) }, &expected);
    }

    #[test]
    fn llama_has_gains_alone_and_a_gate() {
        let positions = Positions::Rope { theta: 1e4, fraction: 1.0, interleaved: false };
        let bias = Bias { qkv: true, attn_out: true, mlp: false, unembed: false };
        let norm = Norm::RmsNorm { epsilon: 1e-6 };
        let expected = [
            "embed.weight < embed_tokens.weight",
            "blocks.0.norm1.gain < layers.0.input_layernorm.weight",
            "blocks.0.norm2.gain < layers.0.post_attention_layernorm.weight",
            "blocks.0.attn.query.weight < layers.0.self_attn.q_proj.weight transposed",
            "blocks.0.attn.query.bias < layers.0.self_attn.q_proj.bias",
            "blocks.0.attn.key.weight < layers.0.self_attn.k_proj.weight transposed",
            "blocks.0.attn.key.bias < layers.0.self_attn.k_proj.bias",
            "blocks.0.attn.value.weight < layers.0.self_attn.v_proj.weight transposed",
            "blocks.0.attn.value.bias < layers.0.self_attn.v_proj.bias",
            "blocks.0.attn.output.weight < layers.0.self_attn.o_proj.weight transposed",
            "blocks.0.attn.output.bias < layers.0.self_attn.o_proj.bias",
            "blocks.0.mlp.gate.weight < layers.0.mlp.gate_proj.weight transposed",
            "blocks.0.mlp.up.weight < layers.0.mlp.up_proj.weight transposed",
            "blocks.0.mlp.down.weight < layers.0.mlp.down_proj.weight transposed",
            "final_norm.gain < norm.weight",
        ];
        check(
            Family::Llama,
            &NetworkConfig { positions, bias, norm, ..tiny(Unembed::Tied) },
            &expected,
        );
    }

    #[test]
    fn mamba_keeps_what_it_reads_in_one_matrix() {
        let mamba = MambaConfig {
            d_inner: 12,
            d_state: 3,
            d_conv: 4,
            dt_rank: 2,
            bias: true,
            conv_bias: true,
        };
        let config = NetworkConfig {
            mixers: vec![Mixer::Ssm(SsmConfig::Mamba(mamba))],
            norm: Norm::RmsNorm { epsilon: 1e-5 },
            mlp: MlpKind::None,
            positions: Positions::None,
            ..tiny(Unembed::Tied)
        };
        let expected = [
            "embed.weight < embeddings.weight",
            "blocks.0.norm1.gain < layers.0.norm.weight",
            "blocks.0.ssm.in_x.weight < layers.0.mixer.in_proj.weight rows 0..12",
            "blocks.0.ssm.in_x.bias < layers.0.mixer.in_proj.bias rows 0..12",
            "blocks.0.ssm.in_gate.weight < layers.0.mixer.in_proj.weight rows 12..24",
            "blocks.0.ssm.in_gate.bias < layers.0.mixer.in_proj.bias rows 12..24",
            "blocks.0.ssm.conv.weight < layers.0.mixer.conv1d.weight taps",
            "blocks.0.ssm.conv.bias < layers.0.mixer.conv1d.bias",
            "blocks.0.ssm.step_down.weight < layers.0.mixer.x_proj.weight rows 0..2",
            "blocks.0.ssm.write.weight < layers.0.mixer.x_proj.weight rows 2..5",
            "blocks.0.ssm.read.weight < layers.0.mixer.x_proj.weight rows 5..8",
            "blocks.0.ssm.step_up.weight < layers.0.mixer.dt_proj.weight rows 0..12",
            "blocks.0.ssm.step_up.bias < layers.0.mixer.dt_proj.bias rows 0..12",
            "blocks.0.ssm.a_log < layers.0.mixer.A_log",
            "blocks.0.ssm.skip < layers.0.mixer.D",
            "blocks.0.ssm.output.weight < layers.0.mixer.out_proj.weight rows 0..6",
            "blocks.0.ssm.output.bias < layers.0.mixer.out_proj.bias rows 0..6",
            "final_norm.gain < norm_f.weight",
        ];
        check(Family::Mamba, &config, &expected);
    }

    #[test]
    fn only_what_repeats_or_masks_is_passed_over() {
        let cases = [
            ("h.0.attn.bias", true, true),
            ("transformer.h.11.attn.masked_bias", true, true),
            ("gpt_neox.layers.0.attention.bias", true, true),
            ("gpt_neox.layers.0.attention.masked_bias", true, true),
            ("gpt_neox.layers.0.attention.rotary_emb.inv_freq", true, true),
            ("model.rotary_emb.inv_freq", true, true),
            ("lm_head.weight", true, false),
            ("embed_out.weight", true, false),
            ("lm_head.bias", false, false),
            ("h.0.attn.c_attn.bias", false, false),
            ("layers.0.attention.dense.bias", false, false),
            ("layers.0.self_attn.bias", false, false),
            ("model.layers.0.self_attn.q_norm.weight", false, false),
            ("score.weight", false, false),
        ];
        for (name, if_tied, if_own) in cases {
            assert_eq!(is_ignorable(name, &tiny(Unembed::Tied)), if_tied, "{name}");
            assert_eq!(is_ignorable(name, &tiny(Unembed::Own)), if_own, "{name}");
        }
    }
}
