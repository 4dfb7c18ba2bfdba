"""Where Keras keeps each parameter, and in which layout: the outputs of a kernel are last."""

from __future__ import annotations

from functools import lru_cache

from archcompiler.backends.backend import Stored
from archcompiler.backends.keras.names import INSIDE, Names
from archcompiler.backends.keras.order import reads_natural_order
from archcompiler.graph import Graph, Layer
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.dense import FullyConnected
from archcompiler.operations.normalization import BatchNormalization
from archcompiler.operations.transposed import TransposedConvolution

VARIABLES: dict[type, dict[str, tuple[str, str | None]]] = {
    Convolution: {"weight": ("kernel", "kh kw in out"), "bias": ("bias", "out")},
    TransposedConvolution: {"weight": ("kernel", "kh kw out in"), "bias": ("bias", "out")},
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
    if isinstance(layer.operation, FullyConnected):
        natural = reads_natural_order(graph, layer)
        inputs = {"out in": "in", "out (c h w)": "(h w c)" if natural else "(c h w)"}
        weight, *bias = layer.parameters
        kernel = Stored(weight, name, "kernel", f"{inputs[weight.axes]} out")
        return [kernel, *(Stored(item, name, "bias", "out") for item in bias)]
    known = VARIABLES.get(type(layer.operation), {})
    found = []
    for item in layer.parameters:
        variable, axes = known[item.name]
        found.append(Stored(item, name, variable, axes or item.axes))
    return found


@lru_cache(maxsize=4)
def _layer_names(graph: Graph) -> dict[str, str]:
    """Return what each layer is called: rows of the network itself may have another name."""
    names = Names(graph.body.items)
    known = {item.name: names.text(item.name) for item in graph.body.items}
    return {
        layer.name: known.get(layer.name, layer.name.replace(".", INSIDE)) for layer in graph.layers
    }
