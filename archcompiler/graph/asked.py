"""What the expressions of a row may ask of shapes: what it reads, and what its block is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcompiler.language.names import MISSING, READS, SHAPE
from archcompiler.language.nodes import Mapping, texts_of
from archcompiler.operations import Inputs, Shape
from archcompiler.operations.shape import PLACES


def asked(name: str, shape: Shape) -> dict[str, Any]:
    """Return what an expression may ask of `shape`, which it knows under `name`."""
    if shape.is_vector:
        return {f"{name}.features": shape.channels}
    lengths = zip(PLACES[shape.rank], shape.places, strict=True)
    return {f"{name}.maps": shape.channels, **{f"{name}.{word}": it for word, it in lengths}}


def unknown(name: str) -> dict[str, Any]:
    """Return what may be asked of something whose shape is not known."""
    return {f"{name}.{word}": MISSING for word in SHAPE}


UNKNOWN_READS = unknown(READS)


def of_inputs(names: Iterable[str], shapes: Inputs) -> dict[str, Any]:
    """Return what the rows of a block may ask of what it is given; no `shapes`: unknown ones."""
    known: dict[str, Any] = {}
    for index, name in enumerate(names):
        known |= asked(name, shapes[index]) if shapes else unknown(name)
    return known


def of_reads(shapes: Inputs) -> dict[str, Any]:
    """Return what a row may ask of the first thing that it reads."""
    return asked(READS, shapes[0]) if shapes else {}


def says(node: Mapping, word: str) -> bool:
    """Whether an expression of the row may use `word`."""
    return any(word in text for content in node.contents for text in texts_of(content))
