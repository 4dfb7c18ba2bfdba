"""Places of tokens as rotations."""

from __future__ import annotations

from archcompiler.backends.code import call, options
from archcompiler.backends.layouts import Layout
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.rotary import RotaryEmbedding


def _rotary(operation: RotaryEmbedding, step: Step) -> Lowered:
    base = options(base=(operation.base, 10000.0))
    return Lowered(call("rotate", step.x, heads=operation.heads, **base))


RULES: Rules = {RotaryEmbedding: Rule(_rotary, layout=Layout.LAST)}
