"""PyTorch: each operation as the module or the function that its users write."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from archcompiler.backends import torch_training
from archcompiler.backends.backend import Backend, Stored, lowered, unsupported
from archcompiler.backends.code import (
    Assign,
    Binary,
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
    expression,
    roots,
)
from archcompiler.backends.names import Namespace, variables
from archcompiler.backends.printer import docstring, print_statements
from archcompiler.backends.skeleton import batch_shape, fill, module_docstring
from archcompiler.backends.torch_initializers import reset_statements
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Maps, Vector
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.dense import Flatten, FullyConnected
from archcompiler.operations.elementwise import Activate, Dropout, Input
from archcompiler.operations.fields import Named
from archcompiler.operations.merge import Add, Concatenate, Multiply
from archcompiler.operations.normalization import BatchNormalization, LocalResponseNormalization
from archcompiler.operations.pooling import (
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)
from archcompiler.operations.windows import Axis

# What `torch.nn.Module` has itself; a test compares the list with PyTorch's own.
RESERVED = frozenset(
    """add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
    T_destination logits reset_parameters""".split()
)
GLOBALS = ("argparse", "torch", "nn", "self", "main", "loss_function", "build_optimizer", "F", "average_pool")


class Lowered(NamedTuple):
    """A layer in PyTorch: the module that it is kept as, if any, and the value it computes."""

    value: Expression
    module: Call | None = None


def _square(pair: tuple[int, int]) -> int | tuple[int, int]:
    return pair[0] if pair[0] == pair[1] else pair


def _options(**candidates: tuple[object, object]) -> dict[str, object]:
    """Return the keyword arguments whose value is not their default."""
    return {key: value for key, (value, default) in candidates.items() if value != default}


def _pad(x: Expression, axes: tuple[Axis, Axis], value: float = 0.0) -> Expression:
    (top, bottom, *_), (left, right, *_) = axes
    extra = (axes[1].overhang, axes[0].overhang)
    cells = (left, (right or 0) + extra[0], top, (bottom or 0) + extra[1])
    if not any(cells):
        return x
    return call("F.pad", x, cells, **({"value": value} if value else {}))


def _even(axes: tuple[Axis, Axis], layer: Layer) -> tuple[int, int] | None:
    """Return the cells on both sides of each axis, or None where the sides differ."""
    if any(axis.before is None for axis in axes):
        raise unsupported(
            "padding",
            "`same` with a stride above 1 on an input of unknown size cannot be written for `torch`",
            "state the input's size, or the padding in cells",
        )
    if any(axis.before != axis.after for axis in axes):
        return None
    return axes[0].before or 0, axes[1].before or 0


def _convolution(operation: Convolution, layer: Layer, x: Expression, me: Name) -> Lowered:
    maps = layer.input_shapes[0]
    assert isinstance(maps, Maps)
    axes = operation.sliding.over(maps)
    padding: object
    if operation.padding.mode == "same" and operation.stride == (1, 1):
        even = _even(axes, layer)
        padding = _square(even) if even else "same"
    else:
        even = _even(axes, layer)
        padding = _square(even or (0, 0))
        x = x if even else _pad(x, axes)
    module = call(
        "nn.Conv2d",
        maps.maps,
        operation.maps,
        kernel_size=_square(operation.kernel),
        **_options(
            stride=(_square(operation.stride), 1),
            padding=(padding, 0),
            dilation=(_square(operation.dilation), 1),
            groups=(operation.groups, 1),
            bias=(operation.bias, True),
        ),
    )
    return Lowered(call(me, x), module)


def _fits_pooling(even: tuple[int, int] | None, reach: tuple[int, int]) -> bool:
    """Whether PyTorch's pooling takes this padding: at most half a window."""
    return even is not None and all(2 * p <= r for p, r in zip(even, reach, strict=True))


def _max_pooling(operation: MaxPooling, layer: Layer, x: Expression, me: Name) -> Lowered:
    maps = layer.input_shapes[0]
    assert isinstance(maps, Maps)
    axes = operation.sliding.over(maps)
    even = _even(axes, layer)
    reach = (
        operation.dilation[0] * (operation.kernel[0] - 1) + 1,
        operation.dilation[1] * (operation.kernel[1] - 1) + 1,
    )
    options = {"ceil_mode": (operation.rounding == "ceil", False)}
    if _fits_pooling(even, reach):
        options["padding"] = (_square(even or (0, 0)), 0)
    else:  # padding is below any value
        x, options = _pad(x, axes, -math.inf), {}
    module = call(
        "nn.MaxPool2d",
        kernel_size=_square(operation.kernel),
        stride=_square(operation.sliding.stride),
        **_options(dilation=(_square(operation.dilation), 1), **options),
    )
    return Lowered(call(me, x), module)


def _average_pooling(operation: AveragePooling, layer: Layer, x: Expression, me: Name) -> Lowered:
    maps = layer.input_shapes[0]
    assert isinstance(maps, Maps)
    axes = operation.sliding.over(maps)
    even = _even(axes, layer)
    stride = operation.sliding.stride
    if _fits_pooling(even, operation.kernel):
        padded = any(even or ())
        module = call(
            "nn.AvgPool2d",
            kernel_size=_square(operation.kernel),
            stride=_square(stride),
            **_options(
                padding=(_square(even or (0, 0)), 0),
                ceil_mode=(operation.rounding == "ceil", False),
                count_include_pad=(not padded or operation.count_padding, True),
            ),
        )
        return Lowered(call(me, x), module)
    uncounted = axes
    if operation.count_padding:
        real = tuple(axis._replace(overhang=0) for axis in axes)
        x = _pad(x, (real[0], real[1]))
        uncounted = (axes[0]._replace(before=0, after=0), axes[1]._replace(before=0, after=0))
        if not any(axis.overhang for axis in axes):
            return Lowered(call("F.avg_pool2d", x, operation.kernel, stride))
    vertical, horizontal = uncounted
    cells = (
        horizontal.before,
        (horizontal.after or 0) + horizontal.overhang,
        vertical.before,
        (vertical.after or 0) + vertical.overhang,
    )
    return Lowered(call("average_pool", x, operation.kernel, stride, cells))


def _batch_normalization(
    operation: BatchNormalization, layer: Layer, x: Expression, me: Name
) -> Lowered:
    shape = layer.shape
    kind = "nn.BatchNorm2d" if isinstance(shape, Maps) else "nn.BatchNorm1d"
    options = _options(eps=(operation.epsilon, 1e-5), momentum=(operation.momentum, 0.1))
    return Lowered(call(me, x), call(kind, shape[0], **options))


def _local_response(
    operation: LocalResponseNormalization, layer: Layer, x: Expression, me: Name
) -> Lowered:
    # PyTorch divides alpha by the size of the window, the paper does not.
    alpha = Binary(expression(operation.n), "*", expression(operation.alpha))
    module = call(
        "nn.LocalResponseNorm",
        operation.n,
        alpha=alpha,
        **_options(beta=(operation.beta, 0.75), k=(operation.k, 1.0)),
    )
    return Lowered(call(me, x), module)


def _fully_connected(operation: FullyConnected, layer: Layer, x: Expression, me: Name) -> Lowered:
    shape = layer.input_shapes[0]
    features = shape.elements
    options = _options(bias=(operation.bias, True))
    value = call("torch.flatten", x, 1) if isinstance(shape, Maps) else x
    return Lowered(call(me, value), call("nn.Linear", features, operation.size, **options))


def _flatten(operation: Flatten, layer: Layer, x: Expression, me: Name) -> Lowered:
    return Lowered(call("torch.flatten", x, 1) if isinstance(layer.input_shapes[0], Maps) else x)


def _dropout(operation: Dropout, layer: Layer, x: Expression, me: Name) -> Lowered:
    kind = "nn.Dropout2d" if operation.spatial else "nn.Dropout"
    return Lowered(call(me, x), call(kind, operation.rate))


def _activate(operation: Activate, layer: Layer, x: Expression, me: Name) -> Lowered:
    return Lowered(activated(operation.activation, x))


def _global_average(
    operation: GlobalAveragePooling, layer: Layer, x: Expression, me: Name
) -> Lowered:
    return Lowered(call("torch.mean", x, dim=(2, 3)))


def _global_max(operation: GlobalMaxPooling, layer: Layer, x: Expression, me: Name) -> Lowered:
    return Lowered(call("torch.amax", x, dim=(2, 3)))


def _joined(operator: str) -> Callable[..., Lowered]:
    def lower(operation: Add | Multiply, layer: Layer, *values: Expression) -> Lowered:
        value, *others = values[:-1]  # the last one is the module's name
        for other in others:
            value = Binary(value, operator, other)
        return Lowered(value)

    return lower


def _concatenate(operation: Concatenate, layer: Layer, *values: Expression) -> Lowered:
    return Lowered(call("torch.cat", Group(values[:-1]), dim=1))


LOWERINGS: dict[type, Callable[..., Lowered]] = {
    Activate: _activate,
    Add: _joined("+"),
    AveragePooling: _average_pooling,
    BatchNormalization: _batch_normalization,
    Concatenate: _concatenate,
    Convolution: _convolution,
    Dropout: _dropout,
    Flatten: _flatten,
    FullyConnected: _fully_connected,
    GlobalAveragePooling: _global_average,
    GlobalMaxPooling: _global_max,
    LocalResponseNormalization: _local_response,
    MaxPooling: _max_pooling,
    Multiply: _joined("*"),
}

# name in a spec: function, the names of its arguments, and what PyTorch must be told besides
ACTIVATIONS: dict[str, tuple[str, tuple[str, ...], dict[str, object]]] = {
    "relu": ("F.relu", (), {}),
    "relu6": ("F.relu6", (), {}),
    "leaky_relu": ("F.leaky_relu", ("negative_slope",), {}),
    "elu": ("F.elu", ("alpha",), {}),
    "selu": ("F.selu", (), {}),
    "gelu": ("F.gelu", (), {}),
    "gelu_tanh": ("F.gelu", (), {"approximate": "tanh"}),
    "silu": ("F.silu", (), {}),
    "mish": ("F.mish", (), {}),
    "softplus": ("F.softplus", (), {}),
    "sigmoid": ("torch.sigmoid", (), {}),
    "hard_sigmoid": ("F.hardsigmoid", (), {}),
    "hard_swish": ("F.hardswish", (), {}),
    "tanh": ("torch.tanh", (), {}),
    "softmax": ("F.softmax", (), {"dim": 1}),
}


def activated(activation: Named | None, x: Expression) -> Expression:
    """Return the activation of `x`."""
    if activation is None or activation.name == "linear":
        return x
    function, names, fixed = ACTIVATIONS[activation.name]
    return call(function, x, **dict(zip(names, activation.arguments, strict=True)), **fixed)


def attributes(graph: Graph) -> dict[str, str]:
    """Return the attribute of the model that each layer is kept as."""
    namespace = Namespace(RESERVED)
    return {layer.name: namespace.free(layer.name) for layer in graph.layers}


class Torch(Backend):
    """PyTorch, `nn.Module` subclasses."""

    name = "torch"
    extra = "torch"
    lowerings = LOWERINGS

    def stored(self, graph: Graph, layer: Layer) -> list[Stored]:
        """Return where each parameter is kept: PyTorch's layouts are the canonical ones."""
        attribute = attributes(graph)[layer.name]
        return [Stored(item, attribute, item.name, item.axes) for item in layer.parameters]

    def emit(self, graph: Graph) -> str:
        """Return the source of a file with the model's class."""
        return _Emitter(graph).source()


class _Emitter:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.class_name = Namespace(GLOBALS).free(graph.name)
        self.attributes = attributes(graph)
        single = len(graph.inputs) == 1
        self.variables = variables(graph, "x", (*GLOBALS, self.class_name))
        if single:
            self.variables[graph.inputs[0].name] = self._input_name()

    def _input_name(self) -> str:
        only = self.graph.inputs[0]
        name = self.variables[only.name]
        return "x" if name == "x" or only.name not in self.graph.outputs else name

    def _lower(self, layer: Layer) -> Lowered | None:
        if isinstance(layer.operation, Input):
            return None
        me = Name(f"self.{self.attributes[layer.name]}")
        values = [Name(self.variables[name]) for name in layer.inputs]
        return LOWERINGS[type(layer.operation)](layer.operation, layer, *values, me)

    def source(self) -> str:
        graph = self.graph
        modules, forward = self._statements(lowered(graph, self._lower))
        arguments = [self.variables[layer.name] for layer in graph.inputs]
        tensors = ", ".join(["torch.Tensor"] * len(graph.outputs))
        method = Function(
            "forward",
            ("self", *(f"{name}: torch.Tensor" for name in arguments)),
            tensors if len(graph.outputs) == 1 else f"tuple[{tensors}]",
            "",
            tuple(forward),
        )
        functions = torch_training.functions(graph, self.class_name) if graph.training else []
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
                    modules.append(Comment(f"`{layer.name}` in the specification; nn.Module has its own"))
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
        if not (self.graph.has_logits and layer.name == self.graph.outputs[0]):
            value = activated(layer.activation, value)
        return [*before, Assign(target, value, size)]


def _size(layer: Layer) -> str:
    shape = layer.shape
    if isinstance(shape, Maps):
        return f"{shape.maps}x{shape.size}"
    return shape.size if shape != layer.input_shapes[0] else ""


def _batch_text(shape: Maps | Vector) -> str:
    if isinstance(shape, Maps):
        return f"(batch, {shape.maps}, {shape.height or '?'}, {shape.width or '?'})"
    return f"(batch, {shape.features})"


BACKEND = Torch()
