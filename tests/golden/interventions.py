"""Writes reference tensors for runs that a reader has changed: a plain numpy forward.

To run, anywhere with Python 3.10 or newer:

    pip install numpy
    python tests/golden/interventions.py

For each of `CASES` this writes `interventions/<name>.safetensors` beside this file: what `blocks.py`
writes, with the sites of the changed run, and in the metadata also

    `program`   the interventions as a link has them (crates/trace/src/program/text.rs)
    `blocks`    the order of the blocks as a link has it
    `prompts`   the prompts that means are taken over, as numbers of tokens, one prompt a line

Token number n is the word `wn`, and the first token of every prompt is the mark of the beginning, 0.
"""

import json
import zlib

import numpy as np

from blocks import (
    HERE,
    NETWORKS,
    attend,
    attention,
    block,
    forward,
    linear,
    norm,
    random_weights,
    safetensors_bytes,
)

CONFIG = {**NETWORKS["alibi_causal_relu"], "n_layers": 3, "unembed": "own"}
CONFIG["bias"] = {**CONFIG["bias"], "unembed": True}
TOKENS = [0, 4, 17, 9, 4, 30, 2]
PROMPTS = [[0, 5, 6, 7, 8], [0, 11, 12]]


def main():
    random = np.random.default_rng(zlib.crc32(b"interventions"))
    weights = random_weights(CONFIG, random)
    for name, (program, blocks, change) in CASES.items():
        sites = changed(weights, TOKENS, blocks, **change)
        write(name, program, blocks, weights, sites)
        print(f"{name}: logits up to {abs(sites['logits']).max():.1f}")


def changed(weights, tokens, order, mix=None, after=None):
    """A run with the blocks in `order`. `mix` stands for attention; `after[layer]` takes the stream
    that a block leaves and gives another. Of a block that runs twice the last pass is kept."""
    sites = {}
    stream = weights["embed.weight"][tokens]
    for layer in order:
        stream = block(CONFIG, weights, f"blocks.{layer}", stream, sites, mix(weights) if mix else attend)
        if after and layer in after:
            stream = after[layer](weights, stream)
            sites[f"blocks.{layer}.resid_post"] = stream
    sites["final_norm"] = norm(CONFIG, weights, "final_norm", stream)
    sites["logits"] = linear(weights, "unembed", sites["final_norm"])
    return {name: it for name, it in sites.items() if name == "logits" or "resid_post" in name}


def mean_of_head(layer, h):
    """Attention in which head `h` of `layer` says its mean over all but the first positions."""

    def mix(weights):
        rows = [forward(CONFIG, weights, np.array(it))[f"blocks.{layer}.attn.z"][1:] for it in PROMPTS]
        mean = np.concatenate(rows)[:, h].mean(axis=0)

        def mixed(config, own, name, reads, sites):
            out = attention(config, own, f"{name}.attn", reads, sites, None)
            if name != f"blocks.{layer}":
                return out
            z = sites[f"{name}.attn.z"].copy()
            z[:, h] = mean
            return linear(own, f"{name}.attn.output", z.reshape(len(z), -1))

        return mixed

    return mix


def steered(a, b, strength, pos):
    """Adds a vector of length `strength` along what reads A rather than B."""

    def after(weights, stream):
        toward = direction(weights, a) - direction(weights, b)
        stream = stream.copy()
        stream[pos] += strength * toward / np.linalg.norm(toward)
        return stream

    return after


def direction(weights, token):
    """The unembedding's column through the final norm's gain and centring."""
    column = weights["unembed.weight"][:, token] * weights["final_norm.gain"]
    return column - column.mean()


def without(token):
    """Projects out what reads a token."""

    def after(weights, stream):
        unit = direction(weights, token)
        unit = unit / np.linalg.norm(unit)
        return stream - np.outer(stream @ unit, unit)

    return after


TRAINED = [0, 1, 2]
CASES = {
    "mean_of_a_head": ("head.1.2 set mean", TRAINED, {"mix": mean_of_head(1, 2)}),
    "steering": (
        "blocks.1.resid_post@3 add 2.5 token(w9)-token(w4)",
        TRAINED,
        {"after": {1: steered(9, 4, 2.5, 3)}},
    ),
    "projected_out": (
        "blocks.0.resid_post project-out token(w17)",
        TRAINED,
        {"after": {0: without(17)}},
    ),
    "swapped_blocks": ("", [1, 0, 2], {}),
    "repeated_and_skipped": ("", [0, 2, 2], {}),
}


def write(name, program, blocks, weights, sites):
    tensors = {"tokens": np.array(TOKENS).astype("<i4")}
    tensors |= {f"weights.{key}": it.astype("<f4") for key, it in weights.items()}
    tensors |= {f"sites.{key}": it.astype("<f4") for key, it in sites.items()}
    metadata = {
        "config": json.dumps(CONFIG),
        "program": program,
        "blocks": ",".join(map(str, blocks)),
        "prompts": "\n".join(" ".join(map(str, it)) for it in PROMPTS),
        "made_with": f"numpy {np.__version__}",
    }
    (HERE / "interventions").mkdir(exist_ok=True)
    path = HERE / "interventions" / f"{name}.safetensors"
    path.write_bytes(safetensors_bytes(tensors, metadata))


if __name__ == "__main__":
    main()
