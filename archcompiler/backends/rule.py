"""The rule of an operation in a backend: how it is written, and how its tensors are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple

from archcompiler import plugins
from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import Stored, unsupported
from archcompiler.backends.layouts import Layout, Wanted
from archcompiler.diagnostics import Fault
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Operation, Parameter
from archcompiler.operations.axes import axes_of
from archcompiler.operations.fields import Named
from archcompiler.plugins import Plugin


class Kept(NamedTuple):
    """What a framework calls a parameter, and its order of the axes: None for that of archc.

    `*` stands for the axes that the others leave: a kernel of axes `out in kh kw` which is kept
    as `* in out` is kept as `kh kw in out`. `1` is an axis of length 1.
    """

    name: str
    axes: str | None = None


class Rule(NamedTuple):
    """How a backend has one operation.

    `lower` returns the code of a layer; what it is given and returns is the backend's own matter.
    `kept` says where the framework has a parameter of the operation, by its name in archc, or is a
    function that does so of a layer; what is not there is kept by that name, as its axes are.
    `helpers` are functions and classes that its code may name, beside those of the backend's own
    templates: their texts, by their names. What a file imports follows from the names in its code.

    `begins` says what the framework begins a parameter with by itself, which need not be written.

    `layout` is how a layer reads its inputs and gives its output, where values of the framework
    have several: None if it takes any and gives the same, a function if that depends on the layer.

    `single` says whether the framework has a layer, and its gradients, in float32 alone.
    """

    lower: Callable[..., Any]
    kept: Mapping[str, Kept] | Callable[[Layer], Mapping[str, Kept]] = MappingProxyType({})
    helpers: Mapping[str, str] = MappingProxyType({})
    begins: Mapping[str, Named] = MappingProxyType({})
    layout: Layout | Callable[[Layer], Wanted] | None = Layout.FIRST
    single: Callable[[Layer], bool] = lambda _: False

    def wanted(self, layer: Layer) -> Wanted:
        """Return the layouts in which a layer reads and gives values."""
        if isinstance(self.layout, Layout | None):
            return Wanted(self.layout, self.layout)
        return self.layout(layer)

    def where(self, layer: Layer, parameter: Parameter) -> tuple[str, str]:
        """Return the name and the axes by which the framework has a parameter of a layer."""
        kept = self.kept if isinstance(self.kept, Mapping) else self.kept(layer)
        name, axes = kept.get(parameter.name, Kept(parameter.name))
        if axes is None:
            return name, parameter.axes
        said = axes.split()
        others = [axis for axis in axes_of(parameter.axes) if axis not in said]
        return name, axes.replace("*", " ".join(others))


Rules = Mapping[type[Operation], Rule]


def stored_by_rule(layer: Layer, name: str, backend: str) -> list[Stored]:
    """Return where each parameter of a layer is kept, which the framework has as `name`."""
    if not layer.parameters:
        return []
    rule = rule_of(layer.operation, backend)
    return [
        Stored(parameter, name, *rule.where(layer, parameter)) for parameter in layer.parameters
    ]


def rule_of(operation: Operation, backend: str) -> Rule:
    """Return the rule of `operation`: the backend's own, or one that comes with the operation.

    Raises:
        Fault: There is none (ARC501).
    """
    kind = type(operation)
    rules = BACKENDS[backend].rules
    if kind in rules:
        return rules[kind]
    why = BACKENDS[backend].cannot.get(kind, "")
    if backend in kind.rules:
        plugin = Plugin(plugins.OPERATIONS, kind.type, kind.rules[backend])
        found, why = plugins.load(plugin), plugins.why_left_out(plugin)
        if found is not None:
            return found if isinstance(found, Rule) else Rule(found)
    others = list(_expressing(kind, backend))
    named = " and ".join(f"`{name}`" for name in others) or "no backend"
    message = f"`{backend}` has no `{operation.type}`{why and f': {why}'}"
    raise unsupported("type", message, f"{named} express{'' if len(others) > 1 else 'es'} it")


def helpers_of(graph: Graph, backend: str) -> dict[str, str]:
    """Return the helpers that come with the rules of a graph's operations."""
    helpers: dict[str, str] = {}
    for layer in graph.layers:
        with suppress(Fault):  # of an operation that the backend does not have: told elsewhere
            helpers |= rule_of(layer.operation, backend).helpers
    return helpers


def _expressing(operation: type[Operation], backend: str) -> Iterator[str]:
    """Yield the names of the other backends that express an operation."""
    for name, each in BACKENDS.items():
        with suppress(ImportError):  # of other packages
            if name != backend and (name in operation.rules or operation in each.rules):
                yield name
