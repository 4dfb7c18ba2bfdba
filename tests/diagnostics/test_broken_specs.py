"""Broken specs, and sound ones with warnings: each tells, in comments, what is found, and where.

# expect: ARC401 5:57 "stated as 55x55"    a code, a place, and a part of the message
# unchecked: 2                             layers that could not be checked because of them
# limit: parameters=1000                   a limit to read it with
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

import archcompiler
from archcompiler import SpecError
from archcompiler.check import edited
from archcompiler.diagnostics import Diagnostic, catalogue
from archcompiler.diagnostics.forms.text import render_all
from archcompiler.graph import Limits
from tests.conftest import ROOT

BROKEN = sorted((ROOT / "tests" / "broken").glob("*.yaml"))
WARNED = sorted((ROOT / "tests" / "warned").glob("*.yaml"))

# The codes that no spec by itself can raise.
ELSEWHERE = {
    "ARC501": "a backend raises it: tests/cli/test_build.py",
    "ARC701": "`archc build --check` finds it: tests/cli/test_build.py",
    "ARC801": "`archc convert` finds it in rules: tests/checkpoints/test_convert.py",
}

GOLDEN = [
    "cycle",
    "no-echo-in-a-table",
    "not-text",
    "not-yaml-missing-comma",
    "several-faults",
    "too-large",
    "wide-characters",
    "window-too-large",
]


def comments(path: Path) -> str:
    return path.read_bytes().decode("latin-1")


def expected(path: Path) -> list[tuple[str, str, str]]:
    return re.findall(r'^# expect: (ARC\d+) (\d+:\d+) "(.*)"\r?$', comments(path), re.M)


def faults_of(path: Path) -> SpecError:
    limits = re.findall(r"^# limit: (\w+)=(\d+)$", comments(path), re.M)
    with pytest.raises(SpecError) as caught:
        archcompiler.load(path, limits=Limits(**{name: int(text) for name, text in limits}))
    return caught.value


def just_as_expected(path: Path, diagnostics: Sequence[Diagnostic]) -> None:
    found = [
        (diagnostic.code, ":".join(diagnostic.place.split(":")[-2:]), diagnostic.message)
        for diagnostic in diagnostics
    ]
    wanted = expected(path)
    assert [fault[:2] for fault in found] == [fault[:2] for fault in wanted]
    for (*_, message), (*_, part) in zip(found, wanted, strict=True):
        assert part
        assert part in message


@pytest.mark.parametrize("path", WARNED, ids=lambda path: path.stem)
def test_just_the_expected_warnings_are_found(path):
    warnings = archcompiler.load(path).warnings
    just_as_expected(path, warnings)
    assert {diagnostic.severity for diagnostic in warnings} <= {"warning"}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_just_the_expected_faults_are_found(path):
    error = faults_of(path)
    just_as_expected(path, error.diagnostics)
    unchecked = re.findall(r"^# unchecked: (\d+)$", comments(path), re.M)
    assert error.unchecked == (int(unchecked[0]) if unchecked else 0)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_carets_stand_under_the_place(path):
    """The first line of carets is as wide as the span, and begins at its column."""
    for diagnostic in faults_of(path).diagnostics:
        if not diagnostic.span.source.text:
            continue
        lines = render_all([diagnostic]).splitlines()
        number = diagnostic.place.split(":")[-2]
        shown = next(i for i, line in enumerate(lines) if line.strip().startswith(f"{number} |"))
        source, carets = lines[shown].partition("| ")[2], lines[shown + 1].partition("| ")[2]
        start, width = carets.index("^"), carets.count("^")
        marked = source[start : start + width]
        text = diagnostic.span.text.partition("\n")[0]
        if text.isascii() and text.isprintable() and text and source.isascii():
            assert text.startswith(marked)
            assert len(marked) == len(text) or source.endswith("...") or len(text) > 100


def test_every_code_has_a_broken_spec():
    tested = {code for path in BROKEN + WARNED for code, *_ in expected(path)}
    assert tested | set(ELSEWHERE) == set(catalogue.codes())
    assert not tested & set(ELSEWHERE)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_form(name, golden):
    error = faults_of(ROOT / "tests" / "broken" / f"{name}.yaml")
    diagnostics = [_named(diagnostic, f"{name}.yaml") for diagnostic in error.diagnostics]
    golden(f"{name}.txt", render_all(diagnostics, unchecked=error.unchecked) + "\n")


def _named(diagnostic, name):
    """Give the file of `diagnostic` a name that does not depend on where the tests run."""
    diagnostic.span.source.name = name
    return diagnostic


def test_colours_change_nothing_but_colours():
    diagnostics = faults_of(BROKEN[0].parent / "several-faults.yaml").diagnostics
    coloured = render_all(diagnostics, colour=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_all(diagnostics)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_fix_mends_what_it_is_offered_for(path):
    """Where a diagnostic proposes an edit, that very fault is gone after it."""
    for diagnostic in faults_of(path).diagnostics:
        if diagnostic.fix is None or diagnostic.span.source.name != path.as_posix():
            continue
        before, again = diagnostic.span.source.text, set()
        after, count = edited(before, diagnostic.fix.edits)
        assert count == len(diagnostic.fix.edits) == 1 + len(diagnostic.also)
        try:
            archcompiler.loads(after, str(path), folder=path.parent)
        except SpecError as error:
            again = {(d.code, d.span.start) for d in error.diagnostics}
        assert (diagnostic.code, diagnostic.span.start) not in again


@pytest.mark.parametrize("path", WARNED, ids=lambda path: path.stem)
def test_a_fix_ends_the_warning_that_it_is_offered_for(path):
    for diagnostic in archcompiler.load(path).warnings:
        if diagnostic.fix is None:
            continue
        assert not diagnostic.fix.safe
        after, _ = edited(diagnostic.span.source.text, diagnostic.fix.edits)
        again = archcompiler.loads(after, str(path), folder=path.parent).warnings
        assert (diagnostic.code, diagnostic.span.start) not in {(d.code, d.span[1]) for d in again}


def test_every_kind_of_fault_that_has_an_obvious_edit_offers_it():
    fixes = [d for path in BROKEN for d in faults_of(path).diagnostics if d.fix]
    assert {d.code for d in fixes} == {
        "ARC109", "ARC201", "ARC202", "ARC203", "ARC205", "ARC401",
    }  # fmt: skip
    assert {d.code for d in fixes if d.fix.safe} == {
        "ARC109", "ARC201", "ARC202", "ARC203", "ARC401",
    }  # fmt: skip


@pytest.mark.slow
def test_at_most_a_thousand_faults_are_listed():
    text = "archc: 1\nname: X\nlayers:\n- {layer: In, type: input, size: 10}\n"
    rows = "".join(f"- {{type: nothing{number}}}\n" for number in range(2000))
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text + rows)
    assert len(caught.value.diagnostics) == 1000
    assert str(caught.value).endswith(
        "1000 errors in 1 file; what comes after them was not looked at"
    )


def test_the_text_of_the_exception_is_the_rendering():
    with pytest.raises(SpecError, match="a spec needs `name`"):
        archcompiler.loads("archc: 1\nlayers: [{type: input, size: 3}]\n")
