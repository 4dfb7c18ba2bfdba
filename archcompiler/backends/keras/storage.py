"""Where Keras keeps each parameter, and in which layout: the outputs of a kernel are last."""

from __future__ import annotations

from functools import lru_cache

from archcompiler.backends.backend import Stored
from archcompiler.backends.keras.names import INSIDE, Names
from archcompiler.backends.keras.order import reads_natural_order
from archcompiler.graph import Graph, Layer
from archcompiler.operations.axes import groups_of
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.normalization import BatchNormalization
from archcompiler.operations.transposed import TransposedConvolution

VARIABLES: dict[type, dict[str, tuple[str, str | None]]] = {
    Convolution: {"weight": ("kernel", "*k in out"), "bias": ("bias", "out")},
    TransposedConvolution: {"weight": ("kernel", "*k out in"), "bias": ("bias", "out")},
    BatchNormalization: {
        "weight": ("gamma", None),
        "bias": ("beta", None),
        "running_mean": ("moving_mean", None),
        "running_var": ("moving_variance", None),
    },
}


def stored(graph: Graph, layer: Layer) -> list[Stored]:
    """Return where each parameter of `layer` is kept."""
    name = _layer_names(graph)[layer.name]
    if layer.operation.is_dense:
        natural = reads_natural_order(graph, layer)
        weight, *bias = layer.parameters
        _, inputs = groups_of(weight.axes)
        if natural:  # places before channels
            inputs = [*inputs[1:], *inputs[:1]]
        axes = f"({' '.join(inputs)})" if len(inputs) > 1 else inputs[0]
        kernel = Stored(weight, name, "kernel", f"{axes} out")
        return [kernel, *(Stored(item, name, "bias", "out") for item in bias)]
    known = VARIABLES.get(type(layer.operation), {})
    found = []
    for item in layer.parameters:
        variable, pattern = known[item.name]
        places = " ".join(axis for axis, _ in item.lengths if axis.startswith("k"))
        axes = pattern.replace("*k", places) if pattern else item.axes
        found.append(Stored(item, name, variable, axes))
    return found


@lru_cache(maxsize=4)
def _layer_names(graph: Graph) -> dict[str, str]:
    """Return what each layer is called: rows of the network itself may have another name."""
    names = Names(graph.body.items)
    known = {item.name: names.text(item.name) for item in graph.body.items}
    return {
        layer.name: known.get(layer.name, layer.name.replace(".", INSIDE)) for layer in graph.layers
    }
