"""Every operation, every field, every edge: both backends compute the same, which is right.

A case is a small network. Cases of one group are merged into one graph with many branches, since
building live models is the cost.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest

import archcompiler
from archcompiler.graph import Graph
from archcompiler.operations.fields import ACTIVATIONS

pytestmark = [pytest.mark.keras, pytest.mark.torch]

Case = tuple[str, ...]  # its rows, from the input down; `outputs: …` may stand last


def window(maps: int, size: str, row: str) -> Case:
    """Return a layer behind a convolution, whose gradients go through that layer."""
    return (
        f"type: input, maps: {maps}, size: {size}",
        f"type: convolution, maps: {maps}, kernel: 1",
        f"layer: under_test, {row}",
    )


PADDINGS = ("valid", "same", "2", "1x2", "[0, 1, 2, 1]")
SIZES = ("16x16", "13x17", "12x9")

CONVOLUTIONS = {
    f"{padding} stride {stride} on {size}": window(
        3, size, f"type: convolution, maps: 4, kernel: 5, stride: {stride}, padding: {padding}"
    )
    for padding, stride, size in product(PADDINGS, (1, 2, 3, 4), SIZES)
} | {
    f"{name}, {padding}": window(4, "11x14", f"type: convolution, padding: {padding}, {row}")
    for padding in PADDINGS
    for name, row in {
        "even kernel": "maps: 3, kernel: 4",
        "even kernel with a stride": "maps: 3, kernel: 4, stride: 2",
        "kernel of 1": "maps: 3, kernel: 1",
        "kernel of 1 with a stride": "maps: 3, kernel: 1, stride: 2",
        "flat kernel": "maps: 3, kernel: 1x7",
        "narrow kernel": "maps: 3, kernel: 5x2",
        "uneven stride": "maps: 3, kernel: 3x2, stride: 1x2",
        "dilated": "maps: 3, kernel: 3, dilation: 2",
        "dilated unevenly": "maps: 3, kernel: 3x2, dilation: 1x3",
        "dilated even kernel": "maps: 3, kernel: 2, dilation: 3",
        "two groups": "maps: 6, kernel: 3, groups: 2",
        "two groups with a stride": "maps: 6, kernel: 3, groups: 2, stride: 2",
        "depthwise": "maps: 8, kernel: 3, groups: 4",
        "no bias": "maps: 3, kernel: 3, bias: false",
    }.items()
}

POOLINGS = (
    {
        f"{kind}, {name}, {padding}, {rounding}": window(
            2, size, f"type: {kind}, {row}, padding: {padding}, rounding: {rounding}"
        )
        for kind in ("max_pooling", "average_pooling")
        for padding, rounding in product(
            ("valid", "same", "1", "0x1", "[0, 1, 1, 0]"), ("floor", "ceil")
        )
        for name, size, row in (
            ("odd kernel on an even size", "14x12", "kernel: 3, stride: 2"),
            ("odd kernel on an odd size", "13x15", "kernel: 3, stride: 2"),
            ("stride of its own", "11x13", "kernel: 2"),
            ("stride of 1", "9x8", "kernel: 3, stride: 1"),
            ("stride above the kernel", "17x16", "kernel: 2, stride: 3"),
            ("uneven window and stride", "10x17", "kernel: 2x3, stride: 3x2"),
        )
    }
    | {
        f"{kind}, {name}": window(2, size, f"type: {kind}, {row}")
        for kind in ("max_pooling", "average_pooling")
        for name, size, row in (
            ("more than half a kernel", "9x10", "kernel: 3, stride: 2, padding: 2"),
            (
                "more than half a kernel, ceil",
                "9x10",
                "kernel: 3, stride: 2, padding: 2, rounding: ceil",
            ),
            ("half of an even kernel", "9x10", "kernel: 4, stride: 3, padding: 2"),
            ("a window as large as the map", "7x7", "kernel: 7"),
            (
                "a window that starts in the padding is left out",
                "7x8",
                "kernel: 2, padding: 1, rounding: ceil",
            ),
        )
    }
    | {
        f"padding counts: {padding}, {rounding}, {name}": window(
            2,
            "11x14",
            f"type: average_pooling, {row}, padding: {padding}, rounding: {rounding}, count_padding: true",
        )
        for padding, rounding in product(("same", "1", "2", "[0, 1, 1, 0]"), ("floor", "ceil"))
        for name, row in (
            ("kernel 3", "kernel: 3, stride: 2"),
            ("kernel 4", "kernel: 4, stride: 3"),
        )
    }
    | {
        "global average": window(3, "7x9", "type: global_average_pooling"),
        "global max": window(3, "7x9", "type: global_max_pooling"),
        "global max of 15x18": window(1, "15x18", "type: global_max_pooling"),
    }
)

MAPS, VECTOR = "layer: in, type: input, maps: 3, size: 7x9", "layer: in, type: input, size: 12"

NORMALIZATIONS = {
    f"local response, n {n} of {maps} maps": window(
        maps, "5x4", f"type: local_response_normalization, n: {n}, k: 1, alpha: 0.3, beta: 0.6"
    )
    for n, maps in ((1, 4), (2, 5), (3, 7), (4, 8), (5, 6), (6, 6), (9, 3), (5, 1))
} | {
    "local response, all defaults": window(7, "5x4", "type: local_response_normalization"),
    "batch, maps": (MAPS, "type: batch_normalization"),
    "batch, maps, its own constants": (
        MAPS,
        "type: batch_normalization, epsilon: 0.1, momentum: 0.3",
    ),
    "batch, vector": (VECTOR, "type: batch_normalization, activation: relu"),
    "batch, flattened maps": (MAPS, "type: flatten", "type: batch_normalization"),
    "batch, flattened maps, then dense": (
        MAPS,
        "type: flatten",
        "type: batch_normalization",
        "type: fully_connected, size: 5",
    ),
}

SHAPES = {
    "dense": (VECTOR, "type: fully_connected, size: 5"),
    "dense without bias": (VECTOR, "type: fully_connected, size: 5, bias: false"),
    "dense of maps": (MAPS, "type: fully_connected, size: 5"),
    "dense of maps from elsewhere": (
        MAPS,
        "layer: a, type: convolution, maps: 2, kernel: 3",
        "layer: b, type: fully_connected, size: 5, from: a",
        "layer: c, type: fully_connected, size: 5, from: a",
        "type: add, from: [b, c]",
    ),
    "flatten, dense": (MAPS, "type: flatten", "type: fully_connected, size: 5"),
    "flatten, dropout, dense": (
        MAPS,
        "type: flatten",
        "type: dropout, rate: 0.5",
        "type: activation, activation: tanh",
        "type: fully_connected, size: 5",
    ),
    "flatten with an activation, dense": (
        MAPS,
        "type: flatten, activation: softmax",
        "type: fully_connected, size: 5",
    ),
    "flatten, flatten, dense": (
        MAPS,
        "type: flatten",
        "type: flatten",
        "type: fully_connected, size: 5",
    ),
    "flatten of a vector": (VECTOR, "type: flatten", "type: fully_connected, size: 5"),
    "flatten as the output": (MAPS, "type: flatten"),
    "flatten as an output besides": (
        MAPS,
        "layer: flat, type: flatten",
        "layer: out, type: fully_connected, size: 5",
        "outputs: [flat, out]",
    ),
    "dropout of flattened maps as an output besides": (
        MAPS,
        "type: flatten",
        "layer: drop, type: dropout, rate: 0.5",
        "layer: out, type: fully_connected, size: 5",
        "outputs: [out, drop]",
    ),
    "flatten, concatenate, dense": (
        MAPS,
        "layer: a, type: flatten",
        "layer: b, type: global_max_pooling, from: in",
        "type: concatenate, from: [a, b]",
        "type: fully_connected, size: 5",
    ),
    "flatten, add, dense": (
        MAPS,
        "layer: a, type: flatten",
        "layer: b, type: convolution, maps: 3, kernel: 3, padding: same, from: in",
        "layer: c, type: flatten",
        "type: add, from: [a, c]",
        "type: fully_connected, size: 5",
    ),
    "flattened maps of different shapes, add, dense": (
        "layer: a, type: input, maps: 3, size: 4x5",
        "layer: fa, type: flatten",
        "layer: b, type: input, maps: 5, size: 3x4",
        "layer: fb, type: flatten",
        "type: add, from: [fa, fb]",
        "type: fully_connected, size: 5",
    ),
    "a residual around the input": (
        MAPS,
        "layer: c, type: convolution, maps: 3, kernel: 3, padding: same",
        "type: add, from: [c, in]",
    ),
    "an input that three layers read": (
        MAPS,
        "layer: a, type: convolution, maps: 3, kernel: 3, padding: same",
        "layer: b, type: convolution, maps: 3, kernel: 5, padding: same, from: in",
        "layer: s, type: add, from: [a, b]",
        "type: concatenate, from: [in, s]",
    ),
    "spatial dropout": (MAPS, "type: dropout, rate: 0.3, spatial: true"),
    "a layer read where padding is needed": (
        MAPS,
        "layer: a, type: convolution, maps: 3, kernel: 3, padding: same",
        "layer: p, type: max_pooling, kernel: 3, stride: 1, padding: [0, 2, 2, 0]",
        "type: add, from: [a, p]",
    ),
    "rows left out": (
        MAPS,
        "layer: a, type: convolution, maps: 4, kernel: 3, when: false",
        "layer: b, type: convolution, maps: 3, kernel: 3, padding: same",
        "layer: c, type: dropout, rate: 0.5, when: false",
        "type: add, from: [a, c]",
    ),
    "forward references": (
        MAPS,
        "layer: last, type: multiply, from: [second, first]",
        "layer: second, type: convolution, maps: 3, kernel: 3, padding: same, from: first",
        "layer: first, type: convolution, maps: 3, kernel: 3, padding: same, from: in",
        "outputs: last",
    ),
    "several inputs and outputs": (
        "layer: left, type: input, maps: 2, size: 6x5",
        "layer: right, type: input, maps: 3, size: 6x5",
        "layer: aside, type: input, size: 4",
        "layer: cat, type: concatenate, from: [left, right]",
        "layer: dense, type: fully_connected, size: 4",
        "layer: sum, type: add, from: [aside, dense]",
        "outputs: [sum, cat, aside]",
    ),
    "an input as an output": (MAPS, "layer: c, type: global_max_pooling", "outputs: [in, c]"),
} | {
    f"{kind} of {text}": (VECTOR if vector else MAPS, *rows, f"type: {kind}, from: [{text}]")
    for kind, text, vector in product(
        ("add", "multiply", "concatenate"), ("in, a", "a, in, b", "a, a", "a, b, a"), (False, True)
    )
    for rows in [
        tuple(
            f"layer: {name}, from: in, "
            + (
                "type: fully_connected, size: 12"
                if vector
                else "type: convolution, maps: 3, kernel: 1"
            )
            for name in "ab"
            if name in text
        )
    ]
}

CALLS = (*ACTIVATIONS, "leaky_relu(0.3)", "elu(0.5)", "leaky_relu(0)")
ACTIVATED = {
    f"{name} as {text}": (start, row.format(name))
    for name in CALLS
    for text, start, row in (
        ("a layer on maps", MAPS, "type: activation, activation: {}"),
        ("a layer on a vector", VECTOR, "type: activation, activation: {}"),
        ("a field of a convolution", MAPS, "type: convolution, maps: 3, kernel: 3, activation: {}"),
        ("a field of a dense layer", VECTOR, "type: fully_connected, size: 4, activation: {}"),
        ("a field of a pooling", MAPS, "type: max_pooling, kernel: 2, activation: {}"),
    )
}

ANY = 'layer: in, type: input, maps: 2, size: "?x?"'
UNKNOWN = {
    "stated padding": (
        ANY,
        "type: convolution, maps: 3, kernel: 3, stride: 2, padding: [0, 1, 2, 0]",
    ),
    "same": (ANY, "type: convolution, maps: 3, kernel: 4, padding: same"),
    "known height": (
        "type: input, maps: 2, size: 9x?",
        "type: convolution, maps: 3, kernel: 3, padding: 1",
        "type: max_pooling, kernel: 3, padding: [1, 0, 0, 1]",
        "type: average_pooling, kernel: 3, stride: 2, padding: [1, 0, 0, 1]",
    ),
    "down to a vector": (
        ANY,
        "type: max_pooling, kernel: 3, stride: 2, padding: 1",
        "type: average_pooling, kernel: 2",
        "type: average_pooling, kernel: 3, padding: 1",
        "type: local_response_normalization",
        "type: batch_normalization",
        "type: dropout, rate: 0.5, spatial: true",
        "layer: a, type: convolution, maps: 2, kernel: 1, activation: softmax",
        "layer: b, type: multiply, from: [a, a]",
        "type: concatenate, from: [a, b]",
        "type: global_average_pooling",
        "type: fully_connected, size: 3, activation: softmax",
    ),
}

GROUPS: dict[str, dict[str, Case]] = {
    "convolutions": CONVOLUTIONS,
    "poolings": POOLINGS,
    "normalizations": NORMALIZATIONS,
    "shapes": SHAPES,
    "activations": ACTIVATED,
    "unknown sizes": UNKNOWN,
}
ALL_CASES = [(group, name) for group, cases in GROUPS.items() for name in cases]


@cache
def network(rows: Case) -> Graph:
    *rows, last = rows
    outputs = f"{last}\n" if last.startswith("outputs") else ""
    rows = rows if outputs else [*rows, last]
    listed = "".join(f"- {{{row}}}\n" for row in rows)
    return archcompiler.loads(f"archc: 1\nname: Case\n{outputs}layers:\n{listed}").graph


def merged(graphs: dict[str, Graph]) -> Graph:
    """Return one graph with all of `graphs` side by side, layers named `GRAPH: LAYER`."""
    layers = [
        layer._replace(
            name=f"{name}__{layer.name}",
            inputs=tuple(f"{name}__{source}" for source in layer.inputs),
        )
        for name, graph in graphs.items()
        for layer in graph.layers
    ]
    outputs = [f"{name}__{output}" for name, graph in graphs.items() for output in graph.outputs]
    return Graph("Group", layers, outputs)


@cache
def differences(group: str) -> dict[str, dict[str, Any]]:
    """Return for each case what was compared, by name, and the number it was compared with."""
    from archcompiler.runtime.verify import verify

    numbers = {name: f"n{number}" for number, name in enumerate(GROUPS[group])}
    graph = merged({numbers[name]: network(rows) for name, rows in GROUPS[group].items()})
    as_written = verify(graph, gradients=True)
    layer_by_layer = verify(graph, layers=True)
    found: dict[str, dict[str, Any]] = {name: {} for name in GROUPS[group]}
    for kind, items in (
        ("output", as_written.outputs),
        ("gradient", as_written.gradients),
        ("layer", layer_by_layer.outputs),
    ):
        for item in items:
            number, _, name = item.name.partition("__")
            case = list(numbers)[int(number[1:])]
            found[case][f"{kind} {name}"] = item
    return found


@pytest.mark.parametrize(("group", "name"), ALL_CASES)
def test_agree(group: str, name: str) -> None:
    graph = network(GROUPS[group][name])
    found = differences(group)[name]
    assert {f"output {output}" for output in graph.outputs} <= set(found)
    assert {f"layer {layer.name}" for layer in graph.layers if layer.type != "input"} <= set(found)
    trained = [item for layer in graph.layers for item in layer.parameters if item.trainable]
    assert sum(key.startswith("gradient") for key in found) == len(trained)
    wrong = {key: item for key, item in found.items() if not item.within(1e-5)}
    assert not wrong
