"""Specs in one layout: what `archc fmt` and editors do.

A spec becomes a tree of what is written in it, comments and all (`tree`). Rows are put in order
(`order`), tables in columns (`tables`), and all of it is laid out anew (`layout`, `columns`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from archcompiler.diagnostics import Diagnostic, Findings, Label, Source, Span, SpecError
from archcompiler.language import reader
from archcompiler.language.format import tables
from archcompiler.language.format.layout import laid_out
from archcompiler.language.format.order import arrange, spell_defaults, spell_words
from archcompiler.language.format.tree import BLOCK_STYLES, Entry, Group, Text, parsed
from archcompiler.language.nodes import MappingNode, ScalarNode
from archcompiler.language.table import is_table, lines_of

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
    if "\r\n" in source.text:
        source = Source(source.name, source.text.replace("\r\n", "\n"))
    document = parsed(source, findings)
    root = document.value
    if _entries(root):
        _take_braces(root)
    sections = _named(root, "blocks")
    blocks = {block.name: block for section in sections for block in _entries(section.value)}
    _keep_quotes(blocks.values())
    for layers in _layers(root):
        _arrange_layers(layers, source, to, findings, blocks)
    for defaults in _named(root, "defaults"):
        for entry in _entries(defaults.value):
            spell_defaults(entry)
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


def _keep_quotes(blocks: Iterable[Entry]) -> None:
    """Leave the quotes of texts that are defaults: without them `"int"` would be a type."""
    for block in blocks:
        for params in _named(block.value, "params"):
            for entry in _entries(params.value):
                if isinstance(entry.value, Text):
                    entry.value.kept = bool(entry.value.style)


def _layers(root: Text | Group) -> Iterator[Entry]:
    """Return every `layers` of a spec and its blocks, with no braces around it: it takes lines."""
    yield from _named(root, "layers")
    for blocks in _named(root, "blocks"):
        for block in _entries(blocks.value):
            for layers in _named(block.value, "layers"):
                _take_braces(blocks.value, block.value)
                yield layers


def _arrange_layers(
    layers: Entry, source: Source, to: Form | None, findings: Findings, blocks: Collection[str]
) -> None:
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
            spell_words(item.value, blocks)
            arrange(item.value)
    if to == "table":
        layers.value = tables.to_table(source, layers, value, findings)


def aligned(before: Source, after: Source) -> str:
    """Return the text of `after` with those of its tables in columns that `before` has otherwise.

    They have the same tables but for what cells hold. None are laid out where `before` cannot be
    read.
    """
    text = after.text
    old = [lines_of(before, pasted) for pasted in _pasted(before)]
    for pasted, lines in reversed([*zip(_pasted(after), old, strict=False)]):
        new = lines_of(after, pasted)
        if [line.text for line in new] == [line.text for line in lines] or not new:
            continue
        raw = "\n".join(["|", *(line.text for line in new)])
        indentation = "\n" + " " * (new[0].start - text.rfind("\n", 0, new[0].start) - 1)
        laid_out = tables.in_markdown(after, Text(pasted.text, raw, "|", pasted.start))
        start, end = new[0].start, new[-1].start + len(new[-1].text)
        text = text[:start] + indentation.join(laid_out.split("\n")[1:]) + text[end:]
    return text


def _pasted(source: Source) -> list[ScalarNode]:
    """Return the tables of a spec, and of its blocks, in their order."""
    try:
        root = reader.read(source, Findings())
    except SpecError:  # it is about to become readable
        return []
    blocks = root.get("blocks")
    owners = [root, *(blocks.values if isinstance(blocks, MappingNode) else ())]
    found = [owner.get("layers") for owner in owners if isinstance(owner, MappingNode)]
    pasted = [node for node in found if isinstance(node, ScalarNode) and is_table(source, node)]
    return sorted(pasted, key=lambda node: node.start)
