"""The file that holds a Keras model: its functions and what they are made of."""

from __future__ import annotations

import builtins

from archcompiler.backends.backend import Listing, demand_expressible
from archcompiler.backends.blocks import Definition, Rows, signature
from archcompiler.backends.blocks.conditions import with_names
from archcompiler.backends.code import (
    Assign,
    Expression,
    Function,
    Group,
    Name,
    Return,
    Statement,
    call,
    expression,
    roots,
    together,
)
from archcompiler.backends.code.printer import docstring, print_function, print_statements
from archcompiler.backends.keras.initializers import VARIANCE_SCALING, initializer_functions
from archcompiler.backends.keras.names import Names
from archcompiler.backends.keras.rows import RowWriter, statements
from archcompiler.backends.keras.shared import FUNCTIONS, with_shared_options
from archcompiler.backends.keras.training import compile_statements, decay_of, decay_statements
from archcompiler.backends.rule import helpers_of
from archcompiler.backends.skeleton import (
    Templates,
    batch_shape,
    logits_note,
    module_docstring,
    needed,
    words_of,
)
from archcompiler.graph import Graph, Layer

TEMPLATES = Templates("archcompiler.backends.keras")
TEMPLATE = "file.py.jinja"
OF_CODE = (  # the names of the code, beside what the template says
    *("index", "inputs", "layers", "name", "ops", "WEIGHT_DECAY"),
    *TEMPLATES.helpers,
    *VARIANCE_SCALING,
    *(name for name, _ in FUNCTIONS.values()),
)


class Emitter:
    """Writes one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        brought = helpers_of(graph, "keras")
        self.helpers = {**TEMPLATES.helpers, **brought}
        reserved = (*TEMPLATES.words_in(TEMPLATE), *OF_CODE, *brought, *dir(builtins))
        self.writer = RowWriter(graph, reserved)

    def listing(self) -> Listing:
        """Return the whole file."""
        graph, blocks = self.graph, self.writer.blocks
        demand_expressible(graph, self._lower)
        blocks.define()
        rows = blocks.network_rows()
        names = self._renamed(rows)
        body = statements(self.writer.write_all(names), "")
        body.append(Return(self._model(names)))
        functions = [_function(definition) for definition in blocks.definitions]
        training = compile_statements(graph) if graph.training else []
        (body, functions), makers = with_shared_options((body, functions))
        functions = [*makers, *functions]
        used = set(roots((body, training, functions)))
        helpers = needed(used, self.helpers)
        used |= words_of("\n".join(helpers.values()))
        decay = decay_statements(graph) if decay_of(graph) else []
        return TEMPLATES.fill(
            TEMPLATE,
            docstring=module_docstring(graph),
            math="math" in used,
            modules=[name for name in ("layers", "ops") if name in used],
            decay=print_statements(decay, 0),
            helpers=list(helpers.values()),
            functions=[
                print_function(function, 0)
                for function in (*initializer_functions(used), *functions)
            ],
            name=graph.name,
            logits=graph.has_logits,
            build_docstring=docstring(f"Build {graph.name}.", logits_note(graph), 1),
            build=print_statements(body, 1),
            compile_docstring=self._compile_docstring(),
            compile=print_statements(training, 1),
            batch=print_statements(self._batch(), 2),
            several_outputs=len(graph.outputs) > 1,
        )

    def _lower(self, layer: Layer) -> None:
        names = Names([layer])
        self.writer.layer(layer, [Name("x")] * len(layer.inputs), "x", "", names)

    def _renamed(self, rows: Rows) -> Rows:
        """Return the rows with the variables that people write for an input and an output."""
        names = dict(rows.variables)
        if len(self.graph.inputs) == 1:
            names[self.graph.inputs[0].name] = "inputs"
        last = rows.real(rows.body.items[-1].name)
        if len(rows.body.outputs) == 1 and last == rows.real(rows.body.outputs[0]):
            names[last] = "outputs"
        return rows._replace(variables=names)

    def _model(self, rows: Rows) -> Expression:
        inputs = tuple(Name(rows.variables[layer.name]) for layer in self.graph.inputs)
        outputs = tuple(Name(rows.variable(path)) for path in rows.body.outputs)
        both = together(inputs, "[]"), together(outputs, "[]")
        return call("keras.Model", *both, name=self.graph.name)

    def _batch(self) -> list[Statement]:
        """Return the statements that make a first batch and run it."""
        return [
            Assign("inputs", together(tuple(map(_first_batch, self.graph.inputs)), "[]")),
            Assign("outputs", call("model", Name("inputs"))),
        ]

    def _compile_docstring(self) -> str:
        what = "; it returns logits" if self.graph.trains_on_logits else ""
        return docstring(f"Build {self.graph.name}, compiled for training{what}.", [], 1)


def _first_batch(layer: Layer) -> Expression:
    """Return random values for an input of the kind that it holds."""
    shape = map(expression, batch_shape(layer, channels_last=True))
    size, below = Group((Name("arguments.batch"), *shape)), layer.shape.values.below
    if below is None:
        return call("keras.random.uniform", size)
    return call("keras.random.randint", size, 0, below)


def _function(definition: Definition) -> Function:
    """Return the function of a block."""
    results = tuple(map(Name, definition.results))
    count = len(results)
    kind = "keras.KerasTensor"
    result = kind if count == 1 else f"tuple[{', '.join([kind] * count)}]"
    parameters = [f"{name}: {kind}" for name in definition.inputs]
    code = statements(definition.rows, definition.block.name, definition.results)
    body = _returning(with_names(code, definition.computed), results)
    words = definition.block.description or f"Build the block `{definition.block.name}`."
    return Function(
        definition.name,
        (*parameters, *signature(definition.arguments), "*", "name: str"),
        result if count < 3 else f"tuple[{kind}, ...]",
        words,
        tuple(body),
    )


def _returning(statements: list[Statement], results: tuple[Name, ...]) -> list[Statement]:
    """Return the statements of a block with its results; the last value needs no name."""
    result = together(results)
    match statements:
        case [*before, Assign(target, value, row=row)] if result == Name(target):
            return [*before, Return(value, row)]
    return [*statements, Return(result)]
