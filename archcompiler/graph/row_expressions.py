"""The expressions that a row of the spec writes in its fields, for code that computes the same."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from archcompiler.language.expressions import (
    ExpressionError,
    name_of,
    names_in,
    tree_of,
    trees_in,
    value_of,
)
from archcompiler.language.nodes import MappingNode, Node, ScalarNode, texts_of


class Computed(NamedTuple):
    """The expressions in a field, such as two in `${rows}x${columns}`.

    `whole` is the expression if the field is just one; else None.
    """

    trees: tuple[ast.expr, ...]
    whole: ast.expr | None

    @property
    def names(self) -> frozenset[str]:
        """The names in them: of parameters, and of sizes such as `reads.maps`."""
        return frozenset().union(*map(names_in, self.trees))


def states(node: Node | None, field: str) -> bool:
    """Whether a row has the field `field`."""
    return isinstance(node, MappingNode) and field in node.names


@lru_cache(2048)  # called for each use of a block
def computed_fields(node: Node | None) -> Mapping[str, Computed]:
    """Return the fields of a row that hold expressions."""
    found: dict[str, Computed] = {}
    if not isinstance(node, MappingNode):
        return found
    for name, content in zip(node.names, node.contents, strict=True):
        trees = [tree for text in texts_of(content) if "${" in text for tree in trees_in(text)]
        if trees:
            whole = tree_of(content) if isinstance(content, str) else None
            found[name] = Computed(tuple(trees), whole)
    return found


@lru_cache(1024)  # called for each use of a block
def whole_expression(node: Node) -> ast.expr | None:
    """Return the expression that a value is; None if it is another text, or a list."""
    return tree_of(node.text) if isinstance(node, ScalarNode) else None


__all__ = [
    "Computed",
    "ExpressionError",
    "computed_fields",
    "name_of",
    "names_in",
    "states",
    "value_of",
    "whole_expression",
]
