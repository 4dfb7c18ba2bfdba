"""The reference of operations as text, Markdown or JSON, from their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple, get_args

import click

from archcompiler.architecture import loads
from archcompiler.diagnostics import SpecError
from archcompiler.graph import Layer
from archcompiler.operations import BUILT_IN, REGISTRY, Family, Operation, Parameter
from archcompiler.operations.fields import REQUIRED, Field
from archcompiler.operations.plugins import leave_out
from archcompiler.operations.reference import Description, default_of, described

HEAD = "archc: 1\nname: Example\nlayers:\n"
TITLES = ("type", "reads", "what it does")
WIDTH = 100
INTRODUCTION = """# Operations

Every `type` that a row may have; `archc ops NAME` shows the same in a terminal. What all rows may
have (`layer`, `from`, `activation`, `maps`, `size`, `when`, `repeat`, `note`) is in
[the language](language.md), what the frameworks make of it in [semantics](semantics.md).

This page is written by `archc ops --format markdown`.
"""


class Entry(NamedTuple):
    """An operation, its documentation, and the layer of its example."""

    operation: type[Operation]
    about: Description
    layer: Layer

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Titles and texts of the facts about it."""
        about, known_as = self.about, self.known_as
        facts = [
            ("Reads", f"{about.reads[0].upper()}{about.reads[1:]}."),
            ("Output", about.shape),
            ("Parameters", about.parameters),
            ("Multiply-adds", about.multiply_adds),
        ]
        return [*facts, ("Also called", ", ".join(known_as))] if known_as else facts

    @property
    def known_as(self) -> list[str]:
        """Its aliases; fields that an alias implies are in brackets."""
        also = self.operation.also.items()
        said = [(word, ", ".join(f"{k}: {v}" for k, v in fields.items())) for word, fields in also]
        return [
            *self.operation.known_as,
            *(
                word if fields.endswith(f" {word}") else f"{word} (`{fields}`)"
                for word, fields in said
            ),
        ]

    @property
    def fields(self) -> list[tuple[str, str, str]]:
        """Name, default and description of each field."""
        return [
            (name, _default(item), f"{item.doc}: {item.kind.expected}")
            for name, item in self.operation.fields.items()
        ]

    @property
    def outcome(self) -> str:
        """The shape, parameters and costs of the example."""
        layer = self.layer
        why = layer.operation.arithmetic(layer.input_shapes)
        text = f"{layer.name} gives {layer.shape}{f': {why}' if why else ''}."
        if layer.parameters:
            tensors = ", ".join(map(_tensor, layer.parameters))
            text += f" It has {layer.parameter_count:,} parameters: {tensors}."
        if layer.multiply_adds:
            text += f" It takes {layer.multiply_adds:,} multiply-adds."
        return text


def _default(item: Field) -> str:
    return "required" if item.default is REQUIRED else default_of(item) or ""


def _tensor(parameter: Parameter) -> str:
    return f"{parameter.name} ({parameter.axes}) of {'x'.join(map(str, parameter.shape))}"


def entry_of(operation: type[Operation]) -> Entry:
    """Return the entry of `operation`; its example is checked like any spec."""
    about = described(operation)
    return Entry(operation, about, loads(f"{HEAD}{about.example}\n", operation.type).layers[-1])


def entries() -> list[Entry]:
    """Return all operations by their families, without plug-ins whose example is faulty."""
    found = []
    families = get_args(Family)
    order = {name: (families.index(each.family), name) for name, each in REGISTRY.items()}
    for name in sorted(REGISTRY, key=order.__getitem__):
        operation = REGISTRY[name]
        try:
            found.append(entry_of(operation))
        except SpecError as error:
            if name in BUILT_IN:
                raise
            leave_out(name, f"its example is faulty: {error.diagnostics[0].message}")
    return found


def overview(entries: Sequence[Entry]) -> str:
    """Return a table of operations for a terminal; cells are not shortened."""
    rows = {
        entry: (f"  {entry.operation.type}", entry.about.reads, entry.about.sentence)
        for entry in entries
    }
    widths = [max(len(row[column]) for row in (TITLES, *rows.values())) for column in (0, 1)]
    lines = [_line(TITLES, widths)]
    for family, group in groupby(entries, _family):
        lines += [f"{family}:", *(_line(rows[entry], widths) for entry in group)]
    return "\n".join([*lines, "", "`archc ops TYPE` shows everything about one.", ""])


def _family(entry: Entry) -> str:
    return entry.operation.family


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}"


def text(entry: Entry) -> str:
    """Return all about one operation for a terminal."""
    out = click.HelpFormatter(width=WIDTH)
    with out.section(entry.operation.type):
        out.write_text(f"{entry.about.sentence} {entry.about.remarks}")
        out.write_paragraph()
        out.write_dl(entry.facts)
    if entry.fields:
        with out.section("Fields"):
            fields = [
                (f"{name} ({default})" if default else name, said)
                for name, default, said in entry.fields
            ]
            out.write_dl(fields, col_max=WIDTH // 2)
    with out.section("Example"):
        for row in entry.about.example.splitlines():
            out.write(f"  {row}\n")
        out.write_paragraph()
        out.write_text(entry.outcome)
    return out.getvalue()


def page(entries: Sequence[Entry]) -> str:
    """Return the page of all operations in Markdown."""
    rows = []
    for family, group in groupby(entries, _family):
        rows.append((f"**{family}**", "", ""))
        rows += [
            (f"[`{operation.type}`](#{operation.type})", about.reads, about.sentence)
            for operation, about, _ in group
        ]
    table = _table(TITLES, rows)
    return "\n".join([INTRODUCTION, table, *map(markdown, entries)])


def markdown(entry: Entry) -> str:
    """Return all about one operation in Markdown."""
    about = entry.about
    parts = [f"## {entry.operation.type}\n", f"{about.sentence} {about.remarks}".strip() + "\n"]
    if entry.fields:
        rows = [
            (f"`{name}`", default if default in ("", "required") else f"`{default}`", said)
            for name, default, said in entry.fields
        ]
        parts.append(_table(("field", "default", "what it holds"), rows))
    parts += [f"- **{title}**: {said}" for title, said in entry.facts]
    parts += ["", f"```yaml\n{HEAD}{about.example}\n```\n", f"{entry.outcome}\n"]
    return "\n".join(parts)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
