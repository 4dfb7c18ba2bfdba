"""PyTorch: a subclass of `nn.Module`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archcompiler.backends.backend import Alias, Listing, SourceBackend, Stored
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Operation


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
    def lowerings(self) -> Mapping[type[Operation], Callable[..., Any]]:
        """What writes each operation."""
        from archcompiler.backends.torch.lowering import LOWERINGS

        return LOWERINGS

    def stored(self, graph: Graph, layer: Layer) -> list[Stored]:
        """Return where each parameter is kept: PyTorch's layouts are the canonical ones."""
        from archcompiler.backends.torch.names import full_attributes

        attribute = full_attributes(graph)[layer.name]
        return [Stored(item, attribute, item.name, item.axes) for item in layer.parameters]

    def listing(self, graph: Graph) -> Listing:
        """Return a file with the model's class."""
        from archcompiler.backends.torch.emitter import Emitter

        return Emitter(graph).listing()


BACKEND = Torch()
