"""A value that is just a parameter is blamed where the parameter is given."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcompiler
from archcompiler import SpecError

BLOCKS = """archc: 1
name: Net
params: {
  wide: 99,
  often: 99,
  act: relu }
blocks:
  unit:
    params: {kernel: 3, groups: 1, maps: 4, kind: convolution, act: relu, copies: 1}
    layers:
    - {layer: conv, type: "${kind}", maps: "${maps}", kernel: "${kernel}", groups: "${groups}", \
activation: "${act}", repeat: "${copies}"}
  stage:
    params: {k: int, rate: 0.5}
    layers:
    - {layer: one, type: unit, kernel: "${ k }"}
    - {layer: drop, type: dropout, rate: "${rate}"}
    - {layer: two, type: unit, kernel: "${k + 2}"}
  large:
    params: {kernel: 77}
    layers:
    - {layer: conv, type: convolution, maps: 4, kernel: "${kernel}"}
layers:
- {layer: In, type: input, maps: 3, size: 32x32}
"""


def found(rows: str) -> list[tuple[str, str, list[str]]]:
    """Return the codes of the faults, the lines that they are at, and those of their labels."""
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(BLOCKS + rows)
    return [
        (
            fault.code,
            _row(fault.span) + ": " + fault.span.text.strip('"'),
            [f"{_row(label.span)}: {label.text}" for label in fault.labels],
        )
        for fault in caught.value.diagnostics
    ]


def _row(span: archcompiler.diagnostics.Span) -> str:
    """Return what the line of a span begins with: the name of a row, or a key."""
    start, end = span.source.line(span.source.position(span.start)[0])
    line = span.source.text[start:end].strip(" -{").removeprefix("layer: ")
    return line.split(",")[0].split(":")[0]


IN_UNIT = "conv: in `unit.conv`, read here"
CASES = {
    "a window": (
        "- {layer: A, type: unit, kernel: 99}\n",
        [("ARC402", "A: 99", [IN_UNIT, "A: in `A`, used here"])],
    ),
    "groups": (
        "- {layer: A, type: unit, groups: 7, maps: 7}\n",
        [("ARC405", "A: 7", [IN_UNIT, "A: in `A`, used here"])],
    ),
    "a value of the wrong kind": (
        "- {layer: A, type: unit, kernel: big}\n",
        [("ARC203", "A: big", ["conv: read here", "A: in `A`, used here"])],
    ),
    "a type": (
        "- {layer: A, type: unit, kind: convulsion}\n",
        [("ARC201", "A: convulsion", ["conv: read here", "A: in `A`, used here"])],
    ),
    "a text with a parameter in it": (
        '- {layer: A, type: unit, act: "${act}x"}\n',
        [("ARC203", "A: ${act}x", ["conv: read here", "A: in `A`, used here"])],
    ),
    "copies": (
        "- {layer: A, type: unit, copies: 5000}\n",
        [("ARC308", "A: 5000", ["conv: read here", "A: in `A`, used here"])],
    ),
    "a default": (
        "- {layer: A, type: large}\n- {layer: B, type: large, from: In}\noutputs: [A, B]\n",
        [("ARC402", "params: 77", ["conv: in `large.conv`, read here", "A: in `A`, used here"])],
    ),
    "through two blocks": (
        "- {layer: A, type: stage, k: 50}\n",
        [("ARC402", "A: 50", [IN_UNIT, "A: in `A`, used here", "one: in `A.one`, used here"])],
    ),
    "what is computed on the way stays where it is computed": (
        "- {layer: A, type: stage, k: 17}\n",
        [("ARC402", "two: ${k + 2}",
          [IN_UNIT, "A: in `A`, used here", "two: in `A.two`, used here"])],
    ),
    "each use that gives it": (
        "- {layer: A, type: unit, kernel: 99}\n- {layer: B, type: unit, kernel: 99, from: In}\n"
        "- {layer: C, type: stage, k: 99, from: In}\noutputs: [A, B, C]\n",
        [("ARC402", "A: 99", [IN_UNIT, "A: in `A`, used here"]),
         ("ARC402", "B: 99", [IN_UNIT, "B: in `B`, used here"]),
         ("ARC402", "C: 99", [IN_UNIT, "C: in `C`, used here", "one: in `C.one`, used here"])],
    ),
    "a parameter of the spec": (
        '- {layer: A, type: convolution, maps: 4, kernel: "${wide}"}\n',
        [("ARC402", "wide: 99", ["A: read here", "In: `In` gives 3 maps of 32x32"])],
    ),
    "a parameter of the spec, through a block": (
        '- {layer: A, type: unit, kernel: "${wide}"}\n',
        [("ARC402", "wide: 99", [IN_UNIT, "A: in `A`, used here"])],
    ),
    "a parameter that another row may be right with": (
        '- {layer: A, type: convolution, maps: "${often}", kernel: 1}\n'
        '- {layer: B, type: convolution, maps: 4, kernel: "${often}"}\n',
        [("ARC402", "B: ${often}", ["often: `often` is 99", "A: `A` gives 99 maps of 32x32"])],
    ),
    "a parameter of many rows that is wrong for all": (
        '- {layer: A, type: dropout, rate: "${often}"}\n'
        '- {layer: B, type: dropout, rate: "${often}", from: In}\noutputs: [A, B]\n',
        [("ARC203", "often: 99", ["A: read here"])],
    ),
    "an expression of parameters": (
        '- {layer: A, type: convolution, maps: 4, kernel: "${wide // 2}"}\n',
        [("ARC402", "A: ${wide // 2}", ["wide: `wide` is 99", "In: `In` gives 3 maps of 32x32"])],
    ),
    "an expression that cannot be computed": (
        '- {layer: A, type: convolution, maps: 4, kernel: "${act // 2}"}\n',
        [("ARC206", "A: act // 2", ["act: `act` is relu"])],
    ),
    "a wrong kind of argument": (
        '- {layer: A, type: stage, k: "${act}"}\n',
        [("ARC203", "act: relu", ["A: read here"])],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "faults"), CASES.values(), ids=CASES)
def test_where_a_value_is_blamed(rows: str, faults: list[tuple[str, str, list[str]]]) -> None:
    assert found(rows) == faults


def test_a_member_is_blamed_for_what_it_gives_the_family(tmp_path: Path) -> None:
    (tmp_path / "family.yaml").write_text(
        "archc: 1\nname: Family\nparams: {kernel: 3}\nlayers:\n"
        "- {layer: In, type: input, maps: 3, size: 8x8}\n"
        '- {layer: C, type: convolution, maps: 4, kernel: "${kernel}"}\n'
        '- {layer: D, type: convolution, maps: 4, kernel: "${kernel}"}\n'
    )
    member = tmp_path / "member.yaml"
    member.write_text("archc: 1\nname: Member\nspec: family.yaml\nparams: {kernel: 9}\n")
    with pytest.raises(SpecError) as caught:
        archcompiler.load(member)
    (fault,) = caught.value.diagnostics
    assert fault.place == f"{member.as_posix()}:4:18"
    with pytest.raises(SpecError) as caught:
        archcompiler.load(member, params={"kernel": "9"})
    (fault,) = caught.value.diagnostics
    assert fault.place == f"{(tmp_path / 'family.yaml').as_posix()}:6:50"


def test_a_block_in_a_file_is_given_what_its_use_says(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        "archc: 1\nname: Inner\nparams: {kernel: 3}\nlayers:\n"
        '- {layer: In, type: input, maps: 3, size: "?x?"}\n'
        '- {layer: C, type: convolution, maps: 4, kernel: "${kernel}"}\n'
    )
    outer = tmp_path / "outer.yaml"
    outer.write_text(
        "archc: 1\nname: Outer\nblocks: {inner: {spec: inner.yaml}}\nlayers:\n"
        "- {layer: In, type: input, maps: 3, size: 8x8}\n- {layer: U, type: inner, kernel: 9}\n"
    )
    with pytest.raises(SpecError) as caught:
        archcompiler.load(outer)
    (fault,) = caught.value.diagnostics
    assert fault.place == f"{outer.as_posix()}:6:35"


def test_uses_that_are_faulty_in_many_ways_end() -> None:
    """Blocks in blocks, each of which uses the next twice with what it is given."""
    blocks = "".join(
        f"  b{n}:\n    params: {{k: 3}}\n    layers:\n"
        f'    - {{layer: x, type: b{n + 1}, k: "${{k}}"}}\n'
        f'    - {{layer: y, type: b{n + 1}, k: "${{k}}", from: input}}\n'
        "    - {type: concatenate, from: [x, y]}\n"
        for n in range(14)
    )
    text = (
        f"archc: 1\nname: Deep\nblocks:\n{blocks}  b14:\n    params: {{k: 3}}\n    layers:\n"
        '    - {type: convolution, maps: 2, kernel: "${k}"}\nlayers:\n'
        "- {layer: In, type: input, maps: 3, size: 8x8}\n"
        + "".join(f"- {{layer: U{n}, type: b0, k: 9, from: In}}\n" for n in range(9))
    )
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text + f"outputs: [{', '.join(f'U{n}' for n in range(9))}]\n")
    assert [fault.code for fault in caught.value.diagnostics] == ["ARC402"] * 9
