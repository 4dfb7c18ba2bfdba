"""Where Keras keeps each parameter, and in which layout: the outputs of a kernel are last."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from archcompiler.backends.backend import Stored
from archcompiler.backends.keras.names import INSIDE, Names
from archcompiler.backends.keras.order import reads_natural_order
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Parameter
from archcompiler.operations.axes import groups_of, shape_of
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
        variable, _ = known.get(item.name, (item.name, None))  # others' keep their names
        found.append(Stored(item, name, variable, _axes(layer, item)))
    return found


def _axes(layer: Layer, parameter: Parameter) -> str:
    """Return the axes of a tensor where Keras keeps it, but for those of flattened maps."""
    _, pattern = VARIABLES.get(type(layer.operation), {}).get(parameter.name, ("", None))
    places = " ".join(axis for axis, _ in parameter.lengths if axis.startswith("k"))
    return pattern.replace("*k", places) if pattern else parameter.axes


def fans_of(layer: Layer, parameter: Parameter) -> tuple[int, int]:
    """Return the fans that Keras' initializers take for a tensor, by the shape that it is kept in.

    https://github.com/keras-team/keras/blob/master/keras/src/initializers/random_initializers.py,
    `compute_fans`; those of a tensor with one axis are not asked for: (0, 0).
    """
    if layer.operation.is_dense and len(parameter.shape) == 2:
        units, features = parameter.shape
        return features, units
    shape = shape_of(_axes(layer, parameter), dict(parameter.lengths))
    if len(shape) < 2:
        return 0, 0
    *cells, of, to = shape
    return of * prod(cells), to * prod(cells)


@lru_cache(maxsize=4)
def _layer_names(graph: Graph) -> dict[str, str]:
    """Return what each layer is called: rows of the network itself may have another name."""
    names = Names(graph.body.items)
    known = {item.name: names.text(item.name) for item in graph.body.items}
    return {
        layer.name: known.get(layer.name, layer.name.replace(".", INSIDE)) for layer in graph.layers
    }
