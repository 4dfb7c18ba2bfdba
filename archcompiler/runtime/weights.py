"""Canonical weights: random ones, and those read from and assigned to live models."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import Stored
from archcompiler.graph import Graph
from archcompiler.operations import Parameter
from archcompiler.runtime.frameworks import framework_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Weights = dict[str, Array]  # by names such as "C1.weight", in the layouts of PyTorch


def random_weights(graph: Graph, seed: int) -> Weights:
    """Return random weights for comparisons: kernels by He initialization, all others random, too.

    Biases and running statistics are not at their usual zeros and ones, so that a mistake in
    their conversion shows.
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


def cast(weights: Weights, precision: str) -> Weights:
    """Convert weights to a precision such as `float64`."""
    return {name: tensor.astype(precision) for name, tensor in weights.items()}


def load_into(model: Any, graph: Graph, backend: str, weights: Weights) -> None:
    """Put canonical weights into a live model of `graph`."""
    assign = framework_of(backend).assign
    for layer in graph.layers:
        for stored in BACKENDS[backend].stored(graph, layer):
            tensor = stored.laid_out(weights[f"{layer.name}.{stored.parameter.name}"])
            assign(model, stored, tensor)


def weights_of(model: Any, graph: Graph, backend: str) -> Weights:
    """Return a copy of the canonical weights of a live model of `graph`."""
    return gathered(graph, backend, partial(framework_of(backend).tensor, model))


def gathered(
    graph: Graph, backend: str, read: Callable[[Stored], Array], *, trained: bool = False
) -> Weights:
    """Return the tensors that `read` returns for each parameter, in the canonical layouts.

    With `trained`, only of trained parameters.
    """
    return {
        f"{layer.name}.{stored.parameter.name}": stored.canonical(read(stored))
        for layer in graph.layers
        for stored in BACKENDS[backend].stored(graph, layer)
        if stored.parameter.trainable or not trained
    }
