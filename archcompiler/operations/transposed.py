"""Transposed convolution."""

from __future__ import annotations

from math import prod

from archcompiler.diagnostics import Fault
from archcompiler.diagnostics.wording import counted
from archcompiler.operations.fields import (
    BIAS_INITIALIZER,
    GLOROT_UNIFORM,
    INITIALIZER,
    ZEROS,
    Count,
    Flag,
    Named,
    field,
)
from archcompiler.operations.lengths import VALID, Padding, PaddingKind, Window
from archcompiler.operations.operation import (
    Inputs,
    Operation,
    Parameter,
    Reads,
    kernel_parameters,
    maps_of,
    operation,
)
from archcompiler.operations.shape import Dimension, Shape
from archcompiler.operations.windows import together


@operation(
    "transposed_convolution",
    "convtranspose",
    "convtranspose2d",
    "conv2dtranspose",
    "convolution2dtranspose",
    "transposedconv",
    "deconvolution",
    "deconv",
    "upconvolution",
    "upconv",
)
class TransposedConvolution(Operation):
    """Gives each cell's value to a window of the output: a convolution's gradient as a layer.

    Example:
        - {layer: In, type: input, maps: 128, size: 14x14}
        - {layer: up, type: transposed_convolution, maps: 64, size: 28x28, kernel: 2x2, stride: 2}
    """

    family = "upsampling"
    is_overwritable = True

    maps: int = field(Count(), "kernels, which are the maps of the output")
    kernel: tuple[int, ...] = field(Window(), "rows x columns of a kernel")
    stride: tuple[int, ...] = field(Window(), "rows x columns between two windows", (1,))
    padding: Padding = field(PaddingKind(), "cells that are cut off the output", VALID)
    bias: bool = field(Flag(), "whether a number is added to each map", True)
    kernel_initializer: Named = field(INITIALIZER, "how kernels begin", GLOROT_UNIFORM)
    bias_initializer: Named = field(BIAS_INITIALIZER, "how biases begin", ZEROS)

    @property
    def cuts(self) -> tuple[tuple[int, int], ...]:
        """The cells cut off (before, after) of the (input - 1) * stride + kernel along each axis.

        Below 0 they are added. `same` and `valid` are TensorFlow's:
        https://www.tensorflow.org/api_docs/python/tf/keras/layers/Conv2DTranspose
        """
        return tuple(self._cut(index) for index in range(len(self.kernel)))

    def _cut(self, index: int) -> tuple[int, int]:
        if self.padding.mode == "explicit":
            return self.padding.at(index)
        more = self.kernel[index] - self.stride[index]
        if self.padding.mode == "valid":
            return 0, min(more, 0)
        before = max(more, 0) // 2
        return before, more - before

    def shape(self, inputs: Inputs) -> Shape:
        """Return `maps` maps; an axis has (input - 1) * stride + kernel - padding cells.

        Padding is that of both sides. With `padding: valid` there are (input - 1) * stride + the
        larger of kernel and stride, with `padding: same` input * stride.
        """
        maps = maps_of("transposed convolution", inputs[0])
        for index, (before, after) in enumerate(self.cuts):
            if max(before, after) >= self.kernel[index]:
                largest = self.kernel[index] - 1
                raise Fault(
                    "ARC402",
                    f"this layer cuts {counted(max(before, after), 'cell')} off, and its kernel"
                    f" reaches {self.kernel[index]}",
                    field="padding",
                    help=[f"`padding: {largest}` is the largest for this kernel"],
                )
        size = [self._length(index, length) for index, length in enumerate(maps.places)]
        if any(length is not None and length < 1 for length in size):
            raise Fault(
                "ARC402",
                "nothing is left of this layer when the padding is cut off",
                field="padding",
                help=["`padding: same` gives input x stride"],
            )
        return Shape(self.maps, tuple(size))

    def _length(self, index: int, length: Dimension) -> Dimension:
        if length is None:
            return None
        return (length - 1) * self.stride[index] + self.kernel[index] - sum(self.cuts[index])

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return the kernels, and the biases if there are any."""
        channels = {
            "in": maps_of("transposed convolution", inputs[0]).channels,
            "out": self.maps,
        }
        biases = self.bias_initializer if self.bias else None
        return kernel_parameters("in out", channels, self.kernel, (self.kernel_initializer, biases))

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return input cells x kernel cells x output maps."""
        elements = inputs[0].elements
        if elements is None:
            return None
        return elements * prod(self.kernel) * self.maps

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the input cells whose windows a cell is in: at most ceil(kernel / stride).

        How many there are depends on the phase, which is the cell's place in its `stride` cells;
        in some phases there are none where the kernel is smaller than the stride.
        """
        return tuple(self._reads(index) for index in range(len(self.kernel)))

    def _reads(self, index: int) -> Reads:
        stride, before = self.stride[index], self.cuts[index][0]
        return Reads(1, stride, before - self.kernel[index] + stride, before)

    def arithmetic(self, inputs: Inputs) -> str | None:
        """Return how the lengths come about, each where they differ."""
        places = maps_of("transposed convolution", inputs[0]).places
        return together([self._arithmetic(index, length) for index, length in enumerate(places)])

    def _arithmetic(self, index: int, length: Dimension) -> str | None:
        if length is None:
            return None
        stride, kernel = self.stride[index], self.kernel[index]
        made = self._length(index, length)
        if self.padding.mode == "same":
            return f"`same`: {length} * {stride} = {made}"
        reach = max(kernel, stride) if self.padding.mode == "valid" else kernel
        cut = f" - {sum(self.cuts[index])}" if self.padding.mode == "explicit" else ""
        return f"({length} - 1) * {stride} + {reach}{cut} = {made}"
