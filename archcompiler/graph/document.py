"""The JSON document of a layer table, see `archcompiler.documents.summary`."""

from __future__ import annotations

from collections.abc import Mapping

from archcompiler.documents.document import Lengths
from archcompiler.documents.summary import Layer, Summary, Totals
from archcompiler.graph.graph import Graph
from archcompiler.graph.receptive import Field, receptive_fields
from archcompiler.graph.summary import Row, bytes_of, table_rows


def document(graph: Graph, depth: int | None = None) -> Summary:
    """Return the layers, with blocks folded at `depth`, their receptive fields, and the totals."""
    totals = graph.totals
    return Summary(
        format_version=1,
        name=graph.name,
        fingerprint=graph.fingerprint,
        layers=tuple(_layers(graph, table_rows(graph, depth))),
        outputs=graph.outputs,
        totals=Totals(
            parameters=totals.parameters,
            trainable=totals.trainable,
            not_trainable=totals.not_trainable,
            multiply_adds=totals.multiply_adds,
            memory_bytes=bytes_of(totals.activations),
        ),
    )


def _layers(graph: Graph, rows: list[Row]) -> list[Layer]:
    fields, several = receptive_fields(graph), len(graph.inputs) > 1
    inputs = {layer.name: layer.inputs for layer in graph.layers}
    return [
        Layer(
            name=row.name,
            type=row.type,
            activation=row.activation or None,
            inputs=inputs.get(row.name),
            output=row.shape.lengths,
            parameters=row.parameters,
            multiply_adds=row.multiply_adds,
            memory_bytes=bytes_of(row.activations),
            receptive_field=_cells_seen(fields.get(row.name), several),
        )
        for row in rows
    ]


def _cells_seen(
    fields: Mapping[str, Field | None] | None, several: bool
) -> dict[str, Lengths | None] | Lengths | None:
    if fields is None:  # a block is folded
        return None
    cells = {name: None if field is None else Lengths(field.size) for name, field in fields.items()}
    return cells if several else next(iter(cells.values()))
