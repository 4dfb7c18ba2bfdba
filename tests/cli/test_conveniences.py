"""Conveniences that many commands share: `-`, files and folders, names that others use, flags."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from archcompiler.backends import BACKENDS
from archcompiler.cli import cli
from archcompiler.cli.choices import BackendChoice
from archcompiler.runtime.devices import DeviceMissing, choose
from archcompiler.runtime.frameworks import framework_of
from scripts.specs import spec_path
from tests.conftest import ROOT, sampled

TINY = """\
archc: 1
name: Tiny
params: {classes: 3}
layers:
- {layer: In,  type: input,           maps: 3, size: 8x8}
- {layer: C1,  type: convolution,     maps: 4, kernel: 3x3, activation: relu}
- {layer: Out, type: fully_connected, size: "${classes}", activation: softmax}
"""
FAULTY = TINY.replace("convolution", "convolutoin")


def archc(*arguments: object, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=text)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tiny.yaml").write_text(TINY)
    (tmp_path / "other.yaml").write_text(TINY.replace("maps: 4", "maps: 5"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- Standard input

# What reads one spec and prints: what `-` prints is what the file prints, but for its name.
PRINTING = {
    "summary": ["summary", "SPEC", "-p", "classes=5", "--format", "json"],
    "expand": ["expand", "SPEC", "-p", "classes=5"],
    "diff": ["diff", "other.yaml", "SPEC"],
    "diff, the other way round": ["diff", "SPEC", "other.yaml"],
    "draw": ["draw", "SPEC", "-o", "-"],
    "build": ["build", "SPEC", "--backend", "torch", "-o", "-"],
    "validate": ["validate", "SPEC", "-p", "classes=5"],
    "fmt": ["fmt", "SPEC", "--diff"],  # nothing: it is laid out
}


def put(arguments: list[str], spec: str) -> list[str]:
    return [spec if word == "SPEC" else word for word in arguments]


@pytest.mark.parametrize("arguments", PRINTING.values(), ids=PRINTING)
def test_standard_input_is_a_spec(folder: Path, arguments: list[str]) -> None:
    named = archc(*put(arguments, "tiny.yaml"))
    piped = archc(*put(arguments, "-"), text=TINY)
    assert (named.exit_code, piped.exit_code) == (0, 0), piped.output
    assert piped.stdout.replace("<stdin>", "tiny.yaml") == named.stdout


@pytest.mark.parametrize("arguments", PRINTING.values(), ids=PRINTING)
@pytest.mark.parametrize(
    ("text", "limit", "code"),
    [(FAULTY, 10**6, "ARC201"), (b"\xff", 10**6, "ARC102"), (TINY, 10, "ARC108")],
)
def test_what_is_wrong_with_standard_input_is_told(
    folder: Path, arguments: list[str], text: str | bytes, limit: int, code: str
) -> None:
    result = archc(*put(arguments, "-"), "--limit", f"bytes={limit}", text=text)
    if arguments[0] == "fmt" and text == FAULTY:
        return  # a misspelled type has a layout, too
    if "other.yaml" in arguments and limit == 10:
        assert result.exit_code == 1  # of both
    assert (result.exit_code, code in result.output) == (1, True)
    assert "<stdin>" in result.output


def test_writing_commands_read_standard_input_too(folder: Path) -> None:
    pytest.importorskip("markupsafe")
    assert archc("report", "-", "-o", "page.html", text=TINY).stdout == "page.html\n"
    assert archc("init", "-", "-o", "tiny.safetensors", text=TINY).exit_code == 0
    options = ["inspect", "tiny.safetensors", "--spec", "-"]
    assert archc(*options, text=TINY).exit_code == 0
    assert archc(*options, text=TINY.replace("maps: 4", "maps: 5")).exit_code == 1
    drawn = archc("draw", "-", "-o", "tiny.svg", text=TINY)
    assert (drawn.stdout, Path("tiny.svg").exists()) == ("tiny.svg\n", True)


def test_standard_input_names_specs_in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "specs" / "resnet")
    member = spec_path("resnet18").read_text()
    assert "ResNet18" in archc("summary", "-", text=member).stdout


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that closes streams")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("summary - <&-", "standard input is closed"),
        ("draw tiny.yaml -o - >&-", "standard output is closed"),
    ],
)
def test_a_closed_stream_is_told(folder: Path, line: str, message: str) -> None:
    result = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m archcompiler {line}'],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (2, f"error: {message}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["diff", "-", "-"], "`-` stands twice for standard input"),
        (["report", "-", "--compare", "-", "-o", "x.html"], "`-` stands twice for standard input"),
        (["diff", "-", "--against", "HEAD"], "standard input is in no revision"),
        (["build", "-", "--backend", "torch", "-o", "out"], "standard input has no name"),
        (["build", "-", "tiny.yaml", "--backend", "torch"], "standard input has no name"),
        (["validate", "-", "--fix"], "standard input cannot be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_standard_input_cannot_be(folder: Path, arguments: list[str], message: str) -> None:
    result = archc(*arguments, text=TINY)
    assert (result.exit_code, result.stdout, message in result.stderr) == (2, "", True)
    assert sorted(path.name for path in folder.iterdir()) == ["other.yaml", "tiny.yaml"]


# ---- Where output goes


def build(*arguments: object, backend: str = "torch", text: str | None = None) -> Result:
    return archc("build", *arguments, "--backend", backend, text=text)


def test_a_folder_has_a_subfolder_of_each_backend(folder: Path) -> None:
    for option in ("-o", "--output"):
        assert build("tiny.yaml", "other.yaml", option, "out").exit_code == 0
        assert sorted(Path("out").rglob("*.py")) == [
            Path("out/torch/other.py"),
            Path("out/torch/tiny.py"),
        ]
    (folder / "net.py").mkdir()
    assert build("tiny.yaml", "-o", "net.py").stdout == "net.py/torch/tiny.py\n"
    assert build("tiny.yaml", "-o", "v1.2").stdout == "v1.2/torch/tiny.py\n"


def test_a_file_is_just_that_file(folder: Path) -> None:
    assert build("tiny.yaml", "-o", "models/net.py").stdout == "models/net.py\n"
    assert [path.name for path in Path("models").iterdir()] == ["net.py"]
    assert Path("models/net.py").read_bytes() == build("tiny.yaml", "-o", "-").stdout_bytes
    assert build("tiny.yaml", "-o", "models/net.py", "--check").exit_code == 0
    stale = build("other.yaml", "-o", "models/net.py", "--check")
    assert stale.exit_code == 1
    again = "`archc build other.yaml --backend torch --output models/net.py` writes it anew"
    assert again in stale.stdout
    assert build("-", "-o", "piped.py", text=TINY).stdout == "piped.py\n"
    assert build("-", "-o", "piped.py", "--check", text=TINY).exit_code == 0
    Path("mine.py").write_text("print('mine')\n")
    refused = build("tiny.yaml", "-o", "mine.py")
    assert (refused.exit_code, Path("mine.py").read_text()) == (2, "print('mine')\n")
    assert "was not written by archc" in refused.stderr
    assert build("tiny.yaml", "-o", "mine.py", "--force").exit_code == 0


def test_standard_output_gets_the_source_alone(folder: Path) -> None:
    assert build("tiny.yaml", "-o", "-").stdout == build("-", text=TINY).stdout.replace(
        "from <stdin>", "from tiny.yaml"
    )
    faulty = build("-", text=FAULTY)
    assert (faulty.exit_code, faulty.stdout) == (1, "")
    assert not Path("generated").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny.yaml", "other.yaml", "-o", "net.py"], "net.py is one file, and there are 2 specs"),
        (["tiny.yaml", "other.yaml", "-o", "-"], "takes one file, and there are 2 specs"),
        (["tiny.yaml", "-o", "net.keras"], "net.keras is no file of source, which ends in .py"),
        (["tiny.yaml", "-o", "net.pt2"], "net.pt2 is no file of source"),
        (["tiny.yaml", "-o", "net.py", "--emit", "model"], "a model of torch, which ends in .pt2"),
        (["tiny.yaml", "-o", "net.keras", "--emit", "model"], "which ends in .pt2"),
        (["tiny.yaml", "-o", "-", "--emit", "model"], "a model is a file of its own"),
        (["tiny.yaml", "-o", "-", "--check"], "`--check` compares with a file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_outputs_that_make_no_sense_are_told(
    folder: Path, arguments: list[str], message: str
) -> None:
    result = build(*arguments)
    assert (result.exit_code, result.stdout, message in result.stderr) == (2, "", True)
    assert sorted(path.name for path in folder.iterdir()) == ["other.yaml", "tiny.yaml"]


@pytest.mark.torch
def test_a_model_is_just_that_file(folder: Path) -> None:
    assert build("tiny.yaml", "-o", "net.pt2", "--emit", "model").stdout == "net.pt2\n"
    assert Path("net.pt2").stat().st_size > 1000


def test_a_picture_on_standard_output(folder: Path) -> None:
    assert archc("draw", "tiny.yaml", "-o", "tiny.svg").exit_code == 0
    drawn = archc("draw", "tiny.yaml", "-o", "-")
    assert drawn.stdout_bytes == Path("tiny.svg").read_bytes()
    assert archc("draw", "tiny.yaml", "-o", "-", "--format", "svg").stdout == drawn.stdout
    pdf = archc("draw", "tiny.yaml", "-o", "-", "--format", "pdf")
    assert pdf.stdout_bytes.startswith(b"%PDF-")
    assert archc("draw", "tiny.yaml", "-o", "tiny.svg", "--format", "svg").exit_code == 0
    for name in ("x.svg", "x"):
        refused = archc("draw", "tiny.yaml", "-o", name, "--format", "pdf")
        assert (refused.exit_code, "ending" in refused.stderr) == (2, True)
        assert not Path(name).exists()


# ---- Names that others use


@pytest.mark.parametrize(
    ("name", "backend", "below"),
    [
        ("keras", "keras", None),
        ("torch", "torch", None),
        ("Keras", "keras", None),
        ("pytorch", "torch", None),
        ("PyTorch", "torch", None),
        ("tensorflow", "keras", "tensorflow"),
        ("TF", "keras", "tensorflow"),
        ("jax", "keras", "jax"),
    ],
)
def test_backends_by_other_names(
    monkeypatch: pytest.MonkeyPatch, name: str, backend: str, below: str | None
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.delenv("KERAS_BACKEND")
    assert BackendChoice().convert(name, None, None) == backend
    assert os.environ.get("KERAS_BACKEND") == below
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    if below:
        with pytest.raises(click.BadParameter, match="KERAS_BACKEND says `openvino`"):
            BackendChoice().convert(name, None, None)
    else:
        assert BackendChoice().convert(name, None, None) == backend


def test_the_source_is_that_of_the_backend(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert build("tiny.yaml", backend="pytorch").stdout == "generated/torch/tiny.py\n"
    assert build("tiny.yaml", backend="tensorflow").stdout == "generated/keras/tiny.py\n"
    shown = archc("build", "--help").stdout
    assert "[keras|torch]" in shown


HOSTS: dict[str, tuple[list[str], dict[str, str | None]]] = {
    "two GPUs": (
        ["cuda:0", "cuda:1", "cpu"],
        {
            "auto": "cuda:0", "gpu": "cuda:0", "cuda": "cuda:0", "cuda:1": "cuda:1",
            "gpu:1": "cuda:1", "cpu": "cpu", "mps": None, "cuda:2": None,
        },
    ),
    "Metal": (
        ["mps", "cpu"],
        {"auto": "mps", "gpu": "mps", "mps": "mps", "cuda": None, "cuda:0": None, "cpu": "cpu"},
    ),
    "no GPU": (
        ["cpu"],
        {"auto": "cpu", "cpu": "cpu", "gpu": None, "cuda": None, "cuda:0": None, "mps": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_devices_by_their_names(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    available, names = HOSTS[host]
    monkeypatch.setattr(framework_of("torch"), "devices", lambda: available)
    for name, device in names.items():
        if device is not None:
            assert choose(name, "torch") == device
            continue
        with pytest.raises(DeviceMissing) as caught:
            choose(name, "torch")
        there = " and ".join(f"`{each}`" for each in available)
        assert str(caught.value) == f"there is no device `{name}` for torch: there is {there}"


@pytest.mark.parametrize("name", ["tpu", "cuda:", "cuda:x", "mps:0", "cpu:0", "CUDA", ""])
def test_what_names_no_device(name: str) -> None:
    with pytest.raises(DeviceMissing, match=f"no device is named `{name}`: write one of `auto`"):
        choose(name, "torch")


# ---- Flags


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version(option: str) -> None:
    assert archc(option).stdout.startswith("archc 0.")


def test_a_quiet_run_says_nothing_of_what_went_well(folder: Path) -> None:
    for arguments in (
        ["validate", "tiny.yaml"],
        ["build", "tiny.yaml", "--backend", "torch"],
        ["draw", "tiny.yaml", "-o", "tiny.svg"],
    ):
        assert archc("-q", *arguments).output == ""
        assert archc(*arguments).stdout != ""
    assert "Tiny" in archc("-q", "summary", "tiny.yaml").stdout  # what was asked for is told
    assert "error[ARC201]" in archc("-q", "validate", "-", text=FAULTY).stdout


def test_a_verbose_run_says_what_was_read_and_for_how_long() -> None:
    spec = spec_path("resnet18")
    for arguments in (["-v", "validate"], ["validate", "--verbose"]):
        told = archc(*arguments, spec).stderr
        assert told.startswith(f"{spec.as_posix()}: ")
        family = spec_path("resnet").as_posix()
        assert told.endswith(f" ms; read from {spec.as_posix()}, {family}\n")
    assert archc("validate", spec).stderr == ""


@pytest.mark.parametrize(("count", "said"), [(1, "1 fault mended"), (2, "2 faults mended")])
def test_faults_are_counted_rightly(folder: Path, count: int, said: str) -> None:
    text = TINY.replace("kernel", "kernal", 1).replace("relu", "ReLU", count - 1)
    Path("wrong.yaml").write_text(text)
    assert archc("validate", "--fix", "wrong.yaml").stderr == f"wrong.yaml: {said}\n"


# ---- Completion, as a shell asks for it

Completing = Callable[[str], list[str]]


@pytest.fixture
def complete(folder: Path) -> Completing:
    """Return the words that a shell offers for the last one of a line."""
    (folder / "nets" / "deep").mkdir(parents=True)
    for name in ("a.yml", "b.yaml", "deep/c.yaml", "notes.txt", ".hidden.yaml"):
        (folder / "nets" / name).write_text(TINY)
    (folder / "only" / "one").mkdir(parents=True)
    (folder / "only" / "one" / "net.yaml").write_text(TINY)

    def words(line: str) -> list[str]:
        asked = line.split(" ")
        environment = {"_ARCHC_COMPLETE": "bash_complete", "COMP_CWORD": str(len(asked) - 1)}
        result = subprocess.run(
            [sys.executable, "-m", "archcompiler"],
            env={**os.environ, **environment, "COMP_WORDS": line, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            cwd=folder,
            check=False,
        )
        assert result.stderr == ""
        kinds = [word.split(",", 1) for word in result.stdout.splitlines() if word]
        assert {kind for kind, _ in kinds} <= {"plain"}
        return [word for _, word in kinds]

    return words


COMPLETED = {
    "archc val": ["validate"],
    "archc --ver": ["--version", "--verbose"],
    "archc validate ": ["nets/", "only/", "other.yaml", "tiny.yaml", "-"],
    "archc validate tiny.yaml o": ["only/", "other.yaml"],
    "archc summary nets/": ["nets/a.yml", "nets/b.yaml", "nets/deep/"],
    "archc summary nets/.": ["nets/.hidden.yaml"],
    "archc expand ne": ["nets/a.yml", "nets/b.yaml", "nets/deep/"],
    "archc draw onl": ["only/one/net.yaml"],
    "archc draw nothing/": [],
    "archc convert x.pt --spec ti": ["tiny.yaml"],
    "archc build tiny.yaml --backend ": [*BACKENDS],
    "archc build tiny.yaml --emit m": ["model"],
    "archc validate --format s": ["sarif"],
    "archc summary --format ma": ["markdown"],
    "archc run tiny.yaml --device c": ["cpu", "cuda"],
    "archc ops CENT": ["centercrop", "centrecrop"],
    "archc ops sof": ["softplus", "softmax"],
    "archc ops max_p": ["max_pooling"],
    "archc explain ARC60": ["ARC601", "ARC602", "ARC603", "ARC604"],
    "archc explain stated": ["stated-size"],
    "archc summary tiny.yaml -p ": ["classes=3"],
    "archc validate nothing.yaml -p ": [],
    "archc validate tiny.yaml --limit lay": ["layers=100000"],
    "archc nothing va": ["validate"],
}


@pytest.mark.parametrize("line", sampled(COMPLETED, 5))
def test_a_shell_completes(complete: Completing, line: str) -> None:
    found = complete(line)
    assert found == COMPLETED[line]


def test_all_commands_and_types_are_offered(complete: Completing) -> None:
    from archcompiler.cli import COMMANDS
    from archcompiler.operations import REGISTRY

    assert complete("archc ") == list(COMMANDS)
    offered = complete("archc ops ")
    assert offered[: len(REGISTRY)] == list(REGISTRY)
    others = {w for known in REGISTRY.values() for w in (*known.known_as, *known.also)}
    assert set(offered) == {*REGISTRY, *others}
    assert all(archc("ops", word).exit_code == 0 for word in offered)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell(shell: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "archcompiler"],
        env={**os.environ, "_ARCHC_COMPLETE": f"{shell}_source", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"_ARCHC_COMPLETE={shell}_complete" in result.stdout
