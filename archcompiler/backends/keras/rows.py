"""The rows of a network or a block in Keras: statements of a function."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from archcompiler.backends.blocks import Blocks, Rows, Writer, assigned
from archcompiler.backends.blocks.conditions import under_conditions
from archcompiler.backends.blocks.copies import Copies, Loop
from archcompiler.backends.blocks.inner_outputs import inner_paths
from archcompiler.backends.blocks.loops import expanded
from archcompiler.backends.blocks.row_code import RowCode, marked
from archcompiler.backends.blocks.terms import Row, Terms
from archcompiler.backends.code import (
    Assign,
    Attribute,
    Call,
    Choice,
    Expression,
    If,
    Literal,
    Name,
    Statement,
    Subscript,
    Unpack,
    call,
)
from archcompiler.backends.code.names import Namespace
from archcompiler.backends.keras.activations import activation_call
from archcompiler.backends.keras.names import Names
from archcompiler.backends.keras.step import CHAIN, Step
from archcompiler.backends.rule import rule_of
from archcompiler.graph import Block, Graph, Layer, Passed, Repeat, Use
from archcompiler.operations import Shape
from archcompiler.operations.shape import PLACES


class RowWriter(Writer):
    """Writes rows as statements of the function that builds them."""

    def __init__(self, graph: Graph, reserved: tuple[str, ...]) -> None:
        self.graph = graph
        self.reserved = reserved
        self.functions = Namespace((*reserved, self.chain))
        self.blocks = Blocks(graph, self)
        self._names: dict[int, tuple[Rows, Names]] = {}

    def given(self, name: str, variable: str, shape: Shape) -> Terms:
        """Return code for the shape of what a block reads: Keras' tensors know it."""
        known = Attribute(Name(variable), "shape")
        places = {word: 1 + axis for axis, word in enumerate(PLACES.get(shape.rank, ()))}
        axes = {"maps": -1, "features": -1, **places}
        return {word: Subscript(known, Literal(axis)) for word, axis in axes.items()}

    def definition_name(self, block: Block) -> str:
        """Return the name of a function."""
        return self.functions.numbered(block.name.lower(), "_")

    def write(self, rows: Rows, row: Row) -> RowCode:
        """Return the code of one row."""
        item = row.item
        target = rows.variables.get(item.name, "")
        source = rows.variable(item.inputs[0]) if item.inputs else ""
        own = RowCode(item.name, when=row.when, target=target, source=source)
        names = self._names_of(rows)
        values = [Name(rows.variable(path)) for path in item.inputs]
        match item:
            case Passed():
                return own._replace(there=False)
            case Layer():
                run = self.layer(item, values, target, rows.prefix, names)
                return own._replace(run=tuple(run))
            case Use():
                return own._replace(run=(self._use(rows, row, values, names[item.name]),))
        return own._replace(run=tuple(self._repeat(rows, row, own)))

    def layer(
        self, layer: Layer, values: list[Name], target: str, prefix: str, names: Names
    ) -> list[Statement]:
        """Return the statements of one layer: its own, and a step before or after where needed."""
        if layer.operation.is_given:
            return [Assign(target, _input(layer, names[layer.name]))]
        step = Step(self.graph, layer, values, names, prefix + layer.name)
        value = rule_of(layer.operation, "keras").lower(layer.operation, step)
        activation = layer.activation
        if step.fused or activation is None:
            return [*step.statements, Assign(target, value, _size(layer))]
        own = Assign(CHAIN if target == "outputs" else target, value, _size(layer))
        after = activation_call(activation, Name(own.target), step.named(activation.name))
        if step.gives_logits:
            after = Choice(Name(own.target), Name("logits"), after)
        return [*step.statements, own, Assign(target, after)]

    def _names_of(self, rows: Rows) -> Names:
        if id(rows) not in self._names:
            inside = Name("name") if rows.prefix else None
            self._names[id(rows)] = rows, Names(rows.body.items, inside)
        return self._names[id(rows)][1]

    def _use(self, rows: Rows, row: Row, values: list[Name], name: Expression) -> Statement:
        use = row.item
        assert isinstance(use, Use)
        made = self.blocks.call(row, name=name)
        value = Call(made.function, (*values, *made.arguments), made.keywords)
        targets = [rows.variables[use.name], *(rows.variables[path] for path in inner_paths(use))]
        if len(targets) > 1:
            return Unpack(tuple(targets), value)
        return Assign(targets[0], value, _text(use.shape))

    def _repeat(self, rows: Rows, row: Row, own: RowCode) -> list[Any]:
        repeat = row.item
        assert isinstance(repeat, Repeat)
        turns: list[Any] = []
        names = self._names_of(rows).copies(repeat.name)
        alone = row.times == Literal(1)  # and no loop, of whose turns each may have its own size
        others = [Name(rows.variable(path)) for path in repeat.inputs[1:]]
        x = [Name(own.source if alone else own.target), *others]
        for copy in row.copies:
            if isinstance(copy.item, Use):
                made = self.blocks.call(copy, name=names[copy.item.name])
                value = Call(made.function, (*x, *made.arguments), made.keywords)
                size = _text(copy.item.shape) if alone else ""
                turns.append((Assign(own.target, value, size),))
            else:
                assert isinstance(copy.item, Layer)
                prefix = f"{rows.prefix}{repeat.name}."
                plain = [
                    item._replace(size="") if isinstance(item, Assign) and not alone else item
                    for item in self.layer(copy.item, x, own.target, prefix, names)
                ]
                turns.append(tuple(plain))
        start = [] if alone else assigned(own.target, own.source)
        return [*start, Loop(Copies(tuple(turns), row.times))]


def statements(
    rows: tuple[RowCode, ...], block: str, results: Collection[str] = ()
) -> list[Statement]:
    """Return the statements of all rows of `block`, which is empty for the network itself.

    Rows with a condition pass their inputs on without it; `results` are what the block gives.
    """
    found: list[Statement] = []
    for several in under_conditions(rows, results):
        first = several.rows[0]
        code = [statement for row in several.rows for statement in marked(row, block, _code(row))]
        if several.when is None:
            found += code
        else:
            passing = marked(first, block, several.passing)
            found += [*passing, *marked(first, block, [If(several.when, tuple(code))])]
    return found


def _code(row: RowCode) -> list[Statement]:
    return expanded(row.run) if row.there else assigned(row.target, row.source)


def _input(layer: Layer, name: Expression) -> Expression:
    whole = {} if layer.shape.values.real else {"dtype": "int32"}
    return call("keras.Input", (*layer.shape.places, layer.shape.channels), **whole, name=name)


def _size(layer: Layer) -> str:
    if not layer.shape.is_vector:
        return layer.shape.size
    unsaid = not layer.operation.is_dense
    return layer.shape.size if unsaid and layer.shape != layer.input_shapes[0] else ""


def _text(shape: Any) -> str:
    return str(shape.size)
