"""What joins several layers."""

from __future__ import annotations

from functools import partial

from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import Expression, Group, Literal, Slice, Subscript, call, options
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.merge import (
    Add,
    Average,
    Concatenate,
    ElementwiseMerge,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)


def _joined(kind: str, operation: object, step: Step) -> Expression:
    values = Group(tuple(step.values), "[]") if len(step.values) > 1 else step.x
    return call(call(f"layers.{kind}", name=step.name), values)


def _elementwise(kind: str, operation: ElementwiseMerge, step: Step) -> Expression:
    step.values = _spread(step)
    return _joined(kind, operation, step)


def _summed(kind: str, operation: Add | Average, step: Step) -> Expression:
    """Return a layer that adds; what is one map goes first.

    TensorFlow takes a second operand whose axes but one have a length of 1 for a bias of the
    channels, whichever axis that is (`keras.src.backend.tensorflow.numpy.add`).
    """
    values, shapes = _spread(step), step.layer.input_shapes
    small = [number for number, shape in enumerate(shapes) if shape.bare != shapes[0].bare]
    if any(not shapes[number].is_vector for number in small):
        if len(small) > 1:
            raise unsupported(
                "from",
                "`keras` cannot add one map, and more that is not of the whole shape, in one step",
                "two rows can: the first adds the one map",
            )
        values.insert(0, values.pop(*small))
    step.values = values
    return _joined(kind, operation, step)


def _concatenate(operation: Concatenate, step: Step) -> Expression:
    along = options(axis=(1 if operation.axis == "tokens" else -1, -1))
    layer = call("layers.Concatenate", **along, name=step.name)
    return call(layer, Group(tuple(step.values), "[]"))


def _spread(step: Step) -> list[Expression]:
    """Return the inputs, vectors beside maps as maps with one cell: `x[:, None, None]`."""
    rank = step.maps.rank
    axes = Group((Slice(), *(Literal(None),) * rank))
    return [
        Subscript(value, axes) if shape.rank < rank else value
        for value, shape in zip(step.values, step.layer.input_shapes, strict=True)
    ]


RULES: Rules = {
    Add: Rule(partial(_summed, "Add")),
    Average: Rule(partial(_summed, "Average")),
    Concatenate: Rule(_concatenate),
    Maximum: Rule(partial(_elementwise, "Maximum")),
    Minimum: Rule(partial(_elementwise, "Minimum")),
    Multiply: Rule(partial(_elementwise, "Multiply")),
    Subtract: Rule(partial(_elementwise, "Subtract")),
}
