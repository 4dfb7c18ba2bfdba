"""From a place in the text of a spec to the Python that it was made from."""

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


class Way(NamedTuple):
    """Keys of mappings and numbers of items that lead to a place: `layers`, 3, `kernel`.

    It may end `at_key`, which is not what stands behind that.
    """

    steps: tuple[str | int, ...] = ()
    at_key: bool = False


class Item(NamedTuple):
    """The number of an item in a mapping or a list, and its key in a mapping."""

    number: int
    key: str = ""


class Places:
    """Finds what texts of one spec were made from."""

    def __init__(self, spec: Part) -> None:
        self.spec = spec
        self.entries = inside(spec)
        self._files: dict[str, File] = {}
        self._roots: dict[Source, Node | None] = {}

    def origin(self, span: Span) -> Span:
        """Return what the text at `span` was made from: an argument, or else a whole call."""
        way = self._way(span)
        part, value = self.spec, self.entries
        items: list[Item] = []  # from `part` on
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

    def written(self, part: Part, field: str) -> Span:
        """Return where a field of `part` was given."""
        return self._within(part, [Item(0, field)])

    def _way(self, span: Span) -> Way:
        """Return the way to a place in a text; as far as that can be read."""
        node, steps = self._root(span.source), list[str | int]()
        while isinstance(node, MappingNode | SequenceNode):
            if isinstance(node, MappingNode):
                at = bisect_right(node.places, span.start) - 1
                if at < 0:
                    break
                steps.append(node.names[at // 2])
                if at % 2 == 0:
                    return Way(tuple(steps), at_key=True)
                node = node.value(at // 2)
            else:
                number = bisect_right(node.items, span.start, key=lambda item: item.start) - 1
                if number < 0:
                    break
                steps.append(number)
                node = node.items[number]
        return Way(tuple(steps))

    def _root(self, source: Source) -> Node | None:
        if source not in self._roots:
            try:  # without an origin, for which a fault would come here again
                self._roots[source] = yaml_reader.read(Source(source.name, source.text), Findings())
            except SpecError:  # it is no YAML
                self._roots[source] = None
        return self._roots[source]

    def _within(self, part: Part, items: list[Item], *, at_key: bool = False) -> Span:
        """Return where the value that `items` lead to is in the call that made `part`."""
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
        if given is None:  # the type of a row is what is called, or what `row` is given
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
    """Return the item that a step leads to; None where there is none."""
    if isinstance(value, dict):
        return Item([*value].index(step), str(step)) if step in value else None
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return Item(step)
    return None


def _within(value: ast.expr, number: int, *, at_key: bool) -> ast.expr | None:
    """Return an item of a list or a mapping; None where it is not written out."""
    match value:
        case ast.Dict(keys=keys, values=values) if None not in keys and number < len(keys):
            return keys[number] if at_key else values[number]
        case ast.List(elts=items) | ast.Tuple(elts=items) if number < len(items):
            starred = any(isinstance(item, ast.Starred) for item in items)
            return None if starred else items[number]
    return None
