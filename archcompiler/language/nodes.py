"""A spec's text as a tree of nodes that know where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcompiler.diagnostics import Source, Span

_WORD_END = re.compile(r"[,\]}\n]| #")


class Scalar:
    """A piece of text. A million rows hold sixteen million of these: two slots, and no more."""

    __slots__ = ("start", "text")

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start


class Sequence:
    """A list of nodes."""

    __slots__ = ("end", "items", "start")

    def __init__(self, items: list[Node], start: int, end: int) -> None:
        self.items = items
        self.start = start
        self.end = end


class Mapping:
    """Keys and their values, in the order of the text."""

    __slots__ = ("end", "keys", "start", "values")

    def __init__(self, keys: list[Scalar], values: list[Node], start: int, end: int) -> None:
        self.keys = keys
        self.values = values
        self.start = start
        self.end = end

    def items(self) -> Iterator[tuple[Scalar, Node]]:
        """Return the pairs of key and value."""
        return zip(self.keys, self.values, strict=True)

    def get(self, name: str) -> Node | None:
        """Return the value of the key `name`, if there is one."""
        for key, value in zip(self.keys, self.values, strict=True):
            if key.text == name:
                return value
        return None

    def key(self, name: str) -> Scalar:
        """Return the key `name` itself."""
        return next(key for key in self.keys if key.text == name)


Node = Scalar | Sequence | Mapping


def span_of(node: Node, source: Source) -> Span:
    """Return where `node` stands. A scalar's end is found in the text: only a fault asks for it."""
    if not isinstance(node, Scalar):
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
    """Return what `node` is, for a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if not node.text:
        return "empty"
    text = node.text if len(node.text) <= 60 else node.text[:57] + "..."
    return f"the text `{text}`"


def field_span(node: Node, source: Source, *fields: str | None) -> Span:
    """Return where the first of `fields` that the row `node` has stands, or else the row."""
    if isinstance(node, Mapping):
        for name in fields:
            value = node.get(name) if name else None
            if value is not None:
                return span_of(value, source)
    return span_of(node, source)
