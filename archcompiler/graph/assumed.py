"""The shape that a row states, for its readers to go by where the row itself failed.

So rows behind a fault can be checked, where the table prints its sizes as articles do. For a
convolution with a misspelled kernel and `maps: 96, size: 55x55` that is 96 maps of 55x55.
"""

from __future__ import annotations

from collections.abc import Iterable

from archcompiler.diagnostics import Findings
from archcompiler.language.blocks import Block
from archcompiler.language.nodes import Mapping, Scalar
from archcompiler.language.rows import Later, Row
from archcompiler.language.spec import Spec
from archcompiler.language.values import MISSING, Reader
from archcompiler.operations import Shape
from archcompiler.operations.dense import FullyConnected
from archcompiler.operations.fields import Count
from archcompiler.operations.lengths import Size


def assumed_shape(row: Row, spec: Spec, reads: Iterable[Shape | None]) -> Shape | None:
    """Return the shape that a row states in full; None if it does not, or might mean otherwise.

    `reads` are the shapes of what the row reads, as far as they are known: where a size is one
    number the first one says for how many axes.
    """
    node = row.node
    if not isinstance(node, Mapping) or row.used is not True:
        return None
    of = row.prepared.of if isinstance(row.prepared, Later) else None
    arguments = of.parameters if isinstance(of, Block) else ()
    if not {"maps", "size"}.isdisjoint(arguments):
        return None
    quiet = Reader(spec.source, Findings(), spec.parameters)
    maps, size = node.get("maps"), node.get("size")
    count = quiet.value("maps", Count(), maps) if maps is not None else None
    cells = quiet.value("size", Size(), size) if size is not None else None
    if count is MISSING or cells is MISSING or not cells:
        return None
    if count is not None:
        if len(cells) == 1:
            cells = cells * next((read.rank for read in reads if read), 0)
        return Shape(count, cells) if cells else None
    kind = node.get("type")
    is_dense = isinstance(kind, Scalar) and kind.text == FullyConnected.type
    return Shape(cells[0]) if is_dense and len(cells) == 1 and cells[0] else None
