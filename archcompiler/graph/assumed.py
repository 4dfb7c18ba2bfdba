"""What a row that failed gives all the same: the shape that it states, which is its author's word.

So rows behind a fault can be checked, where the table prints its sizes as articles do.
"""

from __future__ import annotations

from archcompiler.diagnostics import Findings
from archcompiler.language.blocks import Block
from archcompiler.language.nodes import Mapping, Scalar
from archcompiler.language.rows import Later, Row
from archcompiler.language.spec import Spec
from archcompiler.language.values import MISSING, Reader
from archcompiler.operations import Maps, Shape, Vector
from archcompiler.operations.dense import FullyConnected
from archcompiler.operations.fields import Count, Size


def assumed_shape(row: Row, spec: Spec) -> Shape | None:
    """Return the shape that a row states in full; None if it does not, or might mean otherwise."""
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
        return Maps(count, cells[0], cells[-1])
    kind = node.get("type")
    is_dense = isinstance(kind, Scalar) and kind.text == FullyConnected.type
    return Vector(cells[0]) if is_dense and len(cells) == 1 and cells[0] else None
