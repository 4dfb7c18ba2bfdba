"""What works on each value by itself."""

from __future__ import annotations

from archcompiler.backends.code import call
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.activations import activated
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.elementwise import Activate, Dropout


def _activate(operation: Activate, step: Step) -> Lowered:
    return Lowered(activated(operation.activation, step.x))


def _dropout(operation: Dropout, step: Step) -> Lowered:
    kind = f"nn.Dropout{step.maps.rank}d" if operation.spatial else "nn.Dropout"
    return Lowered(call(step.me, step.x), call(kind, operation.rate))


RULES: Rules = {Activate: Rule(_activate), Dropout: Rule(_dropout)}
