"""Convolutions, over all maps or over each by itself."""

from __future__ import annotations

from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import Expression, alike, call, options, square
from archcompiler.backends.keras.rules.kernels import KERNELS, initializers, regularizer
from archcompiler.backends.keras.rules.padding import shortest, sides_of
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.operations import Shape
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.depthwise import DepthwiseConvolution
from archcompiler.operations.shape import MOST_PLACES


def _convolution(operation: Convolution, step: Step) -> Expression:
    geometry = options(**_geometry(operation, step), groups=(operation.groups, 1))
    layer = call(
        f"layers.Conv{step.maps.rank}D",
        operation.maps,
        square(operation.kernel),
        **geometry,
        **step.activation(),
        **options(use_bias=(operation.bias, True)),
        **initializers(step),
        **regularizer(step),
        name=step.name,
    )
    return call(layer, step.x)


def _depthwise(operation: DepthwiseConvolution, step: Step) -> Expression:
    if step.maps.rank == MOST_PLACES:
        raise unsupported(
            "type", f"`keras` has no depthwise convolution of {step.maps}", "`torch` expresses it"
        )
    if len(set(operation.stride)) > 1:
        raise unsupported(
            "stride",
            "a depthwise convolution with two strides cannot be expressed by `keras`",
            "`torch` expresses it",
        )
    if operation.kernel_initializer.name == "orthogonal":
        raise unsupported(
            "kernel_initializer",
            "`keras` draws all kernels of a depthwise convolution as one orthogonal matrix",
            "`torch` draws each of them",
        )
    layer = call(
        f"layers.DepthwiseConv{step.maps.rank}D",
        square(operation.kernel),
        **options(**_geometry(operation, step)),
        **step.activation(),
        **options(use_bias=(operation.bias, True)),
        **initializers(step, "depthwise"),
        **regularizer(step, "depthwise"),
        name=step.name,
    )
    return call(layer, step.x)


def _geometry(
    operation: Convolution | DepthwiseConvolution, step: Step
) -> dict[str, tuple[object, object]]:
    """Return how kernels slide, beside Keras' defaults; other padding is a step of its own."""
    if max(operation.stride) > 1 and max(operation.dilation) > 1:
        raise unsupported(
            "dilation",
            "a convolution with both stride and dilation above 1 cannot be expressed by `keras`",
            "`torch` expresses it",
        )
    padding = "valid"
    if operation.padding.mode in ("same", "causal"):
        padding = operation.padding.mode
    if operation.padding.mode == "explicit":
        if _gives_same(operation, step.maps):
            padding = "same"
        else:
            sides = shortest(sides_of(operation.sliding.over(step.maps)))
            kind = f"layers.ZeroPadding{step.maps.rank}D"
            padded = call(call(kind, sides, name=step.named("padding")), step.x)
            step.before(padded, where=operation.padding.cells[0])
    return {
        "strides": (square(operation.stride), 1),
        "padding": (padding, "valid"),
        "dilation_rate": (square(operation.dilation), 1),
    }


def _gives_same(operation: Convolution | DepthwiseConvolution, maps: Shape) -> bool:
    """Whether the cells that are asked for are those that `same` gives, in every use of a block."""
    cells = tuple(cell for axis in range(maps.rank) for cell in operation.sliding.same(axis))
    return alike(operation.stride, (1,) * maps.rank) and alike(operation.padding.cells, cells)


RULES: Rules = {
    Convolution: Rule(_convolution, KERNELS),
    DepthwiseConvolution: Rule(_depthwise, {**KERNELS, "weight": Kept("kernel", "* out in")}),
}
