"""A graph as nested frames: open blocks with their members and edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from archcompiler.drawing.outline import Node, box_of, kind_text, outline, span_text
from archcompiler.graph import Body, Graph, Item, Layer, Passed, Repeat, Use
from archcompiler.graph.body import size_of
from archcompiler.graph.summary import kind_of
from archcompiler.operations import Shape

MOST = 600  # boxes in a picture


class Wire(NamedTuple):
    """An edge in a frame: from a member, or from an input of the frame (-1, -2, …), to a member."""

    source: int
    target: int
    port: int
    shape: Shape


class Frame(NamedTuple):
    """An open block or the network, with its members in order of computation.

    A frame of several equal `copies` shows the first one and has its name; `last` is the name of
    the last one if there are other copies.
    """

    name: str
    kind: str
    members: tuple[Node | Frame, ...]
    wires: tuple[Wire, ...]
    inputs: int
    outputs: tuple[tuple[int, Shape], ...]
    copies: int = 1
    last: str = ""

    @property
    def names(self) -> str:
        """The full name, or the names of the first and the last copy."""
        return span_text(self.name, self.last)

    @property
    def nodes(self) -> Iterator[Node]:
        """All boxes in it, also in nested frames."""
        for member in self.members:
            if isinstance(member, Frame):
                yield from member.nodes
            else:
                yield member


def frame_of(graph: Graph, depth: int) -> Frame:
    """Return the network with blocks opened up to `depth`, or less if there are too many boxes."""
    while depth > 1 and _count(graph.body.items, depth) > MOST:
        depth -= 1
    if _count(graph.body.items, depth) > MOST:
        return _flat(graph)
    return _body(graph.body, graph.name, "", "", iter(graph.layers), depth)


def _count(items: Iterable[Item], depth: int) -> int:
    """Return the number of boxes at a depth."""
    count = 0
    for item in items:
        match item:
            case Use(body=body) if depth > 1:
                count += _count(body.items, depth - 1)
            case Repeat() if depth > 1:
                count += _count([run.copies[0] for run in _runs(item)], depth - 1)
            case _:
                count += not isinstance(item, Passed)
    return count


def _flat(graph: Graph) -> Frame:
    """Return a network with very many rows, whose middle is one box."""
    shown = outline(graph, 1, MOST)
    ports: dict[int, int] = {}
    wires = []
    for source, target, shape, _ in shown.edges:
        port = ports[target] = ports.get(target, -1) + 1
        wires.append(Wire(source, target, port, shape))
    outputs = tuple((index, shown.nodes[index].shape) for index in shown.outputs)
    return Frame(graph.name, "", shown.nodes, tuple(wires), 0, outputs)


def _body(
    body: Body, name: str, kind: str, prefix: str, layers: Iterator[Layer], depth: int
) -> Frame:
    known = {given: -1 - index for index, given in enumerate(body.inputs)}
    members: list[Node | Frame] = []
    wires: list[Wire] = []
    for item in body.items:
        sources = [_place(path, known) for path in item.inputs]
        if isinstance(item, Passed):
            known[item.name] = sources[0]
            continue
        known[item.name] = index = len(members)
        members.append(_member(item, prefix + item.name, layers, depth))
        for port, (source, path) in enumerate(zip(sources, item.inputs, strict=True)):
            wires.append(Wire(source, index, port, _shape(body, path)))
    outputs = tuple((_place(path, known), _shape(body, path)) for path in body.outputs)
    return Frame(name, kind, tuple(members), tuple(wires), len(body.inputs), outputs)


def _place(path: str, known: dict[str, int]) -> int:
    """Return the index of the member at `path`, or that contains it."""
    while path not in known:
        path = path.rpartition(".")[0]
    return known[path]


def _shape(body: Body, path: str) -> Shape:
    shape = body.shape_at(path)
    assert shape is not None
    return shape


def _member(
    item: Layer | Use | Repeat, name: str, layers: Iterator[Layer], depth: int
) -> Node | Frame:
    if depth > 1 and isinstance(item, Use):
        return _body(item.body, name, _kind(item), f"{name}.", layers, depth - 1)
    if depth > 1 and isinstance(item, Repeat):
        return _copies(item, name, layers, depth - 1)
    return box_of(item, name, [next(layers) for _ in range(size_of(item))])


def _kind(item: Use | Repeat) -> str:
    """Return the name of the block in words, and how often it is repeated."""
    if isinstance(item, Use):
        return kind_text(kind_of(item))
    return kind_text(kind_of(item.copies[0]), len(item.copies))


def _copies(item: Repeat, name: str, layers: Iterator[Layer], depth: int) -> Node | Frame:
    """Return a repeated row: as one member if all copies are equal, else as a frame of runs."""
    runs = _runs(item)
    if len(runs) == 1:
        return _run(item, name, f"{name}.{item.copies[0].name}", layers, depth)
    members = [_named(run, name, layers, depth) for run in runs]
    shapes = _given(item.copies[0])
    wires = [Wire(-1 - port, 0, port, shape) for port, shape in enumerate(shapes)]
    wires += [Wire(index, index + 1, 0, run.shape) for index, run in enumerate(runs[:-1])]
    last = (len(members) - 1, item.shape)
    return Frame(name, _kind(item), tuple(members), tuple(wires), len(shapes), (last,))


def _named(run: Repeat, name: str, layers: Iterator[Layer], depth: int) -> Node | Frame:
    """Return some copies of the row `name`, with the names of the first and the last one."""
    first, last = (f"{name}.{copy.name}" for copy in (run.copies[0], run.copies[-1]))
    if first == last:
        return _member(run.copies[0], first, layers, depth)
    return _run(run, first, first, layers, depth)._replace(last=last)


def _run(run: Repeat, name: str, first: str, layers: Iterator[Layer], depth: int) -> Node | Frame:
    """Return equal copies as one box, or as the first one opened, whose full name is `first`."""
    copy = run.copies[0]
    if depth == 1 or isinstance(copy, Layer):
        return box_of(run, name, [next(layers) for _ in range(size_of(run))])
    frame = _body(copy.body, name, _kind(run), f"{first}.", layers, depth - 1)
    for _ in range(size_of(run) - size_of(copy)):
        next(layers)
    return frame._replace(copies=len(run.copies))


def _runs(item: Repeat) -> list[Repeat]:
    """Split a repeated row into runs of equal copies, which are blocks that share their body."""
    runs = groupby(
        item.copies,
        lambda copy: (
            copy.body
            if isinstance(copy, Use)
            else (copy.operation, copy.activation, copy.input_shapes)
        ),
    )
    return [item._replace(copies=tuple(copies)) for _, copies in runs]


def _given(item: Layer | Use) -> Sequence[Shape]:
    """Return the input shapes of a copy."""
    return item.input_shapes if isinstance(item, Layer) else item.body.input_shapes
