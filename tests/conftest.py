"""What all tests share: golden files, the specs of the repository, and who has a GPU."""

import gc
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from archcompiler.operations import FIELDS, KNOWN_AS, REGISTRY
from scripts.specs import ALIKE, SPECS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).parent.parent
FLAT = [path for path in SPECS if path.stem.startswith("alexnet")]  # without blocks
GOLDEN = Path(__file__).parent / "golden"


def sampled(cases: Iterable[Any], every: int) -> list[ParameterSet]:
    """Return cases for `parametrize`: one in `every` is of a quick look, the others are slow."""
    found = []
    for number, case in enumerate(cases):
        values = case if isinstance(case, ParameterSet) else pytest.param(case)
        marks = [*values.marks, *([pytest.mark.slow] if number % every else [])]
        found.append(pytest.param(*values.values, marks=marks, id=values.id))
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "rewrite tests/golden, and what is generated elsewhere"
    parser.addoption("--update-golden", action="store_true", help=text)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str | Path, str], None]:
    """Compare a text with tests/golden/NAME (or any path), or rewrite it with --update-golden."""

    def compare(name: str | Path, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.exists(), f"{path} is missing: pytest --update-golden writes it"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say something at the end of the run, in whichever process the test is."""
    return lambda text: record_property("note", text)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have models draw no first weights, where all are given right afterwards.

    Keras' are zeros, and PyTorch's whatever is there: whoever forgets one is found out.
    """
    import keras
    import torch

    def zeros(_: object, shape: tuple[int, ...], dtype: object = None, **__: object) -> object:
        return keras.ops.zeros(shape, dtype)

    for kind in vars(keras.initializers).values():
        if isinstance(kind, type) and issubclass(kind, keras.initializers.Initializer):
            monkeypatch.setattr(kind, "__call__", zeros)
    for name in ("kaiming_uniform_", "kaiming_normal_", "xavier_uniform_", "uniform_", "normal_"):
        monkeypatch.setattr(torch.nn.init, name, lambda tensor, *_, **__: tensor)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "note":
                terminalreporter.write_line(str(text))


class Served:
    """A process of `archc serve`."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "archcompiler", "serve", "--no-open", *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip()
        self.root, _, self.token = self.address.partition("#")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*arguments: str) -> Served:
        started.append(Served(*arguments, cwd=tmp_path))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def pytest_collection_finish() -> None:
    """Look through what was collected for garbage no more: a run keeps all of it."""
    gc.collect()
    gc.freeze()


def _gpu_missing() -> str | None:
    """Return why GPU tests cannot run here, or None if they can."""
    if find_spec("torch") is None:
        return "PyTorch is not installed"
    import torch

    return None if torch.cuda.is_available() else "there is no GPU that PyTorch can use"


@pytest.hookimpl(tryfirst=True)  # before those that are slow are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run; of the members of a family all but one are slow."""
    alike = {*ALIKE, *(path.stem for path in ALIKE)}
    for item in items:
        given = getattr(item, "callspec", None)
        if given and any(isinstance(v, str | Path) and v in alike for v in given.params.values()):
            item.add_marker(pytest.mark.slow)
    wanted = {"keras": find_spec("keras"), "torch": find_spec("torch")}
    gpu_items = [item for item in items if item.get_closest_marker("gpu")]
    reason = _gpu_missing() if gpu_items else None
    for item in gpu_items:
        if reason:
            item.add_marker(pytest.mark.skip(reason=f"needs a GPU: {reason}"))
    peers = ROOT / ".venv-peers" / "bin" / "python"
    for item in items:
        if item.get_closest_marker("torchvision") and not peers.exists():
            item.add_marker(pytest.mark.skip(reason="needs .venv-peers: scripts/peers makes it"))
        for name, found in wanted.items():
            if item.get_closest_marker(name) and found is None:
                item.add_marker(pytest.mark.skip(reason=f"needs {name}, which is not installed"))


@contextmanager
def operations_kept() -> Iterator[None]:
    """Forget the operations that are made in the meantime."""
    known, words, fields = dict(REGISTRY), dict(KNOWN_AS), set(FIELDS)
    yield
    for table, before in ((REGISTRY, known), (KNOWN_AS, words)):
        table.clear()
        table.update(before)  # type: ignore[arg-type]
    FIELDS.clear()
    FIELDS.update(fields)


EXAMPLE = ROOT / "examples" / "plugin"  # a package that brings an operation and a backend
Installer = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installer]:
    """Install packages for a test: their modules are in `tmp_path`, or in the example."""
    site = tmp_path / "site-packages"

    def add(package: str, **groups: dict[str, str]) -> None:
        folder = site / f"{package}.dist-info"
        folder.mkdir(parents=True)
        lines = [
            f"[archc.{group}]\n" + "".join(f"{name} = {value}\n" for name, value in names.items())
            for group, names in groups.items()
        ]
        (folder / "entry_points.txt").write_text("\n".join(lines))
        _forget_plugins()

    for folder in (EXAMPLE, tmp_path, site):
        monkeypatch.syspath_prepend(str(folder))
    _forget_plugins()
    yield add
    monkeypatch.undo()
    _forget_plugins()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and any(Path(file).is_relative_to(folder) for folder in (EXAMPLE, tmp_path)):
            del sys.modules[name]


@pytest.fixture
def example(install: Installer) -> None:
    """Install the example."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    groups = {group.removeprefix("archc."): v for group, v in project["entry-points"].items()}
    install("archc_example-1.0", **groups)


def _forget_plugins() -> None:
    from archcompiler import backends, plugins
    from archcompiler.editor import vocabulary
    from archcompiler.operations import BUILT_IN, REGISTRY
    from archcompiler.operations import plugins as operations

    plugins._left_out.clear()
    for cached in (plugins._installed, backends._others, vocabulary._schema):
        cached.cache_clear()
    operations._looked = False
    operations._forget(REGISTRY.keys() - BUILT_IN)
