"""Writes reference tensors: tiny random transformers and what `transformers` finds at every site.

To run, anywhere with Python 3.10 or newer; nothing is downloaded but the two packages:

    pip install torch transformers
    python tests/golden/make.py

For each network of `NETWORKS` this writes, into the folder of its name beside this file,

    config.json, model.safetensors   as `save_pretrained` writes them
    sites.safetensors                `tokens` [pos] (int32) and, as float32, one tensor for each of
                                     our sites that the architecture has, under our names and in
                                     our axes (crates/trace/src/site.rs), without a batch axis

Values are captured from the modules of `transformers` while they run (hooks, and a wrapper about
their eager attention). Two are computed here, since no module holds them, and are held to what the
modules say: `attn.score` by `attn.pattern`, `attn.result` by `attn.out`.

Every weight is drawn afresh, norms and biases too, wide enough that a gain left out or a bias
added twice is seen. Seeds are fixed, so a second run writes the same bytes with the same versions;
the versions stand in the metadata of `sites.safetensors` as `made_with`.
"""

import importlib
import zlib
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
)

HERE = Path(__file__).parent
D_VOCAB, N_CTX, N_POS = 31, 16, 9

# How far two float32 computations of one value may lie apart: some ten roundings of a value of 10.
CLOSE = {"atol": 2e-5, "rtol": 1e-5}

GPT2 = {
    "vocab_size": D_VOCAB,
    "n_positions": N_CTX,
    "n_embd": 16,
    "n_layer": 2,
    "n_head": 4,
    "initializer_range": 0.3,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
NEOX = {
    "vocab_size": D_VOCAB,
    "max_position_embeddings": N_CTX,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "initializer_range": 0.3,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
LLAMA = {
    "vocab_size": D_VOCAB,
    "max_position_embeddings": N_CTX,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "initializer_range": 0.3,
    "bos_token_id": 0,
    "eos_token_id": 0,
}

# Each network: its folder, its model, its config. Between them they turn every switch of ours.
NETWORKS = [
    ("gpt2", GPT2LMHeadModel, GPT2Config(**GPT2)),
    (
        "gpt2_untied_relu",
        GPT2LMHeadModel,
        GPT2Config(
            **GPT2,
            activation_function="relu",
            n_inner=40,
            layer_norm_epsilon=1e-2,
            tie_word_embeddings=False,
        ),
    ),
    (
        "gpt_neox",
        GPTNeoXForCausalLM,
        # Heads of 16, of which 4 entries turn: a single pair tells neither halves from neighbours
        # nor one base from another.
        GPTNeoXConfig(**{**NEOX, "hidden_size": 32, "num_attention_heads": 2}, rotary_pct=0.25),
    ),
    (
        "gpt_neox_serial",
        GPTNeoXForCausalLM,
        GPTNeoXConfig(
            **NEOX,
            use_parallel_residual=False,
            rotary_pct=0.5,
            rotary_emb_base=500.0,
            attention_bias=False,
            hidden_act="gelu_pytorch_tanh",
            layer_norm_eps=1e-2,
        ),
    ),
    ("llama", LlamaForCausalLM, LlamaConfig(**LLAMA, num_key_value_heads=2)),
    (
        "llama_tied",
        LlamaForCausalLM,
        LlamaConfig(
            **LLAMA,
            head_dim=6,
            attention_bias=True,
            mlp_bias=True,
            hidden_act="gelu",
            rms_norm_eps=1e-2,
            rope_parameters={"rope_type": "default", "rope_theta": 100.0},
            tie_word_embeddings=True,
        ),
    ),
]

# Where each architecture keeps what: for a site, the module, and whether it reads or makes it.
READS, MAKES = "reads", "makes"
PLACES = {
    "gpt2": {
        "whole": {
            "embed": "transformer.wte",
            "pos_embed": "transformer.wpe",
            "final_norm": "transformer.ln_f",
        },
        "blocks": "transformer.h",
        "output": "attn.c_proj",
        "parts": {
            "attn.norm": ("ln_1", MAKES),
            "attn.out": ("attn", MAKES),
            "resid_mid": ("ln_2", READS),
            "mlp.norm": ("ln_2", MAKES),
            "mlp.pre": ("mlp.c_fc", MAKES),
            "mlp.act": ("mlp.c_proj", READS),
            "mlp.out": ("mlp", MAKES),
        },
    },
    "gpt_neox": {
        "whole": {"embed": "gpt_neox.embed_in", "final_norm": "gpt_neox.final_layer_norm"},
        "blocks": "gpt_neox.layers",
        "output": "attention.dense",
        "parts": {
            "attn.norm": ("input_layernorm", MAKES),
            "attn.out": ("attention", MAKES),
            "resid_mid": ("post_attention_layernorm", READS),
            "mlp.norm": ("post_attention_layernorm", MAKES),
            "mlp.pre": ("mlp.dense_h_to_4h", MAKES),
            "mlp.act": ("mlp.dense_4h_to_h", READS),
            "mlp.out": ("mlp", MAKES),
        },
    },
    "llama": {
        "whole": {"embed": "model.embed_tokens", "final_norm": "model.norm"},
        "blocks": "model.layers",
        "output": "self_attn.o_proj",
        "parts": {
            "attn.norm": ("input_layernorm", MAKES),
            "attn.out": ("self_attn", MAKES),
            "resid_mid": ("post_attention_layernorm", READS),
            "mlp.norm": ("post_attention_layernorm", MAKES),
            "mlp.pre": ("mlp.gate_proj", MAKES),
            "mlp.linear": ("mlp.up_proj", MAKES),
            "mlp.act": ("mlp.down_proj", READS),
            "mlp.out": ("mlp", MAKES),
        },
    },
}


def main():
    torch.set_num_threads(1)
    for name, kind, config in NETWORKS:
        seed = zlib.crc32(name.encode())
        model, tokens = random_model(kind, config, seed), random_tokens(seed)
        sites = trace(model, tokens)
        write_network(name, model, tokens, sites)


def random_model(kind, config, seed):
    """A model of `config` with every parameter drawn anew: gains about 1, all else about 0."""
    config._attn_implementation = "eager"
    torch.manual_seed(seed)
    model = kind(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_gain = parameter.dim() == 1 and name.endswith("weight")
            parameter.normal_(mean=1.0 if is_gain else 0.0, std=0.3)
    return model


def random_tokens(seed):
    """Ids [pos]; the first comes again at the end, so that one token stands at two positions."""
    generator = torch.Generator().manual_seed(seed + 1)
    tokens = torch.randint(0, D_VOCAB, (N_POS,), generator=generator)
    tokens[-1] = tokens[0]
    return tokens


def trace(model, tokens):
    """What the model has at each of our sites, by name."""
    places = PLACES[model.config.model_type]
    sites, hooks = {}, []
    for site, module in places["whole"].items():
        hooks.append(listen(model.get_submodule(module), sites, site, MAKES))
    for layer, block in enumerate(model.get_submodule(places["blocks"])):
        hooks.append(listen(block, sites, f"blocks.{layer}.resid_pre", READS))
        hooks.append(listen(block, sites, f"blocks.{layer}.resid_post", MAKES))
        for part, (module, way) in places["parts"].items():
            if part == "resid_mid" and is_parallel(model):
                continue
            site = f"blocks.{layer}.{part}"
            hooks.append(listen(block.get_submodule(module), sites, site, way))
    with torch.no_grad(), attention_into(model, sites):
        said = model(tokens[None], output_attentions=True, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    sites["logits"] = said.logits[0]
    for layer, block in enumerate(model.get_submodule(places["blocks"])):
        add_result(sites, f"blocks.{layer}", block.get_submodule(places["output"]))
    check(model, sites, said)
    return sites


def is_parallel(model):
    return getattr(model.config, "use_parallel_residual", False)


def listen(module, sites, site, way):
    """Keeps under `site` what `module` reads or makes, without the batch axis."""

    def keep(_module, inputs, output):
        value = inputs if way == READS else output
        value = value[0] if isinstance(value, tuple) else value
        assert site not in sites, f"{site} was seen twice"
        sites[site] = value[0].detach().clone()

    return module.register_forward_hook(keep)


class attention_into:
    """While this lasts, the eager attention of the model's file also keeps what it reads and makes.

    `transformers` gives queries [batch, head, pos, d_head], and keys and values likewise by
    key–value head: after rotation, before the heads of a group share them.
    """

    def __init__(self, model, sites):
        self.file = importlib.import_module(type(model).__module__)
        self.own = self.file.eager_attention_forward
        self.sites = sites

    def __enter__(self):
        self.file.eager_attention_forward = self.forward

    def __exit__(self, *_):
        self.file.eager_attention_forward = self.own

    def forward(self, module, query, key, value, mask, scaling, **rest):
        mixed, pattern = self.own(module, query, key, value, mask, scaling=scaling, **rest)
        shared = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
        score = query @ shared.transpose(-1, -2) * scaling
        torch.testing.assert_close((score + mask).softmax(-1), pattern, **CLOSE)
        block = f"blocks.{module.layer_idx}.attn"
        self.sites[f"{block}.q"] = query[0].transpose(0, 1)  # [pos, head, d_head]
        self.sites[f"{block}.k"] = key[0].transpose(0, 1)  # [pos, kv_head, d_head]
        self.sites[f"{block}.v"] = value[0].transpose(0, 1)
        self.sites[f"{block}.score"] = score[0]  # [head, query, key]
        self.sites[f"{block}.pattern"] = pattern[0]
        self.sites[f"{block}.z"] = mixed[0]  # [pos, head, d_head]
        return mixed, pattern


def add_result(sites, block, output):
    """Adds `attn.result` [pos, head, d_model]: a head's z through its part of the output matrix."""
    z = sites[f"{block}.attn.z"]
    # `Linear` keeps [out, in]; GPT-2's `Conv1D` keeps [in, out].
    weight = output.weight.T if isinstance(output, torch.nn.Linear) else output.weight
    by_head = weight.detach().reshape(z.shape[1], z.shape[2], -1)
    result = torch.einsum("phd,hdm->phm", z, by_head)
    bias = 0.0 if output.bias is None else output.bias.detach()
    torch.testing.assert_close(result.sum(1) + bias, sites[f"{block}.attn.out"], **CLOSE)
    sites[f"{block}.attn.result"] = result


def check(model, sites, said):
    """Holds what was captured to what the model says of itself, and to the sums of the stream."""
    same = {"atol": 0.0, "rtol": 0.0}
    n_layers = len(said.attentions)
    for layer in range(n_layers):
        at = {part: sites[f"blocks.{layer}.{part}"] for part in parts(model)}
        torch.testing.assert_close(at["attn.pattern"], said.attentions[layer][0], **same)
        torch.testing.assert_close(at["resid_pre"], said.hidden_states[layer][0], **same)
        before_mlp = at["resid_pre"] + at["attn.out"]
        if not is_parallel(model):
            torch.testing.assert_close(at["resid_mid"], before_mlp, **CLOSE)
        torch.testing.assert_close(at["resid_post"], before_mlp + at["mlp.out"], **CLOSE)
        if 0 < layer:
            before = sites[f"blocks.{layer - 1}.resid_post"]
            torch.testing.assert_close(at["resid_pre"], before, **same)
    torch.testing.assert_close(sites["final_norm"], said.hidden_states[n_layers][0], **same)
    start = sites["embed"] + sites.get("pos_embed", 0.0)
    torch.testing.assert_close(sites["blocks.0.resid_pre"], start, **CLOSE)
    logits = sites["final_norm"] @ model.get_output_embeddings().weight.detach().T
    torch.testing.assert_close(sites["logits"], logits, **CLOSE)
    expected = {f"blocks.{layer}.{part}" for layer in range(n_layers) for part in parts(model)}
    expected |= {*PLACES[model.config.model_type]["whole"], "logits"}
    assert set(sites) == expected, set(sites) ^ expected


def parts(model):
    """The parts of a block that the architecture has."""
    found = {"resid_pre", "resid_post", *PLACES[model.config.model_type]["parts"]}
    found |= {f"attn.{part}" for part in ("q", "k", "v", "score", "pattern", "z", "result")}
    return found - {"resid_mid"} if is_parallel(model) else found


def write_network(name, model, tokens, sites):
    """Writes the folder `name`: config, weights, tokens and sites."""
    folder = HERE / name
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)  # says nothing of numbers
    write_sites(folder / "sites.safetensors", tokens, sites)
    print(f"{name}: {len(sites)} sites, logits up to {sites['logits'].abs().max():.1f}")


def write_sites(path, tokens, sites):
    """Writes `tokens` and every site, with the versions that made them."""
    tensors = {site: value.float().contiguous() for site, value in sites.items()}
    tensors["tokens"] = tokens.int()
    made_with = f"torch {torch.__version__}, transformers {transformers.__version__}"
    save_file(tensors, path, metadata={"made_with": made_with})


if __name__ == "__main__":
    main()
