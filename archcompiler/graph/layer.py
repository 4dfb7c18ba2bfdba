"""A layer as a value."""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.diagnostics import Source
from archcompiler.language.nodes import Node
from archcompiler.operations import Inputs, Operation, Parameter, Shape
from archcompiler.operations.fields import Named


class Layer(NamedTuple):
    """A layer with its proven shapes, parameters and costs. `inputs` are names of layers."""

    name: str
    operation: Operation
    activation: Named | None
    inputs: tuple[str, ...]
    input_shapes: Inputs
    shape: Shape
    parameters: tuple[Parameter, ...]
    multiply_adds: int | None
    node: Node | None = None  # the row and its text, for later diagnostics
    source: Source | None = None

    @property
    def parameter_count(self) -> int:
        """The number of values in all its tensors, also those that are not trained."""
        return sum(parameter.size for parameter in self.parameters)

    @property
    def function(self) -> Named | None:
        """The activation of the layer, or the function of an activation layer."""
        return self.activation or getattr(self.operation, "activation", None)

    @property
    def type(self) -> str:
        """The type of the operation, as a spec writes it."""
        return self.operation.type
