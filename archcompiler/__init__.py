"""archc: a layer table in YAML to proven shapes, Keras and PyTorch source, and live models.

>>> import archcompiler
>>> network = archcompiler.load("specs/alexnet.yaml")
>>> network["C1"].shape
Shape(96, (55, 55))

`archcompiler.api` has rows and specs as Python objects, `archcompiler.documents` the JSON documents
that commands print, as pydantic models. All names are imported when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcompiler.api import Block, Spec
    from archcompiler.architecture import Architecture, load, loads
    from archcompiler.diagnostics import Diagnostic, SpecError
    from archcompiler.files import FileError
    from archcompiler.graph import Graph, Layer, Limits, Totals
    from archcompiler.language.spec import UnknownParameter
    from archcompiler.operations import Dimension, Operation, Parameter, Shape

__version__ = "0.1.0"
__all__ = [
    "Architecture",
    "Block",
    "Diagnostic",
    "Dimension",
    "FileError",
    "Graph",
    "Layer",
    "Limits",
    "Operation",
    "Parameter",
    "Shape",
    "Spec",
    "SpecError",
    "Totals",
    "UnknownParameter",
    "load",
    "loads",
]

# The module of each name.
_MODULES = {
    "api": ("Block", "Spec"),
    "architecture": ("Architecture", "load", "loads"),
    "diagnostics": ("Diagnostic", "SpecError"),
    "files": ("FileError",),
    "graph": ("Graph", "Layer", "Limits", "Totals"),
    "language.spec": ("UnknownParameter",),
    "operations": ("Dimension", "Operation", "Parameter", "Shape"),
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used."""
    from importlib import import_module

    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
