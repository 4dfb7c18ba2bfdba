"""Expressions of emitted code as data: checked names, literals, and what is made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import EllipsisType
from typing import Any, NamedTuple

_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")


class Name:
    """A dotted name such as `nn.Conv2d` or `self.C1`."""

    def __init__(self, text: str) -> None:
        if not _DOTTED.match(text):
            raise ValueError(f"not a name: {text!r}")
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Name({self.text!r})"

    @property
    def root(self) -> str:
        """What stands before the first dot."""
        return self.text.partition(".")[0]


class Literal(NamedTuple):
    """A number, a string, a truth value, None, or `...` in a subscript."""

    value: int | float | str | bool | EllipsisType | None


class Group(NamedTuple):
    """A tuple, or a list where `brackets` are `[]`."""

    items: tuple[Expression, ...]
    brackets: str = "()"


class Call(NamedTuple):
    """A call with positional and keyword arguments."""

    function: Expression
    arguments: tuple[Expression, ...] = ()
    keywords: tuple[tuple[str, Expression], ...] = ()


class Attribute(NamedTuple):
    """An attribute of a value that is not a plain name."""

    value: Expression
    name: str


class Binary(NamedTuple):
    """Two operands; brackets are printed where they are needed."""

    left: Expression
    operator: str
    right: Expression


class Unary(NamedTuple):
    """`-operand` or `not operand`."""

    operator: str
    operand: Expression


class Subscript(NamedTuple):
    """`value[at]`; a tuple stands there without its brackets: `value[:, 0]`."""

    value: Expression
    at: Expression


class Slice(NamedTuple):
    """`start:stop` in a subscript; `:` if it has neither."""

    start: Expression | None = None
    stop: Expression | None = None


class Choice(NamedTuple):
    """`value if test else otherwise`."""

    value: Expression
    test: Expression
    otherwise: Expression


class Comprehension(NamedTuple):
    """`[element for target in items if test]`; `spread` puts a star in front."""

    element: Expression
    target: str
    items: Expression
    test: Expression | None = None
    spread: bool = False


class Formatted(NamedTuple):
    """`f"{name}.conv1"`: texts of the backend's own, and expressions."""

    parts: tuple[str | Expression, ...]


class Dictionary(NamedTuple):
    """A dictionary whose keys are strings."""

    items: tuple[tuple[str, Expression], ...]


Expression = (
    Name
    | Literal
    | Group
    | Call
    | Attribute
    | Subscript
    | Slice
    | Unary
    | Binary
    | Choice
    | Comprehension
    | Formatted
    | Dictionary
)
Plain = int | float | str | bool | None


def roots(part: object) -> Iterator[str]:
    """Return the first word of every name in an expression, a statement, or a tuple of them."""
    if isinstance(part, Name):
        yield part.root
    elif isinstance(part, Comprehension):
        inner = (*roots(part.element), *roots(part.test))
        yield from (name for name in inner if name != part.target)
        yield from roots(part.items)
    elif isinstance(part, tuple | list):
        for item in part:
            yield from roots(item)


def holds(part: object, wanted: Expression) -> bool:
    """Whether `wanted` is in an expression, a statement, or a tuple of them."""
    if type(part) is type(wanted) and part == wanted:
        return True
    return isinstance(part, tuple | list) and any(holds(item, wanted) for item in part)


def size_of(part: object) -> int:
    """Return the number of names and literals in an expression."""
    if isinstance(part, Name | Literal):
        return 1
    return sum(map(size_of, part)) if isinstance(part, tuple) else 0


def replaced(part: Any, change: Callable[[Any], Any]) -> Any:
    """Return `part` with everything in it as `change` has it; None leaves it as it is."""
    changed = change(part)
    if changed is not None:
        return changed
    if isinstance(part, list):
        return [replaced(item, change) for item in part]
    if not isinstance(part, tuple):
        return part
    parts = [replaced(item, change) for item in part]
    return tuple(parts) if type(part) is tuple else type(part)(*parts)
