"""Writes reference tensors for the mixers that keep a state: a plain numpy forward of each.

To run, as blocks.py, whose helpers and file format it shares:

    pip install numpy
    python tests/golden/recurrences.py

For each network of `NETWORKS` this writes `recurrences/<name>.safetensors` beside this file. Each
mixer is a loop over positions and heads in float64, in the form of its paper, and is held to
another form of the same where there is one: a matrix over pairs of positions, a linear system, or
a convolution.

Glossary: p position, h head, g group of heads, e channel; S a state [value, slot].
"""

import math
import zlib

import numpy as np
from blocks import (
    ACTIVATIONS,
    ALL_BIASES,
    NO_BIAS,
    SIZES,
    attend,
    forward,
    linear,
    norm,
    sizes,
    slope,
    softmax,
    turned,
    write,
)
from blocks import shapes as shapes_with_attention

N_POS = 12

BASE = {
    **SIZES,
    "positions": {"kind": "none"},
    "norm": {"kind": "rms_norm", "epsilon": 1e-3},
    "placement": "pre",
    "mask": "causal",
    "bias": NO_BIAS,
    "unembed": "own",
}
GATED = {"mlp": {"kind": "gated", "activation": "silu"}}
PLAIN = {"mlp": {"kind": "plain", "activation": "gelu"}, "bias": ALL_BIASES}
NO_MLP = {"mlp": {"kind": "none"}, "d_mlp": 0, "unembed": "tied"}
LINEAR = {"kind": "linear", "n_heads": 4, "d_key": 4, "d_value": 6, "d_conv": 0}
GATED_DELTA = {**LINEAR, "rule": "gated_delta_net", "beta_max": 1.0, "d_conv": 4}
MAMBA = {"kind": "mamba", "d_inner": 24, "d_state": 4, "d_conv": 4, "dt_rank": 2}

NETWORKS = {
    # Katharopoulos et al. 2020, eq. (18) and (19), with neither feature map nor normaliser.
    "linear_attention": {**BASE, **NO_MLP, "mixers": [{**LINEAR, "rule": "linear_attention"}]},
    # Sun et al. 2023, eq. (6) and (8). Six slots turn in three pairs.
    "ret_net": {**BASE, **GATED, "mixers": [{**LINEAR, "rule": "ret_net", "d_key": 6}]},
    # Yang et al. 2023, section 4.
    "gla": {**BASE, **PLAIN, "mixers": [{**LINEAR, "rule": "gla", "d_conv": 4}]},
    # Schlag et al. 2021, eq. (24); Yang et al. 2024a for what stands around it.
    "delta_net": {
        **BASE,
        **NO_MLP,
        "mixers": [{**LINEAR, "rule": "delta_net", "beta_max": 1.0, "d_conv": 3}],
    },
    # Grazzi et al. 2024: a step up to 2 lets eigenvalues be negative.
    "delta_net_negative": {
        **BASE,
        **PLAIN,
        "mixers": [{**LINEAR, "rule": "delta_net", "beta_max": 2.0}],
    },
    # Yang et al. 2024b, eq. (10).
    "gated_delta_net": {**BASE, **GATED, "mixers": [GATED_DELTA]},
    # Peng et al. 2025, section 4.1, with heads that are together wider than the stream.
    "rwkv7": {
        **BASE,
        **GATED,
        "mixers": [
            {
                "kind": "rwkv7",
                "n_heads": 3,
                "d_head": 6,
                "decay_rank": 2,
                "rate_rank": 3,
                "gate_rank": 5,
            }
        ],
    },
    # Gu et al. 2022, with the zero-order hold of its table 1.
    "s4d_real": {**BASE, **NO_MLP, "mixers": [{"kind": "s4d", "d_state": 4, "is_complex": False}]},
    "s4d_complex": {**BASE, **PLAIN, "mixers": [{"kind": "s4d", "d_state": 3, "is_complex": True}]},
    # Cho et al. 2014, with torch's place for the reset.
    "gru": {**BASE, **GATED, "mixers": [{"kind": "gru", "d_state": 10}]},
    # Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    "lstm": {**BASE, **NO_MLP, "mixers": [{"kind": "lstm", "d_state": 10}]},
    "hybrid": {
        **BASE,
        **GATED,
        "n_layers": 3,
        "positions": {"kind": "rope", "theta": 100.0, "fraction": 1.0, "interleaved": True},
        "mixers": [
            {**MAMBA, "bias": False, "conv_bias": True},
            {"kind": "attention", "window": 3},
            {"kind": "parallel", "attention": {"window": None}, "ssm": GATED_DELTA},
        ],
    },
    # Dong et al. 2024, section 2.1: 24 numbers of attention and as many of Mamba in one matrix.
    "hymba": {
        **BASE,
        **PLAIN,
        "d_head": 6,
        "n_kv_heads": 2,
        "positions": {"kind": "rope", "theta": 100.0, "fraction": 1.0, "interleaved": True},
        "mixers": [
            {
                "kind": "parallel",
                "attention": {"window": None},
                "ssm": {**MAMBA, "bias": False, "conv_bias": True},
                "join": "normed_mean",
            }
        ],
    },
}

# Fathi et al. 2023, section 3: the three ways to make context states; the last block is cut short
# in the first of them.
S4D = {"kind": "s4d", "d_state": 3, "is_complex": True}
for states, block, n_states, more in (
    ("single_head", 5, 3, {**PLAIN, "positions": {"kind": "alibi"}}),
    ("multi_head", 4, 2, {**GATED, "n_kv_heads": 2, "d_head": 6}),
    (
        "multi_filter",
        4,
        3,
        {
            **NO_MLP,
            "positions": {"kind": "rope", "theta": 100.0, "fraction": 1.0, "interleaved": True},
        },
    ),
):
    NETWORKS[f"block_state_{states}"] = {
        **BASE,
        **more,
        "mixers": [
            {
                "kind": "parallel",
                "attention": {"window": block},
                "ssm": {**S4D, "n_filters": n_states if states == "multi_filter" else 1},
                "join": {"block_state": {"states": states, "n_states": n_states}},
            }
        ],
    }


def main():
    for name, config in NETWORKS.items():
        random = np.random.default_rng(zlib.crc32(name.encode()))
        weights = random_weights(config, random)
        tokens = random.integers(0, config["d_vocab"], N_POS)
        tokens[-1] = tokens[0]  # one token at two positions
        sites = forward(config, weights, tokens, mix)
        write("recurrences", name, config, weights, tokens, sites)
        print(f"{name}: {len(sites)} sites, logits up to {abs(sites['logits']).max():.1f}")
        for layer in range(config["n_layers"]):
            print_sizes(f"blocks.{layer}.ssm", sites)


def print_sizes(name, sites):
    """Shows that a state neither grows without end nor vanishes, and what decays it has."""
    if f"{name}.state" not in sites:
        return
    state = abs(sites[f"{name}.state"]).reshape(N_POS, -1).mean(1)
    decay = sites.get(f"{name}.decay", np.ones(1))
    print(f"  {name}: state {state[0]:.3f} to {state[-1]:.3f}, decay {decay.min():.3f} to", end=" ")
    print(f"{decay.max():.3f}")


# --- Weights


def mixers(config, layer):
    """What mixes positions in block `layer`: its attention and its recurrence, None where none."""
    mixer = config["mixers"][layer % len(config["mixers"])]
    if mixer["kind"] == "attention":
        return mixer, None
    if mixer["kind"] == "parallel":
        return mixer["attention"], mixer["ssm"]
    return None, mixer


def is_joined(config, layer):
    """Whether attention and recurrence of block `layer` have one output matrix."""
    mixer = config["mixers"][layer % len(config["mixers"])]
    return mixer.get("join") == "normed_mean"


def context(config, layer):
    """What attention of block `layer` reads of the recurrence, or None."""
    join = config["mixers"][layer % len(config["mixers"])].get("join")
    return join["block_state"] if isinstance(join, dict) else None


def shapes(config):
    """The shape of every weight that the network has, by name."""
    found = shapes_with_attention(config)
    for layer in range(config["n_layers"]):
        attention, ssm = mixers(config, layer)
        block = f"blocks.{layer}"
        if attention is None:
            found = {it: found[it] for it in found if not it.startswith(f"{block}.attn.")}
        if ssm is not None:
            of_kind = SHAPES[ssm["kind"]](config["d_model"], ssm)
            found |= {f"{block}.ssm.{it}": shape for it, shape in of_kind.items()}
        if context(config, layer) is not None:
            found |= context_shapes(config, context(config, layer), f"{block}.attn", found)
            found = {it: found[it] for it in found if not it.startswith(f"{block}.ssm.output")}
        if is_joined(config, layer):
            width, d_model = found.pop(f"{block}.ssm.output.weight")
            assert found[f"{block}.attn.output.weight"] == (width, d_model)
            found |= {f"{block}.share.{it}.norm.gain": (width,) for it in ("attn", "ssm")}
    return found


def context_shapes(config, own, name, found):
    """Twice the queries and outputs, and keys and values of context states."""
    d_model, widened = config["d_model"], {}
    for part in ("weight", "bias"):
        shape = found.get(f"{name}.query.{part}")
        if shape is not None:
            widened[f"{name}.query.{part}"] = (*shape[:-1], 2 * shape[-1])
            for it in ("key", "value"):
                widened[f"{name}.context.{it}.{part}"] = found[f"{name}.{it}.{part}"]
            if own["states"] == "multi_head":
                wide = own["n_states"] * d_model
                widened[f"{name}.context.heads.{part}"] = (*shape[:-1], wide)
    rows, columns = found[f"{name}.output.weight"]
    widened[f"{name}.output.weight"] = (2 * rows, columns)
    return widened


def mamba_shapes(d_model, mixer):
    inner, d_state, rank = mixer["d_inner"], mixer["d_state"], mixer["dt_rank"]
    assert not mixer["bias"] and mixer["conv_bias"]
    return {
        "in_x.weight": (d_model, inner),
        "in_gate.weight": (d_model, inner),
        "conv.weight": (inner, mixer["d_conv"]),
        "conv.bias": (inner,),
        "step_down.weight": (inner, rank),
        "write.weight": (inner, d_state),
        "read.weight": (inner, d_state),
        "step_up.weight": (rank, inner),
        "step_up.bias": (inner,),
        "a_log": (inner, d_state),
        "skip": (inner,),
        "output.weight": (inner, d_model),
    }


def linear_shapes(d_model, mixer):
    n_heads, rule = mixer["n_heads"], mixer["rule"]
    keys, values = n_heads * mixer["d_key"], n_heads * mixer["d_value"]
    found = {
        "query.weight": (d_model, keys),
        "key.weight": (d_model, keys),
        "value.weight": (d_model, values),
        "output.weight": (values, d_model),
        "norm.gain": (mixer["d_value"],),
    }
    if 0 < mixer["d_conv"]:
        found["conv.weight"] = (2 * keys + values, mixer["d_conv"])
    if rule in GATED_RULES:
        found["gate.weight"] = (d_model, values)
    if rule in DELTA_RULES:
        found["step.weight"] = (d_model, n_heads)
    if rule == "gla":
        found["decay_down.weight"] = (d_model, 16)
        found["decay_up.weight"] = (16, keys)
        found["decay_up.bias"] = (keys,)
    if rule == "gated_delta_net":
        found["a_log"] = (n_heads,)
        found["decay.weight"] = (d_model, n_heads)
        found["decay.bias"] = (n_heads,)
    return found


def rwkv7_shapes(d_model, mixer):
    inner = mixer["n_heads"] * mixer["d_head"]
    found = {
        "shift": (6, d_model),
        "remove_key": (inner,),
        "write_rate": (inner,),
        "bonus": (inner,),
        "norm.gain": (inner,),
        "norm.bias": (inner,),
        "output.weight": (inner, d_model),
    }
    for part in ("read", "key", "value"):
        found[f"{part}.weight"] = (d_model, inner)
    for part in ("decay", "rate", "gate"):
        found[f"{part}_down.weight"] = (d_model, mixer[f"{part}_rank"])
        found[f"{part}_up.weight"] = (mixer[f"{part}_rank"], inner)
        if part != "gate":
            found[f"{part}_up.bias"] = (inner,)
    return found


def s4d_shapes(d_model, mixer):
    by_slot = ["a_log", "read", *(["a_imag", "read_imag"] if mixer["is_complex"] else [])]
    n_channels = mixer.get("n_filters", 1) * d_model
    return {
        **{name: (n_channels, mixer["d_state"]) for name in by_slot},
        "step_log": (n_channels,),
        "skip": (n_channels,),
        "output.weight": (n_channels, d_model),
        "output.bias": (d_model,),
    }


def gates_shapes(d_model, mixer):
    d_state = mixer["d_state"]
    wide = {"gru": 3, "lstm": 4}[mixer["kind"]] * d_state
    return {
        "input.weight": (d_model, wide),
        "input.bias": (wide,),
        "hidden.weight": (d_state, wide),
        "hidden.bias": (wide,),
        "output.weight": (d_state, d_model),
    }


SHAPES = {
    "mamba": mamba_shapes,
    "linear": linear_shapes,
    "rwkv7": rwkv7_shapes,
    "s4d": s4d_shapes,
    "gru": gates_shapes,
    "lstm": gates_shapes,
}
RANGES = {"a_log": (-1.0, 1.0), "a_imag": (0.0, 3.0), "step_log": (-2.5, -0.5)}


def random_weights(config, random):
    """Every weight drawn anew, as float32 values in float64; what makes decays from its range."""
    weights = {}
    for name, shape in shapes(config).items():
        part = name.split(".")[-1]
        if part in RANGES:
            drawn = random.uniform(*RANGES[part], shape)
        else:
            # Kernels are wider: what they make small, keys and values both, is multiplied.
            spread = 0.6 if name.endswith("conv.weight") else 0.3
            drawn = (1.0 if part == "gain" else 0.0) + spread * random.standard_normal(shape)
        weights[name] = drawn.astype(np.float32).astype(np.float64)
    return weights


# --- The mixers


def mix(config, weights, name, reads, sites):
    """What the mixers of block `name` add to the stream [pos, d_model]."""
    layer = int(name.split(".")[1])
    attention, ssm = mixers(config, layer)
    if context(config, layer) is not None:
        return block_state(config, weights, name, reads, sites)
    out = 0.0
    if attention is not None:
        out = out + attend(config, weights, name, reads, sites, attention["window"])
    if ssm is not None:
        parts = MIXERS[ssm["kind"]](config, ssm, weights, f"{name}.ssm", reads)
        if is_joined(config, layer):
            return joined(config, weights, name, reads, parts, sites)
        parts["out"] = linear(weights, f"{name}.ssm.output", parts["z"].reshape(N_POS, -1))
        sites |= {f"{name}.ssm.{part}": it for part, it in {"norm": reads, **parts}.items()}
        out = out + parts["out"]
    return out


def joined(config, weights, name, reads, parts, sites):
    """Dong et al. 2024: the mean of two vectors of one scale each, by one matrix."""
    matrix, bias = (weights[f"{name}.attn.output.{it}"] for it in ("weight", "bias"))
    halves = []
    for part, z in (("attn", sites[f"{name}.attn.z"]), ("ssm", parts["z"])):
        flat = z.reshape(N_POS, -1)
        scaled = flat / np.sqrt((flat**2).mean(-1, keepdims=True) + config["norm"]["epsilon"])
        halves.append(weights[f"{name}.share.{part}.norm.gain"] * scaled / 2.0)
    out = (halves[0] + halves[1]) @ matrix + bias
    # What our sites hold: what each brings to the matrix and what that makes of it.
    z = halves[0].reshape(sites[f"{name}.attn.z"].shape)
    by_head = matrix.reshape(z.shape[1], z.shape[2], -1)
    sites[f"{name}.attn.z"] = z
    sites[f"{name}.attn.result"] = np.einsum("phd,hdm->phm", z, by_head)
    sites[f"{name}.attn.out"] = halves[0] @ matrix + bias
    parts["z"] = halves[1].reshape(parts["z"].shape)
    parts["out"] = halves[1] @ matrix
    sites |= {f"{name}.ssm.{part}": it for part, it in {"norm": reads, **parts}.items()}
    assert np.allclose(out, sites[f"{name}.attn.out"] + parts["out"])
    return out


def block_state(config, weights, name, reads, sites):
    """Fathi et al. 2023: each block attends to itself and to states of the block before.

    Self-attention and cross-attention stand side by side before one output matrix, as in Hutchins
    et al. 2022. Context states of a block are put at its last positions.
    """
    layer = int(name.split(".")[1])
    attention, ssm = mixers(config, layer)
    own, block = context(config, layer), attention["window"]
    parts = MIXERS["s4d"](config, ssm, weights, f"{name}.ssm", reads)
    sites |= {f"{name}.ssm.{part}": it for part, it in {"norm": reads, **parts}.items()}
    said = parts["z"].reshape(N_POS, -1)
    n_states, d_model = own["n_states"], config["d_model"]
    if own["states"] == "multi_head":
        said = linear(weights, f"{name}.attn.context.heads", said)
    said = said.reshape(N_POS, -1, d_model)  # what states a block would leave that ended here
    states = np.zeros((N_POS, d_model))
    held = np.zeros(N_POS, bool)
    for first in range(0, N_POS - block + 1, block):
        last = first + block - 1
        places = slice(last + 1 - n_states, last + 1)
        states[places] = said[places, 0] if own["states"] == "single_head" else said[last]
        held[places] = True

    n_heads, n_kv_heads, d_head = sizes(config)
    query = linear(weights, f"{name}.attn.query", reads).reshape(N_POS, 2, n_heads, d_head)
    both, every = {}, {}
    for part in ("key", "value"):
        of_own = linear(weights, f"{name}.attn.{part}", reads)
        of_states = linear(weights, f"{name}.attn.context.{part}", states)
        both[part] = np.stack([of_own, of_states], 1).reshape(N_POS, 2, n_kv_heads, d_head)
        every[part] = linear(weights, f"{name}.attn.context.{part}", said).reshape(N_POS, -1, d_head)
    key, value = both["key"], both["value"]
    if config["positions"]["kind"] == "rope":
        query[:, 0], key[:, 0] = turned(config, query[:, 0]), turned(config, key[:, 0])
    score = np.zeros((2, n_heads, N_POS, N_POS))
    pattern = np.zeros((2, n_heads, N_POS, N_POS))
    z = np.zeros((N_POS, 2, n_heads, d_head))
    for which in range(2):
        for h in range(n_heads):
            shared = h // (n_heads // n_kv_heads)
            score[which, h] = query[:, which, h] @ key[:, which, shared].T / math.sqrt(d_head)
            if which == 0 and config["positions"]["kind"] == "alibi":
                for q in range(N_POS):
                    score[0, h, q] -= slope(h, n_heads) * (q - np.arange(N_POS))
            for q in range(N_POS):
                first = q // block * block
                seen = np.zeros(N_POS, bool)
                if which == 0:
                    seen[first : q + 1] = True
                elif 0 < first:
                    seen[first - block : first] = held[first - block : first]
                if which == 1:
                    score[which, h, q, ~seen] = 0.0
                if seen.any():
                    pattern[which, h, q, seen] = softmax(score[which, h, q, seen])
                    z[q, which, h] = pattern[which, h, q] @ value[:, which, shared]
    z = z.reshape(N_POS, 2 * n_heads, d_head)
    by_head = weights[f"{name}.attn.output.weight"].reshape(2 * n_heads, d_head, -1)
    out = linear(weights, f"{name}.attn.output", z.reshape(N_POS, -1))
    kept = {"norm": reads, "z": z, "out": out, "result": np.einsum("phd,hdm->phm", z, by_head)}
    kept |= {"q": query.reshape(z.shape), "k": np.concatenate([key[:, 0], every["key"]], 1)}
    kept |= {"v": np.concatenate([value[:, 0], every["value"]], 1)}
    kept |= {"score": np.concatenate(score), "pattern": np.concatenate(pattern)}
    sites |= {f"{name}.attn.{part}": it for part, it in kept.items()}
    return out


def mamba(_config, mixer, weights, name, reads):
    """Gu & Dao 2023, algorithm 2. Every channel is a head; all share one B and one C."""
    own = under(weights, name)
    x = convolved(linear(weights, f"{name}.in_x", reads), own["conv.weight"], own["conv.bias"])
    gate = silu(linear(weights, f"{name}.in_gate", reads))
    step = softplus(linear(weights, f"{name}.step_up", x @ own["step_down.weight"]))
    write, read = x @ own["write.weight"], x @ own["read.weight"]
    a = -np.exp(own["a_log"])  # [channel, slot]
    decay = np.exp(step[:, :, None] * a)
    state, y = np.zeros((N_POS, *a.shape)), np.zeros_like(x)
    now = np.zeros_like(a)
    for p in range(N_POS):
        for e in range(mixer["d_inner"]):
            now[e] = decay[p, e] * now[e] + step[p, e] * write[p] * x[p, e]
            y[p, e] = read[p] @ now[e] + own["skip"][e] * x[p, e]
        state[p] = now
    for e in range(mixer["d_inner"]):
        by_matrix = by_pairs(decay[:, e], write, read, step[:, e, None] * x[:, e, None])[:, 0]
        assert np.allclose(y[:, e], by_matrix + own["skip"][e] * x[:, e])
    return {
        "conv": x,
        "gate": gate,
        "step": step,
        "decay": decay,
        "value": x[:, :, None],
        "write": write[:, None],
        "read": read[:, None],
        "state": state[:, :, None],
        "y": y[:, :, None],
        "z": (y * gate)[:, :, None],
    }


GATED_RULES = ("ret_net", "gla", "gated_delta_net")
DELTA_RULES = ("delta_net", "gated_delta_net")
# Su et al. 2021, as RetNet takes it: neighbours turn.
TURN = {"positions": {"theta": 10000.0, "fraction": 1.0, "interleaved": True}}


def linear_mixer(config, mixer, weights, name, reads):
    """The family that Yang et al. 2024a, table 1, writes as one: a matrix that keys write to."""
    n_heads, d_key, d_value = mixer["n_heads"], mixer["d_key"], mixer["d_value"]
    rule, parts = mixer["rule"], {}
    query, key, value = (linear(weights, f"{name}.{it}", reads) for it in ("query", "key", "value"))
    if 0 < mixer["d_conv"]:
        joined = np.concatenate([query, key, value], axis=1)
        parts["conv"] = convolved(joined, weights[f"{name}.conv.weight"])
        ends = [n_heads * d_key, 2 * n_heads * d_key]
        query, key, value = np.split(parts["conv"], ends, axis=1)
    query, key = (it.reshape(N_POS, n_heads, d_key) for it in (query, key))
    value = value.reshape(N_POS, n_heads, d_value)
    if rule in DELTA_RULES:
        query, key = unit(query), unit(key)
        parts["step"] = mixer["beta_max"] * sigmoid(linear(weights, f"{name}.step", reads))
    elif rule == "ret_net":
        query, key = turned(TURN, query) / math.sqrt(d_key), turned(TURN, key)
    else:
        query = query / math.sqrt(d_key)
    decay = decays(mixer, weights, name, reads)
    if rule not in ("linear_attention", "delta_net"):
        parts["decay"] = decay
    parts |= {"value": value, "write": key, "read": query}
    if rule in DELTA_RULES:
        parts["remove"] = decay * key
        parts["erase"] = parts["step"][:, :, None] * key

    state = np.zeros((N_POS, n_heads, d_value, d_key))
    y = np.zeros((N_POS, n_heads, d_value))
    for h in range(n_heads):
        now = np.zeros((d_value, d_key))
        for p in range(N_POS):
            alpha, k, v = decay[p, h], key[p, h], value[p, h]
            if rule in DELTA_RULES:
                beta = parts["step"][p, h]
                kept = now @ (alpha * (np.eye(d_key) - beta * np.outer(k, k)))
                removed = np.outer(now @ parts["remove"][p, h], parts["erase"][p, h])
                assert np.allclose(kept, now * alpha - removed)
                now = kept + beta * np.outer(v, k)
            else:
                now = now @ np.diag(alpha * np.ones(d_key)) + np.outer(v, k)
            state[p, h], y[p, h] = now, now @ query[p, h]
        if rule in DELTA_RULES:
            alpha, beta = decay[:, h, 0], parts["step"][:, h]
            other = by_system(alpha, beta, key[:, h], query[:, h], value[:, h])
        else:
            other = by_pairs(decay[:, h], key[:, h], query[:, h], value[:, h])
        assert np.allclose(y[:, h], other)
    z = norm(config, weights, f"{name}.norm", y)  # each head by itself, with one gain for all
    if rule in GATED_RULES:
        parts["gate"] = silu(linear(weights, f"{name}.gate", reads))
        z = z * parts["gate"].reshape(z.shape)
    return {**parts, "state": state, "y": y, "z": z}


def decays(mixer, weights, name, reads):
    """What a state keeps [pos, head, slot], or with one slot where one number serves them all."""
    n_heads = mixer["n_heads"]
    decay = np.ones((N_POS, n_heads, 1))
    if mixer["rule"] == "ret_net":
        for h in range(n_heads):
            decay[:, h] = 1.0 - 2.0 ** (-5 - h)
    if mixer["rule"] == "gla":
        low = reads @ weights[f"{name}.decay_down.weight"]
        kept = sigmoid(linear(weights, f"{name}.decay_up", low))
        decay = kept.reshape(N_POS, n_heads, -1) ** (1.0 / 16.0)
    if mixer["rule"] == "gated_delta_net":
        rate = np.exp(weights[f"{name}.a_log"])
        decay = np.exp(-rate * softplus(linear(weights, f"{name}.decay", reads)))[:, :, None]
    return decay


def by_pairs(decay, key, query, value):
    """What a head says, as a matrix over pairs of positions with all decays between them."""
    y = np.zeros_like(value)
    for p in range(N_POS):
        for earlier in range(p + 1):
            kept = np.prod(decay[earlier + 1 : p + 1], axis=0)  # the empty product is 1
            y[p] += np.sum(query[p] * kept * key[earlier]) * value[earlier]
    return y


def by_system(alpha, beta, key, query, value):
    """What a head of a delta rule says, by the linear system of Yang et al. 2024b, section 3.3."""
    kept = np.tril([[np.prod(alpha[j + 1 : p + 1]) for j in range(N_POS)] for p in range(N_POS)])
    overlap = np.tril(beta[:, None] * kept * (key @ key.T), -1)
    written = np.linalg.solve(np.eye(N_POS) + overlap, beta[:, None] * value)
    return (kept * (query @ key.T)) @ written


def rwkv7(_config, mixer, weights, name, reads):
    """Peng et al. 2025, section 4.1 without the value residual; vectors are rows, as there."""
    own, n_heads, d_head = under(weights, name), mixer["n_heads"], mixer["d_head"]
    before = np.concatenate([np.zeros_like(reads[:1]), reads[:-1]])

    def shifted(part):
        """lerp(x_t, x_{t-1}, mu)"""
        return reads + (before - reads) * own["shift"]["rkvdag".index(part)]

    def by_head(x):
        return x.reshape(N_POS, n_heads, d_head)

    def low_rank(part, inside, x):
        return linear(weights, f"{name}.{part}_up", inside(x @ own[f"{part}_down.weight"]))

    a = sigmoid(low_rank("rate", ACTIVATIONS["identity"], shifted("a")))
    w = np.exp(-np.exp(-0.5) * sigmoid(low_rank("decay", np.tanh, shifted("d"))))
    g = low_rank("gate", sigmoid, shifted("g"))
    r = shifted("r") @ own["read.weight"]
    k = shifted("k") @ own["key.weight"]
    v = shifted("v") @ own["value.weight"]
    kappa = by_head(k * own["remove_key"])
    kappa = kappa / np.maximum(np.sqrt((kappa**2).sum(-1, keepdims=True)), 1e-12)
    k = by_head(k * (1.0 + (a - 1.0) * own["write_rate"]))
    a, w, r, v = by_head(a), by_head(w), by_head(r), by_head(v)

    state = np.zeros((N_POS, n_heads, d_head, d_head))
    y = np.zeros((N_POS, n_heads, d_head))
    z = np.zeros((N_POS, n_heads * d_head))
    for h in range(n_heads):
        now = np.zeros((d_head, d_head))
        transitions = []
        for p in range(N_POS):
            transition = np.diag(w[p, h]) - np.outer(kappa[p, h], a[p, h] * kappa[p, h])
            transitions.append(transition)
            now = now @ transition + np.outer(v[p, h], k[p, h])
            state[p, h], y[p, h] = now, now @ r[p, h]
        assert np.allclose(y[:, h], by_transitions(transitions, k[:, h], r[:, h], v[:, h]))
        own_channels = slice(h * d_head, (h + 1) * d_head)
        gain, bias, bonus = (own[it][own_channels] for it in ("norm.gain", "norm.bias", "bonus"))
        for p in range(N_POS):
            centred = y[p, h] - y[p, h].mean()
            normed = centred / np.sqrt((centred**2).mean() + 64e-5) * gain + bias
            said = normed + (r[p, h] @ (bonus * k[p, h])) * v[p, h]
            z[p, own_channels] = said * g[p, own_channels]
    return {
        "gate": g,
        "decay": w,
        "value": v,
        "write": k,
        "remove": kappa,
        "erase": a * kappa,
        "read": r,
        "state": state,
        "y": y,
        "z": by_head(z),
    }


def by_transitions(transitions, key, query, value):
    """What a head says, as a matrix over pairs of positions with all transitions between them."""
    y = np.zeros_like(value)
    for p in range(N_POS):
        passed = query[p]
        for earlier in range(p, -1, -1):
            y[p] += (key[earlier] @ passed) * value[earlier]
            passed = transitions[earlier] @ passed
    return y


def s4d(config, mixer, weights, name, reads):
    """Gu et al. 2022: every channel a diagonal system of its own, the same at every position."""
    own = under(weights, name)
    n_filters, is_complex = mixer.get("n_filters", 1), mixer["is_complex"]
    reads = np.concatenate(n_filters * [reads], axis=1)
    d_model = n_filters * config["d_model"]
    a, c = -np.exp(own["a_log"]), own["read"]
    if is_complex:
        a, c = a + 1j * own["a_imag"], c + 1j * own["read_imag"]
    a_bar = np.exp(np.exp(own["step_log"])[:, None] * a)
    b_bar = (a_bar - 1.0) / a
    state, y = np.zeros((N_POS, *a.shape), a.dtype), np.zeros((N_POS, d_model))
    for e in range(d_model):
        now = np.zeros(mixer["d_state"], a.dtype)
        for p in range(N_POS):
            now = a_bar[e] * now + b_bar[e] * reads[p, e]
            # A complex slot stands for itself and for its conjugate.
            said = 2.0 * (c[e] @ now).real if is_complex else c[e] @ now
            state[p, e], y[p, e] = now, said + own["skip"][e] * reads[p, e]
        times = np.arange(N_POS)[:, None]
        kernel = ((1 + is_complex) * (c[e] * b_bar[e] * a_bar[e] ** times).sum(1)).real
        by_kernel = np.convolve(kernel, reads[:, e])[:N_POS]
        assert np.allclose(y[:, e], by_kernel + own["skip"][e] * reads[:, e])
    if is_complex:
        state = np.concatenate([state.real, state.imag], axis=-1)
    return {
        "value": reads[:, :, None],
        "state": state[:, :, None],
        "y": y[:, :, None],
        "z": ACTIVATIONS["gelu"](y)[:, :, None],
    }


def gru(_config, mixer, weights, name, reads):
    """Cho et al. 2014 as torch has it: the reset multiplies after the matrix, and z keeps."""
    h, hidden = np.zeros(mixer["d_state"]), []
    for p in range(N_POS):
        from_input = np.split(linear(weights, f"{name}.input", reads[p]), 3)
        from_hidden = np.split(linear(weights, f"{name}.hidden", h), 3)
        r = sigmoid(from_input[0] + from_hidden[0])
        z = sigmoid(from_input[1] + from_hidden[1])
        n = np.tanh(from_input[2] + r * from_hidden[2])
        h = (1.0 - z) * n + z * h
        hidden.append(h)
    hidden = np.stack(hidden)
    return {"state": hidden[:, None, None], "z": hidden[:, None]}


def lstm(_config, mixer, weights, name, reads):
    """Hochreiter & Schmidhuber 1997 as torch has it: the state is the cell."""
    c = h = np.zeros(mixer["d_state"])
    cells, hidden = [], []
    for p in range(N_POS):
        from_both = linear(weights, f"{name}.input", reads[p])
        from_both = from_both + linear(weights, f"{name}.hidden", h)
        i, f, g, o = np.split(from_both, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        cells.append(c)
        hidden.append(h)
    return {"state": np.stack(cells)[:, None, None], "z": np.stack(hidden)[:, None]}


MIXERS = {
    "mamba": mamba,
    "linear": linear_mixer,
    "rwkv7": rwkv7,
    "s4d": s4d,
    "gru": gru,
    "lstm": lstm,
}


# --- Helpers


def under(weights, name):
    """The weights of `name`, by what follows it."""
    return {it[len(name) + 1 :]: weights[it] for it in weights if it.startswith(f"{name}.")}


def convolved(x, kernel, bias=0.0):
    """`x` [pos, channel] through each channel's kernel [channel, K], whose last is the newest's."""
    out = np.zeros_like(x)
    width = kernel.shape[1]
    for p in range(N_POS):
        for back in range(min(width, p + 1)):
            out[p] += kernel[:, width - 1 - back] * x[p - back]
    return silu(out + bias)


def unit(x):
    return x / np.sqrt((x**2).sum(-1, keepdims=True) + 1e-6)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


silu = ACTIVATIONS["silu"]


if __name__ == "__main__":
    main()
