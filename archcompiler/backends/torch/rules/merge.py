"""What joins several layers."""

from __future__ import annotations

from functools import partial

from archcompiler.backends.code import Binary, Group, call
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.merge import Add, Concatenate, Multiply


def _joined(operator: str, operation: Add | Multiply, step: Step) -> Lowered:
    value, *others = step.values
    for other in others:
        value = Binary(value, operator, other)
    return Lowered(value)


def _concatenate(operation: Concatenate, step: Step) -> Lowered:
    return Lowered(call("torch.cat", Group(tuple(step.values)), dim=step.channels))


RULES: Rules = {
    Add: Rule(partial(_joined, "+"), layout=None),
    Concatenate: Rule(_concatenate, layout=None),
    Multiply: Rule(partial(_joined, "*"), layout=None),
}
