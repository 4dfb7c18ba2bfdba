"""Specs in one layout: what `archc fmt` and editors do.

A spec becomes a tree of what is written in it, comments and all (`tree`). Rows are put in order
(`order`), tables in columns (`tables`), and all of it is laid out anew (`layout`, `columns`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from archcompiler.diagnostics import Diagnostic, Findings, Label, Source, Span
from archcompiler.language import reader
from archcompiler.language.format import tables
from archcompiler.language.format.layout import laid_out
from archcompiler.language.format.order import arrange, spell_sizes
from archcompiler.language.format.tree import BLOCK_STYLES, Entry, Group, Text, parsed
from archcompiler.operations import REGISTRY

Form = Literal["table", "rows"]

_ODD_LINE_END = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


@reader.collector_paused()
def formatted(source: Source, to: Form | None = None) -> str:
    """Return the spec in `source` in the one layout; the network that it describes stays the same.

    `to` turns the rows of its tables, and of its blocks, into tables for reading, or these into
    rows. Faults of meaning do not matter.

    Raises:
        SpecError: It cannot be read, or not be turned into what `to` names without a loss.
    """
    findings = Findings()
    reader.read(source, findings)
    odd = _ODD_LINE_END.search(source.text)
    if odd:
        message = f"a line ends in U+{ord(odd[0]):04X}, which few programs take for its end"
        label = Label(Span(source, *odd.span()))
        findings.add(Diagnostic("ARC102", message, label, help=("end it with a line feed",)))
    findings.raise_any()
    source = Source(source.name, source.text.replace("\r\n", "\n"))
    document = parsed(source, findings)
    root = document.value
    if _entries(root):
        _take_braces(root)
    for layers in _layers(root):
        _arrange_layers(layers, source, to, findings)
    for defaults in _named(root, "defaults"):
        for entry in _entries(defaults.value):
            if entry.name in REGISTRY:
                spell_sizes(_entries(entry.value), entry.name)
    findings.raise_any()
    return laid_out(document)


def _entries(node: Text | Group) -> list[Entry]:
    return node.entries if isinstance(node, Group) else []


def _named(node: Text | Group, name: str) -> list[Entry]:
    return [entry for entry in _entries(node) if entry.name == name]


def _take_braces(*nodes: Text | Group) -> None:
    for node in nodes:
        if isinstance(node, Group):
            node.flow = False


def _layers(root: Text | Group) -> Iterator[Entry]:
    """Return every `layers` of a spec and its blocks, with no braces around it: it takes lines."""
    yield from _named(root, "layers")
    for blocks in _named(root, "blocks"):
        for block in _entries(blocks.value):
            for layers in _named(block.value, "layers"):
                _take_braces(blocks.value, block.value)
                yield layers


def _arrange_layers(layers: Entry, source: Source, to: Form | None, findings: Findings) -> None:
    value = layers.value
    if isinstance(value, Text) and value.style in BLOCK_STYLES:
        if to == "rows":
            layers.value = value = tables.to_rows(source, value, findings)
        else:
            value.raw = tables.in_markdown(source, value)
    if not isinstance(value, Group) or value.mapping or not value.entries:
        return
    _take_braces(value)
    for item in value.entries:
        if isinstance(item.value, Group) and item.value.mapping:
            arrange(item.value)
    if to == "table":
        layers.value = tables.to_table(source, layers, value, findings)
