"""A spec that is open in an editor: its text, its diagnostics, and its network if it is valid."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from archcompiler.architecture import Architecture, loads
from archcompiler.check import IS_SPEC
from archcompiler.diagnostics import Diagnostic, Source, Span, SpecError
from archcompiler.graph import Body, Layer, Limits, Repeat, Use
from archcompiler.graph.receptive import Field, receptive_fields
from archcompiler.language.nodes import MappingNode, ScalarNode, SequenceNode
from archcompiler.language.places import Places


class Document:
    """One version of a text. If it cannot be parsed, its nodes are those of `before`."""

    def __init__(
        self,
        name: str,
        text: str,
        before: Document | None = None,
        limits: Limits = Limits(),  # noqa: B008  (immutable)
    ) -> None:
        self.source = Source(name, text)
        self.places = Places(self.source)
        self.is_spec = IS_SPEC.search(text.encode(errors="replace")) is not None
        root = self.places.root
        old: MappingNode | None = before.root if before else None
        self.root: MappingNode | None = root if isinstance(root, MappingNode) else old
        self.network: Architecture | None = None
        self.diagnostics: tuple[Diagnostic, ...] = ()
        if self.is_spec:
            self._check(limits)

    def _check(self, limits: Limits) -> None:
        text, name = self.source.text, self.source.name
        try:
            self.network = loads(text, name, limits=limits, folder=Path(name).parent)
            self.diagnostics = self.network.warnings
        except SpecError as error:
            self.diagnostics = error.diagnostics

    @cached_property
    def blocks(self) -> dict[str, MappingNode]:
        """The blocks of the file, by name."""
        section = self.root.get("blocks") if self.root else None
        found = section.items() if isinstance(section, MappingNode) else ()
        return {key.text: node for key, node in found if isinstance(node, MappingNode)}

    @cached_property
    def fields(self) -> dict[str, dict[str, Field | None]]:
        """The receptive fields, by the names of layers and inputs; empty if there are faults."""
        return receptive_fields(self.network.graph) if self.network else {}

    def rows(self, block: str) -> list[MappingNode]:
        """Return the rows of a block, or of the network if `block` is empty."""
        owner = self.blocks.get(block) if block else self.root
        layers = owner.get("layers") if owner else None
        items = layers.items if isinstance(layers, SequenceNode) else []
        return [item for item in items if isinstance(item, MappingNode)]

    def given(self, block: str) -> list[str]:
        """Return the names of a block's inputs; an empty list for the network."""
        inputs = self.blocks[block].get("inputs") if block in self.blocks else None
        items = inputs.items if isinstance(inputs, SequenceNode) else []
        names = [item.text for item in items if isinstance(item, ScalarNode)]
        return names or (["input"] if block else [])

    def row_named(self, block: str, name: str) -> tuple[str, MappingNode] | None:
        """Return the row with a (dotted) name, and the block that it is in."""
        first, _, rest = name.partition(".")
        while rest and rest.partition(".")[0].isdecimal():
            rest = rest.partition(".")[2]
        for row in self.rows(block):
            own = row.get("layer")
            if isinstance(own, ScalarNode) and own.text == first:
                kind = row.get("type")
                inner = kind.text if isinstance(kind, ScalarNode) else ""
                return (
                    self.row_named(inner, rest) if rest and inner in self.blocks else (block, row)
                )
        return None

    def layers_of(self, row: MappingNode) -> list[Layer]:
        """Return the layers that are made from a row; for rows of blocks there may be many."""
        if self.network is None:
            return []
        return [
            layer
            for layer in self.network.layers
            if isinstance(layer.node, MappingNode)
            and layer.node.start == row.start
            and layer.source is not None
            and layer.source.name == self.source.name
        ]

    def uses_of(self, row: MappingNode) -> list[tuple[str, Use | Repeat]]:
        """Return the uses of blocks and repeated rows that are made from a row, with full names."""
        if self.network is None:
            return []
        found = _items(self.network.graph.body, "")
        return [(name, item) for name, item in found if item.node.start == row.start]

    def values_in_uses(self, block: str, parameter: str) -> list[Any]:
        """Return the values that a block's parameter has, each once, in the order of the uses."""
        uses = _uses(self.network.graph.body, set()) if self.network else ()
        found: dict[str, Any] = {}
        for use in uses:
            if use.block.name == block and use.source.name == self.source.name:
                value = use.arguments.get(parameter)
                found.setdefault(repr(value), value)
        return list(found.values())


def placed(found: Diagnostic, source: Source) -> tuple[Span, str]:
    """Return the place in `source` at which to show a diagnostic, and its message.

    A diagnostic of another file is shown where this file leads to it.
    """
    own = [
        label.span
        for label in (found.label, *found.labels)
        if label.span.source.name == source.name
    ]
    message = "\n".join([found.message, *found.notes, *found.help])
    if found.span.source.name != source.name:
        message = f"{found.place}: {message}"
    return own[0] if own else Span(source, 0, 1), message


def _items(body: Body, prefix: str) -> Iterator[tuple[str, Use | Repeat]]:
    for item in body.items:
        name = prefix + item.name
        match item:
            case Repeat(copies=copies):
                yield name, item
                for copy in copies:
                    if isinstance(copy, Use):
                        yield from _items(copy.body, f"{name}.{copy.name}.")
            case Use(body=inner):
                yield name, item
                yield from _items(inner, f"{name}.")


def _uses(body: Body, seen: set[int]) -> Iterator[Use]:
    """Yield the uses of blocks in `body` and in those blocks; equal ones inside of others once."""
    if id(body) in seen:
        return
    seen.add(id(body))
    for item in body.items:
        for use in item.copies if isinstance(item, Repeat) else (item,):
            if isinstance(use, Use):
                yield use
                yield from _uses(use.body, seen)
