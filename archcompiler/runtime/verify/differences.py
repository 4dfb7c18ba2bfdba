"""The results of comparisons: differences of tensors, and tolerances."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array

# The default tolerance of a precision, as a share of the largest value. Rounding causes 1e-6 in
# float32 and 1e-13 in float64; but Keras rounds some constants to float32 even then, such as a
# slope of 0.3, which causes 1e-8 per layer (7e-7 in the gradients of fifty layers).
TOLERANCES = {"float32": 1e-5, "float64": 1e-6}


Kind = Literal["layers", "outputs", "gradients", "losses", "weights"]


class Unusable(Exception):
    """A comparison is not possible; the message says why, and what would help."""


class Unlike(Exception):
    """A foreign model is not the network of the spec; the message lists all differences."""


class Difference(NamedTuple):
    """The largest difference of two tensors that should be equal, and their largest value.

    `layer` is the name of the layer that the tensor belongs to; empty if it belongs to none.
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
        """The difference relative to the largest value, or to 1 if all values are smaller."""
        return self.difference / max(self.largest, 1.0)


class Comparison(NamedTuple):
    """The comparison of one kind of tensors of two sides, in one precision.

    `values` are the pairs of losses, step by step.
    """

    kind: Kind
    sides: tuple[str, str]
    precision: str
    items: tuple[Difference, ...]
    values: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()

    def tolerance(self, given: float | None = None) -> float:
        """Return the tolerance: the `given` one, or the default of the precision."""
        return TOLERANCES[self.precision] if given is None else given

    def beyond(self, given: float | None = None) -> tuple[Difference, ...]:
        """Return the items beyond the tolerance, in order."""
        return tuple(item for item in self.items if not item.within(self.tolerance(given)))


def worst(items: Iterable[Difference]) -> Difference:
    """Return the item with the largest share; NaN is larger than anything."""
    return max(items, key=lambda item: math.inf if math.isnan(item.share) else item.share)


class Verification(NamedTuple):
    """All comparisons, in the order of their report."""

    comparisons: tuple[Comparison, ...]

    def within(self, tolerance: float | None = None) -> bool:
        """Whether all items are within the tolerance, by default that of their precision."""
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
    """Return the largest difference of two arrays.

    Raises:
        AssertionError: Their shapes differ: a backend has a bug.
    """
    import numpy as np

    if one.shape != other.shape:
        raise AssertionError(f"{name}: shapes {one.shape} and {other.shape}")
    return Difference(name, float(np.abs(one - other).max()), float(np.abs(other).max()), layer)


def of_parameters(
    one: dict[str, Array], other: dict[str, Array], names: Iterable[str]
) -> tuple[Difference, ...]:
    """Return the differences of the tensors `names`, which are `layer.parameter`."""
    return tuple(
        difference(name, one[name], other[name], name.rpartition(".")[0]) for name in names
    )
