"""Live models: the emitted source, executed as a module that debuggers and `inspect` can read."""

from __future__ import annotations

import hashlib
import linecache
import sys
from types import ModuleType
from typing import Any

from archcompiler.backends import backend_named
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import require


def build(graph: Graph, backend: str, **options: bool) -> Any:
    """Return a live model of `graph`; `options` go to its builder.

    Raises:
        SpecError: The backend cannot express some layers.
        FrameworkMissing: The framework is not installed.
    """
    module = module_of(graph, backend)
    if backend == "keras":
        return module.build_model(**options)
    return model_class(module)(**options)


def module_of(graph: Graph, backend: str) -> ModuleType:
    """Return what is emitted for `graph` as an imported module.

    Raises:
        SpecError, FrameworkMissing: As for `build`.
    """
    source = backend_named(backend).emit(graph)
    require(backend)
    return as_module(source, f"{backend}_{graph.name}")


def model_class(module: ModuleType) -> Any:
    """Return the model's class of an emitted PyTorch module: the last, behind those of blocks."""
    import torch

    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, torch.nn.Module)
        and value.__module__ == module.__name__
    ][-1]


def as_module(source: str, label: str) -> ModuleType:
    """Return `source` as an imported module.

    It stands in `sys.modules` and its text in the line cache, so that tracebacks quote it, and
    `inspect.getsource` shows it.
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
