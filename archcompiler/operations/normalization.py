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
