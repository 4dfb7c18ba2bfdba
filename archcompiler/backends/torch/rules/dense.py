"""Fully connected layers, and flattening."""

from __future__ import annotations

from archcompiler.backends.code import call, options
from archcompiler.backends.layouts import Layout, Wanted
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.graph import Layer
from archcompiler.operations.dense import Flatten, FullyConnected


def _fully_connected(operation: FullyConnected, step: Step) -> Lowered:
    each_cell = operation.maps is not None
    features = step.maps.channels if each_cell else step.maps.elements
    bias = options(bias=(operation.bias, True))
    flat = each_cell or step.maps.is_vector
    value = step.x if flat else call("torch.flatten", step.x, 1)
    return Lowered(call(step.me, value), call("nn.Linear", features, operation.units, **bias))


def _layout_of_dense(layer: Layer) -> Wanted:
    """Return that units at each cell read its maps last; all cells are flattened maps first."""
    if getattr(layer.operation, "maps", None) is None:
        return Wanted(Layout.FIRST, Layout.FIRST)
    return Wanted(Layout.LAST, Layout.LAST)


def _flatten(operation: Flatten, step: Step) -> Lowered:
    return Lowered(step.x if step.maps.is_vector else call("torch.flatten", step.x, 1))


RULES: Rules = {
    Flatten: Rule(_flatten),
    FullyConnected: Rule(_fully_connected, layout=_layout_of_dense),
}
