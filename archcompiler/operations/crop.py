"""Cutting maps to a size."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import field
from archcompiler.operations.lengths import Size
from archcompiler.operations.operation import Inputs, Operation, Reads, maps_of, operation
from archcompiler.operations.shape import Dimension, Shape, size_text


@operation("crop", "centercrop", "centrecrop")
class Crop(Operation):
    """Keeps the centre of maps; of an odd number of cells the smaller half is cut in front.

    Example:
        - {layer: In, type: input, maps: 512, size: 64x64}
        - {layer: cut, type: crop, maps: 512, size: 56x56}
    """

    family = "rearranging"

    size: tuple[Dimension, ...] = field(Size(), "height x width that is kept")

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many maps, of `size`."""
        maps = maps_of("crop", inputs[0])
        if None in self.size:
            raise Fault("ARC404", "this layer cuts to a size, which has to be known", field="size")
        if None in maps.places:
            raise Fault(
                "ARC404",
                f"a crop needs a known size, but the input of this layer is {maps}",
                help=["state the size at the input"],
            )
        pairs = zip(self.size, maps.places, strict=True)
        if any(kept and there and kept > there for kept, there in pairs):
            raise Fault(
                "ARC402",
                f"this layer cannot keep {size_text(self.size)} of its {maps.size} input",
                field="size",
                help=[f"`size: {maps.size}` is the largest"],
            )
        return Shape(maps.channels, self.size)

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the cell that is as far from the centre."""
        places = maps_of("crop", inputs[0]).places
        return tuple(map(self._reads, places, self.size))

    def _reads(self, length: Dimension, kept: Dimension) -> Reads:
        assert length is not None  # or it would have no shape
        assert kept is not None
        before = (length - kept) // 2
        return Reads(first=before, last=before)
