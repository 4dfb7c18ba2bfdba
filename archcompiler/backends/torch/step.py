"""What a rule for PyTorch works with, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcompiler.backends.code import Attribute, Call, Expression, expression
from archcompiler.backends.layouts import Layout, Wanted
from archcompiler.backends.rule import rule_of
from archcompiler.graph import Layer
from archcompiler.operations import Shape


class Step(NamedTuple):
    """A layer with the code for what it reads, and for the module that it may be kept as.

    `me` is that module in `forward`, `self.conv1`: what a rule calls if it makes one. All inputs
    have one `layout`: that which the rule asks for, or any if it does not care.
    """

    layer: Layer
    values: Sequence[Expression]
    me: Expression
    layout: Layout = Layout.FIRST

    @property
    def x(self) -> Expression:
        """The only input."""
        return self.values[0]

    @property
    def maps(self) -> Shape:
        """The shape of the only input."""
        return self.layer.input_shapes[0]

    @property
    def channels(self) -> int:
        """The dimension of the channels."""
        return channels_of(self.maps, self.layout)

    @property
    def places(self) -> tuple[int, ...]:
        """The dimensions of the places."""
        first = 1 if self.layout is Layout.LAST else 2
        return tuple(range(first, first + self.maps.rank))


class Lowered(NamedTuple):
    """A layer in PyTorch: the value it computes, and the module that it is kept as, if any."""

    value: Expression
    module: Call | None = None


def wanted(layer: Layer) -> Wanted:
    """Return the layouts in which a layer reads and gives values."""
    if layer.operation.is_given:
        return Wanted()
    return rule_of(layer.operation, "torch").wanted(layer)


def channels_of(shape: Shape, layout: Layout) -> int:
    """Return the dimension of the channels: the one behind the batch, or the last."""
    return -1 if layout is Layout.LAST and shape.rank else 1


def converted(x: Expression, rank: int, has: Layout, wants: Layout) -> Expression:
    """Return a value of `rank` places in the layout that a reader wants."""
    if has is wants or not rank:
        return x
    if rank == 1:
        return Call(Attribute(x, "transpose"), (expression(1), expression(2)))
    last = rank + 1
    order = (0, *range(2, last + 1), 1) if wants is Layout.LAST else (0, last, *range(1, last))
    return Call(Attribute(x, "permute"), tuple(map(expression, order)))
