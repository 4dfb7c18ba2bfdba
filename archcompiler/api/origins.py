"""From places in the generated text of a spec to the Python code that they come from."""

from __future__ import annotations

import ast
from bisect import bisect_right
from typing import Any, NamedTuple

from archcompiler.api.part import Part, key_of
from archcompiler.api.site import File
from archcompiler.api.text import inside
from archcompiler.diagnostics import Findings, Source, Span, SpecError
from archcompiler.language import yaml_reader
from archcompiler.language.nodes import MappingNode, Node, SequenceNode


class KeyPath(NamedTuple):
    """The path of keys and indices to a place in the text: `layers`, 3, `kernel`.

    `at_key` is whether the place is the last key itself, and not its value.
    """

    steps: tuple[str | int, ...] = ()
    at_key: bool = False


class Item(NamedTuple):
    """The index of an item in a mapping or a list, and its key in a mapping."""

    number: int
    key: str = ""


class Origins:
    """Finds the Python code that the text of one spec was generated from."""

    def __init__(self, spec: Part) -> None:
        self.spec = spec
        self.entries = inside(spec)
        self._files: dict[str, File] = {}
        self._roots: dict[Source, Node | None] = {}

    def origin(self, span: Span) -> Span:
        """Return the span of the Python code of `span`: an argument, or else a whole call."""
        way = self._way(span)
        part, value = self.spec, self.entries
        items: list[Item] = []  # the path from `part` on
        for index, step in enumerate(way.steps, 1):
            found = _item_of(value, step)
            if found is None:
                return self._within(part, items)
            items.append(found)
            value = value[step]
            own_key = way.at_key and index == len(way.steps) and len(items) == 1
            if isinstance(value, Part) and not own_key:
                part, items = value, []
            value = inside(value)
        return self._within(part, items, at_key=way.at_key)

    def field_span(self, part: Part, field: str) -> Span:
        """Return the span of the argument `field` of the call that made `part`."""
        return self._within(part, [Item(0, field)])

    def _way(self, span: Span) -> KeyPath:
        """Return the path to a place in a text, as far as the text can be parsed."""
        node, steps = self._root(span.source), list[str | int]()
        while isinstance(node, MappingNode | SequenceNode):
            if isinstance(node, MappingNode):
                at = bisect_right(node.places, span.start) - 1
                if at < 0:
                    break
                steps.append(node.names[at // 2])
                if at % 2 == 0:
                    return KeyPath(tuple(steps), at_key=True)
                node = node.value(at // 2)
            else:
                number = bisect_right(node.items, span.start, key=lambda item: item.start) - 1
                if number < 0:
                    break
                steps.append(number)
                node = node.items[number]
        return KeyPath(tuple(steps))

    def _root(self, source: Source) -> Node | None:
        if source not in self._roots:
            try:  # without an origin: a fault would lead here again
                self._roots[source] = yaml_reader.read(Source(source.name, source.text), Findings())
            except SpecError:  # not YAML
                self._roots[source] = None
        return self._roots[source]

    def _within(self, part: Part, items: list[Item], *, at_key: bool = False) -> Span:
        """Return the span of the value at `items` in the call that made `part`."""
        site = part.site
        if site.file not in self._files:
            self._files[site.file] = File(site.file)
        file = self._files[site.file]
        call = file.call(site)
        if call is None:
            return file.line(site.line)
        key = items[0].key if items else "name" if at_key else ""
        keys = ((one, key_of(type(part), one.arg)) for one in call.keywords if one.arg)
        given = next((one for one, name in keys if name == key), None)
        if given is None:  # the type of a row is the callee, or the argument of `row`
            kind = call.args[0] if call.args else call.func
            return file.span(kind if key == "type" else call)
        if at_key and len(items) == 1:
            return file.word(given)
        value: ast.expr = given.value
        for index, item in enumerate(items[1:], 2):
            found = _within(value, item.number, at_key=at_key and index == len(items))
            if found is None:
                break
            value = found
        return file.span(value)


def _item_of(value: Any, step: str | int) -> Item | None:
    """Return the item at a step of a path; None if there is none."""
    if isinstance(value, dict):
        return Item([*value].index(step), str(step)) if step in value else None
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return Item(step)
    return None


def _within(value: ast.expr, number: int, *, at_key: bool) -> ast.expr | None:
    """Return an item of a list or dictionary display; None if the expression is none."""
    match value:
        case ast.Dict(keys=keys, values=values) if None not in keys and number < len(keys):
            return keys[number] if at_key else values[number]
        case ast.List(elts=items) | ast.Tuple(elts=items) if number < len(items):
            starred = any(isinstance(item, ast.Starred) for item in items)
            return None if starred else items[number]
    return None
