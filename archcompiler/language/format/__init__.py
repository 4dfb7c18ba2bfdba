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
    assert isinstance(root, Group)
    root.flow = not root.entries
    for entry in _layers(root):
        _arrange_layers(entry, source, to, findings)
    for entry in _under(root, "defaults"):
        if isinstance(entry.value, Group) and entry.name in REGISTRY:
            spell_sizes(entry.value, entry.name)
    findings.raise_any()
    return laid_out(document)


def _under(group: Group, name: str) -> list[Entry]:
    """Return what stands under the key `name`, if there is such a key."""
    return [
        inner
        for entry in group.entries
        if entry.name == name and isinstance(entry.value, Group)
        for inner in entry.value.entries
    ]


def _layers(root: Group) -> Iterator[Entry]:
    """Return every `layers` of a spec and its blocks, with no braces around it: it takes lines."""
    yield from (entry for entry in root.entries if entry.name == "layers")
    for section in root.entries:
        if section.name != "blocks" or not isinstance(section.value, Group):
            continue
        for block in section.value.entries:
            rows = block.value
            for entry in rows.entries if isinstance(rows, Group) else ():
                if entry.name == "layers" and isinstance(rows, Group):
                    section.value.flow = rows.flow = False
                    yield entry


def _arrange_layers(layers: Entry, source: Source, to: Form | None, findings: Findings) -> None:
    value = layers.value
    if isinstance(value, Text) and value.style in BLOCK_STYLES:
        if to == "rows":
            layers.value = value = tables.to_rows(source, value, findings)
        else:
            value.raw = tables.in_markdown(source, value)
    if not isinstance(value, Group) or value.mapping or not value.entries:
        return
    value.flow = False
    for item in value.entries:
        if isinstance(item.value, Group) and item.value.mapping:
            arrange(item.value)
    if to == "table":
        layers.value = tables.to_table(source, layers, value, findings)
