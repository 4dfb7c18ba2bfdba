"""The code of rows, and how the rows of several uses of a block become one.

    conv:  self.conv = nn.Conv2d(in_maps, maps, kernel_size=3)      in one use
    conv:  self.conv = nn.Conv2d(in_maps, maps, kernel_size=5)      in another

are one row with a gap, which is to be called `conv_kernel_size`. A row that only some uses have is
a row with a condition. Uses whose rows differ in more are not put together: each group of uses
that can be one has a definition of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from archcompiler.backends.blocks.anti_unification import Gap, Mismatch, merged
from archcompiler.backends.blocks.loops import demand_loops
from archcompiler.backends.code import Expression, Group, Literal, Statement, Unary, replaced
from archcompiler.graph.body import row_key


class RowCode(NamedTuple):
    """The code of a row: what is made once, and what computes it. `when`: only if that is true."""

    name: str
    made: tuple[Statement, ...] = ()
    run: tuple[Statement, ...] = ()
    when: Expression | None = None
    there: bool = True
    target: str = ""
    source: str = ""


def marked(row: RowCode, block: str, code: Iterable[Statement]) -> list[Statement]:
    """Return statements as those of a row of `block`; all copies of a repeated row are one."""
    key = row_key(block, row.name)
    return [statement._replace(row=key) for statement in code]


def merged_rows(group: list[tuple[RowCode, ...]]) -> list[RowCode]:
    """Return the rows of several bodies as one; raise `Mismatch` if they differ too much."""
    rows = []
    for column in zip(*group, strict=True):
        there = [row for row in column if row.there]
        if not there:
            rows.append(column[0])
            continue
        if len(there) < len(column) and (
            column[0].when is None or any(row.when != column[0].when for row in column)
        ):
            raise Mismatch
        pieces = [row if row.there else None for row in column]
        row = there[0]
        made = merged([piece and piece.made for piece in pieces], row.name)
        run = merged([piece and piece.run for piece in pieces], row.name)
        when = row.when if len(there) < len(column) and (made or run) else None
        demand_loops((made, run))
        rows.append(row._replace(made=made, run=run, when=when))
    if any(isinstance(gap, Gap) and not _are_constant(gap.values) for gap in _gaps(rows)):
        raise Mismatch
    return rows


class SharedCode(NamedTuple):
    """Uses of a block that share a definition: the code of each, and all of it as one."""

    members: list[tuple[RowCode, ...]]
    together: list[RowCode]


def grouped(codes: list[tuple[RowCode, ...]]) -> list[SharedCode]:
    """Return the code of uses in groups that can be one; a use that differs in more has its own."""
    groups: list[SharedCode] = []
    for code in codes:
        for index, group in enumerate(groups):
            members = [*group.members, code]
            try:
                groups[index] = SharedCode(members, merged_rows(members))
            except Mismatch:
                continue
            break
        else:
            groups.append(SharedCode([code], merged_rows([code])))
    return groups


def _gaps(part: Any) -> Iterator[Any]:
    if isinstance(part, Gap):
        yield part
    elif isinstance(part, tuple | list):
        for item in part:
            yield from _gaps(item)


def with_hints(row: RowCode) -> RowCode:
    """Return the row with the row's name in the names of its gaps."""

    def name(part: Any) -> Any:
        if isinstance(part, Gap):
            return part._replace(hint=f"{row.name.replace('.', '_')}_{part.hint}".lower())
        return None

    return row._replace(made=replaced(row.made, name), run=replaced(row.run, name))


def _are_constant(values: tuple[Expression | None, ...]) -> bool:
    return all(value is None or _is_constant(value) for value in values)


def _is_constant(value: Expression) -> bool:
    match value:
        case Literal():
            return True
        case Group(items):
            return all(map(_is_constant, items))
        case Unary(_, operand):
            return _is_constant(operand)
    return False
