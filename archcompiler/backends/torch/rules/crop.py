"""Cells cut off maps, and put around them."""

from __future__ import annotations

from archcompiler.backends.backend import demand_rows_and_columns
from archcompiler.backends.code import call
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.crop import Crop, Pad


def _crop(operation: Crop, step: Step) -> Lowered:
    if step.layer.shape == step.maps:
        return Lowered(step.x)
    demand_rows_and_columns(step.maps, "torch")
    return Lowered(call("center_crop", step.x, *step.layer.shape.places))


def _pad(operation: Pad, step: Step) -> Lowered:
    last_first = reversed(range(step.maps.rank))
    cells = tuple(cell for axis in last_first for cell in operation.padding.at(axis))
    mode = {} if operation.mode == "zeros" else {"mode": operation.mode}
    return Lowered(call("F.pad", step.x, cells, **mode))


RULES: Rules = {Crop: Rule(_crop), Pad: Rule(_pad)}
