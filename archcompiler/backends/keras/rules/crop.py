"""Crops."""

from __future__ import annotations

from archcompiler.backends.backend import demand_rows_and_columns
from archcompiler.backends.code import Expression, call
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.crop import Crop


def _crop(operation: Crop, step: Step) -> Expression:
    # Keras' own CenterCrop turns on training for all layers behind it where nobody says whether.
    demand_rows_and_columns(step.maps, "keras")
    return call("center_crop", step.x, *operation.size, name=step.name)


RULES: Rules = {Crop: Rule(_crop)}
