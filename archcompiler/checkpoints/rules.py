"""Rules that translate our names of tensors to those of other files.

    rename:
    - {from: 'downsample\\.conv', to: downsample.0}
    - {from: 'layer(?P<i>\\d)', to: 'blocks.${i - 1}'}

The rules are applied one after the other; each replaces the first match of a regular expression in
the name. Expressions in `to` know the named groups (as numbers if they are digits), and the
parameters of the spec.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from archcompiler.diagnostics import Diagnostic, Findings, Label, Source
from archcompiler.files import read_source
from archcompiler.language import nodes
from archcompiler.language.expressions import substitute
from archcompiler.language.nodes import MappingNode, ScalarNode, SequenceNode
from archcompiler.language.yaml_reader import read

LARGEST = 2**20  # bytes of a file of rules
SHAPE = "write `rename: [{from: 'our (?P<part>...)', to: 'their ${part}'}, ...]`"


class Rules:
    """Renames tensors; without rules, names stay as they are."""

    def __init__(
        self,
        rules: list[tuple[re.Pattern[str], str]] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self._rules = rules or []
        self._parameters = parameters or {}

    @classmethod
    def read(cls, path: Path, parameters: Mapping[str, Any]) -> Rules:
        """Return the rules in a file; `parameters` are those of the spec.

        Raises:
            FileError: The file cannot be read.
            SpecError: It does not contain valid rules.
        """
        source = read_source(path, LARGEST)
        findings = Findings()
        document = read(source, findings)
        rules = _rules(document, source, findings)
        findings.raise_any()
        return cls(rules, parameters)

    def __call__(self, name: str) -> str:
        """Return the translated name of a tensor.

        Raises:
            ExpressionError: The expression of a rule fails for the name.
        """
        for pattern, to in self._rules:
            match = pattern.search(name)
            if match:
                groups = {key: _number(text) for key, text in match.groupdict().items()}
                written = str(substitute(to, {**self._parameters, **groups}))
                name = name[: match.start()] + written + name[match.end() :]
        return name


def _number(text: str | None) -> int | str:
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text


def _rules(
    document: nodes.Node, source: Source, findings: Findings
) -> list[tuple[re.Pattern[str], str]]:
    def wrong(node: nodes.Node, message: str, hint: str = SHAPE) -> None:
        span = nodes.span_of(node, source)
        findings.add(Diagnostic("ARC801", message, Label(span), help=(hint,)))

    def stop(node: nodes.Node, message: str) -> NoReturn:
        wrong(node, message)
        findings.raise_any()
        raise AssertionError("unreachable")

    if not isinstance(document, MappingNode) or [k.text for k, _ in document.items()] != ["rename"]:
        stop(document, "rules are a list under `rename`, and nothing else")
    (rows,) = document.values
    if not isinstance(rows, SequenceNode):
        stop(rows, "rules are a list")
    found = []
    for row in rows.items:
        fields = {k.text: v for k, v in row.items()} if isinstance(row, MappingNode) else {}
        texts = {key: v.text for key, v in fields.items() if isinstance(v, ScalarNode)}
        if texts.keys() != {"from", "to"}:
            wrong(row, "a rule has the texts `from` and `to`, and nothing else")
            continue
        try:
            found.append((re.compile(texts["from"]), texts["to"]))
        except (re.error, OverflowError, RecursionError) as error:
            wrong(
                fields["from"],
                f"this is not a regular expression: {error}",
                "a `.` is any character, `\\.` a dot; see Python's `re`",
            )
    return found
