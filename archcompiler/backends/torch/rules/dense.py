"""Fully connected layers, and flattening."""

from __future__ import annotations

from archcompiler.backends.code import call, options
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.dense import Flatten, FullyConnected


def _fully_connected(operation: FullyConnected, step: Step) -> Lowered:
    features = step.maps.elements
    bias = options(bias=(operation.bias, True))
    value = step.x if step.maps.is_vector else call("torch.flatten", step.x, 1)
    return Lowered(call(step.me, value), call("nn.Linear", features, operation.size, **bias))


def _flatten(operation: Flatten, step: Step) -> Lowered:
    return Lowered(step.x if step.maps.is_vector else call("torch.flatten", step.x, 1))


RULES: Rules = {Flatten: Rule(_flatten), FullyConnected: Rule(_fully_connected)}
