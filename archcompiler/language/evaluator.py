"""The values of expressions: of their trees, which Python's parser makes.

Nothing is run: each kind of node that an expression may have is computed here, within bounds on
time and memory, and any other is refused.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from archcompiler.diagnostics.wording import counted
from archcompiler.language.functions import FUNCTIONS, MAXIMUM_DIGITS, TooManyDigits
from archcompiler.language.names import MISSING, READS, RESERVED, SHAPE
from archcompiler.operations.words import nearest

Value = int | float | bool | str | list[Any]

MAXIMUM_TEXT = 1000  # characters of a text, items of a list with those of the lists in it
MAXIMUM_NESTING = 8  # of lists in lists
MAXIMUM_STEPS = 10_000  # parts of an expression that are computed, and items of lists

GRAMMAR = (
    "an expression holds numbers, parameters, + - * / // % **, comparisons, and or not, x if c"
    " else y, list[0], list[:2], [2 * n for n in list], " + " ".join(FUNCTIONS)
)

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


def value_text(value: Value) -> str:
    """Return `value` as a spec writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    return str(value) if not isinstance(value, float) else repr(value)


class Evaluator:
    """Computes parts of one expression.

    `text` is the expression, and `offset` where it begins in the text of its field.
    """

    def __init__(self, text: str, offset: int, names: Mapping[str, Value]) -> None:
        self.bytes = text.encode(errors="surrogatepass")  # what Python counts columns in
        self.offset = offset
        self.names = names
        self.variable = ""  # of the list that is made just now
        self.steps = 0

    def fail(self, node: ast.expr, message: str, help: str | None = None) -> ExpressionError:  # noqa: A002
        """Return the error of a part; `help` is a line that says what may stand there."""
        start, end = (
            self.offset + len(self.bytes[:column].decode(errors="replace"))
            for column in (node.col_offset, node.end_col_offset)
        )
        return ExpressionError(message, start, end, help)

    def value(self, node: ast.expr) -> Any:
        """Return what a part is worth.

        Raises:
            ExpressionError: It has no value.
        """
        try:
            result = self._value(node)
        except ExpressionError:
            raise
        except ZeroDivisionError:
            raise self.fail(node, "this divides by zero") from None
        except TooManyDigits:
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
        self._demand_items(node, items, index)
        if not -len(items) <= index < len(items):
            raise self._no_item(node, items, index)
        return items[index]

    def _slice(
        self, node: ast.expr, items: Any, lower: ast.expr | None, upper: ast.expr | None
    ) -> Any:
        """Return the items from `lower` on that stand before `upper`, which are all there."""
        self._demand_items(node, items)
        ends = [None if end is None else self.value(end) for end in (lower, upper)]
        for end in ends:
            if end is not None:
                self._demand_items(node, items, end)
                if abs(end) > len(items):
                    raise self._no_item(node, items, end - 1 if end > 0 else end)
        return items[slice(*ends)]

    def _demand_items(self, node: ast.expr, items: Any, index: Any = 0) -> None:
        if not isinstance(items, list):
            raise self.fail(node, f"{_said(items)} has no items: only a list has")
        if not isinstance(index, int):
            raise self.fail(node, f"items are numbered from 0; this is {_said(index)}")

    def _no_item(self, node: ast.expr, items: list[Any], index: int) -> ExpressionError:
        many = counted(len(items), "item")
        return self.fail(node, f"there is no item {index}: the list has {many}, numbered from 0")

    def _made(self, node: ast.ListComp) -> list[Any]:
        """Return the list that `[part for name in list]` makes."""
        match node.generators:
            case [ast.comprehension(target=ast.Name() as target, iter=over, ifs=[], is_async=0)]:
                pass
            case _:
                message = "a list is made of another one as in `[2 * n for n in list]`"
                raise self.fail(node, message, GRAMMAR)
        if self.variable:
            raise self.fail(node, "a list is made inside of another one")
        name, owners = target.id, {known.partition(".")[0] for known in self.names}
        if name in (*owners, *RESERVED, *FUNCTIONS):
            what = "a parameter" if name in self.names and name not in RESERVED else "taken"
            raise self.fail(
                target, f"`{name}` is {what}: what goes through a list has its own name"
            )
        items = self.value(over)
        if not isinstance(items, list):
            raise self.fail(over, f"{_said(items)} has no items: only a list has")
        names, inner = self.names, dict(self.names)
        self.names, self.variable, made = inner, name, []
        for item in items:
            inner[name] = item
            made.append(self.value(node.elt))
        self.names, self.variable = names, ""
        return made

    def _bounded(self, node: ast.expr, result: Any) -> Any:
        if isinstance(result, complex):
            raise self.fail(node, "this is not a real number")
        if isinstance(result, int) and abs(result) >= 10**MAXIMUM_DIGITS:
            raise self.fail(node, f"this number has more than {MAXIMUM_DIGITS} digits")
        if isinstance(result, float) and not math.isfinite(result):
            raise self.fail(node, "this number is too large")
        if isinstance(result, str) and len(result) > MAXIMUM_TEXT:
            raise self.fail(node, f"this is longer than {MAXIMUM_TEXT}")
        if isinstance(result, list):
            too_much = too_large(result)
            if too_much:
                raise self.fail(node, too_much)
            self.steps += len(result)
        self.steps += 1
        if self.steps > MAXIMUM_STEPS:
            raise self.fail(node, f"this takes more than {MAXIMUM_STEPS:,} steps")
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
            case ast.ListComp():
                return self._made(node)
            case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None)):
                return self._slice(node, self.value(value), lower, upper)
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


def too_large(items: list[Any]) -> str:
    """Return why a list is too large, be it by the lists in it; an empty text if it is not."""
    if _items_in(items) > MAXIMUM_TEXT:
        return f"this is longer than {MAXIMUM_TEXT}"
    deep = _nesting(items) > MAXIMUM_NESTING
    return f"lists are nested {MAXIMUM_NESTING} deep at most" if deep else ""


def _items_in(items: list[Any]) -> int:
    """Return the number of items with those of lists in them, or one above `MAXIMUM_TEXT`.

    It stops there: a list that holds another many times, and so on, ends up very large.
    """
    count = 0
    for item in items:
        count += 1 + (_items_in(item) if isinstance(item, list) else 0)
        if count > MAXIMUM_TEXT:
            break
    return count


def _nesting(value: Any) -> int:
    return 1 + max(map(_nesting, value), default=0) if isinstance(value, list) else 0


def _number(value: Any) -> bool:
    return isinstance(value, (int, float))
