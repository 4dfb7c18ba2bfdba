"""What joins several layers."""

from __future__ import annotations

from functools import partial

from archcompiler.backends.code import Expression, Group, call
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.merge import Add, Concatenate, Multiply


def _joined(kind: str, operation: object, step: Step) -> Expression:
    values = Group(tuple(step.values), "[]") if len(step.values) > 1 else step.x
    return call(call(f"layers.{kind}", name=step.name), values)


RULES: Rules = {
    Add: Rule(partial(_joined, "Add")),
    Concatenate: Rule(partial(_joined, "Concatenate")),
    Multiply: Rule(partial(_joined, "Multiply")),
}
