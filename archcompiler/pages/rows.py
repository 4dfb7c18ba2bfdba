"""The layer table of a page: blocks with what they hold, and the rows of the spec behind them.

A row of the spec is known by a key, `block/row` (`bottleneck/conv1`; `/conv1` stands in no block).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice
from typing import NamedTuple

from archcompiler.diagnostics import Source
from archcompiler.graph import Body, Graph, Item, Layer, Passed, Repeat, Use
from archcompiler.graph.body import size_of
from archcompiler.graph.receptive import field_text, receptive_fields
from archcompiler.graph.summary import Row, row_of, sum_of
from archcompiler.language.nodes import Mapping, Node, span_of, texts_of

MOST = 2000  # lines of a table: deeper blocks stay closed where there would be more


class Line(NamedTuple):
    """A line of the table: a layer, or a block with the sums over its layers.

    `stated` is the size that the row of the spec says, as it says it; `level` is how many blocks it
    is in; `holds` whether the lines after it are its own; `sees` is the receptive field.
    """

    row: Row
    key: str
    level: int
    stated: str
    sees: str = ""
    holds: bool = False


class Table(NamedTuple):
    """The lines of a network, and how many of its layers have none: too many to show."""

    lines: tuple[Line, ...]
    left_out: int


def table_of(graph: Graph) -> Table:
    """Return the lines of `graph`, at most `MOST`: the outermost ones, if there are more."""
    fields = {name: field_text(of) for name, of in receptive_fields(graph).items()}
    lines = list(_lines(graph.body.items, iter(graph.layers), fields))
    counts = Counter(line.level for line in lines)
    totals = accumulate(counts[level] for level in sorted(counts))
    deepest = max(sum(total <= MOST for total in totals) - 1, 0)
    shown = [
        line._replace(holds=line.holds and line.level < deepest)
        for line in lines
        if line.level <= deepest
    ][:MOST]
    return Table(tuple(shown), len(fields) - sum(line.row.name in fields for line in shown))


def _lines(
    items: Iterable[Item],
    layers: Iterator[Layer],
    fields: dict[str, str],
    prefix: str = "",
    block: str = "",
    level: int = 0,
    key: str = "",
) -> Iterator[Line]:
    """Yield the lines of `items`, whose layers are next in `layers`; `key` is that of copies."""
    for item in items:
        name = prefix + item.name
        own = list(islice(layers, size_of(item)))
        here = key or key_of(block, item)
        stated = "" if key else stated_text(item.node)
        match item:
            case Layer():
                yield Line(row_of(own[0]), here, level, stated, fields[name])
            case Use(block=inner, body=body):
                yield Line(sum_of(item, name, own), here, level, stated, holds=True)
                yield from _lines(body.items, iter(own), fields, f"{name}.", inner.name, level + 1)
            case Repeat(copies=copies):
                yield Line(sum_of(item, name, own), here, level, stated, holds=True)
                yield from _lines(copies, iter(own), fields, f"{name}.", block, level + 1, here)


def key_of(block: str, item: Item) -> str:
    """Return the key of the row that `item`, or the first of its copies, is."""
    return f"{block}/{item.name.partition('.')[0]}"


def stated_text(node: Node | None) -> str:
    """Return the maps and the size that a row states, as it writes them."""
    if not isinstance(node, Mapping):
        return ""
    fields = [
        "x".join(texts_of(node.contents[node.names.index(field)]))
        for field in ("maps", "size")
        if field in node.names
    ]
    return " x ".join(fields)


def lines_of_rows(graph: Graph) -> dict[Source, dict[int, str]]:
    """Return, for each text that has rows of `graph`, the key of the row on each of its lines."""
    found: dict[Source, dict[int, str]] = {}
    seen: set[int] = set()
    bodies: list[tuple[str, Body]] = [("", graph.body)]
    while bodies:
        block, body = bodies.pop()
        if id(body) in seen:  # uses that differ in nothing share one
            continue
        seen.add(id(body))
        source = _source(body)
        for item in body.items:
            if source and item.node:
                _, start, end = span_of(item.node, source)
                first, last = (source.position(at)[0] for at in (start, max(start, end - 1)))
                keys = found.setdefault(source, {})
                for number in range(first, last + 1):
                    keys[number] = key_of(block, item)
            copies = item.copies if isinstance(item, Repeat) else (item,)
            bodies += [(copy.block.name, copy.body) for copy in copies if isinstance(copy, Use)]
    return found


def _source(body: Body) -> Source | None:
    """Return the text that the rows of `body` stand in."""
    return next(
        (item.source for item in body.items if not isinstance(item, Passed) and item.source), None
    )
