"""The JSON document of operations, see `archcompiler.documents.operations`."""

from __future__ import annotations

from collections.abc import Sequence

from archcompiler.cli.reference import Entry
from archcompiler.documents import operations as documents
from archcompiler.graph import Layer
from archcompiler.language.scalars import typed
from archcompiler.operations.fields import REQUIRED, Field
from archcompiler.operations.reference import default_of


def document(entries: Sequence[Entry]) -> documents.Reference:
    """Return the document of some operations."""
    return documents.Reference(format_version=1, operations=tuple(map(_operation, entries)))


def _operation(entry: Entry) -> documents.Operation:
    operation, about, layer = entry
    least, most = operation.minimum_inputs, operation.maximum_inputs
    return documents.Operation(
        type=operation.type,
        known_as=(*operation.known_as, *operation.also),
        sentence=about.sentence,
        remarks=about.remarks,
        inputs=documents.Inputs(minimum=least, maximum=most),
        fields=tuple(_field(name, item) for name, item in operation.fields.items()),
        output=about.shape,
        parameters=about.parameters,
        multiply_adds=about.multiply_adds,
        example=_example(about.example, layer),
    )


def _field(name: str, item: Field) -> documents.OfField:
    default = default_of(item)
    return documents.OfField(
        name=name,
        doc=item.doc,
        kind=item.kind.expected,
        required=item.default is REQUIRED,
        default=None if default is None else typed(default),
    )


def _example(text: str, layer: Layer) -> documents.Example:
    return documents.Example(
        rows=tuple(text.splitlines()),
        output=layer.shape.lengths,
        parameters=tuple(
            documents.Parameter(
                name=item.name, axes=item.axes, shape=item.shape, trainable=item.trainable
            )
            for item in layer.parameters
        ),
        multiply_adds=layer.multiply_adds,
    )
