"""Which of two shapes a row has, where it states another one than it computes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product

from archcompiler.graph.connect import Read
from archcompiler.operations import Inputs, Shape

MOST = 8  # shapes that are thought of besides the one that is gone by


class Doubts:
    """The shapes that rows may have besides those that they are taken to have.

    A row that states one shape and computes to another was reported. Which of both is the slip
    only its readers can tell: they may go by either, so that none of them is reported in turn.
    """

    def __init__(self) -> None:
        self._others: dict[int, tuple[Shape, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._others)

    def __contains__(self, row: int) -> bool:
        return row in self._others

    def of(self, row: int) -> tuple[Shape, ...]:
        """Return the other shapes that a row may have."""
        return self._others.get(row, ())

    def note(self, row: int, taken: Shape, others: Iterable[Shape | None]) -> None:
        """Note shapes that `row` may have besides `taken`."""
        shapes = dict.fromkeys((*self.of(row), *others))
        found = [shape for shape in shapes if shape is not None and shape != taken]
        if found:
            self._others[row] = tuple(found[:MOST])

    def inputs(self, reads: Sequence[Read], taken: Inputs) -> list[Inputs]:
        """Return what a row may read besides `taken`; what is inside of blocks is in no doubt."""
        choices = [
            (shape, *(() if read.inside else self.of(read.row)))
            for read, shape in zip(reads, taken, strict=True)
        ]
        return list(islice(product(*choices), 1, 1 + MOST))
