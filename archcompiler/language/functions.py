"""The functions that expressions may call."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

MAXIMUM_DIGITS = 18


class TooManyDigits(Exception):
    """A number would have too many digits."""


def _round(number: float, digits: int | None = None) -> float:
    if digits is None:
        return round(number)
    if not isinstance(digits, int):
        raise TypeError
    if abs(digits) > MAXIMUM_DIGITS:  # Python would compute ten to that power
        raise TooManyDigits
    return round(number, digits)


def _sum(items: list[Any]) -> Any:
    """Return the sum of numbers, added from left to right in every version of Python."""
    if not isinstance(items, list) or not all(isinstance(item, (int, float)) for item in items):
        raise TypeError
    return functools.reduce(operator.add, items, 0)


def _len(items: list[Any]) -> int:
    if not isinstance(items, list):
        raise TypeError
    return len(items)


def divisible(number: float, divisor: int) -> int:
    """Return the multiple of `divisor` that is nearest to `number`, not 0, and not 10% below it.

    It is how MobileNet and its successors round the maps that a factor scales.

    >>> divisible(32 * 0.75, 8), divisible(11, 8), divisible(1, 8)
    (24, 16, 8)
    """
    if not isinstance(number, (int, float)) or not isinstance(divisor, int):
        raise TypeError
    if divisor < 1 or isinstance(divisor, bool):
        raise ValueError
    near = max(divisor, int(number + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * number else near


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": _round,
    "ceil": math.ceil,
    "floor": math.floor,
    "int": int,
    "sum": _sum,
    "len": _len,
    "divisible": divisible,
}
