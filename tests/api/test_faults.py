"""Faults of specs that are written in Python: they are told where the Python is."""

import linecache
import pickle
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import archcompiler
from archcompiler import SpecError
from archcompiler.api import Dropout, FullyConnected, Input, Spec
from archcompiler.diff import compare
from archcompiler.diff.document import document

HEAD = """from archcompiler.api import *
IN = Input(layer="In", maps=3, size="8x8")
"""

# name: what makes the spec (after HEAD), and each fault: its code, and the Python at its place
FAULTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "a size that differs": (
        'spec = Spec(name="Net", layers=[IN, Dropout(layer="D", rate=0.5, size="9x9")])',
        [("ARC401", '"9x9"')],
    ),
    "an unknown field": (
        'spec = Spec(name="Net", layers=[IN, Convolution(maps=3, kernl=3)])',
        [("ARC202", "kernl")],
    ),
    "a field that is missing": (
        'spec = Spec(name="Net", layers=[IN, Convolution(kernel=3)])',
        [("ARC204", "Convolution")],
    ),
    "values of wrong types": (
        'spec = Spec(name="Net", layers=[\n'
        '    IN, Convolution(maps=3.5, kernel={"a": 3}), Dropout(rate=True),\n'
        '    FullyConnected(size=[1, 2], bias="no"), Flatten(from_=3.5)])',
        [
            ("ARC203", "3.5"),
            ("ARC203", '{"a": 3}'),
            ("ARC203", "True"),
            ("ARC203", "[1, 2]"),
            ("ARC203", '"no"'),
            ("ARC301", "3.5"),
        ],
    ),
    "one of a list": (
        'spec = Spec(name="Net", layers=[IN, Add(from_=["In", "Out"])], outputs=["In", "Net"])',
        [("ARC301", '"Out"'), ("ARC301", '"Net"')],
    ),
    "rows that are none": (
        'spec = Spec(name="Net", layers=[IN, 7, None, "relu"])',
        [("ARC106", "7"), ("ARC106", "None"), ("ARC106", '"relu"')],
    ),
    "a type that is none": (
        'spec = Spec(name="Net", layers=[IN, row("max_poling", kernel=3)])',
        [("ARC201", '"max_poling"')],
    ),
    "no rows": ('spec = Spec(name="Net", layers=[])', [("ARC106", "[]")]),
    "rows that run out": (
        'spec = Spec(name="Net", layers=(each for each in [IN]))',
        [("ARC106", "(each for each in [IN])")],
    ),
    "a spec without a name": (
        "spec = Spec(layers=[IN])",
        [("ARC204", "Spec(layers=[IN])")],
    ),
    "a misspelled key": (
        'spec = Spec(name="Net", layers=[IN], trainig=Training(loss="mse", optimizer="adam"))',
        [("ARC202", "trainig"), ("ARC203", '"mse"')],
    ),
    "in a loop, at one place": (
        'spec = Spec(name="Net", layers=[IN, *(Dropout(rate=rate) for rate in (0.5, 2, 2))])',
        [("ARC203", "rate")],
    ),
    "in a function": (
        'def drop(rate):\n    return Dropout(\n        rate=rate,\n    )\n'
        'spec = Spec(name="Net", layers=[IN, drop(0.5), drop(2)])',
        [("ARC203", "rate")],
    ),
    "of arguments in a mapping": (
        'given = {"rate": 2}\nspec = Spec(name="Net", layers=[IN, Dropout(**given)])',
        [("ARC203", "Dropout(**given)")],
    ),
    "behind other letters": (
        'spec = Spec(description="äöü→𝄞", name="Net", layers=[IN, Dropout(rate=2)])',
        [("ARC203", "2")],
    ),
    "in defaults": (
        'spec = Spec(name="Net", layers=[IN, Dropout()],\n'
        '    defaults={Dropout: {"rate": 2}, Convolution: {"biass": True}, "flaten": {}})',
        [("ARC203", "2"), ("ARC202", '"biass"'), ("ARC201", '"flaten"')],
    ),
    "in parameters": (
        'spec = Spec(name="Net", params={"a": "${b}", "class": 3, "c": [1, "${d}"]}, layers=[IN])',
        [("ARC206", '"${b}"'), ("ARC205", '"class"'), ("ARC206", '"${d}"')],
    ),
    "in a block": (
        'unit = Block(name="unit", params={"n": int}, layers=[Dropout(rate="${m}")])\n'
        'spec = Spec(name="Net", layers=[IN, unit(n="x", z=3), unit()])',
        [("ARC206", '"${m}"'), ("ARC203", '"x"'), ("ARC202", "z"), ("ARC204", "unit")],
    ),
    "the name of a block": (
        'spec = Spec(name="Net", layers=[IN, Block(name="a b", layers=[Flatten()])()])',
        [("ARC205", '"a b"')],
    ),
    "blocks without a name": (
        'one, other = Block(layers=[Flatten()]), Block(name=[1], layers=[Flatten()])\n'
        'spec = Spec(name="Net", blocks=[one, other], layers=[IN])',
        [("ARC205", "Block(layers=[Flatten()])"), ("ARC205", "[1]")],
    ),
    "no blocks": (
        'spec = Spec(name="Net", blocks=None, params=3, layers=[IN])',
        [("ARC106", "3")],
    ),
    "two blocks of one name": (
        'one, other = (Block(name="u", layers=[Dropout(rate=r)]) for r in (0.1, 0.2))\n'
        'spec = Spec(name="Net", layers=[IN, one(), other()])',
        [("ARC103", '"u"')],
    ),
    "in training": (
        'spec = Spec(name="Net", layers=[IN, Flatten()], training=Training(\n'
        '    loss="mean_squared_error", optimizer=Adam(learning_rate=-1), metrics=["acc"]))',
        [("ARC203", "-1"), ("ARC203", '"acc"')],
    ),
    "a file that is not there": (
        'spec = Spec(name="Net", spec="nowhere.yaml")',
        [("ARC309", '"nowhere.yaml"')],
    ),
    "a text that no file can hold": (
        'spec = Spec(name="Net", description="\\ud800", layers=[IN])',
        [("ARC101", 'Spec(name="Net", description="\\ud800", layers=[IN])')],
    ),
}  # fmt: skip


def made_by(text: str, folder: Path) -> Spec:
    (folder / "model.py").write_text(HEAD + text, encoding="utf-8")
    spec: Spec = runpy.run_path(str(folder / "model.py"))["spec"]
    return spec


def faults_of(spec: Spec) -> SpecError:
    with pytest.raises(SpecError) as raised:
        spec.check()
    return raised.value


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_at_its_place_in_python(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, wanted = FAULTS[name]
    error = faults_of(made_by(text, tmp_path))
    found = [(each.code, each.span.text) for each in error.diagnostics]
    assert sorted(found) == sorted(wanted), error
    for diagnostic in error.diagnostics:
        assert {label.span.source.name for label in diagnostic.labels} <= {"model.py"}
        assert diagnostic.place.startswith("model.py:")
        assert not diagnostic.fix
    assert "model.py:" in str(error)


def test_text_of_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = 'spec = Spec(\n    name="Net",\n    layers=[IN, Dropout(layer="D", rate="50%")],\n)\n'
    assert str(faults_of(made_by(text, tmp_path))) == (
        "\n"
        "error[ARC203]: `rate` is a number from 0 up to, not including, 1; "
        "this is the text `50%`\n"
        " --> model.py:5:41\n"
        "  |\n"
        '5 |     layers=[IN, Dropout(layer="D", rate="50%")],\n'
        "  |                                         ^^^^^\n"
        "  |\n"
        "  = help: write `0.5`\n"
        "\n"
        "1 error in 1 file"
    )


def test_rows_of_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parts_of_it.py").write_text(f"{HEAD}WIDE = Dropout(rate=2, size=3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    spec = made_by(
        'from parts_of_it import WIDE\nspec = Spec(name="Net", layers=[IN, WIDE, Dropout(rate=3)])',
        tmp_path,
    )
    places = [each.place for each in faults_of(spec).diagnostics]
    assert places == ["parts_of_it.py:3:21", "model.py:4:56"]


def test_a_row_that_is_used_twice_is_told_once() -> None:
    row = Dropout(rate=2)
    error = faults_of(Spec(name="Net", layers=[Input(layer="In", size=3), row, row]))
    assert [each.code for each in error.diagnostics] == ["ARC203"]
    assert not error.diagnostics[0].also
    assert "more place" not in str(error)


def test_code_that_is_in_no_file_has_lines() -> None:
    space: dict[str, Any] = {}
    exec(f"{HEAD}spec = Spec(name='Net', layers=[IN,\n    Dropout(rate=2)])", space)
    (found,) = faults_of(space["spec"]).diagnostics
    assert found.place == "<string>:4:1"
    assert "--> <string>:4:1\n" in str(faults_of(space["spec"]))


def test_without_positions_in_code_there_are_lines(tmp_path: Path) -> None:
    text = 'spec = Spec(name="Net", layers=[\n    IN,\n    Dropout(rate=2),\n])\nspec.check()\n'
    (tmp_path / "model.py").write_text(HEAD + text)
    command = [sys.executable, "-X", "no_debug_ranges", "model.py"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert " --> model.py:5:5\n" in result.stderr
    assert "5 |     Dropout(rate=2),\n  |     ^^^^^^^^^^^^^^^^\n" in result.stderr


def test_a_file_that_was_changed_since_is_no_trap(tmp_path: Path) -> None:
    spec = made_by('spec = Spec(name="Net", layers=[IN, Dropout(rate=2)])', tmp_path)
    for text in ("", "(", "x = 1\n" * 9):
        (tmp_path / "model.py").write_text(text)
        linecache.clearcache()
        (found,) = faults_of(spec).diagnostics
        assert found.place.endswith("model.py:3:1")


def test_a_row_that_travelled_knows_its_line() -> None:
    row = pickle.loads(pickle.dumps(Dropout(rate=2)))
    line = sys._getframe().f_lineno - 1
    (found,) = faults_of(Spec(name="Net", layers=[Input(size=3), row])).diagnostics
    assert found.place.split(":")[1] == str(line)


def test_warnings_are_in_python_too() -> None:
    rows = [Input(size=8), FullyConnected(size=1, activation="softmax")]
    line = sys._getframe().f_lineno - 1
    (warning,) = Spec(name="Net", layers=rows).check().warnings
    assert (warning.code, warning.span.text) == ("ARC601", '"softmax"')
    assert warning.place.split(":")[1] == str(line)


def test_places_of_a_diff_are_in_python() -> None:
    rows = [Input(size=3), FullyConnected(layer="Out", size=3)]
    line = sys._getframe().f_lineno - 1
    old = Spec(name="Net", layers=rows).check()
    new = Spec(name="Net", layers=[*rows[:1], FullyConnected(layer="Out", size=4)]).check()
    (change,) = document(compare(old.graph, new.graph)).layers
    assert change.old
    assert change.new
    assert (change.old.place.line, change.new.place.line) == (line, line + 3)
    assert change.old.place.file.endswith("test_faults.py")


def test_parameters_that_are_set_are_the_ones_that_there_are() -> None:
    spec = Spec(name="Net", params={"size": 3}, layers=[Input(size="${size}")])
    assert spec.check(params={"size": 4}).layers[0].shape[0] == 4
    with pytest.raises(archcompiler.UnknownParameter):
        spec.check(params={"sizes": 4})
