"""Pooling over windows, and over whole maps."""

from __future__ import annotations

import math
from functools import partial

from archcompiler.backends.backend import demand_rows_and_columns, number_of
from archcompiler.backends.code import call, options, square
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.rules.padding import even, padded, sides_of
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations import Shape
from archcompiler.operations.pooling import (
    AdaptiveAveragePooling,
    AdaptiveMaxPooling,
    AdaptivePooling,
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)


def _fits(both_sides: tuple[int, ...] | None, kernel: tuple[int, ...]) -> bool:
    """Whether PyTorch's pooling takes this padding: at most half a kernel, however dilated."""
    return both_sides is not None and all(
        2 * cells <= length for cells, length in zip(both_sides, kernel, strict=True)
    )


def _is_short(maps: Shape, kernel: tuple[int, ...]) -> bool:
    """Whether maps of three axes are too short for PyTorch's average: padding is not counted."""
    pairs = zip(maps.places, kernel, strict=True)
    return maps.rank == 3 and any(length is not None and length < cells for length, cells in pairs)


def _max_pooling(operation: MaxPooling, step: Step) -> Lowered:
    maps, x = step.maps, step.x
    axes = operation.sliding.over(maps)
    both_sides = even(axes)
    padding: dict[str, tuple[object, object]] = {"ceil_mode": (operation.rounding == "ceil", False)}
    if _fits(both_sides, operation.kernel):
        padding["padding"] = (square(both_sides) if both_sides else 0, 0)
    else:  # padding is below any value
        x, padding = padded(x, axes, -math.inf), {}
    module = call(
        f"nn.MaxPool{maps.rank}d",
        kernel_size=square(operation.kernel),
        stride=square(operation.sliding.stride),
        **options(dilation=(square(operation.dilation), 1), **padding),
    )
    return Lowered(call(step.me, x), module)


def _average_pooling(operation: AveragePooling, step: Step) -> Lowered:
    maps, x = step.maps, step.x
    axes = operation.sliding.over(maps)
    both_sides = even(axes)
    stride = operation.sliding.stride
    if _fits(both_sides, operation.kernel) and not _is_short(maps, operation.kernel):
        has_padding = any(both_sides or ())
        module = call(
            f"nn.AvgPool{maps.rank}d",
            kernel_size=square(operation.kernel),
            stride=square(stride),
            **options(
                padding=(square(both_sides) if both_sides else 0, 0),
                ceil_mode=(operation.rounding == "ceil", False),
                count_include_pad=(not has_padding or operation.count_padding, True),
            ),
        )
        return Lowered(call(step.me, x), module)
    uncounted = axes
    if operation.count_padding:
        x = padded(x, tuple(axis._replace(overhang=0) for axis in axes))
        uncounted = tuple(axis._replace(before=0, after=0) for axis in axes)
        if all(axis.overhang == 0 for axis in axes):  # None: it depends on the size
            return Lowered(call(f"F.avg_pool{maps.rank}d", x, operation.kernel, stride))
    demand_rows_and_columns(maps, "torch")
    return Lowered(call("average_pool", x, operation.kernel, stride, sides_of(uncounted)))


def _adaptive(kind: str, operation: AdaptivePooling, step: Step) -> Lowered:
    function = f"F.adaptive_{kind}_pool{step.maps.rank}d"
    size = tuple(map(number_of, step.layer.shape.places))
    return Lowered(call(function, step.x, square(size)))


def _global_average(operation: GlobalAveragePooling, step: Step) -> Lowered:
    return Lowered(call("torch.mean", step.x, dim=square(step.places)))


def _global_max(operation: GlobalMaxPooling, step: Step) -> Lowered:
    return Lowered(call("torch.amax", step.x, dim=square(step.places)))


RULES: Rules = {
    AdaptiveAveragePooling: Rule(partial(_adaptive, "avg")),
    AdaptiveMaxPooling: Rule(partial(_adaptive, "max")),
    AveragePooling: Rule(_average_pooling),
    GlobalAveragePooling: Rule(_global_average, layout=None),
    GlobalMaxPooling: Rule(_global_max, layout=None),
    MaxPooling: Rule(_max_pooling),
}
