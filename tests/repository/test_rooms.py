"""The house rules: which room may import which, and no module itself, however far around."""

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
    "diff": {"diagnostics", "operations", "language", "graph"},
    "drawing": {"diagnostics", "operations", "graph"},
    "backends": {"diagnostics", "operations", "graph"},
    "runtime": {"diagnostics", "operations", "language", "graph", "backends", "files"},
    "checkpoints": {
        "diagnostics", "operations", "language", "graph", "diff", "backends", "files", "runtime",
    },
    "files": {"diagnostics"},
    "revisions": {"diagnostics", "files"},
    "architecture": {
        "diagnostics", "operations", "language", "graph", "backends", "runtime", "files",
        "revisions", "checkpoints", "drawing",
    },
    "check": {"diagnostics", "language", "graph", "architecture", "files"},
    "explain": {"diagnostics", "graph", "architecture"},
    "editor": {
        "diagnostics", "operations", "language", "graph", "architecture", "check",
    },
    "pages": {
        "diagnostics", "language", "graph", "diff", "drawing", "backends", "files", "architecture",
        "check", "editor",
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
    used = {_room(module) for module, _ in _imports(path)} - {None, "__version__", room}
    assert used <= ROOMS[room]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_frameworks_are_imported_inside_functions_of_few_rooms(path: Path) -> None:
    for module, at_top in _imports(path):
        if module.split(".")[0] in FRAMEWORKS:
            assert not at_top
            assert path.relative_to(PACKAGE).parts[0] in ("runtime", "checkpoints")
