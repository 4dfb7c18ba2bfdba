"""Convolution."""

from __future__ import annotations

from math import gcd, prod

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
from archcompiler.operations.shape import Shape
from archcompiler.operations.windows import Sliding


@operation("convolution", "conv", "conv2d", "convolution2d", "convolutional", "spatialconvolution")
class Convolution(Operation):
    """Slides kernels over all input maps (of its group); each kernel gives one map.

    Example:
        - {layer: In, type: input, maps: 3, size: 227x227}
        - {layer: C1, type: convolution, maps: 96, size: 55x55, kernel: 11x11, stride: 4}
    """

    family = "convolution"
    is_overwritable = True

    maps: int = field(Count(), "kernels, which are the maps of the output")
    kernel: tuple[int, ...] = field(Window(), "rows x columns of a kernel")
    stride: tuple[int, ...] = field(Window(), "rows x columns between two windows", (1,))
    padding: Padding = field(PaddingKind("causal"), "cells of zeros around the input", VALID)
    dilation: tuple[int, ...] = field(Window(), "distance between a kernel's cells", (1,))
    groups: int = field(Count(), "parts that maps are split into, each seeing its own", 1)
    bias: bool = field(Flag(), "whether a number is added to each map", True)
    kernel_initializer: Named = field(INITIALIZER, "how kernels begin", GLOROT_UNIFORM)
    bias_initializer: Named = field(BIAS_INITIALIZER, "how biases begin", ZEROS)

    @property
    def sliding(self) -> Sliding:
        """How the kernels slide."""
        return Sliding(self.kernel, self.stride, self.dilation, self.padding)

    def shape(self, inputs: Inputs) -> Shape:
        """Return `maps` maps; an axis has floor((input + padding - reach) / stride) + 1 cells.

        Padding is that of both sides, and the reach of a kernel is dilation * (kernel - 1) + 1.
        With `padding: same` there are ceil(input / stride) cells. `causal`, for maps along one
        axis, pads reach - 1 cells in front: no cell reads one behind it.
        """
        maps = maps_of("convolution", inputs[0])
        if self.padding.mode == "causal" and maps.rank != 1:
            raise Fault(
                "ARC403",
                f"`causal` is for maps along one axis, and the input of this layer is {maps}",
                field="padding",
            )
        for number, what in ((maps.channels, "input"), (self.maps, "output")):
            if number % self.groups:
                own = what == "output"  # the groups fit the input: rather the maps are the slip
                near = max(round(number / self.groups), 1) * self.groups
                raise Fault(
                    "ARC405",
                    f"the {counted(number, f'{what} map')} of this layer cannot be split into"
                    f" {self.groups} equal groups",
                    field="maps" if own else "groups",
                    help=[
                        *([f"`maps: {near}` is the nearest that can be"] if own else []),
                        _splitting(maps.channels, self.maps),
                    ],
                )
        return Shape(self.maps, tuple(axis.length for axis in self.sliding.over(maps)))

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return the kernels, and the biases if there are any."""
        maps = maps_of("convolution", inputs[0]).channels
        channels = {"out": self.maps, "in": maps // self.groups}
        biases = self.bias_initializer if self.bias else None
        return kernel_parameters("out in", channels, self.kernel, (self.kernel_initializer, biases))

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return output cells x kernel cells x input maps / groups."""
        if output.elements is None:
            return None
        maps = maps_of("convolution", inputs[0]).channels
        return output.elements * prod(self.kernel) * (maps // self.groups)

    def reads(self, inputs: Inputs) -> tuple[Reads, ...]:
        """Return the window."""
        return self.sliding.reads(maps_of("convolution", inputs[0]))

    def arithmetic(self, inputs: Inputs) -> str | None:
        """Return how the size comes about."""
        return self.sliding.arithmetic(maps_of("convolution", inputs[0]))


def _splitting(inputs: int, outputs: int) -> str:
    common = gcd(inputs, outputs)
    divisors = [number for number in range(1, min(common, 64) + 1) if common % number == 0]
    if common > 64:
        divisors.append(common)
    return f"`groups` divides {inputs} and {outputs}: {', '.join(map(str, divisors))}"
