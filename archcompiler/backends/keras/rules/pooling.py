"""Pooling over windows, and over whole maps."""

from __future__ import annotations

import math
from functools import partial

from archcompiler.backends.backend import (
    demand_known,
    demand_rows_and_columns,
    number_of,
    unsupported,
)
from archcompiler.backends.code import Call, Expression, Literal, call, expression, options, square
from archcompiler.backends.keras.rules.padding import padded, sides_of
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.graph import Layer
from archcompiler.operations.pooling import (
    AdaptiveAveragePooling,
    AdaptiveMaxPooling,
    AdaptivePooling,
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


def _adaptive(kind: str, operation: AdaptivePooling, step: Step) -> Expression:
    size = tuple(map(number_of, step.layer.shape.places))
    ones = [expression(length) == Literal(1) for length in size]
    if all(ones):
        layer = call(f"layers.Global{kind}Pooling{len(size)}D", keepdims=True, name=step.name)
        return call(layer, step.x)
    if None in step.maps.places:
        raise unsupported(
            "type",
            f"`keras` cannot pool {step.maps}, whose size is not known, to a size",
            "state the size at the input",
        )
    if kind == "Max" and (any(ones) or 1 in step.maps.places):
        raise unsupported(
            "size",
            f"`keras` cannot pool {step.maps} to {step.layer.shape.size}, where a length is 1",
            "its layer ends the process on TensorFlow where the last one is; `torch` expresses it",
        )
    return call(
        call(f"layers.Adaptive{kind}Pooling{len(size)}D", square(size), name=step.name), step.x
    )


def _global(kind: str, operation: object, step: Step) -> Expression:
    return call(call(f"layers.{kind}{step.maps.rank}D", name=step.name), step.x)


def _has_three_axes(layer: Layer) -> bool:
    return layer.input_shapes[0].rank == 3


RULES: Rules = {
    AdaptiveAveragePooling: Rule(partial(_adaptive, "Average"), single=_has_three_axes),
    AdaptiveMaxPooling: Rule(partial(_adaptive, "Max"), single=_has_three_axes),
    AveragePooling: Rule(_average_pooling),
    GlobalAveragePooling: Rule(partial(_global, "GlobalAveragePooling")),
    GlobalMaxPooling: Rule(partial(_global, "GlobalMaxPooling")),
    MaxPooling: Rule(_max_pooling),
}
