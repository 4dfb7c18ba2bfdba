"""How far windows reach over the edges of maps, as PyTorch is told it."""

from __future__ import annotations

from archcompiler.backends.backend import demand_known, number_of
from archcompiler.backends.code import Expression, call
from archcompiler.operations.windows import Axis


def padded(x: Expression, axes: tuple[Axis, ...], value: float = 0.0) -> Expression:
    """Return `x` with the cells around it that windows reach over its edges."""
    cells = sides_of(axes)
    return call("F.pad", x, cells, **({"value": value} if value else {})) if any(cells) else x


def sides_of(axes: tuple[Axis, ...]) -> tuple[int, ...]:
    """Return the cells to pad as `F.pad` takes them: before and after, the last axis first.

    What a last window hangs over is included.
    """
    demand_known(axes, "torch")
    sides = (
        (number_of(axis.before), number_of(axis.after) + number_of(axis.overhang))
        for axis in axes[::-1]
    )
    return tuple(cell for pair in sides for cell in pair)


def even(axes: tuple[Axis, ...]) -> tuple[int, ...] | None:
    """Return the cells on both sides of each axis, or None where the sides differ."""
    if any(axis.before is None for axis in axes):
        demand_known(axes, "torch")
    if any(axis.before != axis.after for axis in axes):
        return None
    return tuple(number_of(axis.before) for axis in axes)
