"""The explanations of codes: one Markdown file each, with a wrong example and a right one.

`archc explain`, the documentation, the rules in SARIF and the hovers of editors show them.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

_TITLE = re.compile(r"# (?P<code>ARC\d{3}) (?P<name>[a-z-]+): (?P<title>.+)\n")
_EXAMPLE = re.compile(
    r"## (?P<kind>Wrong|Right)\n\n```yaml ?(?P<options>.*)\n(?P<text>(?:.*\n)*?)```\n"
)


class Example(NamedTuple):
    """The text of a spec, and options of `archc validate` that the example needs."""

    text: str
    options: tuple[str, ...] = ()


class Entry(NamedTuple):
    """The explanation of a code. It has no examples if the fault is not that of a single spec."""

    code: str
    name: str
    title: str
    explanation: str
    wrong: Example | None
    right: Example | None
    markdown: str


@cache
def codes() -> tuple[str, ...]:
    """Return all codes, in order."""
    names = (path.name for path in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in names if name.endswith(".md")))


@cache
def entry(code: str) -> Entry:
    """Return the explanation of one of `codes()`."""
    text = (_folder() / f"{code}.md").read_text(encoding="utf-8")
    head = _TITLE.match(text)
    assert head is not None, code
    assert head["code"] == code
    examples = {
        match["kind"]: Example(match["text"], tuple(match["options"].split()))
        for match in _EXAMPLE.finditer(text)
    }
    explanation = text[head.end() :].partition("\n## ")[0].strip()
    return Entry(
        code,
        head["name"],
        head["title"],
        explanation,
        examples.get("Wrong"),
        examples.get("Right"),
        text,
    )


def find(word: str) -> str | None:
    """Return the code of a word such as `ARC401`, `401` or its name; None if there is none."""
    folded = word.strip().lower()
    for code in codes():
        if folded in (code.lower(), code[3:], entry(code).name):
            return code
    return None


def _folder() -> Any:
    return files("archcompiler.diagnostics") / "catalogue"
