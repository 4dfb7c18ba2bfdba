"""Completion at the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from archcompiler.editor import vocabulary
from archcompiler.editor.cursor import Cursor, cursor_at, in_comment
from archcompiler.editor.document import Document
from archcompiler.editor.vocabulary import Entry, doc_of
from archcompiler.language.nodes import MappingNode, ScalarNode, describe
from archcompiler.language.parameters import TYPES, type_named


class Completion(NamedTuple):
    """A proposed word; `kind` is one of type, field, value, layer, parameter.

    `insert` is the inserted text if that is not just the word.
    """

    word: str
    kind: str
    detail: str = ""
    doc: str = ""
    insert: str = ""


def completions(document: Document, offset: int) -> list[Completion]:
    """Return the proposals at `offset`, the likeliest first."""
    if in_comment(document.source.text, offset):
        return []
    cursor = cursor_at(document.source.text, offset)
    found: dict[str, Completion] = {}
    for completion in _all(document, cursor):
        found.setdefault(completion.word, completion)
    return list(found.values())


def _all(document: Document, cursor: Cursor) -> Iterator[Completion]:
    if cursor.expression:
        return _in_expression(document, cursor)
    if cursor.in_row:
        return _value_of_row(document, cursor) if cursor.key else _field(document, cursor)
    return _elsewhere(document, cursor)


def _in_expression(document: Document, cursor: Cursor) -> Iterator[Completion]:
    for owner in (document.blocks.get(cursor.block), document.root):
        params = owner.get("params") if owner else None
        if isinstance(params, MappingNode):
            for key, node in params.items():
                yield Completion(key.text, "parameter", describe(node).removeprefix("the text "))
    for name, said in vocabulary.in_expressions(document.given(cursor.block)).items():
        yield Completion(name, "value", said)


def _value_of_row(document: Document, cursor: Cursor) -> Iterator[Completion]:
    match cursor.key:
        case "type":
            yield from _blocks(document)
            yield from _entries("type", vocabulary.types())
        case "from":
            yield from _layers(document, cursor)
        case key:
            kind = cursor.others.get("type", "")
            entry = vocabulary.fields_of_row(kind).get(key)
            if entry is not None and kind not in document.blocks:
                yield from (Completion(value, "value") for value in vocabulary.values_of(entry))


def _blocks(document: Document) -> Iterator[Completion]:
    for name, block in document.blocks.items():
        description = block.get("description")
        doc = description.text if isinstance(description, ScalarNode) else ""
        yield Completion(name, "type", "a block of this file", doc)


def _layers(document: Document, cursor: Cursor) -> Iterator[Completion]:
    for name in document.given(cursor.block):
        yield Completion(name, "layer", "what the block is given")
    rows = document.rows(cursor.block)
    own = cursor.others.get("layer")
    for row in reversed(rows):  # near ones first
        layer, kind = row.get("layer"), row.get("type")
        if isinstance(layer, ScalarNode) and layer.text != own:
            shapes = {str(found.shape) for found in document.layers_of(row)}
            shape = shapes.pop() if len(shapes) == 1 else ""
            detail = kind.text if isinstance(kind, ScalarNode) else ""
            yield Completion(layer.text, "layer", f"{detail}, {shape}" if shape else detail)


def _field(document: Document, cursor: Cursor) -> Iterator[Completion]:
    kind = cursor.others.get("type", "")
    if kind in document.blocks:
        params = document.blocks[kind].get("params")
        if isinstance(params, MappingNode):
            for key, node in params.items():
                if key.text not in cursor.others:
                    text = node.text if isinstance(node, ScalarNode) else describe(node)
                    detail = f"needs {text}" if type_named(text) else f"{text} if left out"
                    yield Completion(key.text, "field", detail, "", f"{key.text}: ")
        kind = ""
    yield from _keys(vocabulary.fields_of_row(kind), cursor.others)


def _elsewhere(document: Document, cursor: Cursor) -> Iterator[Completion]:
    """Yield the proposals outside of rows."""
    entries = vocabulary.keys_under(cursor.path, cursor.others.get("type", ""))
    match cursor.path, cursor.key:
        case (), "outputs":
            yield from _layers(document, cursor)
        case ("blocks", _, "params"), key if key:
            yield from (Completion(name, "value", "a type: each use gives it") for name in TYPES)
        case _, "":
            yield from _keys(entries, cursor.others)
        case _, key if key in entries:
            yield from (Completion(value, "value") for value in vocabulary.values_of(entries[key]))


def _keys(entries: Mapping[str, Entry], taken: Iterable[str]) -> Iterator[Completion]:
    for name, entry in entries.items():
        if name not in taken:
            yield Completion(name, "field", "", doc_of(entry), f"{name}: ")


def _entries(kind: str, entries: Mapping[str, Entry]) -> Iterator[Completion]:
    for name, entry in entries.items():
        yield Completion(name, kind, str(entry.get("description", "")), doc_of(entry))
