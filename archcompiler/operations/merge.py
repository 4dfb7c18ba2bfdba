"""Layers that read several others."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Word, field
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
    """What merges of values with values have."""

    def shape(self, inputs: Inputs) -> Shape:
        """Return the first input's shape, which the others have, or a part of it.

        To maps, another input may be a vector of one number a map, or one map of their size. By
        nothing else is one value given to many, and never by a position.
        """
        first = inputs[0]
        if not all(is_part(shape, first) for shape in inputs[1:]):
            raise _differ(inputs, _wanted(inputs))
        same = all(shape == first for shape in inputs)
        return first if same else first.bare


def is_part(shape: Shape, of: Shape) -> bool:
    """Whether a shape is another one, or one number for each of its maps, or one such map."""
    bare, whole = shape.bare, of.bare
    parts = () if of.is_vector else (Shape(of.channels), Shape(1, of.places))
    return bare == whole or bare in parts


def _wanted(inputs: Inputs) -> str:
    """Return what would be right: the first input may be the part."""
    first, *others = inputs
    whole = [shape for shape in others if is_part(first, shape) and shape.bare != first.bare]
    if whole:
        return f"the first of `from` gives the shape: put the {whole[0]} first"
    if first.is_vector:
        return "all have one shape"
    return (
        "all have the shape of the first, or are a vector of one number for each of its maps,"
        " or one map of its size"
    )


@operation("add", "sum", "eltwise", "residual", "shortcut")
class Add(ElementwiseMerge):
    """Adds its inputs cell by cell; one number for a map is added to all of its cells.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: C1, type: convolution, maps: 64, kernel: 3x3, padding: same}
        - {layer: sum, type: add, maps: 64, size: 56x56, from: [C1, In], activation: relu}
    """


@operation("multiply", "mul")
class Multiply(ElementwiseMerge):
    """Multiplies its inputs cell by cell; one number for a map multiplies all of its cells.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: gate, type: convolution, maps: 64, kernel: 1x1, activation: sigmoid}
        - {layer: gated, type: multiply, maps: 64, size: 56x56, from: [In, gate]}
    """

    weighs = True


@operation("subtract", "sub")
class Subtract(ElementwiseMerge):
    """Takes the second of its inputs from the first, cell by cell.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: blur, type: average_pooling, kernel: 3x3, stride: 1, padding: same}
        - {layer: edges, type: subtract, maps: 64, size: 56x56, from: [In, blur]}
    """

    maximum_inputs = 2


@operation("maximum")
class Maximum(ElementwiseMerge):
    """Takes the largest of its inputs, cell by cell.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: C1, type: convolution, maps: 64, kernel: 1x1}
        - {layer: large, type: maximum, maps: 64, size: 56x56, from: [C1, In]}
    """


@operation("minimum")
class Minimum(ElementwiseMerge):
    """Takes the smallest of its inputs, cell by cell.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: C1, type: convolution, maps: 64, kernel: 1x1}
        - {layer: small, type: minimum, maps: 64, size: 56x56, from: [C1, In]}
    """


@operation("average")
class Average(ElementwiseMerge):
    """Takes the mean of its inputs, cell by cell.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: C1, type: convolution, maps: 64, kernel: 1x1}
        - {layer: mean, type: average, maps: 64, size: 56x56, from: [C1, In]}
    """


@operation("concatenate", "concat", "cat", "route")
class Concatenate(Merge):
    """Puts the maps (or features) of its inputs one after another.

    Example:
        - {layer: In, type: input, maps: 64, size: 28x28}
        - {layer: C1, type: convolution, maps: 32, kernel: 1x1}
        - {layer: both, type: concatenate, maps: 96, size: 28x28, from: [In, C1]}
    """

    appends = True

    axis: str = field(
        Word("maps", "tokens"),
        "whether maps stand behind each other, or tokens of a sequence",
        "maps",
    )

    def shape(self, inputs: Inputs) -> Shape:
        """Return the sum of all maps, which have one size, or a vector of all features.

        Along `tokens` it is a sequence of all tokens, which have as many features.
        """
        first = inputs[0]
        if self.axis == "tokens":
            return self._of_tokens(inputs)
        if any(shape.places != first.places for shape in inputs):
            raise _differ(inputs, "`concatenate` joins maps of one size, or vectors")
        return Shape(sum(shape.channels for shape in inputs), first.places)

    def _of_tokens(self, inputs: Inputs) -> Shape:
        first = inputs[0]
        if any(shape.rank != 1 or shape.channels != first.channels for shape in inputs):
            raise _differ(inputs, "along `tokens` it joins sequences of as many features")
        tokens = [shape.places[0] for shape in inputs]
        known = [count for count in tokens if count is not None]
        return Shape(first.channels, (sum(known) if len(known) == len(tokens) else None,))
