"""The file that holds a Keras model: its functions and what they are made of."""

from __future__ import annotations

from archcompiler.backends.backend import lowered
from archcompiler.backends.code import (
    Assign,
    Choice,
    Expression,
    Group,
    Name,
    Return,
    Statement,
    call,
    expression,
    roots,
)
from archcompiler.backends.keras import parts
from archcompiler.backends.keras.lowering import CHAIN, LOWERINGS, Step
from archcompiler.backends.keras.names import Names
from archcompiler.backends.names import variables
from archcompiler.backends.printer import docstring, print_statements
from archcompiler.backends.skeleton import batch_shape, fill, module_docstring
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Maps
from archcompiler.operations.dense import FullyConnected
from archcompiler.operations.elementwise import Input

GLOBALS = (
    "argparse",
    "contextlib",
    "keras",
    "layers",
    "ops",
    "build_model",
    "build_training_model",
    "main",
    "inputs",
    "outputs",
    "logits",
    "weight_decay",
    "average_pool",
    "local_response_normalization",
)


class Emitter:
    """Writes one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names = Names(graph)
        self.variables = variables(graph, CHAIN, GLOBALS)
        if len(graph.inputs) == 1:
            self.variables[graph.inputs[0].name] = "inputs"
        if len(graph.outputs) == 1 and graph.layers[-1].name == graph.outputs[0]:
            self.variables[graph.outputs[0]] = "outputs"

    def source(self) -> str:
        """Return the whole file."""
        graph = self.graph
        body = parts.decay_statements(graph) if parts.decay_of(graph) else []
        body += [item for part in lowered(graph, self._statements) for item in part]
        body.append(Return(self._model()))
        training = parts.compile_statements(graph) if graph.training else []
        used = set(roots((*body, *training)))
        helpers = [name for name in HELPERS if name in used]
        return fill(
            "keras.py.jinja",
            docstring=module_docstring(graph),
            modules=["layers", "ops"] if helpers or "ops" in used else ["layers"],
            helpers=[f"keras/{name}.py.jinja" for name in helpers],
            name=graph.name,
            logits=graph.has_logits,
            build_docstring=self._docstring(),
            build=print_statements(body, 1),
            compile_docstring=self._compile_docstring(),
            compile=print_statements(training, 1),
            batch=print_statements(self._batch(), 2),
            several_outputs=len(graph.outputs) > 1,
        )

    def _statements(self, layer: Layer) -> list[Statement]:
        """Return the statements of one layer: its own, and a step before or after where needed."""
        name, target = layer.name, self.variables[layer.name]
        if isinstance(layer.operation, Input):
            return [Assign(target, _input(layer, self.names[name]))]
        values = [Name(self.variables[source]) for source in layer.inputs]
        step = Step(self.graph, layer, values, self.names)
        value = LOWERINGS[type(layer.operation)](layer.operation, step)
        activation = layer.activation
        if step.fused or activation is None:
            return [*step.statements, Assign(target, value, _size(layer))]
        own = Assign(CHAIN if target == "outputs" else target, value, _size(layer))
        after = parts.activation_call(activation, Name(own.target), step.named(activation.name))
        if step.gives_logits:
            after = Choice(Name(own.target), Name("logits"), after)
        return [*step.statements, own, Assign(target, after)]

    def _model(self) -> Expression:
        inputs = tuple(Name(self.variables[layer.name]) for layer in self.graph.inputs)
        outputs = tuple(Name(self.variables[name]) for name in self.graph.outputs)
        return call(
            "keras.Model", _one_or_list(inputs), _one_or_list(outputs), name=self.graph.name
        )

    def _batch(self) -> list[Statement]:
        """Return the statements that make a first batch and run it."""
        size = Name("arguments.batch")
        tensors = tuple(
            call("keras.random.uniform", Group((size, *map(expression, shape))))
            for shape in (batch_shape(layer, channels_last=True) for layer in self.graph.inputs)
        )
        return [
            Assign("inputs", _one_or_list(tensors)),
            Assign("outputs", call("model", Name("inputs"))),
        ]

    def _docstring(self) -> str:
        paragraphs = []
        if self.graph.has_logits:
            final = self.graph.final_activation
            paragraphs = [
                f"With `logits`, the last {final} is left out: a cross-entropy loss takes it along."
            ]
        return docstring(f"Build {self.graph.name}.", paragraphs, 1)

    def _compile_docstring(self) -> str:
        what = "; it returns logits" if self.graph.trains_on_logits else ""
        return docstring(f"Build {self.graph.name}, compiled for training{what}.", [], 1)


HELPERS = ("average_pool", "local_response_normalization")


def _one_or_list(values: tuple[Expression, ...]) -> Expression:
    return values[0] if len(values) == 1 else Group(values, "[]")


def _input(layer: Layer, name: str) -> Expression:
    shape = layer.shape
    if isinstance(shape, Maps):
        return call("keras.Input", (shape.height, shape.width, shape.maps), name=name)
    return call("keras.Input", (shape.features,), name=name)


def _size(layer: Layer) -> str:
    if isinstance(layer.shape, Maps):
        return layer.shape.size
    unsaid = not isinstance(layer.operation, FullyConnected)
    return layer.shape.size if unsaid and layer.shape != layer.input_shapes[0] else ""
