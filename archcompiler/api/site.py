"""Places in Python files: the call that made an object, and its arguments."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from itertools import islice
from types import CodeType
from typing import Any

from archcompiler.diagnostics import Source, Span

_OURS = ("archcompiler", "pydantic")


class Site:
    """The call that made a row, a block or a spec.

    It is recorded as the index of a bytecode instruction, which takes no time; the place in the
    file is computed when a fault is reported. All sites are equal, so that rows compare by their
    values only.
    """

    def __init__(self, file: str, line: int, code: CodeType | None, at: int) -> None:
        self.file = file
        self.line = line
        self._code = code
        self._at = at

    @property
    def end(self) -> tuple[int, int] | None:
        """The line and byte column where the call ends; None if they are not known."""
        positions = self._code.co_positions() if self._code else iter(())
        _, line, _, column = next(islice(positions, self._at // 2, None), (None,) * 4)
        return None if line is None or column is None else (line, column)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Site)

    def __hash__(self) -> int:
        return hash(Site)

    def __reduce__(self) -> tuple[Any, ...]:
        return Site, (self.file, self.line, None, 0)  # code cannot be pickled


def calling() -> Site:
    """Return the innermost call from outside of archc."""
    frame = sys._getframe(1)
    while frame.f_back and _module(frame.f_globals) in _OURS:
        frame = frame.f_back
    linecache.lazycache(frame.f_code.co_filename, frame.f_globals)
    return Site(frame.f_code.co_filename, frame.f_lineno, frame.f_code, frame.f_lasti)


def _module(names: dict[str, Any]) -> str:
    return str(names.get("__name__")).partition(".")[0]


class File:
    """A Python file, parsed to find calls."""

    def __init__(self, path: str) -> None:
        self.name = shown(path)
        linecache.checkcache(path)
        self.lines = linecache.getlines(path)
        self.source = Source(self.name, "".join(self.lines))
        try:
            tree: ast.AST = ast.parse(self.source.text)
        except (SyntaxError, ValueError):  # it has changed since it was imported
            tree = ast.Module([], [])
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        self._calls = {(node.end_lineno, node.end_col_offset): node for node in calls}

    def call(self, site: Site) -> ast.Call | None:
        """Return the call at `site`; None if it is not found in the text."""
        return self._calls.get(site.end or (0, 0))

    def line(self, number: int) -> Span:
        """Return the span of a line; for code without a file, a span that has just its number."""
        if not 0 < number <= len(self.lines):
            return Span(Source(self.name, "", first=number), 0, 1)
        start, end = self.source.line(number)
        text = self.source.text[start:end]
        return Span(self.source, end - len(text.lstrip()), start + len(text.rstrip()))

    def span(self, node: ast.expr | ast.keyword) -> Span:
        """Return the span of a syntax node."""
        start = self._offset(node.lineno, node.col_offset)
        return Span(self.source, start, self._offset(node.end_lineno, node.end_col_offset))

    def word(self, argument: ast.keyword) -> Span:
        """Return the span of the name of an argument."""
        start = self.span(argument)[1]
        return Span(self.source, start, start + len(argument.arg or ""))

    def _offset(self, line: int | None, column: int | None) -> int:
        """Return the offset in characters of a byte column of a line."""
        assert line is not None  # the parser gives both
        text = self.lines[line - 1].encode()[:column]
        return self.source.line(line)[0] + len(text.decode())


def shown(path: str) -> str:
    """Return `path` for messages: relative to the current folder if it is below it."""
    try:
        near = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if near.startswith("..") or not os.path.exists(path) else near  # noqa: PTH110
