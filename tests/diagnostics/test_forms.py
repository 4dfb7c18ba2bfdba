"""Forms of a report that programs read: JSON, GitHub's commands, SARIF and JUnit."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner, Result

from archcompiler.check import Task, check_all
from archcompiler.cli import cli
from archcompiler.diagnostics.forms import FORMS, document, github, sarif
from archcompiler.diagnostics.results import SpecResult
from archcompiler.graph import Limits
from tests.conftest import ROOT

BROKEN = sorted((ROOT / "tests" / "broken").glob("*.yaml"))
WARNED = sorted((ROOT / "tests" / "warned").glob("*.yaml"))

FILES = {
    "lenet.yaml": """\
archc: 1
name: LeNet
layers:
- {layer: In, type: input, maps: 1, size: 32x32}
- {layer: C1, type: convolution, maps: 6, size: 28x28, kernel: 5x5, activation: tanh}
- {layer: S2, type: average_pooling, maps: 6, size: 14x14, kernel: 2x2}
- {layer: Out, type: fully_connected, size: 10, activation: softmax}
""",
    "sizes.yaml": """\
archc: 1
name: Sizes
layers:
- {layer: In, type: input, maps: 3, size: 224x224}
- {layer: C1, type: convolution, maps: 96, size: 55x55, kernel: 11x11, stride: 4, padding: same}
- {layer: Out, type: fully_connected, size: 10, activation: softmax}
""",
    "words.yaml": """\
archc: 1
name: Words
layers:
- {layer: In, type: input, maps: 3, size: 32x32}
- {layer: C1, type: convv2d, maps: 8, kernal: 3x3}
- {layer: D1, type: dropout, rate: 50%}
- {layer: Out, type: fully_connected, size: 10, activation: softmax}
""",
    "blocks.yaml": """\
archc: 1
name: Blocks
blocks:
  unit:
    layers:
    - {layer: conv, type: convolution, maps: 4, kernel: 5x5}
    - {layer: pool, type: max_pooling, kernel: 2x2}
layers:
- {layer: In, type: input, maps: 3, size: 20x20}
- {layer: stage, type: unit, repeat: 3}
- {layer: sum, type: add, from: [stage, stag]}
""",
    "warned.yaml": """\
archc: 1
name: Warned
blocks:
  unit:
    params: {old: 0.99}
    layers:
    - {layer: norm, type: batch_normalization, momentum: "${old}"}
layers:
- {layer: In, type: input, maps: 3, size: 8x8}
- {layer: N1, type: unit}
- {layer: Out, type: fully_connected, size: 1, activation: softmax}
""",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path


def archc(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("form", FORMS)
def test_a_log_reads_well(form: str, folder: Path, golden: Callable[[str, str], None]) -> None:
    result = archc("validate", "--format", form, "lenet.yaml", *sorted(FILES), "missing.yaml")
    assert result.exit_code == 2
    golden(f"forms/{form}.txt", result.stdout)
    assert ("cannot read missing.yaml" in result.stderr) is (form in ("text", "github"))


@pytest.mark.parametrize("form", FORMS)
def test_exit_codes(form: str, folder: Path) -> None:
    assert archc("validate", "--format", form, "lenet.yaml").exit_code == 0
    assert archc("validate", "--format", form, "words.yaml", "lenet.yaml").exit_code == 1
    assert archc("validate", "--format", form, "lenet.yaml", "warned.yaml").exit_code == 0
    assert archc("validate", "--format", form, "warned.yaml", "--strict").exit_code == 1
    assert archc("validate", "--format", form, "lenet.yaml", "--strict").exit_code == 0


@pytest.fixture(scope="module")
def report() -> list[SpecResult]:
    """All broken specs of the tests: every code, and whatever a text can hold."""
    return list(check_all([str(path) for path in BROKEN], Task({}, Limits(), located=True)))


@pytest.fixture(scope="module")
def warned() -> list[SpecResult]:
    """Sound specs with warnings, and one that has none."""
    return list(check_all([str(path) for path in WARNED], Task({}, Limits(), located=True)))


def count(report: list[SpecResult]) -> int:
    return sum(len(checked.diagnostics) for checked in report)


def test_json_says_all_that_a_diagnostic_holds(report: list[SpecResult]) -> None:
    found = json.loads(document("json", report, "1.2.3"))
    assert (found["format_version"], found["archc"], found["valid"]) == (1, "1.2.3", False)
    assert found["counts"]["errors"] == len(found["diagnostics"]) == count(report)
    assert found["counts"]["faulty"] == sum(not checked.sound for checked in report)
    ours = [diagnostic for checked in report for diagnostic in checked.diagnostics]
    for diagnostic, item in zip(ours, found["diagnostics"], strict=True):
        start, end = item["start"], item["end"]
        text = diagnostic.span.source.text
        assert text[start["offset"] : end["offset"]] == diagnostic.span.text
        line = text.split("\n")[start["line"] - 1] if text else ""
        assert line[start["column"] - 1 :].startswith(diagnostic.span.text.split("\n")[0])
        assert (item["message"], item["help"]) == (diagnostic.message, list(diagnostic.help))


def test_fingerprints_stay_when_lines_move(folder: Path) -> None:
    def fingerprints() -> list[str]:
        found = json.loads(archc("validate", "--format", "json", *FILES).stdout)
        return [item["fingerprint"] for item in found["diagnostics"]]

    before = fingerprints()
    assert len(set(before)) == len(before)
    for name, text in FILES.items():
        (folder / name).write_text("# a line above\n" + text.replace("maps: 3,", "maps:   3,"))
    assert fingerprints() == before


def test_places_in_the_spec_are_named(folder: Path) -> None:
    found = json.loads(archc("validate", "--format", "json", *FILES).stdout)
    paths = {(item["code"], item["layer"], item["path"]) for item in found["diagnostics"]}
    assert paths == {
        ("ARC401", "C1", "layers.C1.size"),
        ("ARC201", "C1", "layers.C1.type"),
        ("ARC202", "C1", "layers.C1.kernal"),
        ("ARC203", "D1", "layers.D1.rate"),
        ("ARC402", "conv", "blocks.unit.layers.conv.kernel"),
        ("ARC301", "sum", "layers.sum.from.1"),
        ("ARC601", "Out", "layers.Out.activation"),
        ("ARC603", "norm", "blocks.unit.layers.norm.momentum"),
    }


def test_sarif_is_valid(report: list[SpecResult]) -> None:
    model = pytest.importorskip("pydantic_sarif.model")
    log = json.loads(document("sarif", [*report, SpecResult("x.yaml", error="cannot read")], "1.0"))
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(log)
    (run,) = log["runs"]
    assert len(run["results"]) == count(report)
    assert run["invocations"][0]["executionSuccessful"] is False
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
    prints = [result["partialFingerprints"]["archc/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_sarif_names_files_from_the_folder_of_the_command(folder: Path) -> None:
    def uris(*paths: str) -> set[str]:
        (run,) = json.loads(archc("validate", "--format", "sarif", *paths).stdout)["runs"]
        places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
        return {place["artifactLocation"]["uri"] for place in places}

    assert uris("words.yaml", str(folder / "sizes.yaml")) == {"words.yaml", "sizes.yaml"}
    (folder / "with space#.yaml").write_text(FILES["words.yaml"])
    assert uris("with space#.yaml") == {"with%20space%23.yaml"}
    outside = folder.parent / "outside.yaml"
    outside.write_text(FILES["words.yaml"])
    assert uris(str(outside)) == {outside.as_uri()}


def test_braces_in_messages_are_no_placeholders_of_sarif(report: list[SpecResult]) -> None:
    log = json.loads(sarif.render(report, "1"))
    texts = [result["message"]["text"] for result in log["runs"][0]["results"]]
    assert any("${{" in text for text in texts)
    assert not any(re.search(r"(?<!\{)\{(?!\{)", text) for text in texts)


def test_junit_has_a_test_for_each_spec(report: list[SpecResult]) -> None:
    root = Xml.fromstring(document("junit", report, "1.0"))
    cases = root.findall("./testsuite/testcase")
    assert [case.get("file") for case in cases] == [checked.name for checked in report]
    assert root.get("failures") == str(sum(not checked.sound for checked in report))
    for case, checked in zip(cases, report, strict=True):
        text = "".join(failure.text or "" for failure in case)
        assert all(f"error[{diagnostic.code}]" in text for diagnostic in checked.diagnostics)


# ---- Warnings


def test_json_tells_warnings_from_faults(warned: list[SpecResult]) -> None:
    found = json.loads(document("json", warned, "1"))
    assert found["valid"] is True
    assert all(spec["valid"] and spec["layers"] for spec in found["specs"])
    assert {item["severity"] for item in found["diagnostics"]} == {"warning"}
    counts = found["counts"]
    assert (counts["faulty"], counts["errors"], counts["warnings"]) == (0, 0, count(warned))


def test_sarif_tells_warnings_from_faults(warned: list[SpecResult]) -> None:
    (run,) = json.loads(document("sarif", warned, "1"))["runs"]
    levels = {rule["defaultConfiguration"]["level"] for rule in run["tool"]["driver"]["rules"]}
    assert levels | {result["level"] for result in run["results"]} == {"warning"}


def test_junit_fails_no_test_for_a_warning(warned: list[SpecResult]) -> None:
    root = Xml.fromstring(document("junit", warned, "1"))
    assert (root.get("failures"), root.findall(".//failure")) == ("0", [])
    said = "".join(out.text or "" for out in root.findall("./testsuite/testcase/system-out"))
    assert said.count("warning[ARC6") == count(warned) > 10


def test_githubs_commands_warn(warned: list[SpecResult]) -> None:
    lines = github.render(warned, "1").splitlines()
    assert len(lines) == count(warned)
    assert all(re.match("::warning file=.*/tests/warned/", line) for line in lines)
    assert "more warnings are in the log: GitHub shows 10 of a step" in lines[9]
    assert "All shapes of" in github.summary(warned)


@pytest.mark.parametrize("form", FORMS)
def test_where_it_is_strict_no_form_tells_a_warning(form: str, folder: Path) -> None:
    printed = archc("validate", "--format", form, "--strict", "warned.yaml").stdout
    told = {
        "text": "error[ARC601]",
        "json": '"severity": "error"',
        "github": "::error file=warned.yaml",
        "sarif": '"ruleIndex": 1,\n          "level": "error"',
        "junit": 'type="ARC603 momentum-of-the-old"',
    }
    assert told[form] in printed
    for word in ("warning[", "::warning", '"severity": "warning"', "proven", "system-out"):
        assert word not in printed


# ---- GitHub's commands


def commands(text: str) -> list[dict[str, Any]]:
    """Read commands as GitHub's runner does."""
    found = []
    for line in text.splitlines():
        match = re.fullmatch(r"::error (.*?)::(.*)", line)
        assert match, line
        pairs = dict(pair.split("=", 1) for pair in match[1].split(","))
        escapes = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
        for code, character in escapes:
            pairs = {key: value.replace(code, character) for key, value in pairs.items()}
        message = match[2]
        for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            message = message.replace(code, character)
        found.append({**pairs, "message": message})
    return found


def test_githubs_commands_hold_every_fault(report: list[SpecResult]) -> None:
    found = commands(github.render(report, "1.0"))
    ours = [diagnostic for checked in report for diagnostic in checked.diagnostics]
    assert len(found) == len(ours)
    for command, diagnostic in zip(found, ours, strict=True):
        assert command["file"] == diagnostic.span.source.name
        assert f"{command['file']}:{command['line']}:" in diagnostic.place + ":"
        assert command["title"].startswith(diagnostic.code)
    assert f"{len(ours) - 10} more errors are in the log" in found[9]["message"]
    assert "more errors" not in found[8]["message"] + found[10]["message"]


def test_a_hostile_text_gives_no_command_of_its_own(folder: Path) -> None:
    name = "a,b:c%.yaml"
    (folder / name).write_text(
        'archc: 1\nname: X\nlayers:\n- {type: "a\\n::error::injected\\r\\n::set-output::x"}\n'
    )
    result = archc("validate", "--format", "github", name)
    lines = [line for line in result.stdout.splitlines() if line.startswith("::")]
    (command,) = commands("\n".join(lines))
    assert command["file"] == name
    assert "<U+000A>::error::injected" in command["message"]


def test_the_summary_of_a_job(
    folder: Path, monkeypatch: pytest.MonkeyPatch, golden: Callable[[str, str], None]
) -> None:
    summary = folder / "summary.md"
    summary.write_text("what another step said\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    archc("validate", "--format", "github", *FILES, "missing.yaml")
    archc("validate", "--format", "github", "lenet.yaml")
    archc("validate", "--format", "json", "words.yaml")
    golden("forms/summary.md.txt", summary.read_text())


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_table_with_more_faults_than_are_listed_is_told_in_every_form(
    form: str, tmp_path: Path
) -> None:
    titles = " | ".join(["Layer", "Type", *["Maps"] * 1100])
    path = tmp_path / "wide.yaml"
    path.write_text(f"archc: 1\nname: Wide\nlayers: |\n  {titles}\n  In | input | 3\n")
    result = CliRunner().invoke(cli, ["validate", str(path), "--format", form])
    assert result.exit_code == 1
    assert "two columns are `maps`" in str(json.loads(result.stdout))
