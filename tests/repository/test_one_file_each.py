"""A new operation costs one file: its class and its rules. Nothing else is edited.

Two are made here, outside of the package: one that works on each value, and one with a window.
Each is a file in a repository of its own, whose `git diff --stat` says what it cost. Then archc,
which was not touched, knows it everywhere.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcompiler
from archcompiler.cli import cli
from archcompiler.language.schema import schema
from archcompiler.operations import REGISTRY
from archcompiler.runtime.verify import verify
from tests.conftest import operations_kept

NEGATE = '''\
"""Negation of each value."""

from __future__ import annotations

from archcompiler.operations import Operation
from archcompiler.operations.operation import operation


@operation("negate")
class Negate(Operation):
    """Changes the sign of each value.

    Example:
        - {layer: In, type: input, maps: 3, size: 8x8}
        - {layer: N1, type: negate}
    """

    family = "elementwise"
    is_pointwise = True
    rules = {"torch": "toy_negate:in_torch", "keras": "toy_negate:in_keras"}


def in_torch(operation, step):
    from archcompiler.backends.code import call
    from archcompiler.backends.torch.step import Lowered

    return Lowered(call("torch.neg", step.x))


def in_keras(operation, step):
    from archcompiler.backends.code import call

    return call("ops.negative", step.x)
'''
RANGE = '''\
"""The range of values in a window."""

from __future__ import annotations

from archcompiler.operations import Operation, Shape
from archcompiler.operations.fields import field
from archcompiler.operations.lengths import VALID, Window
from archcompiler.operations.operation import maps_of, operation
from archcompiler.operations.windows import Sliding


@operation("range_pooling")
class RangePooling(Operation):
    """Takes the largest value of each window less the smallest.

    Example:
        - {layer: In, type: input, maps: 3, size: 8x8}
        - {layer: R1, type: range_pooling, kernel: 2}
    """

    family = "pooling"
    rules = {"torch": "toy_range:in_torch", "keras": "toy_range:in_keras"}

    kernel: tuple[int, ...] = field(Window(), "cells of a window")
    stride: tuple[int, ...] = field(Window(), "cells between two windows", (1,))

    @property
    def sliding(self):
        return Sliding(self.kernel, self.stride, (1,) * len(self.kernel), VALID)

    def shape(self, inputs):
        """Return as many maps; an axis has floor((input - kernel) / stride) + 1 cells."""
        maps = maps_of("range pooling", inputs[0])
        return Shape(maps.channels, tuple(axis.length for axis in self.sliding.over(maps)))

    def reads(self, inputs):
        """Return the window."""
        return self.sliding.reads(inputs[0])


def in_torch(operation, step):
    from archcompiler.backends.code import Binary, Unary, call, square
    from archcompiler.backends.torch.step import Lowered

    window = {"kernel_size": square(operation.kernel), "stride": square(operation.stride)}
    pool, x = f"F.max_pool{step.maps.rank}d", step.x
    return Lowered(Binary(call(pool, x, **window), "+", call(pool, Unary("-", x), **window)))


def in_keras(operation, step):
    from archcompiler.backends.code import Binary, Unary, call, square

    window = square(operation.kernel), square(operation.stride)
    least = call("ops.max_pool", Unary("-", step.x), *window)
    return Binary(call("ops.max_pool", step.x, *window), "+", least)
'''
TOYS = {"negate": NEGATE, "range": RANGE}
SPEC = """\
archc: 1
name: Toys
blocks:
  unit:
    params: {{times: 1}}
    layers:
    - {{layer: conv, type: convolution, maps: 4, kernel: 3, padding: same}}
    - {{layer: toy, {row}}}
layers:
- {{layer: In, type: input, maps: 2, size: {size}}}
- {{layer: first, {row}}}
- {{layer: units, type: unit, repeat: 2}}
- {{layer: Out, type: fully_connected, size: 3}}
"""
ROWS = {"negate": "type: negate", "range": "type: range_pooling, kernel: 2, activation: tanh"}


@pytest.fixture(params=TOYS)
def toy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A toy operation, made in one file of a repository, and forgotten again."""
    name: str = request.param
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "before"], check=True)
    (tmp_path / f"toy_{name}.py").write_text(TOYS[name])
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "an operation"], check=True)
    stat = [*git, "diff", "--stat", "HEAD~1"]
    said = subprocess.run(stat, check=True, capture_output=True, text=True).stdout
    assert "1 file changed" in said
    monkeypatch.syspath_prepend(str(tmp_path))
    with operations_kept():
        __import__(f"toy_{name}")
        yield name
    del sys.modules[f"toy_{name}"]


def test_it_is_known_wherever_operations_are(toy: str) -> None:
    kind = next(name for name in REGISTRY if name.startswith(toy))
    said = CliRunner().invoke(cli, ["ops", kind]).stdout
    assert said.startswith(f"{kind}:\n  ")
    assert f"{kind}_layer" in schema()["$defs"]
    network = archcompiler.loads(SPEC.format(row=ROWS[toy], size="9x8"))
    assert network["units.0.toy"].type == kind
    assert "<svg" in network.draw()
    assert json.loads(CliRunner().invoke(cli, ["ops", kind, "--format", "json"]).stdout)


@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("size", ["9", "9x8"])
def test_both_frameworks_compute_the_same(toy: str, size: str) -> None:
    network = archcompiler.loads(SPEC.format(row=ROWS[toy], size=size))
    result = verify(network.graph, layers=True, gradients=True)
    assert result.within()
    shapes = {layer.shape.rank for layer in network.layers if layer.type != "fully_connected"}
    assert shapes == {size.count("x") + 1}
