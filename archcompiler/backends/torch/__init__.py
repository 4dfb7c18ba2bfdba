"""PyTorch: a subclass of `nn.Module`."""

from __future__ import annotations

from archcompiler.backends.backend import Backend, Listing, Stored
from archcompiler.backends.torch.emitter import Emitter
from archcompiler.backends.torch.lowering import LOWERINGS
from archcompiler.backends.torch.names import full_attributes
from archcompiler.graph import Graph, Layer


class Torch(Backend):
    """PyTorch, `nn.Module` subclasses."""

    name = "torch"
    extra = "torch"
    lowerings = LOWERINGS

    def stored(self, graph: Graph, layer: Layer) -> list[Stored]:
        """Return where each parameter is kept: PyTorch's layouts are the canonical ones."""
        attribute = full_attributes(graph)[layer.name]
        return [Stored(item, attribute, item.name, item.axes) for item in layer.parameters]

    def listing(self, graph: Graph) -> Listing:
        """Return a file with the model's class."""
        return Emitter(graph).listing()


BACKEND = Torch()
