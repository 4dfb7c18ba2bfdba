"""Crops."""

from __future__ import annotations

from archcompiler.backends.backend import demand_rows_and_columns
from archcompiler.backends.code import call
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.crop import Crop


def _crop(operation: Crop, step: Step) -> Lowered:
    if step.layer.shape == step.maps:
        return Lowered(step.x)
    demand_rows_and_columns(step.maps, "torch")
    return Lowered(call("center_crop", step.x, *operation.size))


RULES: Rules = {Crop: Rule(_crop)}
