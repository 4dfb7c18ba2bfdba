"""A value of PyTorch has a layout; it is converted where a reader wants the other, nowhere else.

A toy that wants its channels last stands for those to come: it divides each place by its length.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

import archcompiler
from archcompiler.backends import BACKENDS
from archcompiler.backends.code import call
from archcompiler.backends.layouts import Layout
from archcompiler.backends.rule import Rule
from archcompiler.backends.torch.step import Lowered
from archcompiler.operations import REGISTRY, Operation
from archcompiler.operations.operation import operation
from archcompiler.runtime.verify import verify
from tests.conftest import operations_kept, sampled


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with operations_kept():

        @operation("unit_length")
        class UnitLength(Operation):
            """Divides the maps at each place by the root of the sum of their squares.

            Example:
                - {layer: In, type: input, maps: 4, size: 6x5}
                - {layer: C1, type: unit_length}
            """

            family = "normalization"

        def in_torch(operation: Operation, step: Any) -> Lowered:
            return Lowered(call("F.normalize", step.x, dim=-1))

        def in_keras(operation: Operation, step: Any) -> Any:
            return call("ops.normalize", step.x, axis=-1)

        of_torch = Rule(in_torch, layout=Layout.LAST)
        monkeypatch.setitem(BACKENDS["torch"].rules, UnitLength, of_torch)  # type: ignore[arg-type]
        monkeypatch.setitem(BACKENDS["keras"].rules, UnitLength, Rule(in_keras))  # type: ignore[arg-type]
        yield
    assert "unit_length" not in REGISTRY


START = """\
archc: 1
name: Laid
blocks:
  plain:
    layers:
    - {layer: scaled, type: unit_length}
    - {layer: dropped, type: dropout, rate: 0.1}
    - {layer: sum, type: add, from: [input, dropped]}
  mixed:
    layers:
    - {layer: conv, type: convolution, maps: 4, kernel: 3, padding: same}
    - {layer: scaled, type: unit_length, activation: softmax}
    - {layer: sum, type: add, from: [scaled, input]}
layers:
- {layer: In, type: input, maps: 4, size: SIZE}
"""

# name: the rows, and in how many places `forward` converts to the one and to the other layout
CASES = {
    "between convolutions": (
        """\
- {layer: a, type: convolution, maps: 4, kernel: 1}
- {layer: b, type: unit_length}
- {layer: c, type: convolution, maps: 3, kernel: 1}
""",
        (1, 1),
    ),
    "two in a row": ("- {layer: a, type: unit_length}\n- {layer: b, type: unit_length}\n", (1, 1)),
    "a sum of both": (
        """\
- {layer: a, type: unit_length}
- {layer: b, type: add, from: [a, In]}
""",
        (1, 1),
    ),
    "softmax and what does not care": (
        """\
- {layer: a, type: unit_length, activation: softmax}
- {layer: b, type: dropout, rate: 0.5, activation: softmax}
- {layer: c, type: activation, activation: softmax}
- {layer: d, type: concatenate, from: [a, c]}
- {layer: e, type: global_average_pooling}
- {layer: f, type: fully_connected, size: 3, activation: softmax}
""",
        (1, 0),
    ),
    "flattened": (
        """\
- {layer: a, type: unit_length}
- {layer: b, type: fully_connected, size: 3, activation: softmax}
""",
        (1, 1),
    ),
    "blocks that are last throughout": ("- {layer: a, type: plain, repeat: 3}\n", (1, 1)),
    "blocks that are first outside": ("- {layer: a, type: mixed, repeat: 3}\n", (1, 1)),
    "blocks of both kinds": (
        """\
- {layer: a, type: mixed}
- {layer: b, type: plain, repeat: 2}
- {layer: c, type: mixed}
- {layer: d, type: plain}
- {layer: e, type: global_max_pooling}
""",
        (3, 2),
    ),
    "a repeated layer": ("- {layer: a, type: unit_length, repeat: 3, activation: tanh}\n", (1, 1)),
    "an inner row that is read": (
        """\
- {layer: a, type: mixed}
- {layer: b, type: add, from: [a, a.scaled]}
- {layer: c, type: plain, repeat: 2}
- {layer: d, type: add, from: [c.0.dropped, c.1]}
""",
        None,
    ),
    "two outputs": (
        """\
- {layer: a, type: unit_length}
- {layer: b, type: convolution, maps: 4, kernel: 1, from: a}
outputs: [a, b]
""",
        (1, 2),
    ),
}
LAST = re.compile(r"\.permute\(0, 2, 3, 1\)|\.permute\(0, 2, 3, 4, 1\)|\.transpose\(1, 2\)")
FIRST = re.compile(r"\.permute\(0, 3, 1, 2\)|\.permute\(0, 4, 1, 2, 3\)|\.transpose\(1, 2\)")


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("name", CASES)
def test_values_are_converted_where_two_layouts_meet(name: str) -> None:
    rows, counts = CASES[name]
    network = archcompiler.loads(START.replace("SIZE", "6x5") + rows)
    source = network.source("torch")
    found = len(LAST.findall(source)), len(FIRST.findall(source))
    assert counts is None or found == counts, source
    alone = r"\w+ = \w+\.(permute|transpose)\(.*\)\n(?! *for )"  # where a loop begins, it is fine
    assert not re.search(alone, source), source


@pytest.mark.torch
@pytest.mark.keras
@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("size", ["7", "6x5", "4x3x2"])
@pytest.mark.parametrize("name", sampled(CASES, 11))
def test_both_frameworks_compute_the_same(name: str, size: str) -> None:
    rows, _ = CASES[name]
    network = archcompiler.loads(START.replace("SIZE", size) + rows)
    result = verify(network.graph, layers=True, gradients=size == "6x5")
    assert result.within(), result
