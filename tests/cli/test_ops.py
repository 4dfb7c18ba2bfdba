"""`archc ops`: what the definitions say of themselves, and that none is without words."""

import json
import re
from collections.abc import Callable
from typing import get_args

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler.cli import cli, reference
from archcompiler.operations import KNOWN_AS, REGISTRY, Family, Operation
from archcompiler.operations.reference import default_of, described
from tests.conftest import ROOT

OPERATIONS = [pytest.param(operation, id=name) for name, operation in REGISTRY.items()]


def ops(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["ops", *arguments])


# --- nothing is without words


def sentence(text: str) -> bool:
    return bool(re.match(r"[A-Z0-9`(].*\.\Z", text))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_definition_says_what_it_is(operation: type[Operation]) -> None:
    about = described(operation)
    assert "\n" not in about.sentence
    for text in (about.sentence, about.shape, about.parameters, about.multiply_adds):
        assert sentence(text), text
    assert not about.remarks or sentence(about.remarks)
    for name, item in operation.fields.items():
        assert item.doc, name
        assert item.kind.expected, name
    assert about.example


class Silent(Operation):
    type = "silent"

    def shape(self, inputs):
        return inputs[0]


def test_a_definition_without_words_is_seen() -> None:
    about = described(Silent)
    assert (about.sentence, about.shape, about.example) == ("", "", "")
    assert (about.parameters, about.multiply_adds) == ("None.", "0.")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_rules_agree_with_the_example(operation: type[Operation]) -> None:
    about, layer = described(operation), reference.entry_of(operation).layer
    assert bool(layer.parameters) is (about.parameters != "None.")
    assert bool(layer.multiply_adds) is (about.multiply_adds != "0.")
    if about.shape.startswith("The input's shape"):
        assert layer.shape == layer.input_shapes[0]


# --- examples are specs


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_example_gives_what_it_states(operation: type[Operation]) -> None:
    text = described(operation).example
    layer = reference.entry_of(operation).layer  # proven as any spec is
    row = text.splitlines()[-1]
    assert f"type: {operation.type}," in row
    assert layer.operation.type == operation.type
    states = dict(re.findall(r"(maps|size): (\S+?)[,}]", row))
    assert states.pop("size") == layer.shape.size
    assert states == ({} if layer.shape.is_vector else {"maps": str(layer.shape.channels)})


def test_an_example_that_states_another_size_is_refused() -> None:
    wrong = described(REGISTRY["convolution"]).example.replace("55x55", "56x56")
    with pytest.raises(archcompiler.SpecError):
        archcompiler.loads(f"{reference.HEAD}{wrong}\n")


# --- the command


def test_the_overview_has_every_type() -> None:
    lines = ops().stdout.splitlines()
    assert lines[0].split() == ["type", "reads", "what", "it", "does"]
    types = [line.split()[0] for line in lines[1:-2] if line.startswith("  ")]
    families = [line.removesuffix(":") for line in lines[1:-2] if not line.startswith("  ")]
    assert sorted(types) == sorted(REGISTRY)
    assert families == [*get_args(Family)]
    assert "  add                           2 to 256 layers  Adds its inputs" in ops().stdout


@pytest.mark.parametrize("name", ["convolution", "add", "max_pooling"])
def test_all_about_one_reads_well(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"ops.{name}.txt", ops(name).stdout)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Conv2d", "convolution"),
        ("nn.MaxPool2d", "max_pooling"),
        ("batch norm", "batch_normalization"),
        ("FC", "fully_connected"),
        ("global-average-pooling", "global_average_pooling"),
    ],
)
def test_a_type_is_known_by_what_others_call_it(name: str, meant: str) -> None:
    result = ops(name)
    assert result.exit_code == 0
    assert result.stdout == ops(meant).stdout
    assert result.stdout.startswith(f"{meant}:\n")


@pytest.mark.parametrize("word", KNOWN_AS)
def test_every_word_leads_to_its_type(word: str) -> None:
    document = json.loads(ops(word, "--format", "json").stdout)
    assert [one["type"] for one in document["operations"]] == [KNOWN_AS[word].type]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("convolutoin", "did you mean `convolution`?"),
        ("maxpol2d", "did you mean `max_pooling`?"),
        ("recurrent_unit_xyz", "known are `activation`, `ada"),
        ("", "known are `activation`, `ada"),
    ],
)
def test_an_unknown_name_is_wrong_use(name: str, hint: str) -> None:
    result = ops(name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"no type of layer is named `{name}`: {hint}" in result.stderr


def test_for_machines() -> None:
    document = json.loads(ops("--format", "json").stdout)
    assert document["format_version"] == 1
    known = {one["type"]: one for one in document["operations"]}
    assert sorted(known) == sorted(REGISTRY)
    assert known["add"]["inputs"] == {"minimum": 2, "maximum": 256}
    convolution = known["convolution"]
    assert [field["name"] for field in convolution["fields"]] == [*REGISTRY["convolution"].fields]
    fields = {field["name"]: field for field in convolution["fields"]}
    assert (fields["kernel"]["required"], fields["kernel"]["default"]) == (True, None)
    assert (fields["stride"]["required"], fields["stride"]["default"]) == (False, 1)
    assert (fields["padding"]["default"], fields["bias"]["default"]) == ("valid", True)
    assert convolution["example"]["output"] == [96, 55, 55]
    assert convolution["example"]["multiply_adds"] == 105_415_200
    assert convolution["example"]["parameters"] == [
        {"name": "weight", "axes": "out in kh kw", "shape": [96, 3, 11, 11], "trainable": True},
        {"name": "bias", "axes": "out", "shape": [96], "trainable": True},
    ]


def test_the_page_is_what_the_command_prints(golden: Callable[[object, str], None]) -> None:
    page = ops("--format", "markdown").stdout
    golden(ROOT / "docs" / "operations.md", page)
    for name in REGISTRY:
        assert ops(name, "--format", "markdown").stdout in page


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_default_is_written_as_the_field_reads_it(operation: type[Operation]) -> None:
    for name, item in operation.fields.items():
        text = default_of(item)
        if text is not None:
            assert item.kind.parse(text) == item.default, name
