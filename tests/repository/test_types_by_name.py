"""Nothing outside of `operations/` and the rules of backends asks which operation a layer is of.

Such a question is a list in disguise, which the next operation is missing from. A trait of the
operation (`archcompiler/operations/operation.py`: `is_pointwise`, `keeps_statistics`, ...) is asked
for instead; where there is none, the class gets one.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from archcompiler.operations import REGISTRY
from archcompiler.operations.operation import Family
from tests.repository.test_rooms import PACKAGE

CLASSES = {each.__name__ for each in REGISTRY.values()}
FIELDS = {name for each in REGISTRY.values() for name in each.fields} | {"activation"}
# Types that are no word of anything else, as `add` is what `+` is called, in Python, too.
WORDS = {"add", "average", "maximum", "minimum", "parameter", "select", "slice"}
TYPES = {*REGISTRY} - {*get_args(Family), *FIELDS, *WORDS}
ALLOWED = (
    "operations/",
    "backends/keras/rules/",
    "backends/torch/rules/",
    "api/rows.py",  # written by a command
)
FILES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if not path.relative_to(PACKAGE).as_posix().startswith(ALLOWED)
)


def _asked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that decide by a class of an operation, or by a type."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=names):
                yield from ((node.lineno, each.name) for each in names if each.name in CLASSES)
            case ast.Compare(left=left, comparators=others):
                yield from _types([left, *others])
            case ast.MatchValue(value=value) | ast.Subscript(slice=value):
                yield from _types([value])
            case ast.Dict(keys=keys):
                yield from _types([key for key in keys if key is not None])


def _types(parts: list[ast.expr]) -> Iterator[tuple[int, str]]:
    for node in (node for part in parts for node in ast.walk(part)):
        match node:
            case ast.Constant(value=str(word)) if word in TYPES:
                yield node.lineno, word


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_type_is_asked_for_by_name(path: Path) -> None:
    found = [f"line {line}: `{what}`" for line, what in _asked(ast.parse(path.read_text()))]
    assert not found, f"ask for a trait of the operation instead: {', '.join(found)}"


@pytest.mark.parametrize(
    "text",
    [
        "from archcompiler.operations.convolution import Convolution",
        "layer.operation.type == 'transposed_convolution'",
        "kind in ('max_pooling', 'average_pooling')",
        "match kind:\n    case 'concatenate':\n        pass",
        "LOOKS = {'fully_connected': 1}",
    ],
)
def test_the_test_finds_what_asks(text: str) -> None:
    assert list(_asked(ast.parse(text)))
