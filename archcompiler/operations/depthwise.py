"""Depthwise convolution."""

from __future__ import annotations

from math import prod

from archcompiler.operations.fields import (
    BIAS_INITIALIZER,
    GLOROT_UNIFORM,
    INITIALIZER,
    ZEROS,
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
from archcompiler.operations.shape import Shape
from archcompiler.operations.windows import Sliding


@operation("depthwise_convolution", "depthwise", "depthwiseconv", "depthwiseconvolution")
class DepthwiseConvolution(Operation):
    """Slides a kernel of its own over each map (Howard et al. 2017): it gives as many as it reads.

    Example:
        - {layer: In, type: input, maps: 32, size: 112x112}
        - {layer: dw, type: depthwise_convolution, maps: 32, size: 112x112, kernel: 3x3, padding: 1}
    """

    family = "convolution"
    is_depthwise = is_overwritable = True

    kernel: tuple[int, ...] = field(Window(), "rows x columns of a kernel")
    stride: tuple[int, ...] = field(Window(), "rows x columns between two windows", (1,))
    padding: Padding = field(PaddingKind(), "cells of zeros around the input", VALID)
    dilation: tuple[int, ...] = field(Window(), "distance between a kernel's cells", (1,))
    bias: bool = field(Flag(), "whether a number is added to each map", True)
    kernel_initializer: Named = field(INITIALIZER, "how kernels begin", GLOROT_UNIFORM)
    bias_initializer: Named = field(BIAS_INITIALIZER, "how biases begin", ZEROS)

    @property
    def sliding(self) -> Sliding:
        """How the kernels slide."""
        return Sliding(self.kernel, self.stride, self.dilation, self.padding)

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many maps; an axis has floor((input + padding - reach) / stride) + 1 cells.

        Padding and reach are those of `convolution`.
        """
        maps = maps_of("depthwise convolution", inputs[0])
        return Shape(maps.channels, tuple(axis.length for axis in self.sliding.over(maps)))

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return a kernel for each map, and the biases if there are any.

        Fans are counted as frameworks do: a unit reads one kernel, and one of all maps is read.
        """
        maps = maps_of("depthwise convolution", inputs[0]).channels
        biases = self.bias_initializer if self.bias else None
        channels = {"out": maps, "in": 1}
        return kernel_parameters("out in", channels, self.kernel, (self.kernel_initializer, biases))

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return output cells x kernel cells."""
        return None if output.elements is None else output.elements * prod(self.kernel)

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the window."""
        return self.sliding.reads(maps_of("depthwise convolution", inputs[0]))

    def arithmetic(self, inputs: Inputs) -> str | None:
        """Return how the size comes about."""
        return self.sliding.arithmetic(maps_of("depthwise convolution", inputs[0]))
