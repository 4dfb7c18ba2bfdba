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
from transformers import BertConfig, BertModel

from peers import disturb

MODELS = {"BertModel": (BertModel, BertConfig)}
BATCH = 2


def disturb_parameters(model: nn.Module, generator: np.random.Generator) -> None:
    """Give all tensors values that are not their usual ones."""
    for name, parameter in model.named_parameters():
        shape = tuple(parameter.shape)
        if "embeddings" in name and len(shape) == 2:
            values = generator.standard_normal(shape)
        elif len(shape) == 2:
            values = disturb.kernel(shape, 2 * shape[1], generator)
        elif name.endswith("LayerNorm.weight"):
            values = 1 + 0.3 * generator.standard_normal(shape)
        else:
            values = disturb.bias(shape, generator)
        parameter.data.copy_(torch.from_numpy(values))


def main(name: str, seed: int, tokens: int, folder: Path) -> None:
    torch.set_num_threads(1)
    generator = np.random.default_rng(seed)
    kind, configuration = MODELS[name]
    model = kind(configuration()).eval()
    disturb_parameters(model, generator)
    words = generator.integers(0, model.config.vocab_size, (BATCH, tokens))
    segments = generator.integers(0, 2, (BATCH, tokens))
    mask = generator.integers(0, 2, (BATCH, tokens))
    with torch.inference_mode():
        output = model(
            input_ids=torch.from_numpy(words),
            token_type_ids=torch.from_numpy(segments),
            attention_mask=torch.from_numpy(mask),
        ).pooler_output
    save_file(
        {key: value.contiguous() for key, value in model.named_parameters()},
        folder / "weights.safetensors",
    )
    given = {"input0": words, "input1": segments, "input2": mask}
    np.savez(folder / "signals.npz", **given, output=output.numpy())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
