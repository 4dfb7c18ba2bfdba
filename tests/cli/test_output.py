"""What is printed: names of files are shown, never acted on, and a device that is full is told."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archcompiler.cli import COMMANDS, main
from tests.conftest import ROOT, sampled

HOSTILE = "a\x1b[31m\n::error file=x::pwned\r\x9b2J.yaml"
SOUND = """archc: 1
name: Net
description: "\\e[31mred"
layers:
- {layer: In, type: input, maps: 3, size: 8x8}
- {layer: C, type: convolution, maps: 4, kernel: 3}
- {layer: Out, type: fully_connected, size: 2}
"""
FAULTY = SOUND.replace("kernel: 3", "kernel: 9")
UNREADABLE = b"archc: 1\nname: \xff\n"
OF_A_SPEC = [
    ("validate", "{}"),
    ("validate", "-v", "{}"),
    ("validate", "--fix", "{}"),
    *(("validate", "--format", form, "{}") for form in ("json", "github", "sarif", "junit")),
    ("validate", "no {}"),
    ("validate", "-p", "{}=1", "{}"),
    ("summary", "{}"),
    ("summary", "{}", "--{}"),
    ("summary", "--format", "{}", "{}"),
    ("expand", "{}"),
    ("fmt", "--check", "{}"),
    ("fmt", "--diff", "{}"),
    ("fmt", "{}"),
    ("diff", "{}", "{}"),
    *(("diff", "--format", form, "{}", "other.yaml") for form in ("text", "markdown", "json")),
    ("diff", "--against", "{}", "{}"),
    ("draw", "{}", "-o", "{}.svg"),
    ("draw", "{}", "-o", "{}"),
    ("draw", "{}", "-o", "no/{}.svg"),
    ("report", "{}", "-o", "{}.html"),
    ("report", "{}", "-o", "{}"),
    ("build", "{}", "--backend", "torch"),
    ("build", "{}", "--backend", "torch", "-o", "{}.py"),
    ("build", "{}", "--backend", "torch", "--check"),
    ("build", "{}", "{}", "--backend", "{}"),
    ("init", "{}", "-o", "{}.safetensors"),
    ("init", "{}", "-o", "{}"),
    ("convert", "{}", "--spec", "{}", "-o", "x.safetensors"),
    ("convert", "no{}.safetensors", "--spec", "{}", "-o", "x.safetensors"),
    ("inspect", "{}.safetensors"),
    ("inspect", "{}.safetensors", "--spec", "{}"),
    ("inspect", "one.safetensors", "--spec", "{}", "--map", "{}"),
    ("serve", "no{}"),
    ("run", "no{}", "--backend", "torch"),
    ("verify", "no{}"),
    ("explain", "{}"),
    ("ops", "{}"),
    ("schema", "{}"),
    ("lsp", "{}"),
    ("{}",),
    ("--{}",),
]


def archc(folder: Path, *arguments: str, **options: object) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "archcompiler", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_STEP_SUMMARY": "steps.md"},
        stdin=subprocess.DEVNULL,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run archc in this process, as its entry point does; return the exit code."""
    monkeypatch.setattr(sys, "argv", ["archc", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_every_command_is_tried() -> None:
    assert {words[0] for words in OF_A_SPEC} >= set(COMMANDS)


@pytest.mark.parametrize("state", ["sound", "faulty", "unreadable"])
@pytest.mark.parametrize("words", OF_A_SPEC, ids=[" ".join(words) for words in OF_A_SPEC])
def test_a_hostile_name_is_spelt_out(
    words: tuple[str, ...],
    state: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "steps.md")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for name, text in ((HOSTILE, SOUND), ("other.yaml", SOUND.replace("maps: 4", "maps: 5"))):
        (tmp_path / name).write_text(text)
    for spec, weights in (("other.yaml", "one.safetensors"), (HOSTILE, f"{HOSTILE}.safetensors")):
        if any(word.format(HOSTILE) == weights for word in words):
            assert run(monkeypatch, "init", spec, "-o", weights) == 0
    if state == "faulty":
        (tmp_path / HOSTILE).write_text(FAULTY)
    elif state == "unreadable":
        (tmp_path / HOSTILE).write_bytes(UNREADABLE)
    capfdbinary.readouterr()
    code = run(monkeypatch, *(word.format(HOSTILE) for word in words))
    printed = b"".join(capfdbinary.readouterr()).decode()
    if (tmp_path / "steps.md").exists():
        printed += (tmp_path / "steps.md").read_text()
    assert code in (0, 1, 2)
    assert "Traceback" not in printed
    assert "internal error" not in printed
    assert not [c for c in printed if not c.isprintable() and c not in "\n\t"]
    assert not [line for line in printed.splitlines() if line.lstrip().startswith("::error file=x")]


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif", "junit"])
def test_a_name_that_is_no_text_is_spelt_out(form: str, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.yaml")
    for text in (SOUND, FAULTY):
        (tmp_path / name).write_text(text)
        done = archc(tmp_path, "validate", "--format", form, name)
        assert done.returncode == (0 if text is SOUND else 1)
        assert b"internal error" not in done.stderr
        (done.stdout + done.stderr).decode()


PRINTING = [
    ("--help",),
    ("--version",),
    ("validate", "sound.yaml"),
    ("validate", "faulty.yaml"),
    ("validate", "--format", "json", "sound.yaml"),
    ("validate", "--format", "github", "faulty.yaml"),
    ("summary", "sound.yaml"),
    ("summary", "--format", "json", "sound.yaml"),
    ("expand", "sound.yaml"),
    ("fmt", "--diff", "sound.yaml"),
    ("fmt", "--check", "sound.yaml"),
    ("diff", "sound.yaml", "other.yaml"),
    ("draw", "sound.yaml", "-o", "x.svg"),
    ("draw", "sound.yaml", "-o", "-"),
    ("report", "sound.yaml", "-o", "x.html"),
    ("build", "sound.yaml", "--backend", "torch"),
    ("build", "sound.yaml", "--backend", "torch", "-o", "-"),
    ("init", "sound.yaml", "-o", "x.safetensors"),
    ("inspect", "one.safetensors"),
    ("convert", "one.safetensors", "--spec", "sound.yaml", "-o", "y.safetensors"),
    ("explain", "ARC101"),
    ("explain",),
    ("ops",),
    ("schema",),
    ("serve", "--no-open", "."),
]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("words", sampled(PRINTING, 5), ids=[" ".join(words) for words in PRINTING])
def test_a_full_device_is_no_fault_of_archc(words: tuple[str, ...], tmp_path: Path) -> None:
    for name, text in (("sound", SOUND), ("other", SOUND.replace("4", "5")), ("faulty", FAULTY)):
        (tmp_path / f"{name}.yaml").write_text(text)
    if "one.safetensors" in words:
        archc(tmp_path, "init", "sound.yaml", "-o", "one.safetensors")
    with Path("/dev/full").open("w") as full:
        done = archc(tmp_path, *words, stdout=full)
        assert done.stderr == b"error: cannot write the output: No space left on device\n"
        assert done.returncode == 2
        assert archc(tmp_path, *words, stdout=full, stderr=full).returncode == 2


def test_a_pipe_that_is_closed_ends_silently(tmp_path: Path) -> None:
    (tmp_path / "sound.yaml").write_text(SOUND)
    read, write = os.pipe()
    os.close(read)
    done = archc(tmp_path, "schema", stdout=write)
    os.close(write)
    assert done.stderr == b""
