"""The house rules: what may import what, how long a file may be, and how large the core."""

import ast
import io
import tokenize
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def _code(path: Path) -> int:
    """Return the number of lines that hold code: no empty ones, comments or docstrings."""
    text = path.read_text()
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER):
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


# Lines of code that a room may have: one that grows past that wants another look, or a new room.
LARGEST = {
    "diagnostics": 900,
    "operations": 1850,
    "language": 3500,
    "graph": 2200,
    "diff": 900,
    "backends": 3700,
    "editor": 850,
    "checkpoints": 1300,
    "drawing": 2650,
    "pages": 900,
}


@pytest.mark.parametrize("room", LARGEST)
def test_a_room_stays_small(room: str) -> None:
    assert sum(map(_code, (PACKAGE / room).rglob("*.py"))) < LARGEST[room]
