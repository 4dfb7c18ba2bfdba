"""The file that holds a PyTorch model: its class, and the functions beside it."""

from __future__ import annotations

import builtins

from archcompiler.backends.backend import lowered
from archcompiler.backends.code import (
    Assign,
    Call,
    Choice,
    Comment,
    Expression,
    Function,
    Group,
    Name,
    Return,
    Statement,
    call,
    roots,
)
from archcompiler.backends.names import Namespace, variables
from archcompiler.backends.printer import docstring, print_statements
from archcompiler.backends.skeleton import batch_shape, fill, module_docstring
from archcompiler.backends.torch import training
from archcompiler.backends.torch.initializers import reset_statements
from archcompiler.backends.torch.lowering import LOWERINGS, Lowered, activated
from archcompiler.backends.torch.names import attributes
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Maps, Vector
from archcompiler.operations.elementwise import Activate, Input
from archcompiler.operations.training import METRICS

GLOBALS = (
    "argparse",
    "torch",
    "nn",
    "self",
    "inputs",
    "main",
    "loss_function",
    "build_optimizer",
    "F",
    "average_pool",
    *METRICS,
)


class Emitter:
    """Writes one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.class_name = Namespace((*GLOBALS, *dir(builtins))).free(graph.name)
        self.attributes = attributes(graph)
        self.variables = variables(graph, "x", (*GLOBALS, self.class_name))
        first = graph.inputs[0].name
        if len(graph.inputs) == 1 and self.variables[first] != "x":
            self.variables[first] = "inputs"

    def _lower(self, layer: Layer) -> Lowered | None:
        if isinstance(layer.operation, Input):
            return None
        me = Name(f"self.{self.attributes[layer.name]}")
        values = [Name(self.variables[name]) for name in layer.inputs]
        return LOWERINGS[type(layer.operation)](layer.operation, layer, *values, me)

    def source(self) -> str:
        """Return the whole file."""
        graph = self.graph
        modules, forward = self._statements(lowered(graph, self._lower))
        arguments = [self.variables[layer.name] for layer in graph.inputs]
        method = Function(
            "forward",
            ("self", *(f"{name}: torch.Tensor" for name in arguments)),
            _tensors(len(graph.outputs)),
            "",
            tuple(forward),
        )
        functions = training.functions(graph, self.class_name) if graph.training else []
        helpers = ["torch/average_pool.py.jinja"] if "average_pool" in roots(method) else []
        return fill(
            "torch.py.jinja",
            docstring=module_docstring(graph),
            functional=bool(helpers) or "F" in roots((method, *functions)),
            helpers=helpers,
            name=self.class_name,
            class_docstring=self._class_docstring(),
            logits=graph.has_logits,
            modules=print_statements(modules, 2),
            initializers=print_statements(reset_statements(graph, self.attributes), 2),
            forward=print_statements([method], 1),
            functions=[print_statements([function], 0) for function in functions],
            batch=print_statements(self._batch(), 1),
            several_inputs=len(graph.inputs) > 1,
            several_outputs=len(graph.outputs) > 1,
        )

    def _batch(self) -> list[Statement]:
        """Return the statements that make a first batch and run it."""
        shapes = [batch_shape(layer, channels_last=False) for layer in self.graph.inputs]
        size, device = Name("arguments.batch"), Name("device")
        tensors = tuple(call("torch.rand", size, *shape, device=device) for shape in shapes)
        if len(tensors) == 1:
            return [Assign("inputs", tensors[0])]
        return [Assign("inputs", Group(tensors, "[]"))]

    def _class_docstring(self) -> str:
        inputs = " and ".join(_batch_text(layer.shape) for layer in self.graph.inputs)
        outputs = " and ".join(_batch_text(self.graph[name].shape) for name in self.graph.outputs)
        paragraphs = [f"Reads {inputs} and gives {outputs}."]
        if self.graph.has_logits:
            final = self.graph.final_activation
            paragraphs.append(
                f"With `logits`, the last {final} is left out: a cross-entropy loss takes it along."
            )
        return docstring(f"{self.graph.name} as a PyTorch module.", paragraphs, 1)

    def _statements(self, results: list[Lowered | None]) -> tuple[list[Statement], list[Statement]]:
        modules: list[Statement] = []
        forward: list[Statement] = []
        for layer, result in zip(self.graph.layers, results, strict=True):
            if result is None:  # an input
                continue
            attribute = self.attributes[layer.name]
            if result.module is not None:
                if attribute != layer.name:
                    modules.append(
                        Comment(f"`{layer.name}` in the specification, a name that is taken here")
                    )
                modules.append(Assign(f"self.{attribute}", result.module))
            forward += self._forward(layer, result.value)
        forward.append(Return(self._result()))
        return modules, forward

    def _result(self) -> Expression:
        outputs = tuple(Name(self.variables[name]) for name in self.graph.outputs)
        if len(outputs) > 1:
            return Group(outputs)
        if not self.graph.has_logits:
            return outputs[0]
        final = activated(self.graph.final_activation, outputs[0])
        return Choice(outputs[0], Name("self.logits"), final)

    def _forward(self, layer: Layer, value: Expression) -> list[Statement]:
        """Return the statements of one layer; a flattening in the chain stands on its own line."""
        target, size = self.variables[layer.name], _size(layer)
        before: list[Statement] = []
        match value:
            case Call(function, (Call(inner, (Name(text="x"), one)),)) if (
                isinstance(inner, Name) and inner.text == "torch.flatten" and target == "x"
            ):
                flat = layer.input_shapes[0].elements
                before = [Assign("x", Call(inner, (Name("x"), one)), str(flat))]
                value = Call(function, (Name("x"),))
        if self.graph.has_logits and layer.name == self.graph.outputs[0]:
            source = Name(self.variables[layer.inputs[0]])
            value = source if isinstance(layer.operation, Activate) else value
        else:
            value = activated(layer.activation, value, layer.operation)
        if isinstance(value, Name):  # nothing to do: a linear activation, a vector to flatten
            return [] if value.text == target else [Assign(target, value)]
        return [*before, Assign(target, value, size)]


def _tensors(count: int) -> str:
    """Return the type of the result; the types of many tensors would not fit on a line."""
    if count == 1:
        return "torch.Tensor"
    return f"tuple[{', '.join(['torch.Tensor'] * count) if count < 4 else 'torch.Tensor, ...'}]"


def _size(layer: Layer) -> str:
    shape = layer.shape
    if isinstance(shape, Maps):
        return f"{shape.maps}x{shape.size}"
    return shape.size if shape != layer.input_shapes[0] else ""


def _batch_text(shape: Maps | Vector) -> str:
    if isinstance(shape, Maps):
        return f"(batch, {shape.maps}, {shape.height or '?'}, {shape.width or '?'})"
    return f"(batch, {shape.features})"
