"""An expression over the index of a loop that is worth what each copy has there.

>>> index = Name("index")
>>> one_line(fitted([Literal(64), Literal(256), Literal(256)], index))
'64 if index == 0 else 256'
>>> one_line(fitted([Literal(False), Literal(True)], index))
'index != 0'
>>> one_line(fitted([Literal(16), Literal(24), Literal(32)], index))
'16 + index * 8'
>>> one_line(fitted([Literal(3), Literal(7), Literal(5)], index))
'(3, 7, 5)[index]'
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from archcompiler.backends.code import (
    Binary,
    Choice,
    Expression,
    Group,
    Literal,
    Name,
    Subscript,
    Unary,
    difference,
)


def fitted(values: Sequence[Any], index: Name) -> Expression:
    """Return an expression over `index` that has the value `values[i]` where it is i."""
    first, *others = values
    if all(value == first for value in others):
        return first  # type: ignore[no-any-return]
    if all(value == others[0] for value in others):
        is_first = Binary(index, "==", Literal(0))
        match first, others[0]:
            case Literal(True), Literal(False):
                return is_first
            case Literal(False), Literal(True):
                return is_first._replace(operator="!=")
        return Choice(first, is_first, others[0])
    step = _step(values)
    if step is not None:
        rest = index if step == Literal(1) else Binary(index, "*", step)
        return rest if first == Literal(0) else Binary(first, "+", rest)
    return Subscript(Group(tuple(values)), index)


def _step(values: Sequence[Any]) -> Expression | None:
    """Return what each value is larger by than the one before, if that is always the same."""
    if not all(map(_may_be_whole, values)):
        return None
    steps = {difference(after, before) for before, after in pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


def _may_be_whole(part: Any) -> bool:
    """Whether an expression can be worth a whole number: its numbers are, and it computes."""
    match part:
        case Literal(value):
            return type(value) is int
        case Name():
            return True
        case Binary(left, "+" | "-" | "*" | "//" | "%", right):
            return _may_be_whole(left) and _may_be_whole(right)
        case Unary("-", operand):
            return _may_be_whole(operand)
    return False
