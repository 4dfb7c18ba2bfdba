"""What all benchmarks share: processes and their times, interleaving, tables, the machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parent.parent
LIBRARIES = ("PyYAML", "click", "onnx", "torch", "keras", "tensorflow", "jax")


def say(text: str) -> None:
    """Tell how far it is, beside the result."""
    print(text, file=sys.stderr, flush=True)


def environment(**settings: str) -> dict[str, str]:
    """Return the environment of a measured process: compiled modules are kept, nothing is said."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3", **settings}


def run(command: Sequence[str], **settings: str) -> tuple[float, str]:
    """Return how many seconds the process took as a whole, and what it printed."""
    start = perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, check=False
    )
    seconds = perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def in_child(module: str, *arguments: object, **settings: str) -> Any:
    """Return what `module`, run as a process of its own, prints last, as JSON."""
    output = run([sys.executable, "-m", module, *map(str, arguments)], **settings)[1]
    return json.loads(output.splitlines()[-1])


def peak_megabytes() -> float:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if "VmHWM" in line)
        return int(line.split()[1]) * 1024 / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # macOS counts in bytes


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first hold numbers."""
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """Return the machine and the versions, in general words."""
    versions = []
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"Measured in one run with `python -m benchmarks`: {os.cpu_count()} cores"
        f" ({platform.machine()}), {memory:.0f} GB of memory, {platform.system()},"
        f" {platform.python_implementation()} {platform.python_version()};"
        f" {', '.join(versions)}; no GPU is used."
    )
