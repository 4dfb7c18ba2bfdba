"""The tree of a spec to text: line breaks, indentation and quotes."""

from __future__ import annotations

import re
from typing import TypeGuard

from archcompiler.language.format.columns import Line, rows_in_columns, with_aligned_comments
from archcompiler.language.format.tree import BLOCK_STYLES, Entry, Group, Text
from archcompiler.language.missing_spaces import looks_glued

# What a text without quotes must not begin with, contain, and contain in braces.
_BEGINNING = re.compile(r"[ ?:,\[\]{}#&*!|>'\"%@`]|-(?:[ ,\[\]{}-]|\Z)|\.\.\.")
_INSIDE = re.compile(r":(?: |\Z)| #| \Z")
_IN_BRACES = re.compile(r"[,\[\]{}?]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def laid_out(document: Entry) -> str:
    """Return the text of a spec."""
    writer = _Writer()
    assert isinstance(document.value, Group)
    writer.comments([*document.above, *document.behind], 0, first=True)
    writer.group(document.value, 0)
    if not document.value.entries:
        writer.lines.append(Line(0, "{}"))
    return with_aligned_comments(writer.lines)


def quoted(text: str) -> str:
    """Return `text` in quotes; characters that are not printable are escaped."""
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character.isprintable() and character not in _ESCAPES:
        return character
    code = ord(character)
    return _ESCAPES.get(character) or (f"\\u{code:04X}" if code < 2**16 else f"\\U{code:08X}")


def _is_open(node: Text | Group) -> TypeGuard[Group]:
    return isinstance(node, Group) and not node.flow


def _comments(entry: Entry) -> tuple[list[str], str]:
    """Return the comments above an entry, and the one at the end of its line."""
    if entry.key is None and _is_open(entry.value):
        return [*entry.above, *entry.behind], ""
    *others, behind = entry.behind or [""]
    return [*entry.above, *others], behind


class _Writer:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.plain: dict[tuple[str, bool], bool] = {}  # a column has few different texts

    def group(self, group: Group, indentation: int) -> None:
        """Write the entries of a group without braces."""
        rows = {} if group.mapping else self.rows(group)
        for index, entry in enumerate(group.entries):
            above, behind = _comments(entry)
            self.comments(above, indentation, first=not index)
            if not _is_open(entry.value):
                self.short(entry, behind, indentation, rows.get(index))
            elif entry.key is None:
                self.item(entry.value, indentation)
            else:
                self.lines.append(Line(indentation, f"{self.key(entry.key)}:", behind))
                self.group(entry.value, indentation + 2 * entry.value.mapping)
        self.comments(group.foot, indentation)

    def short(self, entry: Entry, behind: str, indentation: int, row: str | None) -> None:
        """Write an entry whose value begins on the line of its key."""
        start = f"{self.key(entry.key)}: " if entry.key else "- "
        first, *below = [row] if row else self.texts(entry.value)
        head = (start + first).rstrip(" ")
        if not below or (isinstance(entry.value, Text) and entry.value.style in BLOCK_STYLES):
            self.lines.append(Line(indentation, head, behind))
            behind = ""
        else:
            self.lines.append(Line(indentation, head))
        self.lines += [Line(indentation + 2, text) for text in below]
        if behind:
            self.lines[-1] = self.lines[-1]._replace(comment=behind)

    def comments(self, comments: list[str], indentation: int, *, first: bool = False) -> None:
        """Write comments, a line each; an empty line at the start of a group is dropped."""
        for text in comments[1:] if first and comments and not comments[0] else comments:
            self.lines.append(Line(indentation, text))

    def item(self, group: Group, indentation: int) -> None:
        """Write a group after `- `, with the comments of its first entry above."""
        at = len(self.lines)
        self.group(group, indentation + 2)
        while self.lines[at].text.startswith("#") or not self.lines[at].text:
            self.lines[at] = Line(indentation, self.lines[at].text)
            at += 1
        _, text, comment = self.lines[at]
        self.lines[at] = Line(indentation, f"- {text}", comment)

    def rows(self, group: Group) -> dict[int, str]:
        """Return the items that are mappings in braces, aligned between empty lines."""
        tables: list[dict[int, list[tuple[str, str]]]] = [{}]
        for index, entry in enumerate(group.entries):
            row = entry.value
            is_row = isinstance(row, Group) and row.flow and row.mapping and row.entries
            if "" in entry.above or not is_row:
                tables.append({})
            if is_row and isinstance(row, Group):
                tables[-1][index] = self.cells(row)
        return {
            index: f"{{{row}}}"
            for table in tables
            for index, row in zip(table, rows_in_columns([*table.values()]), strict=True)
        }

    def cells(self, row: Group) -> list[tuple[str, str]]:
        """Return the keys and values of a mapping in braces."""
        return [
            (self.spelled(entry.key, in_braces=True), self.in_braces(entry.value))
            for entry in row.entries
            if entry.key
        ]

    def in_braces(self, node: Text | Group) -> str:
        """Return a value inside of braces or brackets."""
        if isinstance(node, Text):
            return self.spelled(node, in_braces=True)
        if node.mapping:
            return "{" + ", ".join(f"{key}: {value}" for key, value in self.cells(node)) + "}"
        return "[" + ", ".join(self.in_braces(entry.value) for entry in node.entries) + "]"

    def texts(self, node: Text | Group) -> list[str]:
        """Return the lines of a value; a text keeps its line breaks."""
        if isinstance(node, Group):
            return [self.in_braces(node)]
        raw = node.raw or ""
        if node.style in BLOCK_STYLES:
            return raw.split("\n")
        if "\n" not in raw or "\\" in raw:
            return [self.spelled(node)]
        return [line.strip(" \t") for line in raw.split("\n")]

    def key(self, key: Text) -> str:
        """Return a key outside of braces; an empty one is written as `""`."""
        return self.spelled(key) or '""'

    def spelled(self, text: Text, *, in_braces: bool = False) -> str:
        """Return a text on one line, in quotes if it needs them."""
        content, raw = text.text, text.raw
        if not content and not text.style:
            return '""' if in_braces else ""
        key = (content, in_braces)
        plain = self.plain.get(key)
        if plain is None:
            plain = self.plain[key] = _is_plain(content, in_braces)
        if plain and not text.kept and not (text.style and looks_glued(content)):
            return content
        if raw is None or "\n" in raw or text.style in BLOCK_STYLES:
            return quoted(content)
        if not text.style and ("${" in content or _BEGINNING.match(content)):
            return quoted(content)  # `[-]` has a text in it, but `- -` has not
        if text.style == "'" and content.isprintable() and not _ESCAPES.keys() & set(content):
            return f'"{content}"'
        return raw


def _is_plain(text: str, in_braces: bool) -> bool:
    """Whether a text needs no quotes. Expressions always get them, as they need them in braces."""
    return (
        text.isprintable()
        and "${" not in text
        and not _BEGINNING.match(text)
        and not _INSIDE.search(text)
        and not (in_braces and _IN_BRACES.search(text))
        and bool(text)
    )
