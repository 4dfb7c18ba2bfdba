"""Fields that hold a number for each axis of places: windows, sizes, padding.

How many axes there are says the input of a row, and not its text: `3` is `3x3` on maps of height x
width. `spread` gives such a value the numbers that it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcompiler.operations import numbers
from archcompiler.operations.fields import Count, Invalid, Kind, Raw, Schema, word_in
from archcompiler.operations.shape import MOST_PLACES, Dimension

_CELL, _BY = numbers.LENGTH, r"\s*[xX\u00d7]\s*"  # as texts, in schemas
_ONE_EACH = tuple(range(1, MOST_PLACES + 1))


def _window(cell: str, items: Schema) -> Schema:
    """Return the schema of one cell, or of one for each axis."""
    lists = {"items": items, "minItems": 1, "maxItems": MOST_PLACES}
    pattern = f"^{cell}({_BY}{cell}){{0,{MOST_PLACES - 1}}}$"
    return {"type": ["string", "integer", "array"], "pattern": pattern, "minimum": 1, **lists}


def _cells(
    raw: Raw, allowed: Sequence[int], minimum: int = 1, unknown: str | None = None
) -> list[Any]:
    """Return the numbers in `3x3` or `[3, 3]`, of which there must be as many as `allowed`."""
    cells = numbers.lengths(raw, unknown)
    if cells and len(cells) in allowed and all(cell is None or cell >= minimum for cell in cells):
        return cells
    meant, safe = numbers.lengths_meant(raw, allowed, minimum)
    raise Invalid(f"write `{meant}`" if meant else None, safe=safe)


class Window(Kind):
    """A number of cells for each axis, such as a kernel or a stride."""

    expected = "a whole number from 1, or one for each axis as `3x3` or `[3, 3]`"

    def parse(self, raw: Raw) -> tuple[int, ...]:
        """Return one number, or one for each axis."""
        return tuple(_cells(raw, _ONE_EACH))

    def spread(self, value: Any, rank: int) -> Any:
        """Return a number for each of `rank` axes."""
        return _spread(value, rank)

    def schema(self) -> Schema:
        """Return the schema of a number, or some."""
        return _window(_CELL, Count().schema())


def _spread(value: tuple[Any, ...] | None, rank: int) -> tuple[Any, ...] | None:
    if value is None or len(value) == rank:
        return value
    if len(value) > 1:
        raise Invalid(f"one number is for all axes: `{value[0]}`" if len(set(value)) == 1 else None)
    return value * rank


class Size(Kind):
    """The size of an output: a length for each axis with `?` where it is not known, or one."""

    expected = "a whole number from 1 or `?`, or one for each axis as `55x55` or `[55, 55]`"

    def parse(self, raw: Raw) -> tuple[Dimension, ...]:
        """Return one dimension, or one for each axis."""
        return tuple(_cells(raw, _ONE_EACH, unknown="?"))

    def spread(self, value: Any, rank: int) -> Any:
        """Return a dimension for each of `rank` axes."""
        return _spread(value, rank)

    def schema(self) -> Schema:
        """Return the schema of a dimension, or some."""
        cell = rf"(\?|{_CELL})"
        return _window(cell, {**Count().schema(), "pattern": f"^{cell}$"})


class NewSize(Size):
    """The size of an output that has other axes than the input."""

    spread = Kind.spread

    def schema(self) -> Schema:
        """Return the schema of a dimension, or some."""
        return super().schema()


class Padding(NamedTuple):
    """Padding as it is written: a mode, or numbers of cells.

    There is one number for all sides, one for each axis, or two for each axis: those before and
    those behind. Where the number of axes is known there are two for each.
    """

    mode: str
    cells: tuple[int, ...] = ()

    def at(self, axis: int) -> tuple[int, int]:
        """Return the cells before and behind, where there are two for each axis or none."""
        if not self.cells:
            return 0, 0
        return self.cells[2 * axis], self.cells[2 * axis + 1]

    @property
    def is_even(self) -> bool:
        """Whether it is one number of cells on all sides."""
        return len(set(self.cells)) == 1


VALID, SAME = Padding("valid"), Padding("same")


class PaddingKind(Kind):
    """`valid`, `same`, further `words` such as `causal`, or numbers of cells."""

    def __init__(self, *words: str) -> None:
        self.words = ("valid", "same", *words)
        self.expected = (
            f"{', '.join(f'`{word}`' for word in self.words)}, a number of cells, one for each axis"
            " as `1x2` (rows, columns), or two for each axis as `[top, bottom, left, right]`"
        )

    def parse(self, raw: Raw) -> Padding:
        """Return the padding."""
        if word_in(raw, self.words):
            return Padding(str(raw))
        cells = _cells(raw, sorted({*_ONE_EACH, *(2 * count for count in _ONE_EACH)}), minimum=0)
        return Padding("explicit", tuple(cells)) if any(cells) else VALID

    def spread(self, value: Any, rank: int) -> Any:
        """Return the padding with two numbers for each of `rank` axes."""
        assert isinstance(value, Padding)
        count = len(value.cells)
        if value.mode == "valid":
            return Padding("valid", (0,) * 2 * rank)
        if count in (0, 2 * rank):
            return value
        if count not in (1, rank):
            raise Invalid
        each = value.cells * rank if count == 1 else value.cells
        return Padding(value.mode, tuple(cell for cell in each for _ in range(2)))

    def schema(self) -> Schema:
        """Return the schema of the words, and of cells."""
        cells = {**_window(_CELL, Count(0).schema()), "minimum": 0, "maxItems": 2 * MOST_PLACES}
        several = "|".join(f"({_BY}{_CELL}){{{count - 1}}}" for count in (2, 3, 4, 6))
        cells["pattern"] = f"^{_CELL}({several})?$"
        return {"anyOf": [{"enum": [*self.words]}, cells]}


class Cells(PaddingKind):
    """Numbers of cells on each side, at least one of them above 0."""

    def __init__(self) -> None:
        super().__init__()
        self.expected = (
            "a number of cells, one for each axis as `1x2` (rows, columns), "
            "or two for each axis as `[top, bottom, left, right]`"
        )

    def parse(self, raw: Raw) -> Padding:
        """Return the padding."""
        padding = super().parse(raw)
        if padding.mode != "explicit":
            raise Invalid
        return padding

    def schema(self) -> Schema:
        """Return the schema of cells."""
        found: Schema = super().schema()["anyOf"][1]
        return found
