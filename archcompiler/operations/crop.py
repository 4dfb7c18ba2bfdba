"""Cutting maps to a size."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Size, field
from archcompiler.operations.operation import Inputs, Operation, Reads, maps_of, operation
from archcompiler.operations.shape import Dimension, Maps, Shape


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
        height, width = self.size[0], self.size[-1]
        if height is None or width is None:
            raise Fault("ARC404", "this layer cuts to a size, which has to be known", field="size")
        if maps.height is None or maps.width is None:
            raise Fault(
                "ARC404",
                f"a crop needs a known size, but the input of this layer is {maps}",
                help=["state the size at the input"],
            )
        if height > maps.height or width > maps.width:
            raise Fault(
                "ARC402",
                f"this layer cannot keep {height}x{width} of its {maps.size} input",
                field="size",
                help=[f"`size: {maps.size}` is the largest"],
            )
        return Maps(maps.maps, height, width)

    def reads(self, inputs: Inputs) -> tuple[Reads, Reads]:
        """Return the cell that is as far from the centre."""
        _, height, width = maps_of("crop", inputs[0])
        return self._reads(height, self.size[0]), self._reads(width, self.size[-1])

    def _reads(self, length: Dimension, kept: Dimension) -> Reads:
        assert length is not None  # or it would have no shape
        assert kept is not None
        before = (length - kept) // 2
        return Reads(first=before, last=before)
