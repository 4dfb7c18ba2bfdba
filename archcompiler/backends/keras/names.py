"""Names that a Keras model's layers have: the spec's own, and those of steps around them."""

from __future__ import annotations

import re

from archcompiler.backends.names import Namespace
from archcompiler.graph import Graph

# What Keras itself calls the operations of `keras.ops` that the emitted code uses.
_KERAS_OWN = re.compile(r"(pad|gelu)(_[0-9]+)?\Z")


class Names:
    """Unique names, which Keras demands of all layers of a model."""

    def __init__(self, graph: Graph) -> None:
        clashing = [layer.name for layer in graph.layers if _KERAS_OWN.match(layer.name)]
        names = {layer.name: layer.name for layer in graph.layers}
        self._namespace = Namespace(names)
        self._names = names | {name: self._namespace.free(f"{name}_") for name in clashing}

    def __getitem__(self, name: str) -> str:
        """Return what the layer `name` of the spec is called."""
        return self._names[name]

    def step(self, name: str, what: str) -> str:
        """Return a name for a step in front of a layer, or behind it."""
        return self._namespace.free(f"{name}_{what}")
