"""Edits that would make a stated size true: tried, not guessed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from archcompiler.diagnostics import Fault
from archcompiler.operations import Inputs, Maps, Operation, Shape
from archcompiler.operations.fields import SAME, VALID, Padding

MAXIMUM = 3


def edits(operation: Operation, inputs: Inputs, wanted: Shape, *, reads_input: bool) -> list[str]:
    """Return help lines: edits of the layer, or of the input, after which the size is right."""
    found = []
    for text, changed in _changed(operation):
        if _gives(changed, inputs, wanted):
            found.append(f"`{text}` gives {wanted.size}")
            if len(found) == MAXIMUM:
                return found
    if reads_input and isinstance(inputs[0], Maps):
        found += _other_inputs(operation, inputs[0], wanted)
    return found[:MAXIMUM]


def _gives(operation: Operation, inputs: Inputs, wanted: Shape) -> bool:
    try:
        return operation.shape(inputs) == wanted
    except Fault:
        return False


def _changed(operation: Operation) -> Iterator[tuple[str, Operation]]:
    """Yield variants of `operation` that differ in one field, the likeliest slips first."""
    if "padding" in operation.fields:
        for padding in (VALID, SAME):
            yield f"padding: {padding.mode}", _with(operation, padding=padding)
        for cells in range(1, 8):
            explicit = Padding("explicit", ((cells, cells), (cells, cells)))
            yield f"padding: {cells}", _with(operation, padding=explicit)
    if "rounding" in operation.fields:
        yield "rounding: ceil", _with(operation, rounding="ceil")
    for name in ("stride", "kernel"):
        for length in range(1, 12) if name in operation.fields else ():
            yield f"{name}: {length}", _with(operation, **{name: (length, length)})


def _with(operation: Operation, **changes: object) -> Operation:
    return dataclasses.replace(operation, **changes)  # type: ignore[type-var]


def _other_inputs(operation: Operation, maps: Maps, wanted: Shape) -> list[str]:
    if maps.height is None or maps.height != maps.width:
        return []
    for distance in range(1, 17):
        for length in (maps.height + distance, maps.height - distance):
            if length > 0 and _gives(operation, (Maps(maps.maps, length, length),), wanted):
                return [f"an input of {length}x{length} gives {wanted.size}"]
    return []
