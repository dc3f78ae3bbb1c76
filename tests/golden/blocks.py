"""Writes reference tensors for what no model of `transformers` has together: a plain numpy forward.

To run, anywhere with Python 3.10 or newer:

    pip install numpy
    python tests/golden/blocks.py

For each network of `NETWORKS` this writes `blocks/<name>.safetensors` beside this file:

    metadata `config`      `NetworkConfig` (crates/engine/src/model/config.rs) as JSON
    metadata `made_with`   the version of numpy that made it
    `tokens`               [pos], int32
    `weights.<name>`       float32, under our names, matrices [d_in, d_out]: y = x·W + b
    `sites.<site>`         float32, under our names and in our axes (crates/trace/src/site.rs)

It shares no code with the engine and is written to be read beside the papers: loops over heads,
queries and keys, in float64. Weights are rounded to float32 before they are used, so that the file
holds exactly what was computed with. What a part that is absent would hold is left out: `pos_embed`
where nothing is added, `resid_mid` and `mlp.*` where there is no MLP.

Glossary: p position, q query, k key, h head.
"""

import json
import math
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
N_POS = 9

SIZES = {
    "version": 1,
    "n_layers": 2,
    "d_model": 16,
    "n_heads": 4,
    "d_mlp": 24,
    "d_vocab": 31,
    "n_ctx": 16,
    "residual": "serial",
}
ALL_BIASES = {"qkv": True, "attn_out": True, "mlp": True, "unembed": True}
NO_BIAS = {"qkv": False, "attn_out": False, "mlp": False, "unembed": False}

NETWORKS = {
    # Press et al. 2021. Queries share key–value heads, so that slopes must go by query head.
    "alibi_causal_relu": {
        **SIZES,
        "n_kv_heads": 2,
        "positions": {"kind": "alibi"},
        "norm": {"kind": "layer_norm", "epsilon": 1e-5},
        "placement": "pre",
        "mask": "causal",
        "mlp": {"kind": "plain", "activation": "relu"},
        "bias": {**ALL_BIASES, "unembed": False},
        "unembed": "tied",
    },
    # Vaswani et al. 2017, an encoder; embeddings are not multiplied by √d_model as theirs are.
    "sinusoidal_full_post_gelu": {
        **SIZES,
        "positions": {"kind": "sinusoidal"},
        "norm": {"kind": "layer_norm", "epsilon": 1e-2},
        "placement": "post",
        "mask": "full",
        "mlp": {"kind": "plain", "activation": "gelu"},
        "bias": ALL_BIASES,
        "unembed": "own",
    },
    # Shazeer 2020, eq. (5), with Zhang & Sennrich 2019.
    "none_rmsnorm_bilinear": {
        **SIZES,
        "d_head": 6,
        "positions": {"kind": "none"},
        "norm": {"kind": "rms_norm", "epsilon": 1e-2},
        "placement": "pre",
        "mask": "causal",
        "mlp": {"kind": "gated", "activation": "identity"},
        "bias": NO_BIAS,
        "unembed": "own",
    },
    # Shazeer 2020, eq. (6).
    "learned_geglu": {
        **SIZES,
        "positions": {"kind": "learned"},
        "norm": {"kind": "layer_norm", "epsilon": 1e-5},
        "placement": "pre",
        "mask": "causal",
        "mlp": {"kind": "gated", "activation": "gelu"},
        "bias": {"qkv": True, "attn_out": False, "mlp": True, "unembed": False},
        "unembed": "tied",
    },
    # Su et al. 2021, eq. (34).
    "rope_interleaved_no_mlp": {
        **SIZES,
        "d_head": 6,
        "d_mlp": 0,
        "positions": {"kind": "rope", "theta": 100.0, "fraction": 1.0, "interleaved": True},
        "norm": {"kind": "rms_norm", "epsilon": 1e-6},
        "placement": "pre",
        "mask": "causal",
        "mlp": {"kind": "none"},
        "bias": {"qkv": False, "attn_out": True, "mlp": False, "unembed": True},
        "unembed": "own",
    },
}


def main():
    for name, config in NETWORKS.items():
        random = np.random.default_rng(zlib.crc32(name.encode()))
        weights = random_weights(config, random)
        tokens = random.integers(0, config["d_vocab"], N_POS)
        tokens[-1] = tokens[0]  # one token at two positions
        sites = forward(config, weights, tokens)
        write("blocks", name, config, weights, tokens, sites)
        print(f"{name}: {len(sites)} sites, logits up to {abs(sites['logits']).max():.1f}")


# --- Weights


def sizes(config):
    """n_heads, n_kv_heads, d_head."""
    n_heads = config["n_heads"]
    d_head = config.get("d_head", config["d_model"] // n_heads)
    return n_heads, config.get("n_kv_heads", n_heads), d_head


def shapes(config):
    """The shape of every weight that the network has, by name."""
    d_model, d_mlp, d_vocab = config["d_model"], config["d_mlp"], config["d_vocab"]
    n_heads, n_kv_heads, d_head = sizes(config)
    bias, mlp = config["bias"], config["mlp"]["kind"]
    found = {"embed.weight": (d_vocab, d_model)}
    if config["positions"]["kind"] == "learned":
        found["pos_embed.weight"] = (config["n_ctx"], d_model)

    def add_norm(name):
        found[f"{name}.gain"] = (d_model,)
        if config["norm"]["kind"] == "layer_norm":
            found[f"{name}.bias"] = (d_model,)

    def add_matrix(name, d_in, d_out, has_bias):
        found[f"{name}.weight"] = (d_in, d_out)
        if has_bias:
            found[f"{name}.bias"] = (d_out,)

    for layer in range(config["n_layers"]):
        block = f"blocks.{layer}"
        add_norm(f"{block}.norm1")
        add_matrix(f"{block}.attn.query", d_model, n_heads * d_head, bias["qkv"])
        add_matrix(f"{block}.attn.key", d_model, n_kv_heads * d_head, bias["qkv"])
        add_matrix(f"{block}.attn.value", d_model, n_kv_heads * d_head, bias["qkv"])
        add_matrix(f"{block}.attn.output", n_heads * d_head, d_model, bias["attn_out"])
        if mlp == "none":
            continue
        add_norm(f"{block}.norm2")
        if mlp == "gated":
            add_matrix(f"{block}.mlp.gate", d_model, d_mlp, bias["mlp"])
        add_matrix(f"{block}.mlp.up", d_model, d_mlp, bias["mlp"])
        add_matrix(f"{block}.mlp.down", d_mlp, d_model, bias["mlp"])
    if config["placement"] == "pre":
        add_norm("final_norm")
    if config["unembed"] == "own":
        add_matrix("unembed", d_model, d_vocab, bias["unembed"])
    return found


def random_weights(config, random):
    """Every weight drawn anew, gains about 1 and all else about 0, as float32 values in float64."""
    weights = {}
    for name, shape in shapes(config).items():
        centre = 1.0 if name.endswith("gain") else 0.0
        drawn = centre + 0.3 * random.standard_normal(shape)
        weights[name] = drawn.astype(np.float32).astype(np.float64)
    return weights


# --- The forward pass


def forward(config, weights, tokens, mix=None):
    """What the network has at each of our sites, by name. `mix` stands for attention if given."""
    sites = {"embed": weights["embed.weight"][tokens]}
    stream = sites["embed"]
    added = position_vectors(config, weights)
    if added is not None:
        sites["pos_embed"] = added
        stream = stream + added
    for layer in range(config["n_layers"]):
        stream = block(config, weights, f"blocks.{layer}", stream, sites, mix or attend)
    is_pre = config["placement"] == "pre"
    sites["final_norm"] = norm(config, weights, "final_norm", stream) if is_pre else stream
    if config["unembed"] == "tied":
        sites["logits"] = sites["final_norm"] @ weights["embed.weight"].T
    else:
        sites["logits"] = linear(weights, "unembed", sites["final_norm"])
    return sites


def position_vectors(config, weights):
    """What positions add to the embeddings [pos, d_model], or None where they add nothing."""
    kind = config["positions"]["kind"]
    if kind == "learned":
        return weights["pos_embed.weight"][:N_POS]
    if kind != "sinusoidal":
        return None
    d_model = config["d_model"]
    waves = np.zeros((N_POS, d_model))
    for p in range(N_POS):
        for i in range(d_model // 2):
            angle = p / 10000 ** (2 * i / d_model)
            waves[p, 2 * i] = math.sin(angle)
            waves[p, 2 * i + 1] = math.cos(angle)
    return waves


def block(config, weights, name, stream, sites, mix):
    """One block; gives the stream as it leaves it."""
    is_post = config["placement"] == "post"
    sites[f"{name}.resid_pre"] = stream
    reads = stream if is_post else norm(config, weights, f"{name}.norm1", stream)
    stream = stream + mix(config, weights, name, reads, sites)
    if is_post:
        stream = norm(config, weights, f"{name}.norm1", stream)
    if config["mlp"]["kind"] != "none":
        sites[f"{name}.resid_mid"] = stream
        reads = stream if is_post else norm(config, weights, f"{name}.norm2", stream)
        sites[f"{name}.mlp.norm"] = reads
        stream = stream + mlp(config, weights, f"{name}.mlp", reads, sites)
        if is_post:
            stream = norm(config, weights, f"{name}.norm2", stream)
    sites[f"{name}.resid_post"] = stream
    return stream


def attend(config, weights, name, reads, sites, window=None):
    """What the attention of block `name` adds to the stream [pos, d_model]."""
    sites[f"{name}.attn.norm"] = reads
    return attention(config, weights, f"{name}.attn", reads, sites, window)


def attention(config, weights, name, reads, sites, window):
    """What attention adds; a query reads as many positions as `window`, its own the last."""
    n_heads, n_kv_heads, d_head = sizes(config)
    n_pos = len(reads)
    query = linear(weights, f"{name}.query", reads).reshape(n_pos, n_heads, d_head)
    key = linear(weights, f"{name}.key", reads).reshape(n_pos, n_kv_heads, d_head)
    value = linear(weights, f"{name}.value", reads).reshape(n_pos, n_kv_heads, d_head)
    if config["positions"]["kind"] == "rope":
        query, key = turned(config, query), turned(config, key)
    score = np.zeros((n_heads, n_pos, n_pos))
    pattern = np.zeros((n_heads, n_pos, n_pos))
    z = np.zeros((n_pos, n_heads, d_head))
    for h in range(n_heads):
        shared = h // (n_heads // n_kv_heads)  # heads in a row share a key–value head
        for q in range(n_pos):
            for k in range(n_pos):
                score[h, q, k] = query[q, h] @ key[k, shared] / math.sqrt(d_head)
                if config["positions"]["kind"] == "alibi":
                    score[h, q, k] -= slope(h, n_heads) * (q - k)
            last = n_pos if config["mask"] == "full" else q + 1
            seen = slice(0 if window is None else max(0, last - window), last)
            pattern[h, q, seen] = softmax(score[h, q, seen])
            z[q, h] = pattern[h, q] @ value[:, shared]
    by_head = weights[f"{name}.output.weight"].reshape(n_heads, d_head, -1)
    result = np.stack([z[:, h] @ by_head[h] for h in range(n_heads)], axis=1)
    out = linear(weights, f"{name}.output", z.reshape(n_pos, n_heads * d_head))
    assert np.allclose(out, result.sum(1) + weights.get(f"{name}.output.bias", 0.0))
    kept = {"q": query, "k": key, "v": value, "score": score, "pattern": pattern, "z": z}
    kept |= {"result": result, "out": out}
    sites |= {f"{name}.{part}": it for part, it in kept.items()}
    return out


def slope(h, n_heads):
    """Press et al. 2021: slopes from 2^(-8/n) by that same ratio, for n a power of two."""
    assert n_heads & (n_heads - 1) == 0
    return 2 ** (-8 * (h + 1) / n_heads)


def turned(config, x):
    """`x` [pos, head, d_head] with neighbouring entries turned by their position (eq. 34)."""
    positions, d_head = config["positions"], x.shape[-1]
    assert positions["interleaved"] and positions["fraction"] == 1.0
    out = np.zeros_like(x)
    for p in range(x.shape[0]):
        for i in range(d_head // 2):
            angle = p * positions["theta"] ** (-2 * i / d_head)
            even, odd = x[p, :, 2 * i], x[p, :, 2 * i + 1]
            out[p, :, 2 * i] = even * math.cos(angle) - odd * math.sin(angle)
            out[p, :, 2 * i + 1] = odd * math.cos(angle) + even * math.sin(angle)
    return out


def mlp(config, weights, name, reads, sites):
    """What the MLP adds to the stream [pos, d_model]."""
    act = ACTIVATIONS[config["mlp"]["activation"]]
    up = linear(weights, f"{name}.up", reads)
    if config["mlp"]["kind"] == "gated":
        pre = linear(weights, f"{name}.gate", reads)
        sites[f"{name}.linear"] = up
        hidden = act(pre) * up
    else:
        pre, hidden = up, act(up)
    out = linear(weights, f"{name}.down", hidden)
    sites |= {f"{name}.pre": pre, f"{name}.act": hidden, f"{name}.out": out}
    return out


def linear(weights, name, x):
    return x @ weights[f"{name}.weight"] + weights.get(f"{name}.bias", 0.0)


def norm(config, weights, name, x):
    """Ba et al. 2016, or Zhang & Sennrich 2019; epsilon stands under the root."""
    epsilon = config["norm"]["epsilon"]
    if config["norm"]["kind"] == "layer_norm":
        x = x - x.mean(-1, keepdims=True)
    scaled = x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon)
    return scaled * weights[f"{name}.gain"] + weights.get(f"{name}.bias", 0.0)


def softmax(scores):
    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0.0),
    "gelu": lambda x: x * 0.5 * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0))),
    "silu": lambda x: x / (1.0 + np.exp(-x)),
    "identity": lambda x: x,
}


# --- The file


def write(folder, name, config, weights, tokens, sites):
    tensors = {"tokens": tokens.astype("<i4")}
    tensors |= {f"weights.{key}": it.astype("<f4") for key, it in weights.items()}
    tensors |= {f"sites.{key}": it.astype("<f4") for key, it in sites.items()}
    metadata = {"config": json.dumps(config), "made_with": f"numpy {np.__version__}"}
    (HERE / folder).mkdir(exist_ok=True)
    (HERE / folder / f"{name}.safetensors").write_bytes(safetensors_bytes(tensors, metadata))


def safetensors_bytes(tensors, metadata):
    """A safetensors file. The package for it writes metadata in an order that differs by run."""
    kinds = {"<i4": "I32", "<f4": "F32"}
    header, start = {"__metadata__": metadata}, 0
    for name, it in tensors.items():
        end = start + it.nbytes
        kind = kinds[it.dtype.str]
        header[name] = {"dtype": kind, "shape": it.shape, "data_offsets": [start, end]}
        start = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(it.tobytes() for it in tensors.values())
    return len(text).to_bytes(8, "little") + text + data


if __name__ == "__main__":
    main()
