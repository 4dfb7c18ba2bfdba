"""Every operation, every field, every edge: both backends compute the same, which is right.

A case is a small network. Cases of one group are merged into one graph with many branches, since
building live models is the cost.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest

import archcompiler
from archcompiler.backends import BACKENDS, PAIR
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.graph import Body, Graph
from archcompiler.graph.expand import fields_of
from archcompiler.operations import KNOWN_AS, REGISTRY, Operation
from archcompiler.operations.elementwise import Activate
from archcompiler.operations.fields import ACTIVATIONS
from archcompiler.operations.operation import operation as registered
from archcompiler.runtime.frameworks import framework_of
from archcompiler.runtime.inputs import random_inputs
from archcompiler.runtime.live import build
from archcompiler.runtime.verify import verify
from archcompiler.runtime.weights import load_into, random_weights

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

DEPTHWISE = (
    {
        f"{padding} stride {stride} on {size}": window(
            3, size, f"type: depthwise_convolution, kernel: 5, stride: {stride}, padding: {padding}"
        )
        for padding, stride, size in product(PADDINGS, (1, 2, 3), SIZES)
    }
    | {
        f"{name}, {padding}": window(
            4, size, f"type: depthwise_convolution, padding: {padding}, {row}"
        )
        for padding in PADDINGS
        for name, size, row in (
            ("even kernel", "11x14", "kernel: 4"),
            ("kernel of 1 with a stride", "11x14", "kernel: 1, stride: 2"),
            ("flat kernel", "11x14", "kernel: 1x7, activation: relu6"),
            ("dilated unevenly", "11x14", "kernel: 3x2, dilation: 1x3"),
            ("no bias", "11x14", "kernel: 3, bias: false, activation: leaky_relu(0.1)"),
        )
    }
    | {"a map alone": window(1, "6x5", "type: depthwise_convolution, kernel: 3")}
)

TRANSPOSED = {
    f"kernel {kernel}, stride {stride}, {padding}": window(
        3,
        "5x6",
        f"type: transposed_convolution, maps: 4, kernel: {kernel}, stride: {stride}, "
        f"padding: {padding}",
    )
    for kernel, stride, padding in product(
        ("1", "2", "3", "4x5"), ("1", "2", "3x1"), ("valid", "same")
    )
} | {
    f"kernel {kernel}, stride {stride}, {padding}": window(
        3,
        "5x6",
        f"type: transposed_convolution, maps: 2, kernel: {kernel}, stride: {stride}, "
        f"padding: {padding}, bias: false, activation: relu",
    )
    for kernel, stride, padding in product(("3", "4x3"), ("1", "2", "5"), ("1", "[0, 1, 2, 0]"))
}

CROPS = {
    f"crop of 9x8 to {size}": window(2, "9x8", f"type: crop, size: {size}")
    for size in ("9x8", "8x8", "5x5", "6x1", "1x1", "3x8")
} | {
    "crop to another": (
        "layer: in, type: input, maps: 2, size: 9x8",
        "layer: a, type: convolution, maps: 3, kernel: 4x3",
        "layer: b, type: crop, from: [in, a]",
        "type: concatenate, from: [a, b]",
    )
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
            f"type: average_pooling, {row}, padding: {padding}, rounding: {rounding}, "
            "count_padding: true",
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
    "batch, no scale": (MAPS, "type: batch_normalization, scale: false, activation: relu"),
    "batch, no bias": (MAPS, "type: batch_normalization, bias: false"),
    "batch, neither": (MAPS, "type: batch_normalization, scale: false, bias: false"),
    "batch, frozen": (MAPS, "type: batch_normalization, frozen: true, activation: relu"),
    "batch, frozen without scale": (MAPS, "type: batch_normalization, frozen: true, scale: false"),
    "batch, frozen without both, vector": (
        VECTOR,
        "type: batch_normalization, frozen: true, scale: false, bias: false",
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

ELEMENTWISE = {
    f"{name} of {of}": (first, row)
    for of, first in (
        ("a vector", VECTOR),
        ("a line", "type: input, maps: 3, size: 7"),
        ("maps", MAPS),
        ("a block of maps", "type: input, maps: 3, size: 4x3x2"),
    )
    for name, row in (
        ("prelu", "type: prelu"),
        ("prelu, other slopes", "type: prelu, slope_initializer: zeros, activation: tanh"),
        ("stochastic depth", "type: stochastic_depth, rate: 0.3"),
        ("scaled silu", "type: activation, activation: silu(1.702)"),
        ("scaled silu after a layer", "type: batch_normalization, activation: silu(0.5)"),
        ("exp", "type: activation, activation: exp"),
    )
} | {
    "prelu of flattened maps": (MAPS, "type: flatten", "type: prelu"),
    "prelu of flattened maps, dense": (
        MAPS,
        "type: flatten",
        "type: prelu",
        "type: fully_connected, size: 4",
    ),
}

VECTOR_OF_A = "layer: v, type: global_max_pooling, from: a"
MAP_OF_IN = "layer: m, type: convolution, maps: 1, kernel: 1, activation: sigmoid, from: In"
GATED = {
    f"{kind}, {name} of {maps}": (
        f"layer: In, type: input, {maps}",
        "layer: a, type: convolution, maps: 4, kernel: 1, from: In",
        *rows,
        f"type: {kind}, from: [{reads}]",
    )
    for kind in ("add", "multiply", "maximum", "minimum", "average")
    for maps in (
        "maps: 3, size: 5",
        "maps: 2, size: 4x6",
        "maps: 2, size: 4x4",
        "maps: 2, size: 4x3x2",
    )
    for name, reads, rows in (
        ("one number a map", "a, v", (VECTOR_OF_A,)),
        ("one map", "a, m", (MAP_OF_IN,)),
        ("several", "a, a, v, v", (VECTOR_OF_A,)),
        ("both", "a, v, m", (VECTOR_OF_A, MAP_OF_IN))
        if kind not in ("add", "average")
        else ("a map and more", "a, a, m", (MAP_OF_IN,)),
    )
} | {
    f"subtract, {name} of {maps}": (
        f"layer: In, type: input, {maps}",
        "layer: a, type: convolution, maps: 4, kernel: 1, from: In",
        *rows,
        f"type: subtract, from: [{reads}], activation: tanh",
    )
    for maps in ("maps: 3, size: 5", "maps: 2, size: 4x4", "maps: 2, size: 4x3x2")
    for name, reads, rows in (
        ("one number a map", "a, v", (VECTOR_OF_A,)),
        ("one map", "a, m", (MAP_OF_IN,)),
        ("all", "a, b", ("layer: b, type: convolution, maps: 4, kernel: 1, from: In",)),
    )
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
    "rectifiers of what others read": (
        MAPS,
        "layer: c, type: convolution, maps: 3, kernel: 3, padding: same, activation: tanh",
        "layer: r, type: activation, activation: relu",
        "layer: d, type: dropout, rate: 0.5, activation: relu, from: c",
        "layer: b, type: batch_normalization, activation: relu, from: c",
        "layer: i, type: dropout, rate: 0.5, activation: relu, from: in",
        "layer: s, type: add, from: [c, r, d, b, i, in]",
        "layer: f, type: flatten, activation: relu",
        "layer: g, type: global_max_pooling, from: s",
        "type: concatenate, from: [f, g]",
    ),
    "an input of whole numbers": (
        MAPS,
        "layer: c, type: global_max_pooling",
        "layer: words, type: input, size: 4, vocabulary: 9",
        "outputs: [words, c]",
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

ORDERS = ("maps rows columns", "rows columns maps", "columns rows maps")
REARRANGED = (
    {
        f"{name} of {of}": (first, *rows, f"type: {row}")
        for of, first, rows in (
            ("a vector", "type: input, size: 12", ()),
            ("a line", "type: input, maps: 12, size: 7", ()),
            ("maps", "type: input, maps: 12, size: 4x6", ()),
            ("a block of maps", "type: input, maps: 12, size: 4x3x2", ()),
            (
                "maps with their channels last",
                "type: input, maps: 12, size: 4x6",
                ("type: space_to_depth, block: 2, order: rows columns maps",),
            ),
        )
        for name, row in (
            ("slice", "slice, start: 3, length: 5, activation: tanh"),
            ("slice from the first", "slice, length: 5"),
            ("slice to the last", "slice, start: 8, length: 4"),
            ("shuffle", "channel_shuffle, groups: 3, activation: relu"),
            ("sequence", "to_sequence, activation: relu"),
        )
        if of != "a vector" or name.startswith("slice")
    }
    | {
        f"{kind}, {order}, on {size}": window(
            12, size, f"type: {kind}, block: 2, order: {order}, activation: relu"
        )
        for kind in ("space_to_depth", "depth_to_space")
        for order in ORDERS
        for size in ("4x6", "6x6")
    }
    | {
        f"depth to space, {order}, block of 3": window(
            18, "2x3", f"type: depth_to_space, block: 3, order: {order}"
        )
        for order in ORDERS
    }
    | {
        f"maps of a vector, {size}": (
            "type: input, size: 5",
            "type: fully_connected, size: 24",
            f"type: to_maps, size: {size}",
            "type: convolution, maps: 2, kernel: 1",
        )
        for size in ("1x1", "2x3", "4", "2x2x3", "1x1x1")
    }
    | {
        "maps of flattened maps": (
            MAPS,
            "type: flatten",
            "type: to_maps, size: 3x3",
            "type: convolution, maps: 2, kernel: 1",
        ),
        "maps of a sequence": (
            "type: input, maps: 3, size: 4x6",
            "type: to_sequence",
            "type: to_maps, size: 6x4",
            "type: convolution, maps: 2, kernel: 3",
        ),
        "maps of a sequence, back to a line": (
            "type: input, maps: 3, size: 24",
            "type: to_maps, size: 2x3x4",
            "type: to_sequence",
        ),
    }
)

OVER_CHANNELS = {
    f"{name} of {of}": (first, *rows, f"layer: under_test, type: {row}, activation: tanh")
    for of, first, rows in (
        ("a vector", "type: input, size: 12", ()),
        ("flattened maps", "type: input, maps: 6, size: 1x2", ("type: flatten",)),
        ("a line", "type: input, maps: 12, size: 7", ()),
        ("maps", "type: input, maps: 12, size: 4x6", ("type: convolution, maps: 12, kernel: 1",)),
        ("a block of maps", "type: input, maps: 12, size: 4x3x2", ()),
        ("a sequence", "type: input, maps: 12, size: 4x3", ("type: to_sequence",)),
    )
    for name, row in (
        ("layer normalization", "layer_normalization"),
        ("... with another epsilon", "layer_normalization, epsilon: 0.001"),
        ("... without bias", "layer_normalization, bias: false"),
        ("... without both", "layer_normalization, bias: false, scale: false"),
        ("root mean square", "rms_normalization"),
        ("root mean square, large epsilon", "rms_normalization, epsilon: 0.1"),
        ("groups", "group_normalization, groups: 3"),
        ("one group", "group_normalization, groups: 1"),
        ("instances without bias", "group_normalization, groups: 12, bias: false, epsilon: 0.01"),
        ("groups without both", "group_normalization, groups: 2, bias: false, scale: false"),
        ("dense at each cell", "fully_connected, maps: 5"),
        ("dense at each cell without bias", "fully_connected, maps: 5, bias: false"),
    )
    if not name.startswith("dense") or of not in ("a vector", "flattened maps")
} | {
    "layouts meet": (
        "layer: in, type: input, maps: 4, size: 5x3",
        "layer: a, type: layer_normalization",
        "layer: b, type: fully_connected, maps: 6, activation: gelu",
        "layer: c, type: convolution, maps: 4, kernel: 1",
        "layer: d, type: add, from: [c, a, in]",
        "type: fully_connected, size: 3",
    ),
}

TRAINED_TENSORS = {
    f"{kind} {of} by a tensor, {size}": (
        f"layer: in, type: input, {of}",
        "layer: a, type: convolution, maps: 4, kernel: 1",
        f"layer: p, type: parameter, {size}, initializer: normal(0.5)",
        f"layer: b, type: {kind}, from: [a, p]",
        *behind,
    )
    for kind in ("add", "multiply")
    for of, sizes in (
        ("maps: 3, size: 5", ("size: 4", "maps: 4, size: 5", "maps: 1, size: 5")),
        ("maps: 2, size: 4x3", ("size: 4", "maps: 4, size: 4x3", "maps: 1, size: 4x3")),
        ("maps: 2, size: 4x3x2", ("size: 4", "maps: 4, size: 4x3x2")),
    )
    for size in sizes
    for behind in ((), ("type: layer_normalization", "type: fully_connected, maps: 3"))
} | {
    "a tensor by itself": ("type: input, size: 3", "type: parameter, maps: 3, size: 2x5"),
    "a tensor beside a vector": (
        "layer: in, type: input, size: 3",
        "layer: p, type: parameter, size: 4, initializer: 'uniform(-1, 1)'",
        "type: concatenate, from: [p, in]",
        "type: fully_connected, size: 4",
    ),
}

SEQUENCE = "layer: in, type: input, maps: 12, size: 7"
ATTENTIONS = (
    {
        f"packed, {name}": (
            SEQUENCE,
            "layer: a, type: fully_connected, maps: 36",
            f"type: attention, {row}, activation: tanh",
        )
        for name, row in {
            "one head": "heads: 1",
            "three heads": "heads: 3",
            "causal": "heads: 4, causal: true",
            "another scale": "heads: 2, scale: 0.7",
        }.items()
    }
    | {
        f"apart, {name}": (
            SEQUENCE,
            "layer: q, type: fully_connected, maps: 8, from: in",
            "layer: o, type: slice, length: 6, from: in",
            "layer: k, type: fully_connected, maps: 8, from: o",
            f"layer: v, type: fully_connected, maps: {features}, from: o",
            f"type: attention, {row}, from: [q, k, v]",
            "type: fully_connected, maps: 3",
        )
        for name, features, row in (
            ("two heads", 8, "heads: 2"),
            ("narrow values", 4, "heads: 2"),
            ("causal", 8, "heads: 4, causal: true, scale: 0.5"),
        )
    }
    | {
        "of other tokens": (
            SEQUENCE,
            "layer: q, type: convolution, maps: 12, kernel: 3, from: in",
            "layer: k, type: convolution, maps: 12, kernel: 2, from: in",
            "type: attention, heads: 3, from: [q, k, k]",
        ),
        **{
            f"masked, {name}": (
                SEQUENCE,
                "layer: mask, type: input, size: 7, vocabulary: 2",
                "layer: a, type: fully_connected, maps: 24, from: in",
                f"type: attention, {row}, from: [a, mask]",
                "type: fully_connected, maps: 3",
            )
            for name, row in (
                ("two heads", "heads: 2"),
                ("causal", "heads: 4, causal: true"),
                ("another scale, and dropout", "heads: 2, scale: 0.7, dropout: 0.1"),
            )
        },
        **{
            f"shared keys, {name}": (
                SEQUENCE,
                "layer: mask, type: input, size: 7, vocabulary: 2",
                "layer: q, type: fully_connected, maps: 24, from: in",
                f"layer: k, type: fully_connected, maps: {keys}, from: in",
                f"layer: v, type: fully_connected, maps: {values}, from: in",
                f"layer: A, type: attention, heads: 6, {row}, from: [q, k, v{mask}]",
                *(() if mask else ("layer: m, type: embedding, maps: 24, from: mask",)),
                *(() if mask else ("type: add, from: [A, m]",)),
            )
            for name, keys, values, row, mask in (
                ("of two heads", 8, 8, "causal: true", ""),
                ("of one head", 4, 4, "dropout: 0.2", ""),
                ("and a mask", 12, 9, "causal: true", ", mask"),
                ("of narrow values", 12, 3, "scale: 0.3", ", mask"),
            )
        },
        **{
            f"rotary places, {row}": (
                SEQUENCE,
                "layer: q, type: fully_connected, maps: 12, from: in",
                "layer: k, type: fully_connected, maps: 12, from: in",
                f"layer: tq, type: rotary_embedding, {row}, from: q",
                f"layer: tk, type: rotary_embedding, {row}, from: k, activation: tanh",
                "type: attention, heads: 3, causal: true, from: [tq, tk, k]",
            )
            for row in ("heads: 3", "heads: 1, base: 500", "heads: 6")
        },
        "packed, with dropout": (
            SEQUENCE,
            "layer: a, type: fully_connected, maps: 24",
            "type: attention, heads: 2, causal: true, dropout: 0.5",
        ),
        "a class token": (
            SEQUENCE,
            "layer: token, type: parameter, maps: 12, size: 1, initializer: normal(1)",
            "layer: all, type: concatenate, axis: tokens, from: [token, in]",
            "layer: places, type: parameter, maps: 12, size: 8, initializer: normal(1)",
            "layer: sum, type: add, from: [all, places]",
            "type: convolution, maps: 12, kernel: 1",
            "type: select",
        ),
        "the last token": (SEQUENCE, "type: layer_normalization", "type: select, token: -1"),
        "sequences behind each other": (
            SEQUENCE,
            "layer: a, type: convolution, maps: 12, kernel: 3",
            "type: concatenate, axis: tokens, from: [in, a, in]",
            "type: convolution, maps: 2, kernel: 2",
        ),
    }
)

POOLED_TO_A_SIZE = {
    f"{kind}, {size} to {to}": window(3, size, f"type: adaptive_{kind}_pooling, size: {to}")
    for kind in ("average", "max")
    for size, to in (
        ("7x8", "4x3"),
        ("7x8", "7x8"),
        ("5x4", "6x9"),
        ("8x6", "1x1"),
        ("8x6", "1x3"),
        ("12x9", "6x3, activation: relu"),
        ("11", "4"),
        ("5x6x7", "2x6x3"),
    )
    if (kind, to) != ("max", "1x3")  # see UNSUPPORTED
}

PADDED = {
    f"{mode} of {size}, {cells}": window(3, size, f"type: pad, padding: {cells}, mode: {mode}")
    for mode in ("zeros", "reflect")
    for size, cells in (
        ("4x5", "2, activation: relu"),
        ("4x5", "0x3"),
        ("6x4", "[1, 0, 2, 3]"),
        ("7", "[2, 3]"),
        ("3x4x5", "[0, 1, 2, 0, 1, 1]"),
    )
    if (mode, size) != ("reflect", "3x4x5")  # see UNSUPPORTED
}

RESCALED = {
    f"{row} of {size}": window(3, size, f"type: rescale, {row}")
    for size in ("4x6", "7", "2x3x4")
    for row in (
        "scale: 2.5",
        "offset: -0.25, activation: relu",
        "scale: [0.5, 1, -2], offset: [1, 0.25, 0]",
    )
} | {
    "of a vector": (
        "type: input, size: 3",
        "type: fully_connected, size: 2",
        "type: rescale, scale: [3, 0.1], offset: 1",
    ),
    "behind features": (
        "type: input, maps: 3, size: 5x4",
        "type: layer_normalization",
        "type: rescale, scale: [3, 0.1, 2]",
        "type: fully_connected, maps: 4",
    ),
}

EMBEDDED = {
    name: ("layer: In, type: input, size: 6, vocabulary: 11", *rows)
    for name, rows in {
        "words": ("type: embedding, maps: 5",),
        "words with positions": (
            "layer: words, type: embedding, maps: 4, initializer: 'uniform(-0.1, 0.1)'",
            "layer: places, type: parameter, maps: 4, size: 6, from: In",
            "type: add, from: [words, places], activation: tanh",
        ),
        "convolved": ("type: embedding, maps: 4", "type: convolution, maps: 3, kernel: 3"),
        "read twice": (
            "layer: one, type: embedding, maps: 3",
            "layer: other, type: embedding, maps: 3, from: In",
            "type: multiply, from: [one, other]",
            "type: fully_connected, maps: 2",
            "type: global_average_pooling",
        ),
    }.items()
}

RESIZED = (
    {
        f"{method}, {row} of {size}": window(3, size, f"type: resize, method: {method}, {row}")
        for method in ("nearest", "bilinear", "bicubic")
        for size, row in (
            ("4x6", "size: 8x12"),
            ("4x6", "size: 7x5, activation: relu"),
            ("9x7", "size: 4x3"),
            ("5x4", "scale: 3"),
            ("8x6", "scale: 0.5"),
            ("5x7", "scale: 1.5"),
        )
    }
    | {
        f"to the size of another, {method}": (
            "layer: in, type: input, maps: 2, size: 7x9",
            "layer: a, type: convolution, maps: 3, kernel: 3, stride: 2",
            f"layer: b, type: resize, method: {method}, from: [a, in]",
            "type: concatenate, from: [b, in]",
        )
        for method in ("nearest", "bilinear", "bicubic")
    }
    | {
        f"{method} of any size": (
            'layer: in, type: input, maps: 2, size: "?x?"',
            f"type: resize, scale: 2, method: {method}",
            "type: convolution, maps: 3, kernel: 3",
        )
        for method in ("nearest", "bilinear")
    }
)

LINE, BLOCK = "9", "5x6x7"  # places along one axis, and along three
UNEVEN = {LINE: "[1, 2]", BLOCK: "[0, 1, 1, 0, 2, 1]"}
OTHER_AXES = {
    f"{name} on {size}": window(3, size, row)
    for size in (LINE, BLOCK)
    for name, row in {
        **{
            f"convolution, {padding}, {more}": f"type: convolution, maps: 4, kernel: 3, "
            f"padding: {padding}, {more}"
            for padding in ("valid", "same", "1", UNEVEN[size])
            for more in ("stride: 2", "dilation: 2", "stride: 1")
        },
        **{
            f"causal convolution, {more}": f"type: convolution, maps: 4, {more}, padding: causal"
            for more in ("kernel: 3", "kernel: 2, stride: 2", "kernel: 3, dilation: 2", "kernel: 1")
            if size == LINE
        },
        "grouped convolution": "type: convolution, maps: 6, kernel: 2, groups: 3",
        **{
            f"transposed convolution, {padding}, stride {stride}": "type: transposed_convolution,"
            f" maps: 4, kernel: 3, stride: {stride}, padding: {padding}"
            for padding in ("valid", "same", "1", UNEVEN[size])
            for stride in (1, 2)
        },
        **{
            f"{kind} pooling, {more}": f"type: {kind}_pooling, kernel: 3, stride: 2, {more}"
            for kind in ("max", "average")
            for more in ("padding: 1", "rounding: ceil", "activation: relu")
        },
        "max pooling, same": "type: max_pooling, kernel: 2, padding: same",
        "max pooling, uneven": f"type: max_pooling, kernel: 3, padding: {UNEVEN[size]}",
        "batch normalization": "type: batch_normalization",
        "spatial dropout": "type: dropout, rate: 0.5, spatial: true",
        "softmax": "type: activation, activation: softmax",
        "global average": "type: global_average_pooling",
        "global maximum": "type: global_max_pooling",
        "flatten": "type: flatten",
        "dense": "type: fully_connected, size: 5",
    }.items()
    if not name.startswith(("average pooling, padding", "average pooling, rounding"))
} | {
    f"joined on {size}": (
        f"layer: in, type: input, maps: 2, size: {size}",
        "layer: a, type: convolution, maps: 2, kernel: 1",
        "layer: b, type: add, from: [a, in]",
        "layer: c, type: multiply, from: [a, b]",
        "type: concatenate, from: [c, a, in]",
        "type: flatten",
        "type: batch_normalization",
        "type: fully_connected, size: 4",
    )
    for size in (LINE, BLOCK)
}

GROUPS: dict[str, dict[str, Case]] = {
    "convolutions": CONVOLUTIONS,
    "depthwise convolutions": DEPTHWISE,
    "transposed convolutions": TRANSPOSED,
    "crops": CROPS,
    "poolings": POOLINGS,
    "normalizations": NORMALIZATIONS,
    "one value for each": ELEMENTWISE,
    "one number a map": GATED,
    "shapes": SHAPES,
    "activations": ACTIVATED,
    "unknown sizes": UNKNOWN,
    "rearranged": REARRANGED,
    "trained tensors": TRAINED_TENSORS,
    "attentions": ATTENTIONS,
    "embedded": EMBEDDED,
    "resized": RESIZED,
    "padded": PADDED,
    "rescaled": RESCALED,
    "pooled to a size": POOLED_TO_A_SIZE,
    "over channels": OVER_CHANNELS,
    "one axis and three": OTHER_AXES,
}
EVERY = int(os.environ.get("ARCHC_TEST_EVERY", "1"))  # JAX compiles each case: it has fewer
GROUPS = {group: dict(list(cases.items())[::EVERY]) for group, cases in GROUPS.items()}
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
    return Graph("Group", Body(layers, outputs))


def side_by_side(group: str, names: Collection[str]) -> Graph:
    return merged({f"n{number}": network(GROUPS[group][name]) for number, name in enumerate(names)})


def fault_of(graph: Graph, backend: str) -> Diagnostic | None:
    """Return what a backend cannot express in a graph, if there is anything."""
    try:
        BACKENDS[backend].emit(graph)
    except SpecError as error:
        return error.diagnostics[0]
    return None


@cache
def lacking(group: str) -> dict[str, dict[str, Diagnostic]]:
    """Return for each case the backends that cannot express it, with the fault that says so."""
    cases = GROUPS[group]
    unsound = [name for name in BACKENDS if fault_of(side_by_side(group, cases), name)]
    faults = {
        case: {backend: fault_of(network(rows), backend) for backend in unsound}
        for case, rows in cases.items()
    }
    return {case: {b: f for b, f in found.items() if f} for case, found in faults.items()}


@cache
def differences(group: str) -> dict[str, dict[str, Any]]:
    """Return for each case what was compared, by its kind, the pair of backends and the name."""
    found: dict[str, dict[str, Any]] = {name: {} for name in GROUPS[group]}
    alike: dict[tuple[str, ...], list[str]] = {}  # the cases that the same backends express
    for name, lack in lacking(group).items():
        alike.setdefault(tuple(b for b in BACKENDS if b not in lack), []).append(name)
    for backends, names in alike.items():
        graph = side_by_side(group, names)
        able = [name for name in backends if framework_of(name).differentiates]
        as_written = verify(graph, backends=able, gradients=True).comparisons
        if len(able) < len(backends):
            as_written += verify(graph, backends=backends).comparisons
        for comparison in as_written + verify(graph, backends=backends, layers=True).comparisons:
            for item in comparison.items:
                number, _, name = item.name.partition("__")
                case = found[names[int(number[1:])]]
                case[f"{comparison.kind} {comparison.sides[1]} {name}"] = item
    return found


@pytest.mark.parametrize(
    ("group", "name"),
    [
        pytest.param(*case, marks=[pytest.mark.slow] if len(GROUPS[case[0]]) > 20 else [])
        for case in ALL_CASES
    ],
)
def test_agree(group: str, name: str) -> None:
    """Each backend computes what the first does; one that lacks something says so, and why."""
    graph, lack = network(GROUPS[group][name]), lacking(group)[name]
    assert all(fault.code == "ARC501" and fault.notes for fault in lack.values())
    assert set(PAIR) <= {*BACKENDS} - {*lack}
    found = differences(group)[name]
    layers = [layer.name for layer in graph.layers if layer.type != "input"]
    trained = [item for layer in graph.layers for item in layer.parameters if item.trainable]
    for other in [name for name in BACKENDS if name not in lack][1:]:
        assert {f"outputs {other} {output}" for output in graph.outputs} <= set(found)
        assert {f"layers {other} {layer}" for layer in layers} <= set(found)
        gradients = sum(key.startswith(f"gradients {other} ") for key in found)
        assert gradients == len(trained) * framework_of(other).differentiates
    wrong = {key: item for key, item in found.items() if not item.within(1e-5)}
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_shapes_are_the_proven_ones(group: str) -> None:
    import torch

    graph = merged({f"n{i}": network(rows) for i, rows in enumerate(GROUPS[group].values())})
    shown = [layer for layer in graph.layers if layer.type != "input"]
    model = build(graph.flat(layer.name for layer in shown), "torch").eval()
    inputs = [torch.from_numpy(x) for x in random_inputs(graph, 2)]
    with torch.inference_mode():
        outputs = model(*inputs)
    for layer, output in zip(shown, outputs, strict=True):
        proven = layer.shape.lengths
        assert len(output.shape) == len(proven) + 1, layer.name
        for real, length in zip(output.shape[1:], proven, strict=True):
            assert length in (None, real), layer.name


def test_every_operation_and_field_has_a_case() -> None:
    seen: dict[str, set[str]] = {name: set() for name in REGISTRY}
    for group, name in ALL_CASES:
        for layer in network(GROUPS[group][name]).layers:
            seen[layer.type] |= {field for field, _ in fields_of(layer.operation)}
    only_initial = {
        "kernel_initializer",
        "bias_initializer",
        "initializer",
    }  # verify brings its own weights
    only_torch = {"max_pooling": {"dilation"}, "rms_normalization": {"scale"}}  # see UNSUPPORTED
    for name, operation in REGISTRY.items():
        missing = set(operation.fields) - seen[name] - only_initial - only_torch.get(name, set())
        assert not missing, name


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_operation_is_lowered(backend: str) -> None:
    """Or the backend says why it is not."""
    rules, cannot = BACKENDS[backend].rules, BACKENDS[backend].cannot
    assert {operation.type for operation in (*rules, *cannot)} | {"input"} == set(REGISTRY)
    assert all(cannot.values())


def test_every_activation_has_a_case_as_a_field_and_as_a_layer() -> None:
    fields, layers = set(), set()
    for rows in ACTIVATED.values():
        for layer in network(rows).layers:
            if layer.activation:
                fields.add(layer.activation.name)
            elif isinstance(layer.operation, Activate):
                layers.add(layer.operation.activation.name)
    assert layers == set(ACTIVATIONS)
    assert fields == set(ACTIVATIONS) - {"linear"}


DILATED_STRIDE = "type: convolution, maps: 3, kernel: 3, stride: 2, dilation: 2, padding: 1"
DILATED_POOLING = "type: max_pooling, kernel: 2, stride: 2, dilation: 2"

# what cannot be expressed: the rows, the backends that cannot, the field, a part of the reason
UNSUPPORTED = [
    *(
        ((f"type: input, maps: 2, size: {size}", row), backends, "type", "has no code for")
        for size in (LINE, BLOCK)
        for row, backends in [
            ("type: crop, size: 3", ("keras", "torch")),
            ("type: average_pooling, kernel: 4, padding: same", ("keras", "torch")),
            ("type: average_pooling, kernel: 3, stride: 2, padding: 1", ("keras",)),
            ("type: local_response_normalization", ("keras",)),
        ]
    ),
    ((ANY, "type: adaptive_max_pooling, size: 2x3"), ("keras",), "type", "size is not known"),
    ((MAPS, "type: adaptive_max_pooling, size: 2x1"), ("keras",), "size", "a length is 1"),
    (
        ("layer: in, type: input, maps: 2, size: 9x1", "type: adaptive_max_pooling, size: 8x4"),
        *(("keras",), "size", "a length is 1"),
    ),
    (
        (f"type: input, maps: 2, size: {BLOCK}", "type: pad, padding: 1, mode: reflect"),
        *(("keras",), "mode", "no mirror images"),
    ),
    ((ANY, "type: resize, scale: 1.5"), ("keras", "torch"), "scale", "whole times"),
    *(
        ((f"type: input, maps: 2, size: {size}", "type: resize, scale: 2"), ("keras",), "type", "")
        for size in (LINE, BLOCK)
    ),
    *(
        ((MAPS, f"type: {row}, scale: false"), ("torch",), "scale", "with a bias and no scale")
        for row in ("layer_normalization", "group_normalization, groups: 1")
    ),
    ((MAPS, "type: rms_normalization, scale: false"), ("keras",), "scale", "without a scale"),
    ((ANY, "type: group_normalization, groups: 2"), ("keras",), "type", "size is not known"),
    ((ANY, "type: channel_shuffle, groups: 2"), ("keras",), "type", "size is not known"),
    ((MAPS, DILATED_STRIDE), ("keras",), "dilation", "both stride and dilation above 1"),
    ((MAPS, DILATED_POOLING), ("keras",), "dilation", "`dilation` of a max pooling"),
    *(
        ((ANY, row), backends, field, "a size which is not known")
        for row, backends, field in [
            (
                "type: convolution, maps: 3, kernel: 3, stride: 2, padding: same",
                ("torch",),
                "padding",
            ),
            ("type: max_pooling, kernel: 3, stride: 2, padding: same", ("torch",), "padding"),
            ("type: average_pooling, kernel: 3, padding: same", ("keras", "torch"), "padding"),
            ("type: max_pooling, kernel: 2, rounding: ceil", ("keras",), "rounding"),
            ("type: average_pooling, kernel: 2, rounding: ceil", ("keras",), "rounding"),
            (
                "type: max_pooling, kernel: 2, rounding: ceil, padding: [0, 1, 0, 1]",
                ("keras", "torch"),
                "rounding",
            ),
        ]
    ),
]


@pytest.mark.parametrize(("rows", "backends", "field", "reason"), UNSUPPORTED)
def test_declared_unsupported(
    rows: Case, backends: tuple[str, ...], field: str, reason: str
) -> None:
    graph = network(rows)
    for backend in BACKENDS:
        if backend not in backends:
            BACKENDS[backend].emit(graph)
            continue
        with pytest.raises(SpecError) as caught:
            BACKENDS[backend].emit(graph)
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "ARC501"
        assert reason in diagnostic.message
        assert f"`{backend}`" in diagnostic.message
        assert diagnostic.notes
        span = diagnostic.span
        assert span.source.text[: span.start].endswith(f"{field}: ")


@pytest.fixture
def toy() -> Iterator[type[Operation]]:
    """An operation that no backend knows."""

    @registered("toy")
    class Toy(Operation):
        """Gives back what it reads."""

    yield Toy
    del REGISTRY["toy"], KNOWN_AS["toy"]


@pytest.mark.parametrize("others", [(), ("torch",), ("keras",)])
@pytest.mark.parametrize("backend", BACKENDS)
def test_an_operation_without_a_rule_is_unsupported(
    backend: str, others: tuple[str, ...], toy: type[Operation], monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in others:
        monkeypatch.setitem(BACKENDS[other].rules, toy, None)
    text = """archc: 1
name: Net
blocks:
  unit:
    layers:
    - {layer: inner, type: toy}
layers:
- {layer: In, type: input, maps: 2, size: 5x5}
- {layer: one, type: unit, repeat: 2}
- {layer: two, type: toy}
"""
    network = archcompiler.loads(text)
    if backend in others:
        return
    with pytest.raises(SpecError) as caught:
        network.source(backend)
    faults = caught.value.diagnostics
    assert [fault.code for fault in faults] == ["ARC501", "ARC501"]
    for fault, where in zip(faults, ("one.0.inner", "two"), strict=True):
        assert fault.message == f"`{where}`: `{backend}` has no `toy`"
        assert fault.span.text == "toy"
        who = f"`{others[0]}`" if others else "no backend"
        assert fault.notes == (f"{who} expresses it",)


# ---- Oracles that we did not write: PyTorch's functions, and formulas of the papers


def negative(maps: int, *size: int) -> Any:
    """Return values below zero: a padded zero would win every maximum."""
    import torch

    generator = torch.Generator().manual_seed(maps)
    return -1 - torch.rand(2, maps, *size, generator=generator)


def infinite(f: Any, x: Any, *cells: int) -> Any:
    return f.pad(x, cells, value=float("-inf"))


def mean_of_real(f: Any, x: Any, cells: tuple[int, ...], kernel: int, stride: int) -> Any:
    """Average by counting: the sum of each window over the number of its real cells."""
    import torch

    ones = torch.ones(x.shape[1], 1, kernel, kernel)
    sums, counts = (
        f.conv2d(f.pad(values, cells), ones, stride=stride, groups=x.shape[1])
        for values in (x, torch.ones_like(x))
    )
    return sums / counts


CONV, POOL = "type: convolution, maps: 6, kernel", "type: max_pooling, kernel"
MEAN = "type: average_pooling, kernel"

# case: the size of 4 maps, a row, and what PyTorch's functions (f) make of its input and weights
WINDOWS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "valid": ("8x9", f"{CONV}: 3", lambda f, x, w, b: f.conv2d(x, w, b)),
    "no bias": ("8x9", f"{CONV}: 3, bias: false", lambda f, x, w: f.conv2d(x, w)),
    "same, 14 by 4": (
        "14x13",
        f"{CONV}: 5, stride: 4, padding: same",
        lambda f, x, w, b: f.conv2d(f.pad(x, (2, 2, 1, 2)), w, b, stride=4),
    ),
    "same, even kernel": (
        "8x9",
        f"{CONV}: 4x2, padding: same",
        lambda f, x, w, b: f.conv2d(f.pad(x, (0, 1, 1, 2)), w, b),
    ),
    "top, bottom, left, right": (
        "8x9",
        f"{CONV}: 3, padding: [1, 2, 3, 4]",
        lambda f, x, w, b: f.conv2d(f.pad(x, (3, 4, 1, 2)), w, b),
    ),
    "rows x columns": (
        "8x9",
        f"{CONV}: 3x2, stride: 1x2, dilation: 2x1, padding: 2x0",
        lambda f, x, w, b: f.conv2d(x, w, b, (1, 2), (2, 0), (2, 1)),
    ),
    "groups": ("8x9", f"{CONV}: 3, groups: 2", lambda f, x, w, b: f.conv2d(x, w, b, groups=2)),
    "stride and dilation": (
        "13x14",
        DILATED_STRIDE.replace("maps: 3", "maps: 6"),
        lambda f, x, w, b: f.conv2d(x, w, b, 2, 1, 2),
    ),
    "max": ("8x9", f"{POOL}: 3, stride: 2", lambda f, x: f.max_pool2d(x, 3, 2)),
    "max, stride of its own": ("8x9", f"{POOL}: 2x3", lambda f, x: f.max_pool2d(x, (2, 3), (2, 3))),
    "max, same": (
        "8x9",
        f"{POOL}: 3, stride: 2, padding: same",
        lambda f, x: f.max_pool2d(infinite(f, x, 1, 1, 0, 1), 3, 2),
    ),
    "max, more than half a kernel": (
        "8x9",
        f"{POOL}: 3, stride: 2, padding: 2",
        lambda f, x: f.max_pool2d(infinite(f, x, 2, 2, 2, 2), 3, 2),
    ),
    "max, ceil": (
        "8x10",
        f"{POOL}: 3, stride: 2, rounding: ceil",
        lambda f, x: f.max_pool2d(x, 3, 2, ceil_mode=True),
    ),
    "max, ceil, padded": (
        "8x9",
        f"{POOL}: 2, padding: 1, rounding: ceil",
        lambda f, x: f.max_pool2d(x, 2, 2, 1, ceil_mode=True),
    ),
    "max, dilated, more than half a kernel": (
        "8x9",
        f"{POOL}: 3, stride: 1, dilation: 2, padding: same",
        lambda f, x: f.max_pool2d(infinite(f, x, 2, 2, 2, 2), 3, 1, 0, 2),
    ),
    "max, dilated": ("8x9", DILATED_POOLING, lambda f, x: f.max_pool2d(x, 2, 2, 0, 2)),
    "mean": ("8x9", f"{MEAN}: 3, stride: 2", lambda f, x: f.avg_pool2d(x, 3, 2)),
    "mean, padded": (
        "8x9",
        f"{MEAN}: 3, stride: 2, padding: 1",
        lambda f, x: f.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
    ),
    "mean, padding counted": (
        "8x9",
        f"{MEAN}: 3, stride: 2, padding: 1, count_padding: true",
        lambda f, x: f.avg_pool2d(x, 3, 2, 1),
    ),
    "mean, padding counted, ceil": (
        "8x9",
        f"{MEAN}: 2, padding: 1, rounding: ceil, count_padding: true",
        lambda f, x: f.avg_pool2d(x, 2, 2, 1, ceil_mode=True),
    ),
    "mean, ceil": (
        "8x10",
        f"{MEAN}: 3, stride: 2, rounding: ceil",
        lambda f, x: f.avg_pool2d(x, 3, 2, ceil_mode=True),
    ),
    "mean, same": (
        "8x9",
        f"{MEAN}: 3, stride: 2, padding: same",
        lambda f, x: mean_of_real(f, x, (1, 1, 0, 1), 3, 2),
    ),
    "mean, uneven padding": (
        "8x9",
        f"{MEAN}: 3, stride: 2, padding: [2, 0, 0, 1]",
        lambda f, x: mean_of_real(f, x, (0, 1, 2, 0), 3, 2),
    ),
    "mean, same, padding counted": (
        "8x9",
        f"{MEAN}: 3, stride: 2, padding: same, count_padding: true",
        lambda f, x: f.avg_pool2d(f.pad(x, (1, 1, 0, 1)), 3, 2),
    ),
    "global mean": ("8x9", "type: global_average_pooling", lambda f, x: x.mean((2, 3))),
    "global max": ("8x9", "type: global_max_pooling", lambda f, x: x.amax((2, 3))),
}


def computed(graph: Graph, backend: str, x: Any) -> Any:
    """Return what the live model computes from x, maps first."""
    import torch

    model = build(graph, backend)
    load_into(model, graph, backend, random_weights(graph, seed=3))
    if backend == "torch":
        return model.eval()(x).detach()
    import keras

    last = x.movedim(1, -1).numpy() if x.ndim == 4 else x.numpy()
    return torch.tensor(keras.ops.convert_to_numpy(model(last))).movedim(-1, 1)


def assert_right(rows: Case, x: Any, right: Any) -> None:
    """Compare every backend that can express the rows with what is right."""
    import torch

    graph = network(rows)
    for backend in BACKENDS:
        try:
            BACKENDS[backend].emit(graph)
        except SpecError:
            continue  # which backends may do so is tested above
        torch.testing.assert_close(computed(graph, backend, x), right, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_against_pytorch(name: str) -> None:
    import torch

    size, row, oracle = WINDOWS[name]
    rows = (f"layer: in, type: input, maps: 4, size: {size}", row)
    weights = random_weights(network(rows), seed=3).values()
    x = negative(4, *map(int, size.split("x")))
    assert_right(rows, x, oracle(torch.nn.functional, x, *map(torch.from_numpy, weights)))


@pytest.mark.parametrize(("n", "maps"), [(1, 4), (3, 7), (4, 6), (5, 6), (6, 9), (9, 3)])
def test_local_response_against_the_paper(n: int, maps: int) -> None:
    """Krizhevsky, Sutskever, Hinton 2012, section 3.3; an even n has one more before."""
    import numpy as np
    import torch

    k, alpha, beta = 2.0, 0.7, 0.75
    row = f"type: local_response_normalization, n: {n}, k: {k}, alpha: {alpha}, beta: {beta}"
    x = negative(maps, 3, 5)
    a = x.numpy().astype("float64")
    b = np.empty_like(a)
    for i in range(maps):
        first, last = max(0, i - n // 2), min(maps - 1, i + (n - 1) // 2)
        total = sum(a[:, j] ** 2 for j in range(first, last + 1))
        b[:, i] = a[:, i] / (k + alpha * total) ** beta
    assert_right((f"type: input, maps: {maps}, size: 3x5", row), x, torch.tensor(b).float())


def test_batch_normalization_against_its_formula() -> None:
    import torch

    rows = (MAPS, "layer: bn, type: batch_normalization, epsilon: 0.1")
    weights = random_weights(network(rows), seed=3)
    scale, shift, mean, variance = (
        torch.from_numpy(weights[f"bn.{name}"])[:, None, None]
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    x = negative(3, 7, 9)
    assert_right(rows, x, (x - mean) / (variance + 0.1).sqrt() * scale + shift)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def relu6(x: float) -> float:
    return min(max(x, 0.0), 6.0)


FORMULAS: dict[str, Callable[[float], float]] = {
    "linear": lambda x: x,
    "relu": lambda x: max(x, 0.0),
    "relu6": relu6,
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "leaky_relu(0.3)": lambda x: x if x > 0 else 0.3 * x,
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "elu(0.5)": lambda x: x if x > 0 else 0.5 * math.expm1(x),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * math.tanh(softplus(x)),
    "softplus": softplus,
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda x: relu6(x + 3) / 6,
    "hard_swish": lambda x: x * relu6(x + 3) / 6,
    "tanh": math.tanh,
    "exp": math.exp,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_activations_against_their_formulas(name: str) -> None:
    import torch

    points = [step / 4 for step in range(-32, 33)]
    rows = (f"type: input, size: {len(points)}", f"type: activation, activation: {name}")
    right = torch.tensor([[FORMULAS[name](point) for point in points]])
    assert_right(rows, torch.tensor([points]), right)


def test_the_formulas_are_of_all_activations() -> None:
    assert {name.partition("(")[0] for name in FORMULAS} == set(ACTIVATIONS) - {"softmax"}


def test_softmax_is_over_maps() -> None:
    x = negative(3, 7, 9)
    right = x.exp() / x.exp().sum(1, keepdim=True)
    assert_right((MAPS, "type: activation, activation: softmax"), x, right)


@pytest.mark.parametrize(
    ("row", "sound"),
    [
        ("type: max_pooling, kernel: 2, padding: 1", True),
        ("type: max_pooling, kernel: 2, padding: 2", False),
        ("type: max_pooling, kernel: 2, dilation: 2, padding: 2", True),
        ("type: max_pooling, kernel: 2, dilation: 7, padding: 1", True),
        ("type: max_pooling, kernel: 2, dilation: 8, padding: 1", False),
        ("type: max_pooling, kernel: 2, dilation: 8, padding: same, stride: 1", False),
        ("type: average_pooling, kernel: 2x3, padding: 1x3", False),
        ("type: average_pooling, kernel: 2x3, padding: 1x3, count_padding: true", True),
    ],
)
def test_no_window_lies_in_the_padding_alone(row: str, sound: bool) -> None:
    """Its largest value would be minus infinity, and its mean no number."""
    if sound:
        network((MAPS, row))
        return
    with pytest.raises(SpecError) as caught:
        network((MAPS, row))
    (fault,) = caught.value.diagnostics
    assert fault.code == "ARC203"
    assert f": {fault.span.text}" in row


def test_an_input_has_no_activation() -> None:
    """It would be dropped in silence: an input is what the network is given."""
    with pytest.raises(SpecError) as caught:
        network((f"{MAPS}, activation: relu", "type: flatten"))
    assert [fault.code for fault in caught.value.diagnostics] == ["ARC202"]


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "every"), [("jax", 7), ("torch", 1)])
def test_agree_on_other_backends_of_keras(backend: str, every: int) -> None:
    pytest.importorskip(backend)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-k", "test_agree or against", __file__],
        env=os.environ | {"KERAS_BACKEND": backend, "ARCHC_TEST_EVERY": str(every)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
