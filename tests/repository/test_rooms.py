"""The house rules: which room may import which, and no module itself, however far around."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from archcompiler.backends import BACKENDS
from tests.conftest import ROOT

PACKAGE = ROOT / "archcompiler"
FILES = sorted(PACKAGE.rglob("*.py"))
MODELS = {
    ".".join(("archcompiler", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in FILES
    if path.parent.name in ("documents", "api") and path.stem != "__init__"
} | {"archcompiler.api"}
FRAMEWORKS = {"keras", "tensorflow", "torch", "jax"}

# room: the rooms that it may import; nothing imports upwards
ROOMS = {
    "plugins": set(),
    "documents": set(),
    "diagnostics": {"documents"},
    "operations": {"diagnostics", "plugins"},
    "language": {"diagnostics", "operations"},
    "graph": {"documents", "diagnostics", "operations", "language"},
    "diff": {"documents", "diagnostics", "operations", "language", "graph"},
    "drawing": {"diagnostics", "operations", "graph"},
    "backends": {"diagnostics", "operations", "graph", "plugins"},
    "runtime": {
        "documents", "diagnostics", "operations", "language", "graph", "backends", "files",
    },
    # the folders `runtime` of the backends, which are loaded by name and imported by no room below
    "frameworks": {"operations", "graph", "backends", "runtime", "files"},
    "checkpoints": {
        "documents", "diagnostics", "operations", "language", "graph", "diff", "backends", "files",
        "runtime", "frameworks", "plugins",
    },
    "files": {"diagnostics"},
    "revisions": {"diagnostics", "files"},
    "architecture": {
        "documents", "diagnostics", "operations", "language", "graph", "backends", "runtime",
        "files", "revisions", "checkpoints", "drawing",
    },
    "check": {"diagnostics", "language", "graph", "architecture", "files"},
    "explain": {"diagnostics", "graph", "architecture"},
    "api": {"diagnostics", "operations", "language", "graph", "files", "architecture"},
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
    if parts[0] != "archcompiler" or len(parts) < 2:
        return None
    return "frameworks" if parts[1] == "backends" and "runtime" in parts[3:4] else parts[1]


def _room_of(path: Path) -> str:
    module = path.relative_to(ROOT).with_suffix("").parts
    return _room(".".join(module)) or ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_imports_upwards(path: Path) -> None:
    room = _room_of(path)
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
            assert _room_of(path) in ("frameworks", "checkpoints")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_pydantic_is_imported_with_documents_and_rows_alone(path: Path) -> None:
    room, *_ = parts = path.relative_to(PACKAGE).parts
    made = parts[-1] == "document.py" or parts[-2:] == ("forms", "json.py")
    for module, at_top in _imports(path):
        if module.split(".")[0] == "pydantic":
            assert room in ("documents", "api")
        if at_top and room not in ("documents", "api") and not made:
            assert module not in MODELS


# ---- no file of the core names a backend

BACKEND_WORDS = sorted(
    word
    for word in {word for b in BACKENDS.values() for word in (b.name, b.title.lower(), *b.known_as)}
    if len(word) > 2  # one of two letters is many things
)
# A long word is found in any other, such as `_torch_devices`; a short one stands by itself.
NAMING = re.compile(
    "|".join(word if len(word) > 3 else rf"(?<![a-z]){word}(?![a-z])" for word in BACKEND_WORDS),
    re.IGNORECASE,
)
# Files in which such a word stands for something else than the backend, and what that is.
OTHER_THINGS = {
    "backends/__init__.py": "the registration: a line a backend",
    "backends/names.py": "modules that a file beside them must not hide",
    "checkpoints/formats/keras.py": "a kind of file",
    "checkpoints/formats/keras_listing.py": "a kind of file",
    "checkpoints/formats/torch.py": "a kind of file",
    "checkpoints/formats/safetensors.py": "whose names and layouts such files have",
    "operations/elsewhere.py": "what words mean in libraries",
    "operations/normalization.py": "what a word means in a library",
}
PHRASES = {
    "torch_default": "an initializer of the language",
    "torchvision and keras.applications": "collections of weights that specs/names knows",
}


def _words(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the names and texts of a file, with their lines: no comments, no docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node, clean=False) is not None
    }
    for node in ast.walk(tree):
        for field in ("id", "attr", "module", "name", "asname", "arg", "value", "names"):
            word = getattr(node, field, None)
            words = word if isinstance(word, list) else [word]  # of `global`
            for each in words:
                if isinstance(each, str) and id(node) not in docstrings:
                    yield getattr(node, "lineno", 0), each


def _is_of_a_backend(path: Path) -> bool:
    return path.relative_to(PACKAGE).parts[:2] in {("backends", name) for name in BACKENDS}


CORE = [path for path in FILES if not _is_of_a_backend(path)]
TEXTS = sorted((PACKAGE / "pages" / "templates").glob("*")) + [
    path for path in (PACKAGE / "pages" / "assets").glob("*") if path.suffix in (".css", ".js")
]


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_of_the_core_names_a_backend(path: Path) -> None:
    if path.relative_to(PACKAGE).as_posix() in OTHER_THINGS:
        return
    found = []
    for line, word in _words(path):
        for phrase in PHRASES:
            word = re.sub(re.escape(phrase), "", word, flags=re.IGNORECASE)
        if NAMING.search(word):
            found.append(f"{path.relative_to(ROOT)}:{line}: {word!r}")
    assert not found, (
        "\n".join(found) + "\nOnly the folder of a backend knows what it is. What is known without "
        "its framework (what it is called, how it is installed, what its files end in, where it "
        "keeps weights) is an attribute or a method of `backends.backend.Backend`; what needs the "
        "framework one of `runtime.frameworks.Framework`. Give it a default there, let the folder "
        "say otherwise, and ask for it here: `BACKENDS[name]`, `framework_of(name)`."
    )


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_no_page_names_a_backend(path: Path) -> None:
    if path.name != "editor.js":  # made of others' code
        found = NAMING.search(path.read_text())
        assert found is None, "the page is given the backends by `pages/server.py`"


def test_what_may_name_a_backend_does() -> None:
    """Nothing stays on the lists that is no longer needed there."""
    for name in OTHER_THINGS:
        assert any(NAMING.search(word) for _, word in _words(PACKAGE / name)), name
    words = [word for path in CORE for _, word in _words(path)]
    for phrase in PHRASES:
        assert any(phrase in word for word in words), phrase
