"""The command line: what is printed, where, and the exit code."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcompiler.cli import COMMANDS, cli
from scripts.specs import SPECS, spec_path
from tests.conftest import FLAT, ROOT

THREE_FAULTS = """\
archc: 1
name: Wrong
layers:
- {layer: In, type: input, maps: 3, size: 227x227}
- {layer: C1, type: convolution, maps: 96, size: 55x55, kernel: 11x11, stride: 4, padding: same}
- {layer: S2, type: max_poling, kernel: 3x3}
- {layer: D3, type: dropout, rate: 50%}
"""


def archc(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.yaml"
    path.write_text(THREE_FAULTS)
    return path


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["--help"], 0, "Exit codes", ""),
        (["--version"], 0, "archc 0.", ""),
        (["validate", *FLAT], 0, "62,378,344 parameters: all shapes proven", ""),
        (["valdate"], 2, "", "did you mean `validate`?"),
        (["validate"], 2, "", "Missing argument"),
        (["validate", "missing.yaml"], 2, "", "cannot read missing.yaml"),
        (["validate", ROOT / "specs" / "resnet"], 0, "WideResNet50", ""),
        (["validate", ROOT / "tests" / "golden"], 0, "TwoInputs", ""),
        (["validate", ROOT / "archcompiler"], 2, "", "is a spec: none has a key `archc`"),
        (["validate", ROOT / "specs" / "alexnet*.yaml"], 0, "AlexNet2012", ""),
        (["validate", ROOT / "specs" / "none*.yaml"], 2, "", "no file matches"),
        (["validate", "/dev/null"], 2, "", "is not a file"),
        (["validate", "-", "--fix"], 2, "", "standard input cannot be written"),
        (["validate", SPECS[0], "--watch", "--format", "json"], 2, "", "is for people"),
        (["build", SPECS[0], "--backend", "keras", "--format", "json"], 2, "", "what `--check`"),
        (["explain", "stated-sise"], 2, "", "did you mean `stated-size`?"),
        (["explain", "nothing like it"], 2, "", "`archc explain` lists all"),
        (["explain", "ARC401", "unknown-type"], 0, "ARC201 unknown-type", ""),
        (["validate", SPECS[0], "-p", "classes"], 2, "", "is not NAME=VALUE"),
        (["validate", SPECS[0], "-p", "clases=3"], 2, "", "did you mean `classes`?"),
        (["validate", SPECS[0], "--limit", "size=3"], 2, "", "no limit is named `size`"),
        (["validate", SPECS[0], "--limit", "parameters=many"], 2, "", "not a whole number"),
        (["validate", SPECS[0], "--limit", "parameters=1000"], 1, "ARC406", ""),
        (["validate", SPECS[0], "--limit", "bytes=10"], 1, "ARC108", ""),
        (["validate", SPECS[0], "--limit", f"bytes={10**18 - 1}"], 0, "all shapes proven", ""),
        (["validate", SPECS[0], "-p", "classes=ten"], 1, "which is `ten`", ""),
        (["build", SPECS[0], "--backend", "caffe"], 2, "", "'caffe' is not one of"),
        (["build", SPECS[0], "--backend", "keras", "--check", "--emit", "model"], 2, "", "anew"),
        (["run", SPECS[0], "--backend", "torch", "--batch", "0"], 2, "", "Invalid value"),
    ],
    ids=lambda value: " ".join(Path(str(v)).name for v in value) if isinstance(value, list) else "",
)
def test_exit_codes_and_streams(arguments: list[object], code: int, out: str, err: str) -> None:
    result = archc(*arguments)
    assert (result.exit_code, out in result.stdout, err in result.stderr) == (code, True, True)
    assert not (err and result.stdout), "a failed use prints nothing on stdout"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = archc(name, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_all_faults_of_all_specs_in_one_run(wrong: Path, golden: object) -> None:
    result = archc("validate", wrong, SPECS[0], wrong.with_name("missing.yaml"))
    assert result.exit_code == 2
    assert "all shapes proven" in result.stdout
    assert "missing.yaml" in result.stderr
    found = [line.split("]")[0] for line in result.stdout.splitlines() if "error[" in line]
    assert found == ["error[ARC401", "error[ARC201", "error[ARC203"]
    text = archc("validate", wrong).stdout.replace(wrong.parent.as_posix(), "specs")
    golden("three_faults.txt", text)  # type: ignore[operator]


def test_a_build_shows_faults_on_stderr(wrong: Path, tmp_path: Path) -> None:
    result = archc("build", wrong, "--backend", "torch", "--output", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "3 errors in 1 file" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_parameter_is_set_from_the_command_line() -> None:
    document = json.loads(archc("summary", SPECS[0], "-p", "classes=7", "--format", "json").stdout)
    assert document["layers"][-1]["output"] == [7]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_summary_reads_well(form: str, golden: object) -> None:
    result = archc("summary", ROOT / "specs" / "alexnet_article.yaml", "--format", form)
    golden(f"summary.{form}.txt", result.stdout)  # type: ignore[operator]


def test_summary_for_machines() -> None:
    spec = ROOT / "specs" / "alexnet_article.yaml"
    document = json.loads(archc("summary", spec, "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(archc("summary", spec, "--format", "csv").stdout)))
    assert document["totals"]["not_trainable"] == 2752
    assert [row["layer"] for row in rows] == [layer["name"] for layer in document["layers"]]
    for key in ("parameters", "multiply_adds", "memory_bytes"):
        assert sum(int(row[key]) for row in rows) == document["totals"][key]


def test_summary_says_what_layers_see() -> None:
    def seen(spec: str, *options: str) -> list[object]:
        result = archc("summary", spec_path(spec), "--format", "json", *options)
        return [layer["receptive_field"] for layer in json.loads(result.stdout)["layers"]]

    assert seen("alexnet")[:3] == [[1, 1], [11, 11], [19, 19]]
    assert seen("alexnet")[-4:] == [[195, 195], None, None, None]
    assert seen("resnet50", "--depth", "1")[3:6] == [[11, 11], None, None]  # blocks are folded
    several = seen("two_inputs")
    assert several[:2] == [{"picture": [1, 1]}, {"picture": [3, 3]}]
    assert several[-1] == {"picture": None, "measurements": None}


def test_summary_of_unknown_sizes(tmp_path: Path) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(
        'archc: 1\nname: Any\nlayers:\n- {layer: In, type: input, maps: 3, size: "?x?"}\n'
        "- {layer: C1, type: convolution, maps: 4, kernel: 3, padding: same}\n"
    )
    assert "4 x ?x?" in archc("summary", path).stdout
    document = json.loads(archc("summary", path, "--format", "json").stdout)
    assert document["layers"][1]["multiply_adds"] is None
    assert document["totals"]["memory_bytes"] is None


def _process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archcompiler", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def test_a_pipe_gets_no_colour(wrong: Path) -> None:
    result = _process("validate", wrong)
    assert result.returncode == 1
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("command", [["validate"], ["summary"]])
def test_shapes_need_no_framework_and_nothing_slow(command: list[str]) -> None:
    code = (
        "import sys; from archcompiler.cli import cli; cli(sys.argv[1:], standalone_mode=False)"
        if command == ["summary"]
        else "import sys\nfrom archcompiler.cli import cli\n"
        "try: cli(sys.argv[1:], standalone_mode=False)\nexcept SystemExit: pass"
    )
    code += (
        "\nslow = {'tensorflow', 'keras', 'torch', 'jax', 'numpy', 'jinja2', 'pydantic'}"
        "\nslow |= {'importlib.metadata'}"
        "\nprint(sorted(slow & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *command, "specs/alexnet.yaml"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert result.stdout.splitlines()[-1] == "[]"


def test_an_internal_fault_is_told_without_a_traceback() -> None:
    code = (
        "import archcompiler.cli as c\n"
        "def boom(*a, **k): raise KeyError('inside')\n"
        "c.cli = boom\nc.main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 2
    assert "internal error: KeyError" in result.stderr
    assert "Traceback" not in result.stderr
