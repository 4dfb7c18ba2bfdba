"""`archc fmt` from the command line: files, streams and exit codes."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcompiler.cli import cli
from tests.conftest import ROOT

UNTIDY = "archc: 1   # one\nname: 'X'\nlayers:\n- {type: input, layer: In, size: [3, 3]}\n"
TIDY = "archc: 1  # one\nname: X\nlayers:\n- {layer: In, type: input, size: 3x3}\n"
BROKEN = "archc: 1\nname: [\n"


def fmt(*arguments: object, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["fmt", *map(str, arguments)], input=text)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "untidy.yaml").write_text(UNTIDY)
    (tmp_path / "tidy.yaml").write_text(TIDY)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def texts(folder: Path) -> list[str]:
    return [(folder / f"{name}.yaml").read_text() for name in ("untidy", "tidy", "broken")]


def test_files_that_change_are_written_and_named(folder: Path) -> None:
    before = (folder / "tidy.yaml").stat()
    result = fmt("untidy.yaml", "tidy.yaml")
    assert (result.exit_code, result.output) == (0, "untidy.yaml\n")
    assert texts(folder) == [TIDY, TIDY, BROKEN]
    after = (folder / "tidy.yaml").stat()  # reading it may have changed when it was read last
    assert after[:7] == before[:7]
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)
    assert sorted(path.name for path in folder.iterdir()) == [
        "broken.yaml",
        "tidy.yaml",
        "untidy.yaml",
    ]


def test_a_text_of_another_meaning_is_never_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "archcompiler.language.format.formatted",
        lambda source, to: TIDY.replace("size", "sizes") if "'X'" in source.text else source.text,
    )
    result = fmt("untidy.yaml", "tidy.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "untidy.yaml would not be the same and stays as it is" in result.stderr
    assert texts(folder) == [UNTIDY, TIDY, BROKEN]


def test_folders_and_patterns(folder: Path) -> None:
    for argument in (".", "*.yaml"):
        result = fmt("--check", argument)
        assert (result.exit_code, result.stdout) == (1, "untidy.yaml\n")
        assert "broken.yaml:2:8" in result.stderr


def test_check_writes_nothing(folder: Path) -> None:
    result = fmt("--check", "untidy.yaml", "tidy.yaml")
    assert (result.exit_code, result.output) == (1, "untidy.yaml\n")
    assert texts(folder) == [UNTIDY, TIDY, BROKEN]
    assert fmt("--check", "tidy.yaml").exit_code == 0


@pytest.mark.parametrize("arguments", [["--diff"], ["--diff", "--check"]])
def test_a_diff_is_what_patch_applies(folder: Path, arguments: list[str]) -> None:
    result = fmt(*arguments, "untidy.yaml", "tidy.yaml")
    assert result.exit_code == 1
    assert texts(folder) == [UNTIDY, TIDY, BROKEN]
    assert result.stdout == (
        "--- untidy.yaml\n+++ untidy.yaml\n@@ -1,4 +1,4 @@\n"
        "-archc: 1   # one\n-name: 'X'\n+archc: 1  # one\n+name: X\n layers:\n"
        "-- {type: input, layer: In, size: [3, 3]}\n+- {layer: In, type: input, size: 3x3}\n"
    )
    assert fmt("--diff", "tidy.yaml").output == ""


def test_a_missing_last_line_end_is_shown(folder: Path) -> None:
    assert fmt("--diff", "-", text="archc: 1").stdout.splitlines()[3:] == [
        "-archc: 1",
        "\\ No newline at end of file",
        "+archc: 1",
    ]


def test_a_diff_of_many_lines_is_one_piece(folder: Path) -> None:
    rows = 6000
    text = UNTIDY + "- {type: flatten, layer: F}\n" * rows
    (folder / "untidy.yaml").write_text(text)
    lines = fmt("--diff", "untidy.yaml").stdout.splitlines()
    assert lines[2] == f"@@ -1,{rows + 4} +1,{rows + 4} @@"
    assert len(lines) == 3 + 2 * (rows + 4)


def test_a_dash_reads_and_prints(folder: Path) -> None:
    result = fmt("-", text=UNTIDY)
    assert (result.exit_code, result.stdout) == (0, TIDY)
    assert fmt("-", text=TIDY).stdout == TIDY
    checked = fmt("--check", "-", text=UNTIDY)
    assert (checked.exit_code, checked.stdout) == (1, "<stdin>\n")
    bytes_with_a_mark = b"\xef\xbb\xbf" + UNTIDY.replace("\n", "\r\n").encode()
    assert fmt("-", text=bytes_with_a_mark).stdout == TIDY


def test_what_cannot_be_read_stays_and_the_others_do_not(folder: Path) -> None:
    result = fmt("broken.yaml", "untidy.yaml")
    assert (result.exit_code, result.stdout) == (1, "untidy.yaml\n")
    assert "broken.yaml:2:8" in result.stderr
    assert texts(folder) == [TIDY, TIDY, BROKEN]
    for arguments in (["--check"], ["--diff"], []):
        assert fmt(*arguments, "broken.yaml").exit_code == 1
    result = fmt("-", text=BROKEN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "<stdin>:2:8" in result.stderr
    assert "is not UTF-8" in fmt("-", text=b"\xff").stderr


def test_wrong_use(folder: Path) -> None:
    result = fmt("missing.yaml", "untidy.yaml", os.devnull)
    assert (result.exit_code, result.stdout) == (2, "untidy.yaml\n")
    assert "cannot read missing.yaml" in result.stderr
    assert "is not a file" in result.stderr
    (folder / "empty").mkdir()
    assert fmt("empty").exit_code == 2
    assert fmt("*.yml").exit_code == 2
    assert fmt("--to", "prose", "tidy.yaml").exit_code == 2
    assert fmt().exit_code == 2


@pytest.mark.parametrize("text", [UNTIDY, None])
def test_a_limit_of_bytes(folder: Path, text: str | None) -> None:
    spec = "-" if text else "untidy.yaml"
    result = fmt("--limit", "bytes=10", spec, text=text)
    assert (result.exit_code, "ARC108" in result.stderr) == (1, True)
    assert fmt("--check", "--limit", f"bytes={10**18 - 1}", spec, text=text).exit_code == 1


def test_faults_of_meaning_do_not_matter(folder: Path) -> None:
    (folder / "untidy.yaml").write_text(UNTIDY.replace("input", "inptu"))
    assert fmt("untidy.yaml").exit_code == 0
    assert (
        (folder / "untidy.yaml").read_text().endswith("- {layer: In, type: inptu, size: [3, 3]}\n")
    )


def test_a_table_and_rows_again(folder: Path) -> None:
    assert fmt("--to", "table", "tidy.yaml").output == "tidy.yaml\n"
    assert (folder / "tidy.yaml").read_text() == TIDY.partition("layers")[0] + (
        "layers: |\n  | Layer | Type  | Size |\n  |-------|-------|------|\n"
        "  | In    | input | 3x3  |\n"
    )
    assert fmt("--check", "tidy.yaml").exit_code == 0
    assert fmt("--to", "rows", "--check", "tidy.yaml").exit_code == 1
    assert fmt("--to", "rows", "tidy.yaml").exit_code == 0
    assert texts(folder)[1] == TIDY


def test_what_a_table_cannot_hold_is_told(folder: Path) -> None:
    (folder / "untidy.yaml").write_text(UNTIDY.replace("[3, 3]", '"${a | b}"'))
    before = texts(folder)
    result = fmt("--to", "table", "untidy.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no cell of a table can say what stands in `size`" in result.stderr
    assert texts(folder) == before


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are others there")
def test_permissions_and_links_stay(folder: Path) -> None:
    path, link = folder / "untidy.yaml", folder / "link.yaml"
    path.chmod(0o640)
    link.symlink_to(path)
    assert fmt(link).exit_code == 0
    assert link.is_symlink()
    assert path.read_text() == TIDY
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_may_not_be_written(folder: Path) -> None:
    folder.chmod(0o500)
    result = fmt("untidy.yaml")
    folder.chmod(0o700)
    assert (result.exit_code, texts(folder)[0]) == (2, UNTIDY)


def test_nothing_slow_is_imported() -> None:
    code = (
        "import sys\nfrom archcompiler.cli import cli\n"
        "try: cli(['fmt', '--check', 'specs/alexnet.yaml'], standalone_mode=False)\n"
        "except SystemExit: pass\n"
        "slow = {'keras', 'torch', 'numpy', 'jinja2', 'pydantic', 'difflib'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout == "[]\n"
