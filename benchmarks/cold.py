"""What it takes to learn AlexNet's shapes and parameters, from nothing: whole processes."""

from __future__ import annotations

import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.measure import run, table

SPEC = "specs/alexnet.yaml"
PARAMETERS = "62,378,344"


class Case(NamedTuple):
    """A command, how often a round runs it, and what it needs to be installed."""

    title: str
    command: list[str]
    times: int = 4
    needs: tuple[str, ...] = ()
    keras: str = ""


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def archc() -> list[str]:
    """Return the installed command, or what is the same."""
    script = Path(sysconfig.get_path("scripts"), "archc")
    return [str(script)] if script.exists() else python("-m", "archcompiler")


def peer(name: str) -> list[str]:
    return python(f"benchmarks/peers/{name}.py")


CASES = [
    Case("Python alone: `pass`", python("-c", "pass")),
    Case("… `import yaml`", python("-c", "import yaml")),
    Case("… `import yaml, click`", python("-c", "import yaml, click")),
    Case(f"**`archc validate {SPEC}`**", [*archc(), "validate", SPEC]),
    Case("onnx: shape inference", peer("onnx_shapes"), 2, ("onnx",)),
    Case(
        "Keras on JAX: build the model, of zeros", peer("keras_build"), 1, ("keras", "jax"), "jax"
    ),
    Case("PyTorch: meta device", peer("torch_meta"), 1, ("torch",)),
    Case(
        "Keras on TensorFlow: build the model, of zeros",
        peer("keras_build"),
        1,
        ("keras", "tensorflow"),
        "tensorflow",
    ),
]


def report(*, quick: bool) -> str:
    """Return the table: medians of interleaved runs."""
    cases = [case for case in CASES if all(find_spec(name) for name in case.needs)]
    seconds: dict[str, list[float]] = {case.title: [] for case in cases}
    for round_number in range(1 if quick else 6):
        for case in cases:
            for _ in range(1 if quick else case.times):
                took, output = run(case.command, KERAS_BACKEND=case.keras)
                if case.needs and PARAMETERS not in output:
                    raise SystemExit(f"{case.title} does not count {PARAMETERS} parameters")
                if round_number or quick:  # the first round warms files and compiles modules
                    seconds[case.title].append(took)
    medians = {title: median(times) for title, times in seconds.items()}
    own = next(value for title, value in medians.items() if "archc" in title)
    rows = [
        (title, f"{1000 * value:,.0f} ms", f"{value / own:.1f}") for title, value in medians.items()
    ]
    return "## From nothing to AlexNet's proven shapes and parameters\n\n" + table(
        ("a whole process", "median", "times `archc`"), rows
    )
