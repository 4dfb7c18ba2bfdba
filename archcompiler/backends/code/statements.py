"""Statements of emitted code as data.

The `row` of a statement is the row of the spec that it is of, with all that stands inside of it and
has no row of its own.
"""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.backends.code.expressions import Expression


class Assign(NamedTuple):
    """`target: type = value`, with the size that the target has as a comment."""

    target: str
    value: Expression
    size: str = ""
    type: str = ""
    row: str = ""


class Return(NamedTuple):
    """`return value`."""

    value: Expression
    row: str = ""


class For(NamedTuple):
    """A loop over `items`."""

    target: str
    items: Expression
    body: tuple[Statement, ...]
    row: str = ""


class If(NamedTuple):
    """A condition."""

    test: Expression
    body: tuple[Statement, ...]
    row: str = ""


class Unpack(NamedTuple):
    """`a, b = value`."""

    targets: tuple[str, ...]
    value: Expression
    row: str = ""


class Do(NamedTuple):
    """A call for its effect."""

    value: Expression
    row: str = ""


class Comment(NamedTuple):
    """A line of comment, of the backend's own words."""

    text: str
    row: str = ""


class Function(NamedTuple):
    """A function; parameters and the result's type are texts of the backend's own."""

    name: str
    parameters: tuple[str, ...]
    result: str
    doc: str
    body: tuple[Statement, ...]


Statement = Assign | Unpack | Return | For | If | Do | Comment
