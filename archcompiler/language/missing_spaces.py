"""Missing spaces after colons: for YAML, `type:input` is one word, and no key with a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from archcompiler.diagnostics import Diagnostic, Edit, Findings, Fix, Label, Source, Span
from archcompiler.language.nodes import Content, MappingNode, Node, ScalarNode

# A word, its colon, and a value without a space; not `http://`, and no time of day.
_GLUED = re.compile(r"(?P<word>[A-Za-z_]\w*):(?=[^\s:/,}\]])")
_INDENTATION = re.compile(r" *(?:- +)*")
_IN_BRACES = re.compile(r"[{,] *(?=[A-Za-z_]\w*:)")
_SKIPPED = re.compile(r"[ ]*(?:#.*)?\r?$")
_COLON = re.compile(r"\s*:")
_BROKEN = ("{", "[")  # YAML splits a list or mapping that follows


def looks_glued(text: str) -> bool:
    """Whether `text` would be read as a key and a value if it had no quotes."""
    return _GLUED.match(text) is not None


def fault(source: Source, word: str, start: int) -> Diagnostic:
    """Return the diagnostic of a missing space after the colon of the `word` at `start`."""
    end = start + len(word) + 1
    edit = Edit(Span(source, end, end), " ")
    return Diagnostic(
        "ARC109",
        f"a space is missing after `{word}:`",
        Label(Span(source, start, end)),
        help=(f"`{word}: …` is a key with a value, `{word}:…` is one word",),
        fix=Fix((edit,), safe=True, words=f"put a space after `{word}:`"),
    )


def in_keys(mapping: MappingNode, source: Source, findings: Findings) -> MappingNode:
    """Report keys such as `type:input`, and return the mapping with key and value separated.

    Raises:
        SpecError: A bracket follows the colon, so that the rest of the file is read wrongly.
    """
    names, contents, places = list(mapping.names), [*mapping.contents], list(mapping.places)
    for index, key in enumerate(mapping.keys):
        found = _glued(key, source)
        if found is None:
            continue
        word, rest, place = found
        if rest.startswith(_BROKEN):
            findings.stop(fault(source, word, key.start))
        has_value = _COLON.match(source.text, key.start + len(key.text))  # a key as it stands
        if contents[index] == "" and word not in names and not has_value:
            findings.add(fault(source, word, key.start))
            names[index], contents[index], places[2 * index + 1] = word, rest, place
    return MappingNode(tuple(names), contents, places, mapping.start, mapping.end)


def as_mapping(text: Node, source: Source, findings: Findings) -> MappingNode | None:
    """Report a text such as `type:flatten maps:3`, and return the mapping that was meant.

    None if it is no such text. YAML has joined the lines of a text by spaces.
    """
    if not isinstance(text, ScalarNode):
        return None
    names: list[str] = []
    contents: list[Content] = []
    places: list[int] = []
    at = text.start
    for part in text.text.split(" "):
        at = source.text.find(part, at)
        found = _glued(ScalarNode(part, at), source) if at >= 0 else None
        if found is not None and found[0] not in names:
            names.append(found[0])
            contents.append(found[1])
            places += (at, found[2])
        elif names and part:
            contents[-1] = f"{contents[-1]} {part}"
        else:
            return None
        at += len(part)
    for name, start in zip(names, places[::2], strict=True):
        findings.add(fault(source, name, start))
    return MappingNode(tuple(names), contents, places, text.start, at)


def _glued(scalar: ScalarNode, source: Source) -> tuple[str, str, int] | None:
    """Split `type:input`: return key, value and the offset of the value; None for other texts."""
    match = _GLUED.match(scalar.text)
    if match is None or not source.text.startswith(scalar.text, scalar.start):
        return None
    rest = scalar.text[match.end() :]
    quoted = re.fullmatch(r"""(["'])([^"'\\]*)\1""", rest)
    return match["word"], quoted[2] if quoted else rest, scalar.start + match.end()


def in_lines(
    source: Source, begun: int, error: int, reads: Callable[[str], int | None]
) -> list[Diagnostic]:
    """Return the missing spaces that explain a parse error; an empty list if there are none.

    `begun` is the offset where the parser began the construct that failed at `error`. `reads`
    returns the offset of the first parse error of a text; with the spaces inserted, that must be
    further on, or None.
    """
    text = source.text
    for candidates in (_before(text, error), _before(text, begun), _around(text, begun, error)):
        found = sorted(set(candidates))
        ends = [place + len(word) + 1 for place, word in found]
        parts = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
        reached = reads(" ".join(parts)) if found else error
        if reached is None or reached > error + len(ends):
            return [fault(source, word, place) for place, word in found]
    return []


def _around(text: str, begun: int, error: int) -> Iterator[tuple[int, str]]:
    """Yield candidates in braces, as offset and word, on the lines of two offsets."""
    for offset in (begun, error):
        start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
        for opening in _IN_BRACES.finditer(text, start, end if end >= 0 else len(text)):
            word = _GLUED.match(text, opening.end())
            if word:
                yield word.start(), word["word"]


def _before(text: str, error: int) -> Iterator[tuple[int, str]]:
    """Yield candidates at the starts of lines: the line of `error`, and those just above it."""
    end, first = text.find("\n", error), True
    end = len(text) if end < 0 else end
    while end >= 0:
        start = text.rfind("\n", 0, end) + 1
        indentation = _INDENTATION.match(text, start, end)
        word = _GLUED.match(text, indentation.end() if indentation else start, end)
        if word:
            yield word.start(), word["word"]
        elif not first and not _SKIPPED.match(text[start:end]):
            return
        end, first = start - 1, False
