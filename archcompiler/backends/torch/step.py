"""What a rule for PyTorch works with, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcompiler.backends.code import Call, Expression
from archcompiler.graph import Layer
from archcompiler.operations import Shape


class Step(NamedTuple):
    """A layer with the code for what it reads, and for the module that it may be kept as.

    `me` is that module in `forward`, `self.conv1`: what a rule calls if it makes one.
    """

    layer: Layer
    values: Sequence[Expression]
    me: Expression

    @property
    def x(self) -> Expression:
        """The only input."""
        return self.values[0]

    @property
    def maps(self) -> Shape:
        """The shape of the only input."""
        return self.layer.input_shapes[0]


class Lowered(NamedTuple):
    """A layer in PyTorch: the value it computes, and the module that it is kept as, if any."""

    value: Expression
    module: Call | None = None
