"""Names in emitted code: legal, unique, and the spec's own wherever they can be."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

from archcompiler.graph import Graph


class Namespace:
    """Hands out identifiers that are free."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def free(self, wanted: str) -> str:
        """Return `wanted`, with underscores after it until nothing else has that name."""
        name = wanted
        while name in self.taken or keyword.iskeyword(name) or keyword.issoftkeyword(name):
            name += "_"
        self.taken.add(name)
        return name


LONGEST = 24  # of a variable: a statement should fit on a line
AMBIGUOUS = ("l", "I", "O")  # easily taken for digits; linters refuse them


def variables(graph: Graph, chain: str, taken: Iterable[str]) -> dict[str, str]:
    """Return the variable that holds each layer's output.

    A value that only the very next statement reads is called `chain`, as people write it; any
    other has its layer's name. Several inputs have their own names, since all of them are alive.
    """
    namespace = Namespace([*taken, *dir(builtins), *AMBIGUOUS, chain])
    following = {
        layer.name: after.name for layer, after in zip(graph.layers, graph.layers[1:], strict=False)
    }
    several = len(graph.inputs) > 1
    names = {}
    for layer in graph.layers:
        readers = [reader.name for reader in graph.readers[layer.name]]
        last = layer is graph.layers[-1]
        passing = readers == [following.get(layer.name)] and layer.name not in graph.outputs
        if (passing and not (several and layer.type == "input")) or (
            last and graph.outputs == (layer.name,)
        ):
            names[layer.name] = chain
        else:
            names[layer.name] = namespace.free(layer.name.lower()[:LONGEST].rstrip("_"))
    return names
