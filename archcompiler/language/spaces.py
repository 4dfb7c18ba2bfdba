"""A colon without a space after it: `type:input` is one word for YAML, and no key with a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from archcompiler.diagnostics import Diagnostic, Edit, Findings, Fix, Label, Source, Span
from archcompiler.language.nodes import Content, MappingNode, Node, ScalarNode

# A word, its colon, and what follows at once; not `http://`, and no time of day.
_GLUED = re.compile(r"(?P<word>[A-Za-z_]\w*):(?=[^\s:/,}\]])")
_INDENTATION = re.compile(r" *(?:- +)*")
_IN_BRACES = re.compile(r"[{,] *(?=[A-Za-z_]\w*:)")
_SKIPPED = re.compile(r"[ ]*(?:#.*)?\r?$")
_COLON = re.compile(r"\s*:")
_BROKEN = ("{", "[")  # what follows would be parts of a list or a mapping: YAML has cut it up


def looks_glued(text: str) -> bool:
    """Whether `text` would be taken for a key and a value, if it had no quotes."""
    return _GLUED.match(text) is not None


def fault(source: Source, word: str, start: int) -> Diagnostic:
    """Return that a space is missing behind the colon of the `word` at `start`."""
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
    """Return a mapping whose keys such as `type:input`, which are reported, are what was meant.

    Where a bracket follows the colon, nothing more can be said of the file.
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
    """Return the mapping that a text such as `type:flatten` was meant to be, which is reported.

    None if it was not. The lines of a text are one line for YAML.
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
    """Return the key, the value and its place in a text without quotes that holds both."""
    match = _GLUED.match(scalar.text)
    if match is None or not source.text.startswith(scalar.text, scalar.start):
        return None
    rest = scalar.text[match.end() :]
    quoted = re.fullmatch(r"""(["'])([^"'\\]*)\1""", rest)
    return match["word"], quoted[2] if quoted else rest, scalar.start + match.end()


def in_lines(
    source: Source, begun: int, error: int, reads: Callable[[str], int | None]
) -> list[Diagnostic]:
    """Return the spaces that are missing where YAML was `begun` to be read, and lost at `error`.

    `reads` returns where a text cannot be read; None if it can be. With the spaces in it, the text
    has to be readable further than it was.
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
    """Yield words in braces with their places, on the lines of two offsets."""
    for offset in (begun, error):
        start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
        for opening in _IN_BRACES.finditer(text, start, end if end >= 0 else len(text)):
            word = _GLUED.match(text, opening.end())
            if word:
                yield word.start(), word["word"]


def _before(text: str, error: int) -> Iterator[tuple[int, str]]:
    """Yield the first words of lines with their places: of those above `error`, and its own."""
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
