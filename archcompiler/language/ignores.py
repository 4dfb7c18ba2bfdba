"""Comments that silence warnings: `# archc: ignore[ARC601]` at the end of a row's line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Any

import yaml

from archcompiler.diagnostics import Diagnostic, Label, Source, Span
from archcompiler.diagnostics.diagnostic import WARNING, severity_of
from archcompiler.language.yaml_reader import Parser

USELESS = "ARC604"  # in a comment, it allows the comment to silence nothing
_IGNORE = re.compile(r"#[ \t]*archc:[ \t]*ignore\b[ \t]*(?:\[([^\]\n]*)\])?")
_WORD = re.compile(r"[^\s,]+")


class Ignores:
    """The `ignore` comments of one text, and which of their codes silenced a warning."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.used: set[Span] = set()

    @cached_property
    def _comments(self) -> dict[int, Span]:
        """The comments by their line numbers."""
        text = self.source.text
        found = [match.span() for match in _IGNORE.finditer(text)] if "ignore" in text else []
        inside = _inside_texts(text) if found else []
        return {
            self.source.position(start)[0]: Span(self.source, start, end)
            for start, end in found
            if bisect_right(inside, start) % 2 == 0
        }

    def silence(self, code: str, span: Span) -> bool:
        """Whether a comment on one of the lines of `span` silences `code` there."""
        if not self._comments:
            return False
        own = [self._comments[line] for line in self._lines(span) if line in self._comments]
        words = [word for comment in own for word in _words(comment) if word.text == code]
        self.used.update(words)
        return bool(words)

    def _lines(self, span: Span) -> range:
        first, last = (self.source.position(at)[0] for at in span[1:])
        return range(first, last + 1)

    def useless(self, rows: Iterable[Span]) -> Iterator[Diagnostic]:
        """Return the faults of comments: a code that is no warning, or that silences nothing.

        `rows` are the rows that were checked for warnings. A comment elsewhere may silence
        nothing: its row may be left out by `when`, or be in a block that is not used.
        """
        lines = {line for span in rows if self._comments for line in self._lines(span)}
        for line, comment in self._comments.items():
            words = list(_words(comment))
            codes = [word.text for word in words]
            start, _ = self.source.line(line)
            alone = not self.source.text[start : comment.start].strip()
            idle = USELESS in codes or not (alone or line in lines)
            if not words:
                yield _fault(comment, "this comment names no warning")
            for word in words:
                if word.text not in _warnings():
                    meant = word.text.upper()
                    hint = f"did you mean `{meant}`?" if meant in _warnings() else ""
                    message = f"`{word.text}` is no warning, and only those are silenced"
                    yield _fault(word, message, hint)
                elif not idle and word not in self.used:
                    yield _fault(word, f"`{word.text}` silences nothing here", "leave it out")


def _words(comment: Span) -> Iterator[Span]:
    """Return the codes in the brackets of a comment."""
    source, start, _ = comment
    opened = comment.text.find("[")
    for match in _WORD.finditer(comment.text[:-1], opened + 1) if opened >= 0 else ():
        yield Span(source, start + match.start(), start + match.end())


def _inside_texts(text: str) -> list[int]:
    """Return the offsets where scalars begin and end, in turn: they hold no comments."""
    events: Iterator[Any] = yaml.parse(text, Loader=Parser)
    places = []
    for event in events:
        kind = event.__class__
        if kind is yaml.ScalarEvent:
            places += [event.start_mark.index, event.end_mark.index]
    return places


@cache
def _warnings() -> list[str]:
    from archcompiler.diagnostics import catalogue  # slow to import, and seldom needed

    return [code for code in catalogue.codes() if severity_of(code) == WARNING]


def _fault(span: Span, message: str, hint: str = "") -> Diagnostic:
    known = [code for code in _warnings() if code != USELESS]
    hint = (
        hint
        or f"`# archc: ignore[{known[0]}]` silences {known[0]}; others are {', '.join(known[1:])}"
    )
    return Diagnostic(USELESS, message, Label(span), help=(hint,))
