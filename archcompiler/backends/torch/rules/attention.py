"""Attention."""

from __future__ import annotations

from archcompiler.backends.code import call, options
from archcompiler.backends.layouts import Layout
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.attention import Attention


def _attention(operation: Attention, step: Step) -> Lowered:
    inputs = step.layer.input_shapes
    packed = "packed_" if len(inputs) < 3 else ""
    masked = "" if operation.is_plain(inputs) else "masked_"
    function = f"{packed}{masked}attention"
    changed = options(causal=(operation.causal, False), scale=(operation.scale, None))
    heads, dropout = operation.heads, operation.dropout
    if not dropout:
        return Lowered(call(function, *step.values, heads=heads, **changed))
    value = call(function, *step.values, heads=heads, dropout=step.me, **changed)
    return Lowered(value, call("nn.Dropout", dropout))


RULES: Rules = {Attention: Rule(_attention, layout=Layout.LAST)}
