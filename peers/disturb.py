"""Weights that make mistakes visible: everything matters, and nothing is at its usual value."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

Array = Any  # of numpy; this runs where its stubs may be missing

BATCH, MAPS = 2, 3
FEW = 16


def network_input(seed: int, side: int) -> Array:
    """Return the square images that both sides read, channels first: with large and small features.

    Where all places of an image look alike, as in noise, deep layers see hardly anything but its
    mean, and what little is left of it is rounding.
    """
    generator = np.random.default_rng(seed)
    images = np.zeros((BATCH, MAPS, side, side))
    for cells in (1, 2, 4, 8, 16, 32, 112):
        field = generator.standard_normal((BATCH, MAPS, cells, cells))
        wide = -(-side // cells)
        images += field.repeat(wide, axis=2).repeat(wide, axis=3)[:, :, :side, :side]
    return images.astype(np.float32)


def kernel(shape: tuple[int, ...], fan_in: int, generator: np.random.Generator) -> Array:
    """Return a kernel that keeps a signal's scale through rectifiers."""
    return generator.standard_normal(shape, dtype=np.float32) * np.float32(math.sqrt(2 / fan_in))


def bias(shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Return biases that are not zero."""
    return generator.standard_normal(shape, dtype=np.float32) * np.float32(0.1)


class Normalization(NamedTuple):
    """The tensors of a batch normalization."""

    scale: Array
    shift: Array
    mean: Array
    variance: Array


def normalization(values: Array, epsilon: float, generator: np.random.Generator) -> Normalization:
    """Return tensors for a normalization of `values`, a row for each map.

    Variances reach down to 1e-5, as those of trained networks do: with all of them near 1 a wrong
    epsilon would not show. The scales make up for that, so that what comes out stays around 1: a
    signal that grew from block to block would drown the tensors of the later ones. Shifts are
    positive: rectifiers that cut every signal in half would make a chaos of fifty layers, where
    rounding in float32 alone comes to 2e-5. Where maps have few values, such as one for each image,
    some happen to be nearly equal: all maps count there, so that their rounding is not made large.
    """
    maps = len(values)
    deviation = np.maximum(values.std(axis=1), 1e-3)
    if values.shape[1] < FEW:
        deviation[:] = values.std()
    variance = 10 ** generator.uniform(-5, 0, maps)
    scale = generator.uniform(0.5, 1.5, maps) * np.sqrt(variance + epsilon) / deviation
    mean = values.mean(axis=1) + 0.1 * deviation * generator.standard_normal(maps)
    shift = np.abs(generator.standard_normal(maps))
    return Normalization(*(item.astype(np.float32) for item in (scale, shift, mean, variance)))
