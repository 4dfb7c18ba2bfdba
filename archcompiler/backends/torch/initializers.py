"""How PyTorch draws first weights: the initializers of a spec as calls of `torch.nn.init`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

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
from archcompiler.backends.rule import rule_of
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Parameter
from archcompiler.operations.fields import Named
from archcompiler.operations.first_weights import (
    BY_FAN_IN,
    distribution_of,
    is_drawn,
    is_drawn_alike,
    uses_fans,
)

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


def _initialize(tensor: Expression, initializer: Named) -> Call:
    if initializer.name == "truncated_normal":  # PyTorch's bounds are absolute by default
        (std,) = initializer.arguments
        return call("nn.init.trunc_normal_", tensor, std=std, a=-2 * std, b=2 * std)
    function, names, fixed = FUNCTIONS[initializer.name]
    return call(function, tensor, **dict(zip(names, initializer.arguments, strict=True)), **fixed)


class Drawn(NamedTuple):
    """What is drawn for a parameter, which is `name` in the module `attribute`."""

    attribute: str
    name: str
    initializer: Named
    parameter: Parameter

    @property
    def alone(self) -> Named:
        """The same for this parameter alone, where PyTorch has no function for it."""
        if self.initializer.name == BY_FAN_IN:
            return distribution_of(self.parameter)
        return self.initializer


def reset_statements(
    graph: Graph, attributes: Mapping[str, str], module_of: Callable[[Layer], str]
) -> list[Statement]:
    """Return the statements that draw all kernels and biases: first the common, then the others.

    `module_of` says what a layer is kept as, such as `nn.Linear`.
    """
    layers = [layer for layer in graph.layers if is_drawn(layer.operation)]
    with_kernels = [layer for layer in layers if "kernel_initializer" in layer.operation.fields]
    drawn = [each for layer in with_kernels for each in _kernel(layer, attributes[layer.name])]
    drawn.sort(key=lambda each: each.name, reverse=True)  # weights, then biases
    common = {}
    for name in dict.fromkeys(each.name for each in drawn):
        counts = Counter(each.initializer for each in drawn if each.name == name)
        ((common[name], _),) = counts.most_common(1)
    others = [each for each in drawn if each.initializer != common[each.name]]
    alike: dict[str, tuple[str, Named]] = {}  # by the kind of module, of those without kernels
    for module, found in _without_kernels(layers, with_kernels, attributes, module_of).items():
        if len(found) > 1 and len({(each.name, each.alone) for each in found}) == 1:
            alike[module] = found[0].name, found[0].alone
        else:
            others += found
    exceptions: dict[tuple[str, Named], list[str]] = {}
    for each in others:
        exceptions.setdefault((each.name, each.alone), []).append(each.attribute)
    modules = sorted({module_of(layer) for layer in with_kernels})
    statements = _loop([*_common(modules, common), *_alike(alike)])
    for (name, initializer), where in exceptions.items():
        statements += _exception(name, initializer, where)
    return statements


def _without_kernels(
    layers: list[Layer],
    with_kernels: list[Layer],
    attributes: Mapping[str, str],
    module_of: Callable[[Layer], str],
) -> dict[str, list[Drawn]]:
    """Return what is drawn for layers that have no kernel, by the kind of their modules."""
    found: dict[str, list[Drawn]] = {}
    for layer in layers:
        if layer not in with_kernels:
            own = found.setdefault(module_of(layer), [])
            own += _not_by_itself(layer, attributes[layer.name])
    return found


def _kernel(layer: Layer, attribute: str) -> Iterator[Drawn]:
    """Yield what is drawn for a kernel and its biases."""
    for parameter in layer.parameters:
        drawn = _drawn(parameter, layer.parameters[0])
        yield Drawn(attribute, parameter.name, drawn, parameter)


def _not_by_itself(layer: Layer, attribute: str) -> Iterator[Drawn]:
    """Yield what is drawn for parameters without fans, unless PyTorch begins so by itself."""
    rule = rule_of(layer.operation, "torch")
    for parameter in layer.parameters:
        if parameter.initializer != rule.begins.get(parameter.name):
            name, _ = rule.where(layer, parameter)
            yield Drawn(attribute, name, parameter.initializer, parameter)


def _drawn(parameter: Parameter, kernel: Parameter) -> Named:
    """Return the initializer of a tensor, written out if PyTorch would take other fans for it.

    It counts those of the kernel from the second axis to the first, each times all further ones
    (`torch.nn.init._calculate_fan_in_and_fan_out`), and takes them for the bias, too.
    """
    shape, initializer = kernel.shape, parameter.initializer
    if len(shape) < 2 or not uses_fans(initializer):
        return initializer
    to, of, *cells = shape
    own = of * math.prod(cells), to * math.prod(cells)
    return initializer if is_drawn_alike(parameter, own) else distribution_of(parameter)


def _common(modules: list[str], common: Mapping[str, Named]) -> Iterator[Statement]:
    """Yield what draws most kernels and biases of a `module`."""
    body: list[Statement] = []
    if "weight" in common and common["weight"].name != BY_FAN_IN:
        body.append(Do(_initialize(Name("module.weight"), common["weight"])))
    if "bias" in common and common["bias"].name != BY_FAN_IN:
        there_is_one = Binary(Name("module.bias"), "is not", Literal(None))
        body.append(If(there_is_one, (Do(_initialize(Name("module.bias"), common["bias"])),)))
    if body:
        names = tuple(map(Name, modules))
        kinds = names[0] if len(names) == 1 else Group(names)
        yield If(call("isinstance", Name("module"), kinds), tuple(body))


def _alike(alike: Mapping[str, tuple[str, Named]]) -> Iterator[Statement]:
    """Yield what draws the tensor of each `module` of a kind without kernels."""
    for module, (name, initializer) in alike.items():
        drawn = Do(_initialize(Name(f"module.{name}"), initializer))
        yield If(call("isinstance", Name("module"), Name(module)), (drawn,))


def _loop(body: list[Statement]) -> list[Statement]:
    return [For("module", call("self.modules"), tuple(body))] if body else []


def _exception(name: str, initializer: Named, attributes: list[str]) -> list[Statement]:
    keys = [Literal(f"{attribute}.{name}") for attribute in attributes]
    if len(keys) == 1:
        return [Do(_initialize(call("self.get_parameter", keys[0]), initializer))]
    parameter = call("self.get_parameter", Name("name"))
    return [For("name", Group(tuple(keys)), (Do(_initialize(parameter, initializer)),))]
