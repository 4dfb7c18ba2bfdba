"""The formatter of specs, for `archc fmt` and editors.

A spec is parsed into a tree that keeps comments and spelling (`tree`). Fields of rows are renamed
and ordered (`row_fields`), tables are aligned (`tables`), and the tree is written (`layout`,
`columns`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from archcompiler.diagnostics import Diagnostic, Findings, Label, Source, Span, SpecError
from archcompiler.language import yaml_reader
from archcompiler.language.format import tables
from archcompiler.language.format.layout import laid_out
from archcompiler.language.format.row_fields import arrange, spell_defaults, spell_words
from archcompiler.language.format.tree import BLOCK_STYLES, Entry, Group, Text, parsed
from archcompiler.language.nodes import MappingNode, ScalarNode
from archcompiler.language.spec import KEYS
from archcompiler.language.table import is_table, lines_of

Form = Literal["table", "rows"]

_ODD_LINE_END = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


@yaml_reader.collector_paused()
def formatted(source: Source, to: Form | None = None) -> str:
    """Return the text of a spec in the standard layout; it describes the same network.

    `to` converts tables into rows or rows into tables, also those of blocks. The spec must be
    valid YAML, but may have other faults.

    Raises:
        SpecError: The text cannot be parsed, or the conversion would lose something.
    """
    findings = Findings()
    yaml_reader.read(source, findings)
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
    # A key that is none may be a slip of the pen for `blocks`: what it names is no alias either.
    sections = [each for each in _entries(root) if each.name == "blocks" or each.name not in KEYS]
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
    """Keep the quotes of defaults of parameters: without them, `"int"` would be a type."""
    for block in blocks:
        for params in _named(block.value, "params"):
            for entry in _entries(params.value):
                if isinstance(entry.value, Text):
                    entry.value.kept = bool(entry.value.style)


def _layers(root: Text | Group) -> Iterator[Entry]:
    """Return each `layers` of a spec and its blocks; braces around it are removed."""
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


def realigned(before: Source, after: Source) -> str:
    """Return the text of `after` with the columns of changed tables aligned again.

    `before` has the same tables with other cells. If it cannot be parsed, nothing is aligned.
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
    """Return the pasted tables of a spec and its blocks, in the order of the text."""
    try:
        root = yaml_reader.read(source, Findings())
    except SpecError:  # the edit makes it readable
        return []
    blocks = root.get("blocks")
    owners = [root, *(blocks.values if isinstance(blocks, MappingNode) else ())]
    found = [owner.get("layers") for owner in owners if isinstance(owner, MappingNode)]
    pasted = [node for node in found if isinstance(node, ScalarNode) and is_table(source, node)]
    return sorted(pasted, key=lambda node: node.start)
