"""The context of the cursor, found without a parser: a text being typed is rarely valid YAML."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

_KEY = re.compile(r"""(["']?)(?P<key>[A-Za-z_][\w.]*)\1\s*:(?=\s|$)""")
_INDENTED = re.compile(r"(?P<indent> *)(?:- +)*(?P<rest>.*)")
_BEGINS = re.compile(r" *- |\w")  # a line that begins a row, or one of the outermost keys
_WORD = re.compile(r"[\w.]*\Z")
_OPENING, _CLOSING = "{[", "}]"
FARTHEST = 4000  # characters of a row


class Cursor(NamedTuple):
    """The context of the cursor.

    `path` are the keys of the mappings around it, from the outermost. `key` is the key whose value
    is being typed; empty if a key is being typed. `others` are the keys and plain values of the
    same mapping. `word` is the part of the word before the cursor, and `expression` is whether it
    is between `${` and `}`.
    """

    path: tuple[str, ...]
    key: str
    word: str
    others: dict[str, str]
    expression: bool

    @property
    def in_row(self) -> bool:
        """Whether the cursor is in a row."""
        return self.path[-1:] == ("layers",)

    @property
    def block(self) -> str:
        """The block that the cursor is in; empty in rows of the network."""
        return self.path[1] if self.path[:1] == ("blocks",) and len(self.path) > 2 else ""


def cursor_at(text: str, offset: int) -> Cursor:
    """Return the context at `offset`."""
    line_start = text.rfind("\n", 0, offset) + 1
    word = _WORD.search(text, line_start, offset)
    assert word is not None
    before = text[line_start:offset]
    opened = before.rfind("${")
    expression = opened >= 0 and "}" not in before[opened:]
    braces = _braces(text, offset)
    if braces:
        outermost, innermost = braces[0], braces[-1]
        own_line = text.rfind("\n", 0, outermost) + 1
        keys = [_last_key(_flat(text[own_line:outermost]))] if _is_value(text, outermost) else []
        keys += [_last_key(_flat(text[a + 1 : b])) for a, b in pairwise(braces)]
        path = (*_path(text, own_line, _indent_of(text, outermost)), *keys)
        key = _last_key(_flat(text[innermost + 1 : offset]))
        others = _pairs(text[innermost + 1 : _end(text, innermost)])
        return Cursor(path, key, word[0], others, expression)
    match = _INDENTED.match(text, line_start, _line_end(text, offset))
    assert match is not None
    indent = match.start("rest") - line_start
    own = _KEY.match(text, match.start("rest"), offset)
    others = _block_pairs(text, line_start, indent)
    path = _path(text, line_start, indent)
    return Cursor(path, own["key"] if own else "", word[0], others, expression)


def in_comment(text: str, offset: int) -> bool:
    """Whether `offset` is in a comment."""
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    return re.search(r"(?:^|\s)#", re.sub(r"'[^']*'|\"[^\"]*\"", "", before)) is not None


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


def _braces(text: str, offset: int) -> list[int]:
    """Return the offsets of the braces that are open at `offset`, the outermost first.

    The search ends at a line that begins a row or a key: no brace above it is open.
    """
    found: list[int] = []
    depth = 0
    for at in range(offset - 1, max(offset - FARTHEST, -1), -1):
        character = text[at]
        if character == "}":
            depth += 1
        elif character == "{" and depth:
            depth -= 1
        elif character == "{" and text[at - 1 : at] != "$":
            found.append(at)
        elif character == "\n" and (found or _BEGINS.match(text, at + 1)):
            break
    return found[::-1]


def _end(text: str, start: int) -> int:
    """Return where the brace at `start` is closed; the end of its line if it is not."""
    depth = 0
    line_end = _line_end(text, start)
    for at in range(start, line_end):
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        if depth == 0:
            return at
    return line_end


def _indent_of(text: str, offset: int) -> int:
    """Return the column of the first word of the line, after the dashes of a list."""
    start = text.rfind("\n", 0, offset) + 1
    match = _INDENTED.match(text, start, _line_end(text, offset))
    assert match is not None
    return match.start("rest") - start


def _is_value(text: str, start: int) -> bool:
    """Whether the brace at `start` is the value of a key on its line, and not a row."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return line.rstrip().endswith(":")


def _path(text: str, line_start: int, indent: int) -> tuple[str, ...]:
    """Return the keys above the line at `line_start`, by indentation."""
    path: list[str] = []
    line = text[line_start : _line_end(text, line_start)]
    if line.lstrip(" ").startswith("- "):
        indent = len(line) - len(line.lstrip(" ")) + 1  # a list may have the indentation of its key
    at = line_start
    while at > 0 and indent > 0:
        end, at = at - 1, text.rfind("\n", 0, at - 1) + 1
        above = text[at:end]
        bare = above.lstrip(" ")
        if not bare or bare.startswith("#"):
            continue
        column = len(above) - len(bare)
        key = _KEY.match(bare)
        if column < indent and key:
            path.append(key["key"])
            indent = column
        elif bare.startswith("- ") and column + 2 <= indent:
            indent = column + 1
    return tuple(reversed(path))


def _flat(text: str) -> str:
    """Return `text` with the contents of brackets and quotes replaced by spaces."""
    out, depth, quote = [], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        out.append(
            " " if quote or depth > 0 or character in "\"'" + _OPENING + _CLOSING else character
        )
    return "".join(out)


def _last_key(text: str) -> str:
    """Return the key whose value is at the end of `text`; empty if there is none."""
    key = None
    for match in _KEY.finditer(text):
        key = match
    if key is None or "," in text[key.end() :]:
        return ""
    return key["key"]


def _pairs(text: str) -> dict[str, str]:
    """Return the keys of a mapping in braces with their plain values."""
    flat, pairs = _flat(text), {}
    for match in _KEY.finditer(flat):
        end = flat.find(",", match.end())
        pairs[match["key"]] = (
            text[match.end() : end if end >= 0 else len(text)].strip().strip("\"'")
        )
    return pairs


def _block_pairs(text: str, line_start: int, indent: int) -> dict[str, str]:
    """Return the keys and plain values of the indented mapping around one of its lines."""
    pairs: dict[str, str] = {}
    for step in (-1, 1):
        at = line_start
        while 0 <= at < len(text):
            line = text[at : _line_end(text, at)]
            match = _INDENTED.match(line)
            assert match is not None
            column = match.start("rest")
            if match["rest"] and column < indent:
                break
            key = _KEY.match(match["rest"])
            if key and column == indent:
                pairs.setdefault(key["key"], match["rest"][key.end() :].strip().strip("\"'"))
            begins = line[:column].rstrip(" ").endswith("-")
            if step < 0:
                if begins and column == indent:
                    break
                at = text.rfind("\n", 0, at - 1) + 1 if at > 0 else -1
            else:
                at = _line_end(text, at) + 1
                following = text[at : _line_end(text, at)] if at < len(text) else ""
                if (
                    following.lstrip(" ").startswith("- ")
                    and len(following) - len(following.lstrip(" ")) < indent
                ):
                    break
    return pairs
