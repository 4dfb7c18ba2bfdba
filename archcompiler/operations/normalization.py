"""Normalization."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import ONES, ZEROS, Count, Flag, Number, field
from archcompiler.operations.operation import (
    Inputs,
    Operation,
    Parameter,
    map_axes,
    maps_of,
    operation,
)
from archcompiler.operations.shape import Shape

MOST_MOMENTUM = 0.5  # one above it is most likely one minus what was meant


@operation("batch_normalization", "bn", "batchnorm", "batchnorm2d", "batchnorm1d", "spatialbn")
class BatchNormalization(Operation):
    """Shifts and scales each map to mean 0 and variance 1 over the batch (Ioffe, Szegedy 2015).

    Example:
        - {layer: In, type: input, maps: 64, size: 112x112}
        - {layer: B1, type: batch_normalization, maps: 64, size: 112x112, activation: relu}
    """

    family = "normalization"
    is_overwritable = True

    scale: bool = field(Flag(), "whether each map is multiplied by a number", True)
    bias: bool = field(Flag(), "whether a number is added to each map", True)
    frozen: bool = field(Flag(), "whether all is given, statistics too: nothing is trained", False)
    epsilon: float = field(Number(0, 1, above=True), "added to the variance", 1e-5)
    momentum: float = field(Number(0, 1), "share of the new batch in the statistics", 0.1)

    @property
    def keeps_statistics(self) -> bool:  # type: ignore[override]
        """Whether it takes the statistics of the batches that it is trained on."""
        return not self.frozen

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return scale and bias, if there are any, and two statistics, which are not trained."""
        axes, lengths = map_axes(inputs[0])
        trained = not self.frozen
        scale = Parameter("weight", axes, lengths, ONES, trainable=trained)
        bias = Parameter("bias", axes, lengths, ZEROS, trainable=trained)
        return (
            *((scale,) if self.scale else ()),
            *((bias,) if self.bias else ()),
            Parameter("running_mean", axes, lengths, ZEROS, trainable=False),
            Parameter("running_var", axes, lengths, ONES, trainable=False),
        )

    def warnings(self) -> tuple[Fault, ...]:
        """Return what is to be said of a momentum that is most likely Keras' or Caffe's."""
        if self.momentum <= MOST_MOMENTUM:
            return ()
        meant = f"{1 - self.momentum:.12g}"
        return (
            Fault(
                "ARC603",
                f"`momentum: {self.momentum:.12g}` is the share of the new batch in the statistics",
                field="momentum",
                help=[f"where it is the share of the old ones, as in Keras, write `{meant}`"],
                fix=meant,
            ),
        )


@operation("local_response_normalization")
class LocalResponseNormalization(Operation):
    """Divides by (k + alpha * sum of squares over n neighbouring maps) ** beta.

    Krizhevsky, Sutskever, Hinton 2012, section 3.3: alpha is not divided by n.

    Example:
        - {layer: In, type: input, maps: 96, size: 55x55}
        - {layer: N1, type: local_response_normalization, maps: 96, size: 55x55}
    """

    family = "normalization"

    n: int = field(Count(), "neighbouring maps, the map itself included", 5)
    k: float = field(Number(0), "added to the sum", 2.0)
    alpha: float = field(Number(0), "factor of the sum", 1e-4)
    beta: float = field(Number(0), "exponent", 0.75)

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape, which must be maps."""
        return maps_of("local response normalization", inputs[0])


def _trained(inputs: Inputs, scale: bool, bias: bool) -> tuple[Parameter, ...]:
    """Return a number that each map is multiplied by, and one that is added to it."""
    axes, lengths = map_axes(inputs[0])
    return (
        *((Parameter("weight", axes, lengths, ONES),) if scale else ()),
        *((Parameter("bias", axes, lengths, ZEROS),) if bias else ()),
    )


@operation("layer_normalization")
class LayerNormalization(Operation):
    """Shifts and scales the maps of each cell to mean 0 and variance 1 (Ba et al. 2016).

    Each cell, or token, or vector, is taken by itself: over its maps alone.

    Example:
        - {layer: In, type: input, maps: 768, size: 197}
        - {layer: L1, type: layer_normalization, maps: 768, size: 197}
    """

    family = "normalization"

    scale: bool = field(Flag(), "whether each map is multiplied by a number", True)
    bias: bool = field(Flag(), "whether a number is added to each map", True)
    epsilon: float = field(Number(0, 1, above=True), "added to the variance", 1e-5)

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return scale and bias, if there are any: a number for each map."""
        return _trained(inputs, self.scale, self.bias)


@operation("rms_normalization")
class RMSNormalization(Operation):
    """Divides the maps of each cell by the root of their mean square (Zhang, Sennrich 2019).

    Example:
        - {layer: In, type: input, maps: 576, size: 128}
        - {layer: N1, type: rms_normalization, maps: 576, size: 128}
    """

    family = "normalization"

    scale: bool = field(Flag(), "whether each map is multiplied by a number", True)
    epsilon: float = field(Number(0, 1, above=True), "added to the mean square", 1e-6)

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return the scale, if there is one: a number for each map."""
        return _trained(inputs, self.scale, False)


@operation("group_normalization")
class GroupNormalization(Operation):
    """Shifts and scales groups of maps to mean 0 and variance 1, in each sample (Wu, He 2018).

    One group is all maps; a group for each map is called instance normalization.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: G1, type: group_normalization, maps: 64, size: 56x56, groups: 32}
    """

    family = "normalization"

    groups: int = field(Count(), "parts of equally many maps")
    scale: bool = field(Flag(), "whether each map is multiplied by a number", True)
    bias: bool = field(Flag(), "whether a number is added to each map", True)
    epsilon: float = field(Number(0, 1, above=True), "added to the variance", 1e-5)

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape; `groups` divides its maps."""
        if inputs[0].channels % self.groups:
            raise Fault(
                "ARC405",
                f"{inputs[0].channels} maps cannot be split into {self.groups} groups",
                field="groups",
            )
        return inputs[0]

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return scale and bias, if there are any: a number for each map."""
        return _trained(inputs, self.scale, self.bias)

    def reads(self, inputs: Inputs) -> None:
        """Return that it reads all cells, for their mean."""
