"""The rows of a network or a block in PyTorch: modules that are made, statements that run them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any

from archcompiler.backends.blocks import Blocks, Rows, Writer, assigned
from archcompiler.backends.blocks.copies import Copies, Loop
from archcompiler.backends.blocks.inner_outputs import inner_paths
from archcompiler.backends.blocks.row_code import RowCode
from archcompiler.backends.blocks.terms import Row, Terms
from archcompiler.backends.code import (
    Assign,
    Call,
    Comment,
    Do,
    Expression,
    Group,
    Literal,
    Name,
    Statement,
    Subscript,
    Unpack,
    call,
)
from archcompiler.backends.code.names import Namespace
from archcompiler.backends.layouts import Layout, Layouts
from archcompiler.backends.rule import rule_of
from archcompiler.backends.torch.activations import activated
from archcompiler.backends.torch.names import attributes
from archcompiler.backends.torch.step import Lowered, Step, channels_of, converted, wanted
from archcompiler.graph import Block, Graph, Layer, Passed, Repeat, Use
from archcompiler.operations import Shape
from archcompiler.operations.shape import PLACES, size_text

NOTHING = call("nn.Identity")  # what a list holds for a copy that needs no module


class RowWriter(Writer):
    """Writes rows as attributes of a module and as statements of its `forward`."""

    def __init__(self, graph: Graph, reserved: tuple[str, ...], classes: Namespace) -> None:
        self.graph = graph
        self.reserved = reserved
        self.classes = classes
        self.blocks = Blocks(graph, self)

    @cached_property
    def layouts(self) -> Layouts:
        """The layout of each value: what a model is given and gives has its channels first."""
        return Layouts(self.blocks.network, wanted, Layout.FIRST)

    def read(self, rows: Rows, row: Row, wants: Iterable[Layout]) -> list[Expression]:
        """Return the values that a row reads, in the layouts that it wants."""
        return [
            converted(
                Name(rows.variable(path)), shape.rank, self.layouts[rows.prefix + path], layout
            )
            for path, shape, layout in zip(row.item.inputs, row.shapes, wants, strict=False)
        ]

    def given(self, name: str, variable: str, shape: Shape) -> Terms:
        """Return the arguments that stand for the shape of what a block reads."""
        # "in" is what `input` is called: an input of that name, or `in_`, has one underscore more
        start = "in" if name == "input" else name + "_" * (name.rstrip("_") == "in")
        words = ("maps", "features", *PLACES.get(shape.rank, ()))
        return {word: Name(f"{start}_{word}") for word in words}

    def definition_name(self, block: Block) -> str:
        """Return the name of a class: `basic_block` becomes `BasicBlock`."""
        words = block.name.split("_")
        name = "".join(word[:1].upper() + word[1:] for word in words)
        return self.classes.numbered(name)

    def write(self, rows: Rows, row: Row) -> RowCode:
        """Return the code of one row."""
        item = row.item
        target = rows.variables.get(item.name, "")
        source = rows.variable(item.inputs[0]) if item.inputs else ""
        own = RowCode(item.name, when=row.when, target=target, source=source)
        match item:
            case Passed():
                return own._replace(there=False)
            case Layer() if item.operation.is_given:
                return own
            case Layer():
                return self._layer(rows, row, own)
            case Use():
                return self._use(rows, row, own)
        return self._repeat(rows, row, own)

    def _module(self, rows: Rows, name: str) -> tuple[str, Expression]:
        """Return the attribute that a row is kept as, and the code for it."""
        names = attributes(rows.body)
        first, dot, number = name.partition(".")
        attribute = f"self.{names[first]}"
        me = Name(attribute)
        return attribute, Subscript(me, Literal(int(number))) if dot else me

    def _layer(self, rows: Rows, row: Row, own: RowCode) -> RowCode:
        layer = row.item
        assert isinstance(layer, Layer)
        attribute, me = self._module(rows, layer.name)
        layout = self.layouts.read_by(layer, rows.prefix + layer.name)
        lowered = lower(layer, me, self.read(rows, row, repeat(layout)), layout)
        if lowered.module is None and self._is_counted(rows, layer.name):
            lowered = lowered._replace(module=NOTHING)
        made: list[Statement] = []
        if lowered.module is not None:
            name = attribute.removeprefix("self.")
            if name != layer.name.partition(".")[0]:
                made.append(
                    Comment(f"`{layer.name}` in the specification, a name that is taken here")
                )
            made += self._made(rows, layer.name, attribute, lowered.module)
        run = self._run(layer, lowered.value, own, rows.prefix)
        return own._replace(made=tuple(made), run=tuple(run))

    def _is_counted(self, rows: Rows, name: str) -> bool:
        """Whether the row is a copy beside others that are modules of a list, where it counts."""
        first, dot, _ = name.partition(".")
        others = (row.item for row in rows.each if row.item.name.startswith(f"{first}."))
        return bool(dot) and any(
            isinstance(other, Layer)
            and lower(other, NOTHING, [Name("x")] * len(other.inputs)).module
            for other in others
        )

    def _made(self, rows: Rows, name: str, attribute: str, module: Expression) -> list[Statement]:
        """Return the statement that keeps a module; a copy that is read by itself joins a list."""
        if "." not in name:
            return [Assign(attribute, module)]
        add = Call(Name(f"{attribute}.append"), (module,))
        first = name.endswith(".0")
        return [*([Assign(attribute, call("nn.ModuleList"))] if first else []), Do(add)]

    def _run(self, layer: Layer, value: Expression, own: RowCode, prefix: str) -> list[Statement]:
        """Return the statements of one layer; a flattening in the chain stands on its own line."""
        target, layout = own.target, self.layouts[prefix + layer.name]
        size = _size(layer, layout)
        before: list[Statement] = []
        match value:
            case Call(function, (Call(inner, (Name(text="x"), one)),)) if (
                isinstance(inner, Name) and inner.text == "torch.flatten" and target == "x"
            ):
                flat = layer.input_shapes[0].elements
                before = [Assign("x", Call(inner, (Name("x"), one)), str(flat))]
                value = Call(function, (Name("x"),))
        if self.graph.has_logits and prefix + layer.name == self.graph.outputs[0]:
            value = Name(own.source) if layer.operation.is_function else value
        else:
            value = self._activated(layer, Lowered(value), layout).value
        if isinstance(value, Name):  # nothing to do: a linear activation, a vector to flatten
            return assigned(target, value.text)
        return [*before, Assign(target, value, size)]

    def _use(self, rows: Rows, row: Row, own: RowCode) -> RowCode:
        use = row.item
        assert isinstance(use, Use)
        attribute, me = self._module(rows, use.name)
        full = rows.prefix + use.name
        values = self.read(rows, row, (self.layouts[f"{full}.{name}"] for name in use.body.inputs))
        made = self._made(rows, use.name, attribute, self.blocks.call(row))
        targets = [own.target, *(rows.variables[path] for path in inner_paths(use))]
        value = Call(me, tuple(values))
        if len(targets) > 1:
            return own._replace(made=tuple(made), run=(Unpack(tuple(targets), value),))
        size = _text(use.shape, self.layouts[full])
        return own._replace(made=tuple(made), run=(Assign(own.target, value, size),))

    def _repeat(self, rows: Rows, row: Row, own: RowCode) -> RowCode:
        item = row.item
        assert isinstance(item, Repeat)
        attribute, me = self._module(rows, item.name)
        full = rows.prefix + item.name
        layout = self.layouts[full]
        x, layer = Name(own.target), Name("layer")
        modules: list[Call | None] = []
        values: list[Expression] = []
        others = [
            (Name(rows.variable(path)), self.layouts[rows.prefix + path])
            for path in item.inputs[1:]
        ]
        for copy in row.copies:
            lowered = self._copy(copy, layer, [(x, layout), *others], full)
            modules.append(lowered.module)
            values.append(lowered.value)
        (source, *_) = self.read(rows, row, (layout,))
        kept = any(module is not None for module in modules)
        copies: Any = (Copies(tuple(module or NOTHING for module in modules), row.times),)
        if kept and all(value == Call(layer, (x,)) for value in values):
            chain = Call(Name("nn.Sequential"), copies)
            run: list[Any] = [Assign(own.target, Call(me, (source,)), _text(item.shape, layout))]
            return own._replace(made=(Assign(attribute, chain),), run=tuple(run))
        steps = tuple((Assign(own.target, value),) if value != x else () for value in values)
        run = _started(own.target, source)
        turns = Copies(steps, row.times)
        if not kept:
            run += [Loop(turns)] if any(steps) else []
            return own._replace(run=tuple(run))
        run.append(Loop(turns, "layer", me))
        modules_of_copies = Call(Name("nn.ModuleList"), (Group(copies, "[]"),))
        return own._replace(made=(Assign(attribute, modules_of_copies),), run=tuple(run))

    def _copy(
        self, copy: Row, layer: Name, reads: list[tuple[Name, Layout]], prefix: str
    ) -> Lowered:
        """Return one copy of a repeated row, which is kept as `layer`.

        It `reads` values of some layouts, the first of which is that of the copy before it.
        `prefix` is the full name of the repeated row, whose layout all copies read and give.
        """
        item, full = copy.item, f"{prefix}.{copy.item.name}"
        layout, gives = self.layouts[prefix], self.layouts[full]
        if isinstance(item, Use):
            wants = [self.layouts[f"{full}.{name}"] for name in item.body.inputs]
            given = _converted(copy, reads, wants)
            lowered = Lowered(Call(layer, tuple(given)), self.blocks.call(copy))
        else:
            assert isinstance(item, Layer)
            wanted = self.layouts.read_by(item, full)
            given = _converted(copy, reads, repeat(wanted))
            lowered = self._activated(item, lower(item, layer, given, wanted), gives)
        value = converted(lowered.value, copy.shape.rank, gives, layout)
        return lowered._replace(value=value)

    @staticmethod
    def _activated(layer: Layer, lowered: Lowered, layout: Layout) -> Lowered:
        channels = channels_of(layer.shape, layout)
        value = activated(layer.activation, lowered.value, layer.operation, channels=channels)
        return lowered._replace(value=value)


def _converted(
    copy: Row, reads: list[tuple[Name, Layout]], wants: Iterable[Layout]
) -> list[Expression]:
    """Return what a copy reads, in the layouts that it wants."""
    return [
        converted(value, shape.rank, has, layout)
        for (value, has), shape, layout in zip(reads, copy.shapes, wants, strict=False)
    ]


def lower(
    layer: Layer,
    me: Expression,
    values: Sequence[Expression],
    layout: Layout = Layout.FIRST,
) -> Lowered:
    """Return the module and the value of a layer that is kept as `me` and reads `values`."""
    step = Step(layer, values, me, layout)
    lowered: Lowered = rule_of(layer.operation, "torch").lower(layer.operation, step)
    return lowered


def _started(target: str, source: Expression) -> list[Any]:
    """Return the statement that lets `target` begin as `source`, if it is not that."""
    return [] if source == Name(target) else [Assign(target, source)]


def _size(layer: Layer, layout: Layout) -> str:
    shape = layer.shape
    return "" if shape.is_vector and shape == layer.input_shapes[0] else _text(shape, layout)


def _text(shape: Shape, layout: Layout) -> str:
    """Return a shape in the order of its axes: `96x56x56`, or `56x56x96` with channels last."""
    channels, *places = shape.lengths
    lengths = (*places, channels) if layout is Layout.LAST else (channels, *places)
    return size_text(lengths)
