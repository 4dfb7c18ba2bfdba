"""What leaves the shape as it is: the network's input, activations, what drops values."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import (
    ACTIVATION,
    ACTIVATIONS,
    QUARTER,
    SLOPE_INITIALIZER,
    Count,
    Flag,
    Named,
    Number,
    Numbers,
    field,
)
from archcompiler.operations.lengths import Size
from archcompiler.operations.operation import (
    Inputs,
    Operation,
    Parameter,
    map_axes,
    maps_of,
    operation,
)
from archcompiler.operations.shape import REAL, Dimension, Shape, Values, size_text


@operation("input", "data", "inputlayer", "image")
class Input(Operation):
    """What the network is given, for each sample.

    Example:
        - {layer: In, type: input, maps: 3, size: 227x227}
    """

    family = "input"
    is_given = True
    minimum_inputs = 0
    maximum_inputs = 0

    size: tuple[Dimension, ...] = field(
        Size(), "lengths of the maps (one, height x width, or three), or features"
    )
    maps: int | None = field(Count(), "maps (colour channels) of the input", None)
    vocabulary: int | None = field(
        Count(2), "the input holds whole numbers from 0 below this, and not real ones", None
    )

    def shape(self, inputs: Inputs) -> Shape:
        """Return `maps` maps of `size`; without `maps` a vector of `size` features."""
        values = REAL if self.vocabulary is None else Values(self.vocabulary)
        if self.maps is not None:
            return Shape(self.maps, self.size, values)
        if len(self.size) > 1:
            size = size_text(self.size)
            raise Fault(
                "ARC204",
                f"this layer is an input of {size}, but has no `maps`",
                field="size",
                help=[f"`maps: 3, size: {size}` is a colour image"],
            )
        if self.size[0] is None:
            raise Fault(
                "ARC404",
                "this layer is an input vector, whose size has to be known",
                field="size",
                help=["`maps: 3, size: '?x?'` are maps of any size"],
            )
        return Shape(self.size[0], values=values)


# An activation's name as a type; `linear` is what PyTorch calls a fully connected layer.
_FUNCTIONS = {name: {"activation": name} for name in ACTIVATIONS if name != "linear"}
_OTHERS = {
    "swish": "silu", "hard_silu": "hard_swish", "identity": "linear", "exponential": "exp",
}  # fmt: skip


@operation(
    "activation",
    "nonlinearity",
    also=_FUNCTIONS | {word: {"activation": name} for word, name in _OTHERS.items()},
)
class Activate(Operation):
    """Applies a function to each value (softmax: over maps or features).

    Example:
        - {layer: In, type: input, maps: 64, size: 32x32}
        - {layer: A1, type: activation, maps: 64, size: 32x32, activation: leaky_relu(0.1)}
    """

    family = "elementwise"
    is_function = is_pointwise = True

    activation: Named = field(ACTIVATION, "the function")


@operation(
    "dropout",
    also={"dropout2d": {"spatial": "true"}, "spatialdropout2d": {"spatial": "true"}},
)
class Dropout(Operation):
    """Drops a share of the values while training and scales the rest up (Srivastava 2014).

    Example:
        - {layer: In, type: input, size: 4096}
        - {layer: D1, type: dropout, size: 4096, rate: 0.5}
    """

    family = "elementwise"
    is_pointwise = is_random = True

    rate: float = field(Number(0, 1, below=True), "share of the values that are dropped")
    spatial: bool = field(Flag(), "whether whole maps are dropped", False)

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape, which must be maps where whole maps are dropped."""
        return maps_of("spatial dropout", inputs[0], field="spatial") if self.spatial else inputs[0]


@operation("stochastic_depth", "droppath", "stochasticdepth")
class StochasticDepth(Operation):
    """Drops all of a sample while training, and scales others up (Huang et al. 2016).

    It stands at the end of a branch, in front of the sum with a shortcut.

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: C1, type: convolution, maps: 64, kernel: 3, padding: same}
        - {layer: D1, type: stochastic_depth, maps: 64, size: 56x56, rate: 0.1}
    """

    family = "elementwise"
    is_pointwise = is_random = True

    rate: float = field(Number(0, 1, below=True), "share of the samples that are dropped")


@operation("prelu", "parametricrelu")
class PReLU(Operation):
    """Multiplies values below 0 by a number that is learned for each map (He et al. 2015).

    Example:
        - {layer: In, type: input, maps: 64, size: 56x56}
        - {layer: P1, type: prelu, maps: 64, size: 56x56}
    """

    family = "elementwise"

    slope_initializer: Named = field(SLOPE_INITIALIZER, "how slopes begin", QUARTER)

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return a slope for each map."""
        axes, lengths = map_axes(inputs[0])
        return (Parameter("weight", axes, lengths, self.slope_initializer),)


@operation("rescale", "rescaling")
class Rescale(Operation):
    """Multiplies values by fixed numbers and adds fixed numbers: those of all maps, or of each.

    Example:
        - {layer: In, type: input, maps: 3, size: 224x224}
        - {layer: R1, type: rescale, maps: 3, size: 224x224, scale: 2, offset: [-0.9, -0.9, -0.8]}
    """

    family = "elementwise"

    scale: tuple[float, ...] = field(Numbers(), "factors: one, or one for each map", (1.0,))
    offset: tuple[float, ...] = field(Numbers(), "what is added: one, or one for each map", (0.0,))

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape; there is one number, or one for each of its maps."""
        for name in ("scale", "offset"):
            numbers = len(getattr(self, name))
            if numbers not in (1, inputs[0].channels):
                raise Fault(
                    "ARC402",
                    f"`{name}` has {numbers} numbers, but the input of this layer is {inputs[0]}",
                    field=name,
                    help=["one number is for all of them"],
                )
        return inputs[0]
