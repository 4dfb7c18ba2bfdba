"""The JSON documents: what commands print is what the published schemas say."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from archcompiler.cli import COMMANDS, cli
from archcompiler.documents import DOCUMENTS, document_named, schema_of
from scripts.specs import SPECS
from tests.conftest import ROOT, sampled

FOLDER = ROOT / "schema"
NAMES = {path.stem: path.as_posix() for path in SPECS}
ONE, OTHER = NAMES["alexnet"], NAMES["alexnet_2012"]

# name of a case: the document, and the command that prints it (see `weights`)
PRINTED: dict[str, tuple[str, list[str]]] = {
    **{f"summary of {name}": ("summary", ["summary", path]) for name, path in NAMES.items()},
    "folded": ("summary", ["summary", NAMES["googlenet"], "--depth", "1"]),
    "the same": ("diff", ["diff", ONE, ONE]),
    "changed": ("diff", ["diff", ONE, OTHER]),
    "reshaped": ("diff", ["diff", NAMES["resnet50"], NAMES["wide_resnet50_2"]]),
    "of unknown size": ("diff", ["diff", NAMES["fully_convolutional"], NAMES["two_inputs"]]),
    "all operations": ("ops", ["ops"]),
    "one operation": ("ops", ["ops", "conv2d"]),
    "faults": ("diagnostics", ["validate", "tests/broken", "nowhere.yaml"]),
    "warnings": ("diagnostics", ["validate", "tests/warned", ONE]),
    "stale source": ("diagnostics", ["build", ONE, "--backend", "torch", "--check", "-o", "no"]),
    "weights": ("inspect", ["inspect", "WEIGHTS"]),
    "fitting weights": ("inspect", ["inspect", "WEIGHTS", "--spec", "SPEC"]),
    "other weights": ("inspect", ["inspect", "WEIGHTS", "--spec", ONE]),
}
LIVE = {
    "outputs": [],
    "everything": ["--layers", "--gradients", "--steps", "2"],
    "nothing agrees": ["--layers", "--tolerance", "0"],
}
SPEC = """archc: 1
name: Small
layers:
- {layer: In, type: input, maps: 1, size: 4x4}
- {layer: C1, type: convolution, maps: 2, kernel: 3, activation: relu}
- {layer: Out, type: fully_connected, size: 2, activation: softmax}
training: {loss: sparse_categorical_crossentropy, optimizer: adam}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(ROOT)
    (tmp_path / "small.yaml").write_text(SPEC)
    return str(tmp_path / "small.yaml")


@pytest.fixture
def weights(spec: str, tmp_path: Path) -> str:
    path = str(tmp_path / "small.safetensors")
    assert CliRunner().invoke(cli, ["init", spec, "-o", path]).exit_code == 0
    return path


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(cli, [*arguments, "--format", "json"])
    assert result.stdout, result.output
    return result.stdout


def closed(schema: Any) -> Any:
    """Return a schema that takes no keys but those that it names."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(item) for key, item in schema.items()}
    return {**inner, "additionalProperties": False} if "properties" in schema else inner


def check(name: str, text: str) -> None:
    """Hold a document to its schema, and to its model, which writes it again to the byte."""
    Draft202012Validator(closed(schema_of(name))).validate(json.loads(text))
    model = document_named(name).model_validate_json(text)
    assert model.text() == text


@pytest.mark.parametrize("case", sampled(PRINTED, 8))
def test_what_commands_print_is_what_the_schema_says(case: str, spec: str, weights: str) -> None:
    name, command = PRINTED[case]
    places = {"WEIGHTS": weights, "SPEC": spec}
    check(name, printed(*(places.get(word, word) for word in command)))


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("case", LIVE)
def test_what_verify_prints_is_what_the_schema_says(case: str, spec: str) -> None:
    check("verify", printed("verify", spec, *LIVE[case]))


def test_every_command_that_prints_json_has_a_document() -> None:
    commands = {command for _, (command, *_) in PRINTED.values()} | {"verify"}
    assert {document for document, _ in PRINTED.values()} | {"verify"} == {*DOCUMENTS}
    assert commands == {name for name in COMMANDS if "json" in formats(name)}


def formats(name: str) -> Iterator[str]:
    context = click.Context(cli)
    command = cli.get_command(context, name)
    assert command is not None
    for parameter in command.params:
        if parameter.name == "form" and isinstance(parameter.type, click.Choice):
            yield from parameter.type.choices


def test_no_other_code_writes_documents() -> None:
    """Text of JSON is made here, and else of what other tools define."""
    others = {
        "runtime/notes.py", "checkpoints/formats/safetensors.py", "cli/schema.py",
        "checkpoints/formats/keras_listing.py",
        "diagnostics/forms/sarif.py", "language/parameters.py", "documents/document.py",
    }  # fmt: skip
    package = ROOT / "archcompiler"
    writing = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "json.dump" in path.read_text()
    }
    assert writing <= others


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_schema_is_what_the_command_prints(
    name: str, golden: Callable[[object, str], None]
) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    version = schema["properties"]["format_version"]["const"]  # type: ignore[index]
    assert schema["$id"] == f"urn:archc:schema:{name}:{version}"
    result = CliRunner().invoke(cli, ["schema", name])
    assert json.loads(result.stdout) == schema
    golden(FOLDER / f"archc-{name}-{version}.schema.json", result.stdout)


def test_a_schema_says_what_everything_is() -> None:
    for name in DOCUMENTS:
        schema: Any = schema_of(name)
        for part in (schema, *schema["$defs"].values()):
            assert part["description"], (name, part)
            for key, value in part["properties"].items():
                assert value.get("description") or value.get("$ref"), (name, key)


def test_a_later_version_is_refused_and_later_keys_are_passed_over() -> None:
    text = printed("summary", (ROOT / "specs/alexnet.yaml").as_posix())
    model = document_named("summary")
    more = json.loads(text) | {"new": 1}
    assert model.model_validate_json(json.dumps(more)) == model.model_validate_json(text)
    with pytest.raises(ValueError, match="format_version"):
        model.model_validate_json(json.dumps(json.loads(text) | {"format_version": 2}))
