"""The geometry of sliding windows, axis by axis, that convolution and pooling share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcompiler.diagnostics import Fault
from archcompiler.operations.lengths import Padding
from archcompiler.operations.operation import Reads
from archcompiler.operations.shape import PLACES, Dimension, Shape, size_text


class Axis(NamedTuple):
    """One axis of a sliding window: the padding resolved to cells, and the length of the output.

    `overhang` is how far the last window reaches beyond the padded input (only with `rounding:
    ceil`). Numbers of cells are None where they depend on a length that is not known.
    """

    before: int | None
    after: int | None
    overhang: int | None
    length: Dimension

    @property
    def known(self) -> bool:
        """Whether all cells around the input are known."""
        return self.before is not None and self.overhang is not None


class Sliding(NamedTuple):
    """How a window slides over maps: there is a number for each of their axes."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Padding
    ceil: bool = False

    def over(self, maps: Shape) -> tuple[Axis, ...]:
        """Return what comes out along each axis; raise a fault if the window does not fit."""
        axes = tuple(self._axis(index, length) for index, length in enumerate(maps.places))
        if any(axis.length is not None and axis.length < 1 for axis in axes):
            raise self._too_large(maps)
        return axes

    def _too_large(self, maps: Shape) -> Fault:
        room = [
            None if length is None else length + sum(self.cells(index))
            for index, length in enumerate(maps.places)
        ]
        largest = [
            kernel if length is None else (length - 1) // dilation + 1
            for kernel, dilation, length in zip(self.kernel, self.dilation, room, strict=True)
        ]
        spread = [self.reach(index) for index in range(len(self.kernel))]
        dilated = (
            f", which `dilation` spreads over {_by(spread)}," if set(self.dilation) != {1} else ""
        )
        padded = size_text(room)
        padded = f"padded {padded}" if self.padding.mode == "explicit" else padded
        return Fault(
            "ARC402",
            f"kernel {_by(self.kernel)}{dilated} is larger than the {padded} input of this layer",
            field="kernel",
            help=[
                f"`kernel: {_by(largest)}` is the largest that fits",
                "`padding: same` pads the input",
            ],
        )

    def reach(self, index: int) -> int:
        """Return how many cells a window spans along an axis."""
        return self.dilation[index] * (self.kernel[index] - 1) + 1

    def cells(self, index: int) -> tuple[int, int]:
        """Return the cells before and behind an axis, unless padding is `same`.

        Causal windows end at the cell that they make, so that all cells are before.
        """
        return (
            (self.reach(index) - 1, 0) if self.padding.mode == "causal" else self.padding.at(index)
        )

    def same(self, index: int) -> tuple[int, int]:
        """Return the cells that `same` pads an axis with where the stride is 1, however long."""
        reach = self.reach(index)
        return (reach - 1) // 2, reach // 2

    def _axis(self, index: int, length: Dimension) -> Axis:
        stride, reach = self.stride[index], self.reach(index)
        if self.padding.mode == "same":
            if length is None:
                before, after = self.same(index) if stride == 1 else (None, None)
                return Axis(before, after, 0, None)
            return _same(length, stride, reach)
        before, after = self.cells(index)
        if length is None:
            return Axis(before, after, None if self.ceil and stride > 1 else 0, None)
        room = length + before + after - reach
        if room < 0:
            return Axis(before, after, 0, 0)
        steps = room // stride
        if self.ceil and room % stride and (steps + 1) * stride < length + before:
            steps += 1  # the last window may hang over, but starts on a cell (Caffe, PyTorch)
        return Axis(before, after, max(steps * stride - room, 0), steps + 1)

    def reads(self, maps: Shape) -> tuple[Reads, ...]:
        """Return what a window reads, the padding included: from its first cell to its last.

        Where `same` pads before a length that is not known, it is as if that were a multiple of
        the stride, as the lengths are that networks are made for.
        """
        return tuple(self._reads(index, length) for index, length in enumerate(maps.places))

    def _reads(self, index: int, length: Dimension) -> Reads:
        stride = self.stride[index]
        before = self._axis(index, stride if length is None else length).before
        assert before is not None  # the length is known
        return Reads(stride, first=-before, last=self.reach(index) - 1 - before)

    def arithmetic(self, maps: Shape) -> str | None:
        """Return how the output's lengths come about, each where they differ."""
        return together(
            [self._arithmetic(index, length) for index, length in enumerate(maps.places)]
        )

    def _arithmetic(self, index: int, length: Dimension) -> str | None:
        if length is None:
            return None
        axis, stride = self._axis(index, length), self.stride[index]
        if self.padding.mode == "same":
            return f"`same`: ceil({length} / {stride}) = {axis.length}"
        before, after = self.cells(index)
        padding = f"2*{before}" if before == after else f"{before} + {after}"
        exact = (length + before + after - self.reach(index)) / stride + 1
        text = f"({length} - {self.reach(index)} + {padding}) / {stride} + 1 = "
        if exact == axis.length:
            return f"{text}{axis.length}"
        return f"{text}{exact:.6g}, rounded {'up' if axis.overhang else 'down'} to {axis.length}"


def together(lines: Sequence[str | None]) -> str | None:
    """Return the arithmetic of all axes: once if it is the same; None if one is not known."""
    known = [line for line in lines if line is not None]
    if len(known) < len(lines):
        return None
    if len(set(known)) == 1:
        return known[0]
    names = PLACES[len(known)]
    return ", ".join(f"{name} {line}" for name, line in zip(names, known, strict=True))


def _by(lengths: Sequence[int]) -> str:
    return "x".join(map(str, lengths))


def _same(length: int, stride: int, reach: int) -> Axis:
    """TensorFlow's `same`: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2."""
    output = -(-length // stride)
    total = max((output - 1) * stride + reach - length, 0)
    return Axis(total // 2, total - total // 2, 0, output)
