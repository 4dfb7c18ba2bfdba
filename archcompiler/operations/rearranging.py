"""What moves values about, and computes nothing: slices, shuffles, cells that become maps."""

from __future__ import annotations

from math import prod

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Count, Index, Word, field
from archcompiler.operations.lengths import NewSize
from archcompiler.operations.operation import Inputs, Operation, Reads, maps_of, operation
from archcompiler.operations.shape import Dimension, Shape, size_text


@operation("slice")
class SliceOfMaps(Operation):
    """Keeps some of the maps (or features), one after another.

    Example:
        - {layer: In, type: input, maps: 64, size: 28x28}
        - {layer: half, type: slice, maps: 32, size: 28x28, start: 32, length: 32}
    """

    family = "rearranging"

    start: int = field(Count(0), "the first of them, counted from 0", 0)
    length: int = field(Count(), "how many are kept")

    def shape(self, inputs: Inputs) -> Shape:
        """Return `length` maps of the input's size, or a vector of so many features."""
        shape = inputs[0]
        if self.start + self.length > shape.channels:
            raise Fault(
                "ARC402",
                f"this layer cannot keep {self.length} from number {self.start} on: its input is"
                f" {shape}",
                field="length",
                help=[f"`length: {shape.channels - self.start}` is all the rest"]
                if self.start < shape.channels
                else [],
            )
        return Shape(self.length, shape.places, shape.values)


@operation("channel_shuffle", "shuffle_channels")
class ChannelShuffle(Operation):
    """Takes a map of each group in turn (Zhang et al. 2018, ShuffleNet).

    What comes behind reads maps of all groups, in each of its own.

    Example:
        - {layer: In, type: input, maps: 116, size: 28x28}
        - {layer: mixed, type: channel_shuffle, maps: 116, size: 28x28, groups: 2}
    """

    family = "rearranging"

    groups: int = field(Count(), "parts of equally many maps, which lie one behind another")

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape; `groups` divides its maps."""
        maps = maps_of("channel shuffle", inputs[0])
        if maps.channels % self.groups:
            raise Fault(
                "ARC405",
                f"{maps.channels} maps cannot be split into {self.groups} groups",
                field="groups",
            )
        return maps


# How the maps of a block of cells lie one behind another, the slowest first.
ORDER = Word("maps rows columns", "rows columns maps", "columns rows maps")


class Blocks(Operation):
    """What space to depth has, and its inverse."""

    family = "rearranging"

    block: int
    order: str

    @property
    def axes(self) -> tuple[str, ...]:
        """The order of a block's maps: `maps`, `rows` and `columns`, the slowest first."""
        return tuple(self.order.split())

    def _maps(self, name: str, inputs: Inputs) -> Shape:
        maps = maps_of(name, inputs[0])
        if maps.rank == 2:
            return maps
        raise Fault("ARC403", f"{name} reads maps of height x width, and this layer {maps}")


@operation("space_to_depth")
class SpaceToDepth(Blocks):
    """Makes maps of the cells of each block, so that nothing is lost where maps become smaller.

    `maps rows columns` is PyTorch's order, `rows columns maps` TensorFlow's, and
    `columns rows maps` that of Swin (Liu et al. 2021).

    Example:
        - {layer: In, type: input, maps: 96, size: 56x56}
        - {layer: merged, type: space_to_depth, maps: 384, size: 28x28, block: 2}
    """

    block: int = field(Count(2), "rows, and columns, of cells that become maps")
    order: str = field(ORDER, "how they lie, the slowest first", "maps rows columns")

    def shape(self, inputs: Inputs) -> Shape:
        """Return block * block times as many maps, of rows / block x columns / block cells."""
        maps = self._maps("space to depth", inputs)
        if any(length is not None and length % self.block for length in maps.places):
            raise Fault(
                "ARC402",
                f"blocks of {self.block}x{self.block} do not divide maps of {maps.size}",
                field="block",
            )
        places = tuple(None if each is None else each // self.block for each in maps.places)
        return Shape(maps.channels * self.block**2, places)

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the block."""
        return (Reads(self.block, last=self.block - 1),) * 2


@operation("depth_to_space")
class DepthToSpace(Blocks):
    """Makes a block of cells of the maps of each cell (Shi et al. 2016, as pixel shuffle).

    Example:
        - {layer: In, type: input, maps: 12, size: 64x64}
        - {layer: large, type: depth_to_space, maps: 3, size: 128x128, block: 2}
    """

    block: int = field(Count(2), "rows, and columns, of cells that maps become")
    order: str = field(ORDER, "how maps lie, the slowest first", "maps rows columns")

    def shape(self, inputs: Inputs) -> Shape:
        """Return maps / (block * block) maps, of rows * block x columns * block cells."""
        maps = self._maps("depth to space", inputs)
        if maps.channels % self.block**2:
            raise Fault(
                "ARC402",
                f"{maps.channels} maps make no blocks of {self.block}x{self.block}",
                field="block",
            )
        places = tuple(None if each is None else each * self.block for each in maps.places)
        return Shape(maps.channels // self.block**2, places)

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the cell that it was in."""
        return (Reads(parts=self.block),) * 2


@operation("to_sequence")
class ToSequence(Operation):
    """Lays the cells of maps out as a sequence, row by row: each is a token of all its maps.

    Example:
        - {layer: In, type: input, maps: 768, size: 14x14}
        - {layer: tokens, type: to_sequence, maps: 768, size: 196}
    """

    family = "rearranging"
    has_other_axes = True

    def shape(self, inputs: Inputs) -> Shape:
        """Return a sequence of height x width tokens, with a feature for each map."""
        maps = maps_of("sequence", inputs[0])
        return Shape(maps.channels, (cells(maps.places),))

    def reads(self, inputs: Inputs) -> None:
        """Return that places are not those of the maps: it reads all cells."""


@operation("to_maps")
class ToMaps(Operation):
    """Makes maps of a sequence, whose tokens are their cells row by row, or of a vector.

    The features of a vector are laid out as `flatten` lays them out: all cells of the first map,
    row by row, then those of the second.

    Example:
        - {layer: In, type: input, size: 1024}
        - {layer: seed, type: to_maps, maps: 64, size: 4x4}
    """

    family = "rearranging"
    has_other_axes = True

    size: tuple[Dimension, ...] = field(NewSize(), "height x width of the maps")

    def shape(self, inputs: Inputs) -> Shape:
        """Return maps of `size`, one for each feature of a token; features / cells of a vector."""
        shape, count = inputs[0], cells(self.size)
        if count is None or None in shape.places:
            raise Fault("ARC404", "maps can be made of a known number of cells alone", field="size")
        if shape.is_vector:
            if shape.channels % count:
                raise Fault(
                    "ARC402",
                    f"{shape.channels} features make no maps of {size_text(self.size)} cells",
                    field="size",
                )
            return Shape(shape.channels // count, self.size)
        if cells(shape.places) != count:
            raise Fault(
                "ARC402",
                f"maps of {size_text(self.size)} have {count} cells, and the input of this layer"
                f" is {shape}",
                field="size",
            )
        return Shape(shape.channels, self.size)

    def reads(self, inputs: Inputs) -> None:
        """Return that places are other ones: it reads all of the input."""


@operation("select")
class Select(Operation):
    """Takes one token of a sequence, as a vector: that of the class, or the last.

    Example:
        - {layer: In, type: input, maps: 768, size: 197}
        - {layer: token, type: select, size: 768, token: 0}
    """

    family = "rearranging"
    has_other_axes = True

    token: int = field(Index(), "its place, counted from 0; -1 is the last", 0)

    def shape(self, inputs: Inputs) -> Shape:
        """Return a vector of the token's features."""
        shape = inputs[0]
        if shape.rank != 1:
            raise Fault("ARC403", f"a token is taken of a sequence, and this layer reads {shape}")
        (tokens,) = shape.places
        if tokens is not None and not -tokens <= self.token < tokens:
            raise Fault("ARC402", f"there is no token {self.token} of {tokens}", field="token")
        return Shape(shape.channels)

    def reads(self, inputs: Inputs) -> None:
        """Return that a vector has no places."""


def cells(places: tuple[Dimension, ...]) -> Dimension:
    """Return how many cells there are; None where a length is not known."""
    known = [length for length in places if length is not None]
    return prod(known) if len(known) == len(places) else None
