"""Cells cut off maps, and put around them."""

from __future__ import annotations

from archcompiler.backends.backend import demand_rows_and_columns, unsupported
from archcompiler.backends.code import Expression, call
from archcompiler.backends.keras.rules.padding import padded, shortest
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.crop import Crop, Pad


def _crop(operation: Crop, step: Step) -> Expression:
    # Keras' own CenterCrop turns on training for all layers behind it where nobody says whether.
    demand_rows_and_columns(step.maps, "keras")
    return call("center_crop", step.x, *step.layer.shape.places, name=step.name)


def _pad(operation: Pad, step: Step) -> Expression:
    cells = tuple(operation.padding.at(axis) for axis in range(step.maps.rank))
    if operation.mode == "reflect" and len(cells) == 3:
        raise unsupported(
            "mode",
            f"`keras` has no mirror images of {step.maps}",
            "on PyTorch it has them along one axis and two; `torch` expresses it",
        )
    if operation.mode == "reflect":
        return padded(step.x, cells, mode="reflect")
    kind = f"layers.ZeroPadding{step.maps.rank}D"
    return call(call(kind, shortest(cells), name=step.name), step.x)


RULES: Rules = {Crop: Rule(_crop), Pad: Rule(_pad)}
