"""A small backend: a network as a JSON document of steps, which NumPy can follow."""

from __future__ import annotations

import json
from typing import Any

from archcompiler.backends.backend import (
    MARK,
    Backend,
    Stored,
    demand_expressible,
    unsupported,
)
from archcompiler.backends.rule import Rule, Rules, rule_of
from archcompiler.graph import Graph, Layer
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.dense import Flatten, FullyConnected
from archcompiler.operations.elementwise import Activate, Input

FUNCTIONS = ("linear", "relu", "tanh", "softmax")  # that `runtime` has


class Steps(Backend):
    """Documents that say layer by layer what is done."""

    name = "steps"
    title = "Steps"
    install = "archc-example[numpy]"
    runtime = "archc_example.steps.runtime"
    ending = ".json"
    cannot = {Convolution: "its steps are whole matrices"}

    @property
    def rules(self) -> Rules:
        """What a step does, for each operation that it can do."""
        return {
            Input: Rule(lambda operation: {"do": "read"}),
            Activate: Rule(lambda operation: {"do": "nothing"}),  # but its activation
            Flatten: Rule(lambda operation: {"do": "flatten"}),
            FullyConnected: Rule(lambda operation: {"do": "multiply"}),
        }

    def stored(self, graph: Graph, layer: Layer) -> list[Stored]:
        """Return where each parameter is kept: by the names and the axes that archc has."""
        return [Stored(item, layer.name, item.name, item.axes) for item in layer.parameters]

    def emit(self, graph: Graph) -> bytes:
        """Return the document."""
        demand_expressible(graph, self._step)
        spec = graph.source.name if graph.source else "a spec"
        document = {
            "about": f"{MARK} {spec}",
            "name": graph.name,
            "steps": [self._step(layer) for layer in graph.layers],
            "outputs": graph.outputs,
        }
        return json.dumps(document, indent=1).encode()

    def _step(self, layer: Layer) -> dict[str, Any]:
        """Return the step of a layer; raise a fault if there is none."""
        rule = rule_of(layer.operation, self.name)
        activation = layer.function.name if layer.function else "linear"
        if activation not in FUNCTIONS:
            message = f"`steps` has no `{activation}`"
            raise unsupported("activation", message, f"it has {', '.join(FUNCTIONS)}")
        done = rule.lower(layer.operation)
        return {"layer": layer.name, "reads": layer.inputs, **done, "then": activation}


BACKEND = Steps()
