"""Where flattened maps may stay in the order that Keras has them in."""

from __future__ import annotations

from archcompiler.graph import Graph, Layer


def _treats_features_alike(layer: Layer) -> bool:
    flattens_nothing = layer.operation.flattens and layer.input_shapes[0] == layer.shape
    return layer.operation.is_pointwise or flattens_nothing


def keeps_natural_order(graph: Graph, layer: Layer) -> bool:
    """Whether flattened maps may stay in Keras' order: height, width, maps.

    They may where nothing but fully connected layers sees the order: the rows of their kernels
    follow it, those in the same block as far as a block is concerned, since its code is one for
    all its uses. Anywhere else the maps are put first, as the meaning of `flatten` has it.
    """
    if layer.name in graph.outputs:
        return False
    block = layer.name.rpartition(".")[0]
    return all(
        reader.name.rpartition(".")[0] == block
        and (
            reader.operation.is_dense
            or (_treats_features_alike(reader) and keeps_natural_order(graph, reader))
        )
        for reader in graph.readers[layer.name]
    )


def reads_natural_order(graph: Graph, layer: Layer) -> bool:
    """Whether the fully connected `layer` reads maps flattened in Keras' order."""
    if not layer.input_shapes[0].is_vector:
        return True  # flattened just in front of it, or no places among its inputs
    source = graph[layer.inputs[0]]
    while _treats_features_alike(source):
        source = graph[source.inputs[0]]
    return source.operation.flattens and keeps_natural_order(graph, source)
