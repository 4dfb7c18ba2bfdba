"""Keras 3: a functional model, channels last, on any of Keras' own backends."""

from __future__ import annotations

from archcompiler.backends.backend import Alias, Listing, SourceBackend, Stored
from archcompiler.backends.rule import Rules
from archcompiler.graph import Graph, Layer


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
    def rules(self) -> Rules:
        """How each operation is written, and its parameters kept."""
        from archcompiler.backends.keras.rules import RULES

        return RULES

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
