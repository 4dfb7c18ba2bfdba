"""The file that holds a PyTorch model: its class, those of its blocks, and functions beside it."""

from __future__ import annotations

import builtins
from collections.abc import Mapping

from archcompiler.backends.backend import Listing, demand_expressible
from archcompiler.backends.blocks import Definition, signature
from archcompiler.backends.blocks.conditions import with_names
from archcompiler.backends.code import (
    Assign,
    Attribute,
    Call,
    Choice,
    Do,
    Expression,
    Function,
    Group,
    Name,
    Return,
    Statement,
    call,
    expression,
    replaced,
    roots,
    together,
)
from archcompiler.backends.code.names import Namespace
from archcompiler.backends.code.printer import docstring, print_function, print_statements
from archcompiler.backends.layouts import Layout
from archcompiler.backends.rule import helpers_of
from archcompiler.backends.skeleton import (
    Templates,
    batch_shape,
    logits_note,
    module_docstring,
    needed,
    words_of,
)
from archcompiler.backends.torch import training
from archcompiler.backends.torch.activations import activated
from archcompiler.backends.torch.initializers import reset_statements
from archcompiler.backends.torch.names import RESERVED, attributes, full_attributes
from archcompiler.backends.torch.rows import RowWriter, lower
from archcompiler.backends.torch.statements import Statements
from archcompiler.backends.torch.step import Lowered, converted
from archcompiler.backends.torch.types import returning
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Shape
from archcompiler.operations.shape import text_of

TEMPLATES = Templates("archcompiler.backends.torch")
TEMPLATE = "file.py.jinja"
OF_CODE = (  # the names of the code, beside what the template says
    *("layer", "index", "inputs"),
    *TEMPLATES.helpers,
    *training.NAMES,
)


class Emitter:
    """Writes one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        brought = helpers_of(graph, "torch")
        self.helpers = {**TEMPLATES.helpers, **brought}
        reserved = {*TEMPLATES.words_in(TEMPLATE), *OF_CODE, *brought, *dir(builtins)}
        classes = Namespace(reserved)
        self.class_name = classes.free(graph.name)
        self.writer = RowWriter(graph, (*reserved, self.class_name), classes)

    def listing(self) -> Listing:
        """Return the whole file."""
        graph, blocks = self.graph, self.writer.blocks
        demand_expressible(graph, _lower)
        blocks.define()
        rows = blocks.network_rows()
        code = self.writer.write_all(rows)
        modules, forward = Statements("", attributes(rows.body)).of(code)
        arguments = [rows.variables[layer.name] for layer in graph.inputs]
        result = self._result([rows.variable(path) for path in rows.body.outputs])
        method = Function(
            "forward",
            ("self", *(f"{name}: torch.Tensor" for name in arguments)),
            _tensors(len(graph.outputs)),
            "",
            tuple(returning(forward, result, arguments)),
        )
        classes = [_class(definition) for definition in blocks.definitions]
        functions = training.functions(graph, self.class_name) if graph.training else []
        used = set(roots((modules, method, functions, [parts for _, *parts in classes])))
        helpers = needed(used, self.helpers)
        used |= words_of("\n".join(helpers.values()))
        return TEMPLATES.fill(
            TEMPLATE,
            docstring=module_docstring(graph),
            functional="F" in used,
            math="math" in used,
            helpers=list(helpers.values()),
            classes=[_class_text(*parts) for parts in classes],
            name=self.class_name,
            class_docstring=self._class_docstring(),
            logits=graph.has_logits,
            modules=print_statements(modules, 2),
            initializers=print_statements(
                reset_statements(graph, full_attributes(graph), _module_of), 2
            ),
            forward=print_function(method, 1),
            functions=[print_function(function, 0) for function in functions],
            batch=print_statements(self._batch(), 1),
            several_inputs=len(graph.inputs) > 1,
            several_outputs=len(graph.outputs) > 1,
        )

    def _batch(self) -> list[Statement]:
        """Return the statements that make a first batch and run it."""
        return [Assign("inputs", together(tuple(map(_first_batch, self.graph.inputs)), "[]"))]

    def _class_docstring(self) -> str:
        inputs = " and ".join(_batch_text(layer.shape) for layer in self.graph.inputs)
        outputs = " and ".join(_batch_text(self.graph[name].shape) for name in self.graph.outputs)
        paragraphs = [f"Reads {inputs} and gives {outputs}.", *logits_note(self.graph)]
        return docstring(f"{self.graph.name} as a PyTorch module.", paragraphs, 1)

    def _result(self, names: list[str]) -> Return:
        graph, has = self.graph, self.writer.layouts
        each = zip(names, graph.outputs, self.writer.blocks.network.outputs, strict=True)
        outputs = tuple(
            converted(Name(variable), graph[name].shape.rank, has[path], Layout.FIRST)
            for variable, name, path in each
        )
        if not self.graph.has_logits:
            return Return(together(outputs))
        final = activated(self.graph.final_activation, outputs[0])
        row = f"/{self.graph.outputs[0]}"  # it has its activation here
        return Return(Choice(outputs[0], Name("self.logits"), final), row)


def _first_batch(layer: Layer) -> Expression:
    """Return random values for an input of the kind that it holds."""
    shape, device = batch_shape(layer, channels_last=False), Name("device")
    size = Name("arguments.batch")
    below = layer.shape.values.below
    if below is None:
        return call("torch.rand", size, *shape, device=device)
    return call("torch.randint", below, Group((size, *map(expression, shape))), device=device)


def _lower(layer: Layer) -> Lowered | None:
    if layer.operation.is_given:
        return None
    return lower(layer, Name("self"), [Name("x")] * len(layer.inputs))


def _module_of(layer: Layer) -> str:
    """Return what a layer with weights is kept as, such as `nn.Linear`."""
    lowered = _lower(layer)
    assert lowered is not None
    assert lowered.module is not None
    assert isinstance(lowered.module.function, Name)
    return lowered.module.function.text


def _class(definition: Definition) -> tuple[str, str, Function, Function]:
    """Return the name, the docstring and the methods of a block's class."""
    names = attributes(definition.body)
    code = Statements(definition.block.name, names, definition.computed, definition.results)
    modules, forward = _kept(definition, names, *code.of(definition.rows))
    result = Return(together(tuple(map(Name, definition.results))))
    start = Do(Call(Attribute(call("super"), "__init__")))
    build = Function(
        "__init__",
        ("self", *signature(definition.arguments)),
        "None",
        "",
        (start, *modules),
    )
    run = Function(
        "forward",
        ("self", *(f"{name}: torch.Tensor" for name in definition.inputs)),
        _tensors(len(definition.results)),
        "",
        tuple(returning(forward, result, definition.inputs)),
    )
    words = definition.block.description or f"The block `{definition.block.name}`."
    return definition.name, docstring(words, [], 1), build, run


def _kept(
    definition: Definition,
    names: Mapping[str, str],
    modules: list[Statement],
    forward: list[Statement],
) -> tuple[list[Statement], list[Statement]]:
    """Return the statements so that a module keeps the arguments that `forward` uses."""
    used = set(roots(forward))
    flags = [item.target.removeprefix("self.") for item in modules if isinstance(item, Assign)]
    namespace = Namespace((*RESERVED, *names.values(), *flags))
    kept = {
        argument.name: f"self.{namespace.free(argument.name)}"
        for argument in definition.arguments
        if argument.name in used
    }

    def keep(part: object) -> object:
        return Name(kept[part.text]) if isinstance(part, Name) and part.text in kept else None

    start: list[Statement] = [Assign(attribute, Name(name)) for name, attribute in kept.items()]
    modules = with_names([*start, *modules], definition.computed)
    return modules, [replaced(item, keep) for item in forward]


def _class_text(name: str, doc: str, build: Function, run: Function) -> str:
    methods = "\n\n".join(print_function(method, 1) for method in (build, run))
    return f"class {name}(nn.Module):\n{doc}\n\n{methods}"


def _tensors(count: int) -> str:
    """Return the type of the result; the types of many tensors would not fit on a line."""
    if count == 1:
        return "torch.Tensor"
    return f"tuple[{', '.join(['torch.Tensor'] * count) if count < 4 else 'torch.Tensor, ...'}]"


def _batch_text(shape: Shape) -> str:
    return f"(batch, {', '.join(map(text_of, shape.lengths))})"
