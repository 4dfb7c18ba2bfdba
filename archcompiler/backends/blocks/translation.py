"""An author's expression as code, in the terms of the block that it stands in.

    maps: "${4 * growth}"       ->      4 * growth
    when: "${not last}"         ->      not last
    maps: "${reads.maps // 2}"  ->      in_maps // 2        where the row reads what the block does

What holds no name of the code is computed now: `${4 * wide}`, where `wide` is the network's own.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from archcompiler.backends.code import (
    Attribute,
    Binary,
    Call,
    Choice,
    Expression,
    Group,
    Literal,
    Name,
    Subscript,
    Unary,
)
from archcompiler.backends.code.arithmetic import operation
from archcompiler.graph.row_expressions import (
    Computed,
    ExpressionError,
    name_of,
    names_in,
    value_of,
)

Known = Mapping[str, Expression | None]  # what code has for a name; None: it belongs to one use

_BINARY: Mapping[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=", ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "-", ast.UAdd: "+",
}  # fmt: skip


def constant(value: Any) -> Expression:
    """Return a parameter's value as code."""
    if isinstance(value, list):
        return Group(tuple(map(constant, value)))
    return Literal(value)


class _Own(Exception):
    """The expression needs a number that belongs to one use, or that code has no words for."""


class Scope:
    """The fields of a row that are computed, what they may name, and what code has for that."""

    def __init__(self, fields: Mapping[str, Computed], names: Known, values: Mapping[str, Any]):
        constants = {name: code.value for name, code in names.items() if isinstance(code, Literal)}
        self.names = {name: code for name, code in names.items() if name not in constants}
        self.values = {**values, **constants}
        self.fields = {
            name: field
            for name, field in fields.items()
            if not self.names.keys().isdisjoint(field.names)
        }

    def __contains__(self, field: str) -> bool:
        """Whether another use of the block, or another copy of the row, may have another value."""
        return field in self.fields

    def code(self, field: str) -> Expression | None:
        """Return what code has for a field; None if that is a constant, or belongs to one use."""
        tree = self.fields[field].whole if field in self.fields else None
        if tree is None:
            return None
        code = self.expression(tree)
        return None if isinstance(code, Literal | Group) else code

    def expression(self, tree: ast.expr) -> Expression | None:
        """Return what code has for an expression; None if it belongs to one use.

        A part that no use computes may have no value: `8 // 0 if never else 1`.
        """
        try:
            return self._translate(tree)
        except (_Own, ExpressionError):
            return None

    def _depends_on(self, tree: ast.expr) -> bool:
        return not self.names.keys().isdisjoint(names_in(tree))

    def _translate(self, tree: ast.expr) -> Expression:
        if not self._depends_on(tree):
            return constant(value_of(tree, self.values))
        name = name_of(tree)
        if name is not None:
            code = self.names[name]
            if code is None:
                raise _Own
            return code
        match tree:
            case ast.UnaryOp(op=op, operand=operand):
                return Unary(_BINARY[type(op)], self._translate(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return operation(self._translate(left), _BINARY[type(op)], self._translate(right))
            case ast.BoolOp(op=op, values=[first, *others]):
                return self._joined(_BINARY[type(op)], first, others)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                return self._compared(left, ops, rights)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                decided = self._translate(test)
                if isinstance(decided, Literal):
                    return self._translate(body if decided.value else orelse)
                one, other = self._translate(body), self._translate(orelse)
                return one if one == other else Choice(one, decided, other)
            case ast.ListComp() | ast.Subscript(slice=ast.Slice()):
                raise _Own
            case ast.Subscript(value=value, slice=index):
                return Subscript(self._translate(value), self._translate(index))
            case ast.List(elts=items):
                return Group(tuple(map(self._translate, items)), "[]")
            case ast.Call(func=ast.Name(id="divisible" | "sum")):
                raise _Own
            case ast.Call(func=ast.Name(id="int"), args=[argument]):
                code = self._translate(argument)
                return code if self._is_whole(code) else Call(Name("int"), (code,))
            case ast.Call(func=ast.Name(id=function), args=arguments):
                own = function not in ("ceil", "floor")
                callee = Name(function) if own else Attribute(Name("math"), function)
                return Call(callee, tuple(map(self._translate, arguments)))
        raise AssertionError(f"not an expression: {ast.dump(tree)}")

    def _is_whole(self, code: Expression) -> bool:
        """Whether code is surely worth a whole number: `int` of that changes nothing."""
        match code:
            case Literal(value):
                return type(value) is int
            case Name():
                return any(
                    known == code and type(self.values.get(name)) is int
                    for name, known in self.names.items()
                )
            case Binary(left, "+" | "-" | "*" | "//" | "%", right):
                return self._is_whole(left) and self._is_whole(right)
            case Unary("-", operand):
                return self._is_whole(operand)
        return False

    def _joined(self, operator: str, first: ast.expr, others: list[ast.expr]) -> Expression:
        """Return a chain of `and` or `or` without the parts that decide nothing."""
        parts = [self._translate(part) for part in (first, *others)]
        idle = operator == "and"
        left = [part for part in parts[:-1] if not _is_constant(part, idle)] + parts[-1:]
        result = left[0]
        for part in left[1:]:
            result = Binary(result, operator, part)
        return result

    def _compared(self, left: ast.expr, ops: list[ast.cmpop], rights: list[ast.expr]) -> Expression:
        pairs = zip([left, *rights], ops, rights, strict=False)
        parts = [
            Binary(self._translate(one), _BINARY[type(op)], self._translate(other))
            for one, op, other in pairs
        ]
        result = parts[0]
        for part in parts[1:]:
            result = Binary(result, "and", part)
        return result


def _is_constant(part: Expression, value: bool) -> bool:
    return isinstance(part, Literal) and bool(part.value) is value


def may_be_text(part: Expression) -> bool:
    """Whether an expression is worth a text such as `3x3`, be it for another copy or use."""
    match part:
        case Literal(value):
            return isinstance(value, str)
        case Choice(one, _, other) | Binary(one, "and" | "or", other):
            return may_be_text(one) or may_be_text(other)
        case Subscript(Group(items), _):
            return any(map(may_be_text, items))
    return False
