"""A layer as a value."""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.diagnostics import Source
from archcompiler.language.nodes import Node
from archcompiler.operations import Inputs, Operation, Parameter, Shape
from archcompiler.operations.fields import Named


class Layer(NamedTuple):
    """One layer with everything that was proven of it. `inputs` are names of layers."""

    name: str
    operation: Operation
    activation: Named | None
    inputs: tuple[str, ...]
    input_shapes: Inputs
    shape: Shape
    parameters: tuple[Parameter, ...]
    multiply_adds: int | None
    node: Node | None = None  # the row, and the text it stands in: places of later diagnostics
    source: Source | None = None

    @property
    def parameter_count(self) -> int:
        """The number of values in all its tensors, those that are not trained included."""
        return sum(parameter.size for parameter in self.parameters)

    @property
    def function(self) -> Named | None:
        """The activation that it ends in, or is."""
        return self.activation or getattr(self.operation, "activation", None)

    @property
    def type(self) -> str:
        """The type of the operation, as a spec writes it."""
        return self.operation.type
