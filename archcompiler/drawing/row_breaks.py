"""Where a picture goes on in a further row, as lines of text do, and which tracks lines have."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from archcompiler.drawing.outline import Edge

CROSSED = 0.05  # what a line from row to row costs, beside the square of the part left empty


def broken(widths: list[float], gaps: list[float], crossings: list[int], most: float) -> list[int]:
    """Return the row of each column: as few rows as are at most `most` wide, and even ones.

    `gaps` are the px after each column, `crossings` how many lines go on from it to later ones.
    The choice is the best of all (dynamic programming from the last column back, as in Knuth and
    Plass, Breaking paragraphs into lines, 1981); a column wider than `most` is a row by itself.
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
    """From where to where an edge goes level; those of one source may lie on each other."""

    start: float
    end: float
    edge: Edge


def packed(spans: Iterable[Span]) -> dict[Edge, int]:
    """Return the track of each edge: short ones have the first, and none meets another."""
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
