"""Where Keras keeps each parameter, and in which layout."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from archcompiler.backends.backend import Stored
from archcompiler.backends.keras.names import INSIDE, Names
from archcompiler.backends.keras.order import reads_natural_order
from archcompiler.backends.rule import rule_of, stored_by_rule
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Parameter
from archcompiler.operations.axes import groups_of, shape_of


def stored(graph: Graph, layer: Layer) -> list[Stored]:
    """Return where each parameter of `layer` is kept."""
    kept = stored_by_rule(layer, _layer_names(graph)[layer.name], "keras")
    if layer.operation.is_dense and reads_natural_order(graph, layer):
        return [each._replace(axes=_places_first(each.axes)) for each in kept]
    return kept


def _places_first(axes: str) -> str:
    """Return the axes of a dense kernel as Keras flattens maps: `(c h w) out` as `(h w c) out`."""
    groups = ([*group[1:], group[0]] for group in groups_of(axes))
    return " ".join(f"({' '.join(group)})" if len(group) > 1 else group[0] for group in groups)


def fans_of(layer: Layer, parameter: Parameter) -> tuple[int, int]:
    """Return the fans that Keras' initializers take for a tensor, by the shape that it is kept in.

    https://github.com/keras-team/keras/blob/master/keras/src/initializers/random_initializers.py,
    `compute_fans`; those of a tensor with one axis are not asked for: (0, 0).
    """
    _, axes = rule_of(layer.operation, "keras").where(layer, parameter)
    shape = shape_of(axes, dict(parameter.lengths))
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
