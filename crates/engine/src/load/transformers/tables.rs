//! What is known of the keys of configs: the tables that `import` goes by.

use crate::model::Activation;

/// An architecture that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Gpt2,
    GptNeox,
    Llama,
    Mamba,
    Mamba2,
}

impl Family {
    /// Every family by its `model_type`.
    const TABLE: [(Family, &'static str, KeyTable); 5] = [
        (Family::Gpt2, "gpt2", GPT2),
        (Family::GptNeox, "gpt_neox", GPT_NEOX),
        (Family::Llama, "llama", LLAMA),
        (Family::Mamba, "mamba", MAMBA),
        (Family::Mamba2, "mamba2", MAMBA2),
    ];

    pub(super) fn named(model_type: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.1 == model_type).map(|row| row.0)
    }

    /// The keys that this family has beside those of all.
    pub(super) fn keys(self) -> &'static KeyTable {
        &Self::TABLE[self as usize].2
    }
}

pub(super) fn family_names() -> String {
    Family::TABLE.map(|row| row.1).join(", ")
}

/// Keys that `import` need not read.
pub(super) struct KeyTable {
    /// May have one value alone: any other changes the numbers.
    pub fixed: &'static [Fixed],
    /// May have any value: none changes the logits of a prompt, up to rounding.
    pub harmless: &'static [&'static str],
}

/// A key that may have one value alone.
pub(super) struct Fixed {
    pub key: &'static str,
    pub only: Only,
    /// What another value means, as the subject of "which is not computed here".
    pub why: &'static str,
}

/// The value that a key may have.
#[derive(Clone, Copy)]
pub(super) enum Only {
    True,
    /// Or `null`, which is off in Python.
    False,
    One,
    Text(&'static str),
    /// An empty list or object, or `null`.
    Empty,
}

impl Only {
    pub(super) fn text(self) -> &'static str {
        match self {
            Only::True => "true",
            Only::False => "false",
            Only::One => "1",
            Only::Text(text) => text,
            Only::Empty => "empty",
        }
    }
}

const fn fixed(key: &'static str, only: Only, why: &'static str) -> Fixed {
    Fixed { key, only, why }
}

/// Their activations that are ours. `gelu_fast` is `gelu_new` with √(2/π) cut to ten digits, more
/// than a float holds; `quick_gelu` and the like are other functions.
pub(super) const ACTIVATIONS: [(&str, Activation); 7] = [
    ("gelu", Activation::Gelu),
    ("gelu_fast", Activation::GeluTanh),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("relu", Activation::Relu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
];

pub(super) fn activation_names() -> String {
    ACTIVATIONS.map(|row| row.0).join(", ")
}

/// Both spellings of which angles positions turn by.
pub(super) const ROPE_KINDS: [Fixed; 2] = [
    fixed("rope_type", Only::Text("default"), "positions turn by rescaled angles"),
    fixed("type", Only::Text("default"), "positions turn by rescaled angles"),
];

/// Keys that any config may have.
pub(super) const COMMON: KeyTable = KeyTable {
    fixed: &[
        fixed("add_cross_attention", Only::False, "its blocks read from a second network too"),
        fixed("attention_chunk_size", Only::Empty, "queries read only keys of their own chunk"),
        fixed("auto_map", Only::Empty, "it brings code of its own"),
        fixed("is_causal", Only::True, "queries read later keys too"),
        fixed("is_encoder_decoder", Only::False, "it is an encoder and a decoder"),
        fixed("per_layer_config", Only::Empty, "its blocks differ from one another"),
        fixed("pruned_heads", Only::Empty, "some of its heads were cut out"),
        fixed("quantization", Only::Empty, "its weights are kept in a few bits each"),
        fixed("quantization_config", Only::Empty, "its weights are kept in a few bits each"),
        fixed("sliding_window", Only::Empty, "queries read only the keys nearest to them"),
        fixed("use_sliding_window", Only::False, "queries read only the keys nearest to them"),
    ],
    harmless: &[
        // Who made it, with what, and how it is kept. Whatever the kind of float, we compute in 32 bits.
        "_commit_hash",
        "_name_or_path",
        "architectures",
        "dtype",
        "name_or_path",
        "tokenizer_class",
        "torch_dtype",
        "torchscript",
        "transformers.js_config",
        "transformers_version",
        "unsloth_version",
        "use_bfloat16",
        // How it is run: caches, kernels, what a call hands back.
        "_attn_implementation",
        "_attn_implementation_autoset",
        "attn_implementation",
        "chunk_size_feed_forward",
        "gradient_checkpointing",
        "keys_to_ignore_at_inference",
        "output_attentions",
        "output_hidden_states",
        "output_past",
        "return_dict",
        "tie_last_hidden_states",
        "use_cache",
        // Training and its start.
        "attention_dropout",
        "attention_probs_dropout_prob",
        "classifier_dropout",
        "hidden_dropout",
        "hidden_dropout_prob",
        "initializer_range",
        // Token ids, and how text is sampled from the logits.
        "bad_words_ids",
        "begin_suppress_tokens",
        "bos_token_id",
        "decoder_start_token_id",
        "diversity_penalty",
        "do_sample",
        "early_stopping",
        "encoder_no_repeat_ngram_size",
        "eos_token_id",
        "exponential_decay_length_penalty",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "length_penalty",
        "max_length",
        "max_new_tokens",
        "min_length",
        "no_repeat_ngram_size",
        "num_beam_groups",
        "num_beams",
        "num_return_sequences",
        "output_scores",
        "pad_token_id",
        "prefix",
        "remove_invalid_values",
        "repetition_penalty",
        "return_dict_in_generate",
        "sep_token_id",
        "suppress_tokens",
        "task_specific_params",
        "temperature",
        "top_k",
        "top_p",
        "typical_p",
        // Heads for other tasks than the next token, and encoders, of which there is none.
        "_num_labels",
        "cross_attention_hidden_size",
        "finetuning_task",
        "id2label",
        "is_decoder",
        "label2id",
        "num_labels",
        "problem_type",
        "tie_encoder_decoder",
    ],
};

const GPT2: KeyTable = KeyTable {
    fixed: &[
        fixed("scale_attn_weights", Only::True, "scores are not divided by √d_head"),
        fixed(
            "scale_attn_by_inverse_layer_idx",
            Only::False,
            "scores are divided by the number of the block",
        ),
    ],
    harmless: &[
        "attn_pdrop",
        "embd_pdrop",
        "predict_special_tokens",
        // The same products in another order, in more bits.
        "reorder_and_upcast_attn",
        "resid_pdrop",
        "summary_activation",
        "summary_first_dropout",
        "summary_proj_to_labels",
        "summary_type",
        "summary_use_proj",
    ],
};

const GPT_NEOX: KeyTable = KeyTable { fixed: &[], harmless: &[] };

const LLAMA: KeyTable = KeyTable {
    fixed: &[
        fixed("pretraining_tp", Only::One, "matrices are cut into slices that are summed apart"),
        fixed("rope_interleaved", Only::False, "positions turn neighbours and not halves"),
    ],
    harmless: &["is_llama_config"],
};

/// Of both: what hardens or hastens the same numbers, and how weights start.
const fn ssm_fixed() -> [Fixed; 4] {
    [
        fixed("hidden_act", Only::Text("silu"), "another activation than SiLU"),
        fixed("norm_before_gate", Only::False, "a norm before the gate"),
        fixed("rms_norm", Only::True, "LayerNorm between Mambas"),
        fixed("ssm_cfg", Only::Empty, "a block of its own kind"),
    ]
}

const MAMBA: KeyTable = KeyTable {
    fixed: &ssm_fixed(),
    harmless: &[
        "fused_add_norm",
        "rescale_prenorm_residual",
        "residual_in_fp32",
        "time_step_floor",
        "time_step_init_scheme",
        "time_step_max",
        "time_step_min",
        "time_step_scale",
        "use_associative_scan",
        "use_mambapy",
    ],
};

const MAMBA2: KeyTable = KeyTable {
    fixed: &ssm_fixed(),
    harmless: &[
        // The same sums in other pieces.
        "chunk_size",
        "fused_add_norm",
        "rescale_prenorm_residual",
        "residual_in_fp32",
        // These two bound where steps start; `time_step_limit` is what holds them.
        "time_step_max",
        "time_step_min",
        "time_step_floor",
        "time_step_init_scheme",
        // Read by nothing in Mamba-2.
        "time_step_rank",
        "use_associative_scan",
        "use_mambapy",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (place, row) in Family::TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, place);
        }
    }

    #[test]
    fn no_key_is_both_fixed_and_harmless() {
        for (_, name, own) in &Family::TABLE {
            let harmless: Vec<_> = COMMON.harmless.iter().chain(own.harmless).collect();
            for fixed in COMMON.fixed.iter().chain(own.fixed) {
                assert!(!harmless.contains(&&fixed.key), "{} of {name}", fixed.key);
            }
        }
    }
}
