"""What was compared, and how far apart it is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array

# precision: the largest share that is allowed by default. Rounding alone makes 1e-6 in float32 and
# 1e-13 in float64; but Keras rounds some constants to float32 there, such as a slope of 0.3, which
# makes 1e-8 a layer (7e-7 in the gradients of fifty).
TOLERANCES = {"float32": 1e-5, "float64": 1e-6}


Kind = Literal["layers", "outputs", "gradients", "losses", "weights"]


class Unusable(Exception):
    """What was asked for cannot be done; the message says why, and what would help."""


class Unlike(Exception):
    """A foreign model is not the network of the spec; the message lists everything."""


class Difference(NamedTuple):
    """The largest difference between two tensors that should be equal, and their largest value.

    `layer` is the layer of the graph that the tensor is of, if it is of one.
    """

    name: str
    difference: float
    largest: float
    layer: str = ""

    def within(self, tolerance: float) -> bool:
        """Whether the share is at most `tolerance` (NaN never is)."""
        return self.share <= tolerance

    @property
    def share(self) -> float:
        """The difference as a share of the largest value, or of 1 where all values are smaller."""
        return self.difference / max(self.largest, 1.0)


class Comparison(NamedTuple):
    """What two sides gave, compared in one precision.

    `values` are the pairs of losses, step by step. `notes` say what is to be known of the numbers.
    """

    kind: Kind
    sides: tuple[str, str]
    precision: str
    items: tuple[Difference, ...]
    values: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()

    def tolerance(self, given: float | None = None) -> float:
        """Return the largest share that is allowed: what is `given`, or that of the precision."""
        return TOLERANCES[self.precision] if given is None else given

    def beyond(self, given: float | None = None) -> tuple[Difference, ...]:
        """Return what is beyond the tolerance, in order."""
        return tuple(item for item in self.items if not item.within(self.tolerance(given)))


def worst(items: Iterable[Difference]) -> Difference:
    """Return the item with the largest share; NaN is larger than anything."""
    return max(items, key=lambda item: math.inf if math.isnan(item.share) else item.share)


class Verification(NamedTuple):
    """What was compared, in the order in which it is told."""

    comparisons: tuple[Comparison, ...]

    def within(self, tolerance: float | None = None) -> bool:
        """Whether everything is; without a `tolerance`, within that of its precision."""
        return not any(comparison.beyond(tolerance) for comparison in self.comparisons)

    def of(self, *kinds: str) -> list[Difference]:
        """Return the differences of these kinds."""
        return [item for found in self.comparisons if found.kind in kinds for item in found.items]

    @property
    def outputs(self) -> list[Difference]:
        """The differences of layers, then of outputs."""
        return self.of("layers", "outputs")

    @property
    def gradients(self) -> list[Difference]:
        """The differences of gradients."""
        return self.of("gradients")


def difference(name: str, one: Array, other: Array, layer: str = "") -> Difference:
    """Return how far `one` is from `other`.

    Raises:
        AssertionError: Their shapes differ, which no spec can bring about.
    """
    import numpy as np

    if one.shape != other.shape:
        raise AssertionError(f"{name}: shapes {one.shape} and {other.shape}")
    return Difference(name, float(np.abs(one - other).max()), float(np.abs(other).max()), layer)


def of_parameters(
    one: dict[str, Array], other: dict[str, Array], names: Iterable[str]
) -> tuple[Difference, ...]:
    """Return how far the tensors `names`, each called `layer.parameter`, are apart."""
    return tuple(
        difference(name, one[name], other[name], name.rpartition(".")[0]) for name in names
    )
