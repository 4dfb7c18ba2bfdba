"""A tensor that is trained, and depends on no input."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.axes import place_axes
from archcompiler.operations.fields import TENSOR_INITIALIZER, ZEROS, Count, Named, field
from archcompiler.operations.lengths import NewSize
from archcompiler.operations.operation import Inputs, Operation, Parameter, operation
from archcompiler.operations.shape import Dimension, Shape


@operation("parameter")
class TrainedTensor(Operation):
    """A tensor that is trained: a class token, positions, a factor for each map.

    It is the same for all samples, of which there are as many as in what it reads.

    Example:
        - {layer: In, type: input, maps: 96, size: 56x56}
        - {layer: scale, type: parameter, size: 96, initializer: constant(0.000001)}
    """

    family = "input"
    is_learned = reads_whole = has_other_axes = True

    size: tuple[Dimension, ...] = field(
        NewSize(), "lengths of the maps (one, two, three), or features"
    )
    maps: int | None = field(Count(), "maps; a vector has none", None)
    initializer: Named = field(TENSOR_INITIALIZER, "how it begins", ZEROS)

    def shape(self, inputs: Inputs) -> Shape:
        """Return `maps` maps of `size`; without `maps` a vector of `size` features."""
        known = tuple(length for length in self.size if length is not None)
        if len(known) < len(self.size):
            raise Fault("ARC404", "a tensor that is trained has a known size", field="size")
        if self.maps is not None:
            return Shape(self.maps, known)
        if len(known) > 1:
            raise Fault(
                "ARC204",
                f"this layer has a size of {'x'.join(map(str, known))}, but no `maps`",
                field="size",
                help=["`maps` is how many numbers each cell, or token, has"],
            )
        return Shape(known[0])

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return the tensor: maps first, but for a sequence, whose tokens are first."""
        shape = self.shape(inputs)
        axes = ("maps", *place_axes(shape.rank))
        lengths = dict(zip(axes, (shape.channels, *self.size), strict=shape.rank > 0))
        if shape.rank == 1:
            axes = axes[::-1]
        known = tuple((axis, lengths[axis] or 1) for axis in axes)
        fans = shape.channels, shape.channels
        return (Parameter("weight", " ".join(axes), known, self.initializer, fans=fans),)

    def reads(self, inputs: Inputs) -> None:
        """Return that its places are none of the input's."""
