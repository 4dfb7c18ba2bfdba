"""A colon without a space after it: it is told as that, once, and the space is put there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcompiler
from archcompiler import SpecError
from archcompiler.cli import cli

SOUND = """archc: 1
name: Net
params: {width: 8}
blocks:
  unit:
    inputs: [a]
    params: {k: 3}
    layers:
    - {layer: c, type: convolution, maps: "${width}", kernel: "${k}", from: [a]}
layers:
- layer: In
  type: input
  maps: 3
  size: 32x32
- {layer: U, type: unit, k: 5}
- {layer: P, type: max_pooling, kernel: 2, from: [U]}
- type: flatten
- {layer: Out, type: fully_connected, size: 10}
outputs: [Out]
training:
  loss: mean_squared_error
  optimizer: {type: sgd, learning_rate: 0.1}
"""
TABLE = """archc: 1
name: Net
layers: |
  Layer | Type | Maps | Size
  In | input | 3 | 8x8
  F | flatten | |
"""
MAPPINGS = (
    "archc: 1\nname: Net\nparams:\n  k: 3\n  j: 4\nlayers:\n- {type: input, maps: 3, size: 8}\n"
)


def places(text: str) -> list[int]:
    """Return where a space stands behind a colon, with a value after it on the same line."""
    return [match.start() for match in re.finditer(r"(?<=[a-z]:) (?=\S)", text)]


def found(text: str) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text)
    return [(fault.code, fault.span.text) for fault in caught.value.diagnostics]


@pytest.mark.parametrize("text", [SOUND, TABLE, MAPPINGS], ids=["rows", "table", "params"])
def test_each_space_that_is_missing_is_the_one_fault_that_is_told(text: str) -> None:
    for at in places(text):
        word = re.findall(r"\w+:", text[:at])[-1]
        assert found(text[:at] + text[at + 1 :]) == [("ARC109", word)], text[at - 20 : at]


@pytest.mark.parametrize("text", [SOUND, TABLE, MAPPINGS], ids=["rows", "table", "params"])
def test_all_spaces_are_put_back(text: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(re.sub(r"(?<=[a-z]:) (?=\S)", "", text))
    result = CliRunner().invoke(cli, ["validate", "--fix", str(path)])
    assert result.exit_code == 0, result.output
    assert path.read_text() == text


def test_the_rest_is_checked_where_it_can_be() -> None:
    text = SOUND.replace("type: max_pooling", "type:max_pooling").replace("size: 10", "size: ten")
    assert found(text) == [("ARC109", "type:"), ("ARC203", "ten")]
    text = SOUND.replace("- type: flatten", "- type:flaten")
    assert found(text) == [("ARC109", "type:"), ("ARC201", "flaten")]


def test_a_key_that_has_a_value_is_a_key() -> None:
    text = SOUND.replace("{layer: Out", '{layer: Out, note:so: ""')
    assert found(text) == [("ARC202", "note:so")]


@pytest.mark.parametrize(
    "value", ["http://example.org", "12:30", "a:b", "'type:input'", "C:\\nets", "${k:3}"]
)
def test_other_colons_are_left_alone(value: str) -> None:
    text = SOUND.replace("name: Net\n", f"name: Net\ndescription: {value}\n")
    archcompiler.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        SOUND.replace("{layer: Out", "{layer: Out, note:, "),
        SOUND.replace("optimizer: {", "optimizer: {{"),
        SOUND.replace("size: 10}", "size: 10"),
        "a:b\n\tc: 1\n",
        "see http://example.org\na: 1\n",
    ],
)
def test_what_is_no_missing_space_is_told_as_before(text: str) -> None:
    assert "ARC109" not in [code for code, _ in found(text)]
