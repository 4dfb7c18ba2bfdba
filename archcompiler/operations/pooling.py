"""Pooling over windows and over whole maps."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.diagnostics.wording import counted
from archcompiler.operations.fields import Flag, Word, field
from archcompiler.operations.lengths import VALID, Padding, PaddingKind, Size, Window
from archcompiler.operations.operation import Inputs, Operation, Reads, maps_of, operation
from archcompiler.operations.shape import Dimension, Shape
from archcompiler.operations.windows import Axis, Sliding

ROUNDING = Word("floor", "ceil")


class Pooling(Operation):
    """What both poolings over windows have."""

    family = "pooling"

    kernel: tuple[int, ...]
    stride: tuple[int, ...] | None
    padding: Padding
    rounding: str

    @property
    def sliding(self) -> Sliding:
        """How the window slides; its stride is its kernel where none is given."""
        dilation = getattr(self, "dilation", (1,) * len(self.kernel))
        ceil = self.rounding == "ceil"
        return Sliding(self.kernel, self.stride or self.kernel, dilation, self.padding, ceil)

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many maps; an axis has floor((input + padding - reach) / stride) + 1 cells.

        Padding is that of both sides, and the reach of a window is its kernel, which a dilation
        spreads over dilation * (kernel - 1) + 1 cells. With `rounding: ceil` it is ceil instead of
        floor, if the last window then starts on a cell. With `padding: same` there are
        ceil(input / stride) cells.
        """
        maps = maps_of("pooling", inputs[0])
        if not getattr(self, "count_padding", False):
            self._check_padding()
        axes = self.sliding.over(maps)
        for index, axis in enumerate(axes):
            self._check_cells(index, axis, maps.places[index])
        return Shape(maps.channels, tuple(axis.length for axis in axes))

    def _check_cells(self, index: int, axis: Axis, length: Dimension) -> None:
        """Raise a fault if the cells of a window, spread by a dilation, all miss the input."""
        dilation = self.sliding.dilation[index]
        if length is None or length >= dilation:
            return
        for start in range(-(axis.before or 0), 0, self.sliding.stride[index]):
            if start % dilation >= length:  # its first cell that is not before the input
                raise Fault(
                    "ARC203",
                    f"the cells of a window are {dilation} apart here, and one misses all {length}"
                    " of the input: it would hold no value",
                    field="dilation",
                    help=[f"`dilation: {length}` leaves each window a real cell"],
                )

    def _check_padding(self) -> None:
        for index in range(len(self.kernel)):
            cells, reach = self.padding.at(index), self.sliding.reach(index)
            if max(cells) >= reach:
                raise Fault(
                    "ARC203",
                    f"this layer pads {counted(max(cells), 'cell')}, enough to fill a window of"
                    f" {reach}: it would hold no value",
                    field="padding",
                    help=[f"`padding: {reach - 1}` is the largest that leaves each a real cell"],
                )

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the window."""
        return self.sliding.reads(maps_of("pooling", inputs[0]))

    def arithmetic(self, inputs: Inputs) -> str | None:
        """Return how the size comes about."""
        return self.sliding.arithmetic(maps_of("pooling", inputs[0]))


@operation("max_pooling", "maxpool", "maxpool2d", "maxpooling2d", "spatialmaxpooling")
class MaxPooling(Pooling):
    """Takes the largest value of each window; padded cells never win.

    Example:
        - {layer: In, type: input, maps: 96, size: 55x55}
        - {layer: S2, type: max_pooling, maps: 96, size: 27x27, kernel: 3x3, stride: 2}
    """

    kernel: tuple[int, ...] = field(Window(), "rows x columns of the window")
    stride: tuple[int, ...] | None = field(
        Window(), "rows x columns between two windows; the kernel where none is given", None
    )
    padding: Padding = field(PaddingKind(), "cells around the input, below any value", VALID)
    dilation: tuple[int, ...] = field(Window(), "distance between a window's cells", (1,))
    rounding: str = field(ROUNDING, "whether a last window may hang over (ceil)", "floor")


@operation(
    "average_pooling", "avgpool", "avgpool2d", "averagepool", "averagepooling2d", "meanpooling"
)
class AveragePooling(Pooling):
    """Takes the mean of each window, over the real cells unless `count_padding` is true.

    Example:
        - {layer: In, type: input, maps: 6, size: 28x28}
        - {layer: S2, type: average_pooling, maps: 6, size: 14x14, kernel: 2x2}
    """

    kernel: tuple[int, ...] = field(Window(), "rows x columns of the window")
    stride: tuple[int, ...] | None = field(
        Window(), "rows x columns between two windows; the kernel where none is given", None
    )
    padding: Padding = field(PaddingKind(), "cells around the input", VALID)
    rounding: str = field(ROUNDING, "whether a last window may hang over (ceil)", "floor")
    count_padding: bool = field(Flag(), "whether padded cells count as zeros", False)


class AdaptivePooling(Operation):
    """What both poolings to a size have."""

    family = "pooling"

    size: tuple[Dimension, ...]

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many maps, of `size`.

        Cell i of n takes the cells of the input from floor(i * length / n) up to, not including,
        ceil((i + 1) * length / n); such windows overlap where n does not divide the length.
        """
        maps = maps_of("pooling", inputs[0])
        if None in self.size:
            raise Fault("ARC404", "this layer pools to a size, which has to be known", field="size")
        return Shape(maps.channels, self.size)

    def reads(self, inputs: Inputs) -> tuple[Reads, ...] | None:
        """Return the window; None where the size is not known."""
        pairs = zip(inputs[0].places, self.size, strict=True)
        found = [Reads(length, n, 0, length - 1) for length, n in pairs if length and n]
        return tuple(found) if len(found) == len(self.size) else None


@operation(
    "adaptive_average_pooling",
    "adaptiveavgpool",
    "adaptiveavgpool2d",
    "adaptiveaveragepooling2d",
)
class AdaptiveAveragePooling(AdaptivePooling):
    """Takes the means of as many windows as it gives cells, which cover the whole maps.

    Example:
        - {layer: In, type: input, maps: 512, size: 10x13}
        - {layer: pool, type: adaptive_average_pooling, maps: 512, size: 7x7}
    """

    size: tuple[Dimension, ...] = field(Size(), "height x width that it gives")


@operation("adaptive_max_pooling", "adaptivemaxpool", "adaptivemaxpool2d", "adaptivemaxpooling2d")
class AdaptiveMaxPooling(AdaptivePooling):
    """Takes the largest values of as many windows as it gives cells, which cover the whole maps.

    Example:
        - {layer: In, type: input, maps: 512, size: 10x13}
        - {layer: pool, type: adaptive_max_pooling, maps: 512, size: 7x7}
    """

    size: tuple[Dimension, ...] = field(Size(), "height x width that it gives")


class GlobalPooling(Operation):
    """What both poolings over whole maps have."""

    family = "pooling"

    def shape(self, inputs: Inputs) -> Shape:
        """Return a vector of one feature for each map."""
        return Shape(maps_of("global pooling", inputs[0]).channels)

    def reads(self, inputs: Inputs) -> None:
        """Return that a feature reads all cells."""


@operation(
    "global_average_pooling",
    "gap",
    "globalaveragepooling2d",
    "globalaveragepool",
    "globalavgpool",
    "globalavgpool2d",
)
class GlobalAveragePooling(GlobalPooling):
    """Takes the mean of each map.

    Example:
        - {layer: In, type: input, maps: 512, size: 7x7}
        - {layer: pool, type: global_average_pooling, size: 512}
    """


@operation("global_max_pooling", "globalmaxpooling2d", "globalmaxpool", "globalmaxpool2d")
class GlobalMaxPooling(GlobalPooling):
    """Takes the largest value of each map.

    Example:
        - {layer: In, type: input, maps: 512, size: 7x7}
        - {layer: pool, type: global_max_pooling, size: 512}
    """
