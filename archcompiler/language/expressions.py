"""Expressions in `${…}`: a small part of Python's, evaluated without `eval`."""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from archcompiler.diagnostics.wording import counted
from archcompiler.language.names import MISSING, READS, SHAPE
from archcompiler.operations.words import nearest

Value = int | float | bool | str | list[Any]

MAXIMUM_LENGTH = 500  # characters of an expression
MAXIMUM_DIGITS = 18
MAXIMUM_TEXT = 1000  # characters of a text, items of a list

GRAMMAR = (
    "an expression holds numbers, parameters, + - * / // % **, comparisons, and or not, x if c"
    " else y, min max abs round ceil floor int"
)
_MARK = re.compile(r"\$\{([^{}]*)\}")

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISON: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}


class _TooMany(Exception):
    """A number would have too many digits."""


def _round(number: float, digits: int | None = None) -> float:
    if digits is None:
        return round(number)
    if not isinstance(digits, int):
        raise TypeError
    if abs(digits) > MAXIMUM_DIGITS:  # Python would compute ten to that power
        raise _TooMany
    return round(number, digits)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": _round,
    "ceil": math.ceil,
    "floor": math.floor,
    "int": int,
}


class ExpressionError(Exception):
    """An expression cannot be evaluated; `start` and `end` are offsets in the field's text.

    The message is empty if the cause is a value whose fault was reported already.
    """

    def __init__(
        self,
        message: str,
        start: int,
        end: int,
        help: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.help = message, start, end, help


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
    if len(text) > MAXIMUM_TEXT:
        message = f"a text that holds expressions is at most {MAXIMUM_TEXT} characters long"
        raise ExpressionError(message, 0, len(text))
    out, at = [], 0
    for match in _MARK.finditer(text):
        out += [text[at : match.start()], value_text(_evaluate(match[1], match.start(1), names))]
        at = match.end()
    rest = text[at:]
    if "${" in rest:
        start = at + rest.index("${")
        raise ExpressionError("this expression has no end `}`", start, len(text))
    return "".join([*out, rest])


def value_text(value: Value) -> str:
    """Return `value` as a spec writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    return str(value) if not isinstance(value, float) else repr(value)


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
    value: Value = _Evaluator("", 0, names).value(tree)
    return value


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
        value: Value = _Evaluator(text, offset, names).value(tree)
    except RecursionError:
        raise ExpressionError("this is nested too deep", offset, offset + len(text)) from None
    return value


class _Evaluator:
    def __init__(self, text: str, offset: int, names: Mapping[str, Value]) -> None:
        self.bytes = text.encode(errors="surrogatepass")  # what Python counts columns in
        self.offset = offset
        self.names = names

    def fail(self, node: ast.expr, message: str, help: str | None = None) -> ExpressionError:  # noqa: A002
        start, end = (
            self.offset + len(self.bytes[:column].decode(errors="replace"))
            for column in (node.col_offset, node.end_col_offset)
        )
        return ExpressionError(message, start, end, help)

    def value(self, node: ast.expr) -> Any:
        try:
            result = self._value(node)
        except ExpressionError:
            raise
        except ZeroDivisionError:
            raise self.fail(node, "this divides by zero") from None
        except _TooMany:
            raise self.fail(node, f"a number has at most {MAXIMUM_DIGITS} digits") from None
        except (TypeError, ValueError, OverflowError):
            raise self.fail(node, f"this cannot be computed{self._of(node)}") from None
        return self._bounded(node, result)

    def _of(self, node: ast.expr) -> str:
        """Return the operands of a failed operation for a message: ` of 1 and the text `a``."""
        match node:
            case ast.BinOp(left=left, right=right):
                parts = [left, right]
            case ast.Compare(left=left, comparators=rights):
                parts = [left, *rights[:1]]
            case ast.Call(args=arguments):
                parts = arguments
            case _:
                return ""
        said = [_said(self.value(part)) for part in parts[:3]]
        return f" of {' and '.join(said)}" if said else ""

    def _item(self, node: ast.expr, items: Any, index: Any) -> Any:
        if not isinstance(items, list):
            raise self.fail(node, f"{_said(items)} has no items: only a list has")
        if not isinstance(index, int):
            raise self.fail(node, f"items are numbered from 0; this is {_said(index)}")
        if not -len(items) <= index < len(items):
            many = counted(len(items), "item")
            raise self.fail(node, f"there is no item {index}: the list has {many}, numbered from 0")
        return items[index]

    def _bounded(self, node: ast.expr, result: Any) -> Any:
        if isinstance(result, complex):
            raise self.fail(node, "this is not a real number")
        if isinstance(result, int) and abs(result) >= 10**MAXIMUM_DIGITS:
            raise self.fail(node, f"this number has more than {MAXIMUM_DIGITS} digits")
        if isinstance(result, float) and not math.isfinite(result):
            raise self.fail(node, "this number is too large")
        if isinstance(result, (str, list)) and len(result) > MAXIMUM_TEXT:
            raise self.fail(node, f"this is longer than {MAXIMUM_TEXT}")
        return result

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | int() | float() | str()):
                return node.value
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                return self._shape(node, owner, name)
            case ast.List(elts=items):
                return [self.value(item) for item in items]
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _UNARY[type(op)](self.value(operand))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(node, self.value(left), self.value(right))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return self._binary(node, op, self.value(left), self.value(right))
            case ast.BoolOp(op=op, values=values):
                return self._first(isinstance(op, ast.Or), values)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                return self._compare(node, left, ops, rights)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body) if self.value(test) else self.value(orelse)
            case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
                return self._item(node, self.value(value), self.value(index))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, arguments)
        raise self.fail(node, "this may not stand in an expression", GRAMMAR)

    def _first(self, wanted: bool, nodes: list[ast.expr]) -> Any:
        """Evaluate `and` or `or`: return the first value whose truth is `wanted`, or the last."""
        value: Any = not wanted
        for node in nodes:
            value = self.value(node)
            if bool(value) is wanted:
                break
        return value

    def _name(self, node: ast.expr, name: str) -> Any:
        if name in ("true", "false"):
            return name == "true"
        if name not in self.names:
            known = nearest(name, self.names)
            help_line = f"did you mean `{known}`?" if known else "`params` declares parameters"
            if name == "index":
                help_line = "`index` is known in a row with `repeat`, in its own fields"
            elif name == "input":
                help_line = "`input.maps` is the number of maps that a block is given"
            elif name == READS:
                help_line = "`reads.maps` is the number of maps that this row reads"
            raise self.fail(node, f"no parameter is named `{name}`", help_line)
        if self.names[name] is MISSING:  # its fault was reported
            raise ExpressionError("", 0, 0)
        return self.names[name]

    def _shape(self, node: ast.expr, owner: str, name: str) -> Any:
        """Return the value of a size such as `reads.maps` or `input.height`."""
        known = f"{owner}.{name}"
        if known not in self.names:
            raise self._no_shape(node, owner, name)
        if self.names[known] is MISSING:  # its fault was reported
            raise ExpressionError("", 0, 0)
        if self.names[known] is None:
            raise self.fail(node, f"`{known}` is not known: the spec leaves that size open")
        return self.names[known]

    def _no_shape(self, node: ast.expr, owner: str, name: str) -> ExpressionError:
        owners = dict.fromkeys(known.partition(".")[0] for known in self.names if "." in known)
        given = [other for other in owners if other != READS]
        if owner in owners:
            if name not in SHAPE:
                return self.fail(node, f"`{owner}` has no `{name}`", f"it has {', '.join(SHAPE)}")
            has = [
                known.rpartition(".")[2] for known in self.names if known.startswith(f"{owner}.")
            ]
            what = "what this row reads" if owner == READS else f"`{owner}`"
            return self.fail(node, f"{what} has no `{name}`, but {', '.join(has)}")
        if owner not in ("input", READS) and name not in SHAPE:
            return self.fail(node, "this may not stand in an expression", GRAMMAR)
        message = f"no shape is known under the name `{owner}`"
        if owner == "input" and owners and not given:
            message = "`input` is what a block is given, and this row is in none"
        help_line = f"`{READS}.{name}` is that of what a row reads, in the fields of that row"
        if given:
            help_line += f"; the block is given {', '.join(f'`{other}`' for other in given)}"
        return self.fail(node, message, help_line)

    def _binary(self, node: ast.expr, op: ast.operator, left: Any, right: Any) -> Any:
        if isinstance(op, ast.Mult) and not (_number(left) and _number(right)):
            raise self.fail(node, "only numbers are multiplied")
        if isinstance(op, ast.Mod) and not (_number(left) and _number(right)):
            raise self.fail(node, "only numbers have a remainder")
        return _BINARY[type(op)](left, right)

    def _power(self, node: ast.expr, base: Any, exponent: Any) -> Any:
        if not (_number(base) and _number(exponent)):
            raise self.fail(node, "only numbers have powers")
        if abs(exponent) > 64 or abs(base) > 10**9:
            raise self.fail(node, "this power is too large")
        return base**exponent

    def _compare(
        self, node: ast.expr, left: ast.expr, ops: list[ast.cmpop], rights: list[ast.expr]
    ) -> bool:
        value = self.value(left)
        for op, right in zip(ops, rights, strict=True):
            if type(op) not in _COMPARISON:
                raise self.fail(node, "compare with == != < <= > >=")
            other = self.value(right)
            if not _COMPARISON[type(op)](value, other):
                return False
            value = other
        return True

    def _call(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> Any:
        if name not in FUNCTIONS:
            help_line = f"what can be called: {', '.join(FUNCTIONS)}"
            raise self.fail(node, f"`{name}` cannot be called", help_line)
        return FUNCTIONS[name](*[self.value(argument) for argument in arguments])


def _said(value: Any) -> str:
    """Return a value for a message."""
    text = value_text(value)[:60]
    return f"the text `{text}`" if isinstance(value, str) else text


def _number(value: Any) -> bool:
    return isinstance(value, (int, float))
