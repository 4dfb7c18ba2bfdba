"""How PyTorch draws first weights: the initializers of a spec as calls of `torch.nn.init`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from archcompiler.backends.code import (
    Binary,
    Call,
    Do,
    Expression,
    For,
    Group,
    If,
    Literal,
    Name,
    Statement,
    call,
)
from archcompiler.graph import Graph, Layer
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.dense import FullyConnected
from archcompiler.operations.fields import Named
from archcompiler.operations.transposed import TransposedConvolution

KERNEL_MODULES = {
    Convolution: "nn.Conv{rank}d",
    TransposedConvolution: "nn.ConvTranspose{rank}d",
    FullyConnected: "nn.Linear",
}

# name in a spec: function, the names of its arguments, and what PyTorch must be told besides
FUNCTIONS: dict[str, tuple[str, tuple[str, ...], dict[str, object]]] = {
    "glorot_uniform": ("nn.init.xavier_uniform_", (), {}),
    "glorot_normal": ("nn.init.xavier_normal_", (), {}),
    "he_uniform": ("nn.init.kaiming_uniform_", (), {"nonlinearity": "relu"}),
    "he_normal": ("nn.init.kaiming_normal_", (), {"nonlinearity": "relu"}),
    "lecun_uniform": ("nn.init.kaiming_uniform_", (), {"nonlinearity": "linear"}),
    "lecun_normal": ("nn.init.kaiming_normal_", (), {"nonlinearity": "linear"}),
    "normal": ("nn.init.normal_", ("std",), {}),
    "uniform": ("nn.init.uniform_", ("a", "b"), {}),
    "zeros": ("nn.init.zeros_", (), {}),
    "ones": ("nn.init.ones_", (), {}),
    "constant": ("nn.init.constant_", ("val",), {}),
    "orthogonal": ("nn.init.orthogonal_", (), {}),
}

OWN_DEFAULT = "torch_default"  # what the modules do when they are made


def _initialize(tensor: Expression, initializer: Named) -> Call:
    if initializer.name == "truncated_normal":  # PyTorch's bounds are absolute by default
        (std,) = initializer.arguments
        return call("nn.init.trunc_normal_", tensor, std=std, a=-2 * std, b=2 * std)
    function, names, fixed = FUNCTIONS[initializer.name]
    return call(function, tensor, **dict(zip(names, initializer.arguments, strict=True)), **fixed)


def reset_statements(graph: Graph, attributes: Mapping[str, str]) -> list[Statement]:
    """Return the statements that draw all kernels and biases: first the common, then the others."""
    layers = [layer for layer in graph.layers if type(layer.operation) in KERNEL_MODULES]
    wanted: dict[str, dict[str, Named]] = {"weight": {}, "bias": {}}
    for layer in layers:
        for parameter in layer.parameters:
            wanted[parameter.name][layer.name] = parameter.initializer
    common = {
        name: Counter(found.values()).most_common(1)[0][0]
        for name, found in wanted.items()
        if found
    }
    statements = _common_loop(layers, common)
    exceptions: dict[tuple[str, Named], list[str]] = {}
    for name, found in wanted.items():
        for layer_name, initializer in found.items():
            if initializer != common[name]:
                key = (name, _written_out(initializer, graph[layer_name]))
                exceptions.setdefault(key, []).append(attributes[layer_name])
    for (name, initializer), where in exceptions.items():
        statements += _exception(name, initializer, where)
    return statements


def _written_out(initializer: Named, layer: Layer) -> Named:
    """Return what `reset_parameters` draws as what one tensor of `layer` can be given."""
    if initializer.name != OWN_DEFAULT:
        return initializer
    kernel = layer.parameters[0]
    bound = 1 / math.sqrt(kernel.size // kernel.shape[0])
    return Named("uniform", (-bound, bound))


def _common_loop(layers: list[Layer], common: Mapping[str, Named]) -> list[Statement]:
    body: list[Statement] = []
    if "weight" in common and common["weight"].name != OWN_DEFAULT:
        body.append(Do(_initialize(Name("module.weight"), common["weight"])))
    if "bias" in common and common["bias"].name != OWN_DEFAULT:
        there_is_one = Binary(Name("module.bias"), "is not", Literal(None))
        body.append(If(there_is_one, (Do(_initialize(Name("module.bias"), common["bias"])),)))
    if not body:
        return []
    kinds = dict.fromkeys(
        kind.format(rank=layer.input_shapes[0].rank)
        for operation, kind in KERNEL_MODULES.items()
        for layer in layers
        if type(layer.operation) is operation
    )
    names = tuple(map(Name, kinds))
    test = call("isinstance", Name("module"), names[0] if len(names) == 1 else Group(names))
    return [For("module", call("self.modules"), (If(test, tuple(body)),))]


def _exception(name: str, initializer: Named, attributes: list[str]) -> list[Statement]:
    keys = [Literal(f"{attribute}.{name}") for attribute in attributes]
    if len(keys) == 1:
        return [Do(_initialize(call("self.get_parameter", keys[0]), initializer))]
    parameter = call("self.get_parameter", Name("name"))
    return [For("name", Group(tuple(keys)), (Do(_initialize(parameter, initializer)),))]
