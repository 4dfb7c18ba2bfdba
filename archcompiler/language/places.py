"""What is at an offset of a spec: the row, the field, and the path of keys that leads there."""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archcompiler.diagnostics import Findings, Source, SpecError
from archcompiler.language import table, yaml_reader
from archcompiler.language.nodes import MappingNode, Node, ScalarNode, SequenceNode, span_of


class Place(NamedTuple):
    """The node at an offset, and the path to it, such as `layers`, `C1`, `kernel`.

    Rows are in the path by name, or by number if they have none. `row` is the innermost row,
    `node` the innermost node; `is_key` is whether that is a key or a value.
    """

    path: tuple[str, ...] = ()
    row: MappingNode | None = None
    node: Node | None = None
    is_key: bool = False

    @property
    def layer(self) -> str:
        """The name of the row; empty outside of rows, or if it has none."""
        name = self.row.get("layer") if self.row else None
        return name.text if isinstance(name, ScalarNode) else ""


Items = tuple[list[int], list[tuple[str, Node]]]  # offsets, and pairs of name and node


class Places:
    """Finds nodes by offset in one source; none in a text that is not YAML."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._known: dict[int, Items] = {}
        try:
            self.root: Node | None = yaml_reader.read(source, Findings())
        except SpecError:
            self.root = None

    def at(self, offset: int) -> Place:
        """Return the place at `offset`."""
        if self.root is None:
            return Place()
        return self._within(self.root, Place(node=self.root), offset)

    def _within(self, node: Node, place: Place, offset: int) -> Place:
        for name, inner, is_key in self._parts(node, place, offset):
            if self._holds(inner, offset):
                is_row = isinstance(inner, MappingNode) and isinstance(
                    node, SequenceNode | ScalarNode
                )
                row = inner if is_row and isinstance(inner, MappingNode) else place.row
                found = Place((*place.path, name), row, inner, is_key)
                return found if is_key else self._within(inner, found, offset)
        return place

    def _holds(self, node: Node, offset: int) -> bool:
        """Whether `offset` is in a node or just behind it; space at its end does not count."""
        start, end = span_of(node, self.source)[1:]
        if isinstance(node, ScalarNode) and table.is_table(self.source, node):
            end = table.end_of(self.source, node)
        return start <= offset <= start + len(self.source.text[start:end].rstrip())

    def _parts(self, node: Node, place: Place, offset: int) -> Iterator[tuple[str, Node, bool]]:
        """Return the parts of `node` that may hold `offset`, with their names."""
        if isinstance(node, MappingNode):
            for key, value in node.items():
                yield key.text, key, True
                yield key.text, value, False
            return
        rows = place.path[-1:] == ("layers",)
        if isinstance(node, ScalarNode) and not (rows and table.is_table(self.source, node)):
            return  # the first name in a cell begins where the list of all of them does
        starts, items = self._items(node)
        index = bisect_right(starts, offset) - 1
        if index >= 0:
            yield *items[index], False

    def _items(self, node: ScalarNode | SequenceNode) -> Items:
        """Return the items of a list, or the rows of a table, sorted by offset."""
        if node.start not in self._known:
            items: Iterable[Node] = ()
            if isinstance(node, SequenceNode):
                items = node.items
            else:
                with contextlib.suppress(SpecError):  # too many faults
                    items = table.rows_of(self.source, node, Findings())
            named = [(_name_of(item, index), item) for index, item in enumerate(items)]
            named.sort(key=lambda pair: pair[1].start)
            self._known[node.start] = [item.start for _, item in named], named
        return self._known[node.start]


def _name_of(item: Node, index: int) -> str:
    name = item.get("layer") if isinstance(item, MappingNode) else None
    return name.text if isinstance(name, ScalarNode) and name.text else str(index)
