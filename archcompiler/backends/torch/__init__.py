"""PyTorch: a subclass of `nn.Module`."""

from __future__ import annotations

from archcompiler.backends.backend import Alias, Listing, SourceBackend, Stored
from archcompiler.backends.rule import Rules, stored_by_rule
from archcompiler.graph import Graph, Layer


class Torch(SourceBackend):
    """PyTorch, `nn.Module` subclasses."""

    name = "torch"
    title = "PyTorch"
    install = "archcompiler[torch]"
    runtime = "archcompiler.backends.torch.runtime"
    known_as = {"pytorch": Alias()}
    model_ending = ".pt2"
    checkpoints = ("archcompiler.checkpoints.formats.torch",)
    counters = ("num_batches_tracked",)  # by a normalization

    @property
    def rules(self) -> Rules:
        """How each operation is written, and its parameters kept."""
        from archcompiler.backends.torch.rules import RULES

        return RULES

    def stored(self, graph: Graph, layer: Layer) -> list[Stored]:
        """Return where each parameter is kept: as a rule in the order of axes that archc has."""
        from archcompiler.backends.torch.names import full_attributes

        attribute = full_attributes(graph)[layer.name]
        return stored_by_rule(layer, attribute, self.name)

    def listing(self, graph: Graph) -> Listing:
        """Return a file with the model's class."""
        from archcompiler.backends.torch.emitter import Emitter

        return Emitter(graph).listing()


BACKEND = Torch()
