"""Convolutions."""

from __future__ import annotations

from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import Expression, alike, call, options, square
from archcompiler.backends.keras.rules.kernels import BIAS, initializers, regularizer
from archcompiler.backends.keras.rules.padding import shortest, sides_of
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.operations import Shape
from archcompiler.operations.convolution import Convolution


def _convolution(operation: Convolution, step: Step) -> Expression:
    if max(operation.stride) > 1 and max(operation.dilation) > 1:
        raise unsupported(
            "dilation",
            "a convolution with both stride and dilation above 1 cannot be expressed by `keras`",
            "`torch` expresses it",
        )
    axes = operation.sliding.over(step.maps)
    padding = "same" if operation.padding.mode == "same" else "valid"
    if operation.padding.mode == "explicit":
        if _gives_same(operation, step.maps):
            padding = "same"
        else:
            name = step.named("padding")
            kind = f"layers.ZeroPadding{step.maps.rank}D"
            padded = call(kind, shortest(sides_of(axes)), name=name)
            step.before(call(padded, step.x), where=operation.padding.cells[0])
    geometry = options(
        strides=(square(operation.stride), 1),
        padding=(padding, "valid"),
        dilation_rate=(square(operation.dilation), 1),
        groups=(operation.groups, 1),
    )
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


def _gives_same(operation: Convolution, maps: Shape) -> bool:
    """Whether the cells that are asked for are those that `same` gives, in every use of a block."""
    cells = tuple(cell for axis in range(maps.rank) for cell in operation.sliding.same(axis))
    return alike(operation.stride, (1,) * maps.rank) and alike(operation.padding.cells, cells)


RULES: Rules = {
    Convolution: Rule(_convolution, {"weight": Kept("kernel", "* in out"), "bias": BIAS}),
}
