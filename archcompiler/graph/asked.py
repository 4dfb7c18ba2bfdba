"""What the expressions of a row may ask of what it reads."""

from __future__ import annotations

from typing import Any

from archcompiler.language.nodes import Mapping, texts_of
from archcompiler.language.values import INPUT, MISSING
from archcompiler.operations import Inputs, Maps

UNKNOWN_INPUT = {f"input.{word}": MISSING for word in INPUT}  # in rows whose inputs are not known


def asked(shapes: Inputs) -> dict[str, Any]:
    """Return what an expression may ask of the first thing that a row reads."""
    if not shapes:
        return {}
    first = shapes[0]
    if isinstance(first, Maps):
        return {"input.maps": first.maps, "input.height": first[1], "input.width": first[2]}
    return {"input.features": first.features}


def says(node: Mapping, word: str) -> bool:
    """Whether an expression of the row may use `word`."""
    return any(word in text for content in node.contents for text in texts_of(content))
