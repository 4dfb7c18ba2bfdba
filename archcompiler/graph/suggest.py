"""Suggestions of edits after which a row has its stated size; each is tried before."""

from __future__ import annotations

from collections.abc import Iterator

from archcompiler.diagnostics import Fault
from archcompiler.operations import Inputs, Operation, Shape
from archcompiler.operations.lengths import SAME, VALID, Padding

REACH = 16  # distance from the present input size to a suggested one, in cells


def edits(operation: Operation, inputs: Inputs, wanted: Shape, *, reads_input: bool) -> list[str]:
    """Return help lines: for each field, the first edit after which the shape is `wanted`."""
    found = []
    for choices in variants(operation):
        for text, changed in choices:
            if given(changed, inputs) == wanted:
                why = changed.arithmetic(inputs)
                found.append(f"`{text}` gives {wanted.size}" + (f": {why}" if why else ""))
                break
    if reads_input and not inputs[0].is_vector:
        found += _other_input(operation, inputs[0], wanted)
    return found


def given(operation: Operation, inputs: Inputs) -> Shape | None:
    """Return the output shape of an operation; None if it fails."""
    try:
        return operation.on(inputs).shape(inputs)
    except Fault:
        return None


def variants(operation: Operation) -> Iterator[list[tuple[str, Operation]]]:
    """Yield for each field the variants of `operation` with other values, the likeliest first."""
    if "padding" in operation.fields:
        yield [*_paddings(operation)]
    if "rounding" in operation.fields:
        yield [("rounding: ceil", _with(operation, rounding="ceil"))]
    for name in ("stride", "kernel"):
        if name in operation.fields:
            yield [
                (f"{name}: {length}", _with(operation, **{name: (length,) * _rank(operation)}))
                for length in range(1, 12)
            ]


def _paddings(operation: Operation) -> Iterator[tuple[str, Operation]]:
    for padding in (VALID, SAME):
        yield f"padding: {padding.mode}", _with(operation, padding=padding)
    for cells in range(1, 8):
        explicit = Padding("explicit", (cells,) * 2 * _rank(operation))
        yield f"padding: {cells}", _with(operation, padding=explicit)


def _rank(operation: Operation) -> int:
    """Return the number of spatial axes of an operation with a kernel."""
    return len(getattr(operation, "kernel"))  # noqa: B009  (windows alone have variants)


def _with(operation: Operation, **changes: object) -> Operation:
    return operation.replaced(**changes)


def _other_input(operation: Operation, maps: Shape, wanted: Shape) -> list[str]:
    """Return the nearest square input that gives the wanted size, maybe with `padding: valid`."""
    side = maps.places[0]
    if side is None or set(maps.places) != {side}:
        return []
    candidates = [("", operation)]
    if "padding" in operation.fields:
        valid = _with(operation, padding=VALID)
        candidates.append((" with `padding: valid`", valid))
    for distance in range(1, REACH + 1):
        for text, changed in candidates:
            for length in (side + distance, side - distance):
                square = maps._replace(places=(length,) * maps.rank)
                if length > 0 and given(changed, (square,)) == wanted:
                    return [f"an input of {square.size}{text} gives {wanted.size}"]
    return []
