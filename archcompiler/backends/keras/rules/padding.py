"""How far windows reach over the edges of maps, as Keras is told it."""

from __future__ import annotations

from archcompiler.backends.backend import number_of
from archcompiler.backends.code import Expression, call, square
from archcompiler.operations.windows import Axis


def sides_of(axes: tuple[Axis, ...]) -> tuple[tuple[int, int], ...]:
    """Return the cells to pad, what a last window hangs over included."""
    return tuple(
        (number_of(axis.before), number_of(axis.after) + number_of(axis.overhang)) for axis in axes
    )


def shortest(cells: tuple[tuple[int, int], ...]) -> object:
    """Return the cells before and after, axis by axis, as Keras takes them."""
    if all(before == after for before, after in cells):
        return square(tuple(before for before, _ in cells))
    return cells if len(cells) > 1 else cells[0]


def padded(
    x: Expression, cells: tuple[tuple[int, int], ...], value: float = 0.0, **mode: object
) -> Expression:
    """Return `x` with `cells` of `value` before and after, axis by axis."""
    constant = {"constant_values": value} if value else {}
    return call("ops.pad", x, ((0, 0), *cells, (0, 0)), **constant, **mode)
