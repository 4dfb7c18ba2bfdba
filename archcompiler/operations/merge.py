"""Layers that read several others."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.operation import Inputs, Operation, operation
from archcompiler.operations.shape import Maps, Shape, Vector


class Merge(Operation):
    """What merges have: two inputs or more."""

    minimum_inputs = 2
    maximum_inputs = None


def _differ(name: str, inputs: Inputs) -> Fault:
    *most, last = [str(shape) for shape in inputs]
    return Fault(
        "ARC410", f"the inputs of this {name} differ: {', '.join(most)} and {last}", field="from"
    )


class ElementwiseMerge(Merge):
    """What merges of equal shapes have."""

    def shape(self, inputs: Inputs) -> Shape:
        """Return the shape that all inputs share; nothing is broadcast."""
        if any(_bare(shape) != _bare(inputs[0]) for shape in inputs):
            raise _differ(self.type, inputs)
        same = all(shape == inputs[0] for shape in inputs)
        return inputs[0] if same else _bare(inputs[0])


def _bare(shape: Shape) -> Shape:
    return Vector(shape.features) if isinstance(shape, Vector) else shape


@operation("add", "sum", "eltwise", "residual", "shortcut")
class Add(ElementwiseMerge):
    """Adds its inputs, which have one shape, cell by cell."""


@operation("multiply", "mul")
class Multiply(ElementwiseMerge):
    """Multiplies its inputs, which have one shape, cell by cell."""


@operation("concatenate", "concat", "cat", "route")
class Concatenate(Merge):
    """Puts the maps (or features) of its inputs one after another."""

    def shape(self, inputs: Inputs) -> Shape:
        """Return all maps of one size, or all features."""
        first = inputs[0]
        if isinstance(first, Vector) and all(isinstance(shape, Vector) for shape in inputs):
            return Vector(sum(shape[0] for shape in inputs))
        if any(isinstance(shape, Vector) or shape[1:] != first[1:] for shape in inputs):
            raise _differ(self.type, inputs)
        assert isinstance(first, Maps)
        return Maps(sum(shape[0] for shape in inputs), first.height, first.width)
