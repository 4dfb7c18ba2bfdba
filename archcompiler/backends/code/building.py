"""How a backend writes code: plain values, numbers and tuples of them become expressions."""

from __future__ import annotations

from archcompiler.backends.code.expressions import (
    Call,
    Expression,
    Formatted,
    Group,
    Literal,
    Name,
    Plain,
    size_of,
)
from archcompiler.backends.code.symbolic import LARGEST, Symbolic, bare, code_of


def expression(value: Expression | Plain | tuple[object, ...]) -> Expression:
    """Return `value` as an expression; plain values and tuples of them become literals.

    A number has its own expression, unless that has more words than anybody would read.
    """
    if isinstance(value, Symbolic):
        code = value.code
        return Literal(value.value) if code is None or size_of(code) > LARGEST else code
    if isinstance(value, Expression):
        return value
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


def alike(one: object, other: object) -> bool:
    """Whether both have the same expression, so that they are equal whatever a block is given.

    A number that belongs to one use is what it is worth there. Whether an expression is too long
    to be printed does not matter.

    >>> kernel = symbolic(3, Name("kernel"))
    >>> alike(kernel, 3), alike((1, kernel + 1), (1, kernel - 1 + 2))
    (False, True)
    """
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    left, right = (code_of(value) or Literal(bare(value)) for value in (one, other))
    return left == right


def square(lengths: tuple[int, ...]) -> int | tuple[int, ...]:
    """Return `(3, 3)` as 3, the way that frameworks' users write it."""
    first, *others = lengths
    return first if all(alike(length, first) for length in others) else lengths


def tidy(number: float) -> Expression:
    """Return code for a number, without the last digits of a constant: 1 - 0.9 as 0.1.

    >>> one_line(tidy(1 - 0.9)), one_line(tidy(1 - symbolic(0.9, Name("momentum"))))
    ('0.1', '1 - momentum')
    """
    code = expression(number)
    match code:
        case Literal(int() | float() as value):
            return Literal(float(f"{value:.12g}"))
    return code


def options(**candidates: tuple[object, object]) -> dict[str, object]:
    """Return the keyword arguments whose value is not the default that stands beside it."""
    return {
        key: value
        for key, (value, default) in candidates.items()
        if expression(value) != expression(default)  # type: ignore[arg-type]
    }


def formatted(parts: tuple[str | Expression, ...]) -> Expression:
    """Return a text with expressions in it, where numbers that are known are text."""
    texts = tuple(str(part.value) if isinstance(part, Literal) else part for part in parts)
    if all(isinstance(text, str) for text in texts):
        return Literal("".join(map(str, texts)))
    return Formatted(texts)
