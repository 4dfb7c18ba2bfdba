"""What the author wrote in a row, for code that is to say the same."""

from __future__ import annotations

import ast

from archcompiler.language.expressions import tree_of, value_of
from archcompiler.language.nodes import Mapping, Node, Scalar


def states(node: Node | None, field: str) -> bool:
    """Whether the row says anything in `field`."""
    return isinstance(node, Mapping) and field in node.names


def expression_in(node: Node | None, field: str) -> ast.expr | None:
    """Return the tree of the expression that `field` of a row is, if it is one."""
    value = node.get(field) if isinstance(node, Mapping) else None
    if isinstance(value, Scalar) and "${" in value.text:
        return tree_of(value.text)
    return None


__all__ = ["expression_in", "states", "value_of"]
