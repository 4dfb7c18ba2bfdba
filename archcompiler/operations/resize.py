"""Maps of another size, without weights."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from fractions import Fraction

from archcompiler.diagnostics import Fault
from archcompiler.operations.crop import like
from archcompiler.operations.fields import Field, Number, Word, field
from archcompiler.operations.lengths import Size
from archcompiler.operations.operation import (
    Inputs,
    Operation,
    Reads,
    maps_of,
    operation,
    without_size,
)
from archcompiler.operations.shape import Dimension, Shape


@operation("resize")
class Resize(Operation):
    """Gives maps another size: that of a second layer, a stated one, or some times their own.

    Cells are taken as areas whose centres correspond, as in TensorFlow and in PyTorch with
    `align_corners=False`. `nearest` takes the cell in which a centre lies, `bilinear` a mean of the
    nearest by their distance, `bicubic` a smooth curve through more of them, over wider areas
    where maps become smaller (antialiasing): without that, frameworks differ.

    Example:
        - {layer: In, type: input, maps: 64, size: 35x35}
        - {layer: up, type: resize, maps: 64, size: 71x71, method: bilinear}
    """

    family = "upsampling"
    takes_sizes = True
    maximum_inputs = 2

    size: tuple[Dimension, ...] | None = field(Size(), "the size that it gives", None)
    scale: float | None = field(Number(0, above=True), "the same as a factor", None)
    method: str = field(Word("nearest", "bilinear", "bicubic"), "what a cell gets", "nearest")

    @property
    def times(self) -> int:
        """How many times its own size it gives, where `scale` is a whole number; 0 elsewhere."""
        return int(self.scale) if self.scale is not None and self.scale == int(self.scale) else 0

    @classmethod
    def own_fields(cls, given: Collection[str], inputs: int) -> Mapping[str, Field]:
        """Return the fields; with `scale`, or a second layer, a row may state the size it gets."""
        return without_size(cls.fields) if "scale" in given or inputs > 1 else cls.fields

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many maps, of `size`; of floor(input * scale); of the second layer's size."""
        maps = maps_of("resize", inputs[0])
        said = [self.size is not None, self.scale is not None, len(inputs) > 1]
        if sum(said) != 1:
            raise Fault(
                "ARC204",
                "a resize needs one of `size`, `scale`, and a second layer whose size it takes",
                field="scale" if self.scale is not None else None,
                help=["`from: [what, like]` reads a second layer", "`scale: 2` is twice the size"],
            )
        if self.method == "bicubic" and maps.rank != 2:
            raise Fault(
                "ARC403", f"`bicubic` is for maps of height x width, and not {maps}", field="method"
            )
        if len(inputs) > 1:
            return Shape(maps.channels, like("resize", inputs))
        if self.size is not None:
            return Shape(maps.channels, self.size)
        places = tuple(map(self._scaled, maps.places))
        if 0 in places:
            raise Fault("ARC402", f"nothing is left of {maps}", field="scale")
        return Shape(maps.channels, places)

    def _scaled(self, length: Dimension) -> Dimension:
        assert self.scale is not None
        if length is None:
            return None
        return length * self.times if self.times else math.floor(length * self.scale)

    def reads(self, inputs: Inputs) -> tuple[Reads, ...] | None:
        """Return the cells around the centre; None where sizes are not known."""
        pairs = zip(inputs[0].places, self.shape(inputs).places, strict=True)
        found = [self._reads(length, given) for length, given in pairs]
        known = [each for each in found if each is not None]
        return tuple(known) if len(known) == len(found) else None

    def _reads(self, length: Dimension, given: Dimension) -> Reads | None:
        if length is None or given is None:
            return None
        ratio = Fraction(length, given)
        to, of = ratio.numerator, ratio.denominator  # the centre of cell i is (2 i + 1) to / (2 of)
        step, parts = 2 * to, 2 * of
        match self.method:
            case "nearest":
                return Reads(step, parts, to, to)
            case "bilinear":
                return Reads(step, parts, to - of, to + of - 1)
        wide = 4 * max(to, of)
        return Reads(step, parts, to - of - wide, to - of + wide)
