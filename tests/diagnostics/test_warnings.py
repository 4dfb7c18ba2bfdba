"""Warnings, wherever they are told: a run that is not strict goes on, and all that says so agrees.

What is warned of is in tests/warned (tests/diagnostics/test_broken_specs.py), the forms in
tests/diagnostics/test_forms.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler import SpecError
from archcompiler import check as checking
from archcompiler.check import PAYS, Task, check_all
from archcompiler.cli import cli
from archcompiler.diagnostics import Diagnostic, Findings, Label, Source, Span
from archcompiler.diagnostics.diagnostic import MAXIMUM
from archcompiler.diagnostics.forms.text import render, render_all
from archcompiler.graph import Limits
from scripts.specs import SPECS
from tests.conftest import ROOT

HEAD = "archc: 1\nname: Net\nlayers:\n- {layer: In, type: input, maps: 3, size: 8x8}\n"
WARNED = f"{HEAD}- {{layer: B1, type: batch_normalization, momentum: 0.99}}\n"
QUIET = WARNED.replace("0.99}", "0.99}  # archc: ignore[ARC603]")
FAULTY = f"{WARNED}- {{type: flaten}}\n"


def archc(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=text)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("warned", WARNED), ("quiet", QUIET), ("faulty", FAULTY)):
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- From Python


def test_a_network_knows_its_warnings() -> None:
    (warning,) = archcompiler.loads(WARNED).warnings
    assert (warning.code, warning.severity) == ("ARC603", "warning")
    assert archcompiler.loads(QUIET).warnings == ()


def test_warnings_alone_raise_nothing_and_faults_come_first() -> None:
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(FAULTY)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["ARC201"]


@pytest.mark.slow
def test_the_specs_of_the_repository_have_none() -> None:
    assert not [path for path in SPECS if archcompiler.load(path).warnings]


def test_warnings_are_counted_beside_faults_and_end_nothing() -> None:
    findings = Findings()
    source = Source("x", "y" * 3 * MAXIMUM)
    for at in range(2 * MAXIMUM):
        findings.add(Diagnostic("ARC603", "odd", Label(Span(source, at, at + 1))))
        findings.add(Diagnostic("ARC603", "the same", Label(Span(source, at, at + 1))))
    findings.raise_any()
    assert (len(findings.warnings), findings.found, bool(findings)) == (MAXIMUM, 0, False)


def test_colours_tell_severities_apart() -> None:
    (warning,) = archcompiler.loads(WARNED).warnings
    assert "\x1b[1;33mwarning[ARC603]\x1b[0m" in render(warning, colour=True)
    assert "\x1b[1;33m^^^^\x1b[0m" in render(warning, colour=True)
    assert "\x1b[1;31merror[ARC603]\x1b[0m" in render(warning._replace(strict=True), colour=True)


@pytest.mark.parametrize(
    ("errors", "warnings", "unchecked", "said"),
    [
        (0, 1, 0, "1 warning in 1 file"),
        (0, 2, 0, "2 warnings in 1 file"),
        (1, 1, 0, "1 error and 1 warning in 1 file"),
        (2, 1, 3, "2 errors and 1 warning in 1 file; 3 layers could not be checked because of the"),
        (1, 0, 1, "1 error in 1 file; 1 layer could not be checked because of it"),
        (0, 0, 0, "0 errors in 0 files"),
    ],
)
def test_the_last_line_counts_both(errors: int, warnings: int, unchecked: int, said: str) -> None:
    label = Label(Span(Source("x", ""), 0, 1))
    found = [Diagnostic("ARC201", "", label)] * errors + [
        Diagnostic("ARC601", "", label)
    ] * warnings
    assert render_all(found, unchecked=unchecked).splitlines()[-1].startswith(said)


# ---- On the command line


def test_a_run_goes_on(folder: Path) -> None:
    result = archc("validate", "warned.yaml", "quiet.yaml")
    assert result.exit_code == 0
    assert result.stdout.count("all shapes proven") == 2
    assert "warning[ARC603]" in result.stdout
    assert result.stdout.endswith(
        "1 warning in 1 file\n`archc explain ARC603` says more about it\n"
    )
    assert archc("validate", "warned.yaml", "faulty.yaml").exit_code == 1


def test_a_strict_run_fails(folder: Path) -> None:
    result = archc("validate", "--strict", "warned.yaml", "quiet.yaml")
    assert result.exit_code == 1
    assert result.stdout.count("all shapes proven") == 1
    assert "error[ARC603]" in result.stdout
    assert "1 error in 1 file" in result.stdout
    assert archc("validate", "--strict", "quiet.yaml").exit_code == 0


def test_a_quiet_run_tells_faults_alone(folder: Path) -> None:
    for arguments in (["-q", "validate"], ["validate", "-q"], ["validate", "--quiet"]):
        result = archc(*arguments, "warned.yaml", "quiet.yaml")
        assert (result.exit_code, result.output) == (0, "")
        assert "ARC603" not in archc(*arguments, "warned.yaml", "faulty.yaml").stdout
        assert archc(*arguments, "warned.yaml", "--strict").exit_code == 1


def test_a_fix_leaves_what_is_warned_of(folder: Path) -> None:
    assert archc("validate", "--fix", "warned.yaml").exit_code == 0
    assert (folder / "warned.yaml").read_text() == WARNED


@pytest.mark.parametrize("strict", [False, True])
def test_a_build_tells_them(folder: Path, strict: bool) -> None:
    flags = ["--strict"] if strict else []
    severity = "error" if strict else "warning"
    built = archc("build", "warned.yaml", "--backend", "torch", *flags)
    assert built.exit_code == strict
    assert f"{severity}[ARC603]" in built.stderr
    assert Path("generated/torch/warned.py").exists() is not strict
    if strict:
        archc("build", "warned.yaml", "--backend", "torch")
    checked = archc("build", "warned.yaml", "--backend", "torch", "--check", *flags)
    assert checked.exit_code == strict
    assert f"{severity}[ARC603]" in checked.stdout
    assert "proven" not in checked.stdout
    quiet = archc("-q", "build", "warned.yaml", "--backend", "torch", *flags)
    assert (f"{severity}[ARC603]" in quiet.stderr, quiet.stdout) == (strict, "")


def test_processes_beside_each_other_keep_them(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sorted(map(str, (ROOT / "tests" / "warned").glob("*.yaml"))) * 5
    assert len(paths) > PAYS
    monkeypatch.setattr(checking.os, "cpu_count", lambda: 2)
    for strict in (False, True):
        task = Task({}, Limits(), located=True, strict=strict)
        parallel = list(check_all(paths, task))
        monkeypatch.setattr(checking, "PAYS", 10**6)
        alone = list(check_all(paths, task))
        monkeypatch.setattr(checking, "PAYS", PAYS)

        def told(outcomes: list[checking.SpecResult]) -> list[object]:
            return [(d.place, d.message, d.severity) for c in outcomes for d in c.diagnostics]

        assert told(parallel) == told(alone)
        assert [c.sound for c in parallel] == [c.sound for c in alone]


def test_they_are_explained() -> None:
    result = archc("explain", "momentum-of-the-old")
    assert result.exit_code == 0
    assert "warning[ARC603]" in result.stdout


# ---- On pages


def test_a_report_has_them(folder: Path) -> None:
    pytest.importorskip("markupsafe")
    result = archc("report", "warned.yaml", "-o", "warned.html")
    assert result.exit_code == 0
    assert "warning[ARC603]" in result.stderr
    page = (folder / "warned.html").read_text()
    assert '<p class="summary good">All shapes are proven.</p>' in page
    assert '<p class="summary doubtful">1 warning in 1 file</p>' in page
    assert '<span class="paint-warning">warning[ARC603]</span>' in page
    assert '<pre class="diagnostic warning" data-from=' in page
    assert 'class="l warning"' in page


def test_the_layout_keeps_what_silences_them(folder: Path) -> None:
    long = QUIET.replace("layer: B1", f"layer: {'B' * 60}, note: a long remark about this row")
    for text in (
        long,
        QUIET,
        f"{HEAD}- layer: B1  # archc: ignore[ARC603]\n  type: batch_normalization\n"
        "  momentum: 0.99\n",
    ):
        assert archcompiler.loads(text).warnings == ()
        laid_out = archc("fmt", "-", text=text).stdout
        assert archcompiler.loads(laid_out).warnings == ()
