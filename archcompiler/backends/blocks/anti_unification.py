"""Several pieces of code as one: what they have in common, with gaps where they differ.

    nn.Conv2d(64, 64, kernel_size=3)
    nn.Conv2d(64, 128, kernel_size=3)       ->  nn.Conv2d(64, Gap(64, 128), kernel_size=3)

This is anti-unification (Plotkin 1970, Reynolds 1970): the result is the least general piece of
code that all of them are instances of. A gap is what they call a variable. A definition fills it
with an argument, a loop with an expression over its index.

It is stricter than theirs: what is called, the names of arguments and how many there are have to
be the same, and a call is no value that an argument could have. Else there is a `Mismatch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcompiler.backends.blocks.copies import Copies, Loop
from archcompiler.backends.code import (
    FUNCTIONS,
    Assign,
    Binary,
    Call,
    Expression,
    Literal,
    Name,
    Unary,
)


class Mismatch(Exception):
    """The pieces differ in more than values."""


class Gap(NamedTuple):
    """A place where pieces differ, and what each has there; `hint` is a name for it."""

    values: tuple[Expression | None, ...]  # None: this piece does not have the place
    hint: str


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
            return _merged_copies(pieces, hint)
        case Loop():
            return _merged_loop(pieces, hint)
        case Name() | Literal() | Binary() | Unary():
            return _gap(pieces, hint)  # a number is one thing: no argument is a part of one
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
    return Gap(tuple(map(_worth, pieces)), hint)


def _worth(piece: Any) -> Any:
    """Return what a constant is worth: `5 * 0.0001` is a number."""
    match piece:
        case Binary(Literal(int() | float() as one), sign, Literal(int() | float() as other)) if (
            sign in FUNCTIONS
        ):
            return Literal(FUNCTIONS[sign](one, other))
    return piece


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
    copies = _merged_copies(_field(pieces, "copies"), hint)
    return Loop(copies, first.element, merged(_field(pieces, "over"), hint))


def _merged_copies(pieces: Sequence[Any], hint: str) -> Copies:
    lengths = {len(piece.items) for piece in pieces if piece is not None}
    items = []
    for number in range(max(lengths)):
        column = [
            piece.items[number] if piece is not None and number < len(piece.items) else None
            for piece in pieces
        ]
        items.append(merged(column, hint))
    return Copies(tuple(items), merged(_field(pieces, "times"), "repeat"), len(lengths) > 1)
