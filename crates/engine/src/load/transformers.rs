//! Configs and names of weights as the Python package `transformers` writes them, in our terms.
//!
//! A config that we cannot honour exactly is refused with the reason, never approximated: every key
//! is either read here, or fixed to the one value that we compute, or known to change no number
//! (`tables`), or an error. Reads no files.

mod error; // start here

mod keys;
mod names;
mod rotary;
mod tables;
mod take;

pub use error::ImportError;
pub(super) use names::{PREFIXES, Rename, UNEMBEDDINGS, is_ignorable};
pub(super) use take::take;

use keys::Keys;
use rotary::{RopeKeys, rotary};
use tables::{ACTIVATIONS, COMMON, Family};

use crate::model::{
    Activation, Bias, CONFIG_VERSION, Mamba2Config, MambaConfig, Mask, Mixer, MlpKind,
    NetworkConfig, Norm, Placement, Positions, Residual, SsmConfig, Unembed,
};

/// A checkpoint of theirs as a network of ours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Imported {
    pub(super) config: NetworkConfig,
    /// Where each of our weights comes from, each of ours once.
    pub(super) names: Vec<Rename>,
}

/// The network that the text of a `config.json` says, and where its weights are found.
///
/// # Errors
/// [`ImportError`] of the first key that is missing, broken, or asks for what we do not compute.
///
/// # Source
/// `transformers` 5.23 (`configuration_*.py`, `modeling_*.py` of each model), whose defaults stand
/// where the config is silent.
pub(super) fn import(config_json: &str) -> Result<Imported, ImportError> {
    let mut keys = Keys::parse(config_json)?;
    let model_type =
        keys.text("model_type")?.ok_or_else(|| ImportError::Missing("model_type".to_owned()))?;
    let family = Family::named(&model_type).ok_or(ImportError::Architecture(model_type))?;
    for fixed in COMMON.fixed.iter().chain(family.keys().fixed) {
        keys.hold(fixed)?;
    }
    let config = match family {
        Family::Gpt2 => gpt2(&mut keys),
        Family::GptNeox => gpt_neox(&mut keys),
        Family::Llama => llama(&mut keys),
        Family::Mamba => mamba(&mut keys),
        Family::Mamba2 => mamba2(&mut keys),
    }?;
    keys.finish(|key| COMMON.harmless.contains(&key) || family.keys().harmless.contains(&key))?;
    config.check()?;
    let names = names::renames(family, &config);
    Ok(Imported { config, names })
}

fn gpt2(keys: &mut Keys) -> Result<NetworkConfig, ImportError> {
    let d_model = keys.needed_count("n_embd")?;
    let n_ctx = keys.needed_count("n_positions")?;
    keys.agree("n_ctx", n_ctx as f64)?;
    Ok(NetworkConfig {
        version: CONFIG_VERSION,
        n_layers: keys.needed_count("n_layer")?,
        d_model,
        n_heads: keys.needed_count("n_head")?,
        n_kv_heads: None,
        d_head: None,
        d_mlp: keys.count("n_inner")?.unwrap_or(d_model.saturating_mul(4)),
        d_vocab: keys.needed_count("vocab_size")?,
        n_ctx,
        positions: Positions::Learned,
        norm: Norm::LayerNorm { epsilon: keys.number("layer_norm_epsilon")?.unwrap_or(1e-5) },
        placement: Placement::Pre,
        residual: Residual::Serial,
        mask: Mask::Causal,
        mixers: Vec::new(),
        mlp: MlpKind::Plain { activation: activation(keys, "activation_function", "gelu_new")? },
        bias: Bias { qkv: true, attn_out: true, mlp: true, unembed: false },
        unembed: unembed(keys, true)?,
    })
}

fn gpt_neox(keys: &mut Keys) -> Result<NetworkConfig, ImportError> {
    let rope =
        RopeKeys { theta: "rotary_emb_base", fraction: Some("rotary_pct"), default_fraction: 0.25 };
    let is_parallel = keys.flag("use_parallel_residual")?.unwrap_or(true);
    let has_bias = keys.flag("attention_bias")?.unwrap_or(true);
    Ok(NetworkConfig {
        version: CONFIG_VERSION,
        n_layers: keys.needed_count("num_hidden_layers")?,
        d_model: keys.needed_count("hidden_size")?,
        n_heads: keys.needed_count("num_attention_heads")?,
        n_kv_heads: None,
        d_head: None,
        d_mlp: keys.needed_count("intermediate_size")?,
        d_vocab: keys.needed_count("vocab_size")?,
        n_ctx: keys.needed_count("max_position_embeddings")?,
        positions: rotary(keys, &rope)?,
        norm: Norm::LayerNorm { epsilon: keys.number("layer_norm_eps")?.unwrap_or(1e-5) },
        placement: Placement::Pre,
        residual: if is_parallel { Residual::Parallel } else { Residual::Serial },
        mask: Mask::Causal,
        mixers: Vec::new(),
        mlp: MlpKind::Plain { activation: activation(keys, "hidden_act", "gelu")? },
        bias: Bias { qkv: has_bias, attn_out: has_bias, mlp: true, unembed: false },
        unembed: unembed(keys, false)?,
    })
}

fn llama(keys: &mut Keys) -> Result<NetworkConfig, ImportError> {
    let rope = RopeKeys { theta: "rope_theta", fraction: None, default_fraction: 1.0 };
    let has_bias = keys.flag("attention_bias")?.unwrap_or(false);
    let has_mlp_bias = keys.flag("mlp_bias")?.unwrap_or(false);
    Ok(NetworkConfig {
        version: CONFIG_VERSION,
        n_layers: keys.needed_count("num_hidden_layers")?,
        d_model: keys.needed_count("hidden_size")?,
        n_heads: keys.needed_count("num_attention_heads")?,
        n_kv_heads: keys.count("num_key_value_heads")?,
        d_head: keys.count("head_dim")?,
        d_mlp: keys.needed_count("intermediate_size")?,
        d_vocab: keys.needed_count("vocab_size")?,
        n_ctx: keys.needed_count("max_position_embeddings")?,
        positions: rotary(keys, &rope)?,
        norm: Norm::RmsNorm { epsilon: keys.number("rms_norm_eps")?.unwrap_or(1e-6) },
        placement: Placement::Pre,
        residual: Residual::Serial,
        mask: Mask::Causal,
        mixers: Vec::new(),
        mlp: MlpKind::Gated { activation: activation(keys, "hidden_act", "silu")? },
        bias: Bias { qkv: has_bias, attn_out: has_bias, mlp: has_mlp_bias, unembed: false },
        unembed: unembed(keys, false)?,
    })
}

/// A network of theirs whose blocks are one mixer each.
fn recurrent(keys: &mut Keys, is_tied: bool) -> Result<NetworkConfig, ImportError> {
    let d_model = keys.needed_count("hidden_size")?;
    keys.agree("d_model", d_model as f64)?;
    let n_layers = keys.needed_count("num_hidden_layers")?;
    keys.agree("n_layer", n_layers as f64)?;
    Ok(NetworkConfig {
        version: CONFIG_VERSION,
        n_layers,
        d_model,
        n_heads: 0,
        n_kv_heads: None,
        d_head: None,
        d_mlp: 0,
        d_vocab: keys.needed_count("vocab_size")?,
        n_ctx: RECURRENT_CONTEXT,
        positions: Positions::None,
        norm: Norm::RmsNorm { epsilon: keys.number("layer_norm_epsilon")?.unwrap_or(1e-5) },
        placement: Placement::Pre,
        residual: Residual::Serial,
        mask: Mask::Causal,
        mixers: Vec::new(),
        mlp: MlpKind::None,
        bias: Bias { qkv: false, attn_out: false, mlp: false, unembed: false },
        unembed: unembed(keys, is_tied)?,
    })
}

/// A recurrence reads on without end, and its config names no length. What is kept of a run of
/// this many positions still fits the memory of small machines.
const RECURRENT_CONTEXT: usize = 8192;

fn mamba(keys: &mut Keys) -> Result<NetworkConfig, ImportError> {
    let config = recurrent(keys, true)?;
    let d_inner = config.d_model * keys.count("expand")?.unwrap_or(2);
    keys.agree("intermediate_size", d_inner as f64)?;
    keys.agree("d_inner", d_inner as f64)?;
    let mixer = SsmConfig::Mamba(MambaConfig {
        d_inner,
        d_state: keys.count("state_size")?.unwrap_or(16),
        d_conv: keys.count("conv_kernel")?.unwrap_or(4),
        dt_rank: keys.count_or_auto("time_step_rank")?.unwrap_or(config.d_model.div_ceil(16)),
        bias: keys.flag("use_bias")?.unwrap_or(false),
        conv_bias: keys.flag("use_conv_bias")?.unwrap_or(true),
    });
    Ok(NetworkConfig { mixers: vec![Mixer::Ssm(mixer)], ..config })
}

fn mamba2(keys: &mut Keys) -> Result<NetworkConfig, ImportError> {
    let config = recurrent(keys, false)?;
    let n_heads = keys.count("num_heads")?.unwrap_or(128);
    let d_head = keys.count("head_dim")?.unwrap_or(64);
    let expanded = config.d_model * keys.count("expand")?.unwrap_or(2);
    if expanded != n_heads * d_head {
        let says = (n_heads * d_head) as f64;
        return Err(ImportError::disagree("num_heads · head_dim", says, expanded as f64));
    }
    let [min_step, max_step] = keys.limits("time_step_limit")?;
    let mixer = SsmConfig::Mamba2(Mamba2Config {
        n_heads,
        d_head,
        d_state: keys.count("state_size")?.unwrap_or(128),
        n_groups: keys.count("n_groups")?.unwrap_or(8),
        d_conv: keys.count("conv_kernel")?.unwrap_or(4),
        bias: keys.flag("use_bias")?.unwrap_or(false),
        conv_bias: keys.flag("use_conv_bias")?.unwrap_or(true),
        min_step: min_step.unwrap_or(0.0),
        max_step,
    });
    Ok(NetworkConfig { mixers: vec![Mixer::Ssm(mixer)], ..config })
}

fn activation(keys: &mut Keys, key: &str, default: &str) -> Result<Activation, ImportError> {
    let name = keys.text(key)?.unwrap_or_else(|| default.to_owned());
    let row = ACTIVATIONS.iter().find(|row| row.0 == name);
    row.map(|row| row.1).ok_or(ImportError::Activation(name))
}

fn unembed(keys: &mut Keys, default: bool) -> Result<Unembed, ImportError> {
    let is_tied = keys.flag("tie_word_embeddings")?.unwrap_or(default);
    Ok(if is_tied { Unembed::Tied } else { Unembed::Own })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// As on the Hub: written by an early version, by 4.24 and by 4.40.
    const GPT2: &str = r#"{"activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1, "bos_token_id": 50256, "embd_pdrop": 0.1, "eos_token_id": 50256,
        "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_ctx": 1024,
        "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "resid_pdrop": 0.1,
        "summary_activation": null, "summary_first_dropout": 0.1, "summary_proj_to_labels": true,
        "summary_type": "cls_index", "summary_use_proj": true, "task_specific_params":
        {"text-generation": {"do_sample": true, "max_length": 50}}, "vocab_size": 50257}"#;
    const PYTHIA: &str = r#"{"architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0,
        "eos_token_id": 0, "hidden_act": "gelu", "hidden_size": 512, "initializer_range": 0.02,
        "intermediate_size": 2048, "layer_norm_eps": 1e-05, "max_position_embeddings": 2048,
        "model_type": "gpt_neox", "num_attention_heads": 8, "num_hidden_layers": 6,
        "rotary_emb_base": 10000, "rotary_pct": 0.25, "tie_word_embeddings": false,
        "torch_dtype": "float16", "transformers_version": "4.24.0", "use_cache": true,
        "use_parallel_residual": true, "vocab_size": 50304}"#;
    const SMOLLM: &str = r#"{"architectures": ["LlamaForCausalLM"], "attention_bias": false,
        "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "silu",
        "hidden_size": 576, "initializer_range": 0.04, "intermediate_size": 1536,
        "is_llama_config": true, "max_position_embeddings": 8192, "model_type": "llama",
        "num_attention_heads": 9, "num_hidden_layers": 30, "num_key_value_heads": 3,
        "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_interleaved": false, "rope_scaling": null,
        "rope_theta": 100000, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
        "transformers_version": "4.40.1", "use_cache": true, "vocab_size": 49152}"#;

    /// `base` with some keys set, or taken out where the value is the text "absent".
    fn with(base: &str, changes: &Value) -> String {
        let mut config: Value = serde_json::from_str(base).unwrap();
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
            if value == "absent" {
                config.as_object_mut().unwrap().remove(key);
            }
        }
        config.to_string()
    }

    fn config_of(base: &str, changes: &Value) -> NetworkConfig {
        import(&with(base, changes)).unwrap().config
    }

    #[test]
    fn configs_of_the_hub_are_networks_of_ours() {
        let gpt2 = NetworkConfig {
            version: CONFIG_VERSION,
            n_layers: 12,
            d_model: 768,
            n_heads: 12,
            n_kv_heads: None,
            d_head: None,
            d_mlp: 3072,
            d_vocab: 50257,
            n_ctx: 1024,
            positions: Positions::Learned,
            norm: Norm::LayerNorm { epsilon: 1e-5 },
            placement: Placement::Pre,
            residual: Residual::Serial,
            mask: Mask::Causal,
            mixers: Vec::new(),
            mlp: MlpKind::Plain { activation: Activation::GeluTanh },
            bias: Bias { qkv: true, attn_out: true, mlp: true, unembed: false },
            unembed: Unembed::Tied,
        };
        let pythia = NetworkConfig {
            n_layers: 6,
            d_model: 512,
            n_heads: 8,
            d_mlp: 2048,
            d_vocab: 50304,
            n_ctx: 2048,
            positions: Positions::Rope { theta: 1e4, fraction: 0.25, interleaved: false },
            residual: Residual::Parallel,
            mlp: MlpKind::Plain { activation: Activation::Gelu },
            unembed: Unembed::Own,
            ..gpt2.clone()
        };
        let smollm = NetworkConfig {
            n_layers: 30,
            d_model: 576,
            n_heads: 9,
            n_kv_heads: Some(3),
            d_mlp: 1536,
            d_vocab: 49152,
            n_ctx: 8192,
            positions: Positions::Rope { theta: 1e5, fraction: 1.0, interleaved: false },
            norm: Norm::RmsNorm { epsilon: 1e-5 },
            mlp: MlpKind::Gated { activation: Activation::Silu },
            bias: Bias { qkv: false, attn_out: false, mlp: false, unembed: false },
            ..gpt2.clone()
        };
        for (base, expected) in [(GPT2, gpt2), (PYTHIA, pythia), (SMOLLM, smollm)] {
            assert_eq!(config_of(base, &json!({})), expected);
        }
    }

    #[test]
    fn every_switch_is_read() {
        let gpt2 = json!({"activation_function": "relu", "n_inner": 10, "layer_norm_epsilon": 0.1,
            "tie_word_embeddings": false, "n_ctx": "absent"});
        let config = config_of(GPT2, &gpt2);
        assert_eq!(config.mlp, MlpKind::Plain { activation: Activation::Relu });
        assert_eq!((config.d_mlp, config.unembed), (10, Unembed::Own));
        assert_eq!(config.norm, Norm::LayerNorm { epsilon: 0.1 });

        let neox = json!({"use_parallel_residual": false, "attention_bias": false,
            "hidden_act": "swish", "tie_word_embeddings": true, "layer_norm_eps": 0.1});
        let config = config_of(PYTHIA, &neox);
        assert_eq!((config.residual, config.unembed), (Residual::Serial, Unembed::Tied));
        assert_eq!(config.mlp, MlpKind::Plain { activation: Activation::Silu });
        assert_eq!(config.bias, Bias { qkv: false, attn_out: false, mlp: true, unembed: false });
        assert_eq!(config.norm, Norm::LayerNorm { epsilon: 0.1 });

        let llama = json!({"attention_bias": true, "mlp_bias": true, "head_dim": 32,
            "hidden_act": "gelu_pytorch_tanh", "num_key_value_heads": null,
            "tie_word_embeddings": "absent", "rms_norm_eps": "absent"});
        let config = config_of(SMOLLM, &llama);
        assert_eq!(config.bias, Bias { qkv: true, attn_out: true, mlp: true, unembed: false });
        assert_eq!((config.d_head, config.n_kv_heads()), (Some(32), 9));
        assert_eq!(config.mlp, MlpKind::Gated { activation: Activation::GeluTanh });
        assert_eq!(config.unembed, Unembed::Own);
        assert_eq!(config.norm, Norm::RmsNorm { epsilon: 1e-6 });
    }

    #[test]
    fn rotation_is_read_in_every_spelling() {
        let cases = [
            (PYTHIA, json!({"rotary_pct": 0.5, "rotary_emb_base": 500}), 500.0, 0.5),
            (PYTHIA, json!({"rotary_pct": "absent", "rotary_emb_base": "absent"}), 1e4, 0.25),
            (PYTHIA, json!({"rope_theta": 1e4, "partial_rotary_factor": 0.25}), 1e4, 0.25),
            (
                PYTHIA,
                json!({"rotary_pct": "absent", "rotary_emb_base": "absent", "rope_parameters":
                    {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 0.5}}),
                500.0,
                0.5,
            ),
            (SMOLLM, json!({"rope_theta": "absent"}), 1e4, 1.0),
            (SMOLLM, json!({"rope_scaling": {"type": "default"}}), 1e5, 1.0),
            (
                SMOLLM,
                json!({"rope_theta": "absent", "rope_scaling": "absent", "rope_parameters":
                    {"rope_type": "default", "rope_theta": 100.0}}),
                100.0,
                1.0,
            ),
        ];
        for (base, changes, theta, fraction) in cases {
            let expected = Positions::Rope { theta, fraction, interleaved: false };
            assert_eq!(config_of(base, &changes).positions, expected, "{changes}");
        }
    }

    #[test]
    fn what_we_do_not_compute_is_refused_by_name() {
        let default = json!({"rope_type": "default"});
        let cases = [
            (GPT2, json!({"model_type": "bloom"}), "bloom cannot be opened; choose one of"),
            (GPT2, json!({"model_type": "absent"}), "lacks model_type"),
            (GPT2, json!({"n_layer": "absent"}), "lacks n_layer"),
            (GPT2, json!({"n_layer": 1.5}), "n_layer is 1.5, where a whole number belongs"),
            (GPT2, json!({"n_layer": 0}), "n_layers must be at least 1"),
            (GPT2, json!({"n_head": 11}), "does not divide by 11 heads"),
            (GPT2, json!({"n_ctx": 512}), "n_ctx is 512, and `transformers` goes by 1024"),
            (GPT2, json!({"tie_word_embeddings": null}), "where true or false belongs"),
            (GPT2, json!({"scale_attn_weights": false}), "not divided by √d_head"),
            (GPT2, json!({"scale_attn_weights": null}), "not divided by √d_head"),
            (GPT2, json!({"scale_attn_by_inverse_layer_idx": true}), "number of the block"),
            (GPT2, json!({"add_cross_attention": true}), "a second network"),
            (GPT2, json!({"is_encoder_decoder": true}), "an encoder and a decoder"),
            (GPT2, json!({"is_causal": false}), "later keys"),
            (GPT2, json!({"pruned_heads": {"0": [1]}}), "heads were cut out"),
            (GPT2, json!({"auto_map": {"AutoModel": "m.M"}}), "code of its own"),
            (GPT2, json!({"activation_function": "mish"}), "activation mish is not"),
            (GPT2, json!({"hidden_size": 9}), "the key hidden_size (9)"),
            (GPT2, json!({"logit_scale": 2.0}), "the key logit_scale (2.0)"),
            (PYTHIA, json!({"rope_scaling": {"type": "linear", "factor": 2.0}}), "rescaled angles"),
            (PYTHIA, json!({"rope_scaling": {"factor": 2.0}}), "the key rope_scaling.factor (2.0)"),
            (PYTHIA, json!({"rope_theta": 500.0}), "rope_theta is 500, and `transformers` goes by"),
            (PYTHIA, json!({"rotary_pct": 2.0}), "between 0 and 1"),
            (PYTHIA, json!({"rotary_pct": 0.05}), "a rotated width of 3 is odd"),
            (PYTHIA, json!({"head_dim": 4}), "the key head_dim (4)"),
            (PYTHIA, json!({"hidden_act": "quick_gelu"}), "quick_gelu"),
            (PYTHIA, json!({"quantization_config": {"bits": 4}}), "a few bits each"),
            (SMOLLM, json!({"rope_parameters": {"rope_type": "llama3"}}), "rescaled angles"),
            (SMOLLM, json!({"rope_parameters": {"full_attention": default}}), "full_attention"),
            (SMOLLM, json!({"rope_parameters": {"rope_theta": 7.0}}), "rope_theta is 100000"),
            (SMOLLM, json!({"rope_parameters": default, "rope_scaling": default}), "both rope"),
            (SMOLLM, json!({"rope_parameters": {"rope_type": null}}), "rope_type is null"),
            (SMOLLM, json!({"partial_rotary_factor": 0.5}), "partial_rotary_factor is 0.5"),
            (SMOLLM, json!({"rope_scaling": {"partial_rotary_factor": 0.5}}), "goes by 1"),
            (SMOLLM, json!({"rope_interleaved": true}), "neighbours and not halves"),
            (SMOLLM, json!({"pretraining_tp": 2}), "cut into slices"),
            (SMOLLM, json!({"sliding_window": 128}), "the keys nearest"),
            (SMOLLM, json!({"use_sliding_window": true}), "the keys nearest"),
            (SMOLLM, json!({"attention_chunk_size": 128}), "their own chunk"),
            (SMOLLM, json!({"per_layer_config": {"0": {}}}), "differ from one another"),
            (SMOLLM, json!({"num_key_value_heads": 2}), "9 heads cannot share 2"),
            (SMOLLM, json!({"scale_attn_weights": true}), "the key scale_attn_weights (true)"),
        ];
        for (base, changes, expected) in cases {
            let said = import(&with(base, &changes)).map(|it| it.config.version);
            let said = said.expect_err(&changes.to_string()).to_string();
            assert!(said.contains(expected), "{changes}: {said}");
        }
    }

    #[test]
    fn a_text_that_is_no_config_is_an_error() {
        for text in ["", "[]", "{", "{\"n_layer\": NaN}"] {
            assert!(matches!(import(text), Err(ImportError::NotJson(_))), "{text}");
        }
    }
}
