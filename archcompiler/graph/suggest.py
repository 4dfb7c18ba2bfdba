"""Edits that would make a stated size true: tried, not guessed."""

from __future__ import annotations

from collections.abc import Iterator

from archcompiler.diagnostics import Fault
from archcompiler.operations import Inputs, Operation, Shape
from archcompiler.operations.lengths import SAME, VALID, Padding

REACH = 16  # how far from the stated input another one is looked for


def edits(operation: Operation, inputs: Inputs, wanted: Shape, *, reads_input: bool) -> list[str]:
    """Return help lines: edits after which the size is right, one for each field that has one."""
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
    """Return the shape that an operation gives; None where that is a fault."""
    try:
        return operation.on(inputs).shape(inputs)
    except Fault:
        return None


def variants(operation: Operation) -> Iterator[list[tuple[str, Operation]]]:
    """Yield, field by field, what `operation` may have been meant to be, the likeliest first."""
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
    """Return along how many axes the windows of an operation slide."""
    return len(getattr(operation, "kernel"))  # noqa: B009  (windows alone have variants)


def _with(operation: Operation, **changes: object) -> Operation:
    return operation.replaced(**changes)


def _other_input(operation: Operation, maps: Shape, wanted: Shape) -> list[str]:
    """Return the nearest square input that makes the size right, the padding changed if need be."""
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
