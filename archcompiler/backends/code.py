"""Emitted code as data: expressions that hold checked names and literals, and nothing else.

A backend builds these; `printer` alone turns them into text. No text of a spec can become code,
because a name must be an identifier and a literal is printed from its value.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
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
    """A number, a string, a truth value or None."""

    value: int | float | str | bool | None


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
    """`value[index]`."""

    value: Expression
    at: Expression


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


_COMPUTED: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "==": operator.eq,
    "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def computed(left: Expression, sign: str, right: Expression) -> Expression:
    """Return an operation, or what it is worth where both operands are known whole numbers."""
    match left, right:
        case Literal(int() as one), Literal(int() as other) if sign in _COMPUTED:
            return Literal(_COMPUTED[sign](one, other))
    return Binary(left, sign, right)


def formatted(parts: tuple[str | Expression, ...]) -> Expression:
    """Return a text with expressions in it, where numbers that are known are text."""
    texts = tuple(str(part.value) if isinstance(part, Literal) else part for part in parts)
    if all(isinstance(text, str) for text in texts):
        return Literal("".join(map(str, texts)))
    return Formatted(texts)


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
    | Unary
    | Binary
    | Choice
    | Comprehension
    | Formatted
    | Dictionary
)
Plain = int | float | str | bool | None


class Written:
    """A number of one use of a block, and the expression that the block's code has for it.

    Operations, shapes and lowerings compute with the number. Sums and products stay written.
    """

    expression: Expression

    def __add__(self, other: Any) -> Any:
        return _combined(self, "+", other)

    def __radd__(self, other: Any) -> Any:
        return _combined(other, "+", self)

    def __mul__(self, other: Any) -> Any:
        return _combined(self, "*", other)

    def __rmul__(self, other: Any) -> Any:
        return _combined(other, "*", self)


class WrittenInt(Written, int):
    """A whole number, or a truth value."""


class WrittenFloat(Written, float):
    """A number with a fraction."""


LARGEST = 6  # names and numbers of an expression that reads better than the number it is worth


def written(value: float, text: Expression) -> Any:
    """Return `value` so that code has `text` for it; a constant is a constant."""
    if isinstance(text, Literal):
        return text.value
    if _size(text) > LARGEST:
        return value
    result = WrittenFloat(value) if isinstance(value, float) else WrittenInt(value)
    result.expression = text
    return result


def _combined(left: Any, operator: str, right: Any) -> Any:
    one, other = (float(item) if isinstance(item, float) else int(item) for item in (left, right))
    neutral = 0 if operator == "+" else 1
    if left == neutral and not isinstance(left, Written):
        return right
    if right == neutral and not isinstance(right, Written):
        return left
    value = one + other if operator == "+" else one * other
    return written(value, _binary(expression(left), operator, expression(right)))


def _binary(left: Expression, operator: str, right: Expression) -> Expression:
    """Return an operation; whole numbers that are added one after another are one number."""
    match left, operator, right:
        case Binary(first, "+", Literal(int()) as one), "+", Literal(int()):
            return Binary(first, "+", computed(one, "+", right))
    return computed(left, operator, right)


def _size(part: object) -> int:
    """Return the number of names and literals in an expression."""
    if isinstance(part, Name | Literal):
        return 1
    return sum(map(_size, part)) if isinstance(part, tuple) else 0


def expression(value: Expression | Plain | tuple[object, ...]) -> Expression:
    """Return `value` as an expression; plain values and tuples of them become literals."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, Written):
        return value.expression
    if isinstance(value, tuple):
        return Group(tuple(expression(item) for item in value))  # type: ignore[arg-type]
    return Literal(value)


def call(function: str | Expression, *arguments: object, **keywords: object) -> Call:
    """Return a call; arguments that are plain values become literals."""
    callee = Name(function) if isinstance(function, str) else function
    return Call(
        callee,
        tuple(expression(argument) for argument in arguments),  # type: ignore[arg-type]
        tuple((key, expression(value)) for key, value in keywords.items()),  # type: ignore[arg-type]
    )


def together(values: tuple[Expression, ...], brackets: str = "()") -> Expression:
    """Return several values as a group; one is itself."""
    return values[0] if len(values) == 1 else Group(values, brackets)


def square(lengths: tuple[int, ...]) -> int | tuple[int, ...]:
    """Return `(3, 3)` as 3, the way that frameworks' users write it."""
    first, *others = lengths
    return first if all(length == first for length in others) else lengths


def options(**candidates: tuple[object, object]) -> dict[str, object]:
    """Return the keyword arguments whose value is not the default that stands beside it."""
    return {
        key: value
        for key, (value, default) in candidates.items()
        if value != default or isinstance(value, Written)
    }


# A statement's `row` is the row of the spec that it is of, with all that stands inside of it.


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
