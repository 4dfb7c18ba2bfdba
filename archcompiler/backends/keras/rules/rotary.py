"""Places of tokens as rotations."""

from __future__ import annotations

from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import Expression, call, options
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.rotary import RotaryEmbedding


def _rotary(operation: RotaryEmbedding, step: Step) -> Expression:
    if None in step.maps.places:
        raise unsupported(
            "type",
            f"`keras` has no angles for {step.maps}, whose size is not known",
            "state the size at the input",
        )
    base = options(base=(operation.base, 10000.0))
    return call("rotate", step.x, heads=operation.heads, **base, name=step.name)


RULES: Rules = {RotaryEmbedding: Rule(_rotary)}
