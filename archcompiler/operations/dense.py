"""Fully connected layers, and the flattening before them."""

from __future__ import annotations

from math import prod

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
from archcompiler.operations.operation import (
    Inputs,
    Operation,
    Parameter,
    feature_axes,
    operation,
    vector_of,
)
from archcompiler.operations.shape import Shape


@operation("fully_connected", "fc", "dense", "linear", "innerproduct", "gemm", "inner_product")
class FullyConnected(Operation):
    """Connects every input to every unit; maps are flattened first.

    Example:
        - {layer: In, type: input, maps: 256, size: 6x6}
        - {layer: F9, type: fully_connected, size: 4096, activation: relu}
    """

    family = "dense"
    is_dense = is_overwritable = True

    size: int = field(Count(), "units, which are the features of the output")
    bias: bool = field(Flag(), "whether a number is added to each unit", True)
    kernel_initializer: Named = field(INITIALIZER, "how weights begin", GLOROT_UNIFORM)
    bias_initializer: Named = field(BIAS_INITIALIZER, "how biases begin", ZEROS)

    def shape(self, inputs: Inputs) -> Shape:
        """Return a vector of `size` features."""
        vector_of("fully connected layer", inputs[0])
        return Shape(self.size)

    def reads(self, inputs: Inputs) -> None:
        """Return that a unit reads all of the input."""

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return the weights, their input axis factored where maps were flattened, and biases."""
        axes, lengths = feature_axes(vector_of("fully connected layer", inputs[0]))
        out = (("out", self.size),)
        fans = prod(length for _, length in lengths), self.size
        initializer = self.kernel_initializer
        weights = Parameter("weight", f"out {axes}", (*out, *lengths), initializer, fans=fans)
        if not self.bias:
            return (weights,)
        return weights, Parameter("bias", "out", out, self.bias_initializer, fans=fans)

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return inputs x units."""
        return vector_of("fully connected layer", inputs[0]).channels * self.size


@operation("flatten")
class Flatten(Operation):
    """Lays maps out as one vector, in the order maps, height, width.

    Example:
        - {layer: In, type: input, maps: 256, size: 6x6}
        - {layer: flat, type: flatten, size: 9216}
    """

    family = "rearranging"
    flattens = True

    def shape(self, inputs: Inputs) -> Shape:
        """Return a vector of maps x height x width features."""
        return vector_of("flatten", inputs[0])

    def reads(self, inputs: Inputs) -> None:
        """Return that the vector has no places: it reads all cells."""
