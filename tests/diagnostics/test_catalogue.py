"""The catalogue of codes: complete, its examples true, and the documentation made of it."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from archcompiler.cli import cli
from archcompiler.diagnostics import catalogue
from archcompiler.diagnostics.diagnostic import WARNING, severity_of
from archcompiler.explain import outcome, page
from tests.conftest import ROOT

OF_OTHER_FILES = {"ARC701", "ARC801"}  # not of a spec
WITH_EXAMPLES = [code for code in catalogue.codes() if code not in OF_OTHER_FILES]


def test_the_codes_are_those_that_the_source_raises() -> None:
    texts = (path.read_text() for path in (ROOT / "archcompiler").rglob("*.py"))
    raised = {code for text in texts for code in re.findall(r'"(ARC\d{3})"', text)}
    assert raised == set(catalogue.codes())


def test_names_are_unique_and_find_their_code() -> None:
    for code in catalogue.codes():
        name = catalogue.entry(code).name
        assert catalogue.find(name) == catalogue.find(code.lower()) == catalogue.find(code) == code
        assert catalogue.find(code[3:]) == code
    assert catalogue.find("ARC999") is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "specs" / "resnet", tmp_path / "resnet")
    return tmp_path


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_wrong_spec_has_just_that_fault(code: str, folder: Path) -> None:
    wrong = catalogue.entry(code).wrong
    assert wrong is not None
    found = outcome(wrong, folder)
    assert [diagnostic.code for diagnostic in found.diagnostics] == [code]
    assert found.sound is (severity_of(code) == WARNING)


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_right_spec_has_none(code: str, folder: Path) -> None:
    right = catalogue.entry(code).right
    assert right is not None
    assert outcome(right, folder).diagnostics == ()


@pytest.mark.parametrize("code", catalogue.codes())
def test_each_is_explained(code: str) -> None:
    entry = catalogue.entry(code)
    assert len(entry.explanation.split()) >= 25
    assert max(map(len, entry.explanation.splitlines())) <= 100
    printed = CliRunner().invoke(cli, ["explain", code]).stdout
    assert printed.startswith(f"# {code} {entry.name}: {entry.title}\n")
    assert (f"{severity_of(code)}[{code}]" in printed) is (code in WITH_EXAMPLES)
    assert entry.explanation.startswith("A warning. ") is (severity_of(code) == WARNING)


def test_the_reference_is_made_of_it(request: pytest.FixtureRequest) -> None:
    path = ROOT / "docs" / "diagnostics.md"
    if request.config.getoption("--update-golden"):
        path.write_text(page())
    assert path.read_text() == page()


def test_links_of_the_reference_lead_to_its_headings() -> None:
    text = page()
    anchors = set(re.findall(r"\]\(#([^)]+)\)", text))
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-")
        for line in re.findall(r"^## (.+)$", text, re.M)
    }
    assert anchors == headings
