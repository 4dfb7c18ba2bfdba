"""Pieces of HTML: code listings whose lines link to rows of the spec, and diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers.data import YamlLexer
from pygments.lexers.python import PythonLexer
from pygments.token import Token, _TokenType

from archcompiler.diagnostics import Diagnostic
from archcompiler.diagnostics.forms.text import COLOURS, render
from archcompiler.graph.summary import memory_text, number_text, shape_text

ASSETS = Path(__file__).with_name("assets")
_LEXERS: dict[str, type[Lexer]] = {"yaml": YamlLexer, "python": PythonLexer}
_CLASSES = {  # CSS classes of kinds of tokens; a kind not listed has that of its parent
    Token.Comment: "c",
    Token.Keyword: "k",
    Token.Keyword.Constant: "n",
    Token.Literal.Number: "n",
    Token.Literal.String: "s",
    Token.Literal.String.Doc: "c",
    Token.Name.Class: "d",
    Token.Name.Function: "d",
    Token.Name.Tag: "t",
    Token.Operator.Word: "k",
}
_ANSI = re.compile(r"\x1b\[([0-9;]*)m")
_PAINTS = {"0": ""} | {code: f"paint-{kind}" for kind, code in COLOURS.items()}


def asset(name: str) -> str:
    """Return the text of a script or style sheet."""
    return (ASSETS / name).read_text("utf-8")


@cache
def templates() -> jinja2.Environment:
    """Return the templates, which escape their arguments."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("archcompiler.pages"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    found.filters |= {
        function.__name__: function for function in (shape_text, number_text, memory_text)
    }
    return found


def piece(macro: str, *arguments: Any) -> Markup:
    """Render a macro of `pieces.html.jinja`."""
    made: Markup = getattr(templates().get_template("pieces.html.jinja").module, macro)(*arguments)
    return made


def listing(text: str, language: str, keys: Mapping[int, str], marks: Mapping[int, str]) -> Markup:
    """Return a listing of a text; `keys` and `marks` are those of lines, by number from 1.

    A key is that of the row of the spec, a mark is a CSS class.
    """
    lines = _highlighted(text, _LEXERS[language])
    out = []
    for number, line in enumerate(lines, 1):
        key = keys.get(number)
        row = f' data-row="{escape(key)}"' if key else ""
        kind = f"l {marks[number]}" if number in marks else "l"
        out.append(f'<span class="{kind}"{row}>{line}\n</span>')
    return Markup("").join(map(Markup, out))


def _highlighted(text: str, lexer: type[Lexer]) -> Iterator[str]:
    """Yield the lines of `text`, escaped, in spans of the classes above."""
    line: list[str] = []
    for kind, value in lexer(ensurenl=False, stripnl=False).get_tokens(text):
        name = _class_of(kind)
        first, *others = value.split("\n")
        for index, part in enumerate((first, *others)):
            if index:
                yield "".join(line)
                line = []
            if part:
                shown = escape(part)
                line.append(f'<span class="{name}">{shown}</span>' if name else shown)
    if line:
        yield "".join(line)


@cache
def _class_of(kind: _TokenType) -> str:
    while kind not in _CLASSES and kind.parent is not None:
        kind = kind.parent
    return _CLASSES.get(kind, "")


def painted(diagnostic: Diagnostic) -> Markup:
    """Return a diagnostic as in a terminal, with colours."""
    parts = _ANSI.split(render(diagnostic, colour=True))
    out, paint = [escape(parts[0])], ""
    for code, text in zip(parts[1::2], parts[2::2], strict=True):
        paint = _PAINTS[code]
        out.append(
            Markup('<span class="{}">{}</span>').format(paint, text) if paint else escape(text)
        )
    return Markup("").join(out)
