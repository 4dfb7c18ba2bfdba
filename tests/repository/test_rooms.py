"""The house rules: which room may import which, and no module itself, however far around."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
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


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _imports(path: Path) -> list[tuple[str, bool]]:
    """Return the modules that a file imports, and whether at its top."""
    top = set(_tree(path).body)
    return [
        (module, node in top)
        for node in ast.walk(_tree(path))
        for module in dict.fromkeys(word for words in _imported(node) for word in words)
    ]


def _imported(node: ast.AST) -> Iterator[tuple[str, ...]]:
    """Yield what a statement imports: a module, and what it takes from there, which may be one."""
    if isinstance(node, ast.Import):
        yield from ((alias.name,) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.module, "the name of the module says where it is"
        assert not node.level
        yield from ((node.module, f"{node.module}.{alias.name}") for alias in node.names)


def _room(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "archcompiler" or len(parts) < 2:
        return None
    return "frameworks" if parts[1] == "backends" and "runtime" in parts[3:4] else parts[1]


def _room_of(path: Path) -> str:
    module = path.relative_to(ROOT).with_suffix("").parts
    return _room(".".join(module)) or ""


def test_nothing_imports_upwards() -> None:
    wrong = []
    for path in FILES:
        room = _room_of(path)
        if room not in ROOMS:
            assert room in {"__init__", "__main__", "cli"}
            continue
        used = {_room(module) for module, _ in _imports(path)} - {None, "__version__", room}
        wrong += [f"{_name(path)} imports {other}" for other in used - ROOMS[room]]
    assert not wrong


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _needed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a file, but for those that only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from _needed(child)


def test_no_module_imports_itself_however_far_around() -> None:
    """Not inside of functions either: who needs the other at all is above it."""
    modules = {}
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    imports = {
        module: {
            max((word for word in words if word in modules), key=len)
            for node in _needed(_tree(path))
            for words in _imported(node)
            if any(word in modules for word in words)
        }
        - {module}
        for module, path in modules.items()
    }
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" is imported by ".join(error.args[1]))


def test_frameworks_are_imported_inside_functions_of_few_rooms() -> None:
    wrong = [
        f"{_name(path)} imports {module}"
        for path in FILES
        for module, at_top in _imports(path)
        if module.split(".")[0] in FRAMEWORKS
        if at_top or _room_of(path) not in ("frameworks", "checkpoints")
    ]
    assert not wrong


def test_pydantic_is_imported_with_documents_and_rows_alone() -> None:
    wrong = []
    for path in FILES:
        room, *_ = parts = path.relative_to(PACKAGE).parts
        made = parts[-1] == "document.py" or parts[-2:] == ("forms", "json.py")
        if room in ("documents", "api"):
            continue
        for module, at_top in _imports(path):
            if module.split(".")[0] == "pydantic" or (at_top and not made and module in MODELS):
                wrong.append(f"{_name(path)} imports {module}")
    assert not wrong


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
    "backends/code/names.py": "modules that a file beside them must not hide",
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


@cache
def _words(path: Path) -> list[tuple[int, str]]:
    """Return the names and texts of a file, with their lines: no comments, no docstrings."""
    found = []
    tree = _tree(path)
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
                    found.append((getattr(node, "lineno", 0), each))
    return found


def _is_of_a_backend(path: Path) -> bool:
    return path.relative_to(PACKAGE).parts[:2] in {("backends", name) for name in BACKENDS}


CORE = [path for path in FILES if not _is_of_a_backend(path)]
TEXTS = sorted((PACKAGE / "pages" / "templates").glob("*")) + [
    path for path in (PACKAGE / "pages" / "assets").glob("*") if path.suffix in (".css", ".js")
]


def test_no_file_of_the_core_names_a_backend() -> None:
    found = []
    phrases = re.compile("|".join(map(re.escape, PHRASES)), re.IGNORECASE)
    for path in CORE:
        for line, word in _words(path):
            if NAMING.search(phrases.sub("", word)) and _name(path) not in OTHER_THINGS:
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
