"""Shapes, free of any framework's order of axes and without the batch."""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.diagnostics.wording import counted

Dimension = int | None  # None: not known until the model runs


def _product(*dimensions: Dimension) -> Dimension:
    total = 1
    for dimension in dimensions:
        if dimension is None:
            return None
        total *= dimension
    return total


def text_of(dimension: Dimension) -> str:
    """Return `dimension` as a spec writes it."""
    return "?" if dimension is None else str(dimension)


class Maps(NamedTuple):
    """Feature maps of height x width cells."""

    maps: int
    height: Dimension
    width: Dimension

    def __str__(self) -> str:
        return f"{counted(self.maps, 'map')} of {self.size}"

    @property
    def size(self) -> str:
        """Height x width, as a spec writes it."""
        return f"{text_of(self.height)}x{text_of(self.width)}"

    @property
    def elements(self) -> Dimension:
        """The number of values for each sample."""
        return _product(self.maps, self.height, self.width)


class Vector(NamedTuple):
    """A vector of features; `flattened` are the maps that were laid out in it, maps first."""

    features: int
    flattened: Maps | None = None

    def __str__(self) -> str:
        return f"a vector of {self.features}"

    @property
    def size(self) -> str:
        """The number of features, as a spec writes it."""
        return str(self.features)

    @property
    def elements(self) -> Dimension:
        """The number of values for each sample."""
        return self.features


Shape = Maps | Vector
