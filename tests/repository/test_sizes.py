"""A file is at most 400 lines, a function at most a screen; and how large the rooms are.

Rooms have no limit of their own, since one that stops every addition is only ever raised. Their
sizes are printed at the end of a run, so that a growth is seen.
"""

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "archcompiler"
WRITTEN = PACKAGE / "api" / "rows.py"  # by a command, from the operations
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != WRITTEN)
LONGEST_FILE = 400
LONGEST_FUNCTION = 50  # from its `def` on, without its docstring


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {_name(path): len(path.read_text().splitlines()) for path in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function and method of a file, and how many lines it has."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = len(_lines(node)) - len(_docstring(node))
            yield f"{_name(path)}:{node.lineno}: {node.name}", lines


def _lines(node: ast.stmt) -> range:
    assert node.end_lineno is not None
    return range(node.lineno, node.end_lineno + 1)


def _docstring(node: ast.AST) -> range:
    """Return the lines of a docstring; none if there is none."""
    documented = isinstance(
        node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    )
    return _lines(node.body[0]) if documented and ast.get_docstring(node) else range(0)


def test_no_function_is_longer_than_a_screen() -> None:
    """A function is what one name says: parts of a long one have names of their own."""
    lengths = dict(found for path in FILES for found in _functions(path))
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def _code(path: Path) -> int:
    """Return the number of lines that hold code: no empty ones, comments or docstrings."""
    text = path.read_text()
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER):
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        lines.difference_update(_docstring(node))
    return len(lines)


@pytest.mark.slow
def test_the_sizes_of_rooms_are_printed(note: Callable[[str], None]) -> None:
    sizes = Counter[str]()
    for path in FILES:
        sizes[path.relative_to(PACKAGE).parts[0].removesuffix(".py")] += _code(path)
    told = ", ".join(f"{room} {lines}" for room, lines in sizes.most_common())
    note(f"{sum(sizes.values())} lines of code: {told}")
