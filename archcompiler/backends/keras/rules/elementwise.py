"""What works on each value by itself."""

from __future__ import annotations

from archcompiler.backends.code import Choice, Expression, Name, call
from archcompiler.backends.keras.activations import activation_call
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.elementwise import Activate, Dropout


def _activate(operation: Activate, step: Step) -> Expression:
    value = activation_call(operation.activation, step.x, step.name)
    return Choice(step.x, Name("logits"), value) if step.gives_logits else value


def _dropout(operation: Dropout, step: Step) -> Expression:
    kind = f"layers.SpatialDropout{step.maps.rank}D" if operation.spatial else "layers.Dropout"
    return call(call(kind, operation.rate, name=step.name), step.x)


RULES: Rules = {Activate: Rule(_activate), Dropout: Rule(_dropout)}
