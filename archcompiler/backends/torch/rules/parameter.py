"""Tensors that are trained, and depend on no input."""

from __future__ import annotations

from archcompiler.backends.code import call
from archcompiler.backends.layouts import Layout, Wanted
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.graph import Layer
from archcompiler.operations.parameter import TrainedTensor


def _parameter(operation: TrainedTensor, step: Step) -> Lowered:
    shape = step.layer.shape
    tokens_first = shape.rank == 1
    lengths = (*shape.places, shape.channels) if tokens_first else shape.lengths
    return Lowered(call(step.me, step.x), call("Parameter", *lengths))


def _layout(layer: Layer) -> Wanted:
    """Return that it reads anything, and that the tokens of a sequence are first."""
    if layer.shape.is_vector:
        return Wanted()
    return Wanted(None, Layout.LAST if layer.shape.rank == 1 else Layout.FIRST)


RULES: Rules = {TrainedTensor: Rule(_parameter, layout=_layout)}
