"""YAML text to positioned nodes, from the parser's events: nothing is resolved, nothing expanded.

Anchors, aliases, merge keys and tags are refused, each at its place; so are duplicate keys.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import yaml

from archcompiler.diagnostics import Diagnostic, Findings, Label, Source, Span
from archcompiler.language.nodes import Mapping, Node, Scalar, Sequence, span_of

MAXIMUM_DEPTH = 64

_Parser: Any = getattr(yaml, "CLoader", yaml.SafeLoader)  # the C parser is in every wheel


def read(source: Source, findings: Findings) -> Mapping:
    """Return the mapping that `source` holds; raise `SpecError` if it cannot be read at all."""
    with _collector_paused():
        try:
            root = _Reader(source, findings).document()
        except yaml.YAMLError as error:
            findings.stop(_syntax_fault(source, error))
    if not isinstance(root, Mapping):
        span = span_of(root, source) if root else Span(source, 0, 1)
        findings.stop(
            Diagnostic(
                "ARC106",
                "a spec is a mapping that begins with `archc: 1`",
                Label(span),
                help=("see the example in `archc --help`",),
            )
        )
    return root


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: the tree has no cycles, and tracing it again is quadratic."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Reader:
    """One pass over the events, with its own stack: nesting costs no recursion."""

    def __init__(self, source: Source, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.shared: dict[str, str] = {}  # one string for all equal texts

    def document(self) -> Node | None:
        events = _Parser(self.source.text)
        share = self.shared.setdefault
        collected: list[Node] = []  # the children of the innermost open collection
        open_collections: list[tuple[list[Node], int]] = []
        root: Node | None = None
        while True:
            event = events.get_event()
            kind = event.__class__
            if kind is yaml.ScalarEvent:
                if event.anchor is not None or event.tag is not None:
                    self._refuse_properties(event)
                text = event.value
                collected.append(Scalar(share(text, text), event.start_mark.index))
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if event.anchor is not None or event.tag is not None:
                    self._refuse_properties(event)
                open_collections.append((collected, event.start_mark.index))
                if len(open_collections) > MAXIMUM_DEPTH:
                    self._refuse_depth(event)
                collected = []
            elif kind is yaml.MappingEndEvent:
                children = collected
                collected, start = open_collections.pop()
                collected.append(self._mapping(children, start, event.end_mark.index))
            elif kind is yaml.SequenceEndEvent:
                children = collected
                collected, start = open_collections.pop()
                collected.append(Sequence(children, start, event.end_mark.index))
            elif kind is yaml.AliasEvent:
                self._refuse(event, f"the alias `*{event.anchor}`")
                collected.append(Scalar("", event.start_mark.index))
            elif kind is yaml.DocumentStartEvent and root is not None:
                self._fault("ARC106", event, "a file holds one spec; here a second document begins")
                break
            elif kind is yaml.DocumentEndEvent:
                root = collected.pop()
            elif kind is yaml.StreamEndEvent:
                break
        return root

    def _mapping(self, children: list[Node], start: int, end: int) -> Mapping:
        keys = cast("list[Scalar]", children[::2])  # checked just below
        values = children[1::2]
        for key in keys:
            if key.__class__ is not Scalar:
                self.findings.stop(
                    Diagnostic("ARC106", "a key is a word", Label(span_of(key, self.source)))
                )
        if len({key.text for key in keys}) < len(keys) or any(key.text == "<<" for key in keys):
            return self._odd_keys(keys, values, start, end)
        return Mapping(keys, values, start, end)

    def _odd_keys(self, keys: list[Scalar], values: list[Node], start: int, end: int) -> Mapping:
        """Report merge keys and duplicates; the first of equal keys stays."""
        first: dict[str, int] = {}
        for index, key in enumerate(keys):
            span = span_of(key, self.source)
            if key.text == "<<":
                self._refuse_at(span, "the merge key `<<`")
            elif key.text in first:
                here = self.source.position(keys[first[key.text]].start)[0]
                self.findings.add(
                    Diagnostic(
                        "ARC103",
                        f"`{key.text}` is given twice",
                        Label(span, "given again here"),
                        (Label(span_of(keys[first[key.text]], self.source), "first here"),),
                        help=(f"remove one of them; the first is in line {here}",),
                    )
                )
            else:
                first[key.text] = index
        kept = list(first.values())
        return Mapping([keys[i] for i in kept], [values[i] for i in kept], start, end)

    def _refuse_properties(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse(event, f"the anchor `&{event.anchor}`")
        if event.tag is not None:
            self._refuse(event, f"the tag `{event.tag}`")

    def _refuse(self, event: Any, what: str) -> None:
        start = event.start_mark.index
        first_line = self.source.text.find("\n", start, event.end_mark.index)
        end = first_line if first_line >= 0 else event.end_mark.index
        self._refuse_at(Span(self.source, start, max(end, start + 1)), what)

    def _refuse_at(self, span: Span, what: str) -> None:
        self.findings.add(
            Diagnostic(
                "ARC104",
                f"{what} is not part of the language",
                Label(span),
                help=("`defaults` and `params` share values between rows",),
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


def _syntax_fault(source: Source, error: yaml.YAMLError) -> Diagnostic:
    """Translate the parser's error, which ends the file."""
    mark = getattr(error, "problem_mark", None)
    offset = mark.index if mark is not None else getattr(error, "position", 0)
    offset = min(offset, max(len(source.text) - 1, 0))
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    labels = []
    context = getattr(error, "context_mark", None)
    if context is not None and context.index != offset:
        what = getattr(error, "context", None) or "begun here"
        labels.append(Label(Span(source, context.index, context.index + 1), what))
    help_lines = []
    if source.text[offset : offset + 1] in ("@", "`", "%", "&", "*", "!", "?"):
        help_lines.append("put text that begins with such a character between quotes")
    if source.text[offset : offset + 1] == "\t" or "\\t" in problem:
        help_lines.append("indent with spaces: YAML takes no tabs there")
    if "mapping values" in problem:
        help_lines.append("a text that holds `: ` is put between quotes")
    return Diagnostic(
        "ARC101",
        f"this is not YAML: {problem}",
        Label(Span(source, offset, offset + 1)),
        tuple(labels),
        help=tuple(help_lines),
    )
