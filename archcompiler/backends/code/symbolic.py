"""Numbers that know the expression that code has for them.

A block's `kernel` is 3 where it is used first and 5 where it is used next. What computes with it
gets the number of the use that it looks at; the source of the block needs what holds for all uses.
So the number comes with its expression, and whatever is computed from it has one as well:

    >>> kernel = symbolic(3, Name("kernel"))
    >>> padding = (kernel - 1) // 2
    >>> int(padding), one_line(expression(padding)), one_line(expression(padding > 2))
    (1, '(kernel - 1) // 2', '(kernel - 1) // 2 > 2')

This is concolic execution (concrete and symbolic at once; Godefroid, Klarlund and Sen, "DART",
2005). A lowering that asks `if kernel > 3` goes the way of the use that it looks at; uses that go
other ways have other code.

Some numbers belong to one use and have no expression. What is computed from one has no expression
either: half of it would be true of that use alone. Sizes have one as long as cells are added and
multiplied: nobody reads how many windows with a stride fit into `(in_height + 1) // 2` cells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from archcompiler.backends.code.arithmetic import COMPARISONS, FUNCTIONS, operation, whole
from archcompiler.backends.code.expressions import (
    Attribute,
    Call,
    Expression,
    Literal,
    Name,
    size_of,
)

LARGEST = 6  # names and numbers of an expression that reads better than the number it is worth
LONGEST = 40  # of one that is computed with: what is inside of others grows with each of them
DEEPEST = 50  # operations until the expression is worked out


class Symbolic:
    """A number of one use of a block; `code` is what the block's source has for it, if anything.

    `value` is the number alone, or the truth value. `is_size`: it is a height, or comes of one.

    It is no `int`: Python computes `2.0 * number` by itself where that is one, and the expression
    is lost. Where Python wants a number of its own, as `range` does, it gets that of this use.
    """

    __slots__ = ("_code", "_depth", "_of", "is_size", "value")

    def __init__(
        self,
        value: Any,
        code: Expression | None,
        *,
        is_size: bool = False,
        of: tuple[Any, str, Any] | None = None,
        depth: int = 0,
    ) -> None:
        self.value = value
        self.is_size = is_size
        self._code = code
        self._of = of  # the operation that it comes of: few numbers are asked for their expression
        self._depth = depth  # of operations within each other that nobody has asked for
        if depth > DEEPEST:
            self.code  # noqa: B018

    @property
    def code(self) -> Expression | None:
        """What the source of the block has for it in every use; None if there is nothing."""
        if self._of is not None:
            code = _code_of(*self._of)
            self._code, self._of, self._depth = None if is_long(code) else code, None, 0
        return self._code

    def __bool__(self) -> bool:
        return bool(self.value)

    def __index__(self) -> int:
        return self.value.__index__()  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __format__(self, form: str) -> str:
        return format(self.value, form)

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"symbolic({self.value}, {self.code})"

    def __hash__(self) -> int:
        return hash(self.value)

    def __round__(self, digits: int | None = None) -> Any:
        arguments = () if digits is None else (digits,)
        return _called(Name("round"), round(self.value, *arguments), self, *arguments)

    def __abs__(self) -> Any:
        return _called(Name("abs"), abs(self.value), self)

    def __ceil__(self) -> Any:
        return _called(Attribute(Name("math"), "ceil"), math.ceil(self.value), self)

    def __floor__(self) -> Any:
        return _called(Attribute(Name("math"), "floor"), math.floor(self.value), self)

    def __pos__(self) -> Any:
        return _combined(0, "+", self)

    def __neg__(self) -> Any:
        return _combined(0, "-", self)


def _forward(sign: str) -> Callable[[Any, Any], Any]:
    return lambda left, right: _combined(left, sign, right)


def _reflected(sign: str) -> Callable[[Any, Any], Any]:
    return lambda right, left: _combined(left, sign, right)


_METHODS: Mapping[str, str] = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
for _name, _sign in _METHODS.items():
    setattr(Symbolic, f"__{_name}__", _forward(_sign))
    if _sign not in COMPARISONS:
        setattr(Symbolic, f"__r{_name}__", _reflected(_sign))


def symbolic(value: Any, code: Expression | None, *, is_size: bool = False) -> Any:
    """Return the number `value`, for which code has `code`; a constant is just a number."""
    if isinstance(code, Literal):
        return bare(value)
    return Symbolic(bare(value), None if is_long(code) else code, is_size=is_size)


def is_long(code: Expression | None) -> bool:
    """Whether an expression is too long to compute with."""
    return code is not None and size_of(code) > LONGEST


def code_of(value: Any) -> Expression | None:
    """Return what code has for a number in every use; None if there is nothing."""
    return value.code if isinstance(value, Symbolic) else Literal(value)


def bare(value: Any) -> Any:
    """Return a number without its expression."""
    return value.value if isinstance(value, Symbolic) else value


_UNKNOWN = Name("left"), Name("right")  # what stands for numbers that have no expression


def _combined(left: Any, sign: str, right: Any) -> Any:
    """Return the result of an operation; one of both is symbolic."""
    one, other, is_size, depth = left, right, False, 0
    if isinstance(left, Symbolic):
        one, is_size, depth = left.value, left.is_size, left._depth
    elif not isinstance(left, int | float):
        return NotImplemented
    if isinstance(right, Symbolic):
        other, is_size, depth = right.value, is_size or right.is_size, max(depth, right._depth)
    elif not isinstance(right, int | float):
        return NotImplemented
    value = FUNCTIONS[sign](one, other)
    return Symbolic(value, None, is_size=is_size, of=(left, sign, right), depth=depth + 1)


def _is_size(value: Any) -> bool:
    return isinstance(value, Symbolic) and value.is_size


def _code_of(left: Any, sign: str, right: Any) -> Expression | None:
    """Return the expression of what an operation gives."""
    codes = code_of(left), code_of(right)
    known = [code or unknown for code, unknown in zip(codes, _UNKNOWN, strict=True)]
    is_whole = isinstance(bare(left), int) and isinstance(bare(right), int)
    code = (whole if is_whole else operation)(known[0], sign, known[1])
    if isinstance(code, Literal):
        return code
    divided = sign not in "+-*" and code not in known and (_is_size(left) or _is_size(right))
    return None if None in codes or divided else code


def _called(function: Expression, value: Any, *arguments: Any) -> Any:
    codes = tuple(code for argument in arguments if (code := code_of(argument)) is not None)
    known = len(codes) == len(arguments)
    return symbolic(value, Call(function, codes) if known else None)
