"""Live models of PyTorch: their class, their tensors, and what they give."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from archcompiler.backends.backend import Stored

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array


def model_class(module: ModuleType) -> Any:
    """Return the model's class of an emitted module: the last, behind those of blocks."""
    import torch

    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, torch.nn.Module)
        and value.__module__ == module.__name__
    ][-1]


def kept_in(model: Any, stored: Stored) -> Any:
    """Return the parameter, or the buffer, that `stored` leads to."""
    return getattr(model.get_submodule(stored.layer), stored.name)


def forward(model: Any, inputs: list[Array], device: str) -> list[Any]:
    """Return the output tensors of `model`."""
    return listed(model(*tensors(inputs, device)))


def listed(outputs: Any) -> list[Any]:
    """Return the outputs of a model, of which a single one comes without a tuple."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def tensors(values: list[Array], device: str) -> list[Any]:
    """Return arrays as tensors on a device."""
    import torch

    return [torch.from_numpy(value).to(device) for value in values]
