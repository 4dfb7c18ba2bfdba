"""Repeated rows whose copies differ: each copy runs with its own values, in both backends.

The copies of a row may pad in different ways, or not at all; some need a module and some do not;
some compute nothing. Random specs have such rows, alone and in blocks whose uses differ, and the
same network with its copies written out is what is right.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import archcompiler
from archcompiler.backends import BACKENDS
from archcompiler.diagnostics import SpecError
from archcompiler.graph import Graph, Limits
from archcompiler.operations import REGISTRY
from archcompiler.runtime.inputs import random_inputs
from archcompiler.runtime.live import build
from archcompiler.runtime.weights import load_into, random_weights
from tests.conftest import sampled

pytestmark = [pytest.mark.keras, pytest.mark.torch]

IN = "- {layer: In, type: input, maps: 2, size: 9x8}\n"
POOL = "type: average_pooling, kernel"


def net(rows: str, blocks: str = "", size: str = "9x8") -> str:
    given = IN.replace("9x8", size)
    return f"archc: 1\nname: Net\n{blocks}layers:\n{given}{rows}"


def block(row: str, uses: list[dict[str, str]], params: str = "n: int") -> str:
    """Return a network that uses a block of one row in a chain, with the fields of `uses`."""
    blocks = f"blocks:\n  unit:\n    params: {{{params}}}\n    layers:\n    - {{{row}}}\n"
    fields = ("".join(f", {name}: {value}" for name, value in use.items()) for use in uses)
    return net("".join(f"- {{type: unit{text}}}\n" for text in fields), blocks)


# the smallest of each kind
KINDS = {
    "a module for the later copies alone": net(
        f"- {{layer: P, {POOL}: 5, padding: same, count_padding: true, repeat: 3}}\n", size="2x23"
    ),
    "and an activation": net(
        f"- {{layer: P, {POOL}: 3x1, padding: same, count_padding: true, repeat: 3,"
        " activation: relu}\n",
        size="8x8",
    ),
    "copies that are read by themselves": net(
        f"- {{layer: P, {POOL}: 5, padding: same, count_padding: true, repeat: 3}}\n"
        "- {layer: a, type: flatten, from: P.0}\n- {layer: b, type: flatten, from: P.1}\n"
        "- {layer: c, type: flatten, from: P.2}\n- {type: concatenate, from: [a, b, c]}\n",
        size="2x23",
    ),
    "copies that are read by themselves, as many as a use says": net(
        "".join(f"- {{layer: u{n}, type: unit, n: {n}}}\n" for n in (2, 3, 1)),
        "blocks:\n  unit:\n    params: {n: int}\n    layers:\n"
        f'    - {{layer: r, {POOL}: 3, stride: 1, padding: same, repeat: "${{n}}"}}\n'
        "    - {layer: s, type: add, from: [r.0, r]}\n",
    ),
    "a first copy that computes, and others that do not": net(
        "- {layer: C, type: crop, size: 5x4, repeat: 3}\n- {type: flatten, repeat: 2}\n"
    ),
    "a first copy of another kind, in blocks of different lengths": block(
        'type: convolution, maps: 3, kernel: 3, padding: same, stride: "${2 if index == 0 else 1}",'
        ' repeat: "${n}"',
        [{"n": "2"}, {"n": "3"}, {"n": "1"}],
    ),
    "the same without modules": block(
        'type: max_pooling, kernel: 3, stride: 1, padding: same, repeat: 2, when: "${n > 1}"',
        [{"n": "2"}, {"n": "1"}],
    ),
    "copies without modules, as many as a use says": block(
        f'{POOL}: "${{3 if index == 0 else 2}}", stride: 1, padding: [0, 1, 0, 1],'
        ' repeat: "${n}"',
        [{"n": "2"}, {"n": "4"}, {"n": "1"}],
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_copy_has_its_own_values(name: str) -> None:
    assert_right(KINDS[name])


# every operation that one layer can read, with fields that may differ from copy to copy
ROWS = (
    "type: convolution, maps: {m}, kernel: {k}, stride: {s}, padding: {p}",
    "type: convolution, maps: {m}, kernel: {k}, dilation: {d}, padding: {p}, activation: {a}",
    "type: transposed_convolution, maps: {m}, kernel: {k}, stride: {s}, padding: {t}",
    "type: depthwise_convolution, kernel: {k}, padding: {p}, activation: {a}",
    "type: stochastic_depth, rate: 0.5",
    "type: prelu",
    "type: pad, padding: {p4}, mode: {mode}",
    "type: rescale, scale: 0.5, offset: 0.25",
    'type: resize, size: "${{reads.height + {n}}}x${{reads.width + {n}}}", method: {method}',
    'type: adaptive_average_pooling, size: "${{max(reads.height - {n}, 2)}}x5"',
    'type: adaptive_max_pooling, size: "4x${{max(reads.width - {n}, 2)}}"',
    "type: max_pooling, kernel: {k}, stride: {s}, padding: {p}, rounding: {r}",
    "type: max_pooling, kernel: {k}, padding: {p}, activation: {a}",
    "type: average_pooling, kernel: {k}, stride: {s}, padding: {p}, rounding: {r}",
    "type: average_pooling, kernel: {k}, stride: {s}, padding: {p}, count_padding: {c}",
    "type: average_pooling, kernel: {k}, padding: {p}, count_padding: {c}, activation: {a}",
    'type: crop, size: "${{max(reads.height - {n}, 2)}}x${{max(reads.width - {n}, 3)}}"',
    "type: crop, size: 2x3",
    "type: activation, activation: {a}",
    "type: batch_normalization, activation: {a}",
    "type: dropout, rate: 0.5",
    "type: local_response_normalization, n: {k1}",
    "type: flatten",
    "type: layer_normalization, activation: {a}",
    "type: rms_normalization",
    "type: group_normalization, groups: 1, activation: {a}",
    "type: channel_shuffle, groups: 1",
    "type: slice, length: 1, activation: {a}",
    "type: fully_connected, maps: {m}, activation: {a}",
    "type: fully_connected, size: {m}, activation: {a}",
)
ONCE = {  # no copy reads another, or not with the same fields
    *("input", "global_average_pooling", "global_max_pooling", "attention", "select"),
    *("to_sequence", "to_maps", "space_to_depth", "depth_to_space", "parameter"),
    *("embedding", "rotary_embedding"),
}
SEVERAL = {  # each reads several layers
    *("add", "subtract", "multiply", "maximum", "minimum", "average", "concatenate"),
}
SMALL = Limits(activations=10**6)
COUNTED = '"${{{} if index == 0 else {}}}"'


class Writer:
    """Writes random networks of repeated rows."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def spec(self) -> str:
        """Return a network whose rows are repeated, or use a block whose rows are."""
        choose = self.random
        size = f"{choose.randint(2, 14)}x{choose.randint(2, 14)}"
        if choose.random() < 0.5:
            times = [choose.randint(1, 4) for _ in range(2)]
            rows = [
                f"- {{layer: r{number}, {self.row()}, repeat: {count}}}\n"
                for number, count in enumerate(times)
            ]
            copies = [f"r{number}.{copy}" for number in (0, 1) for copy in range(times[number])]
            shown = [copy for copy in copies if choose.random() < 0.2]
            return net("".join(rows), size=size) + f"outputs: [{', '.join([*shown, 'r1'])}]\n"
        row = f'{self.row()}, repeat: "${{n}}"'
        if choose.random() < 0.3:
            row += ', when: "${n > 1}"'
        uses = [{"n": str(choose.randint(1, 4))} for _ in range(choose.randint(1, 3))]
        for use in uses:
            if choose.random() < 0.3:
                use |= {"n": '"${index + 1}"', "repeat": str(choose.randint(1, 3))}
        text = block(row, uses).replace("9x8", size)
        return text if "when" in row or choose.random() < 0.7 else self.looked_into(text, len(uses))

    def looked_into(self, text: str, uses: int) -> str:
        """Return the network with a block that reads one of the copies by itself."""
        inside = self.random.choice(["r.0", "r.0", "r.1"])
        text = text.replace("    - {type", "    - {layer: r, type").replace(
            "layers:\n- ",
            f"    - {{layer: s, type: flatten, from: {inside}}}\n"
            "    - {layer: t, type: flatten, from: r}\n"
            "    - {type: concatenate, from: [s, t]}\nlayers:\n- ",
        )
        for number in range(uses):
            text = text.replace("{type: unit", f"{{layer: u{number}, from: In, type: unit", 1)
        listed = ", ".join(f"u{number}" for number in range(uses))
        return text + f"- {{type: concatenate, from: [{listed}, u0]}}\n"

    def row(self) -> str:
        """Return a row with fields that its copies share, or that count them."""
        choose = self.random
        return choose.choice(ROWS).format(
            m=self.some(["2", "3", "4"]),
            n=choose.choice(["0", "1", "index", "2 * index"]),
            k=self.some(["1", "2", "3", "3x1", "2x3", "5"]),
            k1=self.some(["1", "2", "3"]),
            s=self.some(["1", "1", "2", "3", "1x2"]),
            d=self.some(["1", "1", "2"]),
            p=choose.choice(["valid", "same", "same", "1", "0x1", "[0, 1, 1, 0]", "2"]),
            t=choose.choice(["valid", "same", "1", "[0, 1, 1, 0]"]),
            r=self.some(["floor", "ceil"]),
            c=self.some(["true", "false"]),
            p4=self.some(["1", "0x1", "[0, 1, 1, 0]"]),
            mode=self.some(["zeros", "reflect"]),
            method=self.some(["nearest", "bilinear"]),
            a=choose.choice(["relu", "tanh", "linear", "leaky_relu(0.1)"]),
        )

    def some(self, values: list[str]) -> str:
        """Return a value, or one for the first copy and another for those behind it."""
        if self.random.random() < 0.7:
            return self.random.choice(values)
        one, other = (
            value if value.isdecimal() else repr(value) for value in self.random.sample(values, 2)
        )
        return COUNTED.format(one, other)


def sound(seed: int) -> str:
    """Return the first network from `seed` on, in steps of 10,000, that both backends express."""
    while True:
        text = Writer(seed).spec()
        try:
            architecture = archcompiler.loads(text, limits=SMALL)
            for backend in BACKENDS:
                architecture.source(backend)
        except SpecError:
            seed += 10_000
        else:
            return text


@pytest.mark.parametrize("seed", sampled(range(80), 8))
def test_random_rows(seed: int) -> None:
    assert_right(sound(seed))


def test_every_operation_is_repeated() -> None:
    types = {row.partition(",")[0].removeprefix("type: ") for row in ROWS}
    assert types | ONCE | SEVERAL == set(REGISTRY)


def assert_right(text: str) -> None:
    """Compare both backends with the network whose copies are written out."""
    import numpy as np

    graph = archcompiler.loads(text).graph
    flat, names = graph.flat(), graph.flat_names
    weights = random_weights(graph, seed=3)
    layers = {key: key.rpartition(".")[0] for key in weights}
    written_out = {
        f"{names[layer]}.{key.rpartition('.')[2]}": weights[key] for key, layer in layers.items()
    }
    generator = np.random.default_rng(5)
    x = random_inputs(graph, 2, generator)
    rights = computed(flat, "torch", written_out, x)
    for backend in BACKENDS:
        for one, given in ((graph, weights), (flat, written_out)):
            for found, right in zip(computed(one, backend, given, x), rights, strict=True):
                assert found.shape == right.shape
                atol = 1e-5 * max(1, abs(right).max())  # sums of large numbers may be near 0
                np.testing.assert_allclose(found, right, rtol=1e-4, atol=atol, err_msg=backend)


def computed(graph: Graph, backend: str, weights: dict[str, Any], x: list[Any]) -> list[Any]:
    """Return the outputs of a live model, maps first."""
    import numpy as np
    import torch

    model = build(graph, backend)
    load_into(model, graph, backend, weights)
    if backend == "torch":
        with torch.inference_mode():
            found = model.eval()(*map(torch.from_numpy, x))
        return [value.numpy() for value in (found if len(graph.outputs) > 1 else [found])]
    import keras

    reads = [np.moveaxis(value, 1, -1) for value in x]
    found = model(reads if len(reads) > 1 else reads[0])
    values = map(keras.ops.convert_to_numpy, found if len(graph.outputs) > 1 else [found])
    return [np.moveaxis(value, -1, 1) for value in values]


ENCODER = """archc: 1
name: Encoder
blocks:
  unit:
    inputs: [hidden, mask]
    layers:
    - {layer: qkv, type: fully_connected, maps: "${3 * hidden.maps}", from: hidden}
    - {layer: mix, type: attention, heads: 2, from: [qkv, mask]}
    - {layer: proj, type: fully_connected, maps: "${hidden.maps}"}
    - {layer: sum, type: add, from: [hidden, proj]}
    - {layer: norm, type: layer_normalization}
"""
WORDS = """layers:
- {layer: Words, type: input, size: 7, vocabulary: 20}
- {layer: Mask, type: input, size: 7, vocabulary: 2}
- {layer: embed, type: embedding, maps: 8, from: Words}
"""
MEMORY = """archc: 1
name: Decoder
blocks:
  unit:
    inputs: [x, memory]
    layers:
    - {layer: conv, type: convolution, maps: "${x.maps}", kernel: 3, padding: same, from: x}
    - {layer: value, type: fully_connected, maps: "${x.maps}", from: memory}
    - {layer: mix, type: attention, heads: 2, from: [conv, value, value]}
    - {layer: out, type: add, from: [x, mix]}
layers:
- {layer: In, type: input, maps: 6, size: 9}
- {layer: Other, type: input, maps: 4, size: 5}
- {layer: memory, type: convolution, maps: 5, kernel: 1, from: Other}
- {layer: first, type: convolution, maps: 6, kernel: 1, from: In}
"""
OF_SEVERAL = {
    "a mask": ENCODER + WORDS + "- {layer: layers, type: unit, repeat: 3, from: [embed, Mask]}\n",
    "in a block": ENCODER
    + "  all:\n    inputs: [x, seen]\n    params: {depth: 2}\n    layers:\n"
    + '    - {type: unit, repeat: "${depth}", from: [x, seen]}\n'
    + "    - {type: fully_connected, maps: 8}\n"
    + WORDS
    + "- {layer: one, type: all, from: [embed, Mask]}\n"
    + "- {layer: two, type: all, depth: 3, from: [one, Mask]}\n",
    "one copy is read": ENCODER
    + WORDS
    + "- {layer: layers, type: unit, repeat: 3, from: [embed, Mask]}\n"
    + "- {type: add, from: [layers, layers.0, layers.1.proj]}\n",
    "another layout": MEMORY + "- {layer: d, type: unit, repeat: 2, from: [first, memory]}\n",
    "the row above": MEMORY
    + "- {layer: second, type: convolution, maps: 5, kernel: 1, from: first}\n"
    + "- {layer: d, type: unit, repeat: 2, from: [first, second]}\n"
    + "- {layer: both, type: concatenate, axis: tokens, from: [d, first]}\n"
    + "- {layer: used, type: convolution, maps: 6, kernel: 1, from: memory}\n"
    + "- {type: concatenate, axis: tokens, from: [used, both]}\n",
    "a layer": "archc: 1\nname: Sums\nlayers:\n- {layer: In, type: input, maps: 3, size: 4x5}\n"
    "- {layer: C, type: convolution, maps: 3, kernel: 1}\n"
    "- {layer: S, type: add, repeat: 3, from: [C, In]}\n"
    "- {layer: W, type: concatenate, repeat: 2, from: [S, C]}\n",
}


@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("name", OF_SEVERAL)
def test_copies_read_the_others_as_they_stand(name: str) -> None:
    """Each copy reads the one before in place of the first layer that the row reads."""
    assert_right(OF_SEVERAL[name])
    graph = archcompiler.loads(OF_SEVERAL[name]).graph
    repeated = [layer for layer in graph.layers if layer.name.endswith((".1.mix", "S.1", "W.1"))]
    assert repeated
