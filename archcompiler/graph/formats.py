"""The layer table of a graph as text, Markdown, CSV or JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from archcompiler.graph.graph import Graph
from archcompiler.graph.summary import (
    Row,
    bytes_of,
    memory_text,
    number_text,
    shape_text,
    table_lines,
    table_rows,
)

TITLES = ("layer", "type", "output", "parameters", "multiply-adds", "memory")
NOTE = (
    "A multiply-add counts as one; convolutions and fully connected layers have them.\n"
    "Memory is that of the outputs for one sample in float32."
)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.type}, {row.activation}" if row.activation else row.type,
        shape_text(row.shape),
        number_text(row.parameters),
        number_text(row.multiply_adds),
        memory_text(row.activations),
    )


def _rows(graph: Graph, depth: int | None) -> list[tuple[str, ...]]:
    totals = graph.totals
    total = ("total", "", "", number_text(totals.parameters), number_text(totals.multiply_adds))
    return [*map(_cells, table_rows(graph, depth)), (*total, memory_text(totals.activations))]


def _trained(graph: Graph) -> str:
    totals = graph.totals
    return f"{totals.trainable:,} parameters are trained, {totals.not_trainable:,} are not."


def text(graph: Graph, depth: int | None = None) -> str:
    """Return the table for a terminal; names are not shortened."""
    head, *body, total = table_lines([TITLES, *_rows(graph, depth)], "  ")
    rule = "-" * max(map(len, (head, *body, total)))
    lines = [graph.name, rule, head, rule, *body, rule, total, "", _trained(graph), NOTE]
    return "\n".join(lines) + "\n"


def markdown(graph: Graph, depth: int | None = None) -> str:
    """Return the table in Markdown."""
    head, *body = table_lines([TITLES, *_rows(graph, depth)], " | ")
    rule = "|---|---|---|---:|---:|---:|"
    table = [f"| {head} |", rule, *(f"| {line} |" for line in body)]
    return "\n".join([f"**{graph.name}**", "", *table, "", _trained(graph), NOTE]) + "\n"


def comma_separated(graph: Graph, depth: int | None = None) -> str:
    """Return the layers as CSV: plain numbers, memory in bytes, unknown values empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ("layer", "type", "activation", "output", "parameters", "multiply_adds", "memory_bytes")
    )
    for row in table_rows(graph, depth):
        writer.writerow(
            (
                row.name,
                row.type,
                row.activation,
                shape_text(row.shape),
                row.parameters,
                "" if row.multiply_adds is None else row.multiply_adds,
                "" if row.activations is None else bytes_of(row.activations),
            )
        )
    return out.getvalue()


def as_json(graph: Graph, depth: int | None = None) -> str:
    """Return the table as JSON, see `graph/document.py`."""
    from archcompiler.graph.document import document

    return document(graph, depth).text()


FORMATS: dict[str, Callable[[Graph, int | None], str]] = {
    "text": text,
    "markdown": markdown,
    "csv": comma_separated,
    "json": as_json,
}
