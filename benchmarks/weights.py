"""Large weights from one kind of file into another: time, and the most memory that it takes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from benchmarks.cold import archc, peer
from benchmarks.measure import ROOT, environment, table

KERNEL = 5000  # rows and columns: 100 MB
DEPTH, QUICK = 20, 2

SPEC = """\
archc: 1
name: Large
params: {depth: DEPTH}
blocks:
  unit:
    layers:
    - {layer: fc, type: fully_connected, size: "${input.features}", activation: relu}
layers:
- {layer: In, type: input, size: WIDTH}
- {layer: units, type: unit, repeat: "${depth}"}
"""


def report(*, quick: bool) -> str:
    """Return the table: one run each, since a second one would find the file in memory."""
    depth = QUICK if quick else DEPTH
    kernel = KERNEL // 10 if quick else KERNEL
    size = depth * kernel * kernel * 4
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = folder / "large.yaml"
        spec.write_text(
            SPEC.replace("DEPTH", str(depth)).replace("WIDTH", str(kernel)), encoding="utf-8"
        )
        first = folder / "first.safetensors"
        steps = {"`archc init`": [*archc(), "init", str(spec), "-o", str(first)]}
        source = first
        for ending in ("pt", "keras", "weights.h5", "safetensors"):
            if ending == "keras" and not find_spec("keras"):
                continue
            target = folder / f"next.{ending}"
            title = f"`archc convert`: {_kind(source)} to {_kind(target)}"
            steps[title] = [
                *archc(),
                "convert",
                str(source),
                "--spec",
                str(spec),
                "-o",
                str(target),
            ]
            source = target
        steps["PyTorch: `torch.load`, safetensors' `save_file`"] = [
            *peer("torch_convert"), str(folder / "next.pt"), str(folder / "peer.safetensors"),
        ]  # fmt: skip
        rows = [_row(title, command, size) for title, command in steps.items()]
        assert (folder / "next.safetensors").read_bytes() == first.read_bytes()
    return (
        f"## Weights of {size / 1e9:.1f} GB, in kernels of {kernel * kernel * 4 / 1e6:.0f} MB\n\n"
        + table(("a whole process", "time", "MB/s", "most memory"), rows)
    )


def _kind(path: Path) -> str:
    return path.name.partition(".")[2]


def _row(title: str, command: list[str], size: int) -> tuple[str, ...]:
    start = perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)  # with what it has waited for itself
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = perf_counter() - start
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{said}")
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return title, f"{seconds:.1f} s", f"{size / 1e6 / seconds:,.0f}", f"{memory:,.0f} MB"
