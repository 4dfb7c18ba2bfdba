"""What joins several layers."""

from __future__ import annotations

from functools import partial, reduce

from archcompiler.backends.code import (
    Binary,
    Expression,
    Group,
    Literal,
    Slice,
    Subscript,
    call,
    expression,
)
from archcompiler.backends.layouts import Layout, Wanted
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.graph import Layer
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


def _joined(operator: str, operation: ElementwiseMerge, step: Step) -> Lowered:
    value, *others = _spread(step)
    for other in others:
        value = Binary(value, operator, other)
    return Lowered(value)


def _average(operation: Average, step: Step) -> Lowered:
    return Lowered(Binary(_joined("+", operation, step).value, "/", expression(len(step.values))))


def _chosen(function: str, operation: ElementwiseMerge, step: Step) -> Lowered:
    """Return calls of a function of two inputs, one inside of the other."""
    return Lowered(reduce(partial(call, function), _spread(step)))


def _spread(step: Step) -> list[Expression]:
    """Return the inputs, vectors beside maps as maps with one cell."""
    rank = step.maps.rank
    return [
        _for_each_map(value, rank, step.layout) if shape.rank < rank else value
        for value, shape in zip(step.values, step.layer.input_shapes, strict=True)
    ]


def _for_each_map(vector: Expression, rank: int, layout: Layout) -> Expression:
    """Return a vector as maps with one cell, whose number PyTorch gives to all: `x[:, :, None]`."""
    kept = (Slice(), Slice()) if layout is Layout.FIRST else (Slice(),)
    return Subscript(vector, Group((*kept, *(Literal(None),) * rank)))


def _concatenate(operation: Concatenate, step: Step) -> Lowered:
    dim = 1 if operation.axis == "tokens" else step.channels
    return Lowered(call("torch.cat", Group(tuple(step.values)), dim=dim))


def _layout_of_concatenate(layer: Layer) -> Wanted:
    """Return that tokens stand one behind another where their features are last."""
    along = getattr(layer.operation, "axis", "maps")
    return Wanted(Layout.LAST, Layout.LAST) if along == "tokens" else Wanted()


RULES: Rules = {
    Add: Rule(partial(_joined, "+"), layout=None),
    Average: Rule(_average, layout=None),
    Concatenate: Rule(_concatenate, layout=_layout_of_concatenate),
    Maximum: Rule(partial(_chosen, "torch.maximum"), layout=None),
    Minimum: Rule(partial(_chosen, "torch.minimum"), layout=None),
    Multiply: Rule(partial(_joined, "*"), layout=None),
    Subtract: Rule(partial(_joined, "-"), layout=None),
}
