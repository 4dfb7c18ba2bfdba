"""Maps of another size."""

from __future__ import annotations

from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import Attribute, Expression, Slice, Subscript, call, expression
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.resize import Resize

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def _resize(operation: Resize, step: Step) -> Lowered:
    mode: dict[str, object] = {"mode": "nearest-exact"}
    if operation.method == "bilinear":
        mode = {"mode": LINEAR[step.maps.rank]}
    elif operation.method == "bicubic":
        mode = {"mode": "bicubic", "antialias": True}
    return Lowered(call("F.interpolate", step.values[0], **_size(operation, step), **mode))


def _size(operation: Resize, step: Step) -> dict[str, object]:
    if len(step.values) > 1:
        shape: Expression = Attribute(step.values[1], "shape")
        return {"size": Subscript(shape, Slice(expression(2)))}
    if operation.times:
        return {"scale_factor": operation.times}
    places = step.layer.shape.places
    if None in places:
        raise unsupported(
            "scale",
            "`torch` gives maps of a size that is not known some whole times their size alone",
            "state the size at the input",
        )
    return {"size": places}


RULES: Rules = {Resize: Rule(_resize)}
