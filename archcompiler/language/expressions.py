"""Expressions in `${…}`: a small part of Python's, evaluated without `eval`."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache

from archcompiler.language.evaluator import (
    GRAMMAR,
    MAXIMUM_TEXT,
    Evaluator,
    ExpressionError,
    Value,
    value_text,
)
from archcompiler.language.names import READS

MAXIMUM_LENGTH = 500  # characters of an expression
_MARK = re.compile(r"\$\{([^{}]*)\}")


def has_expression(text: str) -> bool:
    """Whether `text` holds an expression."""
    return "${" in text


def substitute(text: str, names: Mapping[str, Value]) -> Value:
    """Evaluate the expressions in `text`, with the values of `names`.

    A text that is one expression gives its value (`${2 * 3}` -> 6), any other one a text
    (`${2}x${3}` -> `2x3`).

    Raises:
        ExpressionError: An expression is not valid, or has no value.
    """
    whole = _MARK.fullmatch(text)
    if whole:
        return _evaluate(whole[1], 2, names)
    _demand_short(text, text)
    out, at = "", 0
    for match in _MARK.finditer(text):
        out += text[at : match.start()] + value_text(_evaluate(match[1], match.start(1), names))
        _demand_short(out, text)
        at = match.end()
    rest = text[at:]
    if "${" in rest:
        start = at + rest.index("${")
        raise ExpressionError("this expression has no end `}`", start, len(text))
    return out + rest


def _demand_short(text: str, written: str) -> None:
    if len(text) > MAXIMUM_TEXT:
        message = f"a text that holds expressions is at most {MAXIMUM_TEXT} characters long"
        raise ExpressionError(message, 0, len(written))


def tree_of(text: str) -> ast.expr | None:
    """Return the tree of a valid text that is one expression; None if it is another text."""
    whole = _MARK.fullmatch(text)
    return trees_in(text)[0] if whole else None


@lru_cache(1024)  # called for each use of a block
def trees_in(text: str) -> tuple[ast.expr, ...]:
    """Return the trees of all expressions in a valid text."""
    return tuple(_parsed(match[1], match.start(1))[0] for match in _MARK.finditer(text))


def value_of(tree: ast.expr, names: Mapping[str, Value]) -> Value:
    """Return the value of a valid expression."""
    value: Value = Evaluator("", 0, names).value(tree)
    return value


def name_of(node: ast.AST) -> str | None:
    """Return the name that an expression consists of, such as `maps` or `reads.height`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
    return None


@lru_cache(1024)  # trees are cached by their texts, see `trees_in`
def names_in(tree: ast.expr) -> frozenset[str]:
    """Return the names in an expression: of parameters, `index`, and sizes such as `reads.maps`."""
    nodes = list(ast.walk(tree))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    own = {name_of(node.target) for node in nodes if isinstance(node, ast.comprehension)}
    named = {name_of(node) for node in nodes if id(node) not in called}
    return frozenset(name for name in named - own if name)


def asks_for_shape(text: str, inputs: Iterable[str]) -> bool:
    """Whether an expression in `text` uses a size of what its row reads, or of `inputs`."""
    if "${" not in text:
        return False
    owners = "|".join(map(re.escape, ("input", READS, *inputs)))
    return re.search(rf"\b(?:{owners})\b[\s)]*\.", text) is not None


def _parsed(text: str, offset: int) -> tuple[ast.expr, str, int]:
    """Return the tree of an expression, its text without surrounding spaces, and its offset."""
    lead = len(text) - len(text.lstrip())
    offset, text = offset + lead, text.strip()
    if len(text) > MAXIMUM_LENGTH:
        raise ExpressionError(
            f"an expression is at most {MAXIMUM_LENGTH} characters long", offset, offset + len(text)
        )
    text = text.replace("\n", " ")
    if not text:
        raise ExpressionError("there is no expression here", offset - lead - 2, offset + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of `1if x else 2`
            return ast.parse(text, mode="eval").body, text, offset
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        message = "this is not an expression"
        raise ExpressionError(message, offset, offset + len(text), GRAMMAR) from None


def _evaluate(text: str, offset: int, names: Mapping[str, Value]) -> Value:
    tree, text, offset = _parsed(text, offset)
    try:
        value: Value = Evaluator(text, offset, names).value(tree)
    except RecursionError:
        raise ExpressionError("this is nested too deep", offset, offset + len(text)) from None
    return value


__all__ = [
    "ExpressionError",
    "Value",
    "asks_for_shape",
    "has_expression",
    "name_of",
    "names_in",
    "substitute",
    "tree_of",
    "trees_in",
    "value_of",
    "value_text",
]
