"""Derived parameters: defaults of a block that rest on what a use gives and reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import archcompiler
from archcompiler import SpecError
from archcompiler.diagnostics import Source
from archcompiler.graph import Repeat, Use
from archcompiler.graph.expand import expanded
from archcompiler.language.format import formatted

BLOCKS = """archc: 1
name: Net
params: {width: 0.5, broken: 0}
blocks:
  unit:
    params:
      s: 1
      c: int
      out: "${divisible(c * width, 8)}"
      start: "${input.maps}"
      residual: "${s == 1 and start == out}"
      sizes: ["${start}", "${out}", 7]
    layers:
    - {layer: conv, type: convolution, maps: "${out}", kernel: 3, stride: "${s}", padding: 1}
    - {layer: sum, type: add, from: [conv, input], when: "${residual}"}
    - {layer: last, type: convolution, maps: "${sizes[2]}", kernel: 1, when: "${out == 32}"}
  pair:
    inputs: [low, skip]
    params: {same: "${low.maps == skip.maps}", features: "${low.maps + skip.maps}"}
    layers:
    - {layer: both, type: concatenate, from: [low, skip]}
    - {layer: conv, type: convolution, maps: "${features}", kernel: 1, when: "${not same}"}
  deep:
    params: {squeeze: "${max(1, input.maps // 4)}"}
    layers:
    - {layer: in, type: convolution, maps: "${squeeze}", kernel: 1}
    - {layer: unit, type: unit, c: "${4 * squeeze}", s: 2}
layers:
- {layer: In, type: input, maps: 16, size: 16x16}
"""


def use_of(network: archcompiler.Architecture, name: str) -> Use:
    first, _, number = name.partition(".")
    item = next(item for item in network.graph.body.items if item.name == first)
    found = item.copies[int(number)] if isinstance(item, Repeat) else item
    assert isinstance(found, Use)
    return found


def arguments(rows: str, name: str) -> dict[str, Any]:
    return dict(use_of(archcompiler.loads(BLOCKS + rows), name).arguments)


def test_each_use_computes_what_it_does_not_give() -> None:
    rows = "- {layer: a, type: unit, c: 32, repeat: 2}\n- {layer: b, type: unit, c: 64, s: 2}\n"
    network = archcompiler.loads(BLOCKS + rows)
    known = {"c": 32, "out": 16, "start": 16, "sizes": [16, 16, 7]}
    assert use_of(network, "a.0").arguments == {"s": 1, "residual": True, **known}
    assert use_of(network, "a.1").arguments == {"s": 1, "residual": True, **known}
    found = use_of(network, "b").arguments
    assert (found["out"], found["residual"], found["sizes"]) == (32, False, [16, 32, 7])
    names = [layer.name for layer in network.layers]
    assert names == ["In", "a.0.conv", "a.0.sum", "a.1.conv", "a.1.sum", "b.conv", "b.last"]
    assert network["b.last"].shape.channels == 7


def test_a_use_may_give_one_itself() -> None:
    found = arguments("- {layer: a, type: unit, c: 64, out: 24, s: 2}\n", "a")
    assert (found["out"], found["residual"], found["sizes"]) == (24, False, [16, 24, 7])
    found = arguments("- {layer: a, type: unit, c: 64, out: 24, residual: false}\n", "a")
    assert found["residual"] is False


def test_what_a_block_is_given_by_name() -> None:
    rows = (
        "- {layer: a, type: convolution, maps: 3, kernel: 1}\n"
        "- {layer: b, type: pair, from: [In, a]}\n- {layer: c, type: pair, from: [b, b]}\n"
    )
    network = archcompiler.loads(BLOCKS + rows)
    assert use_of(network, "b").arguments == {"same": False, "features": 19}
    assert use_of(network, "c").arguments == {"same": True, "features": 38}
    assert "c.conv" not in [layer.name for layer in network.layers]


def test_blocks_in_blocks() -> None:
    network = archcompiler.loads(f"{BLOCKS}- {{layer: a, type: deep}}\n")
    assert network["a.in"].shape.channels == 4
    assert str(network["a.unit.conv"].shape) == "8 maps of 8x8"


def test_the_spec_may_be_written_out_and_laid_out() -> None:
    text = f"{BLOCKS}- {{layer: a, type: unit, c: 32}}\n"
    network = archcompiler.loads(text)
    shapes = [layer.shape for layer in network.layers]
    for other in (expanded(network.graph), formatted(Source("net.yaml", text))):
        assert [layer.shape for layer in archcompiler.loads(other).layers] == shapes


CASES = {
    "a default that cannot be computed": (
        'a: "${8 // s}"', "unit, s: 0", [("ARC206", "8 // s", "this divides by zero")],
    ),
    "a shape that has no such size": (
        'a: "${input.features}"', "unit",
        [("ARC206", "input.features", "`input` has no `features`, but maps, height, width")],
    ),
    "what stands below": (
        'a: "${b + 1}", b: "${s}"', "unit", [("ARC206", "b", "`b` is declared below `a`")],
    ),
    "what stands below, and has a namesake in the spec": (
        'a: "${width + 1}", width: 3', "unit",
        [("ARC206", "width", "`width` is declared below `a`")],
    ),
    "itself": (
        'a: "${a + 1}"', "unit", [("ARC206", "a", "`a` is what this default is for")],
    ),
    "itself, and a namesake in the spec": (
        'width: "${width * s}"', "unit",
        [("ARC206", "width", "`width` is what this default is for")],
    ),
    "an unknown name": (
        'a: "${s * nothing}"', "unit", [("ARC206", "nothing", "no parameter is named `nothing`")],
    ),
    "an unknown name behind a fault of the spec": (
        'a: "${nothing * s}"', "unit", [("ARC206", "nothing", "no parameter is named `nothing`")],
    ),
    "what a row reads": (
        'a: "${reads.maps}"', "unit",
        [("ARC206", "reads.maps", "no shape is known under the name `reads`")],
    ),
    "no expression": ('a: "${s +}"', "unit", [("ARC206", "s +", "this is not an expression")]),
    "a value that a field refuses": (
        'a: "${s - 3}"', "unit", [("ARC203", '"${s - 3}"', "`maps` is a whole number from 1")],
    ),
    "a parameter on the way": (
        'b: "${s - 3}", a: "${b}"', "unit",
        [("ARC203", '"${s - 3}"', "`maps` is a whole number from 1")],
    ),
    "several, each told once": (
        'b: "${1 / s}", c: "${input.tokens}", d: "${c}", a: "${[1][s + 5]}"', "unit, s: 0",
        [
            ("ARC206", "1 / s", "this divides by zero"),
            ("ARC206", "input.tokens", "`input` has no `tokens`"),
            ("ARC206", "[1][s + 5]", "there is no item 5"),
        ],
    ),
    "beside defaults with faults of their own": (
        'b: "${1 / s}", c: "${nothing}", a: 3', "unit, s: 0",
        [("ARC206", "1 / s", "this divides by zero"), ("ARC206", "nothing", "no parameter")],
    ),
}  # fmt: skip


def faults(params: str, use: str, rows: str = "") -> list[archcompiler.diagnostics.Diagnostic]:
    text = f"""archc: 1
name: Net
params: {{width: 2}}
blocks:
  unit:
    params: {{s: 1, {params}}}
    layers:
    - {{layer: conv, type: convolution, maps: "${{a}}", kernel: 1}}
layers:
- {{layer: In, type: input, maps: 3, size: 8x?}}
- {{layer: u, type: {use}}}
{rows}"""
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text.replace("8x?", '"8x?"'))
    return [*caught.value.diagnostics]


@pytest.mark.parametrize(("params", "use", "expected"), CASES.values(), ids=CASES)
def test_where_a_fault_of_a_default_is_told(
    params: str, use: str, expected: list[tuple[str, str, str]]
) -> None:
    params = params.replace("width:", "a: 3, width:") if "a:" not in params else params
    found = faults(params, use)
    assert [(fault.code, fault.span.text) for fault in found] == [it[:2] for it in expected]
    for fault, (_, _, message) in zip(found, expected, strict=True):
        assert message in fault.message


def test_the_use_is_labelled_once_for_all_of_them() -> None:
    rows = "- {layer: v, type: unit, s: 0}\n"
    (found,) = faults('a: "${8 // s}"', "unit, s: 0", rows)
    assert [label.text for label in found.labels] == ["`s` is 0", "in `u`, used here"]
    (inner,) = faults('a: "${8 // s}"', "unit", "- {layer: v, type: unit, s: 0, repeat: 2}\n")
    assert inner.labels[-1].text == "in `v.0`, used here"


def test_a_size_that_is_left_open_is_no_number() -> None:
    (found,) = faults('a: "${input.width}"', "unit")
    assert found.message == "`input.width` is not known: the spec leaves that size open"
    assert found.span.text == "input.width"


def test_a_number_of_inputs_is_told_first() -> None:
    (found,) = faults('a: "${input.maps}"', "unit, from: [In, In]")
    assert found.code == "ARC304"


def test_one_that_no_use_needs_is_not_looked_at() -> None:
    text = BLOCKS.replace("squeeze: ", 'half: "${8 // broken}", third: 1, squeeze: ')
    rows = "- {layer: a, type: unit, c: 32, s: 2}\n"
    with pytest.raises(SpecError, match="divides by zero"):  # it rests on the spec alone
        archcompiler.loads(text + rows)
    text = text.replace("8 // broken", "input.maps // broken")
    assert archcompiler.loads(text + rows).layers
    with pytest.raises(SpecError, match="divides by zero"):
        archcompiler.loads(f"{text}- {{layer: a, type: deep}}\n")
    assert archcompiler.loads(f"{text}- {{layer: a, type: deep, half: 3}}\n").layers


FILE = """archc: 1
name: Unit
params: {s: 1, maps: 4, out: "${2 * maps}", half: "${8 // s}"}
blocks:
  inner:
    params: {c: 1, wide: "${input.maps * c * half}"}
    layers:
    - {layer: conv, type: convolution, maps: "${wide}", kernel: 1}
layers:
- {layer: In, type: input, maps: 3, size: 8x8}
- {layer: a, type: convolution, maps: "${out}", kernel: 1}
- {layer: b, type: inner, c: "${s}"}
"""
USER = """archc: 1
name: Net
blocks: {unit: {spec: unit.yaml}}
layers:
- {layer: In, type: input, maps: 3, size: 8x8}
- {layer: u, type: unit, maps: 5, s: 2}
"""


def test_a_block_in_a_file_rests_on_what_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "unit.yaml").write_text(FILE)
    network = archcompiler.loads(USER, str(tmp_path / "net.yaml"), folder=tmp_path)
    assert use_of(network, "u").arguments == {"s": 2, "maps": 5, "out": 10, "half": 4}
    assert network["u.b.conv"].shape.channels == 80
    given = USER.replace("s: 2", "s: 2, out: 6")
    network = archcompiler.loads(given, str(tmp_path / "net.yaml"), folder=tmp_path)
    assert network["u.a"].shape.channels == 6


def test_a_fault_of_a_default_in_a_file_is_told_there(tmp_path: Path) -> None:
    (tmp_path / "unit.yaml").write_text(FILE)
    text = USER.replace("s: 2", "s: 0")
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text, str(tmp_path / "net.yaml"), folder=tmp_path)
    (found,) = caught.value.diagnostics
    assert (found.message, found.span.text) == ("this divides by zero", "8 // s")
    assert found.span.source.name.endswith("unit.yaml")
    assert [label.text for label in found.labels] == ["used here"]
