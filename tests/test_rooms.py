"""The house rules: what may import what, how long a file may be, and how large the core."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "archcompiler"
FILES = sorted(PACKAGE.rglob("*.py"))
FRAMEWORKS = {"keras", "tensorflow", "torch", "jax"}

# room: the rooms that it may import; nothing imports upwards
ROOMS = {
    "diagnostics": set(),
    "operations": {"diagnostics"},
    "language": {"diagnostics", "operations"},
    "graph": {"diagnostics", "operations", "language"},
    "backends": {"diagnostics", "operations", "graph"},
    "runtime": {"diagnostics", "operations", "graph", "backends", "files"},
    "files": {"diagnostics"},
    "architecture": {
        "diagnostics", "operations", "language", "graph", "backends", "runtime", "files"
    },
}  # fmt: skip


def _imports(path: Path) -> list[tuple[str, bool]]:
    """Return the modules that a file imports, and whether at its top."""
    tree = ast.parse(path.read_text())
    top = set(tree.body)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.module, node in top)]
            found += [(f"{node.module}.{alias.name}", node in top) for alias in node.names]
    return found


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "archcompiler" and len(parts) > 1 else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_imports_upwards(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room not in ROOMS:
        assert room in {"__init__", "__main__", "cli"}
        return
    used = {_room(module) for module, _ in _imports(path)} - {None, room}
    assert used <= ROOMS[room]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_frameworks_are_imported_inside_functions_of_the_runtime_alone(path: Path) -> None:
    for module, at_top in _imports(path):
        if module.split(".")[0] in FRAMEWORKS:
            assert not at_top
            assert path.relative_to(PACKAGE).parts[0] == "runtime"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_the_core_stays_small() -> None:
    """Lines that hold anything are counted: empty ones make code easier to read, not larger."""
    core = ("diagnostics", "operations", "language", "graph", "backends")
    lines = sum(
        bool(line.strip())
        for path in FILES
        if path.relative_to(PACKAGE).parts[0] in core
        for line in path.read_text().splitlines()
    )
    assert lines < 8000
