"""Random inputs of a network: real numbers, or whole ones below a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcompiler.backends.skeleton import batch_shape
from archcompiler.graph import Graph

if TYPE_CHECKING:
    from numpy.random import Generator

    from archcompiler.runtime.weights import Array


def random_inputs(graph: Graph, batch: int, generator: Generator | None = None) -> list[Array]:
    """Return a batch for each input, channels first; without a `generator`, always the same one.

    Real numbers are float32 from a standard normal distribution, whole ones int64 from a uniform
    distribution.
    """
    import numpy as np

    generator = generator or np.random.default_rng(0)
    found: list[Array] = []
    for layer in graph.inputs:
        shape, below = (batch, *batch_shape(layer, channels_last=False)), layer.shape.values.below
        if below is None:
            found.append(generator.standard_normal(shape, "float32"))
        else:
            found.append(generator.integers(0, below, shape))
    return found


def in_precision(values: Array, precision: str) -> Array:
    """Return real numbers in a precision such as `float64`; whole numbers are not converted."""
    return values.astype(precision) if values.dtype.kind == "f" else values
