"""Texts with names, and spans in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple


class Source:
    """The text of one spec, or of a part of a file that begins at line `first`.

    A generated text (of a spec in Python) has an `origin`: a function from a span to the span
    that it was generated from.
    """

    def __init__(
        self,
        name: str,
        text: str,
        *,
        first: int = 1,
        origin: Callable[[Span], Span] | None = None,
    ) -> None:
        self.name = name
        self.text = text
        self.first = first
        self.origin = origin

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of `offset`, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line + self.first - 1, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> tuple[int, int]:
        """Return the offsets where line `number` begins and ends, without its newline."""
        number, starts = number - self.first + 1, self._line_starts
        start = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        while end > start and self.text[end - 1] == "\r":
            end -= 1
        return start, end


class Span(NamedTuple):
    """The characters from `start` up to, not including, `end`."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The text of the span."""
        return self.source.text[self.start : self.end]

    @property
    def origin(self) -> Span:
        """The span that this one was generated from; itself if the text is not generated."""
        return self if self.source.origin is None else self.source.origin(self)
