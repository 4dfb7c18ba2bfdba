"""The code of a repeated row as a loop, or one copy after another where no loop is right.

    copies = Copies((call("nn.Linear", 8, 6), call("nn.Linear", 6, 4)), Literal(2))
    Call(Name("nn.Sequential"), (copies,))

becomes what `printer` prints as

    nn.Sequential(
        *[nn.Linear(8 if index == 0 else 6, 6 if index == 0 else 4) for index in range(2)]
    )

Where copies differ in values, `fitting` finds an expression over the index; where they differ in
more, they are written out, each with its number in the place of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from archcompiler.backends.blocks.anti_unification import Gap, Mismatch, merged
from archcompiler.backends.blocks.copies import Copies, Loop
from archcompiler.backends.blocks.fitting import fitted
from archcompiler.backends.code import (
    Assign,
    Binary,
    Call,
    Choice,
    Comprehension,
    Expression,
    For,
    Formatted,
    Group,
    Literal,
    Name,
    Subscript,
    Unary,
    computed,
    formatted,
    replaced,
    roots,
)
from archcompiler.backends.code.arithmetic import negative

INDEX = Name("index")
_BUILT_IN: Mapping[str, Callable[..., Any]] = {
    "abs": abs, "int": int, "max": max, "min": min, "round": round,
}  # fmt: skip


def expanded(part: Any) -> Any:
    """Return code in which containers and loops over copies are written out."""
    return replaced(part, _expanded)


def demand_loops(part: Any) -> None:
    """Raise `Mismatch` if uses have different numbers of copies, and no loop makes them all."""
    match part:
        case Loop():
            _demand_turn(part.copies, part.counter)
        case Copies():
            _demand_turn(part, INDEX)
        case Assign(value=value):
            demand_loops(value)
        case Call(arguments=parts) | Group(parts):
            demand_loops(parts)
        case tuple():
            for item in part:
                demand_loops(item)


def _demand_turn(copies: Copies, index: Name | None) -> None:
    if copies.differ:
        _turn(copies, index)
    demand_loops(copies.items)


def _expanded(part: Any) -> Any:
    match part:
        case Call(function, (Copies(),), keywords):
            return Call(function, _gathered(part.arguments[0], spread=True), keywords)  # type: ignore[arg-type]
        case Group((Copies(),), "[]"):
            found = _gathered(part.items[0], spread=False)  # type: ignore[arg-type]
            return found[0] if isinstance(found[0], Comprehension) else Group(found, "[]")
        case tuple() if any(isinstance(item, Loop) for item in part):
            return tuple(statement for item in part for statement in _statements(item))
    return None


def _statements(item: Any) -> list[Any]:
    return _written_loop(item) if isinstance(item, Loop) else [expanded(item)]


def _gathered(copies: Copies, *, spread: bool) -> tuple[Expression, ...]:
    """Return what a container of all copies is given: a comprehension, or each by itself."""
    try:
        turn = _turn_of_several(copies, INDEX)
    except Mismatch:
        return tuple(
            replaced(item, partial(_numbered, Loop(copies), number))
            for number, item in enumerate(copies.items)
        )
    index = INDEX.text if INDEX.text in roots(turn) else "_"
    items = Call(Name("range"), (copies.times,))
    return (Comprehension(turn, index, items, spread=spread),)


def _written_loop(loop: Loop) -> list[Any]:
    copies = loop.copies
    try:
        turn = _turn_of_several(copies, loop.counter)
    except Mismatch:
        return [
            expanded(replaced(statement, partial(_numbered, loop, number)))
            for number, statements in enumerate(copies.items)
            for statement in statements
        ]
    index = loop.element if loop.element in roots(turn) else "_"
    over = loop.over or Call(Name("range"), (copies.times,))
    return [For(index, over, expanded(turn))]


def _numbered(loop: Loop, number: int, part: Any) -> Any:
    """Return what one copy has in the place of the loop's element, computed where it is known."""
    again = partial(_numbered, loop, number)
    match part:
        case Name(text=INDEX.text):
            return Literal(number)
        case Name(text=loop.element) if loop.over is not None:
            return Subscript(loop.over, Literal(number))
        case Binary(left, operator, right):
            return computed(replaced(left, again), operator, replaced(right, again))
        case Unary("-", operand):
            return negative(replaced(operand, again))
        case Call(Name(text=function), arguments, ()) if function in _BUILT_IN:
            given = replaced(arguments, again)
            if all(isinstance(argument, Literal) for argument in given):
                return Literal(_BUILT_IN[function](*(argument.value for argument in given)))
            return Call(part.function, given)
        case Choice(value, test, otherwise):
            known = replaced(test, again)
            if isinstance(known, Literal):
                return replaced(value if known.value else otherwise, again)
        case Formatted(parts):
            return formatted(replaced(parts, again))
    return None


def _turn_of_several(copies: Copies, index: Name | None) -> Any:
    """Return the code of one turn; raise `Mismatch` if copies are written out: one is no loop."""
    if len(copies.items) == 1 and copies.times == Literal(1):
        raise Mismatch
    return _turn(copies, index)


def _turn(copies: Copies, index: Name | None) -> Any:
    """Return the code of one turn of a loop; raise `Mismatch` if it has none.

    Where turns differ in values, those are written in terms of `index`, if the loop has one.
    """

    def fill(part: Any) -> Any:
        if isinstance(part, Gap) and index is None:
            raise Mismatch
        return fitted(part.values, index) if isinstance(part, Gap) and index else None

    turn = replaced(merged(copies.items), fill)
    if index is None and INDEX.text in roots(turn):
        raise Mismatch
    return turn
