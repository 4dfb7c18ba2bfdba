"""Many specs at once: which they are, what became of each, and edits that mend them."""

import io
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcompiler import check as checking
from archcompiler.check import PAYS, Task, check_all, find, mended
from archcompiler.cli import cli
from archcompiler.files import FileError
from archcompiler.graph import Limits
from scripts.specs import KINDS, spec_path, with_families
from tests.conftest import ROOT

TASK = Task({}, Limits())
HEAD = "archc: 1\nname: Net\nlayers:\n- {layer: In, type: input, maps: 3, size: 32x32}\n"
OUT = "- {layer: Out, type: fully_connected, size: 10}\n"


def archc(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=text)


# ---- Which specs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.yaml", "b.yml", "deep/er/c.yaml", ".hidden/d.yaml", "deep/.e.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# one\n{HEAD}{OUT}")
    (tmp_path / "other.yaml").write_text("rename:\n- {from: archc, to: b}\n")
    (tmp_path / "notes.txt").write_text(HEAD)
    (tmp_path / "loop").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "specs"),
    [
        (["a.yaml"], ["a.yaml"]),
        (["."], ["a.yaml", "b.yml", "deep/er/c.yaml"]),
        (["deep"], ["deep/er/c.yaml"]),
        (["*.yaml"], ["a.yaml", "other.yaml"]),
        (["**/*.yaml"], ["a.yaml", "deep/er/c.yaml", "loop/a.yaml", "other.yaml"]),
        (["a.yaml", ".", "a.yaml"], ["a.yaml", "b.yml", "deep/er/c.yaml"]),
        (["missing.yaml", "-"], ["missing.yaml", "-"]),
    ],
)
def test_the_specs_that_arguments_stand_for(
    folder: Path, arguments: list[str], specs: list[str]
) -> None:
    found = [Path(path).as_posix() for path in find(arguments)]
    assert [path for path in found if "loop/" not in path or path in specs] == specs


@pytest.mark.parametrize(
    ("argument", "message"),
    [("empty", "no file in empty is a spec"), ("x*.yaml", "no file matches x*.yaml")],
)
def test_what_stands_for_nothing_is_told(folder: Path, argument: str, message: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(FileError) as caught:
        find([argument])
    assert message in str(caught.value)


# ---- What became of them


@pytest.mark.slow
def test_processes_beside_each_other_find_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [*map(str, KINDS), *map(str, sorted((ROOT / "tests" / "broken").glob("*.yaml")))]
    paths.append(str(tmp_path / "missing.yaml"))
    assert len(paths) > PAYS
    monkeypatch.setattr(checking.os, "cpu_count", lambda: 3)
    parallel = list(check_all(paths, TASK))
    monkeypatch.setattr(checking, "PAYS", 10**6)
    alone = list(check_all(paths, TASK))

    def told(outcomes: list[checking.SpecResult]) -> list[object]:
        return [
            (c.name, c.error, c.unchecked, c.facts, [(d.code, d.place, d.message) for d in found])
            for c in outcomes
            for found in [c.diagnostics]
        ]

    assert told(parallel) == told(alone)


def test_a_text_on_standard_input_may_name_specs_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "specs" / "resnet")
    result = archc("validate", "-", text=spec_path("resnet18").read_text())
    assert (result.exit_code, result.stdout) == (
        0,
        "<stdin>: ResNet18, 52 layers, 11,699,112 parameters: all shapes proven\n",
    )
    wrong = archc("validate", "-", text=HEAD + "- {type: flaten}\n")
    assert wrong.exit_code == 1
    assert " --> <stdin>:5:10" in wrong.stdout


def test_no_progress_is_shown_where_nobody_watches(folder: Path) -> None:
    (folder / "many").mkdir()
    for number in range(60):
        (folder / "many" / f"{number}.yaml").write_text(HEAD + OUT)
    result = archc("validate", "many")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("all shapes proven") == 60


def test_progress_is_shown_on_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    from archcompiler.cli import reporter

    terminal = Terminal()
    monkeypatch.setattr(reporter.sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    outcomes = check_all([str(folder / "a.yaml")] * 60, TASK)
    with reporter.progress(outcomes, 60) as bar:
        assert len(list(bar)) == 60
    assert "60/60" in terminal.getvalue()


# ---- Edits

FIXES = {
    "a misspelled type": ("- {type: max_poling, kernel: 2}", "- {type: max_pooling, kernel: 2}"),
    "capital letters": ("- {type: MaxPooling, Kernal: 2}", "- {type: MaxPooling, kernel: 2}"),
    "a misspelled field": (
        "- {type: max_pooling, kernal: 2} # why",
        "- {type: max_pooling, kernel: 2} # why",
    ),
    "a size": (
        "- {type: convolution, maps: 8, size: 30x31,  kernel: 3x3}",
        "- {type: convolution, maps: 8, size: 30x30,  kernel: 3x3}",
    ),
    "sizes in turn": (
        "- {type: convolution, maps: 8, kernel: 3, size: 31x30}\n"
        "- {type: max_pooling, kernel: 2, size: 16x15}",
        "- {type: convolution, maps: 8, kernel: 3, size: 30x30}\n"
        "- {type: max_pooling, kernel: 2, size: 15x15}",
    ),
    "a word and a number": (
        "- {type: convolution, maps: 8,  kernel: 3x3, activation: ReLU}\n"
        "- {type: dropout,\n   rate: 50%}",
        "- {type: convolution, maps: 8,  kernel: 3x3, activation: relu}\n"
        "- {type: dropout,\n   rate: 0.5}",
    ),
    "one that shows another": (
        "- {type: convolutoin, maps: 8, kernal: 3}",
        "- {type: convolution, maps: 8, kernel: 3}",
    ),
    "quotes": ('- {type: "flaten"}', "- {type: flatten}"),
}


@pytest.mark.parametrize(("before", "after"), FIXES.values(), ids=FIXES)
def test_safe_edits_are_made(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD}# here\n{before}\n{OUT}")
    result = archc("validate", "--fix", path)
    assert result.exit_code == 0, result.output
    assert path.read_text() == f"{HEAD}# here\n{after}\n{OUT}"
    assert "mended" in result.stderr


LEFT = {
    "a name that others may read": "- {layer: réseau, type: flatten}",
    "a key whose name is taken": "- {type: max_pooling, kernal: 2, kernel: 2}",
    "an expression": '- {type: convolution, maps: 8, kernel: 3, size: "${5}"}',
    "no guess": "- {type: lstm}",
}


@pytest.mark.parametrize("row", LEFT.values(), ids=LEFT)
def test_what_is_not_safe_is_left(tmp_path: Path, row: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD}{row}\n{OUT}", encoding="utf-8")
    before = path.read_bytes()
    result = archc("validate", "--fix", path)
    assert result.exit_code == 1
    assert path.read_bytes() == before
    assert result.stderr == ""


def test_two_keys_do_not_become_the_same(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD}- {{type: max_pooling, kernal: 2, kernl: 2}}\n{OUT}")
    count, left = mended(str(path), TASK)
    assert count == 1
    assert [diagnostic.code for diagnostic in left.diagnostics] == ["ARC202"]
    assert "kernel: 2, kernl: 2" in path.read_text()


def test_bytes_around_an_edit_stay(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    text = f"{HEAD}- {{type: flaten}}  # é\n{OUT}".replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    path.chmod(0o640)
    assert mended(str(path), TASK)[0] == 1
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.replace("flaten", "flatten").encode()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_size_that_uses_share_is_left(tmp_path: Path) -> None:
    """In a block or a family's file another use may need what stands there; a name is a name."""
    family = with_families(tmp_path) / "vgg.yaml"
    family.write_text(family.read_text().replace("size: 7x7, kernel", "size: 8x8, kernal"))
    path = tmp_path / "vgg11.yaml"
    shutil.copy(spec_path("vgg11"), path)
    count, left = mended(str(path), TASK)
    assert count == 1
    assert "size: 8x8, kernel" in family.read_text()
    assert [diagnostic.code for diagnostic in left.diagnostics] == ["ARC401"]


def test_every_broken_spec_is_better_or_as_it_was(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "broken", tmp_path / "broken")
    for path in sorted((tmp_path / "broken").glob("*.yaml")):
        before = checking.check(str(path), TASK)
        text = path.read_bytes()
        count, after = mended(str(path), TASK)
        assert (count == 0) is (path.read_bytes() == text)
        assert not [d for d in after.diagnostics if d.fix and d.fix.safe and d.code != "ARC401"]
        wrong = {diagnostic.code for diagnostic in before.diagnostics}
        if count:
            assert len(after.diagnostics) <= len(before.diagnostics) + 2
            assert {d.code for d in after.diagnostics} <= wrong | {"ARC204", "ARC401", "ARC402"}


def test_a_file_that_cannot_be_written_stays(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anything")
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD}- {{type: flaten}}\n{OUT}")
    tmp_path.chmod(0o500)
    try:
        result = archc("validate", "--fix", path)
    finally:
        tmp_path.chmod(0o700)
    assert result.exit_code == 2
    assert "cannot write" in result.stderr
