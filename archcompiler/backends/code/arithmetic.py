"""Arithmetic on expressions: `kernel - 1 + 1` is `kernel`, and `maps + growth + growth` is short.

>>> one_line(whole(Binary(Name("kernel"), "-", Literal(1)), "+", Literal(1)))
'kernel'
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from archcompiler.backends.code.expressions import Binary, Expression, Literal, Unary

FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
ZERO, ONE = Literal(0), Literal(1)

# of +, - and *, whose other operand is then the result: on which side, and what
_NEUTRAL = {"+": (ZERO, ZERO), "-": (None, ZERO), "*": (ONE, ONE)}


def operation(left: Expression, sign: str, right: Expression) -> Expression:
    """Return an operation, or its operand where the other one changes nothing."""
    before, after = _NEUTRAL.get(sign, (None, None))
    if right == after:
        return left
    return right if left == before else Binary(left, sign, right)


def computed(left: Expression, sign: str, right: Expression) -> Expression:
    """Return an operation, or what it is worth where both operands are known whole numbers."""
    match left, right:
        case Literal(int() as one), Literal(int() as other) if sign in FUNCTIONS:
            if other or sign not in ("/", "//", "%"):
                return Literal(FUNCTIONS[sign](one, other))
    return Binary(left, sign, right)


def whole(left: Expression, sign: str, right: Expression) -> Expression:
    """Return an operation on whole numbers, in as few words as it can be said.

    Not for numbers with a fraction: those are rounded at each step, so that each has to stay.
    """
    match sign:
        case "+" | "-":
            return _sum(left, sign, right)
        case "*" if ZERO in (left, right):
            return ZERO
        case "//" | "%" if left == ZERO:
            return ZERO
        case "%" if right == ONE:
            return ZERO
        case "//" | "**" if right == ONE:
            return left
        case "*" if ONE in (left, right):
            return right if left == ONE else left
    if sign in COMPARISONS:
        known = _sum(left, "-", right)
        if isinstance(known, Literal):
            return computed(known, sign, ZERO)
    return computed(left, sign, right)


def difference(one: Expression, other: Expression) -> Expression:
    """Return by how much a whole number is larger than another."""
    return whole(one, "-", other)


def negative(operand: Expression) -> Expression:
    """Return a whole number with the other sign."""
    match operand:
        case Literal(int() as number):
            return Literal(-number)
        case Unary("-", inner):
            return inner
    return Unary("-", operand)


def _sum(left: Expression, sign: str, right: Expression) -> Expression:
    """Return a sum; what is in it several times is there once, with a factor."""
    factors: dict[Expression, int] = {}
    count = _add(factors, left, 1) + _add(factors, right, 1 if sign == "+" else -1)
    parts = [(part, factor) for part, factor in factors.items() if factor]
    if len(parts) == count:
        match right:
            case Literal(int() as number) if number < 0:
                return Binary(left, "-" if sign == "+" else "+", Literal(-number))
        return computed(left, sign, right)
    parts.sort(key=lambda item: item[1] < 0)  # as they come, but none begins with a minus
    if not parts:
        return ZERO
    result: Expression | None = None
    for part, factor in parts:
        size = Literal(abs(factor))
        piece = size if part == ONE else part if size == ONE else Binary(size, "*", part)
        if result is None:
            result = negative(piece) if factor < 0 else piece
        else:
            result = Binary(result, "-" if factor < 0 else "+", piece)
    assert result is not None
    return result


def _add(factors: dict[Expression, int], part: Expression, factor: int) -> int:
    """Add `factor` times `part` to what is there how often; return how many parts that were."""
    match part:
        case Binary(left, "+" | "-" as sign, right):
            other = factor if sign == "+" else -factor
            return _add(factors, left, factor) + _add(factors, right, other)
        case Unary("-", operand):
            return _add(factors, operand, -factor)
        case Binary(Literal(int() as times), "*", other) | Binary(
            other, "*", Literal(int() as times)
        ):
            return _add(factors, other, factor * times)
        case Literal(int() as number):
            part, factor = ONE, factor * number
    factors[part] = factors.get(part, 0) + factor
    return 1
