"""Fully connected layers, and flattening."""

from __future__ import annotations

from archcompiler.backends.code import Expression, call, options
from archcompiler.backends.keras.order import keeps_natural_order
from archcompiler.backends.keras.rules.kernels import KERNELS, initializers, regularizer
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.operations.dense import Flatten, FullyConnected


def _fully_connected(operation: FullyConnected, step: Step) -> Expression:
    shape = step.layer.input_shapes[0]
    if operation.maps is None and not shape.is_vector:
        flat = call(call("layers.Flatten", name=step.named("flatten")), step.x)
        step.before(flat, str(shape.elements))
    layer = call(
        "layers.Dense",
        operation.units,
        **step.activation(),
        **options(use_bias=(operation.bias, True)),
        **initializers(step),
        **regularizer(step),
        name=step.name,
    )
    return call(layer, step.x)


def _flatten(operation: Flatten, step: Step) -> Expression:
    rank = step.maps.rank
    if rank and not keeps_natural_order(step.graph, step.graph[step.full_name]):
        name = step.named("permute")
        order = (rank + 1, *range(1, rank + 1))
        step.before(call(call("layers.Permute", order, name=name), step.x))
    return call(call("layers.Flatten", name=step.name), step.x)


RULES: Rules = {
    Flatten: Rule(_flatten),
    FullyConnected: Rule(_fully_connected, {**KERNELS, "weight": Kept("kernel", "* out")}),
}
