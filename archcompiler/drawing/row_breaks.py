"""Breaking of columns into rows, like words into lines, and tracks for horizontal edges."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from archcompiler.drawing.outline import Edge

CROSSED = 0.05  # cost of an edge between rows; that of a row is the square of its empty share


def broken(widths: list[float], gaps: list[float], crossings: list[int], most: float) -> list[int]:
    """Return the row of each column, for as few rows as possible of at most `most` px.

    `gaps` are the px after each column, `crossings` the number of edges from it and earlier
    columns to later ones. Among the choices with that many rows the one of least cost is taken, by
    dynamic programming from the last column (Knuth and Plass, Breaking paragraphs into lines,
    1981). A column wider than `most` is a row of its own.
    """
    count = len(widths)
    best: list[tuple[int, float, int]] = [(0, 0.0, count)] * (count + 1)
    for start in reversed(range(count)):
        found = []
        wide = 0.0
        for end in range(start + 1, count + 1):
            wide += widths[end - 1] + (gaps[end - 2] if end - 1 > start else 0.0)
            if wide > most and end > start + 1:
                break
            rows, cost, _ = best[end]
            over = CROSSED * crossings[end - 1] if end < count else 0.0
            found.append((rows + 1, cost + (1 - wide / most) ** 2 + over, end))
        best[start] = min(found)
    starts = [0]
    while starts[-1] < count:
        starts.append(best[starts[-1]][2])
    return [row for row, (start, end) in enumerate(pairwise(starts)) for _ in range(start, end)]


class Span(NamedTuple):
    """The horizontal part of an edge; those of one source may overlap."""

    start: float
    end: float
    edge: Edge


def packed(spans: Iterable[Span]) -> dict[Edge, int]:
    """Assign tracks to edges so that none overlap; short edges get the first tracks."""
    tracks: list[list[Span]] = []
    found: dict[Edge, int] = {}
    for span in sorted(spans, key=lambda span: (span.end - span.start, span.edge[:2])):
        free = (
            index
            for index, track in enumerate(tracks)
            if all(
                span.end <= other.start
                or other.end <= span.start
                or other.edge.source == span.edge.source
                for other in track
            )
        )
        index = next(free, len(tracks))
        if index == len(tracks):
            tracks.append([])
        tracks[index].append(span)
        found[span.edge] = index
    return found
