"""A network as a flat spec: blocks, repeats and expressions are written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcompiler.diagnostics import Source
from archcompiler.graph.graph import Graph
from archcompiler.graph.layer import Layer
from archcompiler.language.spec import VERSION
from archcompiler.operations.fields import REQUIRED
from archcompiler.operations.record import Record
from archcompiler.operations.reference import written


def expanded(graph: Graph) -> str:
    """Return the text of a spec without blocks of the same network, with all sizes stated."""
    from archcompiler.language.format import formatted

    flat = graph.flat()
    lines = [f"archc: {VERSION}", f"name: {graph.name}"]
    if graph.description:
        lines.append(f"description: {_quoted(graph.description)}")
    lines += ["layers:", *_rows(flat)]
    if flat.outputs != (flat.layers[-1].name,):
        lines.append(f"outputs: [{', '.join(flat.outputs)}]")
    if graph.training is not None:
        training = graph.training
        lines += ["training:", f"  loss: {training.loss}"]
        for name in ("optimizer", "schedule"):
            record = getattr(training, name)
            if record is not None:
                fields = _inside({"type": record.type} | dict(fields_of(record)))
                lines.append(f"  {name}: {{{fields}}}")
        if training.metrics:
            lines.append(f"  metrics: [{', '.join(training.metrics)}]")
    return formatted(Source(graph.name, "\n".join(lines) + "\n"))


def _rows(graph: Graph) -> Iterator[str]:
    above = ["", *(layer.name for layer in graph.layers)]
    for layer, name in zip(graph.layers, above, strict=False):
        yield f"- {{{_inside(_row(layer, name))}}}"


def _row(layer: Layer, above: str) -> dict[str, str]:
    row = {"layer": layer.name, "type": layer.type}
    shape = layer.shape
    if not shape.is_vector:
        row["maps"] = str(shape.channels)
    row["size"] = written(shape.places or (shape.channels,))
    row |= dict(fields_of(layer.operation))
    if layer.activation is not None:
        row["activation"] = written(layer.activation)
    if layer.inputs and layer.inputs != (above,):
        several = len(layer.inputs) > 1
        row["from"] = f"[{', '.join(layer.inputs)}]" if several else layer.inputs[0]
    return row


def fields_of(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the fields of an operation whose values are no defaults, as a spec writes them."""
    for name, item in record.fields.items():
        value, default = getattr(record, name), item.default
        if value != default:
            text = field_text(name, value)  # which may be equal: one number for all axes
            if default in (None, REQUIRED) or text != field_text(name, default):
                yield name, text


def field_text(field: str, value: Any) -> str:
    """Return the value of a field as a spec writes it, and equal strides as one number."""
    square = field in ("stride", "dilation") and len(set(value)) == 1
    return written(value[:1] if square else value)


def _inside(row: dict[str, str]) -> str:
    return ", ".join(f"{key}: {text}" for key, text in row.items())


def _quoted(text: str) -> str:
    """Return a text on one line in quotes; control characters are escaped."""
    from archcompiler.language.format.layout import quoted

    return quoted(" ".join(text.split()))
