"""Nodes to checked values: expressions are evaluated, and fields parsed by their kinds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from archcompiler.diagnostics import Diagnostic, Edit, Findings, Fix, Label, Source, Span
from archcompiler.diagnostics.wording import proposed
from archcompiler.language import missing_spaces, nodes
from archcompiler.language.aliases import is_column
from archcompiler.language.names import MISSING
from archcompiler.language.nodes import (
    MappingNode,
    Node,
    Provenance,
    ScalarNode,
    SequenceNode,
    describe,
    span_of,
)
from archcompiler.language.scalars import typed
from archcompiler.operations.fields import REQUIRED, Field, Invalid, Kind, Raw
from archcompiler.operations.meaning import field_meant
from archcompiler.operations.words import Guess, guessed

LONGEST_TEXT = 2000  # characters of a description
LONGEST_NOTE = 100
_JUST_A_NAME = re.compile(r"\$\{\s*([A-Za-z_]\w*)\s*\}\Z")
_WORD = re.compile(r"(?<![.\w])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")


class ValueReader:
    """Reads values from the nodes of one source, and reports faults.

    `names` are the values that expressions know, `origins` where those are written.
    """

    def __init__(
        self,
        source: Source,
        findings: Findings,
        names: Mapping[str, Any],
        origins: Mapping[str, Provenance] | None = None,
    ) -> None:
        self.source = source
        self.findings = findings
        self.names = names
        self.origins = origins or {}
        self.parsed: dict[tuple[Kind, str], Any] = {}  # a column has few different texts

    def span(self, node: Node) -> Span:
        """Return where `node` stands."""
        return span_of(node, self.source)

    def report(
        self,
        code: str,
        message: str,
        node: Node,
        label: str = "",
        help: Iterable[str | None] = (),  # noqa: A002
        fix: str | None = None,
        safe: bool = True,
        notes: tuple[str, ...] = (),
    ) -> None:
        """Report a fault at `node`; `fix` is the text that should replace it."""
        span = self.span(node)
        lines = tuple(line for line in help if line)
        edit = Fix((Edit(span, fix),), safe) if fix is not None else None
        found = Diagnostic(code, message, Label(span, label), notes=notes, help=lines, fix=edit)
        self.findings.add(found)

    def report_value(
        self,
        code: str,
        message: str,
        node: Node,
        help: Iterable[str | None] = (),  # noqa: A002
        fix: str | None = None,
        safe: bool = True,
        notes: tuple[str, ...] = (),
    ) -> None:
        """Report a wrong value where it is written.

        For `kernel: ${k}` that is the argument `k` of the block, with a label at `node`.
        """
        span, labels = self.place(node, certain=True)
        lines = tuple(line for line in help if line)
        moved = span != self.span(node)  # other rows may use the same value
        edit = Fix((Edit(span, fix),), safe and not moved) if fix is not None else None
        found = Diagnostic(code, message, Label(span), labels, notes, lines, edit)
        self.findings.add(found, once=moved)

    def provenance_of(self, node: Node) -> Provenance:
        """Return where the value of `node` is written: here, or for `${k}` where `k` is given."""
        name = _JUST_A_NAME.match(node.text) if isinstance(node, ScalarNode) else None
        return Provenance(node, self.source, self.origins.get(name[1]) if name else None)

    def place(
        self, node: Node, *, certain: bool, here: str = "read here"
    ) -> tuple[Span, tuple[Label, ...]]:
        """Return where the value of `node` is written (`Provenance.origin`), and its labels."""
        at = self.provenance_of(node).origin(certain=certain)
        if at.span != self.span(node):
            return at.span, (Label(self.span(node), here),)
        return at.span, self._labels(node)

    def _labels(self, node: Node) -> tuple[Label, ...]:
        """Return labels for the names in the expressions of a value: where each is written."""
        if not self.origins:
            return ()
        from archcompiler.language.expressions import value_text

        texts = nodes.texts_of(node.text if isinstance(node, ScalarNode) else node)
        words = [word for text in texts if "${" in text for word in _WORD.findall(text)]
        known = [word for word in dict.fromkeys(words) if word in self.origins]
        return tuple(
            Label(self.origins[word].span, f"`{word}` is {value_text(value)}"[:LONGEST_NOTE])
            for word in known
            if (value := self.names.get(word, MISSING)) is not MISSING
        )

    def raw(self, node: Node, wanted: str) -> Raw | None:
        """Return the text of `node` with expressions evaluated; None if a fault was reported.

        `wanted` is the message of the fault, as in "`kernel` is a window".
        """
        if isinstance(node, ScalarNode):
            return self._text(node) if "${" in node.text else node.text
        if isinstance(node, SequenceNode):
            texts = [self._text(item) for item in node.items if isinstance(item, ScalarNode)]
            if len(texts) == len(node.items):
                flat = [text for text in texts if isinstance(text, str)]
                return flat if len(flat) == len(texts) else None
        self.report("ARC203", f"{wanted}; this is {self.given(node)}", node)
        return None

    def given(self, node: Node) -> str:
        """Describe `node` for a message: "the text `x`", "a mapping"; a short list is quoted."""
        return given_at(Provenance(node, self.source))

    def layers(self, field: str, node: Node) -> list[ScalarNode]:
        """Return the layer names in a scalar or list; an empty list if a fault was reported."""
        items = node.items if isinstance(node, SequenceNode) else [node]
        names = [item for item in items if isinstance(item, ScalarNode) and item.text]
        if items and len(names) == len(items):
            return names
        wrong = next((i for i in items if not isinstance(i, ScalarNode) or not i.text), node)
        message = f"`{field}` is a layer's name or a list of names; this is {self.given(wrong)}"
        self.report("ARC203", message, wrong)
        return []

    def argument(self, what: str, node: Node) -> Any:
        """Return the typed value of a parameter; `MISSING` if a fault was reported."""
        if isinstance(node, ScalarNode) and node.text:
            return self._evaluated(node) if "${" in node.text else typed(node.text)
        if isinstance(node, SequenceNode):
            values = [
                self.argument(what, item) for item in node.items if isinstance(item, ScalarNode)
            ]
            if len(values) == len(node.items):
                return MISSING if MISSING in values else self._bounded(what, node, values)
        message = f"{what} is a value or a list of values; this is {describe(node)}"
        self.report("ARC203", message, node)
        return MISSING

    def _bounded(self, what: str, node: Node, values: list[Any]) -> Any:
        """Return a list of values; `MISSING` if lists in it make it too large."""
        if any(isinstance(value, list) for value in values):
            from archcompiler.language.evaluator import too_large

            reason = too_large(values)
            if reason:
                self.report("ARC206", f"{what} is too large: {reason}", node)
                return MISSING
        return values

    def _text(self, node: ScalarNode) -> Raw | None:
        if "${" not in node.text:
            return node.text
        from archcompiler.language.expressions import value_text

        value = self._evaluated(node)
        if value is MISSING:
            return None
        return (
            [value_text(item) for item in value] if isinstance(value, list) else value_text(value)
        )

    def _evaluated(self, node: ScalarNode) -> Any:
        from archcompiler.language.expressions import ExpressionError, substitute

        try:
            return substitute(node.text, self.names)
        except ExpressionError as error:
            self.report_expression(node, error)
            return MISSING

    def report_expression(self, node: ScalarNode, error: Any) -> None:
        """Report an `ExpressionError` in the text of `node`."""
        if not error.message:  # because of a faulty parameter, which was reported
            return
        span = self.span(node)
        shift = span.text.find(node.text)
        if shift >= 0:  # behind a quote; a text with escapes is marked as a whole
            start = span.start + shift
            span = Span(self.source, start + error.start, start + error.end)
        notes = self._worth(node.text[error.start : error.end])
        help_lines = (error.help,) if error.help else ()
        labels = self._labels(node)
        self.findings.add(
            Diagnostic("ARC206", error.message, Label(span), labels, notes, help_lines)
        )

    def _worth(self, text: str) -> tuple[str, ...]:
        """Return notes such as "`k` is 3" for names in an expression; none if it is one name."""
        from archcompiler.language.expressions import value_text

        words = dict.fromkeys(_WORD.findall(text))
        values = {word: self.names[word] for word in words if word in self.names}
        if text in (*words, *(f"${{{word}}}" for word in words)):
            return ()
        return tuple(
            f"`{word}` is {value_text(value)}"[:LONGEST_NOTE]
            for word, value in values.items()
            if value is not MISSING
        )

    def value(self, name: str, kind: Kind, node: Node) -> Any:
        """Return the value of the field `name`, or `MISSING` if its text is not of its kind."""
        wanted = f"`{name}` is {kind.expected}"
        raw = self.raw(node, wanted)
        if raw is None:
            return MISSING
        try:
            return self._parsed(kind, raw)
        except Invalid as invalid:
            at = self.provenance_of(node).origin(certain=True)
            given, notes = given_at(at), tuple[str, ...]()
            fix = proposed(invalid.help, at.span.text)
            written = at.node.text if isinstance(at.node, ScalarNode) else at.span.text
            if "${" in written:
                given += f", which is `{raw if isinstance(raw, str) else ', '.join(raw)}`"
                notes, fix = self._worth(written) if at.node is node else (), None
            message, safe = f"{wanted}; this is {given}", invalid.safe
            self.report_value("ARC203", message, node, [invalid.help], fix, safe, notes)
            return MISSING

    def _parsed(self, kind: Kind, raw: Raw) -> Any:
        if not isinstance(raw, str):
            return kind.parse(raw)
        found = self.parsed.get((kind, raw))
        if found is None:
            found = self.parsed[kind, raw] = kind.parse(raw)
        return found

    def fields(
        self,
        mapping: MappingNode,
        owner: str,
        fields: Mapping[str, Field],
        *,
        others: Collection[str] = (),
        given: Mapping[str, Any] | None = None,
        one_of: tuple[str, ...] = (),
    ) -> dict[str, Any] | None:
        """Return the values of `fields`; None if one is missing or wrong, which is reported.

        `owner` names the operation in messages, `others` are keys that are read elsewhere, and
        `given` holds defaults. Of the fields `one_of` the row has one.
        """
        values = dict(given or {})
        sound, corrected, untitled = True, set[str | None](), False
        for key, node in mapping.items():
            name = key.text
            if name in others:
                continue
            if name not in fields:
                guess = field_meant(name, [*fields, *others])
                message = f"unknown field `{name}` of {owner}"
                if key.start >= mapping.start:
                    self.unknown_key(key, message, guess, fields, (*mapping.names, *corrected))
                elif is_column(name):  # of a table: the place is the cell, not the title
                    self.report("ARC202", message, node, f"the column is `{name}`")
                else:  # an unknown column, reported at its title
                    untitled = True
                    continue
                sound = False
                corrected.add(guess.word)
                continue
            values[name] = self.value(name, fields[name].kind, node)
            sound = sound and values[name] is not MISSING
        needed = [name for name, item in fields.items() if item.default is REQUIRED]
        needed += () if {*one_of} & {*values, *corrected} else one_of[:1]
        for name in needed:
            if name in values or name in corrected:
                continue
            sound = False
            if not untitled:
                others = one_of[1:] if name in one_of else ()
                self._missing(mapping, owner, {each: fields[each] for each in (name, *others)})
        return values if sound and not any(v is MISSING for v in values.values()) else None

    def _missing(self, mapping: MappingNode, owner: str, fields: Mapping[str, Field]) -> None:
        """Report that the first of `fields` is missing, or one of the others instead."""
        name, *_ = fields
        hints = [f"`{each}`: {item.doc} ({item.kind.expected})" for each, item in fields.items()]
        at = mapping.get("type") or mapping
        self.report("ARC204", f"{owner} needs `{name}`", at, f"`{name}` is missing", hints)

    def unknown_key(
        self,
        key: ScalarNode,
        message: str,
        guess: Guess,
        choices: Iterable[str],
        beside: Collection[str | None] = (),
    ) -> None:
        """Report an unknown key, and propose the one that was meant.

        No edit is proposed if a key `beside` it has that name already.
        """
        known, words = guess.word, _list(choices)  # there may be none: an operation without fields
        hint = f"did you mean `{known}`?" if known else words and f"one of {words}"
        fix = None if known in beside else known
        self.report("ARC202", message, key, help=[hint] if hint else [], fix=fix, safe=guess.sure)

    def corrected(
        self,
        mapping: MappingNode,
        what: str,
        keys: Sequence[str],
        *,
        others: Collection[str] = (),
    ) -> MappingNode:
        """Report misspelled keys of `mapping`, and return it with them corrected."""
        names = list(mapping.names)
        for index, key in enumerate(mapping.keys):
            if key.text in keys or key.text in others:
                continue
            guess = guessed(key.text, keys)
            self.unknown_key(key, f"unknown key `{key.text}` of {what}", guess, keys, names)
            if guess.word and guess.word not in names:
                names[index] = guess.word
        return MappingNode(
            tuple(names), mapping.contents, mapping.places, mapping.start, mapping.end
        )

    def mapping(self, parent: MappingNode, key: str) -> MappingNode | None:
        """Return the mapping under `key`, if there is one."""
        node = parent.get(key)
        if node is None:
            return None
        return self.as_mapping(node, f"`{key}` is a mapping")

    def as_mapping(
        self,
        node: Node,
        wanted: str,
        help: Iterable[str] = (),  # noqa: A002
    ) -> MappingNode | None:
        """Return `node` if it is a mapping; None if not, which is reported as not `wanted`."""
        if isinstance(node, MappingNode):
            return node
        found = missing_spaces.as_mapping(node, self.source, self.findings)
        if found is None:
            self.report("ARC106", f"{wanted}; this is {describe(node)}", node, help=help)
        return found

    def text(self, parent: MappingNode, key: str) -> str:
        """Return the prose under `key`; an empty text if there is none."""
        node = parent.get(key)
        if node is None:
            return ""
        if not isinstance(node, ScalarNode) or len(node.text) > LONGEST_TEXT:
            message = f"`{key}` is a text of at most {LONGEST_TEXT} characters; this is "
            self.report("ARC203", message + describe(node), node)
            return ""
        return node.text

    def missing(
        self, mapping: MappingNode, message: str, name: str, help_line: str | None = None
    ) -> None:
        """Report that `mapping` has no key `name`."""
        at = mapping.keys[0] if mapping.names else mapping
        self.report("ARC204", message, at, f"`{name}` is missing", [help_line])


def given_at(place: Provenance) -> str:
    """Describe a value for a message, a short list by its text."""
    node, text = place.node, place.span.text
    if isinstance(node, SequenceNode) and node.items and len(text) <= 60 and "\n" not in text:
        return f"the list `{text}`"
    return describe(node)


def _list(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
