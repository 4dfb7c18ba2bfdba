"""Every initializer of every operation draws from one distribution, whatever draws it.

There is no list of operations here: each that is registered, and lets a spec say how its tensors
begin, is built with every initializer that its fields take.
"""

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

import archcompiler
from archcompiler import checkpoints
from archcompiler.backends import BACKENDS
from archcompiler.graph import Graph
from archcompiler.operations import REGISTRY, Operation, Parameter
from archcompiler.operations.fields import (
    REQUIRED,
    Count,
    Field,
    Named,
)
from archcompiler.operations.first_weights import (
    INITIALIZERS_OF,
    distribution_of,
    is_drawn,
    uses_fans,
)
from archcompiler.operations.lengths import NewSize, Window
from archcompiler.runtime.frameworks import framework_of
from tests.conftest import sampled

np = pytest.importorskip("numpy")

DRAWN = [name for name, operation in REGISTRY.items() if is_drawn(operation)]
SIZES = {"vectors": "size: 60", "lines": "maps: 60, size: 7", "maps": "maps: 60, size: 5x5"}
SIZES |= {"words": "size: 60, vocabulary: 50"}
NEEDED = {"fully_connected": {"size": "80"}}  # one of two fields
ARGUMENTS = {"uniform": "(-0.2, 0.3)"}  # of one that needs two; others that need some have one
BY = [
    pytest.param("init"),
    *(pytest.param(name, marks=getattr(pytest.mark, name)) for name in BACKENDS),
]


def values_of(item: Field) -> Iterator[str]:
    """Yield every initializer that a field takes, as a spec writes it."""
    for name, defaults in item.kind.table.items():  # type: ignore[attr-defined]
        needed = ARGUMENTS.get(name, "(0.05)") if None in defaults else ""
        yield name + needed


def given(item: Field) -> str:
    """Return a value for a field that has to have one: large, so that much is drawn."""
    return {Count: "80", Window: "3", NewSize: "80"}[type(item.kind)]


@cache
def network(name: str, initializer: str) -> Graph | None:
    """Return a network of one layer of each rank with all tensors drawn so."""
    operation: type[Operation] = REGISTRY[name]
    fields = {
        key: given(item) for key, item in operation.fields.items() if item.default is REQUIRED
    }
    fields |= NEEDED.get(name, {})
    for key, item in operation.fields.items():
        if item.kind in INITIALIZERS_OF:
            fields[key] = f'"{initializer}"' if initializer in values_of(item) else "zeros"
    row = ", ".join(f"{key}: {value}" for key, value in fields.items())
    rows, outputs = [], []
    for rank, size in SIZES.items():
        text = f"- {{layer: in_{rank}, type: input, {size}}}\n"
        text += f"- {{layer: L_{rank}, type: {name}, from: in_{rank}, {row}}}\n"
        try:
            archcompiler.loads(f"archc: 1\nname: Drawn\nlayers:\n{text}")
        except archcompiler.SpecError:
            continue  # it reads no such shape
        rows.append(text)
        outputs.append(f"L_{rank}")
    assert rows, f"`{name}` reads nothing: say here what its fields need"
    listed = ", ".join(outputs)
    text = f"archc: 1\nname: Drawn\noutputs: [{listed}]\nlayers:\n{''.join(rows)}"
    return archcompiler.loads(text).graph


def tensors(graph: Graph, by: str) -> dict[str, Any]:
    """Return first weights in the canonical layout."""
    if by == "init":
        wanted = checkpoints.wanted(graph, "torch")
        return {item.canonical: checkpoints.initial(item, 0).read() for item in wanted}
    framework = framework_of(by)
    framework.seed(3)
    model = framework.build(graph)
    return {
        f"{layer.name}.{stored.parameter.name}": stored.canonical(framework.tensor(model, stored))
        for layer in graph.layers
        for stored in BACKENDS[by].stored(graph, layer)
    }


def complaint(parameter: Parameter, values: Any) -> str:
    """Return what is wrong with values that a parameter begins with; nothing if they are right."""
    name, arguments = distribution_of(parameter)
    values = values.astype("float64").ravel()
    count = len(values)
    match name:
        case "zeros" | "ones" | "constant":
            wanted = {"zeros": 0.0, "ones": 1.0}.get(name, *arguments)
            return "" if (np.abs(values - wanted) < 1e-6).all() else f"not all are {wanted}"
        case "orthogonal":
            units = values.reshape(parameter.shape[0], -1)
            gram = units @ units.T if units.shape[0] <= units.shape[1] else units.T @ units
            return "" if np.abs(gram - np.eye(len(gram))).max() < 1e-4 else "not orthogonal"
        case "normal":
            mean, deviation = 0.0, arguments[0]
        case "truncated_normal":
            mean, deviation = 0.0, arguments[0] * 0.8796  # cut at two deviations, not rescaled
        case "uniform":
            mean, deviation = sum(arguments) / 2, (arguments[1] - arguments[0]) / math.sqrt(12)
        case _:
            raise AssertionError(f"no distribution is known of {name}: write its moments here")
    off = abs(values.mean() - mean) / (6 * deviation / math.sqrt(count))
    spread = abs(values.std() / deviation - 1) / (6 / math.sqrt(count))
    return f"mean {off:.2f}, deviation {spread:.2f} of what may be" if max(off, spread) > 1 else ""


def initializers(name: str) -> list[str]:
    fields = REGISTRY[name].fields.values()
    kinds = [item for item in fields if item.kind in INITIALIZERS_OF]
    return list(dict.fromkeys(value for item in kinds for value in values_of(item)))


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize(
    ("name", "initializer"),
    sampled([pytest.param(name, each) for name in DRAWN for each in initializers(name)], 5),
)
def test_one_distribution(name: str, initializer: str, by: str) -> None:
    graph = network(name, initializer)
    assert graph is not None
    try:
        found = complaints(graph, by)
    except archcompiler.SpecError as error:  # a backend that draws otherwise refuses, and says so
        found = {fault.span.text: fault.code for fault in error.diagnostics}
        assert found == {f'"{initializer}"': "ARC501"}
        return
    assert found == {}


def complaints(graph: Graph, by: str) -> dict[str, str]:
    found = tensors(graph, by)
    wrong = {}
    for layer in graph.layers:
        for parameter in layer.parameters:
            key = f"{layer.name}.{parameter.name}"
            if said := complaint(parameter, found[key]):
                wrong[key] = f"{distribution_of(parameter)}: {said}"
    return wrong


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "torch_default"])
def test_what_a_framework_would_scale_by_other_fans(
    initializer: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a depthwise kernel, which PyTorch and Keras count differently, and both wrongly."""
    convolution = REGISTRY["convolution"]
    count = convolution.parameters

    def own(self: Any, inputs: Any) -> tuple[Parameter, ...]:
        return tuple(item._replace(fans=(9, 11)) for item in count(self, inputs))

    monkeypatch.setattr(convolution, "parameters", own)
    graph = network.__wrapped__("convolution", initializer)
    assert {item.fans for layer in graph.layers for item in layer.parameters} == {(9, 11)}
    assert complaints(graph, by) == {}


def test_every_tensor_that_is_scaled_says_by_what() -> None:
    for name in DRAWN:
        graph = network(name, "glorot_uniform")
        assert graph is not None
        for layer in graph.layers:
            for parameter in layer.parameters:
                if uses_fans(parameter.initializer):
                    assert min(parameter.fans) > 1, f"{layer.type}: {parameter.name}"


def test_a_tensor_with_other_fans_than_a_framework_counts_is_written_out() -> None:
    parameter = Parameter("weight", "out in", (("out", 8), ("in", 2)), Named("he_normal"))
    assert distribution_of(parameter._replace(fans=(50, 3))) == Named("normal", (0.2,))
    assert distribution_of(parameter._replace(initializer=Named("torch_default"), fans=(4, 1))) == (
        Named("uniform", (-0.5, 0.5))
    )
