"""Random expressions: what archc makes of one is what Python makes of it, or both refuse it."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import archcompiler
from archcompiler import SpecError
from proof.case import Case, Complaint, Kind, Tally

NAMES: dict[str, Any] = {
    "whole": 4, "below": -3, "rate": 0.5, "deep": True, "mode": "same", "depths": [3, 4, 6, 3],
    "empty": [],
}  # fmt: skip
CONSTANTS = {"true": True, "false": False}
NUMBERS = ("0", "1", "2", "3", "7", "10", "0.5", "2.5", "whole", "below", "rate")  # most leaves
LITERALS = (
    "0", "1", "2", "3", "7", "10", "64", "65", "1000000000", "999999999999999999", "0.0", "0.1",
    "2.5", "1e3", "1e-9", "1e300", "'a'", "'12'", "''", "[]", "[1, 2]",
)  # fmt: skip
# How parts are put together. `{}` is a part, brackets around it where it needs them.
FORMS = (
    *(f"{{}} {sign} {{}}" for sign in ("+", "-", "*", "/", "//", "%", "**")),
    *(f"{{}} {sign} {{}}" for sign in ("==", "!=", "<", "<=", ">", ">=", "and", "or")),
    "-{}", "+{}", "not {}", "{} if {} else {}", "{} < {} <= {}", "{}[{}]", "depths[{}]",
    "[{}, {}]", "min({}, {})", "max({}, {})", "min({})", "max({})", "abs({})", "round({})",
    "round({}, {})", "ceil({})", "floor({})", "int({})", "sum({})", "len({})", "sum(depths[:{}])",
    "{}[{}:]", "{}[:{}]", "{}[{}:{}]", "depths[{}:]", "divisible({}, {})", "divisible({}, 8)",
    "[{} for each in {}]", "[each + {} for each in depths]", "sum([each * {} for each in depths])",
)  # fmt: skip
MOST_DIGITS, LONGEST = 18, 1000  # of numbers, and of texts and lists: docs/language.md
DEEPEST = 8  # lists in lists
PLACE = "<{}>"  # a text around it tells 1, 1.0 and true from each other


class Refused(Exception):
    """The language leaves this out on purpose."""


def draw(random: Random) -> Case:
    """Return an expression."""
    while True:
        text = _drawn(random, random.randint(1, 4))
        if len(text) < 400:
            return Case(text)


def _drawn(random: Random, deep: int) -> str:
    if deep == 0 or random.random() < 0.1:
        return random.choice([random.choice(NUMBERS)] * 30 + [*LITERALS, *NAMES, *CONSTANTS])
    form = random.choice(FORMS)
    parts = []
    for _ in range(form.count("{}")):
        part = _drawn(random, deep - 1)
        plain = part.isalnum() or random.random() < 0.15  # without brackets it is read otherwise
        parts.append(part if plain else f"({part})")
    return form.format(*parts)


def check(case: Case, tally: Tally) -> Complaint | None:
    """Compare what archc and Python make of an expression."""
    try:
        value = _by_python(case.text)
        expected: str | None = _said(value)
    except (Refused, ArithmeticError, TypeError, ValueError, IndexError) as error:
        expected, value = None, repr(error)
    except SyntaxError:
        expected, value = None, "no expression"
    tally["refused" if expected is None else "worth something"] += 1
    try:
        found = archcompiler.loads(_spec(case.text, expected or ""))
    except SpecError as error:
        if expected is not None:
            return Complaint("refused", f"{case.text}\nPython: {value}\n{error}")
        if [each.code for each in error.diagnostics] != ["ARC206"]:
            return Complaint("refused by another diagnostic", str(error))
        return None
    if expected is None:
        return Complaint("not refused", f"{case.text}\nPython: {value}")
    if any(layer.name == "use.equal" for layer in found.layers):
        return None
    return Complaint("another value", f"{case.text}\nPython: {expected}")


def _by_python(text: str) -> Any:
    """Return what Python makes of an expression, by the bounds of the language."""
    tree = ast.parse(text.strip(), mode="eval")
    seen = ast.fix_missing_locations(_Seen().visit(tree))
    known = {"see": _see, "times": _times, "rest": _rest, "power": _power, "item": _item}
    known |= {"part": _part, "alone": _alone, "refuse": _refuse}
    functions = {"min": min, "max": max, "abs": abs, "round": _round, "int": int}
    functions |= {"ceil": math.ceil, "floor": math.floor}
    functions |= {"sum": _sum, "len": _len, "divisible": _divisible}
    names = {**deepcopy(NAMES), **CONSTANTS, **known, **functions, "__builtins__": {}}
    return eval(compile(seen, "<expression>", "eval"), names)


class _Seen(ast.NodeTransformer):
    """Has every part of an expression looked at when it is worth something."""

    inside = False  # of a list that is made of another one

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, ast.expr):
            return self.generic_visit(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            return node
        if isinstance(node, ast.Slice):
            return self.generic_visit(node)
        if isinstance(node, ast.ListComp):
            return self._made(node)
        if isinstance(node, ast.Call):
            node.args = [self.visit(argument) for argument in node.args]
            return _call("see", node)
        self.generic_visit(node)
        match node:
            case ast.BinOp(op=ast.Mult()):
                return _call("see", _call("times", node.left, node.right))
            case ast.BinOp(op=ast.Mod()):
                return _call("see", _call("rest", node.left, node.right))
            case ast.BinOp(op=ast.Pow()):
                return _call("see", _call("power", node.left, node.right))
            case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper)):
                ends = [end or ast.Constant(None) for end in (lower, upper)]
                return _call("see", _call("part", node.value, *ends))
            case ast.Subscript():
                return _call("see", _call("item", node.value, node.slice))
        return _call("see", node)

    def _made(self, node: ast.ListComp) -> ast.expr:
        """Return the list that is made of another one; inside of one, what refuses it."""
        if self.inside:
            return _call("refuse")
        (over,) = node.generators
        over.iter = _call("alone", self.visit(over.iter))
        self.inside = True
        node.elt = self.visit(node.elt)
        self.inside = False
        return _call("see", node)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _see(value: Any) -> Any:
    if callable(value):
        raise Refused("functions are called, and nothing else")
    if isinstance(value, complex):
        raise Refused("not a real number")
    if isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
        raise Refused("too many digits")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused("too large")
    if isinstance(value, str) and len(value) > LONGEST:
        raise Refused("too long")
    if isinstance(value, list) and (_count(value) > LONGEST or _depth(value) > DEEPEST):
        raise Refused("too large")
    return value


def _count(items: list[Any]) -> int:
    return sum(1 + (_count(item) if isinstance(item, list) else 0) for item in items)


def _depth(value: Any) -> int:
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _alone(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise Refused("only a list has items")
    return items


def _refuse() -> None:
    raise Refused("a list inside of another one")


def _part(items: Any, lower: Any, upper: Any) -> Any:
    for end in (lower, upper):
        if end is not None and abs(end) > len(_alone(items)):
            raise Refused("there is no such item")
    return _alone(items)[lower:upper]


def _sum(items: Any) -> Any:
    _numbers(*_alone(items))
    total: Any = 0
    for item in items:  # since 3.12, Python's own sum of numbers with a fraction is another one
        total += item
    return total


def _len(items: Any) -> int:
    return len(_alone(items))


def _divisible(number: Any, divisor: Any) -> int:
    _numbers(number)
    if type(divisor) is not int or divisor < 1:
        raise Refused("no whole number from 1")
    near = int(max(divisor, int(number + divisor / 2) // divisor * divisor))
    return near + divisor if near < 0.9 * number else near


def _numbers(*values: Any) -> None:
    if not all(isinstance(value, int | float) for value in values):
        raise Refused("for numbers alone")


def _times(one: Any, other: Any) -> Any:
    _numbers(one, other)
    return one * other


def _rest(one: Any, other: Any) -> Any:
    _numbers(one, other)
    return one % other


def _power(base: Any, exponent: Any) -> Any:
    _numbers(base, exponent)
    if abs(exponent) > 64 or abs(base) > 10**9:
        raise Refused("too large a power")
    return base**exponent


def _item(items: Any, index: Any) -> Any:
    if not isinstance(items, list):
        raise Refused("only a list has items")
    return items[index]


def _round(number: Any, *digits: Any) -> Any:
    if any(isinstance(count, int) and abs(count) > MOST_DIGITS for count in digits):
        raise Refused("too many digits")
    return round(number, *digits)


def _said(value: Any) -> str:
    """Return a value as a spec writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_said, value))}]"
    return str(value)


def _spec(expression: str, expected: str) -> str:
    """Return a spec that has a layer `use.equal` where the expression is worth `expected`."""
    wanted = PLACE.format(expected).replace("\\", "\\\\").replace("'", "\\'")
    given = PLACE.format(f"${{{expression}}}").replace("'", "''")
    params = ", ".join(f"{name}: {_said(value)}" for name, value in NAMES.items())
    condition = f"${{said == '{wanted}'}}".replace("'", "''")
    return f"""\
archc: 1
name: Expression
params: {{{params}}}
blocks:
  unit:
    params: {{said: text}}
    layers:
    - {{layer: first, type: activation, activation: linear}}
    - {{layer: equal, type: dropout, rate: 0.5, when: '{condition}'}}
layers:
- {{layer: In, type: input, size: 4}}
- {{layer: use, type: unit, said: '{given}'}}
"""


def shown(case: Case) -> str:
    """Return a spec with the expression."""
    return _spec(case.text, "")


def simpler(case: Case) -> Iterator[Case]:
    """Return the parts of an expression, then it with one of its parts in the place of a larger."""
    try:
        tree = ast.parse(case.text.strip(), mode="eval").body
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and node is not tree:
            yield Case(ast.unparse(node))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    for index, node in enumerate(nodes):
        for part in ast.walk(node):
            if isinstance(part, ast.expr) and part is not node:
                copy = deepcopy(tree)
                old = [each for each in ast.walk(copy) if isinstance(each, ast.expr)][index]
                new = _Exchanged(old, part).visit(copy)
                yield Case(ast.unparse(ast.fix_missing_locations(new)))


class _Exchanged(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return deepcopy(self.new) if node is self.old else self.generic_visit(node)


KIND = Kind("expressions", draw, check, simpler, shown)
