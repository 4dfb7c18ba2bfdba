"""Weights in their canonical form, and in and out of live models through the backends' layouts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archcompiler.backends import backend_named
from archcompiler.backends.backend import Stored
from archcompiler.graph import Graph
from archcompiler.operations import Parameter
from archcompiler.operations.axes import rearranged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Weights = dict[str, Array]  # "C1.weight" and the like, in PyTorch's layouts


def random_weights(graph: Graph, seed: int) -> Weights:
    """Return weights that let signals through: kernels as He's, everything else disturbed.

    Biases and statistics at their usual zeros and ones would hide a mistake in carrying them.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    weights = {}
    for layer in graph.layers:
        for parameter in layer.parameters:
            draw = generator.standard_normal(parameter.shape, dtype=np.float32)
            weights[f"{layer.name}.{parameter.name}"] = _scaled(parameter, draw)
    return weights


def _scaled(parameter: Parameter, draw: Array) -> Array:
    scale, shift = 0.1, 0.0
    if draw.ndim > 1:
        scale = math.sqrt(2 / (parameter.size // parameter.shape[0]))
    elif parameter.initializer.name == "ones":  # scales and variances: positive, around 1
        draw, shift = abs(draw), 1.0
    return (draw * scale + shift).astype(draw.dtype)


def to_stored(weights: Weights, layer: str, stored: Stored) -> Array:
    """Return a canonical tensor in the layout that a framework keeps it in."""
    parameter = stored.parameter
    tensor = weights[f"{layer}.{parameter.name}"]
    return rearranged(tensor, parameter.axes, stored.axes, dict(parameter.lengths))


def to_canonical(tensor: Array, stored: Stored) -> Array:
    """Return a framework's tensor in the canonical layout."""
    parameter = stored.parameter
    return rearranged(tensor, stored.axes, parameter.axes, dict(parameter.lengths))


def load_into(model: Any, graph: Graph, backend: str, weights: Weights) -> None:
    """Put canonical weights into a live model of `graph`."""
    for layer in graph.layers:
        for stored in backend_named(backend).stored(graph, layer):
            tensor = to_stored(weights, layer.name, stored)
            if backend == "keras":
                getattr(model.get_layer(stored.layer), stored.name).assign(tensor)
            else:
                _torch_tensor(model, stored).copy_(_as_torch(tensor))


def _torch_tensor(model: Any, stored: Stored) -> Any:
    return getattr(model.get_submodule(stored.layer), stored.name).data


def _as_torch(tensor: Array) -> Any:
    import torch

    return torch.from_numpy(tensor.copy() if not tensor.flags.writeable else tensor)
