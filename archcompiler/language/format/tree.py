"""The concrete syntax tree of a spec, for the formatter: spelling and comments are kept.

The compiler's nodes (`language/nodes.py`) have neither. The parser gives the offsets of tokens;
comments are found between them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from archcompiler.diagnostics import Diagnostic, Findings, Label, Source, Span
from archcompiler.language.yaml_reader import Parser

LONGEST_KEY = 100  # characters: YAML wants keys of less than 1,024, however they are spelled
BLOCK_STYLES = ("|", ">")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")


class Text:
    """A scalar. `raw` is its spelling, `style` its quote, or `|` or `>`.

    The lines of `raw` after `|` or `>` have no common indentation. `kept` is whether its quotes
    have a meaning and must be kept.
    """

    __slots__ = ("kept", "raw", "start", "style", "text")

    def __init__(self, text: str, raw: str | None = None, style: str = "", start: int = 0) -> None:
        self.text = text
        self.raw = raw  # None: not from the file
        self.style = style
        self.start = start
        self.kept = False


class Group:
    """A mapping or a list, in braces or brackets if `flow`."""

    __slots__ = ("column", "entries", "flow", "foot", "mapping", "start")

    def __init__(self, mapping: bool, flow: bool, column: int = 0, start: int = 0) -> None:
        self.mapping = mapping
        self.flow = flow
        self.column = column
        self.start = start
        self.entries: list[Entry] = []
        self.foot: list[str] = []  # comments below the last entry


class Entry:
    """An item of a list, or a key with its value, and its comments.

    Comments `behind` are on its line. An empty text in `above` is an empty line.
    """

    __slots__ = ("above", "behind", "key", "value")

    def __init__(self, key: Text | None, value: Text | Group) -> None:
        self.key = key
        self.value = value
        self.above: list[str] = []
        self.behind: list[str] = []

    @property
    def name(self) -> str:
        """The text of the key."""
        return self.key.text if self.key else ""


_NOTHING = Text("")  # the value of a key until it is parsed


class _Comment(NamedTuple):
    """A comment on a line of its own; an empty line has no text."""

    column: int
    text: str


def parsed(source: Source, findings: Findings) -> Entry:
    """Return the tree of a valid YAML text: its mapping, and the comments around it.

    Raises:
        SpecError: A key is too long.
    """
    return _Builder(source, findings).document()


class _Builder:
    """One pass over the events of the parser.

    A comment on the line of a token belongs to the entry of that token. A comment on a line of its
    own belongs to the entry below it, or to the end of the list whose indentation it has.
    """

    def __init__(self, source: Source, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.text = source.text
        self.at = 0  # the offset where the last token ends
        self.last: Entry | None = None  # the entry of that token
        self.open = [Group(mapping=False, flow=False)]
        self.fresh: Entry | None = None  # the outermost entry that began after that token
        self.around = self.open[0]  # the group of that entry
        self.closed: list[Group] = []  # groups that ended after that token, innermost first
        self.owners: list[Entry] = []  # of the open groups

    def document(self) -> Entry:
        events: Any = Parser(self.text)
        while True:
            event = events.get_event()
            kind = event.__class__
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._start(event, kind is yaml.MappingStartEvent)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end(event)
            elif kind is yaml.StreamEndEvent:
                break
        (document,) = self.open[0].entries
        assert isinstance(document.value, Group)
        self.around = document.value
        foot = self._comments(len(self.text))
        document.value.foot += foot if not foot or foot[-1] else foot[:-1]
        return document

    def _scalar(self, event: Any) -> None:
        start, end, text, style = event.start_mark.index, event.end_mark.index, event.value, ""
        raw = self.text[start:end]
        if event.style:
            style = event.style
        elif raw == text:
            raw = text  # one string for both
        scalar = Text(text, raw, style, start)
        entry = self._place(scalar)
        if start == end:  # an empty value
            return
        self._token(entry, start, end)
        if style in BLOCK_STYLES:
            scalar.raw, comment, length = _dedented(raw, text)
            entry.behind += [comment] if comment else []
            self.at = start + length

    def _start(self, event: Any, mapping: bool) -> None:
        start = event.start_mark.index
        group = Group(mapping, bool(event.flow_style), event.start_mark.column, start)
        entry = self._place(group)
        if group.flow and self.text[start] in "{[":  # the pair in `[a: 1]` has no braces
            self._token(entry, start, start + 1)
        self.open.append(group)
        self.owners.append(entry)

    def _end(self, event: Any) -> None:
        group, owner = self.open[-1], self.owners[-1]
        start, end = event.start_mark.index, event.end_mark.index
        if not group.flow:
            self.closed.append(group)
            self.fresh = None
        elif start < end:
            comments = self._comments(start)
            (group.foot if group.entries else owner.above).extend(comments)
            self.at, self.last, self.fresh = end, owner, None
        self.open.pop()
        self.owners.pop()
        if group.flow and not self.open[-1].flow:
            _open_commented(group)

    def _place(self, node: Text | Group) -> Entry:
        group = self.open[-1]
        if group.mapping and group.entries and group.entries[-1].value is _NOTHING:
            entry = group.entries[-1]
            entry.value = node
            return entry
        if group.mapping:
            assert isinstance(node, Text)  # the reader has checked that
            entry = Entry(node, _NOTHING)
            if len(node.text) > LONGEST_KEY:
                self._refuse_key(node)
        else:
            entry = Entry(None, node)
        group.entries.append(entry)
        if self.fresh is None or self.around is group:
            self.fresh, self.around = entry, group
        return entry

    def _refuse_key(self, key: Text) -> None:
        span = Span(self.source, key.start, key.start + 1)
        message = f"a key has at most {LONGEST_KEY} characters"
        self.findings.stop(Diagnostic("ARC205", message, Label(span)))

    def _token(self, entry: Entry, start: int, end: int) -> None:
        """Move to a token of `entry`, and assign the comments before it."""
        if self.text.find("\n", self.at, start) >= 0 or self.last is None:
            (self.fresh or entry).above += self._comments(start)
        self.at, self.last, self.fresh = end, entry, None
        if self.closed:
            self.closed = []

    def _comments(self, end: int) -> list[str]:
        """Return the comments before a token that belong to what begins there."""
        lines = self.text[self.at : end].split("\n")
        comments: list[_Comment] = []
        for index, line in enumerate(lines[:-1] if end < len(self.text) else lines):
            column = line.find("#")
            if self.last and (not index or line.lstrip().startswith(",")):
                self.last.behind += [line[column:].rstrip()] if column >= 0 else []
            elif column >= 0:
                alone = not line[:column].strip()  # and not behind a `-`
                comments.append(_Comment(column if alone else 0, line[column:].rstrip()))
            elif not (line.strip() or self.open[-1].flow or (comments and not comments[-1].text)):
                comments.append(_Comment(0, ""))
        return [comment.text for comment in self._without_feet(comments)]

    def _without_feet(self, comments: list[_Comment]) -> list[_Comment]:
        """Move comments to the end of the closed group whose indentation they have."""
        done = 0
        for index, comment in enumerate(comments):
            if not comment.text:
                continue
            while self.closed and self.closed[0].column > comment.column:
                self.closed.pop(0)
            if not self.closed or comment.column <= self.around.column:
                break
            self.closed[0].foot += [text for _, text in comments[done : index + 1]]
            done = index + 1
        return comments[done:]


def _open_commented(group: Group) -> bool:
    """Remove the braces of groups that contain comments; return whether any was removed."""
    inside = [
        _open_commented(entry.value) for entry in group.entries if isinstance(entry.value, Group)
    ]
    if any(inside) or group.foot or any(entry.above or entry.behind for entry in group.entries):
        group.flow = False
    return not group.flow


def _dedented(raw: str, text: str) -> tuple[str, str, int]:
    """Return a block scalar without indentation, the comment after its `|`, and its length.

    Empty lines at its end belong to it only after `|+`.
    """
    head, *lines = raw.split("\n")
    header = _BLOCK_HEADER.match(head)
    mark = header[0] if header else head
    comment = head[len(mark) :].strip()
    ended = text.endswith("\n")
    keep = ended and "+" in mark
    if raw.endswith("\n"):
        lines.pop()
    if text.strip(" \n"):
        base = _indentation(lines) - _indentation(text.split("\n"))
        while not (lines[-1][base:] or keep):
            lines.pop()
        body = [line[base:] for line in lines]
    else:
        body = text.split("\n")[:-1]
    length = len(head) + sum(len(line) + 1 for line in lines)
    first = next((line for line in body if line), "")
    digit = "2" if first.startswith((" ", "\t")) else ""
    chomping = "+" if keep else "" if ended else "-"
    return "\n".join([mark[0] + digit + chomping, *body]), comment, length


def _indentation(lines: list[str]) -> int:
    first = next(line for line in lines if line.strip(" "))
    return len(first) - len(first.lstrip(" "))
