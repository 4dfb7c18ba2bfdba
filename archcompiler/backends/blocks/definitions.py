"""Blocks as the code's own definitions: which there are, their arguments, and what they hold.

    self.conv = nn.Conv2d(3, 64, kernel_size=kernel)        in one use
    self.conv = nn.Conv2d(64, 64, kernel_size=kernel)       in another

become a class with `in_maps: int, kernel: int = 3`, which says `nn.Conv2d(in_maps, 64, ...)`.
Every use of a block is lowered by itself, in the block's terms. What comes out is the same but for
a few values, and becomes one definition; a use that differs in more has a definition of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from archcompiler.backends.blocks.anti_unification import Gap
from archcompiler.backends.blocks.arguments import (
    Argument,
    default_of,
    type_of,
    type_of_expressions,
)
from archcompiler.backends.blocks.derived import codes_of_derived
from archcompiler.backends.blocks.inner_outputs import inner_paths, uses_in, with_inner_outputs
from archcompiler.backends.blocks.loops import expanded
from archcompiler.backends.blocks.row_code import RowCode, SharedCode, grouped, with_hints
from archcompiler.backends.blocks.terms import Row, Terms, given_shape, rows_in_terms
from archcompiler.backends.blocks.translation import constant
from archcompiler.backends.blocks.writer import Rows, Writer, real
from archcompiler.backends.code import Call, Expression, Name, expression, holds, replaced, roots
from archcompiler.backends.code.names import Namespace, Values, variables
from archcompiler.graph import Block, Body, Graph, Layer, Passed, Repeat, Use
from archcompiler.graph.shape_names import of_inputs
from archcompiler.operations import Inputs, Shape
from archcompiler.operations.shape import MOST_PLACES

MOST_POSITIONAL = 3  # required arguments that are told apart without their names


class UsesCode(NamedTuple):
    """The code of all uses of a block, and what its names stand for."""

    codes: dict[tuple[RowCode, ...], list[Body]]
    names: Mapping[str, Name]  # of its parameters
    given: tuple[tuple[str, Expression], ...]  # `input.maps` and its like, in all uses
    computed: Mapping[int, Mapping[str, Expression]]  # for each body, of derived parameters
    namespace: Namespace
    rows: Rows

    def asked(self, variable: str) -> list[str]:
        """Return the inputs in `variable` whose shape the code asks it for."""
        held = [name for name in self.rows.body.inputs if self.rows.variables[name] == variable]
        texts = [text for _, text in self.given if variable in roots(text)]
        return held if any(holds(tuple(self.codes), text) for text in texts) else []


class Definition(NamedTuple):
    """A class or a function: the code of one block.

    `computed` are names and code of the derived parameters that are no arguments.
    """

    block: Block
    name: str
    arguments: tuple[Argument, ...]
    computed: tuple[tuple[str, Expression], ...]
    rows: tuple[RowCode, ...]
    inputs: tuple[str, ...]
    results: tuple[str, ...]
    body: Body  # one of those that it is the code of
    bodies: Mapping[int, Mapping[str, Expression]]  # for each body, arguments of its own


class Blocks:
    """The definitions of a network's blocks, inner ones first."""

    def __init__(self, graph: Graph, writer: Writer) -> None:
        self.writer = writer
        self.definitions: list[Definition] = []
        self._of: dict[int, Definition] = {}
        self.network = with_inner_outputs(graph.body)
        self._uses: dict[_Key, dict[int, tuple[Body, str]]] = {}
        self._collect(self.network, "")

    def define(self) -> None:
        """Make all definitions; the writer asks for those inside of others while that goes on."""
        for key in self._uses:
            self._define_all(key)

    @property
    def reserved(self) -> tuple[str, ...]:
        """The names that no variable and no argument may have, those of definitions among them."""
        return (*self.writer.reserved, *(definition.name for definition in self.definitions))

    def _collect(self, body: Body, prefix: str) -> None:
        for name, use in uses_in(body):
            bodies = self._uses.setdefault(_key(use), {})
            if id(use.body) not in bodies:
                bodies[id(use.body)] = (use.body, f"{prefix}{name}.")
                self._collect(use.body, f"{prefix}{name}.")

    def _define_all(self, key: _Key) -> None:
        """Make the definitions of a block, after those that its rows use."""
        bodies = list(self._uses[key].values())
        if id(bodies[0][0]) in self._of:
            return
        for body, _ in bodies:
            for _, use in uses_in(body):
                self._define_all(_key(use))
        # copies of which one is read by itself are rows of their own: uses may have more or fewer
        alike: dict[tuple[str, ...], list[tuple[Body, str]]] = {}
        for body, prefix in bodies:
            names = tuple(item.name for item in body.items)
            alike.setdefault(names, []).append((body, prefix))
        for uses in alike.values():
            self._define(key[0], uses)

    def network_rows(self) -> Rows:
        """Return the rows of the network itself, whose parameters are constants."""
        terms = rows_in_terms(self.network, {}, {}, ())
        passing = {
            item.name: item.inputs[0] for item in self.network.items if isinstance(item, Passed)
        }
        return self.rows(self.network, terms, "", passing)

    def call(self, row: Row, **more: Expression) -> Call:
        """Return the call that makes a block, or runs it."""
        use = row.item
        assert isinstance(use, Use)
        definition = self._of[id(use.body)]
        own = definition.bodies[id(use.body)]
        positional: list[Expression] = []
        keywords: dict[str, Expression] = {}
        given = of_inputs(use.body.inputs, row.shapes)
        required = [argument for argument in definition.arguments if argument.is_required]
        few = len(required) <= MOST_POSITIONAL
        for argument in definition.arguments:
            if argument.given is not None:
                # where a use has nothing to give, it has no row either that would ask for it
                positional.append(expression(given.get(argument.given, 0)))
                continue
            if argument.parameter is None:
                value = own[argument.name]
            elif argument.parameter in row.arguments:
                value = row.arguments[argument.parameter]
            else:
                value = constant(use.arguments[argument.parameter])
            if argument.is_required and few:
                positional.append(value)
            elif value != argument.default:
                keywords[argument.name] = value
        return Call(Name(definition.name), tuple(positional), (*keywords.items(), *more.items()))

    def rows(
        self,
        body: Body,
        terms: list[Row],
        prefix: str,
        passing: Mapping[str, str],
        conditional: Collection[str] = (),
        kept: Collection[str] = (),
    ) -> Rows:
        """Return the rows of `body` with the variables that hold their values.

        Rows of `passing` are never there, those of `conditional` in some uses of the block only.
        What is `kept` has a variable of its own.
        """
        values: Values = [(name, ()) for name in body.inputs]
        for item in body.items:
            if item.name not in passing:
                values.append((item.name, tuple(real(path, passing) for path in item.inputs)))
                values += [(path, ()) for path in inner_paths(item)]
        outputs = tuple(real(path, passing) for path in body.outputs)
        own = [
            item.name for item in body.items if isinstance(item, Layer) and item.operation.is_given
        ]
        several = own if len(own) > 1 else body.inputs if len(body.inputs) > 1 else ()
        joins = [  # such a row may have to pass its first input on while the others are alive
            item.name for item in body.items if item.name in conditional and len(item.inputs) > 1
        ]
        joins += [  # what all copies read is not the variable that they pass on
            real(path, passing)
            for item in body.items
            if isinstance(item, Repeat)
            for path in item.inputs[1:]
        ]
        given = (  # whatever it is given: other uses of the block have the same variables
            self.writer.given(name, self.writer.chain, Shape(1, (1,) * rank))
            for name in body.inputs
            for rank in range(MOST_PLACES + 1)
        )
        taken = (*self.reserved, *roots([tuple(terms.values()) for terms in given]))
        names = variables(values, outputs, self.writer.chain, taken, (*several, *joins, *kept))
        if len(body.inputs) == 1 and names[body.inputs[0]] != self.writer.chain:
            names[body.inputs[0]] = "inputs"
        return Rows(body, terms, names, prefix, passing)

    def given(self, rows: Rows, shapes: Inputs) -> Terms:
        """Return what code has for the shapes of what a block is given, those of one use."""
        found: dict[str, Expression] = {}
        for name, shape in zip(rows.body.inputs, shapes, strict=True):
            words = self.writer.given(name, rows.variables[name], shape)
            found |= {f"{name}.{word}": text for word, text in words.items()}
        return found

    def _define(self, block: Block, uses: list[tuple[Body, str]]) -> None:
        uses_code = self._code_of_uses(block, uses, ())
        asked = uses_code.asked(self.writer.chain)
        if asked:  # that variable will soon hold another shape
            uses_code = self._code_of_uses(block, uses, asked)
        for shared in grouped(list(uses_code.codes)):
            definition = self._definition(block, shared, uses_code)
            self.definitions.append(definition)
            self._of |= dict.fromkeys(definition.bodies, definition)

    def _code_of_uses(
        self, block: Block, uses: list[tuple[Body, str]], kept: Collection[str]
    ) -> UsesCode:
        """Return the code of all uses of a block; what is `kept` has a variable of its own."""
        bodies = [body for body, _ in uses]
        items = [item for body in bodies for item in body.items]
        present = {item.name for item in items if not isinstance(item, Passed)}
        conditional = {item.name for item in items if isinstance(item, Passed)}
        first = bodies[0]
        passing = {item.name: item.inputs[0] for item in first.items if item.name not in present}
        rows = self.rows(first, [], "", passing, conditional, kept)
        each = [self.given(rows, body.input_shapes) for body in bodies]
        given = tuple(dict.fromkeys(pair for terms in each for pair in terms.items()))
        taken = (*rows.variables.values(), *roots(given), self.writer.chain)
        namespace = Namespace((*self.reserved, *taken))
        names = {name: Name(namespace.free(name)) for name in block.parameters}
        codes: dict[tuple[RowCode, ...], list[Body]] = {}
        computed = codes_of_derived(block, list(zip(bodies, each, strict=True)), names)
        for (body, prefix), known, derived in zip(uses, each, computed, strict=True):
            shapes = tuple(
                given_shape(name, shape, known)
                for name, shape in zip(body.inputs, body.input_shapes, strict=True)
            )
            terms = rows_in_terms(body, {**names, **derived}, known, shapes)
            rows = self.rows(body, terms, prefix, passing, conditional, kept)
            codes.setdefault(self.writer.write_all(rows), []).append(body)
        own = {id(body): derived for body, derived in zip(bodies, computed, strict=True)}
        return UsesCode(codes, names, given, own, namespace, rows)

    def _definition(
        self,
        block: Block,
        shared: SharedCode,
        uses_code: UsesCode,
    ) -> Definition:
        bodies = [uses_code.codes[code] for code in shared.members]
        names, namespace, rows = uses_code.names, uses_code.namespace, uses_code.rows
        gaps: dict[Gap, str] = {}

        def fill(part: Any) -> Any:
            if not isinstance(part, Gap):
                return None
            known = next((gap for gap in gaps if gap.values == part.values), part)
            if known not in gaps:
                gaps[known] = namespace.numbered(part.hint, "_")
            return Name(gaps[known])

        filled = tuple(
            expanded(replaced(with_hints(row), fill)) if row.there else row
            for row in shared.together
        )
        used = set(roots([row for row in filled if row.there]))
        arguments = [*_given_arguments(uses_code, used)]
        for name, declared in block.parameters.items():
            if names[name].text in used:
                kinds = type_of([body.parameters[name] for same in bodies for body in same])
                default = None if declared.required else default_of(declared.default, kinds)
                argument = Argument(names[name].text, kinds, default, parameter=name)
                arguments.append(argument._replace(derived=declared.derived))
        arguments += [Argument(name, type_of_expressions(gap.values)) for gap, name in gaps.items()]
        arguments.sort(key=lambda item: (item.default is not None, item.derived))
        own = {
            id(body): {name: _value(gap.values, index) for gap, name in gaps.items()}
            for index, same in enumerate(bodies)
            for body in same
        }
        results = tuple(rows.variable(path) for path in rows.body.outputs)
        inputs = tuple(rows.variables[name] for name in rows.body.inputs)
        name = self.writer.definition_name(block)
        body = bodies[0][0]
        computed = tuple(
            (names[word].text, code)
            for word, code in uses_code.computed[id(body)].items()
            if all(uses_code.computed[other][word] == code for other in own)
        )
        return Definition(
            block, name, tuple(arguments), computed, filled, inputs, results, body, own
        )


def _given_arguments(uses_code: UsesCode, used: set[str]) -> Iterator[Argument]:
    for word, text in uses_code.given:
        if isinstance(text, Name) and text.text in used:
            yield Argument(text.text, "int", given=word)


def _value(values: tuple[Expression | None, ...], index: int) -> Expression:
    """Return what a body has in a gap; one without the place never looks at it."""
    value = values[index]
    return value if value is not None else next(value for value in values if value is not None)


_Key = tuple[Block, tuple[str, ...]]  # a block, and what else it gives than its result


def _key(use: Use) -> _Key:
    return use.block, use.body.outputs[1:]
