"""Several pieces of code that differ in a few values, as one: what a loop or a class holds.

Where pieces differ there is a gap. A loop fills it by an expression over its index, a class by an
argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

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
    computed,
    formatted,
    roots,
)


class Mismatch(Exception):
    """The pieces differ in more than values."""


class Gap(NamedTuple):
    """A place where pieces differ, and what each has there; `hint` is a name for it."""

    values: tuple[Expression | None, ...]  # None: this piece does not have the place
    hint: str


class Loop(NamedTuple):
    """Statements that run once for each copy of a repeated row, until a loop is written.

    `over` is what the loop goes through, under the name `element`; the numbers of the copies
    where it is None.
    """

    copies: Copies
    element: str = "index"
    over: Expression | None = None


class Copies(NamedTuple):
    """The code of a repeated row, copy by copy, until it is written as a loop."""

    items: tuple[Any, ...]
    times: Expression


def merged(pieces: Sequence[Any], hint: str = "value") -> Any:
    """Return the pieces as one, with gaps; raise `Mismatch` if that cannot be."""
    there = [piece for piece in pieces if piece is not None]
    if not there:
        return None
    first = there[0]
    if all(type(piece) is type(first) and piece == first for piece in there):
        return first
    if any(type(piece) is not type(first) for piece in there):
        return _gap(pieces, hint)
    match first:
        case Assign():
            return _merged_assign(pieces, hint)
        case Call():
            return _merged_call(pieces, hint)
        case Copies():
            return _merged_copies(pieces, hint, Name("index"))
        case Loop():
            return _merged_loop(pieces, hint)
        case Name() | Literal():
            return _gap(pieces, hint)
        case tuple() if all(len(piece) == len(first) for piece in there):
            parts = [merged(column, hint) for column in _columns(pieces, len(first))]
            return tuple(parts) if type(first) is tuple else type(first)(*parts)
    raise Mismatch


def _columns(pieces: Sequence[Any], length: int) -> list[list[Any]]:
    return [[piece and piece[index] for piece in pieces] for index in range(length)]


def _field(pieces: Sequence[Any], name: str) -> list[Any]:
    return [None if piece is None else getattr(piece, name) for piece in pieces]


def _gap(pieces: Sequence[Any], hint: str) -> Gap:
    for piece in pieces:
        if isinstance(piece, Call) or not isinstance(piece, Expression | Gap | None):
            raise Mismatch
    return Gap(tuple(pieces), hint)


def _merged_assign(pieces: Sequence[Any], hint: str) -> Assign:
    there = [piece for piece in pieces if piece is not None]
    if len({piece.target for piece in there}) > 1:
        raise Mismatch
    sizes = {piece.size for piece in there}
    value = merged(_field(pieces, "value"), hint)
    return Assign(there[0].target, value, sizes.pop() if len(sizes) == 1 else "")


def _merged_call(pieces: Sequence[Any], hint: str) -> Call:
    there = [piece for piece in pieces if piece is not None]
    shapes = {(len(piece.arguments), tuple(key for key, _ in piece.keywords)) for piece in there}
    function = merged(_field(pieces, "function"), hint)
    if len(shapes) > 1 or isinstance(function, Gap):
        raise Mismatch
    ((positions, keys),) = shapes
    arguments = _columns(_field(pieces, "arguments"), positions)
    keywords = _columns(_field(pieces, "keywords"), len(keys))
    return Call(
        function,
        tuple(merged(column, _HINTS.get(function, "inputs")) for column in arguments),
        tuple(
            (key, merged([pair and pair[1] for pair in column], key))
            for key, column in zip(keys, keywords, strict=True)
        ),
    )


_HINTS = {Name("F.pad"): "padding"}  # what the arguments without a name are, "inputs" otherwise


def _merged_loop(pieces: Sequence[Any], hint: str) -> Loop:
    first = next(piece for piece in pieces if piece is not None)
    index = Name(first.element) if first.over is None else None
    copies = _merged_copies(_field(pieces, "copies"), hint, index)
    return Loop(copies, first.element, merged(_field(pieces, "over"), hint))


def _merged_copies(pieces: Sequence[Any], hint: str, index: Name | None) -> Copies:
    lengths = {len(piece.items) for piece in pieces if piece is not None}
    items = []
    for number in range(max(lengths)):
        column = [
            piece.items[number] if piece is not None and number < len(piece.items) else None
            for piece in pieces
        ]
        items.append(merged(column, hint))
    copies = Copies(tuple(items), merged(_field(pieces, "times"), "repeat"))
    if len(lengths) > 1:  # only a loop has another number of turns in each piece
        _turn(copies, index)
    return copies


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


def fitted(values: Sequence[Any], index: Name) -> Expression:
    """Return an expression over `index` that has the value `values[i]` where it is i."""
    first, *others = values
    if all(value == first for value in others):
        return first  # type: ignore[no-any-return]
    if all(value == others[0] for value in others):
        return Choice(first, Binary(index, "==", Literal(0)), others[0])
    step = _step(values)
    if step is not None:
        rest = index if step == Literal(1) else Binary(index, "*", step)
        return rest if first == Literal(0) else Binary(first, "+", rest)
    return Subscript(Group(tuple(values)), index)


def _step(values: Sequence[Any]) -> Expression | None:
    """Return what each value is larger by than the one before, if that is always the same."""
    if all(isinstance(value, Literal) and type(value.value) is int for value in values):
        return _difference([value.value for value in values])
    first, grown = values[0], values[1]
    if not isinstance(grown, Binary) or grown.operator != "+" or grown.left != first:
        return None
    if isinstance(grown.right, Literal):
        added = [_added(first, value) for value in values]
        return None if None in added else _difference(added)
    sums = all(after == Binary(value, "+", grown.right) for value, after in pairwise(values))
    return grown.right if sums else None


def _added(first: Any, value: Any) -> int | None:
    """Return the whole number that `value` adds to `first`, if that is what it does."""
    match value:
        case Binary(left, "+", Literal(int() as number)) if left == first:
            return number
    return 0 if value == first else None


def _difference(numbers: list[Any]) -> Literal | None:
    steps = {after - number for number, after in pairwise(numbers)}
    return Literal(steps.pop()) if len(steps) == 1 else None


def expanded(part: Any) -> Any:
    """Return code in which containers and loops over copies are written out."""

    def expand(part: Any) -> Any:
        match part:
            case Call(function, (Copies(),), keywords):
                copies: Any = part.arguments[0]
                return Call(function, _gathered(copies, spread=True), keywords)
            case Group((Copies(),), "[]"):
                copies = part.items[0]
                found = _gathered(copies, spread=False)
                return found[0] if isinstance(found[0], Comprehension) else Group(found, "[]")
            case tuple() if any(isinstance(item, Loop) for item in part):
                return tuple(
                    statement
                    for item in part
                    for statement in (
                        _written_loop(item) if isinstance(item, Loop) else [expanded(item)]
                    )
                )
        return None

    return replaced(part, expand)


def _gathered(copies: Copies, *, spread: bool) -> tuple[Expression, ...]:
    """Return what a container of all copies is given: a comprehension, or each by itself."""
    index = Name("index")
    try:
        if len(copies.items) == 1 and copies.times == Literal(1):
            raise Mismatch  # no loop for one
        turn = _turn(copies, index)
    except Mismatch:
        return tuple(
            replaced(item, partial(_numbered, Loop(copies), number))
            for number, item in enumerate(copies.items)
        )
    index = index if index.text in roots(turn) else Name("_")
    items = Call(Name("range"), (copies.times,))
    return (Comprehension(turn, index.text, items, spread=spread),)


def _written_loop(loop: Loop) -> list[Any]:
    copies, element = loop.copies, Name(loop.element)
    try:
        turn = _turn(copies, element if loop.over is None else None)
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
        case Name(text="index"):
            return Literal(number)
        case Name(text=loop.element) if loop.over is not None:
            return Subscript(loop.over, Literal(number))
        case Binary(left, operator, right):
            return computed(replaced(left, again), operator, replaced(right, again))
        case Choice(value, test, otherwise):
            known = replaced(test, again)
            if isinstance(known, Literal):
                return replaced(value if known.value else otherwise, again)
        case Formatted(parts):
            return formatted(replaced(parts, again))
    return None


def _turn(copies: Copies, index: Name | None) -> Any:
    """Return the code of one turn of a loop; raise `Mismatch` if it has none.

    Where turns differ in values, those are written in terms of `index`, if the loop has one.
    """

    def fill(part: Any) -> Any:
        if isinstance(part, Gap) and index is None:
            raise Mismatch
        return fitted(part.values, index) if isinstance(part, Gap) and index else None

    turn = replaced(merged(copies.items), fill)
    if index is None and "index" in roots(turn):
        raise Mismatch
    return turn
