"""What joins several layers."""

from __future__ import annotations

from functools import partial

from archcompiler.backends.code import (
    Binary,
    Expression,
    Group,
    Literal,
    Slice,
    Subscript,
    call,
)
from archcompiler.backends.layouts import Layout
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.merge import Add, Concatenate, Multiply


def _joined(operator: str, operation: Add | Multiply, step: Step) -> Lowered:
    rank = step.maps.rank
    value, *others = step.values
    for other, shape in zip(others, step.layer.input_shapes[1:], strict=True):
        part = _for_each_map(other, rank, step.layout) if shape.rank < rank else other
        value = Binary(value, operator, part)
    return Lowered(value)


def _for_each_map(vector: Expression, rank: int, layout: Layout) -> Expression:
    """Return a vector as maps with one cell, whose number PyTorch gives to all: `x[:, :, None]`."""
    kept = (Slice(), Slice()) if layout is Layout.FIRST else (Slice(),)
    return Subscript(vector, Group((*kept, *(Literal(None),) * rank)))


def _concatenate(operation: Concatenate, step: Step) -> Lowered:
    return Lowered(call("torch.cat", Group(tuple(step.values)), dim=step.channels))


RULES: Rules = {
    Add: Rule(partial(_joined, "+"), layout=None),
    Concatenate: Rule(_concatenate, layout=None),
    Multiply: Rule(partial(_joined, "*"), layout=None),
}
