"""Attention."""

from __future__ import annotations

from archcompiler.backends.code import Expression, call, options
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.attention import Attention


def _attention(operation: Attention, step: Step) -> Expression:
    inputs = step.layer.input_shapes
    packed = "packed_" if len(inputs) < 3 else ""
    masked = "" if operation.is_plain(inputs) else "masked_"
    function = f"{packed}{masked}attention"
    changed = options(
        causal=(operation.causal, False),
        dropout=(operation.dropout, 0.0),
        scale=(operation.scale, None),
    )
    heads = operation.heads
    return call(function, *step.values, heads=heads, **changed, name=step.name)


RULES: Rules = {Attention: Rule(_attention)}
