"""A torchvision model with disturbed weights: its checkpoint, an input and its output.

It runs where torchvision is, and imports nothing of ours but `peers.disturb`:
`python -m peers.from_torchvision MODEL SEED SIDE FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import get_model

from peers import disturb


def build(name: str) -> nn.Module:
    options: dict[str, Any] = {}
    if name in ("googlenet", "inception_v3"):
        options = {"aux_logits": True, "init_weights": False}
    elif name.startswith(("deeplab", "fcn")):
        options = {"weights_backbone": None}
    model: nn.Module = get_model(name, weights=None, **options)
    return model.eval()


def disturb_kernels(model: nn.Module, generator: np.random.Generator) -> None:
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            shape = tuple(module.weight.shape)
            values = disturb.kernel(shape, int(np.prod(shape[1:])), generator)
            module.weight.data.copy_(torch.from_numpy(values))
            if module.bias is not None:
                values = disturb.bias(tuple(module.bias.shape), generator)
                module.bias.data.copy_(torch.from_numpy(values))


def disturb_the_rest(model: nn.Module, generator: np.random.Generator) -> None:
    """Give values to what normalizes each sample by itself, and to tensors of no layer."""
    done = {
        id(parameter)
        for module in model.modules()
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d)
        for parameter in module.parameters(recurse=False)
    }
    for name, parameter in model.named_parameters():
        if id(parameter) not in done:
            around = 1.0 if parameter.ndim == 1 and name.endswith(".weight") else 0.0
            shape = tuple(parameter.shape)
            values = around + 0.3 * generator.standard_normal(shape)
            if len(shape) == 2:  # queries, keys and values in one
                values = disturb.kernel(shape, shape[1], generator)
            parameter.data.copy_(torch.from_numpy(values))


def disturb_normalizations(
    model: nn.Module, images: torch.Tensor, generator: np.random.Generator
) -> None:
    """Give each normalization its tensors when its input is known: before it runs, in one pass.

    Auxiliary heads do not run; they get tensors as if their inputs were normal.
    """
    left = {module for module in model.modules() if isinstance(module, nn.BatchNorm2d)}

    def give(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        assign(module, inputs[0].transpose(0, 1).flatten(1).numpy())

    def assign(module: nn.Module, values: Any) -> None:
        tensors = disturb.normalization(values, module.eps, generator)
        names = ("weight", "bias", "running_mean", "running_var")
        for tensor, value in zip(names, tensors, strict=True):
            getattr(module, tensor).data.copy_(torch.from_numpy(value))
        left.discard(module)

    hooks = [module.register_forward_pre_hook(give) for module in left]
    model(images)
    for hook in hooks:
        hook.remove()
    for module in [module for module in model.modules() if module in left]:
        assign(module, generator.standard_normal((module.num_features, 64)))


def main(name: str, seed: int, side: int, folder: Path) -> None:
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)  # another order of the same sums
    generator = np.random.default_rng(seed)
    images = disturb.network_input(seed + 1, side)
    with torch.inference_mode():
        model = build(name)
        disturb_kernels(model, generator)
        disturb_the_rest(model, generator)
        disturb_normalizations(model, torch.from_numpy(images), generator)
        output = model(torch.from_numpy(images))
    output = output["out"] if isinstance(output, dict) else output  # of what marks cells
    save_file(model.state_dict(), folder / "weights.safetensors")
    np.savez(folder / "signals.npz", input=images, output=output.numpy())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
