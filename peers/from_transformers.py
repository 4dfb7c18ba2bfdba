"""A model of transformers with disturbed weights: its checkpoint, inputs and its output.

It runs where transformers is, and imports nothing of ours but `peers.disturb`:
`python -m peers.from_transformers MODEL SEED TOKENS FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from peers import disturb

BATCH = 2
LLAMA = LlamaConfig(
    vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
    num_attention_heads=9, num_key_value_heads=3, rms_norm_eps=1e-5, tie_word_embeddings=False,
)  # fmt: skip
# The class of a model, its configuration, and the inputs beside words that it is given.
MODELS = {
    "BertModel": (BertModel, BertConfig(), ("token_type_ids", "attention_mask")),
    "LlamaForCausalLM": (LlamaForCausalLM, LLAMA, ()),
}


def disturb_parameters(model: nn.Module, generator: np.random.Generator) -> None:
    """Give all tensors values that are not their usual ones."""
    for name, parameter in model.named_parameters():
        shape = tuple(parameter.shape)
        if "embed" in name and len(shape) == 2:
            values = generator.standard_normal(shape)
        elif len(shape) == 2:
            values = disturb.kernel(shape, 2 * shape[1], generator)
        elif "norm" in name.lower() and name.endswith("weight"):
            values = 1 + 0.3 * generator.standard_normal(shape)
        else:
            values = disturb.bias(shape, generator)
        parameter.data.copy_(torch.from_numpy(values))


def main(name: str, seed: int, tokens: int, folder: Path) -> None:
    torch.set_num_threads(1)
    generator = np.random.default_rng(seed)
    kind, configuration, others = MODELS[name]
    model = kind(configuration).eval()
    disturb_parameters(model, generator)
    given = {"input_ids": generator.integers(0, model.config.vocab_size, (BATCH, tokens))}
    given |= {other: generator.integers(0, 2, (BATCH, tokens)) for other in others}
    with torch.inference_mode():
        output = model(**{key: torch.from_numpy(value) for key, value in given.items()})
    # Of the scores of words ours are maps: the words first.
    found = output.logits.transpose(1, 2) if "logits" in output else output.pooler_output
    weights = {key: value.contiguous() for key, value in model.named_parameters()}
    save_file(weights, folder / "weights.safetensors")
    inputs = {f"input{number}": value for number, value in enumerate(given.values())}
    np.savez(folder / "signals.npz", **inputs, output=found.numpy())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
