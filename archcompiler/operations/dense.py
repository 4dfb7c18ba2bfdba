"""Fully connected layers, and the flattening before them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import (
    BIAS_INITIALIZER,
    GLOROT_UNIFORM,
    INITIALIZER,
    ZEROS,
    Count,
    Field,
    Flag,
    Named,
    field,
)
from archcompiler.operations.operation import (
    Inputs,
    Operation,
    Parameter,
    Reads,
    feature_axes,
    operation,
    vector_of,
    without_size,
)
from archcompiler.operations.shape import Shape


@operation("fully_connected", "fc", "dense", "linear", "innerproduct", "gemm", "inner_product")
class FullyConnected(Operation):
    """Connects every input to every unit; maps are flattened first, or each cell is taken alone.

    With `size` all that it reads are inputs of each unit. With `maps` there are as many units at
    each cell, or token, which read the maps there: all cells share their weights.

    Example:
        - {layer: In, type: input, maps: 256, size: 6x6}
        - {layer: F9, type: fully_connected, size: 4096, activation: relu}
    """

    family = "dense"
    is_dense = is_overwritable = True
    needs_one_of = ("size", "maps")

    size: int | None = field(Count(), "units, which are the features of the output", None)
    maps: int | None = field(Count(), "units at each cell, which are the maps of the output", None)
    bias: bool = field(Flag(), "whether a number is added to each unit", True)
    kernel_initializer: Named = field(INITIALIZER, "how weights begin", GLOROT_UNIFORM)
    bias_initializer: Named = field(BIAS_INITIALIZER, "how biases begin", ZEROS)

    @classmethod
    def own_fields(cls, given: Collection[str], inputs: int) -> Mapping[str, Field]:
        """Return the fields; with `maps`, `size` is that of the cells, which a row may state."""
        if "maps" not in given:
            return cls.fields
        return without_size(cls.fields)

    @property
    def units(self) -> int:
        """How many units there are, at each cell or at all."""
        units = self.size if self.maps is None else self.maps
        assert units is not None  # a row has one of both
        return units

    def shape(self, inputs: Inputs) -> Shape:
        """Return a vector of `size` features, or `maps` maps of the input's size."""
        if self.maps is not None:
            return Shape(self.maps, self._cells(inputs).places)
        vector_of("fully connected layer", inputs[0])
        return Shape(self.units)

    def _cells(self, inputs: Inputs) -> Shape:
        if inputs[0].is_vector:
            raise Fault(
                "ARC403",
                f"units at each cell read maps or a sequence, and this layer {inputs[0]}",
                field="maps",
                help=[f"`size: {self.maps}` are units that read a vector"],
            )
        return inputs[0]

    def reads(self, inputs: Inputs) -> tuple[Reads, ...] | None:
        """Return that a unit reads all of the input, or the cell that it is at."""
        return None if self.maps is None else (Reads(),) * inputs[0].rank

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return the weights, their input axis factored where maps were flattened, and biases."""
        if self.maps is None:
            axes, lengths = feature_axes(vector_of("fully connected layer", inputs[0]))
        else:
            axes, lengths = "in", (("in", inputs[0].channels),)
        out = (("out", self.units),)
        fans = prod(length for _, length in lengths), self.units
        initializer = self.kernel_initializer
        weights = Parameter("weight", f"out {axes}", (*out, *lengths), initializer, fans=fans)
        if not self.bias:
            return (weights,)
        return weights, Parameter("bias", "out", out, self.bias_initializer, fans=fans)

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return inputs x units, times the cells where each has its own."""
        if self.maps is None:
            return vector_of("fully connected layer", inputs[0]).channels * self.units
        return None if output.elements is None else inputs[0].channels * output.elements


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
