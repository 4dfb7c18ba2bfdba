"""Which of two shapes a row has, where it states one size and computes to another.

    - {layer: C1, type: convolution, maps: 96, size: 54x54, kernel: 11, stride: 4}
    - {layer: P1, type: max_pooling, size: 27x27, kernel: 3, stride: 2}

On an input of 227x227, `C1` computes to 55x55, which is reported. Either its `size` is the mistake
or one of its other fields is: only the rows that read `C1` can tell. So `C1` goes on with the
stated 54x54, and 55x55 is noted as an alternative. `P1` would be 26x26 on 54x54, and is the 27x27
that it states on 55x55: it is right on an alternative, so no second fault is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from itertools import islice, product
from typing import TYPE_CHECKING

from archcompiler.diagnostics import SpecError
from archcompiler.diagnostics.diagnostic import MAXIMUM
from archcompiler.graph.connect import Read
from archcompiler.language.rows import Deferred, RowReader
from archcompiler.operations import Inputs, Shape

if TYPE_CHECKING:
    from archcompiler.graph.body import Path
    from archcompiler.graph.walk import Walk

MOST = 8  # alternatives of a row, and combinations of them that a row may read


class Alternatives:
    """The shapes that rows may have besides those that the walk takes for them."""

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
        """Return what a row may read besides `taken`; layers inside of blocks have one shape."""
        choices = [
            (shape, *(() if read.inside else self.of(read.row)))
            for read, shape in zip(reads, taken, strict=True)
        ]
        return list(islice(product(*choices), 1, 1 + MOST))


def best_inputs(
    walk: Walk, index: int, deferred: Deferred, paths: tuple[Path, ...], candidates: list[Inputs]
) -> Inputs:
    """Return those of the `candidates` on which a deferred row has the fewest faults.

    The first candidate is the stated shapes; it is returned if no other has fewer faults. Where
    each has some, the stated size is taken for the mistake: of the best ones the last is returned.
    The shapes of the row on the other candidates are noted as its alternatives.
    """
    trials = [_tried(walk, index, deferred, paths, shapes) for shapes in candidates]
    faults = [count for _, count in trials]
    fewest = [at for at, count in enumerate(faults) if count == min(faults)]
    best = fewest[-1] if min(faults) else fewest[0]
    shape = trials[best][0]
    if shape is not None:
        walk.alternatives.note(index, shape, (other for other, _ in trials))
    return candidates[best]


def _tried(
    walk: Walk, index: int, deferred: Deferred, paths: tuple[Path, ...], shapes: Inputs
) -> tuple[Shape | None, int]:
    """Return the shape of a row that reads `shapes`, and the number of its faults; report none."""
    trial = copy(walk)
    trial.session = walk.session.on_trial()
    trial.findings = trial.session.findings
    trial.reader = RowReader(walk.reader.spec, trial.findings, walk.reader.defaults)
    trial.alternatives, trial.resolved = Alternatives(), {}
    trial.failed_shapes, trial.misstated = {}, set()
    try:
        item = trial.deferred_item(index, deferred, paths, shapes)
    except SpecError:  # too many layers
        return None, MAXIMUM
    shape = item.shape if item else trial.failed_shapes.get(index, (None, None))[1]
    return shape, walk.findings.news(trial.findings)
