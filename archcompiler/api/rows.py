"""Rows, optimizers and schedules as typed values.

This module is written by `archc ops --format python`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from archcompiler.api.part import Part

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "AdaptiveAveragePooling",
    "AdaptiveMaxPooling",
    "Add",
    "Attention",
    "Average",
    "AveragePooling",
    "BatchNormalization",
    "ChannelShuffle",
    "Concatenate",
    "Convolution",
    "Cosine",
    "Crop",
    "DepthToSpace",
    "DepthwiseConvolution",
    "Dropout",
    "Embedding",
    "Exponential",
    "Flatten",
    "FullyConnected",
    "GlobalAveragePooling",
    "GlobalMaxPooling",
    "GroupNormalization",
    "Input",
    "LayerNormalization",
    "LocalResponseNormalization",
    "MaxPooling",
    "Maximum",
    "Minimum",
    "MultiStep",
    "Multiply",
    "Optimizer",
    "Pad",
    "Parameter",
    "Prelu",
    "Rescale",
    "Resize",
    "RmsNormalization",
    "RotaryEmbedding",
    "Row",
    "Schedule",
    "Select",
    "Slice",
    "SpaceToDepth",
    "Step",
    "StochasticDepth",
    "Subtract",
    "ToMaps",
    "ToSequence",
    "Training",
    "TransposedConvolution",
]

ActivationWords = Literal[
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "gelu_tanh",
    "silu",
    "mish",
    "softplus",
    "sigmoid",
    "hard_sigmoid",
    "hard_swish",
    "tanh",
    "exp",
    "softmax",
]
PaddingWords = Literal["valid", "same", "causal"]
KernelInitializerWords = Literal[
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "zeros",
    "ones",
    "orthogonal",
    "torch_default",
]
BiasInitializerWords = Literal["zeros", "ones", "torch_default"]
ModeWords = Literal["zeros", "reflect"]
PaddingWords5 = Literal["valid", "same"]
SlopeInitializerWords = Literal["zeros", "ones"]
AxisWords = Literal["maps", "tokens"]
RoundingWords = Literal["floor", "ceil"]
OrderWords = Literal["maps rows columns", "rows columns maps", "columns rows maps"]
MethodWords = Literal["nearest", "bilinear", "bicubic"]
LossWords = Literal[
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
    "mean_squared_error",
    "mean_absolute_error",
]
MetricsWords = Literal["accuracy", "top_5_accuracy", "mean_squared_error", "mean_absolute_error"]


class Row(Part):
    """A row of the table. Operations have classes of their own; blocks are called for theirs."""

    layer: str | None = None
    """Its name; if left out, made from the type and a number."""
    type: str
    """An operation, or the name of a block."""
    when: bool | str | None = None
    """`false` leaves the row out: what it reads passes through: `true` or `false`."""
    repeat: int | str | None = None
    """Copies of the row, 1,000 at most, each reading the one before: a whole number from 1."""
    note: Any = None
    """Anything; nobody reads it."""


class Attention(Row):
    """Gives each query a mean of the values, weighted by how alike its keys are (Vaswani 2017).

    It reads queries, keys and values, three sequences, or one that has all three as its features,
    in this order and in equal parts. Each head takes a part of the features: its weights are the
    softmax of query * key * scale over all keys. Keys with fewer features than queries are those of
    fewer heads, each for several of the queries' (Ainslie et al. 2023). One more input is a mask:
    whole numbers, 0 for each key that is not looked at. What makes queries, keys and values, and
    what joins the heads, are rows of their own: `fully_connected` at each token.

    Reads 1 to 4 layers. Output: As many tokens as there are queries, with the features of all
    heads' values.

    Example:
        Input(layer="In", maps=768, size=197),
        FullyConnected(layer="qkv", maps=2304),
        Attention(layer="A1", maps=768, size=197, heads=12),
    """

    type: Literal["attention"] = "attention"
    heads: int | str
    """Parts of the queries' features, each with weights of its own: a whole number from 1."""
    causal: bool | str = False
    """Whether a query reads its own token and those before alone: `true` or `false`; `false` if
    left out.
    """
    dropout: float | str = 0.0
    """Share of the weights that are dropped in training: a number from 0 up to, not including, 1;
    `0.0` if left out.
    """
    scale: float | str | None = None
    """Factor of query * key; without it 1 / root of a head's features: a number above 0."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Convolution(Row):
    """Slides kernels over all input maps (of its group); each kernel gives one map.

    Reads one layer. Output: `maps` maps; an axis has floor((input + padding - reach) / stride) + 1
    cells. Padding is that of both sides, and the reach of a kernel is dilation * (kernel - 1) + 1.
    With `padding: same` there are ceil(input / stride) cells. `causal`, for maps along one axis,
    pads reach - 1 cells in front: no cell reads one behind it.

    Example:
        Input(layer="In", maps=3, size="227x227"),
        Convolution(layer="C1", maps=96, size="55x55", kernel="11x11", stride=4),
    """

    type: Literal["convolution"] = "convolution"
    maps: int | str
    """Kernels, which are the maps of the output: a whole number from 1."""
    kernel: int | str | Sequence[int | str]
    """Rows x columns of a kernel: a whole number from 1, or one for each axis as `3x3` or `[3, 3]`.
    """
    stride: int | str | Sequence[int | str] = 1
    """Rows x columns between two windows: a whole number from 1, or one for each axis as `3x3` or
    `[3, 3]`; `1` if left out.
    """
    padding: PaddingWords | int | str | Sequence[int | str] = "valid"
    """Cells of zeros around the input: `valid`, `same`, `causal`, a number of cells, one for each
    axis as `1x2` (rows, columns), or two for each axis as `[top, bottom, left, right]`; `valid`
    if left out.
    """
    dilation: int | str | Sequence[int | str] = 1
    """Distance between a kernel's cells: a whole number from 1, or one for each axis as `3x3` or
    `[3, 3]`; `1` if left out.
    """
    groups: int | str = 1
    """Parts that maps are split into, each seeing its own: a whole number from 1; `1` if left out.
    """
    bias: bool | str = True
    """Whether a number is added to each map: `true` or `false`; `true` if left out."""
    kernel_initializer: KernelInitializerWords | str = "glorot_uniform"
    """How kernels begin: an initializer, such as `he_normal` or `normal(0.01)`; `glorot_uniform` if
    left out.
    """
    bias_initializer: BiasInitializerWords | str = "zeros"
    """How biases begin: an initializer of biases, such as `zeros` or `constant(0.1)`; `zeros` if
    left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Crop(Row):
    """Keeps the centre of maps; of an odd number of cells the smaller half is cut in front.

    With `from: [what, like]` the size that is kept is that of the second layer.

    Reads 1 to 2 layers. Output: As many maps, of `size`, or of the size of the second layer.

    Example:
        Input(layer="In", maps=512, size="64x64"),
        Crop(layer="cut", maps=512, size="56x56"),
    """

    type: Literal["crop"] = "crop"
    size: int | str | Sequence[int | str] | None = None
    """Height x width that is kept: a whole number from 1 or `?`, or one for each axis as `55x55` or
    `[55, 55]`.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Pad(Row):
    """Puts cells around maps: zeros, or their mirror image.

    A mirror image leaves out the outermost cell itself: `c b | a b c d | c b`.

    Reads one layer. Output: As many maps, with the cells of both sides added to each length.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        Pad(layer="wide", maps=64, size="62x62", padding=3, mode="reflect"),
    """

    type: Literal["pad"] = "pad"
    padding: int | str | Sequence[int | str]
    """Cells on each side: a number of cells, one for each axis as `1x2` (rows, columns), or two for
    each axis as `[top, bottom, left, right]`.
    """
    mode: ModeWords | str = "zeros"
    """What they hold: `zeros` or `reflect`; `zeros` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class FullyConnected(Row):
    """Connects every input to every unit; maps are flattened first, or each cell is taken alone.

    With `size` all that it reads are inputs of each unit. With `maps` there are as many units at
    each cell, or token, which read the maps there: all cells share their weights.

    Reads one layer. Output: A vector of `size` features, or `maps` maps of the input's size.

    Example:
        Input(layer="In", maps=256, size="6x6"),
        FullyConnected(layer="F9", size=4096, activation="relu"),
    """

    type: Literal["fully_connected"] = "fully_connected"
    size: int | str | None = None
    """Units, which are the features of the output: a whole number from 1."""
    maps: int | str | None = None
    """Units at each cell, which are the maps of the output: a whole number from 1."""
    bias: bool | str = True
    """Whether a number is added to each unit: `true` or `false`; `true` if left out."""
    kernel_initializer: KernelInitializerWords | str = "glorot_uniform"
    """How weights begin: an initializer, such as `he_normal` or `normal(0.01)`; `glorot_uniform` if
    left out.
    """
    bias_initializer: BiasInitializerWords | str = "zeros"
    """How biases begin: an initializer of biases, such as `zeros` or `constant(0.1)`; `zeros` if
    left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Flatten(Row):
    """Lays maps out as one vector, in the order maps, height, width.

    Reads one layer. Output: A vector of maps x height x width features.

    Example:
        Input(layer="In", maps=256, size="6x6"),
        Flatten(layer="flat", size=9216),
    """

    type: Literal["flatten"] = "flatten"
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class DepthwiseConvolution(Row):
    """Slides a kernel of its own over each map (Howard et al. 2017): it gives as many as it reads.

    Reads one layer. Output: As many maps; an axis has floor((input + padding - reach) / stride) + 1
    cells. Padding and reach are those of `convolution`.

    Example:
        Input(layer="In", maps=32, size="112x112"),
        DepthwiseConvolution(layer="dw", maps=32, size="112x112", kernel="3x3", padding=1),
    """

    type: Literal["depthwise_convolution"] = "depthwise_convolution"
    kernel: int | str | Sequence[int | str]
    """Rows x columns of a kernel: a whole number from 1, or one for each axis as `3x3` or `[3, 3]`.
    """
    stride: int | str | Sequence[int | str] = 1
    """Rows x columns between two windows: a whole number from 1, or one for each axis as `3x3` or
    `[3, 3]`; `1` if left out.
    """
    padding: PaddingWords5 | int | str | Sequence[int | str] = "valid"
    """Cells of zeros around the input: `valid`, `same`, a number of cells, one for each axis as
    `1x2` (rows, columns), or two for each axis as `[top, bottom, left, right]`; `valid` if left
    out.
    """
    dilation: int | str | Sequence[int | str] = 1
    """Distance between a kernel's cells: a whole number from 1, or one for each axis as `3x3` or
    `[3, 3]`; `1` if left out.
    """
    bias: bool | str = True
    """Whether a number is added to each map: `true` or `false`; `true` if left out."""
    kernel_initializer: KernelInitializerWords | str = "glorot_uniform"
    """How kernels begin: an initializer, such as `he_normal` or `normal(0.01)`; `glorot_uniform` if
    left out.
    """
    bias_initializer: BiasInitializerWords | str = "zeros"
    """How biases begin: an initializer of biases, such as `zeros` or `constant(0.1)`; `zeros` if
    left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Input(Row):
    """What the network is given, for each sample.

    Reads nothing. Output: `maps` maps of `size`; without `maps` a vector of `size` features.

    Example:
        Input(layer="In", maps=3, size="227x227"),
    """

    type: Literal["input"] = "input"
    size: int | str | Sequence[int | str]
    """Lengths of the maps (one, height x width, or three), or features: a whole number from 1 or
    `?`, or one for each axis as `55x55` or `[55, 55]`.
    """
    maps: int | str | None = None
    """Maps (colour channels) of the input: a whole number from 1."""
    vocabulary: int | str | None = None
    """The input holds whole numbers from 0 below this, and not real ones: a whole number from 2."""


class Activation(Row):
    """Applies a function to each value (softmax: over maps or features).

    Reads one layer. Output: The input's shape.

    Example:
        Input(layer="In", maps=64, size="32x32"),
        Activation(layer="A1", maps=64, size="32x32", activation="leaky_relu(0.1)"),
    """

    type: Literal["activation"] = "activation"
    activation: ActivationWords | str
    """The function: an activation, such as `relu` or `leaky_relu(0.1)`."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """


class Dropout(Row):
    """Drops a share of the values while training and scales the rest up (Srivastava 2014).

    Reads one layer. Output: The input's shape, which must be maps where whole maps are dropped.

    Example:
        Input(layer="In", size=4096),
        Dropout(layer="D1", size=4096, rate=0.5),
    """

    type: Literal["dropout"] = "dropout"
    rate: float | str
    """Share of the values that are dropped: a number from 0 up to, not including, 1."""
    spatial: bool | str = False
    """Whether whole maps are dropped: `true` or `false`; `false` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class StochasticDepth(Row):
    """Drops all of a sample while training, and scales others up (Huang et al. 2016).

    It stands at the end of a branch, in front of the sum with a shortcut.

    Reads one layer. Output: The input's shape.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        Convolution(layer="C1", maps=64, kernel=3, padding="same"),
        StochasticDepth(layer="D1", maps=64, size="56x56", rate=0.1),
    """

    type: Literal["stochastic_depth"] = "stochastic_depth"
    rate: float | str
    """Share of the samples that are dropped: a number from 0 up to, not including, 1."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Prelu(Row):
    """Multiplies values below 0 by a number that is learned for each map (He et al. 2015).

    Reads one layer. Output: The input's shape.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        Prelu(layer="P1", maps=64, size="56x56"),
    """

    type: Literal["prelu"] = "prelu"
    slope_initializer: SlopeInitializerWords | str = "constant(0.25)"
    """How slopes begin: an initializer of slopes, such as `zeros` or `constant(0.25)`;
    `constant(0.25)` if left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Rescale(Row):
    """Multiplies values by fixed numbers and adds fixed numbers: those of all maps, or of each.

    Reads one layer. Output: The input's shape; there is one number, or one for each of its maps.

    Example:
        Input(layer="In", maps=3, size="224x224"),
        Rescale(layer="R1", maps=3, size="224x224", scale=2, offset=[-0.9, -0.9, -0.8]),
    """

    type: Literal["rescale"] = "rescale"
    scale: float | str | Sequence[float | str] = 1
    """Factors: one, or one for each map: a number, or a list of numbers such as `[0.5, -1]`; `1` if
    left out.
    """
    offset: float | str | Sequence[float | str] = 0
    """What is added: one, or one for each map: a number, or a list of numbers such as `[0.5, -1]`;
    `0` if left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Embedding(Row):
    """Gives each whole number, such as that of a word, a vector of its own, which is learned.

    It reads an input with a `vocabulary`, and gives a sequence: a token for each number.

    Reads one layer. Output: A sequence of as many tokens as there are numbers, with `maps`
    features.

    Example:
        Input(layer="In", size=512, vocabulary=30522),
        Embedding(layer="words", maps=768, size=512),
    """

    type: Literal["embedding"] = "embedding"
    maps: int | str
    """Features of each token: a whole number from 1."""
    initializer: SlopeInitializerWords | str = "normal(1)"
    """How the vectors begin: an initializer that needs no fans, such as `zeros` or `normal(0.02)`;
    `normal(1)` if left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Add(Row):
    """Adds its inputs cell by cell; one number for a map is added to all of its cells.

    Reads 2 to 256 layers. Output: The first input's shape, which the others have, or a part of it.
    To maps, another input may be a vector of one number a map, or one map of their size. By nothing
    else is one value given to many, and never by a position.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        Convolution(layer="C1", maps=64, kernel="3x3", padding="same"),
        Add(layer="sum", maps=64, size="56x56", from_=["C1", "In"], activation="relu"),
    """

    type: Literal["add"] = "add"
    from_: Sequence[str]
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Multiply(Row):
    """Multiplies its inputs cell by cell; one number for a map multiplies all of its cells.

    Reads 2 to 256 layers. Output: The first input's shape, which the others have, or a part of it.
    To maps, another input may be a vector of one number a map, or one map of their size. By nothing
    else is one value given to many, and never by a position.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        Convolution(layer="gate", maps=64, kernel="1x1", activation="sigmoid"),
        Multiply(layer="gated", maps=64, size="56x56", from_=["In", "gate"]),
    """

    type: Literal["multiply"] = "multiply"
    from_: Sequence[str]
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Subtract(Row):
    """Takes the second of its inputs from the first, cell by cell.

    Reads 2 layers. Output: The first input's shape, which the others have, or a part of it. To
    maps, another input may be a vector of one number a map, or one map of their size. By nothing
    else is one value given to many, and never by a position.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        AveragePooling(layer="blur", kernel="3x3", stride=1, padding="same"),
        Subtract(layer="edges", maps=64, size="56x56", from_=["In", "blur"]),
    """

    type: Literal["subtract"] = "subtract"
    from_: Sequence[str]
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Maximum(Row):
    """Takes the largest of its inputs, cell by cell.

    Reads 2 to 256 layers. Output: The first input's shape, which the others have, or a part of it.
    To maps, another input may be a vector of one number a map, or one map of their size. By nothing
    else is one value given to many, and never by a position.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        Convolution(layer="C1", maps=64, kernel="1x1"),
        Maximum(layer="large", maps=64, size="56x56", from_=["C1", "In"]),
    """

    type: Literal["maximum"] = "maximum"
    from_: Sequence[str]
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Minimum(Row):
    """Takes the smallest of its inputs, cell by cell.

    Reads 2 to 256 layers. Output: The first input's shape, which the others have, or a part of it.
    To maps, another input may be a vector of one number a map, or one map of their size. By nothing
    else is one value given to many, and never by a position.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        Convolution(layer="C1", maps=64, kernel="1x1"),
        Minimum(layer="small", maps=64, size="56x56", from_=["C1", "In"]),
    """

    type: Literal["minimum"] = "minimum"
    from_: Sequence[str]
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Average(Row):
    """Takes the mean of its inputs, cell by cell.

    Reads 2 to 256 layers. Output: The first input's shape, which the others have, or a part of it.
    To maps, another input may be a vector of one number a map, or one map of their size. By nothing
    else is one value given to many, and never by a position.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        Convolution(layer="C1", maps=64, kernel="1x1"),
        Average(layer="mean", maps=64, size="56x56", from_=["C1", "In"]),
    """

    type: Literal["average"] = "average"
    from_: Sequence[str]
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Concatenate(Row):
    """Puts the maps (or features) of its inputs one after another.

    Reads 2 to 256 layers. Output: The sum of all maps, which have one size, or a vector of all
    features. Along `tokens` it is a sequence of all tokens, which have as many features.

    Example:
        Input(layer="In", maps=64, size="28x28"),
        Convolution(layer="C1", maps=32, kernel="1x1"),
        Concatenate(layer="both", maps=96, size="28x28", from_=["In", "C1"]),
    """

    type: Literal["concatenate"] = "concatenate"
    axis: AxisWords | str = "maps"
    """Whether maps stand behind each other, or tokens of a sequence: `maps` or `tokens`; `maps` if
    left out.
    """
    from_: Sequence[str]
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class BatchNormalization(Row):
    """Shifts and scales each map to mean 0 and variance 1 over the batch (Ioffe, Szegedy 2015).

    Reads one layer. Output: The input's shape.

    Example:
        Input(layer="In", maps=64, size="112x112"),
        BatchNormalization(layer="B1", maps=64, size="112x112", activation="relu"),
    """

    type: Literal["batch_normalization"] = "batch_normalization"
    scale: bool | str = True
    """Whether each map is multiplied by a number: `true` or `false`; `true` if left out."""
    bias: bool | str = True
    """Whether a number is added to each map: `true` or `false`; `true` if left out."""
    frozen: bool | str = False
    """Whether all is given, statistics too: nothing is trained: `true` or `false`; `false` if left
    out.
    """
    epsilon: float | str = 1e-05
    """Added to the variance: a number above 0, up to 1; `1e-05` if left out."""
    momentum: float | str = 0.1
    """Share of the new batch in the statistics: a number from 0 to 1; `0.1` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class LocalResponseNormalization(Row):
    """Divides by (k + alpha * sum of squares over n neighbouring maps) ** beta.

    Krizhevsky, Sutskever, Hinton 2012, section 3.3: alpha is not divided by n.

    Reads one layer. Output: The input's shape, which must be maps.

    Example:
        Input(layer="In", maps=96, size="55x55"),
        LocalResponseNormalization(layer="N1", maps=96, size="55x55"),
    """

    type: Literal["local_response_normalization"] = "local_response_normalization"
    n: int | str = 5
    """Neighbouring maps, the map itself included: a whole number from 1; `5` if left out."""
    k: float | str = 2.0
    """Added to the sum: a number from 0; `2.0` if left out."""
    alpha: float | str = 0.0001
    """Factor of the sum: a number from 0; `0.0001` if left out."""
    beta: float | str = 0.75
    """Exponent: a number from 0; `0.75` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class LayerNormalization(Row):
    """Shifts and scales the maps of each cell to mean 0 and variance 1 (Ba et al. 2016).

    Each cell, or token, or vector, is taken by itself: over its maps alone.

    Reads one layer. Output: The input's shape.

    Example:
        Input(layer="In", maps=768, size=197),
        LayerNormalization(layer="L1", maps=768, size=197),
    """

    type: Literal["layer_normalization"] = "layer_normalization"
    scale: bool | str = True
    """Whether each map is multiplied by a number: `true` or `false`; `true` if left out."""
    bias: bool | str = True
    """Whether a number is added to each map: `true` or `false`; `true` if left out."""
    epsilon: float | str = 1e-05
    """Added to the variance: a number above 0, up to 1; `1e-05` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class RmsNormalization(Row):
    """Divides the maps of each cell by the root of their mean square (Zhang, Sennrich 2019).

    Reads one layer. Output: The input's shape.

    Example:
        Input(layer="In", maps=576, size=128),
        RmsNormalization(layer="N1", maps=576, size=128),
    """

    type: Literal["rms_normalization"] = "rms_normalization"
    scale: bool | str = True
    """Whether each map is multiplied by a number: `true` or `false`; `true` if left out."""
    epsilon: float | str = 1e-06
    """Added to the mean square: a number above 0, up to 1; `1e-06` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class GroupNormalization(Row):
    """Shifts and scales groups of maps to mean 0 and variance 1, in each sample (Wu, He 2018).

    One group is all maps; a group for each map is called instance normalization.

    Reads one layer. Output: The input's shape; `groups` divides its maps.

    Example:
        Input(layer="In", maps=64, size="56x56"),
        GroupNormalization(layer="G1", maps=64, size="56x56", groups=32),
    """

    type: Literal["group_normalization"] = "group_normalization"
    groups: int | str
    """Parts of equally many maps: a whole number from 1."""
    scale: bool | str = True
    """Whether each map is multiplied by a number: `true` or `false`; `true` if left out."""
    bias: bool | str = True
    """Whether a number is added to each map: `true` or `false`; `true` if left out."""
    epsilon: float | str = 1e-05
    """Added to the variance: a number above 0, up to 1; `1e-05` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Parameter(Row):
    """A tensor that is trained: a class token, positions, a factor for each map.

    It is the same for all samples, of which there are as many as in what it reads.

    Reads one layer. Output: `maps` maps of `size`; without `maps` a vector of `size` features.

    Example:
        Input(layer="In", maps=96, size="56x56"),
        Parameter(layer="scale", size=96, initializer="constant(0.000001)"),
    """

    type: Literal["parameter"] = "parameter"
    size: int | str | Sequence[int | str]
    """Lengths of the maps (one, two, three), or features: a whole number from 1 or `?`, or one for
    each axis as `55x55` or `[55, 55]`.
    """
    maps: int | str | None = None
    """Maps; a vector has none: a whole number from 1."""
    initializer: SlopeInitializerWords | str = "zeros"
    """How it begins: an initializer that needs no fans, such as `zeros` or `normal(0.02)`; `zeros`
    if left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class MaxPooling(Row):
    """Takes the largest value of each window; padded cells never win.

    Reads one layer. Output: As many maps; an axis has floor((input + padding - reach) / stride) + 1
    cells. Padding is that of both sides, and the reach of a window is its kernel, which a dilation
    spreads over dilation * (kernel - 1) + 1 cells. With `rounding: ceil` it is ceil instead of
    floor, if the last window then starts on a cell. With `padding: same` there are ceil(input /
    stride) cells.

    Example:
        Input(layer="In", maps=96, size="55x55"),
        MaxPooling(layer="S2", maps=96, size="27x27", kernel="3x3", stride=2),
    """

    type: Literal["max_pooling"] = "max_pooling"
    kernel: int | str | Sequence[int | str]
    """Rows x columns of the window: a whole number from 1, or one for each axis as `3x3` or `[3,
    3]`.
    """
    stride: int | str | Sequence[int | str] | None = None
    """Rows x columns between two windows; the kernel where none is given: a whole number from 1, or
    one for each axis as `3x3` or `[3, 3]`.
    """
    padding: PaddingWords5 | int | str | Sequence[int | str] = "valid"
    """Cells around the input, below any value: `valid`, `same`, a number of cells, one for each
    axis as `1x2` (rows, columns), or two for each axis as `[top, bottom, left, right]`; `valid`
    if left out.
    """
    dilation: int | str | Sequence[int | str] = 1
    """Distance between a window's cells: a whole number from 1, or one for each axis as `3x3` or
    `[3, 3]`; `1` if left out.
    """
    rounding: RoundingWords | str = "floor"
    """Whether a last window may hang over (ceil): `floor` or `ceil`; `floor` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class AveragePooling(Row):
    """Takes the mean of each window, over the real cells unless `count_padding` is true.

    Reads one layer. Output: As many maps; an axis has floor((input + padding - reach) / stride) + 1
    cells. Padding is that of both sides, and the reach of a window is its kernel, which a dilation
    spreads over dilation * (kernel - 1) + 1 cells. With `rounding: ceil` it is ceil instead of
    floor, if the last window then starts on a cell. With `padding: same` there are ceil(input /
    stride) cells.

    Example:
        Input(layer="In", maps=6, size="28x28"),
        AveragePooling(layer="S2", maps=6, size="14x14", kernel="2x2"),
    """

    type: Literal["average_pooling"] = "average_pooling"
    kernel: int | str | Sequence[int | str]
    """Rows x columns of the window: a whole number from 1, or one for each axis as `3x3` or `[3,
    3]`.
    """
    stride: int | str | Sequence[int | str] | None = None
    """Rows x columns between two windows; the kernel where none is given: a whole number from 1, or
    one for each axis as `3x3` or `[3, 3]`.
    """
    padding: PaddingWords5 | int | str | Sequence[int | str] = "valid"
    """Cells around the input: `valid`, `same`, a number of cells, one for each axis as `1x2` (rows,
    columns), or two for each axis as `[top, bottom, left, right]`; `valid` if left out.
    """
    rounding: RoundingWords | str = "floor"
    """Whether a last window may hang over (ceil): `floor` or `ceil`; `floor` if left out."""
    count_padding: bool | str = False
    """Whether padded cells count as zeros: `true` or `false`; `false` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class AdaptiveAveragePooling(Row):
    """Takes the means of as many windows as it gives cells, which cover the whole maps.

    Reads one layer. Output: As many maps, of `size`. Cell i of n takes the cells of the input from
    floor(i * length / n) up to, not including, ceil((i + 1) * length / n); such windows overlap
    where n does not divide the length.

    Example:
        Input(layer="In", maps=512, size="10x13"),
        AdaptiveAveragePooling(layer="pool", maps=512, size="7x7"),
    """

    type: Literal["adaptive_average_pooling"] = "adaptive_average_pooling"
    size: int | str | Sequence[int | str]
    """Height x width that it gives: a whole number from 1 or `?`, or one for each axis as `55x55`
    or `[55, 55]`.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class AdaptiveMaxPooling(Row):
    """Takes the largest values of as many windows as it gives cells, which cover the whole maps.

    Reads one layer. Output: As many maps, of `size`. Cell i of n takes the cells of the input from
    floor(i * length / n) up to, not including, ceil((i + 1) * length / n); such windows overlap
    where n does not divide the length.

    Example:
        Input(layer="In", maps=512, size="10x13"),
        AdaptiveMaxPooling(layer="pool", maps=512, size="7x7"),
    """

    type: Literal["adaptive_max_pooling"] = "adaptive_max_pooling"
    size: int | str | Sequence[int | str]
    """Height x width that it gives: a whole number from 1 or `?`, or one for each axis as `55x55`
    or `[55, 55]`.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class GlobalAveragePooling(Row):
    """Takes the mean of each map.

    Reads one layer. Output: A vector of one feature for each map.

    Example:
        Input(layer="In", maps=512, size="7x7"),
        GlobalAveragePooling(layer="pool", size=512),
    """

    type: Literal["global_average_pooling"] = "global_average_pooling"
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class GlobalMaxPooling(Row):
    """Takes the largest value of each map.

    Reads one layer. Output: A vector of one feature for each map.

    Example:
        Input(layer="In", maps=512, size="7x7"),
        GlobalMaxPooling(layer="pool", size=512),
    """

    type: Literal["global_max_pooling"] = "global_max_pooling"
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Slice(Row):
    """Keeps some of the maps (or features), one after another.

    Reads one layer. Output: `length` maps of the input's size, or a vector of so many features.

    Example:
        Input(layer="In", maps=64, size="28x28"),
        Slice(layer="half", maps=32, size="28x28", start=32, length=32),
    """

    type: Literal["slice"] = "slice"
    start: int | str = 0
    """The first of them, counted from 0: a whole number from 0; `0` if left out."""
    length: int | str
    """How many are kept: a whole number from 1."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class ChannelShuffle(Row):
    """Takes a map of each group in turn (Zhang et al. 2018, ShuffleNet).

    What comes behind reads maps of all groups, in each of its own.

    Reads one layer. Output: The input's shape; `groups` divides its maps.

    Example:
        Input(layer="In", maps=116, size="28x28"),
        ChannelShuffle(layer="mixed", maps=116, size="28x28", groups=2),
    """

    type: Literal["channel_shuffle"] = "channel_shuffle"
    groups: int | str
    """Parts of equally many maps, which lie one behind another: a whole number from 1."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class SpaceToDepth(Row):
    """Makes maps of the cells of each block, so that nothing is lost where maps become smaller.

    `maps rows columns` is PyTorch's order, `rows columns maps` TensorFlow's, and `columns rows
    maps` that of Swin (Liu et al. 2021).

    Reads one layer. Output: Block * block times as many maps, of rows / block x columns / block
    cells.

    Example:
        Input(layer="In", maps=96, size="56x56"),
        SpaceToDepth(layer="merged", maps=384, size="28x28", block=2),
    """

    type: Literal["space_to_depth"] = "space_to_depth"
    block: int | str
    """Rows, and columns, of cells that become maps: a whole number from 2."""
    order: OrderWords | str = "maps rows columns"
    """How they lie, the slowest first: `maps rows columns`, `rows columns maps` or `columns rows
    maps`; `maps rows columns` if left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class DepthToSpace(Row):
    """Makes a block of cells of the maps of each cell (Shi et al. 2016, as pixel shuffle).

    Reads one layer. Output: Maps / (block * block) maps, of rows * block x columns * block cells.

    Example:
        Input(layer="In", maps=12, size="64x64"),
        DepthToSpace(layer="large", maps=3, size="128x128", block=2),
    """

    type: Literal["depth_to_space"] = "depth_to_space"
    block: int | str
    """Rows, and columns, of cells that maps become: a whole number from 2."""
    order: OrderWords | str = "maps rows columns"
    """How maps lie, the slowest first: `maps rows columns`, `rows columns maps` or `columns rows
    maps`; `maps rows columns` if left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class ToSequence(Row):
    """Lays the cells of maps out as a sequence, row by row: each is a token of all its maps.

    Reads one layer. Output: A sequence of height x width tokens, with a feature for each map.

    Example:
        Input(layer="In", maps=768, size="14x14"),
        ToSequence(layer="tokens", maps=768, size=196),
    """

    type: Literal["to_sequence"] = "to_sequence"
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class ToMaps(Row):
    """Makes maps of a sequence, whose tokens are their cells row by row, or of a vector.

    The features of a vector are laid out as `flatten` lays them out: all cells of the first map,
    row by row, then those of the second.

    Reads one layer. Output: Maps of `size`, one for each feature of a token; features / cells of a
    vector.

    Example:
        Input(layer="In", size=1024),
        ToMaps(layer="seed", maps=64, size="4x4"),
    """

    type: Literal["to_maps"] = "to_maps"
    size: int | str | Sequence[int | str]
    """Height x width of the maps: a whole number from 1 or `?`, or one for each axis as `55x55` or
    `[55, 55]`.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Select(Row):
    """Takes one token of a sequence, as a vector: that of the class, or the last.

    Reads one layer. Output: A vector of the token's features.

    Example:
        Input(layer="In", maps=768, size=197),
        Select(layer="token", size=768, token=0),
    """

    type: Literal["select"] = "select"
    token: int | str = 0
    """Its place, counted from 0; -1 is the last: a whole number, where -1 is the last; `0` if left
    out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Resize(Row):
    """Gives maps another size: that of a second layer, a stated one, or some times their own.

    Cells are taken as areas whose centres correspond, as in TensorFlow and in PyTorch with
    `align_corners=False`. `nearest` takes the cell in which a centre lies, `bilinear` a mean of the
    nearest by their distance, `bicubic` a smooth curve through more of them, over wider areas where
    maps become smaller (antialiasing): without that, frameworks differ.

    Reads 1 to 2 layers. Output: As many maps, of `size`; of floor(input * scale); of the second
    layer's size.

    Example:
        Input(layer="In", maps=64, size="35x35"),
        Resize(layer="up", maps=64, size="71x71", method="bilinear"),
    """

    type: Literal["resize"] = "resize"
    size: int | str | Sequence[int | str] | None = None
    """The size that it gives: a whole number from 1 or `?`, or one for each axis as `55x55` or
    `[55, 55]`.
    """
    scale: float | str | None = None
    """The same as a factor: a number above 0."""
    method: MethodWords | str = "nearest"
    """What a cell gets: `nearest`, `bilinear` or `bicubic`; `nearest` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class RotaryEmbedding(Row):
    """Turns the features of each token by angles that grow with its place (Su et al. 2021).

    A head has two halves; feature i of the first and of the second are a point, which is turned by
    place / base ^ (i / half). It stands behind queries and keys, in front of `attention`. Halves
    are those of transformers; Meta's own files of LLaMA have neighbours for points.

    Reads one layer. Output: The input's shape: a sequence whose features are two halves for each
    head.

    Example:
        Input(layer="In", maps=576, size=64),
        FullyConnected(layer="query", maps=576),
        RotaryEmbedding(layer="turned", maps=576, size=64, heads=9),
    """

    type: Literal["rotary_embedding"] = "rotary_embedding"
    heads: int | str
    """Parts of the features, each with angles from the first on: a whole number from 1."""
    base: float | str = 10000.0
    """How much slower the last features turn: a number above 0; `10000.0` if left out."""
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    maps: int | str | None = None
    """Maps of the output, which are checked: a whole number from 1."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class TransposedConvolution(Row):
    """Gives each cell's value to a window of the output: a convolution's gradient as a layer.

    Reads one layer. Output: `maps` maps; an axis has (input - 1) * stride + kernel - padding cells.
    Padding is that of both sides. With `padding: valid` there are (input - 1) * stride + the larger
    of kernel and stride, with `padding: same` input * stride.

    Example:
        Input(layer="In", maps=128, size="14x14"),
        TransposedConvolution(layer="up", maps=64, size="28x28", kernel="2x2", stride=2),
    """

    type: Literal["transposed_convolution"] = "transposed_convolution"
    maps: int | str
    """Kernels, which are the maps of the output: a whole number from 1."""
    kernel: int | str | Sequence[int | str]
    """Rows x columns of a kernel: a whole number from 1, or one for each axis as `3x3` or `[3, 3]`.
    """
    stride: int | str | Sequence[int | str] = 1
    """Rows x columns between two windows: a whole number from 1, or one for each axis as `3x3` or
    `[3, 3]`; `1` if left out.
    """
    padding: PaddingWords5 | int | str | Sequence[int | str] = "valid"
    """Cells that are cut off the output: `valid`, `same`, a number of cells, one for each axis as
    `1x2` (rows, columns), or two for each axis as `[top, bottom, left, right]`; `valid` if left
    out.
    """
    bias: bool | str = True
    """Whether a number is added to each map: `true` or `false`; `true` if left out."""
    kernel_initializer: KernelInitializerWords | str = "glorot_uniform"
    """How kernels begin: an initializer, such as `he_normal` or `normal(0.01)`; `glorot_uniform` if
    left out.
    """
    bias_initializer: BiasInitializerWords | str = "zeros"
    """How biases begin: an initializer of biases, such as `zeros` or `constant(0.1)`; `zeros` if
    left out.
    """
    from_: str | Sequence[str] | None = None
    """The layer that it reads, or a list of them; the row above if left out."""
    size: int | str | Sequence[int | str] | None = None
    """Size of the output, which is checked: a whole number from 1 or `?`, or one for each axis as
    `55x55` or `[55, 55]`.
    """
    activation: ActivationWords | str | None = None
    """A function applied to the output: an activation, such as `relu` or `leaky_relu(0.1)`."""


class Optimizer(Part):
    """A rule that changes parameters by their gradients."""

    type: str
    """Which one it is."""


class Schedule(Part):
    """How the learning rate changes with the steps."""

    type: str
    """Which one it is."""


class SGD(Optimizer):
    """Stochastic gradient descent."""

    type: Literal["sgd"] = "sgd"
    learning_rate: float | str = 0.01
    """Step size: a number from 0; `0.01` if left out."""
    momentum: float | str = 0.0
    """Share of the last step that goes on: a number from 0 up to, not including, 1; `0.0` if left
    out.
    """
    nesterov: bool | str = False
    """Whether the gradient is taken after the momentum step: `true` or `false`; `false` if left
    out.
    """
    weight_decay: float | str = 0.0
    """L2 penalty on the kernels, part of the gradient (coupled): a number from 0; `0.0` if left
    out.
    """


class Adam(Optimizer):
    """Adam (Kingma, Ba 2015)."""

    type: Literal["adam"] = "adam"
    learning_rate: float | str = 0.001
    """Step size: a number from 0; `0.001` if left out."""
    beta_1: float | str = 0.9
    """Decay of the gradient's mean: a number from 0 up to, not including, 1; `0.9` if left out."""
    beta_2: float | str = 0.999
    """Decay of the gradient's square: a number from 0 up to, not including, 1; `0.999` if left out.
    """
    epsilon: float | str = 1e-08
    """Added to the root: a number above 0; `1e-08` if left out."""
    weight_decay: float | str = 0.0
    """L2 penalty on the kernels, part of the gradient (coupled): a number from 0; `0.0` if left
    out.
    """


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov, Hutter 2019)."""

    type: Literal["adamw"] = "adamw"
    learning_rate: float | str = 0.001
    """Step size: a number from 0; `0.001` if left out."""
    beta_1: float | str = 0.9
    """Decay of the gradient's mean: a number from 0 up to, not including, 1; `0.9` if left out."""
    beta_2: float | str = 0.999
    """Decay of the gradient's square: a number from 0 up to, not including, 1; `0.999` if left out.
    """
    epsilon: float | str = 1e-08
    """Added to the root: a number above 0; `1e-08` if left out."""
    decoupled_weight_decay: float | str = 0.01
    """Share of every parameter that a step of size 1 takes away: a number from 0; `0.01` if left
    out.
    """


class Step(Schedule):
    """Multiplies the learning rate by `factor` at every so many steps."""

    type: Literal["step"] = "step"
    every: int | str
    """Steps between two changes: a whole number from 1."""
    factor: float | str = 0.1
    """What the learning rate is multiplied by: a number from 0 to 1; `0.1` if left out."""


class MultiStep(Schedule):
    """Multiplies the learning rate by `factor` at each of some steps."""

    type: Literal["multi_step"] = "multi_step"
    at: int | str | Sequence[int | str]
    """The steps from which on it is smaller: a list of whole numbers from 1 that grow, such as
    `[32000, 48000]`.
    """
    factor: float | str = 0.1
    """What the learning rate is multiplied by: a number from 0 to 1; `0.1` if left out."""


class Exponential(Schedule):
    """Multiplies the learning rate by `factor` in so many steps, a little in each."""

    type: Literal["exponential"] = "exponential"
    factor: float | str
    """What the learning rate is multiplied by: a number from 0 to 1."""
    every: int | str = 1
    """Steps that this takes: a whole number from 1; `1` if left out."""


class Cosine(Schedule):
    """Lets the learning rate fall along half a cosine (Loshchilov, Hutter 2017, without restarts).

    In `warmup` steps before, it rises from 0 (Goyal et al. 2017).
    """

    type: Literal["cosine"] = "cosine"
    steps: int | str
    """Steps in which it falls: a whole number from 1."""
    final: float | str = 0.0
    """Share of the learning rate that is left then: a number from 0 to 1; `0.0` if left out."""
    warmup: int | str = 0
    """Steps in which it rises: a whole number from 0; `0` if left out."""


class Training(Part):
    """How the network is trained."""

    loss: LossWords | str
    """What training makes small."""
    optimizer: Optimizer | str
    """The rule that changes parameters by their gradients."""
    schedule: Schedule | str | None = None
    """How the learning rate changes with the steps."""
    metrics: str | Sequence[MetricsWords | str] | None = None
    """What is measured beside the loss."""
