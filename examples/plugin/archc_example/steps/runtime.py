"""What follows the steps: NumPy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from archc_example.steps import BACKEND
from archcompiler.backends.backend import Stored
from archcompiler.backends.skeleton import batch_shape
from archcompiler.graph import Graph
from archcompiler.runtime.devices import choose
from archcompiler.runtime.frameworks import Framework, Prepared, is_installed
from archcompiler.runtime.verify import Unusable
from archcompiler.runtime.verify.side import Side
from archcompiler.runtime.weights import load_into


def follow(step: dict[str, Any], x: Any, weights: dict[str, Any]) -> Any:
    """Return what a step makes of `x`, a batch with channels first."""
    match step["do"]:
        case "flatten":
            return x.reshape(len(x), -1)
        case "multiply":
            return x.reshape(len(x), -1) @ weights["weight"].T + weights.get("bias", 0)
        case "unshuffle":
            members = x.reshape(len(x), -1, step["groups"], *x.shape[2:])
            return members.swapaxes(1, 2).reshape(x.shape)
    return x


def activated(function: str, x: Any) -> Any:
    """Return `x` with a function applied to each value; the softmax is over axis 1."""
    import numpy as np

    match function:
        case "relu":
            return np.maximum(x, 0)
        case "tanh":
            return np.tanh(x)
        case "softmax":
            powers = np.exp(x - x.max(1, keepdims=True))
            return powers / powers.sum(1, keepdims=True)
    return x


class Model:
    """A document, and tensors for it by their layers and names."""

    def __init__(self, document: dict[str, Any], tensors: dict[str, dict[str, Any]]) -> None:
        self.document = document
        self.tensors = tensors

    def __call__(self, inputs: list[Any]) -> list[Any]:
        """Return the outputs for inputs whose channels are first."""
        values: dict[str, Any] = {}
        given = iter(inputs)
        for step in self.document["steps"]:
            x = values[step["reads"][0]] if step["reads"] else next(given)
            x = follow(step, x, self.tensors.get(step["layer"], {}))
            values[step["layer"]] = activated(step["then"], x)
        return [values[name] for name in self.document["outputs"]]


class NumPy(Framework):
    """NumPy, which can be asked for outputs alone: it gives no gradients, and trains nothing."""

    name = "steps"
    differentiates = False

    def require(self) -> None:
        """Make sure that NumPy can be imported."""
        if not is_installed("numpy"):
            raise self.missing()

    def devices(self) -> list[str]:
        """Return the only one."""
        return ["cpu"]

    def build(self, graph: Graph) -> Model:
        """Return the document with first weights, drawn as the spec says."""
        from archcompiler.checkpoints import initial, wanted

        document = json.loads(BACKEND.emit(graph))
        self.require()
        tensors: dict[str, dict[str, Any]] = {}
        for item in wanted(graph, self.name):
            tensor = initial(item, seed=0).read()
            tensors.setdefault(item.layer.name, {})[item.stored.name] = tensor
        return Model(document, tensors)

    def tensor(self, model: Model, stored: Stored) -> Any:
        """Return a copy of a tensor."""
        return model.tensors[stored.layer][stored.name].copy()

    def assign(self, model: Model, stored: Stored, values: Any) -> None:
        """Have a tensor be `values`."""
        model.tensors[stored.layer][stored.name] = values

    def side(self, device: str) -> Side:
        """Return what `archc verify` asks."""
        choose(device, self.name)
        return NumPySide()

    def prepared(
        self, graph: Graph, device: str, batch: int, precision: str, compiled: bool
    ) -> Prepared:
        """Return what `archc run` times."""
        import numpy as np

        if compiled or precision != "float32":
            raise Unusable("NumPy computes these steps in float32, and compiles nothing")
        model = self.build(graph)
        shapes = [(batch, *batch_shape(layer, channels_last=False)) for layer in graph.inputs]
        inputs = [np.random.default_rng(0).random(shape, "float32") for shape in shapes]
        step: Callable[[], Any] = lambda: model(inputs)  # noqa: E731
        return Prepared(step, lambda outputs: [output.shape for output in outputs])


class NumPySide(Side):
    """What `archc verify` asks."""

    name = "steps"

    def outputs(
        self, graph: Graph, weights: dict[str, Any], inputs: list[Any], precision: str
    ) -> list[Any]:
        """Return the outputs for inputs and weights, which come in `precision`."""
        model = FRAMEWORK.build(graph)
        load_into(model, graph, self.name, weights)
        return model(inputs)


FRAMEWORK = NumPy()
