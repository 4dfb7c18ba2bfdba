"""The documentation runs: every spec in it is valid, every command prints what stands there."""

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from click.testing import CliRunner

import archcompiler
from archcompiler.cli import cli
from tests.conftest import ROOT

GENERATED = ("diagnostics.md",)  # tests of their own compare them with what they come from
PAGES = [
    ROOT / "README.md",
    *(path for path in sorted((ROOT / "docs").glob("*.md")) if path.name not in GENERATED),
]


class Block(NamedTuple):
    """A fenced block; a comment before it names it as a file, or the file that it is of.

    Of `whole` it is a part, unless it is `all` of it. A block of `text` that follows one of Python
    is what that prints.
    """

    page: str
    line: int
    language: str
    text: str
    file: str
    whole: str
    all: bool
    prints: str = ""


def _blocks(path: Path) -> Iterator[Block]:
    pattern = (
        r"(?:<!-- (file|part of|all of|workflow)(?:: (\S+))? -->\n)?^```(\w+)\n(.*?)^```$"
        r"(?=(?:\n\n```text\n(.*?)^```$)?)"
    )
    for match in re.finditer(pattern, path.read_text(), re.MULTILINE | re.DOTALL):
        line = path.read_text()[: match.start(3)].count("\n") + 1
        kind, name = match[1], match[2] or ""
        language = "workflow" if kind == "workflow" else match[3]
        file, whole = (name, "") if kind == "file" else ("", name)
        prints = match[5] or "" if language == "python" else ""
        yield Block(path.name, line, language, match[4], file, whole, kind == "all of", prints)


BLOCKS = [block for page in PAGES for block in _blocks(page)]


def _of(language: str) -> list[object]:
    """Return the blocks in `language`; those that run live models are slow."""
    return [
        pytest.param(
            block,
            id=f"{block.page}:{block.line}",
            marks=[pytest.mark.slow, pytest.mark.keras, pytest.mark.torch]
            if re.search(r"archc (run|verify|convert)|\.build\(|import torch|verify\(", block.text)
            else [],
        )
        for block in BLOCKS
        if block.language == language
    ]


@pytest.fixture(autouse=True)
def _in_a_copy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run in a folder that holds the specs and the files that the documentation names.

    The page about packages is true where the one that it makes is installed.
    """
    if "plugins.md" in request.node.name:
        request.getfixturevalue("example")
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    for block in BLOCKS:
        if block.file:
            (tmp_path / block.file).write_text(block.text)
    monkeypatch.chdir(tmp_path)


def _matches(expected: str, printed: str) -> bool:
    """Compare line by line; `…` stands for anything within a line."""
    wanted, got = expected.rstrip().splitlines(), printed.rstrip().splitlines()
    return len(wanted) == len(got) and all(
        re.fullmatch(".+".join(map(re.escape, want.rstrip().split("…"))), line.rstrip())
        for want, line in zip(wanted, got, strict=True)
    )


@pytest.mark.parametrize("block", _of("console"))
def test_commands_print_what_stands_there(block: Block) -> None:
    commands = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    assert commands
    for command in commands:
        line, _, expected = command.partition("\n")
        program, *arguments = shlex.split(line)
        assert program == "archc"
        result = CliRunner().invoke(cli, arguments)
        assert _matches(expected, result.output), result.output


@pytest.mark.slow
@pytest.mark.parametrize("block", _of("workflow"))
def test_workflows_run(block: Block) -> None:
    shutil.copytree(ROOT / "generated", "generated")
    jobs = yaml.safe_load(block.text)["jobs"].values()
    lines = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    commands = [line for line in lines if line.startswith("archc ")]
    assert len(commands) >= 3
    for command in commands:
        line, _, file = command.partition(" > ")
        result = CliRunner().invoke(cli, shlex.split(line)[1:])
        assert result.exit_code == 0, result.output
        assert not file or json.loads(result.stdout)["version"] == "2.1.0"


@pytest.mark.parametrize("block", _of("yaml"))
def test_specs_are_valid_but_for_those_that_show_faults(block: Block) -> None:
    if block.file:
        return  # a command reads it, and shows what it finds
    if re.search(r"^archc:", block.text, re.MULTILINE):
        Path("specs/shown.yaml").write_text(block.text)  # beside the families that it may name
        archcompiler.load("specs/shown.yaml")
    else:  # a part of a spec
        archcompiler.loads(_completed(block.text), block.page)


def _completed(part: str) -> str:
    """Make a spec of rows, or of a section, that the text shows alone."""
    head = "archc: 1\nname: Part\n"
    first = "- {layer: In, type: input, maps: 3, size: 64x64}\n"
    if part.lstrip().startswith("- "):
        return f"{head}layers:\n{first}{part}"
    last = "- {layer: Out, type: fully_connected, size: 10, activation: softmax}\n"
    return f"{head}{part}\nlayers:\n{first}{last}"


@pytest.mark.parametrize("block", _of("python"))
def test_python_runs(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    if block.whole:
        return  # quoted: see below
    file = Path(block.file or f"{block.page}:{block.line}")  # where faults find their places
    file.write_text(block.text)
    exec(compile(block.text, str(file), "exec"), {"__name__": "__main__"})
    assert not block.prints or _matches(block.prints, capsys.readouterr().out)


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.whole], ids=lambda block: block.whole
)
def test_what_is_quoted_is_so(block: Block) -> None:
    text = (ROOT / block.whole).read_text()
    assert block.text == text if block.all else block.text in text


def test_shell_commands_exist() -> None:
    for block in BLOCKS:
        if block.language == "sh":
            for line in block.text.splitlines():
                program = ROOT / shlex.split(line)[0]
                assert program.is_file()
                assert os.access(program, os.X_OK)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target
