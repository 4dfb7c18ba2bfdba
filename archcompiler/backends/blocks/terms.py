"""The rows of one use of a block, with numbers that know the author's expression.

    - {layer: conv, type: convolution, maps: "${maps}", kernel: 3, padding: "${kernel // 2}"}

Where a use gives `maps: 64, kernel: 3`, this row is a convolution whose `maps` are 64 and whose
code says `maps`, and whose padding is 1 and whose code says `kernel // 2`. Shapes follow: the next
row reads 64 maps, for which code says `maps`. Heights and widths have no such expression, nor has
what is computed from them: they belong to one use.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from archcompiler.backends.blocks.derived import derived_code
from archcompiler.backends.blocks.translation import Known, Scope, constant, may_be_text
from archcompiler.backends.code import (
    Expression,
    Literal,
    Name,
    Symbolic,
    bare,
    code_of,
    difference,
    holds,
    symbolic,
    whole,
)
from archcompiler.backends.code.symbolic import is_long
from archcompiler.graph import Body, Item, Layer, Passed, Repeat, Use
from archcompiler.graph.row_expressions import ExpressionError, computed_fields, states, value_of
from archcompiler.graph.shape_names import of_inputs, of_reads
from archcompiler.operations import Inputs, Shape
from archcompiler.operations.lengths import Padding
from archcompiler.operations.shape import PLACES

Terms = Mapping[str, Expression]  # what code has for a parameter, `index`, or `reads.maps`
NOTHING = Scope({}, {}, {})  # of rows that compute nothing from what differs


class Row(NamedTuple):
    """A row whose numbers are written in the terms of its block.

    `when` decides whether the row is there; `arguments` are those that a use of a block states;
    `copies` are those of a repeated row, `times` of them.
    """

    item: Item
    shapes: Inputs
    shape: Shape
    when: Expression | None = None
    arguments: Terms = {}
    copies: tuple[Row, ...] = ()
    times: Expression = Literal(1)


def rows_in_terms(body: Body, names: Terms, given: Terms, shapes: Inputs) -> list[Row]:
    """Return the rows of `body` where code has `names` for its parameters.

    `given` says what code has for `input.maps`, and all else that may be asked of what the block
    is given; `shapes` are the shapes of that, as `given_shape` returns them.
    """
    return list(_Writer(body, names, given, shapes, {}).terms().values())


def given_shape(name: str, shape: Shape, terms: Terms) -> Shape:
    """Return the shape of what a block reads as `name`, with what code has for its numbers."""
    places = tuple(
        None if length is None else symbolic(length, terms[f"{name}.{word}"], is_size=True)
        for word, length in zip(PLACES.get(shape.rank, ()), shape.places, strict=True)
    )
    word = "features" if shape.is_vector else "maps"
    return _with_channels(shape._replace(places=places), terms[f"{name}.{word}"])


def _own_places(shape: Shape) -> Shape:
    """Return a shape whose height and width code knows nothing of."""
    return shape._replace(places=_own(shape.places))


def _with_channels(shape: Shape, code: Expression | None) -> Shape:
    """Return a shape for whose maps, or features, code has `code`."""
    return shape._replace(channels=symbolic(shape.channels, code))


def _own(value: Any) -> Any:
    """Return `value` so that its numbers belong to this use: code has no expression for them."""
    return _attached(value, None)


def _attached(value: Any, code: Expression | None) -> Any:
    """Return `value` with `code` on its numbers; where they differ, `code` is none of them."""
    if isinstance(value, bool | int | float | Symbolic):
        return symbolic(value, code)
    if isinstance(value, Padding):
        mode = value.mode if code is None else "explicit"
        return Padding(mode, _attached(value.cells, code if value.is_even else None))
    if type(value) is tuple:
        same = value == value[:1] * len(value)
        return tuple(_attached(item, code if same else None) for item in value)
    return value


class _Writer:
    def __init__(
        self,
        body: Body,
        names: Known,
        given: Known,
        shapes: Inputs,
        known: dict[Hashable, Shape],
    ) -> None:
        self.known = known  # what uses of blocks give: within each other they are very many
        self.body = body
        self.names = {**names, **given}
        self.given = given
        self.shapes = dict(zip(body.inputs, shapes, strict=True))
        # code has no names for the network itself, whose rows are there once
        self.is_network = not names and not given

    def terms(self) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for item in self.body.items:
            term = found[item.name] = self._term(item)
            self.shapes[item.name] = term.shape
        return found

    def shape_at(self, path: str) -> Shape:
        """Return the shape of an output; what lies inside of blocks has numbers of this use."""
        if path in self.shapes:
            return self.shapes[path]
        shape = self.body.shape_at(path)
        assert shape is not None
        return shape if self.is_network else _with_channels(_own_places(shape), None)

    def _term(self, item: Item) -> Row:
        shapes = tuple(self.shape_at(path) for path in item.inputs)
        first = item.inputs[0] if item.inputs else ""
        _, dot, copy = item.name.rpartition(".")
        index = Literal(int(copy)) if dot else None  # a copy that stands on its own
        scope = self._scope(item.node, first, shapes, index)
        when = scope.code("when")
        match item:
            case Passed():
                shape = self._passed(item, scope, shapes) if when else shapes[0]
                return Row(item, shapes, shape, when)
            case Repeat():
                return self._repeat(item, first, shapes, when)
        return self._one(item, shapes, scope, when)

    def _passed(self, item: Passed, scope: Scope, shapes: Inputs) -> Shape:
        """Return what a row passes on that this use leaves out.

        If it would give as many maps as it reads, code has the same for them with and without it.
        """
        shape, field = shapes[0], "size" if shapes[0].is_vector else "maps"
        code = scope.code(field)
        if code is None or self._number(item, field, shapes) != shape.channels:
            return shape
        return _with_channels(shape, code)

    def _repeat(self, item: Repeat, first: str, shapes: Inputs, when: Expression | None) -> Row:
        copies: list[Row] = []
        read: list[Shape] = []
        inputs = tuple(map(_own_places, shapes)) if self.is_network else shapes
        for number, copy in enumerate(item.copies):
            read.append(inputs[0])
            path = first if number == 0 else ""
            copies.append(self._copy(copy, inputs, path, Name("index")))
            inputs = (self._copy(copy, inputs, path, Literal(number)).shape, *inputs[1:])
        count = self._scope(item.node, first, shapes).code("repeat")
        shape = item.shape if self.is_network else inputs[0]
        if count is not None:
            code = self._channels(item, read, inputs[1:], count)
            shape = shape if shape.places == shapes[0].places else _own_places(shape)
            shape = _with_channels(shape, code)
        times = count or Literal(len(copies))
        return Row(item, shapes, shape, when, {}, tuple(copies), times)

    def _copy(self, copy: Layer | Use, shapes: Inputs, first: str, index: Expression) -> Row:
        return self._one(copy, shapes, self._scope(copy.node, first, shapes, index))

    def _channels(
        self, item: Repeat, read: list[Shape], others: Inputs, count: Expression
    ) -> Expression | None:
        """Return how many maps there are after `count` copies, if code can say so.

        They all give the same, or each adds the same to what it reads: `in_maps + n * growth`.
        """
        reads, found = Name("reads.maps"), set()
        for copy, shape in zip(item.copies, read, strict=True):
            first = _with_channels(shape, reads)
            term = self._copy(copy, (first, *others), "", Name("index"))
            found.add(code_of(term.shape.channels))
        start, code = code_of(read[0].channels), found.pop()
        if found or start is None or code is None or holds(code, Name("index")):
            return None
        if not holds(code, reads):
            return code
        added = difference(code, reads)
        return None if holds(added, reads) else whole(start, "+", whole(count, "*", added))

    def _scope(
        self, node: Any, first: str, shapes: Inputs, index: Expression | None = None
    ) -> Scope:
        """Return what the expressions of a row may name.

        Of what the block is given, which may be the `first` thing that the row reads, code has more
        than a shape says.
        """
        counted = index is not None and not isinstance(index, Literal)
        fields = computed_fields(node)
        if not fields or (self.is_network and not counted):
            return NOTHING
        names = {**self.names} if index is None else {**self.names, "index": index}
        asks = any("." in name for field in fields.values() for name in field.names)
        for word, value in of_reads(shapes).items() if asks else ():
            same = f"{first}.{word.partition('.')[2]}"
            names[word] = self.given[same] if same in self.given else code_of(value)
        return Scope(fields, names, self.body.parameters)

    def _one(
        self, item: Layer | Use, shapes: Inputs, scope: Scope, when: Expression | None = None
    ) -> Row:
        if isinstance(item, Layer):
            changes = self._fields(item, shapes, scope) if scope.fields else {}
            operation = item.operation.replaced(**changes) if changes else item.operation
            shape = operation.shape(shapes)
            layer = item._replace(operation=operation, input_shapes=shapes, shape=shape)
            return Row(layer, shapes, shape, when)
        arguments = {name: constant(value) for name, value in item.arguments.items()}
        known: dict[str, Expression | None] = {**arguments}
        for name in arguments:
            computes = name in item.block.derived and not states(item.node, name)
            if name in scope:
                code = known[name] = scope.code(name)
                arguments[name] = code or arguments[name]
            elif computes and not self.is_network:
                code = known[name] = self._derived(item, name, known, shapes)
                arguments[name] = code or arguments[name]
        stated = {
            name: code
            for name, code in arguments.items()
            if states(item.node, name) or name in item.block.derived
        }
        return Row(item, shapes, self._shape_of(item, known, shapes), when, stated)

    @staticmethod
    def _derived(use: Use, name: str, known: Known, shapes: Inputs) -> Expression | None:
        """Return what code has for a parameter that a use computes; None if it is of this use."""
        asked = of_inputs(use.body.inputs, shapes)
        names = {**known, **{word: code_of(value) for word, value in asked.items()}}
        return derived_code(use.block, name, use.arguments[name], names, use.body.parameters)

    def _fields(self, layer: Layer, shapes: Inputs, scope: Scope) -> dict[str, Any]:
        """Return the fields that are computed from numbers of the block, with their expressions."""
        changes = {}
        for field in scope.fields.keys() & vars(layer.operation).keys():
            code = scope.code(field)
            if code and (may_be_text(code) or not self._is_number(layer, field, shapes)):
                code = None
            changes[field] = _attached(getattr(layer.operation, field), code)
        return changes

    def _shape_of(self, use: Use, arguments: Known, shapes: Inputs) -> Shape:
        """Return the shape that a block gives, in the terms of the rows that use it."""
        names = {name: None if is_long(code) else code for name, code in arguments.items()}
        asked = of_inputs(use.body.inputs, shapes)
        given = {word: code_of(value) for word, value in asked.items()}
        key = (id(use.body), tuple(names.items()), tuple(given.items()), shapes)
        if key not in self.known:
            writer = _Writer(use.body, names, given, shapes, self.known)
            writer.terms()
            self.known[key] = writer.shape_at(use.body.outputs[0])
        return self.known[key]

    def _is_number(self, layer: Layer, field: str, shapes: Inputs) -> bool:
        """Whether the expression is worth a number, and not a text such as `3x3`."""
        return self._number(layer, field, shapes) is not None

    def _number(self, item: Layer | Passed, field: str, shapes: Inputs) -> float | None:
        """Return the number that the expression in a field is worth; None if it is another text."""
        tree = computed_fields(item.node)[field].whole
        number = item.name.rpartition(".")[2]
        known = {"index": int(number)} if number.isdecimal() else {}
        given = of_inputs(self.body.inputs, self.body.input_shapes)
        reads = {word: bare(value) for word, value in of_reads(shapes).items()}
        values = {**self.body.parameters, **given, **reads, **known}
        try:
            value = None if tree is None else value_of(tree, values)
        except ExpressionError:  # of a row that is left out where it could not be computed
            return None
        return value if isinstance(value, bool | int | float) else None
