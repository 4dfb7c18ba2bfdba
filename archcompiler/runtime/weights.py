"""Canonical weights: random ones, and those read from and assigned to live models."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import Stored
from archcompiler.graph import Graph, Layer
from archcompiler.runtime.frameworks import framework_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Weights = dict[str, Array]  # by names such as "C1.weight", in the layouts of PyTorch


def random_weights(graph: Graph, seed: int) -> Weights:
    """Return random weights for comparisons: no bias, shift or statistic is at its usual 0 or 1.

    A mistake in the conversion of any shows. Values keep their size from layer to layer, as in a
    trained network: if they grew, so would the rounding of float32, until it is all there is.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    variances = _variances(graph)
    weights = {}
    for layer in graph.layers:
        gain = 2.0 if _is_activated(layer, graph) else 1.0
        for parameter in layer.parameters:
            draw = generator.standard_normal(parameter.shape, dtype=np.float32)
            if draw.ndim > 1:
                draw *= math.sqrt(gain / (parameter.size // parameter.shape[0]))
            elif parameter.initializer.name == "ones":  # scales and variances: positive, around 1
                draw = 1 + 0.1 * abs(draw)
            else:
                draw *= 0.1
            if not parameter.trainable and parameter.initializer.name == "ones":
                draw *= variances[layer.inputs[0]]
            weights[f"{layer.name}.{parameter.name}"] = draw.astype(np.float32)
    return weights


def _variances(graph: Graph) -> dict[str, float]:
    """Return about how large the values of each layer are: their variance, where inputs have 1."""
    found: dict[str, float] = {}
    for layer in graph.layers:
        read = [found[name] for name in layer.inputs]
        if not read or layer.operation.keeps_statistics:
            found[layer.name] = 1.0
        elif all(shape == layer.shape for shape in layer.input_shapes):
            found[layer.name] = sum(read)
        else:
            found[layer.name] = max(read)
    return found


def _is_activated(layer: Layer, graph: Graph) -> bool:
    """Whether an activation follows, at once or behind a normalization or the like.

    Most halve the variance (He et al. 2015, https://arxiv.org/abs/1502.01852): kernels double it.
    """
    while layer.function is None:
        readers = graph.readers[layer.name]
        if len(readers) != 1:
            return False
        (reader,) = readers
        has_kernel = any(len(parameter.shape) > 1 for parameter in reader.parameters)
        if has_kernel or len(reader.inputs) > 1 or reader.shape != layer.shape:
            return False
        layer = reader
    return True


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
