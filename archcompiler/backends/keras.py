"""Keras 3: a functional model, each layer written as its users write it, channels last."""

from __future__ import annotations

import math
from collections.abc import Callable

from archcompiler.backends import keras_parts as parts
from archcompiler.backends.backend import Backend, Stored, lowered, unsupported
from archcompiler.backends.code import (
    Assign,
    Binary,
    Call,
    Choice,
    Comment,
    Expression,
    Group,
    Name,
    Return,
    Statement,
    call,
    expression,
    roots,
)
from archcompiler.backends.names import Namespace, variables
from archcompiler.backends.printer import docstring, print_statements
from archcompiler.backends.skeleton import batch_shape, fill, module_docstring
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Maps
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.dense import Flatten, FullyConnected
from archcompiler.operations.elementwise import Activate, Dropout, Input
from archcompiler.operations.merge import Add, Concatenate, Multiply
from archcompiler.operations.normalization import BatchNormalization, LocalResponseNormalization
from archcompiler.operations.pooling import (
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)
from archcompiler.operations.windows import Axis

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
TORCH_EXPRESSES = "`torch` expresses it"
CHAIN = "x"  # the variable of a value that only the next statement reads


class Step:
    """What a lowering works with: the layer, its inputs, and the statements made so far.

    `fused` is set where the layer's own activation went into the call of its operation.
    """

    def __init__(self, graph: Graph, layer: Layer, values: list[Name]) -> None:
        self.graph = graph
        self.layer = layer
        self.values = values
        self.statements: list[Statement] = []
        self.fused = False

    @property
    def x(self) -> Expression:
        """The only input."""
        return self.values[0]

    @property
    def maps(self) -> Maps:
        """The shape of the only input, which is maps."""
        shape = self.layer.input_shapes[0]
        assert isinstance(shape, Maps)
        return shape

    def before(self, value: Expression, size: str = "") -> None:
        """Add a statement in front of the layer's own, whose input it becomes.

        The chain's variable is free for it: what it held is read by this layer or by none.
        """
        self.statements.append(Assign(CHAIN, value, size))
        self.values = [Name(CHAIN)]

    def activation(self) -> dict[str, object]:
        """Return the activation as an argument, if Keras has a string for it."""
        known = parts.activation_string(self.layer.activation)
        if known is None:
            return {}
        self.fused = True
        if self.graph.has_logits and self.layer.name == self.graph.outputs[0]:
            return {"activation": Choice(expression(None), Name("logits"), expression(known))}
        return {"activation": known}


def _square(pair: tuple[int, int]) -> int | tuple[int, int]:
    return pair[0] if pair[0] == pair[1] else pair


def _options(**candidates: tuple[object, object]) -> dict[str, object]:
    """Return the keyword arguments whose value is not their default."""
    return {key: value for key, (value, default) in candidates.items() if value != default}


def _pairs(axes: tuple[Axis, Axis]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the cells to pad, what a last window hangs over included."""
    vertical, horizontal = axes
    return (
        (vertical.before or 0, (vertical.after or 0) + vertical.overhang),
        (horizontal.before or 0, (horizontal.after or 0) + horizontal.overhang),
    )


def _known(axes: tuple[Axis, Axis]) -> None:
    if any(axis.before is None for axis in axes):
        raise unsupported(
            "padding",
            "this padding depends on a size that is not known, and cannot be written for `keras`",
            "state the input's size, or the padding in cells",
        )


def _initializers(layer: Layer) -> dict[str, object]:
    fan_in = 1
    options: dict[str, object] = {}
    for parameter in layer.parameters:
        default = "glorot_uniform"
        if parameter.name == "weight":
            fan_in = parameter.count // dict(parameter.lengths)["out"]
        else:
            default = "zeros"
        if parameter.initializer.name != default:
            key = "kernel_initializer" if parameter.name == "weight" else "bias_initializer"
            options[key] = parts.initializer(parameter, fan_in)
    return options


def _regularizer(graph: Graph) -> dict[str, object]:
    return {"kernel_regularizer": Name("weight_decay")} if _decay(graph) else {}


def _decay(graph: Graph) -> float:
    return graph.training.optimizer.weight_decay if graph.training else 0.0


def _decay_statements(graph: Graph) -> list[Statement]:
    """Return what makes coupled weight decay: Keras' optimizers have only the decoupled one."""
    half = Binary(expression(_decay(graph)), "/", expression(2))
    return [
        Comment("L2(c) adds c * w ** 2 to the loss: the gradient of weight decay is twice that c."),
        Assign("weight_decay", call("keras.regularizers.L2", half)),
    ]


def _convolution(operation: Convolution, step: Step) -> Expression:
    if max(operation.stride) > 1 and max(operation.dilation) > 1:
        raise unsupported(
            "dilation",
            "a convolution with both stride and dilation above 1 cannot be expressed by `keras`",
            TORCH_EXPRESSES,
        )
    axes = operation.sliding.over(step.maps)
    same = operation.sliding._replace(padding=operation.padding._replace(mode="same"))
    padding = "same" if operation.padding.mode == "same" else "valid"
    if operation.padding.mode == "explicit":
        if None not in step.maps and same.over(step.maps) == axes:
            padding = "same"  # the cells that are asked for are those that `same` gives here
        else:
            cells = _pairs(axes)
            name = f"{step.layer.name}_padding"
            step.before(call(call("layers.ZeroPadding2D", _shortest(cells), name=name), step.x))
    options = _options(
        strides=(_square(operation.stride), 1),
        padding=(padding, "valid"),
        dilation_rate=(_square(operation.dilation), 1),
        groups=(operation.groups, 1),
    )
    layer = call(
        "layers.Conv2D",
        operation.maps,
        _square(operation.kernel),
        **options,
        **step.activation(),
        **_options(use_bias=(operation.bias, True)),
        **_initializers(step.layer),
        **_regularizer(step.graph),
        name=step.layer.name,
    )
    return call(layer, step.x)


def _shortest(cells: tuple[tuple[int, int], tuple[int, int]]) -> object:
    (top, bottom), (left, right) = cells
    if top == bottom and left == right:
        return _square((top, left))
    return cells


def _max_pooling(operation: MaxPooling, step: Step) -> Expression:
    if operation.dilation != (1, 1):
        raise unsupported(
            "dilation",
            "`dilation` of a max pooling cannot be expressed by `keras`",
            TORCH_EXPRESSES,
        )
    axes = operation.sliding.over(step.maps)
    options = {}
    if operation.padding.mode == "same":
        options["padding"] = "same"
    elif any(any(pair) for pair in _pairs(axes)):
        _known(axes)
        step.before(_padded(step.x, _pairs(axes), -math.inf))
    return call(_pooling_layer("MaxPooling2D", operation, step, options), step.x)


def _pooling_layer(
    kind: str, operation: MaxPooling | AveragePooling, step: Step, options: dict[str, object]
) -> Call:
    stride = operation.sliding.stride
    return call(
        f"layers.{kind}",
        _square(operation.kernel),
        **_options(strides=(_square(stride), _square(operation.kernel))),
        **options,
        name=step.layer.name,
    )


def _padded(
    x: Expression, cells: tuple[tuple[int, int], tuple[int, int]], value: float = 0.0
) -> Expression:
    options = {"constant_values": value} if value else {}
    return call("ops.pad", x, ((0, 0), *cells, (0, 0)), **options)


def _average_pooling(operation: AveragePooling, step: Step) -> Expression:
    axes = operation.sliding.over(step.maps)
    _known(axes)
    cells = _pairs(axes)
    if operation.count_padding:
        real = (axes[0]._replace(overhang=0), axes[1]._replace(overhang=0))
        if any(any(pair) for pair in _pairs(real)):
            step.before(_padded(step.x, _pairs(real)))
        cells = ((0, axes[0].overhang), (0, axes[1].overhang))
    if not any(any(pair) for pair in cells):
        return call(_pooling_layer("AveragePooling2D", operation, step, {}), step.x)
    stride = operation.sliding.stride
    padding = ((0, 0), *cells, (0, 0))
    name = step.layer.name
    return call("average_pool", step.x, operation.kernel, stride, padding, name=name)


def _batch_normalization(operation: BatchNormalization, step: Step) -> Expression:
    momentum = float(f"{1 - operation.momentum:.12g}")  # 0.9, not 1 - 0.1's last digits
    options = _options(momentum=(momentum, 0.99), epsilon=(operation.epsilon, 1e-3))
    return call(call("layers.BatchNormalization", **options, name=step.layer.name), step.x)


def _local_response(operation: LocalResponseNormalization, step: Step) -> Expression:
    return call(
        "local_response_normalization",
        step.x,
        n=operation.n,
        k=operation.k,
        alpha=operation.alpha,
        beta=operation.beta,
        name=step.layer.name,
    )


def _fully_connected(operation: FullyConnected, step: Step) -> Expression:
    shape = step.layer.input_shapes[0]
    if isinstance(shape, Maps):
        flat = call(call("layers.Flatten", name=f"{step.layer.name}_flatten"), step.x)
        step.before(flat, str(shape.elements))
    layer = call(
        "layers.Dense",
        operation.size,
        **step.activation(),
        **_options(use_bias=(operation.bias, True)),
        **_initializers(step.layer),
        **_regularizer(step.graph),
        name=step.layer.name,
    )
    return call(layer, step.x)


def _flatten(operation: Flatten, step: Step) -> Expression:
    if isinstance(step.layer.input_shapes[0], Maps) and not keeps_natural_order(
        step.graph, step.layer
    ):
        name = f"{step.layer.name}_permute"
        step.before(call(call("layers.Permute", (3, 1, 2), name=name), step.x))
    return call(call("layers.Flatten", name=step.layer.name), step.x)


def _dropout(operation: Dropout, step: Step) -> Expression:
    kind = "layers.SpatialDropout2D" if operation.spatial else "layers.Dropout"
    return call(call(kind, operation.rate, name=step.layer.name), step.x)


def _activate(operation: Activate, step: Step) -> Expression:
    if operation.activation.name == "linear":
        return step.x
    return parts.activation_call(operation.activation, step.x, step.layer.name)


def _plain(kind: str) -> Callable[..., Expression]:
    def lower(operation: object, step: Step) -> Expression:
        values = Group(tuple(step.values), "[]") if len(step.values) > 1 else step.x
        return call(call(f"layers.{kind}", name=step.layer.name), values)

    return lower


LOWERINGS: dict[type, Callable[..., Expression]] = {
    Activate: _activate,
    Add: _plain("Add"),
    AveragePooling: _average_pooling,
    BatchNormalization: _batch_normalization,
    Concatenate: _plain("Concatenate"),
    Convolution: _convolution,
    Dropout: _dropout,
    Flatten: _flatten,
    FullyConnected: _fully_connected,
    GlobalAveragePooling: _plain("GlobalAveragePooling2D"),
    GlobalMaxPooling: _plain("GlobalMaxPooling2D"),
    LocalResponseNormalization: _local_response,
    MaxPooling: _max_pooling,
    Multiply: _plain("Multiply"),
}

ORDER_FREE = (Activate, Dropout)  # what treats each feature alike


def keeps_natural_order(graph: Graph, layer: Layer) -> bool:
    """Whether flattened maps may stay in Keras' order: height, width, maps.

    They may where nothing but fully connected layers sees the order: the rows of their kernels
    follow it. Anywhere else the maps are put first, as the meaning of `flatten` has it.
    """
    if layer.name in graph.outputs:
        return False
    return all(
        isinstance(reader.operation, FullyConnected)
        or (isinstance(reader.operation, ORDER_FREE) and keeps_natural_order(graph, reader))
        for reader in graph.readers[layer.name]
    )


def _reads_natural_order(graph: Graph, layer: Layer) -> bool:
    if isinstance(layer.input_shapes[0], Maps):
        return True  # flattened just in front of it
    source = graph[layer.inputs[0]]
    while isinstance(source.operation, ORDER_FREE):
        source = graph[source.inputs[0]]
    return isinstance(source.operation, Flatten) and keeps_natural_order(graph, source)


VARIABLES = {
    Convolution: {"weight": ("kernel", "kh kw in out"), "bias": ("bias", "out")},
    BatchNormalization: {
        "weight": ("gamma", None),
        "bias": ("beta", None),
        "running_mean": ("moving_mean", None),
        "running_var": ("moving_variance", None),
    },
}


class Keras(Backend):
    """Keras 3 on any of its own backends."""

    name = "keras"
    extra = "keras"
    lowerings = LOWERINGS

    def stored(self, graph: Graph, layer: Layer) -> list[Stored]:
        """Return where each parameter is kept: Keras has the outputs of a kernel last."""
        if isinstance(layer.operation, FullyConnected):
            natural = _reads_natural_order(graph, layer)
            inputs = {"out in": "in", "out (c h w)": "(h w c)" if natural else "(c h w)"}
            weight, *bias = layer.parameters
            kernel = Stored(weight, layer.name, "kernel", f"{inputs[weight.axes]} out")
            return [kernel, *(Stored(item, layer.name, "bias", "out") for item in bias)]
        known = VARIABLES.get(type(layer.operation), {})
        return [
            Stored(item, layer.name, known[item.name][0], known[item.name][1] or item.axes)
            for item in layer.parameters
        ]

    def emit(self, graph: Graph) -> str:
        """Return the source of a file with `build_model`."""
        return _Emitter(graph).source()


class _Emitter:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.variables = variables(graph, CHAIN, GLOBALS)
        if len(graph.inputs) == 1:
            self.variables[graph.inputs[0].name] = "inputs"
        if len(graph.outputs) == 1 and graph.layers[-1].name == graph.outputs[0]:
            self.variables[graph.outputs[0]] = "outputs"

    def source(self) -> str:
        graph = self.graph
        body = _decay_statements(graph) if _decay(graph) else []
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
            return [Assign(target, _input(layer))]
        step = Step(self.graph, layer, [Name(self.variables[source]) for source in layer.inputs])
        value = LOWERINGS[type(layer.operation)](layer.operation, step)
        activation = layer.activation
        if step.fused or activation is None:
            return [*step.statements, Assign(target, value, _size(layer))]
        own = Assign(CHAIN if target == "outputs" else target, value, _size(layer))
        after = parts.activation_call(activation, Name(own.target), f"{name}_{activation.name}")
        if self.graph.has_logits and name == self.graph.outputs[0]:
            after = Choice(Name(own.target), Name("logits"), after)
        return [*step.statements, own, Assign(target, after)]

    def _model(self) -> Expression:
        inputs = tuple(Name(self.variables[layer.name]) for layer in self.graph.inputs)
        outputs = tuple(Name(self.variables[name]) for name in self.graph.outputs)
        return call("keras.Model", _one_or_list(inputs), _one_or_list(outputs), name=self.graph.name)

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
        what = "; it returns logits" if self.graph.has_logits else ""
        return docstring(f"Build {self.graph.name}, compiled for training{what}.", [], 1)


HELPERS = ("average_pool", "local_response_normalization")


def _one_or_list(values: tuple[Expression, ...]) -> Expression:
    return values[0] if len(values) == 1 else Group(values, "[]")


def _input(layer: Layer) -> Expression:
    shape = layer.shape
    if isinstance(shape, Maps):
        return call("keras.Input", (shape.height, shape.width, shape.maps), name=layer.name)
    return call("keras.Input", (shape.features,), name=layer.name)


def _size(layer: Layer) -> str:
    if isinstance(layer.shape, Maps):
        return layer.shape.size
    unsaid = not isinstance(layer.operation, FullyConnected)
    return layer.shape.size if unsaid and layer.shape != layer.input_shapes[0] else ""


BACKEND = Keras()
