"""Writes reference tensors: tiny random Mamba and Mamba-2 models, as make.py writes transformers.

To run, with the same packages:

    python tests/golden/ssm.py

It writes the same three files for each network of `NETWORKS`. `transformers` never calls its
modules `conv1d` and `dt_proj`, but hands their weights to functions; `convolutions_into` listens
at the one that convolves.

No module holds the step, the decay and the states. They are computed here, one position and one
head after the other, in float64 from what was captured, and held to what the model says: y and z to
what its norm and its output matrix read, the state after each position to the model's own cache
after the prompt that ends there.

A block has no MLP: its mixer reads `norm` and adds to the stream.
"""

import importlib
import zlib

import torch
from make import (
    CLOSE,
    D_VOCAB,
    MAKES,
    READS,
    listen,
    random_model,
    random_tokens,
    write_network,
)
from torch.nn.functional import silu, softplus
from transformers import Mamba2Config, Mamba2ForCausalLM, MambaConfig, MambaForCausalLM

SIZES = {
    "vocab_size": D_VOCAB,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "initializer_range": 0.3,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
}
MAMBA = {**SIZES, "state_size": 4}
MAMBA2 = {**SIZES, "state_size": 6, "num_heads": 4, "head_dim": 8}

# Each network: its folder, its model, its config. Between them they turn every switch of ours.
NETWORKS = [
    ("mamba", MambaForCausalLM, MambaConfig(**MAMBA)),
    (
        "mamba_wide",
        MambaForCausalLM,
        MambaConfig(
            **MAMBA,
            expand=3,
            conv_kernel=3,
            time_step_rank=5,
            use_bias=True,
            use_conv_bias=False,
            layer_norm_epsilon=1e-2,
            tie_word_embeddings=False,
        ),
    ),
    ("mamba2", Mamba2ForCausalLM, Mamba2Config(**MAMBA2, n_groups=1)),
    (
        "mamba2_groups",
        Mamba2ForCausalLM,
        Mamba2Config(
            **MAMBA2,
            n_groups=2,
            conv_kernel=3,
            use_bias=True,
            use_conv_bias=False,
            time_step_limit=(0.2, 1.0),
            chunk_size=4,
            layer_norm_epsilon=1e-2,
            tie_word_embeddings=True,
        ),
    ),
]

# Where the architectures keep what: for a site, the module, and whether it reads or makes it.
WHOLE = {"embed": "backbone.embeddings", "final_norm": "backbone.norm_f"}
BLOCKS = "backbone.layers"
PARTS = {
    "ssm.norm": ("norm", MAKES),
    "ssm.z": ("mixer.out_proj", READS),
    "ssm.out": ("mixer", MAKES),
}
# What is no site, but what sites are computed from or held to.
RAW = {
    "mamba": {"in": ("mixer.in_proj", MAKES), "x": ("mixer.x_proj", MAKES)},
    "mamba2": {"in": ("mixer.in_proj", MAKES), "y": ("mixer.norm", READS)},
}
COMPUTED = ("conv", "gate", "step", "decay", "value", "write", "read", "state", "y")


def main():
    torch.set_num_threads(1)
    for name, kind, config in NETWORKS:
        seed = zlib.crc32(name.encode())
        model, tokens = random_model(kind, config, seed), random_tokens(seed)
        draw_steps(model)
        sites = trace(model, tokens)
        decays = torch.cat([sites[f"blocks.{it}.ssm.decay"].flatten() for it in (0, 1)])
        low, middle, high = decays.quantile(torch.tensor([0.05, 0.5, 0.95]))
        print(f"{name}: nine decays of ten in {low:.2f} to {high:.2f}, about {middle:.2f}")
        write_network(name, model, tokens, sites)


def draw_steps(model):
    """Draws what makes steps and decays anew, so that states are neither kept nor lost at once."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            part = name.split("mixer.")[-1]
            if part == "A_log":
                parameter.uniform_(-2.0, 0.5)
            elif part in ("dt_bias", "dt_proj.bias"):
                parameter.normal_(mean=-0.5, std=0.3)
            elif part == "D":
                parameter.normal_(mean=1.0, std=0.3)


# --- What the model has


def trace(model, tokens):
    """What the model has at each of our sites, by name."""
    architecture = model.config.model_type
    sites, raw, hooks = {}, {}, []
    for site, module in WHOLE.items():
        hooks.append(listen(model.get_submodule(module), sites, site, MAKES))
    for layer, block in enumerate(model.get_submodule(BLOCKS)):
        hooks.append(listen(block, sites, f"blocks.{layer}.resid_pre", READS))
        hooks.append(listen(block, sites, f"blocks.{layer}.resid_post", MAKES))
        for part, (module, way) in PARTS.items():
            hooks.append(listen(block.get_submodule(module), sites, f"blocks.{layer}.{part}", way))
        for part, (module, way) in RAW[architecture].items():
            hooks.append(listen(block.get_submodule(module), raw, f"{layer}.{part}", way))
    convolutions = []
    with torch.no_grad(), convolutions_into(model, convolutions):
        said = model(tokens[None], use_cache=True, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    sites["logits"] = said.logits[0]
    for layer, block in enumerate(model.get_submodule(BLOCKS)):
        found = {part: raw[f"{layer}.{part}"] for part in RAW[architecture]}
        found["conv"] = convolutions[layer]
        found["z"] = sites[f"blocks.{layer}.ssm.z"]
        with torch.no_grad():
            parts = MIXERS[architecture](block.mixer, found)
        sites |= {f"blocks.{layer}.ssm.{part}": it for part, it in parts.items()}
    check(model, tokens, sites, said)
    return sites


class convolutions_into:
    """While this lasts, what the convolution makes [pos, channel] is kept too, block by block."""

    def __init__(self, model, convolutions):
        self.file = importlib.import_module(type(model).__module__)
        self.own = self.file.causal_conv1d_fn
        self.convolutions = convolutions

    def __enter__(self):
        self.file.causal_conv1d_fn = self.forward

    def __exit__(self, *_):
        self.file.causal_conv1d_fn = self.own

    def forward(self, *inputs, **rest):
        made = self.own(*inputs, **rest)
        self.convolutions.append(made[0].T.detach().clone())  # from [batch, channel, pos]
        return made


# --- What no module holds


def mamba(mixer, found):
    """The parts of Gu & Dao 2023, algorithm 2: a head for each channel, one group."""
    d_state, rank = mixer.ssm_state_size, mixer.time_step_rank
    x, gate = found["in"].chunk(2, dim=-1)
    torch.testing.assert_close(found["conv"], convolved(mixer.conv1d, x), **CLOSE)
    low, write, read = found["x"].split([rank, d_state, d_state], dim=-1)
    step = softplus(low @ mixer.dt_proj.weight.T + mixer.dt_proj.bias)
    parts = {
        "conv": found["conv"],
        "gate": silu(gate),
        "step": step,
        "decay": torch.exp(-step[:, :, None] * mixer.A_log.exp()),
        "value": found["conv"][:, :, None],
        "write": write[:, None],
        "read": read[:, None],
    }
    parts |= recurrence(parts, mixer.D)
    parts["z"] = found["z"][:, :, None]
    torch.testing.assert_close(parts["y"] * parts["gate"][:, :, None], parts["z"], **CLOSE)
    return parts


def mamba2(mixer, found):
    """The parts of Dao & Gu 2024, section 7: heads of several channels share a step."""
    n_pos, n_heads, n_groups = len(found["in"]), mixer.num_heads, mixer.n_groups
    inner, in_groups = mixer.intermediate_size, n_groups * mixer.ssm_state_size
    gate, x, step = found["in"].split([inner, mixer.conv_dim, n_heads], dim=-1)
    torch.testing.assert_close(found["conv"], convolved(mixer.conv1d, x), **CLOSE)
    value, write, read = found["conv"].split([inner, in_groups, in_groups], dim=-1)
    low, high = mixer.time_step_limit
    step = softplus(step + mixer.dt_bias).clamp(low, high)
    if high < torch.inf:
        assert 0 < (step == low).sum() and 0 < (step == high).sum()
        assert 0.4 < ((low < step) & (step < high)).float().mean()
    parts = {
        "conv": found["conv"],
        "gate": silu(gate),
        "step": step,
        "decay": torch.exp(-step * mixer.A_log.exp())[:, :, None],
        "value": value.reshape(n_pos, n_heads, -1),
        "write": write.reshape(n_pos, n_groups, -1),
        "read": read.reshape(n_pos, n_groups, -1),
    }
    parts |= recurrence(parts, mixer.D)
    torch.testing.assert_close(parts["y"].reshape(n_pos, -1), found["y"], **CLOSE)
    parts["y"] = found["y"].reshape(n_pos, n_heads, -1)
    # The norm looks at each group of channels by itself; the gain is the only thing they share.
    gated = (found["y"] * parts["gate"]).reshape(n_pos, n_groups, -1)
    power = gated.square().mean(-1, keepdim=True) + mixer.layer_norm_epsilon
    z = (gated / power.sqrt()).reshape(n_pos, -1) * mixer.norm.weight
    torch.testing.assert_close(z, found["z"], **CLOSE)
    parts["z"] = found["z"].reshape(n_pos, n_heads, -1)
    return parts


MIXERS = {"mamba": mamba, "mamba2": mamba2}


def convolved(conv, x):
    """`x` [pos, channel] through its channel's kernel and SiLU; the last weight is for now."""
    kernel = conv.weight[:, 0]  # [channel, K]
    width = kernel.shape[1]
    out = torch.zeros_like(x)
    for p in range(len(x)):
        for back in range(min(width, p + 1)):
            out[p] += kernel[:, width - 1 - back] * x[p - back]
    return silu(out if conv.bias is None else out + conv.bias)


def recurrence(parts, skip):
    """`state` [pos, head, value, slot] and `y` [pos, head, value], from a state of zeros."""
    step, decay, value, write, read, skip = (
        it.double() for it in [*(parts[part] for part in COMPUTED[2:7]), skip]
    )
    n_pos, n_heads, d_value = value.shape
    n_groups, d_state = write.shape[1:]
    state = torch.zeros(n_heads, d_value, d_state, dtype=torch.double)
    states = torch.zeros(n_pos, *state.shape, dtype=torch.double)
    y = torch.zeros(n_pos, n_heads, d_value, dtype=torch.double)
    for p in range(n_pos):
        for h in range(n_heads):
            g = h // (n_heads // n_groups)  # heads in a row share a group
            wrote = step[p, h] * torch.outer(value[p, h], write[p, g])
            state[h] = state[h] * decay[p, h] + wrote
            y[p, h] = state[h] @ read[p, g] + skip[h] * value[p, h]
        states[p] = state
    return {"state": states.float(), "y": y.float()}


# --- Checks


def check(model, tokens, sites, said):
    """Holds what was found to what the model says of itself, and to the sums of the stream."""
    same = {"atol": 0.0, "rtol": 0.0}
    n_layers = model.config.num_hidden_layers
    for layer in range(n_layers):
        at = {part: sites[f"blocks.{layer}.{part}"] for part in parts()}
        torch.testing.assert_close(at["resid_post"], at["resid_pre"] + at["ssm.out"], **same)
        before = sites[f"blocks.{layer - 1}.resid_post"] if 0 < layer else sites["embed"]
        torch.testing.assert_close(at["resid_pre"], before, **same)
        torch.testing.assert_close(at["resid_post"], said.hidden_states[layer][0], **same)
    torch.testing.assert_close(sites["final_norm"], said.hidden_states[n_layers][0], **same)
    logits = sites["final_norm"] @ model.get_output_embeddings().weight.detach().T
    torch.testing.assert_close(sites["logits"], logits, **CLOSE)
    for length in range(1, len(tokens) + 1):
        with torch.no_grad():
            cache = model(tokens[None, :length], use_cache=True).cache_params
        for layer in range(n_layers):
            state = sites[f"blocks.{layer}.ssm.state"][length - 1]
            cached = cache.layers[layer].recurrent_states[0][0].reshape(state.shape)
            torch.testing.assert_close(state, cached, **CLOSE)
    expected = {f"blocks.{layer}.{part}" for layer in range(n_layers) for part in parts()}
    expected |= {*WHOLE, "logits"}
    assert set(sites) == expected, set(sites) ^ expected


def parts():
    """The parts of a block."""
    return {"resid_pre", "resid_post", *PARTS, *(f"ssm.{part}" for part in COMPUTED)}


if __name__ == "__main__":
    main()
