"""Maps of another size."""

from __future__ import annotations

from archcompiler.backends.backend import demand_rows_and_columns, unsupported
from archcompiler.backends.code import (
    Attribute,
    Expression,
    Literal,
    Subscript,
    call,
    options,
)
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.graph import Layer
from archcompiler.operations.resize import Resize


def _resize(operation: Resize, step: Step) -> Expression:
    demand_rows_and_columns(step.maps, "keras")
    method = operation.method
    if operation.times and method != "bicubic":
        kind = options(interpolation=(method, "nearest"))
        layer = call("layers.UpSampling2D", operation.times, **kind, name=step.name)
        return call(layer, step.x)
    size: tuple[object, ...] = step.layer.shape.places
    if None in size:
        raise unsupported(
            "scale" if operation.scale else "from",
            "`keras` gives maps of a size that is not known some whole times their size alone",
            "state the size at the input",
        )
    if len(step.values) > 1:
        shape = Attribute(step.values[1], "shape")
        size = tuple(Subscript(shape, Literal(axis)) for axis in (1, 2))
    changed = options(interpolation=(method, "bilinear"), antialias=(method == "bicubic", False))
    return call(call("layers.Resizing", *size, **changed, name=step.name), step.x)


def _is_bicubic(layer: Layer) -> bool:
    return getattr(layer.operation, "method", "") == "bicubic"


RULES: Rules = {Resize: Rule(_resize, single=_is_bicubic)}
