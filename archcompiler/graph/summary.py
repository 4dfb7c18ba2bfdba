"""The layer table of a graph as text, Markdown, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable

from archcompiler.graph.graph import Graph
from archcompiler.graph.layer import Layer
from archcompiler.operations import Dimension, Maps, Shape

BYTES = 4  # of a float32
TITLES = ("layer", "type", "output", "parameters", "multiply-adds", "memory")
NOTE = (
    "A multiply-add counts as one; convolutions and fully connected layers have them.\n"
    "Memory is that of the outputs for one sample in float32."
)


def _shape(shape: Shape) -> str:
    return f"{shape.maps} x {shape.size}" if isinstance(shape, Maps) else shape.size


def _number(number: Dimension) -> str:
    return "?" if number is None else f"{number:,}"


def _memory(elements: Dimension) -> str:
    return "?" if elements is None else f"{elements * BYTES / 2**10:,.1f} KiB"


def _row(layer: Layer) -> tuple[str, ...]:
    kind = layer.type if layer.activation is None else f"{layer.type}, {layer.activation}"
    return (
        layer.name,
        kind,
        _shape(layer.shape),
        _number(layer.parameter_count),
        _number(layer.multiply_adds),
        _memory(layer.shape.elements),
    )


def _rows(graph: Graph) -> list[tuple[str, ...]]:
    totals = graph.totals
    total = ("total", "", "", _number(totals.parameters), _number(totals.multiply_adds))
    return [*map(_row, graph.layers), (*total, _memory(totals.activations))]


def _trained(graph: Graph) -> str:
    totals = graph.totals
    return f"{totals.trainable:,} parameters are trained, {totals.not_trainable:,} are not."


def _aligned(rows: Iterable[tuple[str, ...]], join: str) -> list[str]:
    """Return the rows with equal columns; numbers, from the fourth column on, to the right."""
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    return [
        join.join(
            cell.rjust(width) if column >= 3 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def text(graph: Graph) -> str:
    """Return the table for a terminal; it is never cut."""
    head, *body, total = _aligned([TITLES, *_rows(graph)], "  ")
    rule = "-" * max(map(len, (head, *body, total)))
    lines = [graph.name, rule, head, rule, *body, rule, total, "", _trained(graph), NOTE]
    return "\n".join(lines) + "\n"


def markdown(graph: Graph) -> str:
    """Return the table in Markdown."""
    head, *body = _aligned([TITLES, *_rows(graph)], " | ")
    rule = "|---|---|---|---:|---:|---:|"
    table = [f"| {head} |", rule, *(f"| {line} |" for line in body)]
    return "\n".join([f"**{graph.name}**", "", *table, "", _trained(graph), NOTE]) + "\n"


def comma_separated(graph: Graph) -> str:
    """Return the layers as CSV: plain numbers, memory in bytes, unknown ones empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ("layer", "type", "activation", "output", "parameters", "multiply_adds", "memory_bytes")
    )
    for layer in graph.layers:
        elements = layer.shape.elements
        writer.writerow(
            (
                layer.name,
                layer.type,
                layer.activation or "",
                _shape(layer.shape),
                layer.parameter_count,
                "" if layer.multiply_adds is None else layer.multiply_adds,
                "" if elements is None else elements * BYTES,
            )
        )
    return out.getvalue()


def as_json(graph: Graph) -> str:
    """Return everything as JSON; unknown sizes are null."""
    totals = graph.totals
    document = {
        "format_version": 1,
        "name": graph.name,
        "fingerprint": graph.fingerprint,
        "layers": [
            {
                "name": layer.name,
                "type": layer.type,
                "activation": None if layer.activation is None else str(layer.activation),
                "inputs": layer.inputs,
                "output": layer.shape[:3] if isinstance(layer.shape, Maps) else layer.shape[:1],
                "parameters": layer.parameter_count,
                "multiply_adds": layer.multiply_adds,
                "memory_bytes": _bytes(layer.shape.elements),
            }
            for layer in graph.layers
        ],
        "outputs": graph.outputs,
        "totals": {
            "parameters": totals.parameters,
            "trainable": totals.trainable,
            "not_trainable": totals.not_trainable,
            "multiply_adds": totals.multiply_adds,
            "memory_bytes": _bytes(totals.activations),
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _bytes(elements: Dimension) -> Dimension:
    return None if elements is None else elements * BYTES


FORMATS: dict[str, Callable[[Graph], str]] = {
    "text": text,
    "markdown": markdown,
    "csv": comma_separated,
    "json": as_json,
}
