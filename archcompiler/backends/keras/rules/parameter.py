"""Tensors that are trained, and depend on no input."""

from __future__ import annotations

from archcompiler.backends.code import Expression, call
from archcompiler.backends.keras.initializers import initializer_of
from archcompiler.backends.keras.step import Step
from archcompiler.backends.keras.storage import fans_of
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.graph import Layer
from archcompiler.operations.axes import place_axes
from archcompiler.operations.fields import ZEROS
from archcompiler.operations.parameter import TrainedTensor


def _parameter(operation: TrainedTensor, step: Step) -> Expression:
    (tensor,) = step.layer.parameters
    shape = step.layer.shape
    drawn = {}
    if tensor.initializer != ZEROS:
        drawn["initializer"] = initializer_of(tensor, fans_of(step.layer, tensor))
    layer = call("Parameter", (*shape.places, shape.channels), **drawn, name=step.name)
    return call(layer, step.x)


def _kept(layer: Layer) -> dict[str, Kept]:
    return {"weight": Kept("weight", " ".join((*place_axes(layer.shape.rank), "maps")))}


RULES: Rules = {TrainedTensor: Rule(_parameter, _kept)}
