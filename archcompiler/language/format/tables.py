"""Pasted tables as Markdown, and conversion between rows and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcompiler.diagnostics import Diagnostic, Findings, Label, Source, Span
from archcompiler.language import table
from archcompiler.language.aliases import is_input
from archcompiler.language.format import columns
from archcompiler.language.format.tree import Entry, Group, Text
from archcompiler.language.nodes import Content, MappingNode, Node, ScalarNode, SequenceNode
from archcompiler.operations.words import COMMON

# The first columns, in this order. Others follow, and fields of all rows are last.
_TITLES = ("layer", "type", "maps", "size", "kernel", "stride", "padding", "activation")
_REMARK = re.compile(r"[0-9][^()|,\t\n]*\([^()\n]*\)")


def in_markdown(source: Source, pasted: Text) -> str:
    """Return a pasted table as aligned Markdown; unchanged if that could change its meaning."""
    raw = pasted.raw or ""
    lines = table.lines_of(source, ScalarNode(pasted.text, pasted.start))
    separator = table.separator_in(lines[0]) if lines else None
    if separator is None or len(lines) < _lines_below(raw):
        return raw
    titles, *rows = [table.cells_of(line, separator) for line in lines]
    if separator == "|":
        rows = [row for row in rows if not table.is_rule(row)]
    elif any("|" in cell.text for row in rows for cell in row) or any(map(table.is_rule, rows)):
        return "\n".join(["|", *(line.text for line in lines)])
    cells = [[cell.text for cell in row] for row in (titles, *rows)]
    return "\n".join(["|", *columns.table(cells)])


def _lines_below(raw: str) -> int:
    return sum(bool(line.strip()) for line in raw.split("\n")[1:])


def to_rows(source: Source, pasted: Text, findings: Findings) -> Group:
    """Return the rows of a pasted table; report what would be lost."""
    scalar = ScalarNode(pasted.text, pasted.start)
    rows = Group(mapping=False, flow=False)
    for node in table.rows_of(source, scalar, findings):
        assert isinstance(node, MappingNode)
        row = Group(mapping=True, flow=True)
        remarks = []
        for key, value in node.items():
            row.entries.append(Entry(Text(key.text), _text_or_list(value)))
            remark = _REMARK.match(source.text, value.start)
            if remark and isinstance(value, ScalarNode) and "(" not in value.text:
                remarks.append(remark[0])  # of `3 (RGB)`, the row holds 3
        entry = Entry(None, row)
        entry.behind = [f"# {', '.join(remarks)}"] if remarks else []
        rows.entries.append(entry)
    if len(table.lines_of(source, scalar)) < _lines_below(pasted.raw or ""):
        message = "this table ends early, at a line that is indented less than its first"
        _report(findings, source, pasted, message, "indent its lines alike")
    return rows


def _text_or_list(node: Node) -> Text | Group:
    if isinstance(node, ScalarNode):
        return Text(node.text)
    assert isinstance(node, SequenceNode)  # what `from` names
    names = Group(mapping=False, flow=True)
    names.entries = [Entry(None, _text_or_list(item)) for item in node.items]
    return names


def to_table(source: Source, layers: Entry, rows: Group, findings: Findings) -> Text:
    """Return rows as a table, with their comments above `layers`; report what would be lost."""
    cells: list[dict[str, str]] = []
    known = table.columns()
    for item in rows.entries:
        row = item.value
        if not isinstance(row, Group) or not row.mapping:
            _report(findings, source, row, "a row of a table is a mapping")
            continue
        cells.append({})
        for entry in row.entries:
            cell = table.cell_of(entry.name, _content(entry.value))
            if entry.name not in known:
                message = f"a table has no column for `{entry.name}`"
                _report(findings, source, entry.key or row, message)
            elif cell is None:
                message = f"no cell of a table can say what stands in `{entry.name}`"
                _report(findings, source, entry.value, message)
            else:
                cells[-1][entry.name] = cell
    given = [is_input(row.get("type", "")) for row in cells]
    if given[1:] and given[-1] and not given[0]:
        message = "a table whose last row is an input is read upwards: this one would be, too"
        _report(findings, source, rows.entries[-1].value, message)
    layers.above += _comments_in(rows)
    names = dict.fromkeys(name for row in cells for name in row)
    others = [*(name for name in names if name not in COMMON), *COMMON]
    order = [name for name in dict.fromkeys([*_TITLES, *others]) if name in names]
    titles = [name.replace("_", " ").title() for name in order]
    lines = columns.table([titles, *([row.get(name, "") for name in order] for row in cells)])
    return Text("", "\n".join(["|", *lines]), "|")


def _content(node: Text | Group) -> Content:
    """Return a value as the content of a node, of which texts and lists of texts are kept."""
    if isinstance(node, Text):
        return node.text
    items = [_content(entry.value) for entry in node.entries]
    flat = not node.mapping and all(isinstance(item, str) for item in items)
    return SequenceNode(
        [ScalarNode(item, 0) for item in items if isinstance(item, str) and flat], 0, 0
    )


def _comments_in(group: Group) -> Iterator[str]:
    """Return the comments in a group in order, without empty lines."""
    for entry in group.entries:
        inside = _comments_in(entry.value) if isinstance(entry.value, Group) else ()
        yield from filter(None, (*entry.above, *inside, *entry.behind))
    yield from filter(None, group.foot)


def _report(
    findings: Findings,
    source: Source,
    node: Text | Group,
    message: str,
    advice: str = "leave these `layers` as rows, which can hold it",
) -> None:
    first_line = (node.raw or "").partition("\n")[0] if isinstance(node, Text) else ""
    label = Label(Span(source, node.start, node.start + max(len(first_line), 1)))
    findings.add(Diagnostic("ARC208", message, label, help=(advice,)))
