"""Keras 3: a functional model, channels last, on any of Keras' own backends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archcompiler.backends.backend import Alias, Listing, SourceBackend, Stored
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Operation


class Keras(SourceBackend):
    """Keras 3 on any of its own backends."""

    name = "keras"
    title = "Keras"
    install = "archcompiler[keras]"
    runtime = "archcompiler.backends.keras.runtime"
    known_as = {
        "tensorflow": Alias("KERAS_BACKEND", "tensorflow"),
        "tf": Alias("KERAS_BACKEND", "tensorflow"),
        "jax": Alias("KERAS_BACKEND", "jax"),
    }
    model_ending = ".keras"
    checkpoints = ("archcompiler.checkpoints.formats.keras",)
    spelt_by_spec = True  # layers of blocks have hyphens in Keras, which nobody wrote

    @property
    def lowerings(self) -> Mapping[type[Operation], Callable[..., Any]]:
        """What writes each operation."""
        from archcompiler.backends.keras.lowering import LOWERINGS

        return LOWERINGS

    def stored(self, graph: Graph, layer: Layer) -> list[Stored]:
        """Return where each parameter is kept: Keras has the outputs of a kernel last."""
        from archcompiler.backends.keras.storage import stored

        return stored(graph, layer)

    def filed(self, layer: str, stored: Stored, number: int) -> str:
        """Return the layer with the number of its tensor: Keras' files name no tensors."""
        return f"{layer}/{number}"

    def listing(self, graph: Graph) -> Listing:
        """Return a file with `build_model`."""
        from archcompiler.backends.keras.emitter import Emitter

        return Emitter(graph).listing()


BACKEND = Keras()
