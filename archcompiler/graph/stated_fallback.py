"""The shape of a row that failed, taken from what it states.

    - {layer: C1, type: convolution, maps: 96, size: 55x55, kernel: eleven}
    - {layer: P1, type: max_pooling, size: 27x27, kernel: 3, stride: 2}

The kernel of `C1` is a fault, so its shape cannot be computed. It states 96 maps of 55x55, and
with that `P1` is checked nevertheless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcompiler.diagnostics import Findings
from archcompiler.language.blocks import Block
from archcompiler.language.names import MISSING
from archcompiler.language.nodes import MappingNode, ScalarNode
from archcompiler.language.rows import Deferred
from archcompiler.language.values import ValueReader
from archcompiler.operations import REGISTRY, Shape
from archcompiler.operations.fields import Count
from archcompiler.operations.lengths import Size

if TYPE_CHECKING:
    from archcompiler.graph.walk import Walk


def fallback_shape(walk: Walk, index: int) -> Shape | None:
    """Return the shape that a row states in full; None if it does not, or if that is not certain.

    A size of one number is that of each axis; what the row reads tells how many axes there are.
    """
    row, spec = walk.rows[index], walk.reader.spec
    node = row.node
    if not isinstance(node, MappingNode) or row.used is not True:
        return None
    of = row.outcome.of if isinstance(row.outcome, Deferred) else None
    arguments = of.parameters if isinstance(of, Block) else ()
    if not {"maps", "size"}.isdisjoint(arguments):
        return None
    quiet = ValueReader(spec.source, Findings(), spec.parameters)
    maps, size = node.get("maps"), node.get("size")
    count = quiet.value("maps", Count(), maps) if maps is not None else None
    cells = quiet.value("size", Size(), size) if size is not None else None
    if count is MISSING or cells is MISSING or not cells:
        return None
    kind = node.get("type")
    operation = REGISTRY.get(kind.text) if isinstance(kind, ScalarNode) else None
    if count is not None:
        if len(cells) == 1 and not (operation and operation.has_other_axes):
            cells = cells * _rank(walk, index)
        return Shape(count, cells) if cells else None
    of_units = operation is not None and operation.is_dense
    return Shape(cells[0]) if of_units and len(cells) == 1 and cells[0] else None


def _rank(walk: Walk, index: int) -> int:
    """Return the number of spatial axes of what a row reads; 0 if that is not known."""
    for read in walk.connections.reads[index] or ():
        if read.row < 0 and walk.input_shapes:
            return walk.input_shapes[-1 - read.row].rank
        item = walk.items[read.row] if read.row >= 0 else None
        if item is not None:
            return item.shape.rank
    return 0
