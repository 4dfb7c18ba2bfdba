"""Expressions that use sizes of what a row reads, and of its block's inputs, in both backends."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcompiler
from archcompiler.architecture import Architecture
from archcompiler.backends import BACKENDS
from archcompiler.diagnostics import SpecError
from archcompiler.runtime.verify import verify
from tests.conftest import sampled

HEAD = "archc: 1\nname: Net\n"
IN = "- {layer: In, type: input, maps: 4, size: 9x8}\n"

CASES = {
    # MobileNetV2's skip: p has 2 maps, and the block is given 4
    "a condition on what the block is given": """
blocks:
  inverted:
    params: {c: int}
    layers:
    - {layer: p, type: convolution, maps: "${c}", kernel: 3, padding: same}
    - {layer: out, type: add, from: [p, input], when: "${input.maps == c}"}
layers:
- {layer: In, type: input, maps: 4, size: 9x8}
- {layer: a, type: inverted, c: 4}
- {layer: b, type: inverted, c: 2}
- {layer: c, type: inverted, c: 2, repeat: 2}
""",
    "asked after others have computed": """
blocks:
  late:
    layers:
    - {layer: a, type: convolution, maps: 3, kernel: 3}
    - {layer: b, type: convolution, maps: "${input.maps + reads.maps}", kernel: 1}
    - {layer: c, type: max_pooling, kernel: "${input.height - reads.height + 1}", stride: 1}
    - {layer: d, type: convolution, maps: "${input.maps}", kernel: 3, padding: [0, 1, 1, 0]}
layers:
- {layer: In, type: input, maps: 4, size: 19x18}
- {layer: one, type: late}
- {layer: two, type: late, repeat: 2}
""",
    "asked where a step stands in front": """
blocks:
  front:
    layers:
    - layer: a
      type: convolution
      maps: "${reads.maps + 1}"
      kernel: "${5 if reads.height == 9 else 3}"
      padding: "${2 if input.height == 9 else 1}"
      stride: "${2 if reads.width == 8 else 1}"
    - {layer: b, type: fully_connected, size: "${reads.maps * 2}"}
  flat:
    layers:
    - {layer: a, type: flatten}
    - {layer: b, type: fully_connected, size: "${reads.features // input.maps}"}
outputs: [one, two, three, four]
layers:
- {layer: In, type: input, maps: 4, size: 9x8}
- {layer: one, type: front}
- {layer: small, type: max_pooling, kernel: 2, from: In}
- {layer: two, type: front}
- {layer: three, type: flat, from: small}
- {layer: less, type: convolution, maps: 2, kernel: 3, from: In}
- {layer: four, type: flat}
""",
    "copies that ask": """
blocks:
  grown:
    params: {more: int}
    layers:
    - layer: a
      type: convolution
      maps: "${reads.maps + more}"
      kernel: 1
      repeat: "${input.maps // 2}"
    - {layer: b, type: convolution, maps: "${input.maps * (index + 1)}", kernel: 1, repeat: 2}
layers:
- {layer: In, type: input, maps: 4, size: 9x8}
- {layer: one, type: grown, more: 1}
- {layer: two, type: grown, more: 2}
- {layer: own, type: convolution, maps: "${reads.maps // 2}", kernel: 1, repeat: 2}
""",
    "inputs with names": """
blocks:
  joined:
    params: {c: 4}
    inputs: [low, skip]
    layers:
    - layer: up
      type: convolution
      maps: "${skip.maps}"
      kernel: "${1 if low.height == skip.height else 3}"
      padding: same
    - {layer: sum, type: add, from: [up, skip], when: "${low.maps == c}"}
    - {layer: both, type: concatenate, from: [sum, skip]}
    - {layer: out, type: convolution, maps: "${low.maps + skip.maps}", kernel: 1}
layers:
- {layer: In, type: input, maps: 4, size: 9x8}
- {layer: a, type: convolution, maps: 3, kernel: 1}
- {layer: one, type: joined, from: [In, a]}
- {layer: two, type: joined, from: [a, one]}
""",
    "blocks in blocks": """
blocks:
  inner:
    layers:
    - {layer: a, type: convolution, maps: "${input.maps + 1}", kernel: 1}
    - {layer: b, type: convolution, maps: "${input.maps}", kernel: 1}
  outer:
    params: {c: 5}
    layers:
    - {layer: first, type: convolution, maps: "${c}", kernel: 1}
    - {layer: in, type: inner}
    - {layer: out, type: add, from: [in, input], when: "${reads.maps == input.maps}"}
    - {layer: again, type: inner, repeat: "${input.maps // reads.maps + 1}"}
layers:
- {layer: In, type: input, maps: 4, size: 9x8}
- {layer: a, type: outer, c: 4}
- {layer: b, type: outer}
- {layer: c, type: outer, c: 2}
""",
    "vectors": """
blocks:
  gate:
    params: {ratio: 2}
    layers:
    - {layer: less, type: fully_connected, size: "${input.features // ratio}"}
    - {layer: more, type: fully_connected, size: "${input.features}", activation: sigmoid}
    - {layer: out, type: multiply, from: [input, more]}
layers:
- {layer: In, type: input, size: 12}
- {layer: a, type: gate}
- {layer: b, type: fully_connected, size: "${reads.features - 2}"}
- {layer: c, type: gate, ratio: 5}
""",
    "unknown sizes": """
blocks:
  unit:
    layers:
    - {layer: a, type: convolution, maps: 3, kernel: 3, padding: same}
    - {layer: b, type: convolution, maps: "${input.maps}", kernel: "${reads.maps}", padding: same}
layers:
- {layer: In, type: input, maps: 4, size: "?x?"}
- {layer: a, type: unit}
- {layer: b, type: convolution, maps: "${reads.maps}", kernel: 1}
- {layer: c, type: unit}
""",
}


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("text", sampled(CASES.values(), 4), ids=CASES)
def test_both_backends_compute_the_same(text: str) -> None:
    network = archcompiler.loads(HEAD + text)
    found = verify(network.graph, layers=True, gradients=True)
    assert found.within(1e-5), found
    assert found.outputs


def shapes(text: str) -> dict[str, str]:
    network: Architecture = archcompiler.loads(HEAD + text)
    return {layer.name: str(layer.shape) for layer in network.layers}


def test_the_shapes() -> None:
    skip = shapes(CASES["a condition on what the block is given"])
    assert [name for name in skip if name.endswith(".out")] == ["a.out", "c.0.out", "c.1.out"]
    late = shapes(CASES["asked after others have computed"])
    assert late["one.b"] == "7 maps of 17x16"
    assert late["one.c"] == "7 maps of 15x14"
    assert late["two.1.d"].startswith("4 maps")
    grown = shapes(CASES["copies that ask"])
    assert [grown[f"one.a.{copy}"][:1] for copy in (0, 1)] == ["5", "6"]
    assert "one.a.2" not in grown
    assert grown["one.b.1"].startswith("8 maps")
    assert grown["two.b.1"].startswith("16 maps")
    assert [grown[f"own.{copy}"][:1] for copy in (0, 1)] == ["8", "4"]
    inner = shapes(CASES["blocks in blocks"])
    assert inner["b.in.a"].startswith("6 maps")
    assert inner["b.in.b"].startswith("5 maps")
    assert "a.out" in inner
    assert "b.out" not in inner


@pytest.mark.parametrize(
    ("backend", "said"), [("torch", "in_maps == c"), ("keras", "inputs.shape[-1] == c")]
)
def test_the_condition_is_written(backend: str, said: str) -> None:
    network = archcompiler.loads(HEAD + CASES["a condition on what the block is given"])
    assert said in network.source(backend)


FILE = """archc: 1
name: Unit
params: {{wide: 2}}
layers:
- {{layer: In, type: input, maps: 4, size: 9x8}}
- {{layer: a, type: convolution, maps: "${{wide * reads.maps}}", kernel: 1}}
- {{layer: b, type: convolution, maps: "${{{name}.maps}}", kernel: 1, from: In}}
- {{layer: c, type: concatenate, from: [a, b]}}
"""
USER = f"""{HEAD}
blocks: {{unit: {{spec: unit.yaml}}}}
layers:
{IN}- {{layer: a, type: unit}}
- {{layer: p, type: convolution, maps: 3, kernel: 1}}
- {{layer: b, type: unit, wide: 3}}
"""


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
def test_a_spec_as_a_block_asks_what_its_rows_read(tmp_path: Path) -> None:
    (tmp_path / "unit.yaml").write_text(FILE.format(name="reads"))
    user = USER.replace("maps: 3, kernel: 1", "maps: 4, kernel: 1")
    network = archcompiler.loads(user, str(tmp_path / "net.yaml"), folder=tmp_path)
    assert str(network.graph["b.a"].shape) == "12 maps of 9x8"
    assert verify(network.graph, layers=True).within(1e-5)
    for backend in BACKENDS:
        assert network.source(backend)


@pytest.mark.parametrize("name", ["input", "In"])
def test_a_spec_by_itself_is_given_nothing_in_expressions(tmp_path: Path, name: str) -> None:
    (tmp_path / "unit.yaml").write_text(FILE.format(name=name))
    for text in (USER, FILE.format(name=name)):
        with pytest.raises(SpecError) as caught:
            archcompiler.loads(text, str(tmp_path / "net.yaml"), folder=tmp_path)
        faults = [fault for fault in caught.value.diagnostics if fault.code == "ARC206"]
        assert faults
        assert all("`reads.maps`" in fault.help[0] for fault in faults)


def test_a_size_that_is_left_open_is_not_asked_for() -> None:
    text = CASES["unknown sizes"].replace(
        "kernel: 3, padding", 'kernel: "${input.height}", padding'
    )
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(HEAD + text)
    assert {(fault.code, fault.message) for fault in caught.value.diagnostics} == {
        ("ARC206", "`input.height` is not known: the spec leaves that size open")
    }


def test_a_block_that_is_not_used_may_ask() -> None:
    block = """
blocks:
  unused:
    inputs: [low, skip]
    layers:
    - {layer: a, type: convolution, maps: "${low.maps}", kernel: 1, repeat: "${skip.maps}"}
    - {layer: b, type: add, from: [a, skip], when: "${skip.height == reads.height}"}
"""
    network = archcompiler.loads(f"{HEAD}{block}layers:\n{IN}- {{type: flatten}}\n")
    assert len(network.layers) == 2


def test_what_a_wrong_size_leaves_open_is_told_once() -> None:
    """The size of `p` is a slip: what the block is given is known all the same."""
    text = """
blocks:
  unit:
    params: {c: 4}
    layers:
    - {layer: p, type: convolution, maps: "${c}", size: 9x9, kernel: 3, padding: same}
    - {layer: q, type: convolution, maps: "${input.maps}", size: 9x8, kernel: 3, padding: same}
    - {layer: out, type: add, from: [q, input], when: "${input.maps == c}"}
layers:
"""
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(f"{HEAD}{text}{IN}- {{layer: a, type: unit}}\n")
    assert [fault.code for fault in caught.value.diagnostics] == ["ARC401"]
