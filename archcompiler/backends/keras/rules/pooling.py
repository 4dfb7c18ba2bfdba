"""Pooling over windows, and over whole maps."""

from __future__ import annotations

import math
from functools import partial

from archcompiler.backends.backend import demand_known, demand_rows_and_columns, unsupported
from archcompiler.backends.code import Call, Expression, call, options, square
from archcompiler.backends.keras.rules.padding import padded, sides_of
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.pooling import (
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)


def _max_pooling(operation: MaxPooling, step: Step) -> Expression:
    if set(operation.dilation) != {1}:
        raise unsupported(
            "dilation",
            "`dilation` of a max pooling cannot be expressed by `keras`",
            "`torch` expresses it",
        )
    axes = operation.sliding.over(step.maps)
    padding: dict[str, object] = {}
    if operation.padding.mode == "same":
        padding["padding"] = "same"
    else:
        demand_known(axes, "keras")
        if any(any(pair) for pair in sides_of(axes)):
            step.before(padded(step.x, sides_of(axes), -math.inf))
    return call(_pooling_layer("MaxPooling", operation, step, padding), step.x)


def _pooling_layer(
    kind: str, operation: MaxPooling | AveragePooling, step: Step, padding: dict[str, object]
) -> Call:
    if step.maps.rank == 3:
        raise unsupported(
            "type",
            f"`keras` has no code for this layer on {step.maps}",
            "TensorFlow pools along three axes in float32 alone: gradients could not be compared",
        )
    stride = operation.sliding.stride
    return call(
        f"layers.{kind}{step.maps.rank}D",
        square(operation.kernel),
        **options(strides=(square(stride), square(operation.kernel))),
        **padding,
        name=step.name,
    )


def _average_pooling(operation: AveragePooling, step: Step) -> Expression:
    axes = operation.sliding.over(step.maps)
    demand_known(axes, "keras")
    cells = sides_of(axes)
    if operation.count_padding:
        real = tuple(axis._replace(overhang=0) for axis in axes)
        if any(any(pair) for pair in sides_of(real)):
            step.before(padded(step.x, sides_of(real)))
        cells = tuple((0, axis.overhang or 0) for axis in axes)
    if not any(any(pair) for pair in cells):
        return call(_pooling_layer("AveragePooling", operation, step, {}), step.x)
    demand_rows_and_columns(step.maps, "keras")
    stride = operation.sliding.stride
    padding = ((0, 0), *cells, (0, 0))
    name = step.name
    return call("average_pool", step.x, operation.kernel, stride, padding, name=name)


def _global(kind: str, operation: object, step: Step) -> Expression:
    return call(call(f"layers.{kind}{step.maps.rank}D", name=step.name), step.x)


RULES: Rules = {
    AveragePooling: Rule(_average_pooling),
    GlobalAveragePooling: Rule(partial(_global, "GlobalAveragePooling")),
    GlobalMaxPooling: Rule(partial(_global, "GlobalMaxPooling")),
    MaxPooling: Rule(_max_pooling),
}
