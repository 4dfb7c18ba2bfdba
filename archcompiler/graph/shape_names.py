"""The names under which expressions know the sizes of shapes.

For a row that reads 64 maps of 56x48, `reads` is what it reads:

    reads.maps = 64, reads.height = 56, reads.width = 48

The rows of a block know the inputs of the block in the same way, as `input.maps` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcompiler.language.names import READS, of_unknown_shape
from archcompiler.language.nodes import MappingNode, texts_of
from archcompiler.operations import Inputs, Shape
from archcompiler.operations.shape import PLACES


def of_shape(owner: str, shape: Shape) -> dict[str, Any]:
    """Return the names of the sizes of `shape`, which belongs to `owner`, and their values."""
    if shape.is_vector:
        return {f"{owner}.features": shape.channels}
    lengths = zip(PLACES[shape.rank], shape.places, strict=True)
    return {f"{owner}.maps": shape.channels, **{f"{owner}.{name}": it for name, it in lengths}}


UNKNOWN_READS = of_unknown_shape(READS)


def of_inputs(owners: Iterable[str], shapes: Inputs) -> dict[str, Any]:
    """Return the names of the sizes of a block's inputs; without `shapes`, as unknown ones."""
    known: dict[str, Any] = {}
    for index, owner in enumerate(owners):
        known |= of_shape(owner, shapes[index]) if shapes else of_unknown_shape(owner)
    return known


def of_reads(shapes: Inputs) -> dict[str, Any]:
    """Return the names of the sizes of the first of the `shapes` that a row reads."""
    return of_shape(READS, shapes[0]) if shapes else {}


def mentions(node: MappingNode, word: str) -> bool:
    """Whether `word` occurs in any text of a row, so that an expression there may use it."""
    return any(word in text for content in node.contents for text in texts_of(content))
