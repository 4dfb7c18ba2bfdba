"""Attention."""

from __future__ import annotations

from archcompiler.backends.code import call, options
from archcompiler.backends.layouts import Layout
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.attention import Attention


def _attention(operation: Attention, step: Step) -> Lowered:
    function = "attention" if len(step.values) > 1 else "packed_attention"
    changed = options(causal=(operation.causal, False), scale=(operation.scale, None))
    return Lowered(call(function, *step.values, heads=operation.heads, **changed))


RULES: Rules = {Attention: Rule(_attention, layout=Layout.LAST)}
