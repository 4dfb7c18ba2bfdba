"""YAML text to nodes with offsets, made from the events of PyYAML's parser.

Scalars stay text: nothing is resolved or expanded. Anchors, aliases, merge keys, tags and
duplicate keys are reported as faults.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import yaml

from archcompiler.diagnostics import Diagnostic, Findings, Label, Source, Span
from archcompiler.language import missing_spaces
from archcompiler.language.nodes import (
    Content,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe,
    node_of,
    span_of,
)

MAXIMUM_DEPTH = 64

Parser: Any = getattr(yaml, "CLoader", yaml.SafeLoader)  # the C parser is in every wheel
_PROPERTY = re.compile(r"&[A-Za-z0-9_-]+|!<[^>]*>|![^\s{}\[\],]*")

_SHARING = "`defaults` and `params` share values between rows"
_TYPING = "leave it out: the field that reads a value says what it is"

# Messages of the parser, and ours.
_PROBLEMS = {
    "did not find expected ',' or '}'": "a `,` or the closing `}` is missing here",
    "did not find expected ',' or ']'": "a `,` or the closing `]` is missing here",
    "did not find expected key": "a key is expected here",
    "did not find expected '-' indicator": "a `-` is expected here, as in the rows above",
    "did not find expected node content": "a value is expected here",
    "could not find expected ':'": "a `:` is missing after this",
    "mapping values are not allowed in this context": "a `: ` may not stand here",
    "block sequence entries are not allowed in this context": "a `- ` may not stand here",
    "found character that cannot start any token": "no value begins with this character",
    "found unexpected end of stream": "the quote that opens here is never closed",
    "control characters are not allowed": "control characters may not stand in it",
}
_KEY = "while scanning a simple key"
_QUOTED = "while scanning a quoted scalar"
_INDICATORS = ("@", "`", "%", "&", "*", "!", "?")
_FLOW = ("while parsing a flow mapping", "while parsing a flow sequence")


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: a spec has no cycles, and tracing it over and over is slow."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read(source: Source, findings: Findings) -> MappingNode:
    """Return the outermost mapping of `source`; raise `SpecError` if the text cannot be parsed."""
    try:
        root = _Reader(source, findings).document()
    except yaml.YAMLError as error:
        begun = getattr(error, "context_mark", None)
        place = _place(error)
        for fault in missing_spaces.in_lines(
            source, begun.index if begun else place, place, _unreadable
        ):
            findings.add(fault)
        findings.raise_any()
        findings.stop(_syntax_fault(source, error))
    except UnicodeEncodeError as error:  # half of a surrogate pair, in a text from Python
        span = Span(source, error.start, error.end)
        findings.stop(Diagnostic("ARC102", "this is not Unicode text", Label(span)))
    if isinstance(root, ScalarNode) and missing_spaces.as_mapping(root, source, findings):
        findings.raise_any()
    if not isinstance(root, MappingNode):
        span = span_of(root, source) if root else Span(source, 0, 1)
        given = describe(root) if root else "empty"
        findings.stop(
            Diagnostic(
                "ARC106",
                f"a spec is a mapping that begins with `archc: 1`; this is {given}",
                Label(span),
                help=("see the example in `archc --help`",),
            )
        )
    return root


class _Reader:
    """One pass over the events, with a stack of its own instead of recursion."""

    def __init__(self, source: Source, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.shared: dict[str, str] = {}  # one object for all equal texts
        self.names: dict[tuple[str, ...], tuple[str, ...]] = {}  # and for all equal tuples of keys

    def document(self) -> Node | None:
        events = Parser(self.source.text)
        share = self.shared.setdefault
        contents: list[Content] = []  # of the innermost open collection, and their offsets
        places: list[int] = []
        open_collections: list[tuple[list[Content], list[int]]] = []
        root: Node | None = None
        while True:
            event = events.get_event()
            kind = event.__class__
            if kind is yaml.ScalarEvent:
                if event.anchor is not None or event.tag is not None:
                    self._refuse_properties(event)
                text = event.value
                contents.append(share(text, text))
                places.append(event.start_mark.index)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if event.anchor is not None or event.tag is not None:
                    self._refuse_properties(event)
                places.append(event.start_mark.index)
                open_collections.append((contents, places))
                if len(open_collections) > MAXIMUM_DEPTH:
                    self._refuse_depth(event)
                contents, places = [], []
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                inner, inner_places = contents, places
                contents, places = open_collections.pop()
                make = self._mapping if kind is yaml.MappingEndEvent else _sequence
                contents.append(make(inner, inner_places, places[-1], event.end_mark.index))
            elif kind is yaml.AliasEvent:
                span = Span(self.source, event.start_mark.index, event.end_mark.index)
                self._refuse_at(span, f"the alias `{span.text}`", _SHARING)
                contents.append("")
                places.append(event.start_mark.index)
            elif kind is yaml.DocumentStartEvent and root is not None:
                self._fault("ARC106", event, "a file holds one spec; here a second document begins")
                break
            elif kind is yaml.DocumentEndEvent:
                root = node_of(contents.pop(), places.pop())
            elif kind is yaml.StreamEndEvent:
                break
        return root

    def _mapping(
        self, contents: list[Content], places: list[int], start: int, end: int
    ) -> MappingNode:
        names = cast("tuple[str, ...]", tuple(contents[::2]))  # checked just below
        sound = self.names.get(names)
        mapping = MappingNode(sound or names, contents[1::2], places, start, end)
        return mapping if sound else self._with_sound_names(mapping)

    def _with_sound_names(self, mapping: MappingNode) -> MappingNode:
        names = mapping.names
        for name in names:
            if name.__class__ is not str:
                key = cast("Node", name)
                message = f"a key is a word; this is {describe(key)}"
                self.findings.stop(Diagnostic("ARC106", message, Label(span_of(key, self.source))))
        has_colons = any(":" in name for name in names)
        if has_colons:
            mapping = missing_spaces.in_keys(mapping, self.source, self.findings)
            names = mapping.names
        if len(set(names)) < len(names) or "<<" in names:
            return self._without_odd_keys(mapping)
        if not has_colons:
            self.names[names] = names
        return mapping

    def _without_odd_keys(self, mapping: MappingNode) -> MappingNode:
        """Report merge keys and duplicate keys, and drop them; the first of duplicates is kept."""
        first: dict[str, int] = {}
        keys = mapping.keys
        layer = mapping.get("layer")
        owner = f" in `{layer.text}`" if isinstance(layer, ScalarNode) else ""
        for index, key in enumerate(keys):
            span = span_of(key, self.source)
            if key.text == "<<":
                self._refuse_at(span, "the merge key `<<`", _SHARING)
            elif key.text in first:
                self.findings.add(
                    Diagnostic(
                        "ARC103",
                        f"`{key.text}` is given twice{owner}",
                        Label(span, "given again here"),
                        (Label(span_of(keys[first[key.text]], self.source), "first here"),),
                        help=("remove one of them",),
                    )
                )
            else:
                first[key.text] = index
        kept = list(first.values())
        return MappingNode(
            tuple(first),
            [mapping.contents[index] for index in kept],
            [place for index in kept for place in mapping.places[2 * index : 2 * index + 2]],
            mapping.start,
            mapping.end,
        )

    def _refuse_properties(self, event: Any) -> None:
        at = event.start_mark.index
        for _ in range((event.anchor is not None) + (event.tag is not None)):
            found = _PROPERTY.search(self.source.text, at)
            start, at = found.span() if found else (at, at + 1)
            span = Span(self.source, start, at)
            if span.text.startswith("&"):
                self._refuse_at(span, f"the anchor `{span.text}`", _SHARING)
            else:
                self._refuse_at(span, f"the tag `{span.text}`", _TYPING)

    def _refuse_at(self, span: Span, what: str, instead: str) -> None:
        self.findings.add(
            Diagnostic(
                "ARC104",
                f"{what} is not part of the language",
                Label(span),
                help=(instead,),
            )
        )

    def _refuse_depth(self, event: Any) -> None:
        self._fault("ARC105", event, f"nested deeper than {MAXIMUM_DEPTH} levels", stop=True)

    def _fault(self, code: str, event: Any, message: str, *, stop: bool = False) -> None:
        start = event.start_mark.index
        found = Diagnostic(code, message, Label(Span(self.source, start, start + 1)))
        if stop:
            self.findings.stop(found)
        self.findings.add(found)


def _place(error: yaml.YAMLError) -> int:
    """Return the offset of a parse error; for a quote that is never closed, where it opens."""
    quoted = getattr(error, "context", None) == _QUOTED
    mark = getattr(error, "context_mark" if quoted else "problem_mark", None)
    return int(mark.index if mark is not None else getattr(error, "position", 0))


def _unreadable(text: str) -> int | None:
    """Return the offset of the first parse error of `text`; None if there is none.

    So is what is nested too deep, whose parsing would take a time that grows with its square.
    """
    depth = 0
    try:
        for event in yaml.parse(text, Parser):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAXIMUM_DEPTH and event.start_mark is not None:
                return int(event.start_mark.index)
    except yaml.YAMLError as error:
        return _place(error)
    return None


def _unfinished(text: str, opened: int, noticed: int) -> int:
    """Return where a comma or bracket is missing: at the end of the first line that lacks one."""
    at = opened
    while (end := text.find("\n", at)) >= 0 and end < noticed:
        line = re.sub(r"(^|\s)#.*", "", text[at:end]).rstrip()
        if line and not line.endswith((",", "{", "[", ":")):
            return at + len(line)
        at = end + 1
    return len(text[:noticed].rstrip("- \r\n"))


def _sequence(contents: list[Content], places: list[int], start: int, end: int) -> SequenceNode:
    return SequenceNode([node_of(*pair) for pair in zip(contents, places, strict=True)], start, end)


def _syntax_fault(source: Source, error: yaml.YAMLError) -> Diagnostic:
    """Return a diagnostic for an error of the parser."""
    text = source.text
    start = min(_place(error), max(len(text) - 1, 0))
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    message = _PROBLEMS.get(problem, problem)
    context, begun = getattr(error, "context", None), getattr(error, "context_mark", None)
    labels = []
    if begun is not None and context in _FLOW and begun.index != start:
        labels.append(Label(Span(source, begun.index, begun.index + 1), "opened here"))
    elif begun is not None and context in (_QUOTED, _KEY):
        start = begun.index
    end = start + 1
    character = text[start:end]
    line_so_far = text[text.rfind("\n", 0, start) + 1 : start]
    help_lines = []
    if character == "\t":
        message = "a tab where only spaces may stand"
        help_lines.append("indent with spaces: YAML takes no tabs there")
    elif "expected node content" in problem or "cannot start any token" in problem:
        if character in _INDICATORS:
            help_lines.append("put text that begins with such a character between quotes")
    elif "expected key" in problem or "mapping values" in problem:
        if len(line_so_far.split()) <= 1:
            help_lines.append("is this line indented like those that it belongs to?")
        if "mapping values" in problem:
            help_lines.append("a text that holds `: ` is put between quotes")
    elif "missing here" in message:
        start = _unfinished(text, begun.index if begun is not None else start, start)
        end = start + 1
    elif context == _KEY:
        end = start + max(len(text[start:].partition("\n")[0].rstrip()), 1)
    return Diagnostic(
        "ARC101",
        f"this is not YAML: {message}",
        Label(Span(source, start, end)),
        tuple(labels),
        help=tuple(help_lines),
    )
