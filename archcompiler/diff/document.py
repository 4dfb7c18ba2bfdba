"""The JSON document of a diff, see `archcompiler.documents.diff`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcompiler.diff.compare import Diff, FieldChange
from archcompiler.diff.compare import Tensor as OfLayer
from archcompiler.diff.grouping import file_of, span_of_layer
from archcompiler.documents import diff as documents
from archcompiler.documents.document import Place
from archcompiler.graph.graph import Graph
from archcompiler.graph.layer import Layer
from archcompiler.graph.summary import bytes_of


def document(diff: Diff) -> documents.Diff:
    """Return all changes, layer by layer and tensor by tensor."""
    return documents.Diff(
        format_version=1,
        old=_network(diff.old),
        new=_network(diff.new),
        empty=diff.empty,
        settings=_fields(diff.settings),
        layers=tuple(
            documents.LayerChange(
                change=change.kind,
                old=change.old and _layer(change.old),
                new=change.new and _layer(change.new),
                fields=_fields(change.fields),
                effects=_fields(change.effects),
            )
            for change in diff.layers
        ),
        checkpoint=_checkpoint(diff),
    )


def _network(graph: Graph) -> documents.Network:
    totals = graph.totals
    return documents.Network(
        spec=file_of(graph),
        name=graph.name,
        fingerprint=graph.fingerprint,
        layers=len(graph.layers),
        parameters=totals.parameters,
        multiply_adds=totals.multiply_adds,
        memory_bytes=bytes_of(totals.activations),
    )


def _layer(layer: Layer) -> documents.Layer:
    return documents.Layer(
        name=layer.name,
        type=layer.type,
        output=layer.shape.lengths,
        parameters=layer.parameter_count,
        multiply_adds=layer.multiply_adds,
        memory_bytes=bytes_of(layer.shape.elements),
        place=_place(layer),
    )


def _fields(changes: Iterable[FieldChange]) -> tuple[documents.Change, ...]:
    return tuple(documents.Change(field=field, old=old, new=new) for field, old, new in changes)


def _checkpoint(diff: Diff) -> documents.Checkpoint:
    """Return the errors of a strict load; a renamed tensor is both missing and extra."""
    missing, extra, reshaped = [], [], []
    for old, new in diff.tensors:
        if old and new and old.name == new.name:
            tensor = documents.Reshaped(**_tensor(new), old_shape=old.shape, new_shape=new.shape)
            reshaped.append(tensor)
            continue
        if new:
            before = old.name if old else None
            missing.append(documents.Missing(**_tensor(new), shape=new.shape, renamed_from=before))
        if old:
            after = new.name if new else None
            extra.append(documents.Extra(**_tensor(old), shape=old.shape, renamed_to=after))
    return documents.Checkpoint(
        loads=diff.loads,
        fitting=diff.fitting,
        missing=tuple(missing),
        extra=tuple(extra),
        reshaped=tuple(reshaped),
    )


def _tensor(tensor: OfLayer) -> dict[str, Any]:
    layer = tensor.layer
    return {
        "tensor": tensor.name,
        "layer": layer.name,
        "parameter": tensor.parameter.name,
        "place": _place(layer),
    }


def _place(layer: Layer) -> Place:
    span = span_of_layer(layer)
    return Place.at(span.source.name, span.source.position(span.start))
