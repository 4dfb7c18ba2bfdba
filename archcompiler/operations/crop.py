"""Maps with cells cut off, or put around them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Field, Word, field
from archcompiler.operations.lengths import Cells, Padding, Size
from archcompiler.operations.operation import (
    Inputs,
    Operation,
    Reads,
    maps_of,
    operation,
    without_size,
)
from archcompiler.operations.shape import Dimension, Shape, size_text


@operation("crop", "centercrop", "centrecrop")
class Crop(Operation):
    """Keeps the centre of maps; of an odd number of cells the smaller half is cut in front.

    With `from: [what, like]` the size that is kept is that of the second layer.

    Example:
        - {layer: In, type: input, maps: 512, size: 64x64}
        - {layer: cut, type: crop, maps: 512, size: 56x56}
    """

    family = "rearranging"
    takes_sizes = True
    maximum_inputs = 2

    size: tuple[Dimension, ...] | None = field(Size(), "height x width that is kept", None)

    @classmethod
    def own_fields(cls, given: Collection[str], inputs: int) -> Mapping[str, Field]:
        """Return the fields; with a second layer, `size` is what a row states of its output."""
        return without_size(cls.fields) if inputs > 1 else cls.fields

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many maps, of `size`, or of the size of the second layer."""
        maps = maps_of("crop", inputs[0])
        if self.size is None and len(inputs) == 1:
            raise Fault(
                "ARC204",
                "a crop needs a `size`, or a second layer whose size it takes",
                help=["`from: [what, like]` reads a second layer"],
            )
        size = self.size or like("crop", inputs)
        if None in size:
            raise Fault(
                "ARC404",
                "this layer cuts to a size, which has to be known",
                field="size" if self.size else "from",
            )
        if None in maps.places:
            raise Fault(
                "ARC404",
                f"a crop needs a known size, but the input of this layer is {maps}",
                help=["state the size at the input"],
            )
        pairs = zip(size, maps.places, strict=True)
        if any(kept and there and kept > there for kept, there in pairs):
            raise Fault(
                "ARC402",
                f"this layer cannot keep {size_text(size)} of its {maps.size} input",
                field="size" if self.size else "from",
                help=[f"`size: {maps.size}` is the largest"] if self.size else [],
            )
        return Shape(maps.channels, size)

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the cell that is as far from the centre."""
        return tuple(map(self._reads, inputs[0].places, self.shape(inputs).places))

    def _reads(self, length: Dimension, kept: Dimension) -> Reads:
        assert length is not None  # or it would have no shape
        assert kept is not None
        before = (length - kept) // 2
        return Reads(first=before, last=before)


def like(name: str, inputs: Inputs) -> tuple[Dimension, ...]:
    """Return the size of the second input, which is maps of as many axes as the first."""
    first, second = (maps_of(name, shape, field="from") for shape in inputs)
    if first.alike(second):
        return second.places
    raise Fault("ARC403", f"{first} cannot be given the size of {second}", field="from")


@operation("pad", "zeropadding2d")
class Pad(Operation):
    """Puts cells around maps: zeros, or their mirror image.

    A mirror image leaves out the outermost cell itself: `c b | a b c d | c b`.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: wide, type: pad, maps: 64, size: 62x62, padding: 3, mode: reflect}
    """

    family = "rearranging"

    padding: Padding = field(Cells(), "cells on each side")
    mode: str = field(Word("zeros", "reflect"), "what they hold", "zeros")

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many maps, with the cells of both sides added to each length."""
        maps = maps_of("pad", inputs[0])
        for axis, length in enumerate(maps.places):
            widest = max(self.padding.at(axis))
            if self.mode == "reflect" and length is not None and widest >= length:
                raise Fault(
                    "ARC402",
                    f"{length} cells have a mirror image of {length - 1} on each side, and not"
                    f" of {widest}: this layer reads {maps}",
                    field="padding",
                )
        return Shape(maps.channels, tuple(map(self._padded, range(maps.rank), maps.places)))

    def _padded(self, axis: int, length: Dimension) -> Dimension:
        return None if length is None else length + sum(self.padding.at(axis))

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the cell of the input that lies there; what is put around reads none."""
        first = (self.padding.at(axis)[0] for axis in range(inputs[0].rank))
        return tuple(Reads(first=-before, last=-before) for before in first)
