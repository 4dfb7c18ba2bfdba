"""The layer table of a page: a tree of blocks and layers, linked to rows of the spec.

A row of the spec has the key `block/row`: `bottleneck/conv1`, or `/conv1` outside of blocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice
from typing import NamedTuple

from archcompiler.diagnostics import Source
from archcompiler.graph import Body, Graph, Item, Layer, Passed, Repeat, Use
from archcompiler.graph.body import row_key, size_of
from archcompiler.graph.receptive import receptive_fields, receptive_text
from archcompiler.graph.summary import Row, row_of, sum_of
from archcompiler.language.nodes import MappingNode, Node, span_of, texts_of

MOST = 2000  # entries of a table; deeper blocks are left closed if there are more


class Entry(NamedTuple):
    """A layer, or a block with its layers, nested in `level` blocks.

    The entries of a block's layers follow it. Copies have the key of the repeated row.
    """

    name: str
    item: Layer | Use | Repeat
    layers: list[Layer]
    key: str
    level: int
    is_copy: bool

    @property
    def row(self) -> Row:
        """Its row in the summary."""
        if isinstance(self.item, Layer):
            return row_of(self.layers[0])
        return sum_of(self.item, self.name, self.layers)


class Line(NamedTuple):
    """A line of the table.

    `stated` is the size as the row of the spec writes it, `sees` the receptive field, and `holds`
    is whether the following lines are those of its layers.
    """

    row: Row
    key: str
    level: int
    stated: str
    sees: str
    holds: bool


class Table(NamedTuple):
    """The lines of a network, and the number of layers that are left out of a large one."""

    lines: tuple[Line, ...]
    left_out: int


def table_of(graph: Graph, entries: list[Entry]) -> Table:
    """Return the table of `graph` with these entries."""
    fields = receptive_fields(graph)
    deepest = max(place.level for place in entries)
    lines = []
    for place in entries:
        is_layer = isinstance(place.item, Layer)
        lines.append(
            Line(
                place.row,
                place.key,
                place.level,
                "" if place.is_copy else stated_text(place.item.node),
                receptive_text(fields[place.name]) if is_layer else "",
                not is_layer and place.level < deepest,
            )
        )
    shown = sum(isinstance(place.item, Layer) for place in entries)
    return Table(tuple(lines), len(graph.layers) - shown)


def entries_of(graph: Graph) -> list[Entry]:
    """Return the entries of `graph`, at most `MOST`: deeper levels are left out."""
    entries = list(_entries(graph.body.items, iter(graph.layers)))
    counts = Counter(place.level for place in entries)
    totals = accumulate(counts[level] for level in sorted(counts))
    deepest = max(sum(total <= MOST for total in totals) - 1, 0)
    return [place for place in entries if place.level <= deepest][:MOST]


def _entries(
    items: Iterable[Item],
    layers: Iterator[Layer],
    prefix: str = "",
    block: str = "",
    level: int = 0,
    key: str = "",
) -> Iterator[Entry]:
    """Yield the entries of `items`, whose layers are next in `layers`; `key` is for copies."""
    for item in items:
        if isinstance(item, Passed):
            continue
        name = prefix + item.name
        own = list(islice(layers, size_of(item)))
        here = key or row_key(block, item.name)
        yield Entry(name, item, own, here, level, bool(key))
        match item:
            case Use(block=inner, body=body):
                yield from _entries(body.items, iter(own), f"{name}.", inner.name, level + 1)
            case Repeat(copies=copies):
                yield from _entries(copies, iter(own), f"{name}.", block, level + 1, here)


def stated_text(node: Node | None) -> str:
    """Return the stated maps and size of a row, as it writes them."""
    if not isinstance(node, MappingNode):
        return ""
    fields = [
        "x".join(texts_of(node.contents[node.names.index(field)]))
        for field in ("maps", "size")
        if field in node.names
    ]
    return " x ".join(fields)


def lines_of_rows(graph: Graph) -> dict[Source, dict[int, str]]:
    """Return the keys of rows by source and line number."""
    found: dict[Source, dict[int, str]] = {}
    seen: set[int] = set()
    bodies: list[tuple[str, Body]] = [("", graph.body)]
    while bodies:
        block, body = bodies.pop()
        if id(body) in seen:  # equal uses share a body
            continue
        seen.add(id(body))
        source = _source(body)
        for item in body.items:
            if source and item.node:
                _, start, end = span_of(item.node, source)
                first, last = (source.position(at)[0] for at in (start, max(start, end - 1)))
                keys = found.setdefault(source, {})
                for number in range(first, last + 1):
                    keys[number] = row_key(block, item.name)
            copies = item.copies if isinstance(item, Repeat) else (item,)
            bodies += [(copy.block.name, copy.body) for copy in copies if isinstance(copy, Use)]
    return found


def _source(body: Body) -> Source | None:
    """Return the text that the rows of `body` stand in."""
    return next(
        (item.source for item in body.items if not isinstance(item, Passed) and item.source), None
    )
