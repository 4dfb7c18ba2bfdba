"""The boxes and edges of a picture: layers, and blocks folded to one box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archcompiler.diagnostics.wording import counted
from archcompiler.graph import Graph, Item, Layer, Passed, Repeat, Use
from archcompiler.graph.body import size_of
from archcompiler.graph.summary import kind_of
from archcompiler.operations import Dimension, Shape

TIMES = "\u00d7"
# names of the sizes in a shape, by the number of axes
AXES = ("features", "length", f"height{TIMES}width", f"depth{TIMES}height{TIMES}width")

# Families of operations: those that change values but no shapes, and those that join a shortcut to
# the main path of a block.
THIN = {"normalization", "elementwise"}
JOINING = {"merge", "rearranging"}


class Costs(NamedTuple):
    """Sums over layers; None if a size is not known. `memory` counts output values."""

    parameters: int = 0
    multiply_adds: Dimension = 0
    memory: Dimension = 0


class Node(NamedTuple):
    """A box: a layer, a block, copies of either, or layers that are left out.

    `shapes` are the output shapes of its copies. Thin layers are those that change values but no
    shapes, such as activations; they do not count for the look of a block.
    """

    name: str
    type: str  # operation or name of the block; empty for layers left out
    is_block: bool
    shapes: tuple[Shape, ...]
    costs: Costs
    layers: int  # number of layers in it
    layer: Layer | None = None  # the layer, or the only layer of a block that is not thin
    copies: int = 1
    family: str = ""  # the family of its operations that are not thin, if they have one
    types: tuple[str, ...] = ()  # the types of those operations
    last: str = ""  # the name of the last copy, if it stands for some of the copies

    @property
    def shape(self) -> Shape:
        """The output shape of the last copy."""
        return self.shapes[-1]

    @property
    def full_name(self) -> str:
        """The full name of the layer or block; empty for layers left out."""
        return self.name if self.type else ""

    @property
    def names(self) -> str:
        """The full name, or the names of the first and the last copy."""
        return span_text(self.name, self.last)

    @property
    def kind(self) -> str:
        """The type in words, and how often it is repeated."""
        if not self.type:
            return counted(self.layers, "layer", ",")
        return kind_text(self.type, self.copies)

    @property
    def kernel(self) -> tuple[int, ...] | None:
        """The size of its window per axis; None if it has none."""
        return getattr(self.layer.operation, "kernel", None) if self.layer else None

    @property
    def stride(self) -> tuple[int, ...]:
        """The stride per axis; by default the kernel (of a pooling)."""
        operation = self.layer.operation if self.layer else None
        return getattr(operation, "stride", None) or self.kernel or ()

    @property
    def dilation(self) -> tuple[int, ...]:
        """The dilation per axis."""
        one = (1,) * len(self.kernel or ())
        return getattr(self.layer.operation, "dilation", one) if self.layer else one

    @property
    def reach(self) -> tuple[int, ...] | None:
        """The cells that its window spans per axis, with dilation."""
        if self.kernel is None:
            return None
        pairs = zip(self.dilation, self.kernel, strict=True)
        return tuple(spread * (cells - 1) + 1 for spread, cells in pairs)

    @property
    def groups(self) -> int:
        """The number of groups of a convolution."""
        return getattr(self.layer.operation, "groups", 1) if self.layer else 1

    @property
    def spreads(self) -> bool:
        """Whether its window lies on its output, as that of a transposed convolution."""
        return self.layer is not None and self.layer.operation.family == "upsampling"

    @property
    def own_function(self) -> str:
        """The function of an activation layer, and how often it is repeated."""
        layer = None if self.is_block else self.layer
        own = getattr(layer.operation, "activation", None) if layer else None
        return "" if own is None else times_text(str(own), self.copies)

    @property
    def activation(self) -> str:
        """The activation of its layer."""
        return str((self.layer and self.layer.function) or "")


class Edge(NamedTuple):
    """An edge between two nodes, by their indices, with its shape.

    `joined` is the operation in words if the block only joins it to something else (`add`).
    """

    source: int
    target: int
    shape: Shape
    joined: str = ""


class Outline(NamedTuple):
    """The nodes in order of computation, with the edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    outputs: tuple[int, ...]


def shape_label(shape: Shape) -> str:
    """Return `shape` for a label: maps x height x width with crosses, or the features."""
    if shape.is_vector:
        return shape.size
    return f"{shape.channels} {TIMES} {shape.size.replace('x', TIMES)}"


def span_text(first: str, last: str) -> str:
    """Return `first … last`, or just `first` if `last` is empty."""
    return f"{first} … {last}" if last else first


def kind_text(type_: str, copies: int = 1) -> str:
    """Return a type in words, and how often it is repeated."""
    return times_text(type_.replace("_", " "), copies)


def times_text(words: str, copies: int) -> str:
    """Return words, and how often what they name is repeated."""
    return f"{words} {TIMES}{copies}" if copies > 1 else words


def by_text(lengths: tuple[int, ...]) -> str:
    """Return lengths such as `3x3`, with a cross in place of the `x`."""
    return TIMES.join(map(str, lengths))


def window_text(node: Node) -> str:
    """Return the kernel, and stride and dilation if they are not 1."""
    if node.kernel is None:
        return ""
    text = by_text(node.kernel)
    if set(node.stride) != {1}:
        text += f" /{_one_or_all(node.stride)}"
    if set(node.dilation) != {1}:
        text += f" dilated {_one_or_all(node.dilation)}"
    return text


def _one_or_all(lengths: tuple[int, ...]) -> str:
    return str(lengths[0]) if len(set(lengths)) == 1 else by_text(lengths)


def spoken(node: Node) -> str:
    """Return the alternative text of a box: all about it in one line."""
    groups = f"{node.groups} groups" if node.groups > 1 else ""
    costs = f"{node.costs.parameters:,} parameters"
    said = (node.kind, window_text(node), groups, node.activation, shape_label(node.shape), costs)
    return f"{node.names}: {', '.join(part for part in said if part)}"


def costs_of(layers: Iterable[Layer]) -> Costs:
    """Return the sums over `layers`."""
    parameters, adds, memory = 0, 0, 0
    is_known = counts = True
    for layer in layers:
        parameters += layer.parameter_count
        adds += layer.multiply_adds or 0
        memory += layer.shape.elements or 0
        counts = counts and layer.multiply_adds is not None
        is_known = is_known and layer.shape.elements is not None
    return Costs(parameters, adds if counts else None, memory if is_known else None)


def box_of(item: Layer | Use | Repeat, name: str, layers: list[Layer]) -> Node:
    """Return the box of `item`, which has these `layers`."""
    copies = item.copies if isinstance(item, Repeat) else (item,)
    first = copies[0]
    kind = kind_of(first)
    shapes = tuple(copy.shape for copy in copies)
    whole = layers[: size_of(first)]
    is_block = isinstance(first, Use)
    leads = [layer for layer in whole if _family(layer) not in THIN] if is_block else whole
    families = {_family(layer) for layer in leads}
    family = families.pop() if len(families) == 1 else ""
    types = tuple(dict.fromkeys(layer.type for layer in leads))
    shown = leads[0] if len(leads) == 1 else None
    costs, count = costs_of(layers), len(layers)
    return Node(name, kind, is_block, shapes, costs, count, shown, len(copies), family, types)


def _family(layer: Layer) -> str:
    return layer.operation.family


def outline(graph: Graph, depth: int, most: int) -> Outline:
    """Return at most `most` boxes: blocks are folded at `depth`, and the middle is left out."""
    layers = iter(graph.layers)
    parts = list(_folded(graph.body.items, layers, "", depth))
    if len(parts) > most:
        start, end = most // 2, len(parts) - (most - most // 2 - 1)
        parts[start:end] = [_left_out(parts[start:end])]
    place = {layer.name: index for index, (_, own) in enumerate(parts) for layer in own}
    edges: dict[Edge, list[Layer]] = {}  # and the layers in the target that read it
    for index, (_, own) in enumerate(parts):
        for layer in own:
            for name in layer.inputs:
                if place[name] != index:
                    edge = Edge(place[name], index, graph[name].shape)
                    edges.setdefault(edge, []).append(layer)
    nodes = tuple(node for node, _ in parts)
    joined = (
        edge._replace(joined=_joined(readers, parts[edge.target][1]))
        if nodes[edge.target].is_block
        else edge
        for edge, readers in edges.items()
    )
    return Outline(nodes, tuple(joined), tuple(dict.fromkeys(place[out] for out in graph.outputs)))


def _joined(readers: list[Layer], own: list[Layer]) -> str:
    """Return the word for how a block with the layers `own` joins what its `readers` read."""
    if len(readers) > 1 or _family(readers[0]) not in JOINING:
        return ""
    onward = [layer for layer in own if readers[0].name in layer.inputs]
    joining = (*readers, *(layer for layer in onward if _family(layer) in JOINING))
    return ", ".join(kind_text(layer.type) for layer in joining)


def _folded(
    items: Iterable[Item], layers: Iterator[Layer], prefix: str, depth: int
) -> Iterator[tuple[Node, list[Layer]]]:
    for item in items:
        name = prefix + item.name
        match item:
            case Passed():
                continue
            case Use(body=body) if depth > 1:
                yield from _folded(body.items, layers, f"{name}.", depth - 1)
            case Repeat(copies=copies) if depth > 1:
                yield from _folded(copies, layers, f"{name}.", depth - 1)
            case _:
                own = [next(layers) for _ in range(size_of(item))]
                yield box_of(item, name, own), own


def _left_out(parts: list[tuple[Node, list[Layer]]]) -> tuple[Node, list[Layer]]:
    """Return one box for the boxes that are left out."""
    layers = [layer for _, own in parts for layer in own]
    name = f"{parts[0][0].name} … {parts[-1][0].name}"
    shape = parts[-1][0].shape
    return Node(name, "", True, (shape,), costs_of(layers), len(layers)), layers
