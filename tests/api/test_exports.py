"""What `import archcompiler` offers."""

import inspect
import subprocess
import sys

import pytest

import archcompiler
from tests.conftest import ROOT


@pytest.mark.parametrize("name", archcompiler.__all__)
def test_what_is_exported_is_there_and_documented(name: str) -> None:
    found = getattr(archcompiler, name)
    assert name in dir(archcompiler)
    if not inspect.isclass(found):
        assert getattr(found, "__doc__", None)
        return
    assert found.__doc__
    for key, value in vars(found).items():
        if not key.startswith("_") and callable(value):
            assert value.__doc__, f"{name}.{key}"


def test_the_page_names_everything() -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    assert not [name for name in archcompiler.__all__ if f"`{name}`" not in page]


def test_anything_else_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = archcompiler.nothing


def test_importing_it_imports_nothing() -> None:
    code = (
        "import sys, typing; before = {*sys.modules}; import archcompiler; "
        "print(sorted({*sys.modules} - before - {'archcompiler'}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout == "[]\n"


def test_it_is_typed() -> None:
    assert (ROOT / "archcompiler" / "py.typed").is_file()
