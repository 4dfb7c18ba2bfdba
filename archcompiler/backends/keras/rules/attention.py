"""Attention."""

from __future__ import annotations

from archcompiler.backends.code import Expression, call, options
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.attention import Attention


def _attention(operation: Attention, step: Step) -> Expression:
    function = "attention" if len(step.values) > 1 else "packed_attention"
    changed = options(causal=(operation.causal, False), scale=(operation.scale, None))
    heads = operation.heads
    return call(function, *step.values, heads=heads, **changed, name=step.name)


RULES: Rules = {Attention: Rule(_attention)}
