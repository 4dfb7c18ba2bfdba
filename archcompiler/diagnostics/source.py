"""A text with a name, and spans in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple


class Source:
    """The text of one spec; knows lines and columns, which are computed only when asked for.

    `first` is the number of its first line, where it is a part of a file. A text that was made
    from another knows what its places come from: `origin` returns that span of the other text.
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
        """Return where line `number` begins and where it ends, without its newline."""
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
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def origin(self) -> Span:
        """The same place in the text that somebody wrote: itself, but in a text that was made."""
        return self if self.source.origin is None else self.source.origin(self)
