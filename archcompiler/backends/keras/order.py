"""Where flattened maps may stay in the order that Keras has them in."""

from __future__ import annotations

from archcompiler.graph import Graph, Layer
from archcompiler.operations import Maps
from archcompiler.operations.dense import Flatten, FullyConnected
from archcompiler.operations.elementwise import Activate, Dropout

ORDER_FREE = (Activate, Dropout)  # what treats each feature alike


def keeps_natural_order(graph: Graph, layer: Layer) -> bool:
    """Whether flattened maps may stay in Keras' order: height, width, maps.

    They may where nothing but fully connected layers sees the order: the rows of their kernels
    follow it. Anywhere else the maps are put first, as the meaning of `flatten` has it.
    """
    if layer.name in graph.outputs:
        return False
    return all(
        isinstance(reader.operation, FullyConnected)
        or (isinstance(reader.operation, ORDER_FREE) and keeps_natural_order(graph, reader))
        for reader in graph.readers[layer.name]
    )


def reads_natural_order(graph: Graph, layer: Layer) -> bool:
    """Whether the fully connected `layer` reads maps flattened in Keras' order."""
    if isinstance(layer.input_shapes[0], Maps):
        return True  # flattened just in front of it
    source = graph[layer.inputs[0]]
    while isinstance(source.operation, ORDER_FREE):
        source = graph[source.inputs[0]]
    return isinstance(source.operation, Flatten) and keeps_natural_order(graph, source)
