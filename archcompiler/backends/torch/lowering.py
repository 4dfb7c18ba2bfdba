"""Each operation as the module or the function that PyTorch's users write."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from archcompiler.backends.backend import demand_known, demand_rows_and_columns, number_of
from archcompiler.backends.code import (
    Binary,
    Call,
    Expression,
    Group,
    Name,
    alike,
    call,
    expression,
    options,
    square,
)
from archcompiler.graph import Layer
from archcompiler.operations import Operation, Shape
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.crop import Crop
from archcompiler.operations.dense import Flatten, FullyConnected
from archcompiler.operations.elementwise import Activate, Dropout
from archcompiler.operations.fields import Named
from archcompiler.operations.merge import Add, Concatenate, Multiply
from archcompiler.operations.normalization import BatchNormalization, LocalResponseNormalization
from archcompiler.operations.pooling import (
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)
from archcompiler.operations.transposed import TransposedConvolution
from archcompiler.operations.windows import Axis


class Lowered(NamedTuple):
    """A layer in PyTorch: the module that it is kept as, if any, and the value it computes."""

    value: Expression
    module: Call | None = None


def _pad(x: Expression, axes: tuple[Axis, ...], value: float = 0.0) -> Expression:
    cells = _cells(axes)
    return call("F.pad", x, cells, **({"value": value} if value else {})) if any(cells) else x


def _cells(axes: tuple[Axis, ...]) -> tuple[int, ...]:
    """Return the cells to pad in PyTorch's order, what a last window hangs over included."""
    demand_known(axes, "torch")
    sides = (
        (number_of(axis.before), number_of(axis.after) + number_of(axis.overhang))
        for axis in axes[::-1]
    )
    return tuple(cell for pair in sides for cell in pair)


def _even(axes: tuple[Axis, ...]) -> tuple[int, ...] | None:
    """Return the cells on both sides of each axis, or None where the sides differ."""
    if any(axis.before is None for axis in axes):
        demand_known(axes, "torch")
    if any(axis.before != axis.after for axis in axes):
        return None
    return tuple(number_of(axis.before) for axis in axes)


def _convolution(operation: Convolution, layer: Layer, x: Expression, me: Name) -> Lowered:
    maps = layer.input_shapes[0]
    axes = operation.sliding.over(maps)
    padding: object
    if operation.padding.mode == "same" and set(operation.stride) == {1}:
        sides = [operation.sliding.same(axis) for axis in range(maps.rank)]
        even = all(alike(before, after) for before, after in sides)
        padding = square(tuple(before for before, _ in sides)) if even else "same"
    else:
        cells = _even(axes)
        padding = square(cells) if cells else 0
        x = x if cells else _pad(x, axes)
    module = call(
        f"nn.Conv{maps.rank}d",
        maps.channels,
        operation.maps,
        kernel_size=square(operation.kernel),
        **options(
            stride=(square(operation.stride), 1),
            padding=(padding, 0),
            dilation=(square(operation.dilation), 1),
            groups=(operation.groups, 1),
            bias=(operation.bias, True),
        ),
    )
    return Lowered(call(me, x), module)


def _transposed(operation: TransposedConvolution, layer: Layer, x: Expression, me: Name) -> Lowered:
    maps = layer.input_shapes[0]
    # PyTorch cuts alike on both sides, and adds cells behind; what is left to cut is cut after it.
    padding = tuple(max(min(sides), 0) for sides in operation.cuts)
    added = tuple(max(-after, 0) for _, after in operation.cuts)
    left = tuple(
        (before - cut, max(after, 0) - cut)
        for (before, after), cut in zip(operation.cuts, padding, strict=True)
    )
    module = call(
        f"nn.ConvTranspose{maps.rank}d",
        maps.channels,
        operation.maps,
        kernel_size=square(operation.kernel),
        **options(
            stride=(square(operation.stride), 1),
            padding=(square(padding), 0),
            output_padding=(square(added), 0),
            bias=(operation.bias, True),
        ),
    )
    return Lowered(_cropped(call(me, x), left), module)


def _cropped(x: Expression, cuts: tuple[tuple[int, int], ...]) -> Expression:
    """Return `x` without cells at its sides: PyTorch's padding below 0."""
    cells = tuple(-cell for sides in reversed(cuts) for cell in sides)
    return call("F.pad", x, cells) if any(cells) else x


def _crop(operation: Crop, layer: Layer, x: Expression, me: Name) -> Lowered:
    if layer.shape == layer.input_shapes[0]:
        return Lowered(x)
    demand_rows_and_columns(layer.shape, "torch")
    return Lowered(call("center_crop", x, *operation.size))


def _fits_pooling(even: tuple[int, ...] | None, kernel: tuple[int, ...]) -> bool:
    """Whether PyTorch's pooling takes this padding: at most half a kernel, however dilated."""
    return even is not None and all(2 * p <= k for p, k in zip(even, kernel, strict=True))


def _is_short(maps: Shape, kernel: tuple[int, ...]) -> bool:
    """Whether maps of three axes are too short for PyTorch's average: padding is not counted."""
    pairs = zip(maps.places, kernel, strict=True)
    return maps.rank == 3 and any(length is not None and length < cells for length, cells in pairs)


def _max_pooling(operation: MaxPooling, layer: Layer, x: Expression, me: Name) -> Lowered:
    maps = layer.input_shapes[0]
    axes = operation.sliding.over(maps)
    even = _even(axes)
    padding: dict[str, tuple[object, object]] = {"ceil_mode": (operation.rounding == "ceil", False)}
    if _fits_pooling(even, operation.kernel):
        padding["padding"] = (square(even) if even else 0, 0)
    else:  # padding is below any value
        x, padding = _pad(x, axes, -math.inf), {}
    module = call(
        f"nn.MaxPool{maps.rank}d",
        kernel_size=square(operation.kernel),
        stride=square(operation.sliding.stride),
        **options(dilation=(square(operation.dilation), 1), **padding),
    )
    return Lowered(call(me, x), module)


def _average_pooling(operation: AveragePooling, layer: Layer, x: Expression, me: Name) -> Lowered:
    maps = layer.input_shapes[0]
    axes = operation.sliding.over(maps)
    even = _even(axes)
    stride = operation.sliding.stride
    if _fits_pooling(even, operation.kernel) and not _is_short(maps, operation.kernel):
        padded = any(even or ())
        module = call(
            f"nn.AvgPool{maps.rank}d",
            kernel_size=square(operation.kernel),
            stride=square(stride),
            **options(
                padding=(square(even) if even else 0, 0),
                ceil_mode=(operation.rounding == "ceil", False),
                count_include_pad=(not padded or operation.count_padding, True),
            ),
        )
        return Lowered(call(me, x), module)
    uncounted = axes
    if operation.count_padding:
        x = _pad(x, tuple(axis._replace(overhang=0) for axis in axes))
        uncounted = tuple(axis._replace(before=0, after=0) for axis in axes)
        if all(axis.overhang == 0 for axis in axes):  # None: it depends on the size
            return Lowered(call(f"F.avg_pool{maps.rank}d", x, operation.kernel, stride))
    demand_rows_and_columns(maps, "torch")
    return Lowered(call("average_pool", x, operation.kernel, stride, _cells(uncounted)))


def _batch_normalization(
    operation: BatchNormalization, layer: Layer, x: Expression, me: Name
) -> Lowered:
    shape = layer.shape
    kind = f"nn.BatchNorm{max(shape.rank, 1)}d"
    changed = options(eps=(operation.epsilon, 1e-5), momentum=(operation.momentum, 0.1))
    return Lowered(call(me, x), call(kind, shape.channels, **changed))


def _local_response(
    operation: LocalResponseNormalization, layer: Layer, x: Expression, me: Name
) -> Lowered:
    # PyTorch divides alpha by the size of the window, the paper does not.
    alpha = Binary(expression(operation.n), "*", expression(operation.alpha))
    module = call(
        "nn.LocalResponseNorm",
        operation.n,
        alpha=alpha,
        **options(beta=(operation.beta, 0.75), k=(operation.k, 1.0)),
    )
    return Lowered(call(me, x), module)


def _fully_connected(operation: FullyConnected, layer: Layer, x: Expression, me: Name) -> Lowered:
    shape = layer.input_shapes[0]
    features = shape.elements
    bias = options(bias=(operation.bias, True))
    value = x if shape.is_vector else call("torch.flatten", x, 1)
    return Lowered(call(me, value), call("nn.Linear", features, operation.size, **bias))


def _flatten(operation: Flatten, layer: Layer, x: Expression, me: Name) -> Lowered:
    return Lowered(x if layer.input_shapes[0].is_vector else call("torch.flatten", x, 1))


def _dropout(operation: Dropout, layer: Layer, x: Expression, me: Name) -> Lowered:
    kind = f"nn.Dropout{layer.shape.rank}d" if operation.spatial else "nn.Dropout"
    return Lowered(call(me, x), call(kind, operation.rate))


def _activate(operation: Activate, layer: Layer, x: Expression, me: Name) -> Lowered:
    return Lowered(activated(operation.activation, x))


def _global_average(
    operation: GlobalAveragePooling, layer: Layer, x: Expression, me: Name
) -> Lowered:
    return Lowered(call("torch.mean", x, dim=square(_places(layer))))


def _global_max(operation: GlobalMaxPooling, layer: Layer, x: Expression, me: Name) -> Lowered:
    return Lowered(call("torch.amax", x, dim=square(_places(layer))))


def _places(layer: Layer) -> tuple[int, ...]:
    """Return the dimensions of the input's places, which stand behind the batch and the maps."""
    return tuple(range(2, 2 + layer.input_shapes[0].rank))


def _joined(operator: str) -> Callable[..., Lowered]:
    def lower(operation: Add | Multiply, layer: Layer, *values: Expression) -> Lowered:
        value, *others = values[:-1]  # the last one is the module's name
        for other in others:
            value = Binary(value, operator, other)
        return Lowered(value)

    return lower


def _concatenate(operation: Concatenate, layer: Layer, *values: Expression) -> Lowered:
    return Lowered(call("torch.cat", Group(values[:-1]), dim=1))


LOWERINGS: dict[type, Callable[..., Lowered]] = {
    Activate: _activate,
    Add: _joined("+"),
    AveragePooling: _average_pooling,
    BatchNormalization: _batch_normalization,
    Concatenate: _concatenate,
    Convolution: _convolution,
    Crop: _crop,
    Dropout: _dropout,
    Flatten: _flatten,
    FullyConnected: _fully_connected,
    GlobalAveragePooling: _global_average,
    GlobalMaxPooling: _global_max,
    LocalResponseNormalization: _local_response,
    MaxPooling: _max_pooling,
    Multiply: _joined("*"),
    TransposedConvolution: _transposed,
}

# name in a spec: function, the names of its arguments, and what PyTorch must be told besides
ACTIVATIONS: dict[str, tuple[str, tuple[str, ...], dict[str, object]]] = {
    "relu": ("F.relu", (), {}),
    "relu6": ("F.relu6", (), {}),
    "leaky_relu": ("F.leaky_relu", ("negative_slope",), {}),
    "elu": ("F.elu", ("alpha",), {}),
    "selu": ("F.selu", (), {}),
    "gelu": ("F.gelu", (), {}),
    "gelu_tanh": ("F.gelu", (), {"approximate": "tanh"}),
    "silu": ("F.silu", (), {}),
    "mish": ("F.mish", (), {}),
    "softplus": ("F.softplus", (), {}),
    "sigmoid": ("torch.sigmoid", (), {}),
    "hard_sigmoid": ("F.hardsigmoid", (), {}),
    "hard_swish": ("F.hardswish", (), {}),
    "tanh": ("torch.tanh", (), {}),
    "softmax": ("F.softmax", (), {"dim": 1}),
}


def activated(
    activation: Named | None, x: Expression, operation: Operation | None = None
) -> Expression:
    """Return the activation of `x`, which is what `operation` gave."""
    if activation is None or activation.name == "linear":
        return x
    function, names, fixed = ACTIVATIONS[activation.name]
    if activation.name == "relu" and operation is not None and operation.is_overwritable:
        # It saves the memory of a tensor and, on large ones, a twentieth of a forward pass.
        fixed = {"inplace": True}
    return call(function, x, **dict(zip(names, activation.arguments, strict=True)), **fixed)
