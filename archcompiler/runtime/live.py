"""Live models: the emitted source is executed as a module, which debuggers can show."""

from __future__ import annotations

import hashlib
import linecache
import sys
from types import ModuleType
from typing import Any

from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import SourceBackend
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import framework_of


def build(graph: Graph, backend: str) -> Any:
    """Return a live model of `graph`.

    Raises:
        SpecError: The backend cannot express some layers.
        FrameworkMissing: The framework is not installed.
    """
    return framework_of(backend).build(graph)


def module_of(graph: Graph, backend: str) -> ModuleType:
    """Return the emitted source of `graph` as a module; the backend must emit Python.

    Raises:
        SpecError, FrameworkMissing: As for `build`.
    """
    writer = BACKENDS[backend]
    assert isinstance(writer, SourceBackend)
    source = writer.listing(graph).text
    framework_of(backend).require()
    return as_module(source, f"{backend}_{graph.name}")


def as_module(source: str, label: str) -> ModuleType:
    """Execute `source` as a module.

    The module is in `sys.modules`, and its text in the line cache, so that tracebacks quote it and
    `inspect.getsource` works.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    name = f"archc_{label}_{digest}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    file_name = f"<{name}>"
    module = ModuleType(name)
    module.__file__ = file_name
    linecache.cache[file_name] = (len(source), None, source.splitlines(keepends=True), file_name)
    sys.modules[name] = module
    try:
        exec(compile(source, file_name, "exec"), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module
