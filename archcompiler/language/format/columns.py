"""Alignment of cells in neighbouring lines.

Cells wider than a limit are not aligned and widen no column, so that the result is at most a small
multiple of the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

WIDEST = 24  # value in a row that is padded, in characters
WIDEST_CELL = 40  # of a table
WIDEST_LINE = 100  # in front of a comment
MOST_PADDING = 8  # times the characters of a table: more padding than that, and it is not aligned


class Line(NamedTuple):
    """A line of text and the comment behind it."""

    indentation: int
    text: str
    comment: str = ""


def rows_in_columns(rows: Sequence[Sequence[tuple[str, str]]]) -> list[str]:
    """Return the lines of rows of keys and values, with equal keys below each other.

        type: flatten,     size: 9216
        type: crop,        size: 4x4,  activation: relu
        type: convolution, size: 5x5,  activation: relu

    A value is aligned with those of neighbouring rows that have the same keys up to there. Rows
    that are shorter or wider in between do not interrupt a column.
    """
    cells = [[f"{key}: {value}, " for key, value in row] for row in rows]
    runs = [(0, [*range(len(rows))])]
    while runs:
        place, run = runs.pop()
        for column in _columns(rows, place, run):
            width = max((len(cells[index][place]) for index in column), default=0)
            for index in column:
                cells[index][place] = cells[index][place].ljust(width)
            runs += [(place + 1, column)] if column else []
    return ["".join(row)[:-2] for row in cells]


def _columns(
    rows: Sequence[Sequence[tuple[str, str]]], place: int, run: list[int]
) -> Iterator[list[int]]:
    """Yield groups of rows whose values at `place` get one width: only rows that go on behind it.

    Values in quotes, which are mostly expressions, are a group of their own.
    """
    for _, part in groupby(run, lambda index: rows[index][place][0]):
        column = [
            index
            for index in part
            if place + 1 < len(rows[index]) and len(rows[index][place][1]) <= WIDEST
        ]
        quoted = {index for index in column if rows[index][place][1][:1] in ("'", '"')}
        yield [index for index in column if index not in quoted]
        yield sorted(quoted)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table; the first row holds the titles."""
    widths = [3] * max(map(len, rows))
    for row in rows:
        for place, cell in enumerate(row):
            if len(cell) <= WIDEST_CELL:
                widths[place] = max(widths[place], len(cell))
    held = sum(len(cell) + 3 for row in rows for cell in row)
    if sum(widths) * len(rows) > MOST_PADDING * held:
        widths = [1] * len(widths)
    else:
        rows = [[*row, *[""] * (len(rows[0]) - len(row))] for row in rows]
    lines = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))} |"
        for row in rows
    ]
    rule = "|".join("-" * (width + 2) for width in widths[: len(rows[0])])
    return [lines[0], f"|{rule}|", *lines[1:]]


def with_aligned_comments(lines: Iterable[Line]) -> str:
    """Return the text of lines, with comments of consecutive lines below each other."""
    out: list[str] = []
    for commented, run in groupby(lines, lambda line: bool(line.comment)):
        if not commented:
            out += [" " * indentation * bool(text) + text for indentation, text, _ in run]
            continue
        pairs = [(" " * indentation + text, comment) for indentation, text, comment in run]
        width = max((len(text) for text, _ in pairs if len(text) <= WIDEST_LINE), default=0)
        out += [f"{text.ljust(width)}  {comment}" for text, comment in pairs]
    return "\n".join(out) + "\n"
