"""Layer tables pasted from articles, to rows.

    layers: |
      Layer | Type        | Maps | Size    | Kernel size
      In    | Input       | 3    | 227x227 |
      C1    | Convolution | 96   | 55x55   | 11

Columns are separated by `|`, tabs or commas. Each cell keeps its offset in the file.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from archcompiler.diagnostics import Diagnostic, Edit, Findings, Fix, Label, Source, Span
from archcompiler.language.aliases import field_of, is_input, key_meant
from archcompiler.language.nodes import (
    Content,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe,
    texts_of,
)
from archcompiler.language.values import ValueReader
from archcompiler.operations import FIELDS
from archcompiler.operations.words import COMMON

KEPT = {"layer", "from", "note"}  # columns of names or prose, which are not normalized

_DASHES = {"", "-", "--", "–", "—", "−"}  # noqa: RUF001  (articles print these for "none")
_SIZE = re.compile(r"(?P<height>[0-9?]+) *[xX×] *(?P<width>[0-9?]+)")  # noqa: RUF001
_REMARK = re.compile(r"([0-9][^()]*?) *\([^()]*\)")


class Cell(NamedTuple):
    """The text of a cell, or of a line, and its offset."""

    text: str
    start: int


def is_table(source: Source, scalar: ScalarNode) -> bool:
    """Whether `scalar` is a block scalar of YAML, after `|` or `>`."""
    return source.text[scalar.start : scalar.start + 1] in ("|", ">")


def end_of(source: Source, scalar: ScalarNode) -> int:
    """Return where the last line of the table ends."""
    lines = lines_of(source, scalar)
    return lines[-1].start + len(lines[-1].text) if lines else scalar.start + 1


def rows_of(source: Source, scalar: ScalarNode, findings: Findings) -> list[Node]:
    """Return the rows of the table, the input first; report faults of the table."""
    lines = lines_of(source, scalar)
    if not lines:
        findings.add(
            Diagnostic(
                "ARC208",
                "the table is empty",
                Label(Span(source, scalar.start, scalar.start + 1)),
                help=("its lines stand below, indented",),
            )
        )
        return []
    separator = separator_in(lines[0])
    if separator is None:
        findings.add(
            Diagnostic(
                "ARC208",
                "the first line of a table names its columns",
                Label(_span(source, lines[0]), "no `|`, tab or comma separates columns here"),
                help=("for example `Layer | Type | Maps | Size | Kernel Size | Stride | Padding`",),
            )
        )
        return []
    heads = cells_of(lines[0], separator)
    titles = _titles(heads, source, findings)
    untitled = {index for index, head in enumerate(heads) if not head.text}
    rows: list[Node] = []
    for line in lines[1:]:
        cells = cells_of(line, separator)
        if separator == "|" and is_rule(cells):
            continue
        for index, cell in enumerate(cells):
            if cell.text in _DASHES or (index < len(heads) and index not in untitled):
                continue
            untitled.discard(index)  # reported once
            message = "this column has no title"
            if index >= len(heads):
                message = f"this row has more cells than the {len(heads)} columns of the table"
            label = Label(_span(source, cell), "no title stands above this")
            findings.add(Diagnostic("ARC208", message, label))
            break
        rows.append(_row(titles, cells, line))
    if not rows:
        label = Label(_span(source, lines[0]), "the titles")
        findings.add(Diagnostic("ARC208", "no rows stand below the titles of this table", label))
    return rows[::-1] if _ends_with_input(rows) else rows


def columns() -> set[str]:
    """Return the fields that may be columns of a table."""
    return {*COMMON, *FIELDS}


def _titles(heads: list[Cell], source: Source, findings: Findings) -> list[ScalarNode | None]:
    """Return the field of each column; None for an unknown or an empty title."""
    fields = columns()
    titles: list[ScalarNode | None] = []
    first: dict[str, Cell] = {}
    for head in heads:
        word = field_of(head.text)
        name = word if word in fields else None
        if word and name is None:
            guess, near = key_meant(word, sorted(fields))
            name = guess.word if near else word
            help_lines = (f"did you mean `{guess.word}`?",) if guess.word else ()
            span = _span(source, head)
            fix = Fix((Edit(span, guess.word),), guess.sure) if guess.word else None
            message = f"no layer has a field `{word}`"
            findings.add(Diagnostic("ARC202", message, Label(span), help=help_lines, fix=fix))
        elif name in first:
            here, there = _span(source, head), _span(source, first[name])
            labels = (Label(there, "first here"),)
            message = f"two columns are `{name}`"
            findings.add(Diagnostic("ARC103", message, Label(here, "again here"), labels))
        titles.append(ScalarNode(name, head.start) if name and name not in first else None)
        first.setdefault(name or "", head)
    return titles


def _span(source: Source, cell: Cell) -> Span:
    return Span(source, cell.start, cell.start + max(len(cell.text), 1))


def lines_of(source: Source, scalar: ScalarNode) -> list[Cell]:
    """Return the lines of the block, with their offsets in the file."""
    text = source.text
    at = text.find("\n", scalar.start)
    indentation, lines = None, []
    while 0 <= at < len(text) - 1:
        start = at + 1
        at = text.find("\n", start)
        line = text[start : at if at >= 0 else len(text)].rstrip("\r")
        content = line.lstrip(" ")
        if not content.strip():
            continue
        depth = len(line) - len(content)
        if indentation is None:
            indentation = depth
            if scalar.text == "":
                break
        if depth < indentation or depth == 0:
            break
        lines.append(Cell(content.rstrip(" "), start + depth))
    return lines


def separator_in(titles: Cell) -> str | None:
    """Return the separator of columns in the line of titles: `|`, tab or comma; None if none."""
    return next((mark for mark in "|\t," if mark in titles.text), None)


def is_rule(cells: list[Cell]) -> bool:
    """Whether this is the line of dashes below the titles in Markdown."""
    return all(re.fullmatch(r":?-+:?", cell.text) for cell in cells)


def cells_of(line: Cell, separator: str) -> list[Cell]:
    """Return the cells of a line."""
    text, start = line.text, line.start
    if separator == "|":
        stripped = text.rstrip("\t ")
        if stripped.startswith("|"):
            stripped, start = stripped[1:], start + 1
        text = stripped.removesuffix("|")
    cells = []
    for part in text.split(separator):
        bare = part.strip()
        cells.append(Cell(bare, start + (len(part) - len(part.lstrip()) if bare else 0)))
        start += len(part) + 1
    return cells


def _row(titles: list[ScalarNode | None], cells: list[Cell], line: Cell) -> MappingNode:
    names: list[str] = []
    contents: list[Content] = []
    places: list[int] = []
    for title, cell in zip(titles, cells, strict=False):
        if title is None or cell.text in _DASHES:
            continue
        names.append(title.text)
        contents.append(content_of(title.text, cell))
        places += (title.start, cell.start)
    return MappingNode(tuple(names), contents, places, line.start, line.start + len(line.text))


def content_of(field: str, cell: Cell) -> Content:
    """Return the value of `field` that a cell means."""
    if field == "from":
        return _sources(cell)
    return cell.text if field in KEPT else _plain(cell.text)


def cell_of(field: str, content: Content) -> str | None:
    """Return the text of a cell that means `content`; None if no cell can."""
    if not isinstance(content, str) and field != "from":
        return None
    texts = texts_of(content)
    cell = Cell(", ".join(texts), 0)
    if cell.text in _DASHES or "|" in cell.text or not cell.text.isprintable() or is_rule([cell]):
        return None
    again = content_of(field, Cell(cell.text.strip(), 0))
    return cell.text if texts_of(again) == texts else None


def _sources(cell: Cell) -> Content:
    """Return the layer name in a cell, or a list of names for `C1, C2`."""
    names = [ScalarNode(m[0], cell.start + m.start()) for m in re.finditer(r"[^\s,+;]+", cell.text)]
    if len(names) < 2:
        return cell.text
    return SequenceNode([*names], cell.start, cell.start + len(cell.text))


def _plain(text: str) -> str:
    """Normalize a cell: `Max pooling` -> `max_pooling`, `6X6` -> `6x6`, `3 (RGB)` -> `3`."""
    if "${" in text:
        return text
    remark = _REMARK.fullmatch(text)  # not `normal(0.01)`
    if remark:
        text = remark[1]
    size = _SIZE.fullmatch(text)
    if size:
        return f"{size['height']}x{size['width']}"
    return re.sub(r"[\s_-]+", "_", text.lower()) if re.match(r"[A-Za-z]", text) else text


def _ends_with_input(rows: list[Node]) -> bool:
    """Whether the table runs from the output down to the input, as articles often print it."""

    def begins(row: Node) -> bool:
        kind = row.get("type") if isinstance(row, MappingNode) else None
        return isinstance(kind, ScalarNode) and is_input(kind.text)

    return len(rows) > 1 and begins(rows[-1]) and not begins(rows[0])


def rows_under(root: MappingNode, what: str, reader: ValueReader) -> list[Node]:
    """Return the nodes under `layers` of a spec or block; an empty list if that is faulty."""
    node = root.get("layers")
    if isinstance(node, ScalarNode) and is_table(reader.source, node):
        return rows_of(reader.source, node, reader.findings)
    if isinstance(node, SequenceNode) and node.items:
        return node.items
    help_lines = ["a list of rows, `- {layer: C1, type: convolution, …}`, or a table after `|`"]
    if node is None:
        reader.missing(root, f"{what} needs `layers`", "layers", help_lines[0])
    else:
        message = f"`layers` is a list of rows or a table; this is {describe(node)}"
        reader.report("ARC106", message, node, help=help_lines)
    return []
