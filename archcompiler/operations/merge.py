"""Layers that read several others."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.operation import Inputs, Operation, operation
from archcompiler.operations.shape import Shape


class Merge(Operation):
    """What merges have: from two inputs up to 256."""

    family = "merge"
    minimum_inputs = 2
    maximum_inputs = 256  # more would nest deeper than Python compiles


def _differ(inputs: Inputs, wanted: str) -> Fault:
    *most, last = [str(shape) for shape in inputs]
    return Fault(
        "ARC410",
        f"the inputs of this layer differ: {', '.join(most)} and {last}",
        field="from",
        help=[wanted],
    )


class ElementwiseMerge(Merge):
    """What merges of equal shapes have."""

    def shape(self, inputs: Inputs) -> Shape:
        """Return the shape that all inputs share; nothing is broadcast."""
        if any(shape.bare != inputs[0].bare for shape in inputs):
            raise _differ(inputs, "all have one shape: nothing is broadcast")
        same = all(shape == inputs[0] for shape in inputs)
        return inputs[0] if same else inputs[0].bare


@operation("add", "sum", "eltwise", "residual", "shortcut")
class Add(ElementwiseMerge):
    """Adds its inputs, which have one shape, cell by cell.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: C1, type: convolution, maps: 64, kernel: 3x3, padding: same}
        - {layer: sum, type: add, maps: 64, size: 56x56, from: [C1, In], activation: relu}
    """


@operation("multiply", "mul")
class Multiply(ElementwiseMerge):
    """Multiplies its inputs, which have one shape, cell by cell.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: gate, type: convolution, maps: 64, kernel: 1x1, activation: sigmoid}
        - {layer: gated, type: multiply, maps: 64, size: 56x56, from: [In, gate]}
    """

    weighs = True


@operation("concatenate", "concat", "cat", "route")
class Concatenate(Merge):
    """Puts the maps (or features) of its inputs one after another.

    Example:
        - {layer: In, type: input, maps: 64, size: 28x28}
        - {layer: C1, type: convolution, maps: 32, kernel: 1x1}
        - {layer: both, type: concatenate, maps: 96, size: 28x28, from: [In, C1]}
    """

    appends = True

    def shape(self, inputs: Inputs) -> Shape:
        """Return the sum of all maps, which have one size, or a vector of all features."""
        first = inputs[0]
        if any(shape.places != first.places for shape in inputs):
            raise _differ(inputs, "`concatenate` joins maps of one size, or vectors")
        return Shape(sum(shape.channels for shape in inputs), first.places)
