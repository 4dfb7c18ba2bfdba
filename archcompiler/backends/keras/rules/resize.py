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
    changed = options(interpolation=(operation.method, "bilinear"))
    if operation.method == "bicubic":
        changed["antialias"] = True
    places = step.layer.shape.places
    if None in places:
        return _some_times(operation, step)
    size: tuple[object, ...] = places
    if len(step.values) > 1:
        shape = Attribute(step.values[1], "shape")
        size = tuple(Subscript(shape, Literal(axis)) for axis in (1, 2))
    layer = call("layers.Resizing", *size, **changed, name=step.name)
    return call(layer, step.values[0])


def _some_times(operation: Resize, step: Step) -> Expression:
    scale = operation.scale
    if scale is None or scale != int(scale):
        raise unsupported(
            "from" if scale is None else "scale",
            "`keras` gives maps of a size that is not known some whole times their size alone",
            "state the size at the input",
        )
    kind = options(interpolation=(operation.method, "nearest"))
    layer = call("layers.UpSampling2D", int(scale), **kind, name=step.name)
    return call(layer, step.values[0])


def _is_bicubic(layer: Layer) -> bool:
    return getattr(layer.operation, "method", "") == "bicubic"


RULES: Rules = {Resize: Rule(_resize, single=_is_bicubic)}
