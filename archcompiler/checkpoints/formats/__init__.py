"""The kinds of files of weights: safetensors, and those that backends bring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path

from archcompiler import plugins
from archcompiler.backends import BACKENDS, BUILT_IN
from archcompiler.checkpoints.formats import safetensors
from archcompiler.checkpoints.formats.format import Format
from archcompiler.checkpoints.tensors import Checkpoint
from archcompiler.files import FileError
from archcompiler.plugins import Plugin
from archcompiler.runtime.frameworks import require_package


def formats() -> Iterator[Format]:
    """Yield the kinds of files; those of packages that cannot be loaded are left out."""
    yield safetensors.FORMAT
    for backend in BACKENDS.values():
        for module in backend.checkpoints:
            if backend.name in BUILT_IN:
                yield import_module(module).FORMAT
            elif found := plugins.load(Plugin(plugins.BACKENDS, backend.name, f"{module}:FORMAT")):
                yield found


def format_of(path: Path) -> Format:
    """Return the kind of a file by the ending of its name.

    Raises:
        FileError: The ending is not known.
    """
    for found in formats():
        if path.name.endswith(found.endings):
            return found
    known = ", ".join(ending for found in formats() for ending in found.endings)
    raise FileError(f"{path} is of no kind that is known: its name ends in none of {known}")


def open_checkpoint(path: Path) -> AbstractContextManager[Checkpoint]:
    """Open a file of weights by its ending.

    Raises:
        FileError: There is no such file, or it is not of the kind that its name says.
        FrameworkMissing: A package that reads such files is not installed.
    """
    found = format_of(path)
    require_package("numpy", "weights")
    if not path.is_file():
        raise FileError(f"cannot read {path}: there is no such file")
    return found.open_file(path)
