"""The same fault at many places is one diagnostic, which every form tells with all its places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcompiler
from archcompiler import SpecError
from archcompiler.check import Task, check, mended
from archcompiler.cli import cli
from archcompiler.diagnostics import Diagnostic
from archcompiler.diagnostics.alike import apart
from archcompiler.diagnostics.results import identified
from archcompiler.graph import Limits

HEAD = "archc: 1\nname: Net\nlayers:\n- {layer: In, type: input, maps: 3, size: 64x64}\n"
OUT = "- {layer: Out, type: fully_connected, size: 10}\n"
TABLE = "archc: 1\nname: Net\nlayers: |\n  "


def rows(row: str, count: int = 3) -> str:
    return HEAD + "".join(row.replace("#", str(number)) + "\n" for number in range(count)) + OUT


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text, "net.yaml")
    return caught.value.diagnostics


# text: its faults as code, and the lines that each is on
ONE = {
    "a misspelled type": (
        rows("- {layer: P#, type: max_poolign, kernel: 1}"),
        [("ARC201", [5, 6, 7])],
    ),
    "a misspelled value": (
        rows("- {layer: P#, type: max_pooling, kernel: 1, padding: smae}"),
        [("ARC203", [5, 6, 7])],
    ),
    "a field that nothing reads": (
        rows("- {layer: D#, type: dropout, rate: 0.1, qqqq: #}"),
        [("ARC202", [5, 6, 7])],
    ),
    "a field that is missing": (
        rows("- {layer: C#, type: convolution, maps: 4}"),
        [("ARC204", [5, 6, 7])],
    ),
    "a parameter that is none": (
        rows('- {layer: C#, type: convolution, maps: "${width}", kernel: 1}'),
        [("ARC206", [5, 6, 7])],
    ),
    "a layer that is none": (
        rows("- {layer: D#, type: dropout, rate: 0.1, from: nowhere}"),
        [("ARC301", [5, 6, 7])],
    ),
    "a tag": (
        rows("- {layer: D#, type: dropout, rate: !!float 0.1}"),
        [("ARC104", [5, 6, 7])],
    ),
    "rows that are none": (rows("- flatten"), [("ARC106", [5, 6, 7])]),
    "a column of a table": (
        f"{TABLE}Layer | Type | Maps | Size | Rate\n  In | input | 3 | 8x8 |\n"
        "  F | flatten | | | 0.5\n  G | flatten | | | 0.25\n  H | dropout | | | 0.5\n",
        [("ARC202", [6, 7])],
    ),
    "a column that is missing": (
        f"{TABLE}Layer | Maps | Size\n  In | 3 | 8x8\n  F | 3 | 8x8\n",
        [("ARC204", [5, 6])],
    ),
    "different texts": (
        HEAD + "- {layer: A, type: dropout, rate: 7}\n- {layer: B, type: dropout, rate: 8}\n" + OUT,
        [("ARC203", [5]), ("ARC203", [6])],
    ),
    "different types": (
        HEAD + "- {layer: A, type: flatten, qqqq: 1}\n- {layer: B, type: add, qqqq: 1}\n",
        [("ARC202", [5]), ("ARC202", [6])],
    ),
    "sizes": (
        rows("- {layer: C#, type: convolution, maps: 3, size: 9x9, kernel: 1, from: In}", 2)
        + "outputs: [C0, C1, Out]\n",
        [("ARC401", [5]), ("ARC401", [6])],
    ),
    "kernels": (
        rows("- {layer: C#, type: convolution, maps: 3, kernel: 99, from: In}", 2)
        + "outputs: [C0, C1, Out]\n",
        [("ARC402", [5]), ("ARC402", [6])],
    ),
}


@pytest.mark.parametrize(("text", "wanted"), ONE.values(), ids=ONE)
def test_what_is_one_diagnostic(text: str, wanted: list[tuple[str, list[int]]]) -> None:
    found = [
        (fault.code, [int(one.place.split(":")[1]) for one in apart(fault)])
        for fault in faults(text)
    ]
    assert found == wanted


MANY = rows("- {layer: P#, type: max_poolign, kernel: 1}", 12)


def test_people_see_some_of_the_places_and_are_told_the_others() -> None:
    text = str(SpecError(faults(MANY)))
    assert text.count("^" * len("max_poolign")) == 9
    assert "= note: the same in 3 more places: lines 14-16\n" in text
    assert text.endswith("1 error at 12 places in 1 file")


def test_each_place_has_its_own_edit_and_all_of_them_are_made_at_once(tmp_path: Path) -> None:
    (fault,) = faults(MANY)
    assert fault.fix is not None
    assert fault.fix.title == "write `max_pooling` in 12 places"
    assert {one.fix.title for one in apart(fault) if one.fix} == {"write `max_pooling`"}
    assert [one.fix.edits[0].span for one in apart(fault) if one.fix] == [
        one.span for one in apart(fault)
    ]
    path = tmp_path / "net.yaml"
    path.write_text(MANY)
    _, left = mended(str(path), Task({}, Limits()))
    assert left.sound
    assert path.read_text() == MANY.replace("max_poolign", "max_pooling")


@pytest.mark.parametrize("form", ["json", "sarif", "github", "junit"])
def test_programs_are_told_every_layer(form: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(MANY)
    told = CliRunner().invoke(cli, ["validate", "--format", form, str(path)]).stdout
    first = 0
    if form == "github":  # people's text comes first; the command itself stands at the first row
        told, first = told[told.index("::error") :], 1
        assert told.count("::error") == 1
    assert all(f"P{number}" in told for number in range(first, 12))


def test_places_in_json(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(MANY)
    told = CliRunner().invoke(cli, ["validate", "--format", "json", str(path)]).stdout
    document = json.loads(told)
    assert document["counts"]["errors"] == 1
    (fault,) = document["diagnostics"]
    assert (fault["layer"], fault["path"]) == ("P0", "layers.P0.type")
    assert [place["path"] for place in fault["also"]] == [f"layers.P{n}.type" for n in range(1, 12)]
    assert len(fault["fixes"][0]["edits"]) == 12


def test_a_fingerprint_stays_when_lines_move_and_when_more_rows_have_the_fault(
    tmp_path: Path,
) -> None:
    prints = set()
    for text in (MANY, f"# first\n{MANY}", rows("- {layer: P#, type: max_poolign, kernel: 1}", 1)):
        path = tmp_path / "net.yaml"
        path.write_text(text)
        checked = check(str(path), Task({}, Limits(), located=True))
        prints |= {item.fingerprint for item in identified([checked])}
    assert len(prints) == 1
