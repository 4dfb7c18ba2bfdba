"""The rows of a block in terms of its parameters: numbers that know the author's expression."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

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
    expression,
    written,
)
from archcompiler.graph import Body, Item, Layer, Passed, Repeat, Use
from archcompiler.graph.asked import of_inputs, of_reads
from archcompiler.graph.authored import expression_in, states, value_of
from archcompiler.operations import Inputs, Shape
from archcompiler.operations.lengths import Padding

Terms = Mapping[str, Expression]  # what code has for a parameter, `index`, or `reads.maps`

_BINARY: Mapping[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=", ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "-", ast.UAdd: "+",
}  # fmt: skip


class Term(NamedTuple):
    """A row whose numbers are written in the terms of its block.

    `when` decides whether the row is there; `arguments` are those that a use of a block states;
    `copies` are those of a repeated row, `times` of them.
    """

    item: Item
    shapes: Inputs
    shape: Shape
    when: Expression | None = None
    arguments: Terms = {}
    copies: tuple[Term, ...] = ()
    times: Expression = Literal(1)


def terms_of(body: Body, names: Terms, given: Terms, shapes: Inputs) -> list[Term]:
    """Return the rows of `body` where code has `names` for its parameters.

    `given` says what code has for `input.maps`, and all else that may be asked of what the block
    is given; `shapes` are the shapes of that, written.
    """
    return list(_Writer(body, names, given, shapes, {}).terms().values())


class _Writer:
    def __init__(
        self,
        body: Body,
        names: Terms,
        given: Terms,
        shapes: Inputs,
        known: dict[Hashable, Shape],
    ) -> None:
        self.known = known  # what uses of blocks give: within each other they are very many
        self.body = body
        self.names = {**names, **given}
        self.given = given
        self.shapes = dict(zip(body.inputs, shapes, strict=True))

    def terms(self) -> dict[str, Term]:
        found: dict[str, Term] = {}
        for item in self.body.items:
            term = found[item.name] = self._term(item)
            self.shapes[item.name] = term.shape
        return found

    def shape_at(self, path: str) -> Shape:
        """Return the written shape of an output; what lies inside of blocks has plain numbers."""
        shape = self.shapes.get(path) or self.body.shape_at(path)
        assert shape is not None
        return shape

    def _term(self, item: Item) -> Term:
        shapes = tuple(self.shape_at(path) for path in item.inputs)
        first = item.inputs[0] if item.inputs else ""
        names = self._names(first, shapes)
        when = self._field(item.node, "when", names)
        match item:
            case Passed():
                return Term(item, shapes, shapes[0], when)
            case Repeat():
                copies: list[Term] = []
                inputs = shapes
                for number, copy in enumerate(item.copies):
                    names = self._names(first if number == 0 else "", inputs)
                    term = self._one(copy, inputs, {**names, "index": Name("index")})
                    plain = self._one(copy, inputs, {**names, "index": Literal(number)})
                    copies.append(term)
                    inputs = (plain.shape,)
                names = self._names(first, shapes)
                count = self._field(item.node, "repeat", names) or Literal(len(copies))
                return Term(item, shapes, inputs[0], when, {}, tuple(copies), count)
        _, dot, copy_number = item.name.rpartition(".")
        if dot:  # a copy that stands on its own
            names = {**names, "index": Literal(int(copy_number))}
        return self._one(item, shapes, names, when)

    def _names(self, first: str, shapes: Inputs) -> Terms:
        """Return what code has for all that an expression of a row may name.

        Of what the block is given, which may be the `first` thing that the row reads, it has more
        than a written shape says.
        """
        known = {}
        for word, value in of_reads(shapes).items():
            same = f"{first}.{word.partition('.')[2]}"
            known[word] = self.given[same] if same in self.given else expression(value)
        return {**self.names, **known}

    def _one(
        self, item: Layer | Use, shapes: Inputs, names: Terms, when: Expression | None = None
    ) -> Term:
        if isinstance(item, Layer):
            changes = {}
            for field, value in vars(item.operation).items():
                text = self._field(item.node, field, names)
                if text and not _may_be_text(text) and self._is_number(item, field, shapes):
                    changes[field] = _attached(value, text)
            operation = item.operation.replaced(**changes)
            shape = operation.shape(shapes)
            layer = item._replace(operation=operation, input_shapes=shapes, shape=shape)
            return Term(layer, shapes, shape, when)
        arguments: dict[str, Expression] = {}
        for name, value in item.arguments.items():
            if states(item.node, name):
                arguments[name] = self._field(item.node, name, names) or constant(value)
        return Term(item, shapes, self._shape_of(item, arguments, shapes), when, arguments)

    def _shape_of(self, use: Use, arguments: Terms, shapes: Inputs) -> Shape:
        """Return the shape that a block gives, in the terms of the rows that use it."""
        names = {name: constant(value) for name, value in use.arguments.items()} | dict(arguments)
        asked = of_inputs(use.body.inputs, shapes)
        given = {word: expression(value) for word, value in asked.items()}
        key = (id(use.body), tuple(names.items()), tuple(given.items()), shapes)
        if key not in self.known:
            writer = _Writer(use.body, names, given, shapes, self.known)
            writer.terms()
            self.known[key] = writer.shape_at(use.body.outputs[0])
        return self.known[key]

    def _field(self, node: Any, field: str, names: Terms) -> Expression | None:
        """Return the author's expression in the code's terms; None if it is a constant."""
        if all(isinstance(text, Literal) for text in names.values()):
            return None
        tree = expression_in(node, field)
        if tree is None:
            return None
        text = _Translator(names, self.body.parameters).translate(tree)
        return None if isinstance(text, Literal | Group) else text

    def _is_number(self, layer: Layer, field: str, shapes: Inputs) -> bool:
        """Whether the expression is worth a number, and not a text such as `3x3`."""
        tree = expression_in(layer.node, field)
        number = layer.name.rpartition(".")[2]
        known = {"index": int(number)} if number.isdecimal() else {}
        given = of_inputs(self.body.inputs, self.body.input_shapes)
        values = {**self.body.parameters, **given, **of_reads(shapes), **known}
        return tree is not None and isinstance(value_of(tree, values), bool | int | float)


def constant(value: Any) -> Expression:
    """Return a parameter's value as code."""
    if isinstance(value, list):
        return Group(tuple(map(constant, value)), "[]")
    return Literal(value)


def _attached(value: Any, text: Expression) -> Any:
    """Return `value` with `text` on its numbers; as it is where `text` is not the number itself."""
    if isinstance(value, bool | int | float):
        return written(value, text)
    if isinstance(value, Padding):
        return Padding("explicit", _attached(value.cells, text)) if value.is_even else value
    if isinstance(value, tuple) and value and value == (value[0],) * len(value):
        return tuple(_attached(item, text) for item in value)
    return value


def _may_be_text(part: Expression) -> bool:
    """Whether an expression is worth a text such as `3x3`, be it for another copy or use."""
    match part:
        case Literal(value):
            return isinstance(value, str)
        case Choice(one, _, other) | Binary(one, "and" | "or", other):
            return _may_be_text(one) or _may_be_text(other)
        case Subscript(Group(items), _):
            return any(map(_may_be_text, items))
    return False


class _Translator:
    """An author's expression to code; what holds no name of the code is computed now."""

    def __init__(self, names: Terms, values: Mapping[str, Any]) -> None:
        constants = {name: text.value for name, text in names.items() if isinstance(text, Literal)}
        self.names = {name: text for name, text in names.items() if name not in constants}
        self.values = {**values, **constants}

    def translate(self, tree: ast.expr) -> Expression:
        if not any(_name_of(node) in self.names for node in ast.walk(tree)):
            return constant(value_of(tree, self.values))
        name = _name_of(tree)
        if name is not None:
            return self.names[name]
        match tree:
            case ast.UnaryOp(op=op, operand=operand):
                return Unary(_BINARY[type(op)], self.translate(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return _binary(self.translate(left), _BINARY[type(op)], self.translate(right))
            case ast.BoolOp(op=op, values=[first, *others]):
                return self._joined(_BINARY[type(op)], first, others)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                return self._compared(left, ops, rights)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                decided = self.translate(test)
                if isinstance(decided, Literal):
                    return self.translate(body if decided.value else orelse)
                return Choice(self.translate(body), decided, self.translate(orelse))
            case ast.Subscript(value=value, slice=index):
                return Subscript(self.translate(value), self.translate(index))
            case ast.List(elts=items):
                return Group(tuple(map(self.translate, items)), "[]")
            case ast.Call(func=ast.Name(id=function), args=arguments):
                own = function not in ("ceil", "floor")
                callee = Name(function) if own else Attribute(Name("math"), function)
                return Call(callee, tuple(map(self.translate, arguments)))
        raise AssertionError(f"not an expression: {ast.dump(tree)}")

    def _joined(self, operator: str, first: ast.expr, others: list[ast.expr]) -> Expression:
        """Return a chain of `and` or `or` without the parts that decide nothing."""
        parts = [self.translate(part) for part in (first, *others)]
        idle = operator == "and"
        left = [part for part in parts[:-1] if not _is_constant(part, idle)] + parts[-1:]
        result = left[0]
        for part in left[1:]:
            result = Binary(result, operator, part)
        return result

    def _compared(self, left: ast.expr, ops: list[ast.cmpop], rights: list[ast.expr]) -> Expression:
        pairs = zip([left, *rights], ops, rights, strict=False)
        parts = [
            Binary(self.translate(one), _BINARY[type(op)], self.translate(other))
            for one, op, other in pairs
        ]
        result = parts[0]
        for part in parts[1:]:
            result = Binary(result, "and", part)
        return result


def _binary(left: Expression, operator: str, right: Expression) -> Expression:
    """Return an operation, or its operand where the other one changes nothing."""
    if (operator, right) in (("*", Literal(1)), ("+", Literal(0)), ("-", Literal(0))):
        return left
    if (operator, left) in (("*", Literal(1)), ("+", Literal(0))):
        return right
    return Binary(left, operator, right)


def _is_constant(part: Expression, value: bool) -> bool:
    return isinstance(part, Literal) and bool(part.value) is value


def _name_of(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
    return None


def given_shape(name: str, shape: Shape, terms: Terms) -> Shape:
    """Return the shape of what a block reads as `name`, its maps, or its features, written."""
    word = "features" if shape.is_vector else "maps"
    return shape._replace(channels=written(shape.channels, terms[f"{name}.{word}"]))
