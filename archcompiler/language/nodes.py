"""YAML nodes with their offsets in the text."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from archcompiler.diagnostics import Source, Span

_WORD_END = re.compile(r" *(?:[,\]}\r\n|\t]| #)")


class ScalarNode:
    """A scalar. All scalars are text: the field that reads one gives it a type."""

    __slots__ = ("start", "text")

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start


class SequenceNode:
    """A list of nodes."""

    __slots__ = ("end", "items", "start")

    def __init__(self, items: list[Node], start: int, end: int) -> None:
        self.items = items
        self.start = start
        self.end = end


class MappingNode:
    """Keys and their values, in the order of the text.

    A large spec has millions of scalars, so a mapping does not keep nodes: `names` are the keys,
    `contents` the values, and `places` their offsets (of a key, of its value, of the next key, …).
    """

    __slots__ = ("contents", "end", "names", "places", "start")

    def __init__(
        self,
        names: tuple[str, ...],
        contents: list[Content],
        places: Iterable[int],
        start: int,
        end: int,
    ) -> None:
        self.names = names
        self.contents = contents
        self.places = array("Q", places)
        self.start = start
        self.end = end

    @property
    def keys(self) -> list[ScalarNode]:
        """The keys."""
        return [ScalarNode(*pair) for pair in zip(self.names, self.places[::2], strict=True)]

    @property
    def values(self) -> list[Node]:
        """The values."""
        return [self.value(index) for index in range(len(self.names))]

    def value(self, index: int) -> Node:
        """Return one of the values."""
        return node_of(self.contents[index], self.places[2 * index + 1])

    def items(self) -> Iterator[tuple[ScalarNode, Node]]:
        """Return the pairs of key and value."""
        return zip(self.keys, self.values, strict=True)

    def get(self, name: str) -> Node | None:
        """Return the value of the key `name`, if there is one."""
        if name not in self.names:
            return None
        return self.value(self.names.index(name))

    def key(self, name: str) -> ScalarNode:
        """Return the key `name` itself."""
        return ScalarNode(name, self.places[2 * self.names.index(name)])


Node = ScalarNode | SequenceNode | MappingNode
Content = str | SequenceNode | MappingNode  # a node, or a scalar whose offset is kept elsewhere


def node_of(content: Content, place: int) -> Node:
    """Return the node of a value that begins at `place`."""
    return ScalarNode(content, place) if isinstance(content, str) else content


def texts_of(content: Content) -> list[str]:
    """Return the texts that a value holds: its own, or those of a list."""
    if isinstance(content, str):
        return [content]
    items = content.items if isinstance(content, SequenceNode) else []
    return [item.text for item in items if isinstance(item, ScalarNode)]


def span_of(node: Node, source: Source) -> Span:
    """Return the span of `node`; the end of a scalar, which is not kept, is found in the text."""
    if not isinstance(node, ScalarNode):
        return Span(source, node.start, max(node.end, node.start + 1))
    text, start = source.text, node.start
    opening = text[start : start + 1]
    if text.startswith(node.text, start) and node.text:
        return Span(source, start, start + len(node.text))
    if opening in ("'", '"'):
        return Span(source, start, _closing_quote(text, start, opening) + 1)
    end = _WORD_END.search(text, start)
    return Span(source, start, max(end.start() if end else len(text), start + 1))


def _closing_quote(text: str, start: int, quote: str) -> int:
    at = start + 1
    while at < len(text):
        if text[at] == "\\" and quote == '"':
            at += 2
        elif text[at] == quote:
            if quote == "'" and text[at + 1 : at + 2] == "'":
                at += 2
            else:
                return at
        else:
            at += 1
    return len(text) - 1


def describe(node: Node) -> str:
    """Describe `node` for a message: `a mapping`, `an empty list`, "the text `x`"."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list" if node.items else "an empty list"
    if not node.text:
        return "empty"
    text = node.text if len(node.text) <= 60 else node.text[:57] + "..."
    return f"the text `{text}`"


@lru_cache(4)
def _expressions(source: Source) -> str:
    return " ".join(re.findall(r"\$\{[^{}]*\}", source.text))


class Provenance(NamedTuple):
    """Where a value is written: a node, and the text that it stands in.

    If the node is just a parameter, as in `kernel: ${k}`, `above` is where that is given: by a use
    of the block, by default, or in `params`. `name` is set for a parameter of the spec, which many
    rows may use.
    """

    node: Node
    source: Source
    above: Provenance | None = None
    name: str = ""

    @property
    def span(self) -> Span:
        """The span of the node."""
        return span_of(self.node, self.source)

    @property
    def is_shared(self) -> bool:
        """Whether several expressions use it, so that it may be right for the others."""
        words = rf"\b{self.name}\b"
        return bool(self.name) and len(re.findall(words, _expressions(self.source))) > 1

    def origin(self, *, certain: bool) -> Provenance:
        """Follow `above` to where the value comes from: an argument, a default, or `params`.

        If it is not `certain` that the value is wrong, stop before a parameter that is shared.
        """
        at = self
        while at.above is not None and (certain or not at.above.is_shared):
            at = at.above
        return at


def field_span(node: Node, source: Source, *fields: str | None) -> Span:
    """Return the span of the first of `fields` that the row `node` has, or else of the row."""
    if isinstance(node, MappingNode):
        for name in fields:
            value = node.get(name) if name else None
            if value is not None:
                return span_of(value, source)
    return span_of(node, source)
