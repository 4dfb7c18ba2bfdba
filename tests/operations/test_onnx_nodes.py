"""Every case of ONNX for one operator is a layer that gives the same, or says why it is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache

import numpy as np
import pytest

import archcompiler
from archcompiler.backends import BACKENDS, BUILT_IN
from archcompiler.diagnostics import SpecError
from archcompiler.graph import Graph
from archcompiler.runtime.live import build
from archcompiler.runtime.weights import load_into
from tests.onnx_nodes.case import Array, Layer, NotApplicable, cases, node_of
from tests.onnx_nodes.operators import READERS, layer_of

TOLERANCE = 1e-5


@cache
def read() -> tuple[dict[str, dict[str, Layer]], dict[str, str]]:
    """Return layers by their operators and names, and why other cases of these are none."""
    layers: dict[str, dict[str, Layer]] = {operator: {} for operator in READERS}
    reasons: dict[str, str] = {}
    for case in cases():
        (operator, *others) = (node.op_type for node in case.model.graph.node)
        if operator in READERS and not others:  # which others write out: a case of its own
            try:
                layers[operator][case.name] = layer_of(node_of(case))
            except NotApplicable as reason:
                reasons[case.name] = str(reason)
    return layers, reasons


def computed(backend: str, layer: Layer, graph: Graph) -> Array:
    model = build(graph, backend)
    load_into(model, graph, backend, {f"Case.{name}": x for name, x in layer.weights.items()})
    if backend == "torch":
        import torch

        with torch.inference_mode():
            return model.eval()(*map(torch.tensor, layer.reads)).numpy()
    import keras

    reads = [keras.ops.convert_to_tensor(np.moveaxis(x, 1, -1)) for x in layer.reads]
    given = keras.ops.convert_to_numpy(model(reads if len(reads) > 1 else reads[0]))
    return np.moveaxis(given, -1, 1)


def expressed(graph: Graph) -> Iterator[str]:
    for backend in BUILT_IN:
        with suppress(SpecError):
            BACKENDS[backend].emit(graph)
            yield backend


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("operator", READERS)
def test_a_node_is_a_layer_that_gives_the_same(operator: str) -> None:
    for name, layer in read()[0][operator].items():
        graph = archcompiler.loads(layer.spec).graph
        # Some values are written with four digits.
        rounded = np.allclose(layer.gives, np.round(layer.gives, 4), rtol=0, atol=1e-7)
        near = 6e-5 if rounded else TOLERANCE
        backends = [*expressed(graph)]
        assert backends
        for backend in backends:
            found = computed(backend, layer, graph)
            said = f"{name} in {backend}"
            np.testing.assert_allclose(found, layer.gives, TOLERANCE, near, err_msg=said)


@pytest.mark.slow
def test_the_list_of_cases(golden: Callable[[str, str], None]) -> None:
    """Which are layers, which are not and why: reviewed where it changes."""
    layers, reasons = read()
    found = {
        name: f"equal in {' and '.join(expressed(archcompiler.loads(layer.spec).graph))}"
        for of in layers.values()
        for name, layer in of.items()
    }
    found |= {name: f"none: {why}" for name, why in reasons.items()}
    golden("onnx_nodes.txt", "".join(f"{name}: {found[name]}\n" for name in sorted(found)))
