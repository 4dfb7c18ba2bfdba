"""Typed rows: they are what the operations define, and type checkers know their fields."""

import ast
import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcompiler
from archcompiler import api
from archcompiler.api import Convolution, Dropout, Row, Spec
from archcompiler.api.part import Part
from archcompiler.cli import cli
from archcompiler.cli.typed_rows import class_of
from archcompiler.operations import REGISTRY
from archcompiler.operations.fields import REQUIRED
from archcompiler.operations.reference import described
from archcompiler.operations.training import OPTIMIZERS, SCHEDULES
from tests.conftest import ROOT

FILE = ROOT / "archcompiler" / "api" / "rows.py"


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["ops", *arguments, "--format", "python"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_module_is_what_the_command_prints(golden: Callable[[object, str], None]) -> None:
    golden(FILE, printed())


@pytest.mark.parametrize("name", REGISTRY)
def test_one_operation_is_a_module_too(name: str) -> None:
    space: dict[str, type[Row]] = {"__name__": "rows_of_mine"}  # type: ignore[dict-item]
    exec(printed(name), space)
    here, ours = space[class_of(name)], getattr(api, class_of(name))
    assert list(here.model_fields) == list(ours.model_fields)
    imported = {alias.name for node in ast.walk(ast.parse(printed(name)))
                if isinstance(node, ast.ImportFrom) for alias in node.names}  # fmt: skip
    assert all(printed(name).count(word) > 1 for word in imported - {"annotations"})


@pytest.mark.parametrize("name", REGISTRY)
def test_a_class_has_the_fields_of_its_operation(name: str) -> None:
    fields, operation = getattr(api, class_of(name)).model_fields, REGISTRY[name]
    assert fields["type"].default == name
    for key, item in operation.fields.items():
        assert fields[key].is_required() == (item.default is REQUIRED)
    own = {"layer", "type", "when", "repeat", "note", "maps", "size", *operation.fields}
    assert fields.keys() == own | ({"from_", "activation"} if operation.maximum_inputs else set())


@pytest.mark.parametrize("name", REGISTRY)
def test_the_example_in_a_docstring_is_that_of_the_operation(name: str) -> None:
    example = (getattr(api, class_of(name)).__doc__ or "").partition("Example:\n")[2]
    spec = Spec(name="Example", layers=eval(f"[{example.strip()}]", vars(api)))
    rows = described(REGISTRY[name]).example
    network = archcompiler.loads(f"archc: 1\nname: Example\nlayers:\n{rows}\n")
    assert spec.check().fingerprint == network.fingerprint


@pytest.mark.parametrize("name", [*OPTIMIZERS, *SCHEDULES])
def test_what_trains_has_the_fields_of_its_definition(name: str) -> None:
    record = (OPTIMIZERS | SCHEDULES)[name]
    fields = getattr(api, record.__name__).model_fields
    assert fields.keys() == {"type", *record.fields}
    assert fields["type"].default == name


def test_rows_are_values() -> None:
    row = Convolution(maps=3, kernel=3)
    again = Convolution(kernel=3, maps=3)
    assert row == again == copy.deepcopy(row) == pickle.loads(pickle.dumps(row))
    assert row != Convolution(maps=4, kernel=3)
    assert row.model_copy(update={"maps": 4}) == Convolution(maps=4, kernel=3)
    assert repr(row) == "Convolution(maps=3, kernel=3)"
    assert row.stride == 1  # as it is where nothing else is said
    assert Convolution.model_validate({"maps": 3, "kernel": 3}) == row
    assert row.model_dump(exclude_unset=True) == {"maps": 3, "kernel": 3}
    with pytest.raises(ValueError, match="frozen"):
        row.maps = 4


def test_nothing_is_refused_before_it_is_checked() -> None:
    row = Dropout(rate=object(), from_=None, of=3)  # type: ignore[arg-type, call-arg]
    assert row.entries().keys() == {"type", "rate", "of"}
    assert Convolution().entries() == {"type": "convolution"}  # type: ignore[call-arg]
    assert isinstance(row, Part)


SNIPPET = """
from archcompiler import Architecture
from archcompiler.api import SGD, Add, Block, Convolution, Flatten, Input, Spec, Training, row

unit = Block(name="unit", params={"maps": int, "stride": 1}, layers=[Flatten()])
spec = Spec(
    name="Small",
    params={"width": 3, "sizes": [1, 2]},
    defaults={Convolution: {"bias": False}},
    layers=[
        Input(size=(32, 32), maps="${width}"),
        Convolution(maps="${width}", kernel=(3, 3), padding="same", activation="relu", repeat=2),
        unit(maps=64, stride=2, layer="here", from_="In", when="${width > 2}"),
        row("${kind}", maps=3),
        Add(from_=["here", "In"]),
    ],
    training=Training(loss="mean_squared_error", optimizer=SGD(learning_rate=0.1)),
)
network: Architecture = spec.check(params={"width": 4})
count: int = network.totals.parameters
Convolution(maps=3, kernl=3)  # call-arg
Convolution(maps=[3], kernel=3)  # arg-type
Convolution(kernel=3)  # call-arg
Convolution(maps=3, kernel=3, bias=3)  # arg-type
Input(size=3, activation="relu")  # call-arg
Spec(name="Small", layer=[])  # call-arg
Spec(name="Small", layers=[3])  # list-item
"""


@pytest.mark.slow
def test_a_type_checker_knows_the_fields(tmp_path: Path) -> None:
    file = tmp_path / "snippet.py"
    file.write_text(SNIPPET)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(file)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found = {
        (int(line.split(":")[1]), line.rpartition("[")[2].rstrip("]"))
        for line in result.stdout.splitlines()
        if ": error:" in line
    }
    wanted = {
        (number, line.partition("  # ")[2])
        for number, line in enumerate(SNIPPET.splitlines(), 1)
        if "  # " in line
    }
    assert found == wanted, result.stdout
