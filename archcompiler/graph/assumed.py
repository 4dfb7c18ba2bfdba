"""The shape that a row states, for its readers to go by where the row itself failed.

So rows behind a fault can be checked, where the table prints its sizes as articles do. For a
convolution with a misspelled kernel and `maps: 96, size: 55x55` that is 96 maps of 55x55.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcompiler.diagnostics import Findings
from archcompiler.language.blocks import Block
from archcompiler.language.names import MISSING
from archcompiler.language.nodes import Mapping, Scalar
from archcompiler.language.rows import Later
from archcompiler.language.values import Reader
from archcompiler.operations import REGISTRY, Shape
from archcompiler.operations.fields import Count
from archcompiler.operations.lengths import Size

if TYPE_CHECKING:
    from archcompiler.graph.walk import Walk


def assumed_shape(walk: Walk, index: int) -> Shape | None:
    """Return the shape that a row states in full; None if it does not, or might mean otherwise.

    Where a size is one number, what the row reads says for how many axes.
    """
    row, spec = walk.rows[index], walk.reader.spec
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
            cells = cells * _rank(walk, index)
        return Shape(count, cells) if cells else None
    kind = node.get("type")
    operation = REGISTRY.get(kind.text) if isinstance(kind, Scalar) else None
    of_units = operation is not None and operation.is_dense
    return Shape(cells[0]) if of_units and len(cells) == 1 and cells[0] else None


def _rank(walk: Walk, index: int) -> int:
    """Return along how many axes there are places in what a row reads; 0 if that is not known."""
    for read in walk.connections.reads[index] or ():
        if read.row < 0 and walk.input_shapes:
            return walk.input_shapes[-1 - read.row].rank
        item = walk.made[read.row] if read.row >= 0 else None
        if item is not None:
            return item.shape.rank
    return 0
