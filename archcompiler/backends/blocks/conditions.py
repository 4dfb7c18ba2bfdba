"""Rows that are there under one condition, as one `if`.

    - {layer: expand,    type: convolution, maps: "${t * maps}", kernel: 1, when: "${t != 1}"}
    - {layer: expand_bn, type: batch_normalization, when: "${t != 1}"}

are written by a backend row by row; rows that stand next to each other go together here. Without
them each passes on the first thing that it reads, so `passing` statements come before the `if`:

    x = inputs
    if t != 1:
        x = ...
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from archcompiler.backends.blocks.copies import Copies, Loop
from archcompiler.backends.blocks.row_code import RowCode
from archcompiler.backends.blocks.writer import assigned
from archcompiler.backends.code import (
    Assign,
    Expression,
    Literal,
    Name,
    Statement,
    Unpack,
    replaced,
    roots,
)


class RowsUnder(NamedTuple):
    """Rows that are there if `when` is true, or always; `passing` is what stands for them."""

    rows: tuple[RowCode, ...]
    when: Expression | None = None
    passing: tuple[Statement, ...] = ()


def under_conditions(rows: tuple[RowCode, ...], results: Collection[str]) -> list[RowsUnder]:
    """Return all rows in their order; `results` are the variables that the block gives."""
    groups: list[list[RowCode]] = []
    for row in rows:
        if groups and _go_together([*groups[-1], row]):
            groups[-1].append(row)
        else:
            groups.append([row])
    found: list[RowsUnder] = []
    needed = set(results)  # the variables that are read further down
    for group in reversed(groups):
        when = group[0].when if group[0].there else None
        standing = _standing(group) if when is not None else {}
        passing = [assigned(*pair) for pair in standing.items() if pair[0] in needed]
        found.append(RowsUnder(tuple(group), when, tuple(it for (it,) in passing)))
        read, written = _read_and_written(group)
        sources = {source for target, source in standing.items() if target in needed}
        needed -= written if when is None else standing.keys()
        needed |= read | sources
    return found[::-1]


def _go_together(group: list[RowCode]) -> bool:
    """Whether rows can be one `if`: what stands for one must not be what another still reads."""
    first = group[0]
    if first.when is None or not all(it.there and it.when == first.when for it in group):
        return False
    standing, (read, _) = _standing(group), _read_and_written(group)
    return standing.keys().isdisjoint({*read, *standing.values()})


def _standing(group: list[RowCode]) -> dict[str, str]:
    """Return what each variable of the rows holds without them: one of those above."""
    found: dict[str, str] = {}
    for row in group:
        found[row.target] = found.get(row.source, row.source)
    return {target: source for target, source in found.items() if target != source}


def _read_and_written(group: list[RowCode]) -> tuple[set[str], set[str]]:
    """Return the variables that rows read from above, and those that they write."""
    read, written = set[str](), set[str]()
    for row in group:
        for statement in row.run if row.there else assigned(row.target, row.source):
            read |= set(roots(statement)) - written
            written |= _written(statement)
    return read, written


def _written(statement: Any) -> set[str]:
    """Return the variables that a statement of a row writes for sure."""
    match statement:
        case Assign(target):
            return {target}
        case Unpack(targets):
            return {*targets}
        case Loop(Copies((first, *_))):
            return {variable for inner in first for variable in _written(inner)}
    return set()


def with_names(
    statements: Iterable[Statement], computed: Iterable[tuple[str, Expression]]
) -> list[Statement]:
    """Return statements that compute once, under its name, what they need several times.

    `computed` are names and code of derived parameters, each after those that it rests on.
    """
    found, start = list(statements), list[Statement]()
    for name, code in computed:
        own = code
        for statement in start:
            assert isinstance(statement, Assign)
            own = _exchanged(own, statement.value, Name(statement.target))
        if not isinstance(own, Name | Literal) and _count(found, own) > 1:
            found = _exchanged(found, own, Name(name))
            start.append(Assign(name, own))
    return [*start, *found]


def _exchanged(part: Any, old: Expression, new: Expression) -> Any:
    return replaced(part, lambda it: new if type(it) is type(old) and it == old else None)


def _count(part: object, wanted: Expression) -> int:
    """Return how often an expression stands in statements."""
    if type(part) is type(wanted) and part == wanted:
        return 1
    return sum(_count(it, wanted) for it in part) if isinstance(part, tuple | list) else 0
